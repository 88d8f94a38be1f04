import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { addJsonServices } from '../../../infra/local/json-services/json-services.ts'
import { buildLocalServer } from '../../../infra/local/s3-and-sqs.ts'
import { SystemClock } from '../../../shared/aws/system-clock.ts'
import { SystemRandomness } from '../../../shared/aws/system-randomness.ts'
import type { Status } from '../../../shared/domain/statuses/status.ts'
import { fillFromOrganizationFile } from '../../../shared/memory/fill-from-organization-file.ts'
import { MemoryIdentityStore } from '../../../shared/memory/identity-store/memory-identity-store.ts'
import { parseOrganizationFile } from '../../../shared/memory/organization-file.ts'
import { MemoryOrganizations } from '../../../shared/memory/organizations/memory-organizations.ts'
import { MemoryObjectStore } from '../../../shared/memory/s3/memory-object-store.ts'
import { MemoryQueues } from '../../../shared/memory/sqs/memory-queues.ts'
import { MemorySsoAdmin } from '../../../shared/memory/sso-admin/memory-sso-admin.ts'
import { listAll } from '../../../shared/ports/page.ts'
import { slowed } from '../../slowness.ts'
import { callSsofile } from '../call-ssofile.ts'
import { bareEnvironment, LocalSystem } from '../local-system.ts'
import { checkout } from '../run-program.ts'

const acme = join(checkout, 'fixtures/acme')
/** There is no account in its unit, so it waits for one. */
const ofEmptyUnit = 'ou_id%ou-acme-mna2next%ReadOnly-ps%team-Platform%GROUP%ssofile'
/** Of the fixture's links: the others would take a minute only because of the 20 calls per second. */
const fixtureLinks = async () =>
  (await readFile(join(checkout, 'fixtures/organizations/acme-links.txt'), 'utf8'))
    .split('\n')
    .filter((line) => /^(account|account_tag|ou_id%ou-)/.test(line))
    .filter((line) => !line.includes('%CloudOperator-ps%team-'))

describe('apply without a deployment, with an endpoint for each service', () => {
  let services: Services
  beforeEach(async () => {
    services = await startServices()
  })
  afterEach(() => services.stop(), 20_000)

  test('brings a bucket into force and ends; run again it makes no write call', async () => {
    const links = await fixtureLinks()
    await services.uploadFixture(links)
    const first = await services.apply()
    expect(first).toMatchObject({ exitCode: 0 })
    const statuses = new Map((JSON.parse(first.stdout) as Status[]).map((status) => [status.input, status.state]))
    expect([...statuses].filter(([, state]) => state !== 'applied')).toEqual([[`links_data/${ofEmptyUnit}`, 'waiting']])
    expect(links.filter((link) => !statuses.has(`links_data/${link}`))).toEqual([])
    expect(services.ssoAdminWrites()).toContain('CreateAccountAssignment')
    for (const served of services.served.values()) expect(served).toBeGreaterThan(0)

    const before = services.ssoAdminWrites().length
    const again = await services.apply()
    expect(again).toMatchObject({ exitCode: 0 })
    expect(services.ssoAdminWrites().slice(before)).toEqual([])
  })

  test('twice at once: one waits for the other, each grant is made once, and both end well', async () => {
    const links = await fixtureLinks()
    await services.uploadFixture(links)
    const [first, second] = await Promise.all([services.apply(), services.apply()])
    expect([first, second].map(({ exitCode, stderr }) => ({ exitCode, failed: exitCode === 0 ? '' : stderr }))).toEqual(
      [
        { exitCode: 0, failed: '' },
        { exitCode: 0, failed: '' },
      ],
    )
    const states = (JSON.parse(second.stdout) as Status[]).map(({ state }) => state)
    expect(states.length).toBeGreaterThan(links.length)
    expect(states.filter((state) => state !== 'applied')).toEqual(['waiting'])
    // A call may be refused while the set is provisioned, and repeated: what counts is taken once.
    expect(await services.countCreations()).toBe(await services.countLedger())
    const before = services.ssoAdminWrites().length
    expect(await services.apply()).toMatchObject({ exitCode: 0 })
    expect(services.ssoAdminWrites().slice(before)).toEqual([])
  })

  test('tells of a link that waits, applies the rest, and ends with 0', async () => {
    const waiting = 'account%250000000003%ReadOnly-ps%nobody of this name%GROUP%ssofile'
    const good = 'account%250000000004%ReadOnly-ps%データ分析%GROUP%ssofile'
    await services.uploadFixture([waiting, good])
    const { exitCode, stdout } = await services.apply()
    const statuses = JSON.parse(stdout) as Status[]
    expect(exitCode).toBe(0)
    expect(statuses.find(({ input }) => input.endsWith(waiting))).toMatchObject({ state: 'waiting' })
    expect(statuses.find(({ input }) => input.endsWith(good))).toMatchObject({ state: 'applied' })
  })
})

describe('apply with a deployment', () => {
  let system: LocalSystem
  beforeEach(async () => {
    system = await LocalSystem.start()
  })
  afterEach(() => system.stop(), 30_000)

  test('leaves the work to it, watches, tells what became of all inputs and ends', async () => {
    const links = (await fixtureLinks()).slice(0, 6)
    await system.upload(
      'permission_sets/ReadOnly-ps.json',
      await readFile(join(acme, 'permission_sets/ReadOnly-ps.json')),
    )
    for (const link of links) await system.upload(`links_data/${link}`)
    const { exitCode, stdout, stderr } = await system.ssofile(['apply', 's3://ssofile'], 'ssofile')
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    // Before it may stand that Organizations is asked too often: the deployment reads the same tags at this moment.
    expect(stderr).toMatch(/^6 links, 1 permission set, 44 accounts: /m)
    expect(stdout).toMatch(/applied +in force/)
    await system.untilQuiet()
    const again = await system.ssofile(['apply', 's3://ssofile'], 'ssofile')
    expect(again.exitCode).toBe(0)
    expect(again.stderr).toContain('0 to grant, 0 to revoke')
  })

  test('tries again at once what failed, and what is repaired by now is in force in the end', async () => {
    const account = '233000000002'
    const policies = (method: 'PUT' | 'DELETE') =>
      fetch(`${system.url}/_ssofile/accounts/${account}/missing-policies/base`, { method })
    await policies('PUT')
    const customerManagedPoliciesList = [{ Name: 'base' }]
    const set = JSON.stringify({ permissionSetName: 'Base-ps', customerManagedPoliciesList })
    await system.upload('permission_sets/Base-ps.json', set)
    const link = `links_data/account%${account}%Base-ps%team-Accountants%GROUP%ssofile`
    await system.upload(link)
    await system.untilStatus(link, 'failed')
    // The permission set may have been made in the same moment: then its links are looked at once more.
    await system.untilQuiet()
    const began = Date.now()
    await policies('DELETE')
    const { exitCode, stderr, stdout } = await system.ssofile(['apply', 's3://ssofile', '--no-drift'], 'ssofile')
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringMatching(/2 applied +in force/) })
    expect(stderr).toContain('1 change that waited for the next attempt: tried again now')
    // By itself it is tried again half a minute after the failure at the earliest.
    expect(Date.now() - began).toBeLessThan(slowed(30_000))
  })

  test('twice at once, while it works: each grant is made once', async () => {
    const links = (await fixtureLinks()).slice(0, 6)
    for (const link of links) await system.upload(`links_data/${link}`)
    const started = system.calls.length
    for (const set of await readdir(join(acme, 'permission_sets')))
      await system.upload(`permission_sets/${set}`, await readFile(join(acme, 'permission_sets', set)))
    const apply = () => system.ssofile(['apply', 's3://ssofile'], 'ssofile')
    const ended = await Promise.all([apply(), apply()])
    const failures = ended.filter(({ exitCode }) => exitCode !== 0)
    expect(failures.map(({ stdout, stderr }) => stderr + stdout)).toEqual([])
    await system.untilQuiet()
    const granted = await system.keys('assignments/')
    expect(granted.length).toBeGreaterThan(0)
    expect(system.accepted('CreateAccountAssignment', started)).toBe(granted.length)
  })

  test('is refused with a configuration of its own, since the deployment has one', async () => {
    const config = join(checkout, 'fixtures/organizations/acme.json')
    const { exitCode, stderr } = await system.ssofile(['apply', 's3://ssofile', '--config', config], 'ssofile')
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('leave out --config') })
  })
})

describe('apply while AWS takes hours for a request', () => {
  let system: LocalSystem
  beforeEach(async () => {
    system = await LocalSystem.start({ latencyMs: 3_600_000, timeScale: 20 })
  })
  afterEach(() => system.stop(), 30_000)

  test('ends, says what stays open and why, and exits with 1', async () => {
    const name = 'account%250000000004%ReadOnly-ps%データ分析%GROUP%ssofile'
    await system.upload(
      'permission_sets/ReadOnly-ps.json',
      await readFile(join(acme, 'permission_sets/ReadOnly-ps.json')),
    )
    await system.upload(`links_data/${name}`)
    const { exitCode, stderr } = await system.ssofile(['apply', 's3://ssofile', '--no-drift'], 'ssofile')
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1 })
    expect(stderr).toContain('1 assignment still open, although no status says so')
    expect(stderr).toContain(name)
    expect(stderr).toMatch(/granting; .*in progress since \S+Z; ssofile tries again at \S+Z/)
  })
})

type ServiceName = 'S3' | 'SSO_ADMIN' | 'IDENTITYSTORE' | 'ORGANIZATIONS'
type Services = Awaited<ReturnType<typeof startServices>>

/** AWS's services as a stranger runs them: a port each, an empty bucket, and no ssofile anywhere near. */
async function startServices() {
  const [clock, randomness] = [new SystemClock(), new SystemRandomness()]
  const calls: string[] = []
  const organizations = new MemoryOrganizations({ clock, randomness })
  const identityStore = new MemoryIdentityStore({ clock, randomness })
  const ssoAdmin = new MemorySsoAdmin({
    clock,
    randomness,
    organizations,
    identityStore,
    latencyMs: 50,
    latencyP99Ms: 200,
    onCall: (operation) => calls.push(operation),
  })
  const organization = parseOrganizationFile(
    'acme',
    JSON.parse(await readFile(join(acme, 'organization.json'), 'utf8')),
  )
  if (!organization.ok) throw new Error(organization.complaint.received)
  fillFromOrganizationFile(organization.value, { organizations, identityStore, ssoAdmin })
  const objects = new MemoryObjectStore({ bucket: 'ssofile', clock, randomness })
  const queues = new MemoryQueues({ clock, randomness })
  const served = new Map<ServiceName, number>()
  const urls = new Map<ServiceName, string>()
  const apps = await Promise.all(
    (['S3', 'SSO_ADMIN', 'IDENTITYSTORE', 'ORGANIZATIONS'] as const).map(async (service) => {
      const app = buildLocalServer({ objects, queues })
      if (service !== 'S3') addJsonServices(app, { organizations, identityStore, ssoAdmin })
      app.addHook('onRequest', async () => void served.set(service, (served.get(service) ?? 0) + 1))
      urls.set(service, await app.listen({ host: '127.0.0.1', port: 0 }))
      return app
    }),
  )
  const endpoint = (service: ServiceName) => urls.get(service) ?? ''
  const s3 = new S3Client({
    endpoint: endpoint('S3'),
    region: 'us-east-1',
    credentials: { accessKeyId: 'maria', secretAccessKey: 'any' },
    forcePathStyle: true,
  })
  return {
    /** Requests by service that came to its own endpoint. */
    served,
    /** Requests that Identity Center took. */
    countCreations: async () =>
      (await Array.fromAsync(listAll((token) => ssoAdmin.listAssignmentRequests('creation', undefined, token)))).length,
    ssoAdminWrites: () => calls.filter((operation) => !/^(list|describe|get)/i.test(operation)),
    apply: () =>
      callSsofile(['apply', 's3://ssofile', '--json'], {
        ...bareEnvironment(),
        ...Object.fromEntries([...urls].map(([service, url]) => [`AWS_ENDPOINT_URL_${service}`, url])),
        AWS_ACCESS_KEY_ID: 'ssofile',
        AWS_SECRET_ACCESS_KEY: 'any',
        AWS_REGION: 'us-east-1',
      }),
    countLedger: async () => (await Array.fromAsync(objects.list('assignments/'))).length,
    async uploadFixture(links: readonly string[]) {
      const put = (Key: string, Body: Uint8Array) => s3.send(new PutObjectCommand({ Bucket: 'ssofile', Key, Body }))
      for (const file of await readdir(join(acme, 'permission_sets')))
        await put(`permission_sets/${file}`, await readFile(join(acme, 'permission_sets', file)))
      for (const link of links) await put(`links_data/${link}`, new Uint8Array())
    },
    async stop() {
      s3.destroy()
      await Promise.all(apps.map((app) => app.close()))
    },
  }
}
