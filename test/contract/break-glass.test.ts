import { readFileSync } from 'node:fs'
import { IAM } from '@aws-sdk/client-iam'
import { STS } from '@aws-sdk/client-sts'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { buildApp } from 'fauxqs'
import { addBreakGlass } from '../../infra/local/break-glass/add-break-glass.ts'
import { LocalBreakGlass } from '../../infra/local/break-glass/local-break-glass.ts'
import { oneTimeCode, stepOf } from '../../infra/local/break-glass/responder-users.ts'
import { addQueryServices } from '../../infra/local/query-services/add-query-services.ts'
import { openBreakGlassAuditor } from '../../shared/aws/aws-break-glass-auditor.ts'
import { openAwsResponder } from '../../shared/aws/aws-responder.ts'
import { alarmBusArn, alarmTopicArn, roleArn } from '../../shared/domain/account-facts/break-glass-names.ts'
import type { DryCallName } from '../../shared/domain/account-facts/dry-calls.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { fillFromOrganizationFile } from '../../shared/memory/fill-from-organization-file.ts'
import { MemoryIam } from '../../shared/memory/iam/memory-iam.ts'
import { MemorySecrets } from '../../shared/memory/memory-secrets.ts'
import { parseOrganizationFile } from '../../shared/memory/organization-file.ts'
import { SeededRandomness } from '../../shared/memory/seeded-randomness.ts'
import { memoryTables } from '../../shared/memory/table.ts'
import type { BreakGlassAccount } from '../../shared/ports/break-glass.ts'
import { example, playbookOf } from '../shared/modules/break-glass/rules/definitions.ts'
import { type IdentityCenterWorld, openModels } from './identity-center-world.ts'

const account = '233000000001'
const role = roleArn(account, 'incident-responder')
const [kenji, lars] = ['kenji-BREAK-GLASS', 'lars-BREAK-GLASS']
const serialOf = (name: string) => `arn:aws:iam::${example.securityAccount}:mfa/${name}`
const password = 'correct horse battery staple 42'

let world: IdentityCenterWorld
let model: LocalBreakGlass
let url = ''
let close = async () => {}
let secrets: MemorySecrets

beforeEach(async () => {
  world = openModels()
  const file = parseOrganizationFile('acme', JSON.parse(readFileSync('fixtures/organizations/acme.json', 'utf8')))
  if (!file.ok) throw new Error('the organization of acme is valid')
  fillFromOrganizationFile(file.value, world)
  const { clock, organizations, ssoAdmin } = world
  const randomness = new SeededRandomness(7)
  model = new LocalBreakGlass({ clock, randomness, openTable: memoryTables, organizations })
  secrets = new MemorySecrets({ openTable: memoryTables, region: 'us-east-1', account: '000000000000' })
  for (const [responder, first] of model.deploy(example)) secrets.create(responder, first)
  const iam = new MemoryIam({ clock, randomness, ssoAdmin, organizations, auditorRole: example.auditorRole })
  const app = buildApp({ logger: false })
  const accountOf = (id: string) => model.sessionOf(id)?.account ?? iam.sessionOf(id)?.account ?? '000000000000'
  addBreakGlass(app, { model, accountOf }, secrets)
  addQueryServices(app, { iam, accountOf })
  url = await app.listen({ host: '127.0.0.1', port: 0 })
  close = async () => void (await app.close())
})
afterEach(() => close())

const origin = { region: 'eu-west-1', from: '192.0.2.1' }
const clientOf = (accessKeyId: string) => ({
  endpoint: url,
  region: 'eu-west-1',
  maxAttempts: 1,
  credentials: { accessKeyId, secretAccessKey: 'local', sessionToken: 'local' },
})
const codeNow = (seed: string, after = 0) => oneTimeCode(seed, stepOf(world.clock.now()) + after)
/** Waits for the next time step, whose codes nobody has used yet. */
const nextStep = () => world.clock.advance(30_000)

/** Signs in for the first time. Returns the access key id. */
function firstSignIn(name: string): string {
  const first = secrets.get(name.replace('-BREAK-GLASS', '')).value
  return model.signIn({ user: name, password: first, newPassword: password }, origin).accessKeyId
}

/** Adds a device as a person does. Returns its seed. */
async function addDevice(name: string, accessKeyId: string, suffix = ''): Promise<string> {
  const iam = new IAM(clientOf(accessKeyId))
  const { VirtualMFADevice } = await iam.createVirtualMFADevice({ VirtualMFADeviceName: name + suffix })
  const seed = Buffer.from(VirtualMFADevice?.Base32StringSeed ?? []).toString()
  const [AuthenticationCode1, AuthenticationCode2] = [codeNow(seed, -1), codeNow(seed)]
  const SerialNumber = VirtualMFADevice?.SerialNumber ?? ''
  await iam.enableMFADevice({ UserName: name, SerialNumber, AuthenticationCode1, AuthenticationCode2 })
  return seed
}

/** Signs in with password and device, as everybody does after the first time. */
async function signIn(name: string): Promise<{ readonly accessKeyId: string; readonly seed: string }> {
  const seed = await addDevice(name, firstSignIn(name))
  await nextStep()
  const { accessKeyId } = model.signIn({ user: name, password, code: codeNow(seed) }, origin)
  return { accessKeyId, seed }
}

const assume = (accessKeyId: string, input: object = {}) =>
  new STS(clientOf(accessKeyId)).assumeRole({ RoleArn: role, RoleSessionName: 'test', SourceIdentity: kenji, ...input })
/** The code of the refusal. `allowed`: there is none. */
const outcome = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'allowed',
    (error: unknown) => (error instanceof Error ? error.name : String(error)),
  )

describe('the IAM and STS of the local system', () => {
  test('a first password opens nothing before it is changed, and a wrong or old one opens nothing at all', () => {
    const first = secrets.get('kenji').value
    expect(() => model.signIn({ user: kenji, password: first }, origin)).toThrow(/change your password/)
    expect(() => model.signIn({ user: kenji, password: first, newPassword: 'short' }, origin)).toThrow(
      /password policy/,
    )
    expect(() => model.signIn({ user: kenji, password: 'x', newPassword: password }, origin)).toThrow(/incorrect/)
    firstSignIn(kenji)
    expect(() => model.signIn({ user: kenji, password: first, newPassword: password }, origin)).toThrow(/incorrect/)
  })

  test('with a device there is no sign-in without its code, and no code counts twice', async () => {
    const { seed } = await signIn(kenji)
    expect(() => model.signIn({ user: kenji, password }, origin)).toThrow(/incorrect/)
    expect(() => model.signIn({ user: kenji, password, code: '000000' }, origin)).toThrow(/incorrect/)
    expect(() => model.signIn({ user: kenji, password, code: codeNow(seed) }, origin)).toThrow(/incorrect/)
    await nextStep()
    expect(model.signIn({ user: kenji, password, code: codeNow(seed) }, origin)).toMatchObject({ user: kenji })
  })

  test('a role is assumed with fresh MFA and the own name as source, and only so', async () => {
    const { accessKeyId } = await signIn(kenji)
    const { accessKeyId: ofLars } = await signIn(lars)
    expect({
      own: await outcome(assume(accessKeyId)),
      withoutSource: await outcome(assume(accessKeyId, { SourceIdentity: undefined })),
      asAnother: await outcome(assume(ofLars)),
      missing: await outcome(assume(accessKeyId, { RoleArn: roleArn('220000000001', 'incident-responder') })),
      another: await outcome(assume(accessKeyId, { RoleArn: `arn:aws:iam::${account}:role/ssofile-auditor` })),
      tooLong: await outcome(assume(accessKeyId, { DurationSeconds: 5 * 3600 })),
      elsewhere: await outcome(
        new STS({ ...clientOf(accessKeyId), region: 'ap-south-1' }).assumeRole({
          RoleArn: role,
          RoleSessionName: 'test',
          SourceIdentity: kenji,
        }),
      ),
      ofNobody: await outcome(assume('ssofile')),
    }).toEqual({
      own: 'allowed',
      withoutSource: 'AccessDenied',
      asAnother: 'AccessDenied',
      missing: 'AccessDenied',
      another: 'AccessDenied',
      tooLong: 'ValidationError',
      elsewhere: 'AccessDenied',
      ofNobody: 'AccessDenied',
    })
    await world.clock.advance(59 * 60_000)
    expect(await outcome(assume(accessKeyId))).toBe('allowed')
    await world.clock.advance(60_000)
    expect(await outcome(assume(accessKeyId))).toBe('AccessDenied')
  })

  test('a session whose MFA is old assumes a role with a code of now', async () => {
    const { accessKeyId, seed } = await signIn(kenji)
    await world.clock.advance(2 * 60 * 60_000)
    const SerialNumber = serialOf(kenji)
    expect(await outcome(assume(accessKeyId, { SerialNumber, TokenCode: '000000' }))).toBe('AccessDenied')
    expect(await outcome(assume(accessKeyId, { SerialNumber, TokenCode: codeNow(seed) }))).toBe('allowed')
    expect(await outcome(assume(accessKeyId, { SerialNumber, TokenCode: codeNow(seed) }))).toBe('AccessDenied')
  })

  test('a user has at most eight devices, makes no key, and touches nothing of others', async () => {
    const { accessKeyId } = await signIn(kenji)
    const iam = new IAM(clientOf(accessKeyId))
    for (let count = 2; count <= 8; count++) await addDevice(kenji, accessKeyId, `-${count}`)
    expect(await outcome(addDevice(kenji, accessKeyId, '-9'))).toBe('LimitExceededException')
    expect((await iam.listMFADevices({})).MFADevices).toHaveLength(8)
    expect(await outcome(iam.createAccessKey({}))).toBe('AccessDenied')
    expect(await outcome(iam.listMFADevices({ UserName: lars }))).toBe('AccessDenied')
    expect(await outcome(iam.listRoles({}))).toBe('AccessDenied')
    expect(await outcome(iam.changePassword({ OldPassword: password, NewPassword: `${password}!` }))).toBe('allowed')
  })

  test('who is in another account touches no user, not even under the right name', async () => {
    await signIn(kenji)
    const iam = new IAM(clientOf('me'))
    expect(await outcome(iam.listMFADevices({ UserName: kenji }))).toBe('NoSuchEntityException')
    const device = { UserName: kenji, SerialNumber: serialOf(kenji) }
    expect(await outcome(iam.deactivateMFADevice(device))).toBe('NoSuchEntityException')
    expect(model.users.devicesOf(kenji)).toHaveLength(1)
  })

  test('credentials end', async () => {
    const { accessKeyId } = await signIn(kenji)
    await world.clock.advance(12 * 60 * 60_000)
    expect(await outcome(assume(accessKeyId))).toBe('ExpiredToken')
  })

  test('an account that comes to an organizational unit has the role at once, one that leaves it has not', async () => {
    const { accessKeyId } = await signIn(kenji)
    const RoleArn = roleArn('260000000001', 'incident-responder')
    expect(await outcome(assume(accessKeyId, { RoleArn }))).toBe('AccessDenied')
    const moved = accountId.parse('260000000001')
    world.organizations.moveAccount(moved, 'ou-acme-sbx10000', 'ou-acme-wrk10000')
    expect(await outcome(assume(accessKeyId, { RoleArn }))).toBe('allowed')
    world.organizations.moveAccount(moved, 'ou-acme-wrk10000', 'ou-acme-sbx10000')
    expect(await outcome(assume(accessKeyId, { RoleArn }))).toBe('AccessDenied')
  })
})

describe('the responder over the SDK', () => {
  const endpointOf = (accessKeyId: string) => ({ url, accessKeyId, sessionToken: 'local' })

  test('each playbook of the file may what it says, and is refused what it says', async () => {
    const { accessKeyId } = await signIn(kenji)
    const responder = openAwsResponder(endpointOf(accessKeyId))
    expect(await responder.identity()).toBe(`arn:aws:iam::${example.securityAccount}:user/break-glass/${kenji}`)
    for (const name of ['incident-responder', 'forensics-analyst', 'administrator', 'recovery-operator']) {
      const assumed = await responder.assume({
        roleArn: roleArn(account, name),
        session: 'drill',
        sourceIdentity: kenji,
      })
      const { may, mayNot } = playbookOf(example, name)
      const came = async (calls: readonly DryCallName[]) => Promise.all(calls.map((call) => assumed.try(call)))
      expect({ name, came: await came(may) }).toEqual({ name, came: may.map(() => 'allowed') })
      expect({ name, came: await came(mayNot) }).toEqual({ name, came: mayNot.map(() => 'refused') })
    }
  })

  test('a refusal of STS is a ServiceError', async () => {
    const responder = openAwsResponder(endpointOf(firstSignIn(kenji)))
    const assumed = responder.assume({ roleArn: role, session: 'drill', sourceIdentity: kenji })
    await expect(assumed).rejects.toMatchObject({ name: 'ServiceError', service: 'sts', code: 'AccessDenied' })
  })
})

describe('the auditor of break-glass over the SDK', () => {
  const enter = (id: string) =>
    openBreakGlassAuditor({ url, accessKeyId: 'ssofile' }, world.clock).enter(accountId.parse(id), example.auditorRole)

  test('reads the roles of an account as they are, changed by hand too', async () => {
    const read = async () =>
      (await (await enter(account)).roles()).map(({ name, trust }) => ({ name, isOpen: trust.includes('"*"') }))
    expect(await read()).toContainEqual({ name: 'BREAK-GLASS-administrator', isOpen: false })
    await fetch(`${url}/_ssofile/accounts/${account}/break-glass-roles/BREAK-GLASS-administrator`, { method: 'PUT' })
    expect(await read()).toContainEqual({ name: 'BREAK-GLASS-administrator', isOpen: true })
    await fetch(`${url}/_ssofile/accounts/${account}/break-glass-roles/BREAK-GLASS-administrator`, { method: 'DELETE' })
    expect((await read()).map(({ name }) => name)).not.toContain('BREAK-GLASS-administrator')
  })

  test('reads how long sessions may last, and the roles that send alarms', async () => {
    const found = new Map((await (await enter(account)).roles()).map((one) => [one.name, one.maxSessionSeconds]))
    const { sessionHours } = playbookOf(example, 'incident-responder')
    expect(found.get('BREAK-GLASS-incident-responder')).toBe(sessionHours * 3600)
    expect(found.get('BREAK-GLASS-incident-responder-alarms')).toBe(3600)
  })

  test('reads the rules of a Region and bus, with their states and whether they send to what is asked for', async () => {
    const target = alarmBusArn(example.securityAccount)
    const rule = 'break-glass-administrator-role-changed'
    const read = async (asked: Parameters<BreakGlassAccount['rules']>[0]) => (await enter(account)).rules(asked)
    const one = async (of = target) =>
      (await read({ region: 'us-east-1', target: of })).find(({ name }) => name === rule)
    expect(await one()).toMatchObject({ state: 'ENABLED', sends: true, pattern: expect.stringContaining('roleName') })
    expect(await one('arn:aws:sns:us-east-1:999999999999:other')).toMatchObject({ state: 'ENABLED', sends: false })
    await fetch(`${url}/_ssofile/accounts/${account}/break-glass-rules/${rule}`, { method: 'PUT' })
    expect(await one()).toMatchObject({ state: 'DISABLED' })
    const state = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'
    await fetch(`${url}/_ssofile/accounts/${account}/break-glass-rules/${rule}?state=${state}`, { method: 'PUT' })
    expect(await one()).toMatchObject({ state })
    await fetch(`${url}/_ssofile/accounts/${account}/break-glass-rules/${rule}`, { method: 'DELETE' })
    expect(await one()).toBeUndefined()
    expect(await read({ region: 'eu-west-1', target })).toEqual([])
    const bus = 'break-glass-alarms'
    expect(await read({ region: 'us-east-1', target, bus })).toEqual([])
    const topic = alarmTopicArn(example.securityAccount, 'us-east-1')
    const security = await enter(example.securityAccount)
    expect(await security.rules({ region: 'us-east-1', target: topic, bus })).toMatchObject([
      { name: 'break-glass-alarms-forwarded', sends: true },
    ])
  })

  test('reads users with their devices, policies and the age of their passwords', async () => {
    await signIn(kenji)
    const users = await (await enter(example.securityAccount)).users()
    expect(users.map(({ name, devices, keys, more }) => ({ name, devices, keys, more }))).toEqual([
      { name: kenji, devices: 1, keys: 0, more: [] },
      { name: lars, devices: 0, keys: 0, more: [] },
      { name: 'ama-BREAK-GLASS', devices: 0, keys: 0, more: [] },
    ])
    expect(users[0]?.passwordUsedAt).toEqual(world.clock.now())
    expect(users[0]?.attached.map((text) => text?.includes('NothingElse'))).toEqual([true])
    expect(await (await enter(account)).users()).toEqual([])
  })

  test('reads whether a user has a password, and its permissions boundary', async () => {
    const read = async () => {
      const users = await (await enter(example.securityAccount)).users()
      return users.flatMap(({ name, hasPassword, permissionsBoundary }) =>
        name === kenji ? [{ hasPassword, permissionsBoundary }] : [],
      )
    }
    expect(await read()).toEqual([{ hasPassword: true, permissionsBoundary: undefined }])
    const boundary = `arn:aws:iam::${example.securityAccount}:policy/nothing`
    const changed = `${url}/_ssofile/break-glass/users/${kenji}`
    await fetch(`${changed}?password=none&boundary=${encodeURIComponent(boundary)}`, { method: 'PUT' })
    expect(await read()).toEqual([{ hasPassword: false, permissionsBoundary: boundary }])
  })

  test('reads the trail of each Region by itself: who, what, which role, and what was refused', async () => {
    const since = world.clock.now()
    const { accessKeyId } = await signIn(kenji)
    await outcome(assume(accessKeyId))
    await outcome(assume(accessKeyId, { SourceIdentity: lars }))
    const security = await enter(example.securityAccount)
    const told = (await security.trail('eu-west-1', since)).filter(({ name }) => name === 'AssumeRole')
    expect(told.map(({ by, role: of, errorCode }) => ({ by, of, errorCode }))).toEqual([
      { by: kenji, of: role, errorCode: 'AccessDenied' },
      { by: kenji, of: role, errorCode: undefined },
    ])
    expect((await security.trail('us-east-1', since)).map(({ name }) => name)).toContain('EnableMFADevice')
  })

  test('reads the filter of each subscription, and the policy of the bus', async () => {
    const security = await enter(example.securityAccount)
    const topic = alarmTopicArn(example.securityAccount, 'us-east-1')
    const read = async () => (await security.subscriptions(topic, 'us-east-1')).map(({ filter }) => filter)
    expect(await read()).toEqual([undefined])
    const [subscription] = model.subscriptionsOf(topic) ?? []
    model.setFilter(subscription?.arn ?? '', '{"nothing":["ever"]}')
    expect(await read()).toEqual(['{"nothing":["ever"]}'])
    const bus = 'break-glass-alarms'
    expect(await security.busPolicy(bus, 'us-east-1')).toContain('"AccountsOfTheOrganization"')
    expect(await security.busPolicy(bus, 'eu-west-1')).toBeUndefined()
    expect(await (await enter(account)).busPolicy(bus, 'us-east-1')).toBeUndefined()
    model.changeBusPolicy(undefined)
    expect(await security.busPolicy(bus, 'us-east-1')).toBeUndefined()
  })

  test('reads who may publish to a topic, and its key', async () => {
    const security = await enter(example.securityAccount)
    const topic = alarmTopicArn(example.securityAccount, 'us-east-1')
    const { policy, key } = await security.topic(topic, 'us-east-1')
    expect({ names: policy.includes('"RulesPublish"'), key }).toEqual({ names: true, key: undefined })
    model.changeTopic(topic, { policy: '{}', key: 'alias/other' })
    expect(await security.topic(topic, 'us-east-1')).toEqual({ policy: '{}', key: 'alias/other' })
    await expect(security.topic(topic, 'eu-west-1')).rejects.toMatchObject({ service: 'sns' })
  })

  test('there is no password policy until somebody sets one, and no topic elsewhere', async () => {
    const security = await enter(example.securityAccount)
    expect(await security.passwordPolicy()).toBeUndefined()
    const topic = `arn:aws:sns:eu-west-1:${example.securityAccount}:break-glass-alarms`
    expect(await security.subscriptions(topic, 'eu-west-1')).toEqual([
      { address: 'security@acme.example', isConfirmed: true },
    ])
    await expect(security.subscriptions(topic, 'us-east-1')).rejects.toMatchObject({ service: 'sns' })
  })
})
