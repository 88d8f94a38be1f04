import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { readText } from '../../house/source-files.ts'
import { LocalSystem } from '../local-system.ts'
import { becomeResponder, definition, deploy, environment } from '../responder.ts'
import { checkout, listAwsClis, runProgram, ssofileCommand } from '../run-program.ts'

/** A section of the page, and the blocks of commands that stand in it, in order. */
type Runbook = { readonly title: string; readonly blocks: readonly string[] }

const page = readText('docs/break-glass.md')
const runbooks: readonly Runbook[] = page.split(/^## /m).flatMap((section) => {
  const title = section.split('\n')[0] ?? ''
  const blocks = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)
  return blocks.length === 0 ? [] : [{ title, blocks }]
})
const [first] = runbooks
/** What the first section defines, and the others use. */
const defined = first?.blocks.filter((block) => /^export |^\w+\(\) \{/m.test(block)) ?? []

/** A call of the AWS CLI takes seconds: the loops over all roles go over two. `runbook-rights.test.ts` compares the whole list. */
const fewRoles = "ssofile_roles() { printf 'ssofile-%s\\n' dispatcher requests; }"

/** What has no other end here: a browser, a deployment. All else is the real command. */
const prelude = (url: string) => `
aws() {
  if [ "$1" = login ] || [ "$1" = logout ]; then return 0; fi
  '${listAwsClis()[0]}' --endpoint-url '${url}' "$@" < /dev/null
}
ssofile() { '${process.execPath}' '${ssofileCommand}' "$@" < /dev/null; }
npm() {
  [ "$1 $2 $3" = 'run break-glass --' ] || { echo "unknown script $2" >&2; return 2; }
  if [ "$4" = deploy ]; then [ "$5" = --file ] && [ -f "$6" ]; return; fi
  '${process.execPath}' infra/break-glass/run-break-glass.ts "\${@:4}"
}
`

let system: LocalSystem
let folder = ''
let key = ''
let credentials = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runbooks-'))
  system = await LocalSystem.start()
  await deploy(system.url)
  key = await becomeResponder(system.url, folder)
  credentials = join(folder, 'credentials')
  await writeFile(credentials, `[default]\naws_access_key_id = ${key}\naws_secret_access_key = local\n`)
})
afterAll(async () => {
  await system.stop()
  await rm(folder, { recursive: true })
})

/** Of bash, of the AWS CLI (both versions), of commander and of parseArgs: the command line was not understood. */
const notUnderstood =
  /^usage: |Unknown options|Invalid choice|Parameter validation failed|Error parsing parameter|command not found|syntax error|unknown option|unknown command|No such file|expected --file/m

test.each(runbooks)(
  'each command of "$title" is understood by its program, and each role is assumed',
  async ({ title, blocks }) => {
    const isFirst = title === first?.title
    const text = [prelude(system.url), ...(isFirst ? [] : [...defined, fewRoles]), ...blocks]
      .join('\n')
      .replaceAll(/(evidence|deny-[a-z-]+)\.json/g, `${folder}/$1.json`)
      .replaceAll('break-glass drill ', `break-glass drill --to ${folder} `)
    const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...others } = environment(system.url, key)
    // Where aws login keeps what it got: the variables are those of a role.
    const env = { ...others, AWS_SHARED_CREDENTIALS_FILE: credentials, AWS_EC2_METADATA_DISABLED: 'true' }
    const { stdout, stderr } = await runProgram('bash', ['-c', text], { env })
    expect(stderr).not.toMatch(notUnderstood)
    expect(stderr).not.toMatch(/when calling the AssumeRole operation/)
    if (title.startsWith('A wrong policy')) expect(stdout).toMatch(/^ViewOnlyAccess\tarn:aws:sso:::permissionSet\//m)
    if (isFirst) expect(stdout).toContain('assumed-role/BREAK-GLASS-security-investigator')
  },
  300_000,
)

test('every role that a runbook comes in as is one of the example, and kenji has it', async () => {
  const { playbooks } = JSON.parse(await readFile(join(checkout, definition), 'utf8'))
  const known = playbooks
    .filter((one: { responders: string[] }) => one.responders.includes('kenji'))
    .map((one: { name: string }) => one.name)
  const used = [...page.matchAll(/^come_in \S+ ([a-z-]+)$/gm)].map(([, name]) => name)
  expect(used.length).toBeGreaterThan(10)
  expect(used.filter((name) => !known.includes(name))).toEqual([])
})

/** Commands that stand within a sentence: a person types them as well. */
const within = [...new Set([...page.matchAll(/`((?:aws|npm run|ssofile) [^`]+)`/g)].map(([, command = '']) => command))]

test.each(within)(
  'a sentence names the command "%s", which its program knows',
  async (command) => {
    const [program = '', ...words] = command.split(' ')
    const env = environment(system.url, key)
    const names = words.filter((word) => /^[a-z-]+$/.test(word) && !word.startsWith('-'))
    if (program === 'npm') {
      const { scripts } = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8'))
      return expect(scripts).toHaveProperty(names[1] ?? '')
    }
    if (program === 'ssofile') {
      const { exitCode, stdout } = await runProgram(process.execPath, [ssofileCommand, ...names, '--help'], {
        env,
      })
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringContaining(names.join(' ')) })
      return
    }
    // The first version of the CLI has neither; the second opens a browser.
    if (/^aws (login|logout)$/.test(command)) return
    const skeleton = await runProgram(listAwsClis()[0], [...names, '--generate-cli-skeleton'], { env })
    expect(skeleton).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('{') })
  },
  60_000,
)
