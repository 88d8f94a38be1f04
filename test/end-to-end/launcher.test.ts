import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { bareEnvironment } from './local-system.ts'
import { checkout, type Ended, listNodes, runProgram } from './run-program.ts'
import { until } from './until.ts'

const nodes = listNodes()

let home: string
let linked: string
beforeAll(async () => {
  // As `npm link` does it: from the folder of programs to the global packages, and from there to the checkout.
  home = await mkdtemp(join(tmpdir(), 'ssofile-launcher-'))
  await mkdir(join(home, 'bin'))
  await symlink(checkout, join(home, 'package'))
  linked = join(home, 'bin/ssofile')
  await symlink(join(home, 'package/handlers/cli/launch.js'), linked)
})
afterAll(() => rm(home, { recursive: true }))

function run(node: string, ...args: string[]): Promise<Ended> {
  return runProgram(node, [linked, ...args], { env: bareEnvironment(), cwd: home })
}

test.each(nodes)(
  'the command runs from any folder when %s is on the path',
  async (node) => {
    expect(await run(node, '--version')).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    })
  },
  60_000,
)

test.each([
  ['20.11.1', '20.12'],
  ['21.6.2', '21.7'],
])('the package says that Node %s is too old, and asks for %s', async (version, expected) => {
  const [alone, older] = [join(home, 'alone/handlers/cli/launch.mjs'), join(home, 'older.cjs')]
  await cp(join(checkout, 'handlers/cli/launch.js'), alone)
  await writeFile(older, `Object.defineProperty(process, 'versions', { value: { node: '${version}' } })`)
  expect(await runProgram(process.execPath, ['--require', older, alone], { env: bareEnvironment() })).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: `ssofile: received Node ${version}, expected ${expected} or later; do: install it\n`,
  })
})

test('the exit code and what is said are those of the command', async () => {
  const { exitCode, stdout, stderr } = await run(nodes.at(-1) ?? '', 'plann')
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toContain("unknown command 'plann'")
})

test('the command gets names as they are, and folders from where it is called', async () => {
  await mkdir(join(home, 'my access/links_data'), { recursive: true })
  await writeFile(join(home, 'my access/links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile'), '')
  const { exitCode, stdout } = await run(process.execPath, 'validate', 'my access')
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('valid: 1 link') })
})

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'npm start ends within seconds when npm gets %s',
  async (signal) => {
    const npm = spawn('npm', ['start', '--', '--port', '0'], { cwd: checkout, stdio: ['ignore', 'pipe', 'ignore'] })
    const said: string[] = []
    npm.stdout.setEncoding('utf8').on('data', (text: string) => said.push(text))
    const url = await until('the ready line', async () => /ready on (http:\S+)/.exec(said.join(''))?.[1], {
      withinMs: 60_000,
    })
    const health = () =>
      fetch(`${url}/_ssofile/health`).then(
        ({ ok }) => ok,
        () => false,
      )
    expect(await health()).toBe(true)
    npm.kill(signal)
    await until('the end of the local system', async () => ((await health()) ? undefined : true), { withinMs: 15_000 })
  },
  90_000,
)
