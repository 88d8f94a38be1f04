import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { request as ask, createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parseOwnCsv } from '../../shared/domain/text/render-csv.ts'
import { LocalSystem } from './local-system.ts'
import { runSsofile, ssofileCommand } from './run-program.ts'
import { permissionSetFile, smallOrganization } from './small-organization.ts'

const account = '200000000001'
const link = `account%${account}%ReadOnly-ps%admins%GROUP%ssofile`
const people = ['ana@one.example', 'bo@two.example']
const endpoint = 'http://127.0.0.1:1'

const systems: LocalSystem[] = []
beforeAll(async () => {
  for (const person of people) {
    const organization = smallOrganization({ groups: ['admins'], users: [person] })
    const system = await LocalSystem.start({ organization, options: [] })
    systems.push(system)
    await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
    await system.upload(`links_data/${link}`, '')
    await system.joinGroup(person, 'admins')
    await system.untilStatus(`links_data/${link}`, 'applied')
  }
}, 120_000)
afterAll(async () => {
  for (const system of systems) await system.stop()
}, 60_000)

async function who(endpoints: readonly string[], ...args: readonly string[]) {
  const names = ['one', 'two', 'three']
  const deployments = endpoints.map((endpoint, index) => {
    return { name: names[index], bucket: 'ssofile', region: 'us-east-1', endpoint }
  })
  const file = join(await mkdtemp(join(tmpdir(), 'ssofile-')), 'deployments.json')
  await writeFile(file, JSON.stringify({ deployments }))
  // The address of the environment is of none of them.
  const env = { ...systems[0]?.env('auditor'), AWS_ENDPOINT_URL: endpoint }
  const { exitCode, stdout, stderr } = await runSsofile(['who', '--all', file, ...args], env)
  const [titles = [], ...rows] = parseOwnCsv(stdout)
  const cells = rows.map((row) =>
    ['deployment', 'person', 'account', 'through group'].map((one) => row[titles.indexOf(one)]),
  )
  return { exitCode, stdout, stderr, cells, widths: new Set(rows.map((row) => row.length - titles.length)) }
}

const urls = () => systems.map(({ url }) => url)

test('a group of the same name in two organizations has the members of its own organization', async () => {
  const filter = ['--group', 'admins', '--account', account, '--permission-set=ReadOnly-ps']
  const { exitCode, cells, widths } = await who(urls(), ...filter, '--output', 'csv')
  expect(cells).toEqual([
    ['one', 'ana@one.example', account, 'admins'],
    ['two', 'bo@two.example', account, 'admins'],
  ])
  expect(widths).toEqual(new Set([0]))
  expect(exitCode).toBe(0)
})

test('nobody in the records of all of them is not known without a look at Identity Center', async () => {
  const { exitCode, cells } = await who(urls(), '--account', '200000000002', '--no-live', '--output', 'csv')
  expect({ exitCode, cells }).toEqual({ exitCode: 2, cells: [] })
})

test('a deployment that does not answer is told, and the others are printed', async () => {
  const [one = '', two = ''] = urls()
  const csv = await who([one, endpoint, two], '--output', 'csv')
  expect(csv.cells.map(([deployment]) => deployment)).toEqual(['one', 'three'])
  expect(csv.exitCode).toBe(2)
  expect(csv.stderr).toMatch(/^two: ssofile: .*did not answer/m)
  expect(csv.stderr).toContain('two: could not be read, so its access is missing here\n')
  const table = await who([one, endpoint, two])
  expect(table.exitCode).toBe(2)
  expect(table.stdout).toMatch(/^one +ana@one\.example +200000000001 /m)
  expect(table.stdout).toMatch(/^three +bo@two\.example +200000000001 /m)
  expect(table.stdout).toMatch(/one: 1 row\ntwo: could not be read\nthree: 1 row\n$/)
})

/** The local system behind a server that refuses to read one object, as S3 would. */
async function refuseKey(url: string, refused: string): Promise<Server> {
  const server = createServer((request, response) => {
    if (decodeURIComponent(request.url ?? '').includes(refused)) {
      response.writeHead(403, { 'content-type': 'application/xml' })
      response.end('<Error><Code>AccessDenied</Code><Message>no right to read this</Message></Error>')
      return
    }
    const { method, headers } = request
    const inner = ask(new URL(request.url ?? '', url), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    request.pipe(inner)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server
}

test('a list that ends early, since an entry may not be read, is never called complete', async () => {
  const [one = '', two = ''] = urls()
  const server = await refuseKey(one, '/assignments/account')
  try {
    const { port } = server.address() as AddressInfo
    const refusing = `http://127.0.0.1:${port}`
    const alone = (...args: readonly string[]) =>
      runSsofile(['who', '--no-live', ...args], { ...systems[0]?.env('auditor'), AWS_ENDPOINT_URL: refusing })
    const csv = await alone('--output', 'csv')
    expect(csv.exitCode).toBe(2)
    // A slow machine tells its progress before.
    expect(csv.stderr).toMatch(/^ssofile: the list ends early, so access is missing in it\n.*no right to read this/m)
    const json = await alone('--json')
    expect(json.exitCode).toBe(2)
    expect(JSON.parse(json.stderr.slice(json.stderr.indexOf('{')))).toMatchObject({
      error: { message: expect.stringContaining('ends early'), causes: [expect.stringContaining('no right')] },
      exitCode: 2,
    })
    const table = await alone()
    expect(table).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('no right to read this') })
    const all = await who([refusing, two], '--output', 'csv')
    expect(all.exitCode).toBe(2)
    expect(all.stderr).toContain('one: could not be read, so its access is missing here\n')
    expect(all.cells.map(([deployment]) => deployment)).toEqual(['two'])
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test('a reader that stops early is no failure, and gets no sources of what it did not read', async () => {
  const [AWS_ENDPOINT_URL = ''] = urls()
  const env = { ...systems[0]?.env('auditor'), AWS_ENDPOINT_URL }
  const child = spawn(process.execPath, [ssofileCommand, 'who', '--no-live', '--output', 'csv'], { env })
  child.stdout.destroy()
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code] = await once(child, 'close')
  expect([code, stderr]).toEqual([0, ''])
})

test('one page has the access of all deployments, each with its name, and says which could not be read', async () => {
  const [one = '', two = ''] = urls()
  const { exitCode, stdout, stderr } = await who([one, endpoint, two], '--output', 'html')
  expect(exitCode).toBe(2)
  expect(stderr).toContain('two: could not be read, so its access is missing here\n')
  const data = [...stdout.matchAll(/^<script type="application\/json" class="(\w+)">(.*)<\/script>$/gm)]
  expect(data.map(([, kind, text = '']) => (kind === 'deployment' ? JSON.parse(text) : kind))).toEqual([
    'one',
    'rows',
    'facts',
    'two',
    'three',
    'rows',
    'facts',
  ])
  const [people] = data.filter(([, kind]) => kind === 'rows').map(([, , text = '']) => JSON.parse(text).values.person)
  expect(people).toEqual([[expect.stringContaining('ana@one.example'), expect.any(String)]])
  expect(stdout.match(/<!doctype html>/g)).toHaveLength(1)
  expect(stdout).toMatch(/<\/html>\n$/)
})

test('two deployments with the same name or credentials are refused, and so are other questions', async () => {
  const [one = ''] = urls()
  expect(await who([one, one])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no other deployment') })
  expect(await who([one], '--used')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('--all with --used'),
  })
  const json = await who([one], '--json')
  expect(json).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--all with --output json') })
})
