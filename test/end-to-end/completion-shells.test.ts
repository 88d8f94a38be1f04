import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { shells } from '../../handlers/cli/arguments/completion.ts'
import { runProgram, runSsofile } from './run-program.ts'
import { until } from './until.ts'

const keys = [
  'root%all%ReadOnly-ps%Support 24/7 (nights) & days%GROUP%ssofile',
  "account_tag%cost centre^Finance: a=b%Audit-ps%Équipe d'audit / 50% %GROUP%ssofile",
  'account%210000000001%Billing-ps%zoë.müller@acme.example%USER%ssofile',
  'account%220000000001%Billing-ps%データ分析%GROUP%ssofile',
  'ou_id%r-acme%Admin-ps%"quoted" $(touch here) `touch here` $HOME ~ * ; | < > \\ !x%GROUP%ssofile',
]
const digest = '4f1c2a9d5b7e08364f1c2a9d5b7e0836'
const offered = {
  keys,
  accounts: ['233000000002', '012345678901'],
  'permission-sets': ['Billing-ps', 'a=b,c.d@e'],
  requests: [digest],
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssofile-shells-'))
  for (const [what, names] of Object.entries(offered)) await writeFile(join(folder, what), `${names.join('\n')}\n`)
  // In place of the command: it offers what begins so, and notes what it was called with.
  const program = `#!/bin/bash
if [[ $1 == offer ]]; then
  while IFS= read -r name; do [[ $name == "$3"* ]] && printf '%s\\n' "$name"; done <'${folder}/'"$2"
else
  printf '%s\\0' "$@" >'${folder}/called.new'
  mv '${folder}/called.new' '${folder}/called'
fi
exit 0
`
  await writeFile(join(folder, 'ssofile'), program)
  await chmod(join(folder, 'ssofile'), 0o755)
  for (const shell of shells) {
    const { stdout } = await runSsofile(['completion', shell], process.env)
    await writeFile(join(folder, `completion.${shell}`), stdout)
  }
})
afterAll(() => rm(folder, { recursive: true }))

/** How a person starts the shell, with nothing of their own in it. */
const started = {
  bash: { args: ['--norc', '--noprofile', '-i'], load: 'source' },
  zsh: { args: ['-f', '-i'], load: 'autoload -Uz compinit && compinit -D && source' },
  fish: { args: ['--no-config', '-i'], load: 'source' },
} as const

/** One shell at a terminal, which knows the completion of ssofile. */
class Shell {
  readonly #shell: keyof typeof started
  readonly #child: ChildProcessWithoutNullStreams
  readonly #ended: Promise<void>
  #told = ''
  #lines = 0

  constructor(shell: keyof typeof started) {
    this.#shell = shell
    const { args, load } = started[shell]
    const command = `${shell} ${args.join(' ')}`
    const env = {
      ...process.env,
      PATH: `${folder}:${process.env.PATH}`,
      HOME: folder,
      TERM: 'xterm',
      LC_ALL: 'C.UTF-8',
    }
    // script(1) is the terminal.
    this.#child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], { cwd: folder, env })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.setEncoding('utf8').on('data', (piece: string) => {
        this.#told += piece
      })
    this.#ended = new Promise((resolve) => this.#child.on('close', () => resolve()))
    this.#child.stdin.write(`${load} ${join(folder, `completion.${shell}`)}\r`)
  }

  /** What ssofile is called with if a person types this; `\t` is the key Tab. */
  async type(text: string): Promise<readonly string[]> {
    await rm(join(folder, 'called'), { force: true })
    const line = ++this.#lines
    // The mark is put together by the shell: what was typed is echoed, and is not taken for it.
    this.#child.stdin.write(`ssofile ${text}\r echo en""ded ${line}\r`)
    const mark = new RegExp(`ended ${line}\\b`)
    const look = async () => {
      if (this.#child.exitCode !== null) throw new Error(`${this.#shell} ended: ${this.#told}`)
      return mark.test(this.#told) ? true : undefined
    }
    await until(`the end of '${text}' in ${this.#shell}`, look, { withinMs: 20_000, tell: () => this.#told })
    const called = await readFile(join(folder, 'called'), 'utf8').catch(() => {
      throw new Error(`${this.#shell} did not call ssofile: ${this.#told}`)
    })
    return called.split('\0').slice(0, -1)
  }

  /** At once: a line that was not ended would swallow a farewell. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}

describe.each(shells)('at a terminal, %s', (shell) => {
  let terminal: Shell | undefined
  afterAll(() => terminal?.end())

  test('is installed', async () => {
    const { exitCode } = await runProgram('which', [shell], { env: process.env })
    expect(exitCode === 0 ? shell : `received no ${shell}, expected it on the PATH; apt-get install ${shell}`).toBe(
      shell,
    )
  })

  test.each([
    ['a command', 'stat\t', ['status']],
    ['an option', 'status --us\t', ['status', '--user']],
    ['a key with spaces, brackets and &', 'status root%\t', ['status', keys[0]]],
    ['a key of which more was typed, in quotes', "status 'root%all%ReadOnly-ps%Support 24\t", ['status', keys[0]]],
    [
      'a key of which more was typed, with backslashes',
      'status root%all%ReadOnly-ps%Support\\ 24\t',
      ['status', keys[0]],
    ],
    ['a key with a quote, a colon and =', 'status account_tag%\t', ['status', keys[1]]],
    ['the same after its =', 'status "account_tag%cost centre^Finance: a=\t', ['status', keys[1]]],
    ['a key with an @', 'status account%21\t', ['status', keys[2]]],
    ['the same after its @', 'status account%210000000001%Billing-ps%zoë.müller@\t', ['status', keys[2]]],
    ['a key in letters of Asia', 'status account%22\t', ['status', keys[3]]],
    ['a key made to run commands', 'status ou_id%\t', ['status', keys[4]]],
    [
      'a key after an option with a value',
      'status --account 012345678901 root%\t',
      ['status', '--account', '012345678901', keys[0]],
    ],
    ['an account', 'explain 0\t', ['explain', '012345678901']],
    ['the digest of a request', 'approve 4f\t', ['approve', digest]],
    ['a permission set', 'explain 012345678901 a=b,\t', ['explain', '012345678901', 'a=b,c.d@e']],
    ['a permission set after its =', 'explain 012345678901 a=\t', ['explain', '012345678901', 'a=b,c.d@e']],
    ['a key made to run commands, in quotes', 'status "ou_id%\t', ['status', keys[4]]],
    ['the same in single quotes', "status 'ou_id%\t", ['status', keys[4]]],
    ['a key in which a quote began', "status account_tag'%cost ce\t", ['status', keys[1]]],
    ['the account of an option', 'who --account 23\t', ['who', '--account', '233000000002']],
    ['the permission set of an option', 'who --permission-set a\t', ['who', '--permission-set', 'a=b,c.d@e']],
  ])('completes %s', async (_, typed, called) => {
    terminal ??= new Shell(shell)
    const heard = await terminal.type(typed).catch(async (error: unknown) => {
      // What was typed may be left in it.
      await terminal?.end()
      terminal = undefined
      throw error
    })
    expect(heard).toEqual(called)
  })
})
