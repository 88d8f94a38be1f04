import { describe, expect, test } from '@jest/globals'
import { isDenied } from '../../../../infra/local/sessions/add-person-sessions.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { endedSessionsKey, endSession } from '../../../../shared/domain/sessions/ended-sessions.ts'
import { type PersonSession, PersonSessions } from '../../../../shared/memory/iam/person-sessions.ts'
import { SeededRandomness } from '../../../../shared/memory/seeded-randomness.ts'
import { memoryTables } from '../../../../shared/memory/table.ts'
import { readPermissionSet } from '../../../../shared/reconcile/permission-sets/read-permission-set.ts'
import { recordEndedSessions } from '../../../../shared/reconcile/records/ended-sessions.ts'
import { readOwned, writeOwned } from '../../../../shared/reconcile/records/owned-permission-sets.ts'
import { isShallow, isWhole } from '../../../depth.ts'
import { dyingPorts } from '../../../intercept.ts'
import { acme, World } from '../../../world.ts'

const account = accountId.parse('233000000001')
const name = permissionSetName.parse('Billing-ps')
const key = `permission_sets/${name}.json`
const [kenji, lars] = ['kenji.ito@acme.example', 'lars.jensen@acme.example']
const own = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] }
const call = { action: 's3:GetObject', resource: 'arn:aws:s3:::anything', region: 'eu-west-1', sourceIp: '192.0.2.7' }
const isWrite = (operation: string) => !/^(List|Describe|Get)/.test(operation)

/** A world in which kenji and lars have Billing-ps in one account. */
async function open(inlinePolicyDocument: object = own, { dispatcher = true } = {}) {
  const world = new World({ organization: { ...acme(), assignments: [] } })
  const { ssoAdmin, identityStore, objects, clock } = world
  const sessions = new PersonSessions({
    clock,
    randomness: new SeededRandomness(7),
    openTable: memoryTables,
    ssoAdmin,
    identityStore,
  })
  const upload = (fields: object) => objects.put(key, JSON.stringify({ permissionSetName: name, ...fields }))
  world.start({ dispatcher })
  await upload({ inlinePolicyDocument, sessionDurationInMinutes: 720 })
  for (const user of [kenji, lars]) await objects.put(`links_data/account%${account}%${name}%${user}%USER%ssofile`, '')
  await world.look()
  if (!dispatcher) await world.finish(world.slice())
  await world.until(() => ssoAdmin.assignments().length === 2, 'both have access')
  const issue = (user: string): PersonSession => {
    const session = sessions.issue({ user, permissionSet: name, account })
    if (session === undefined) throw new Error(`${user} has no access`)
    return session
  }
  const end = async (user: string, where?: typeof account) => {
    const id = identityStore.idOf('USER', user)
    if (id === undefined) throw new Error(`there is no ${user}`)
    const wish = { user: id, name: user, permissionSet: name, account: where, by: 'me' }
    await recordEndedSessions(objects, [endSession(wish, clock.now())])
  }
  const denies = (session: PersonSession) => isDenied(sessions.policyOf(session), session, call)
  const minutes = async (number: number) => {
    for (let minute = 0; minute < number; minute++) {
      await world.finish(world.everyMinuteOfLinks())
      await clock.advance(60_000)
    }
  }
  const events = async () =>
    (await world.keys(`history/permission-set%${name}/`)).map((one) => one.split('%').at(-1)?.replace('.json', ''))
  const writes = () => world.calls.filter(isWrite)
  const policy = () => ssoAdmin.definitionNow(name)?.inlinePolicy
  const status = async () => (await world.json(`status/${key}.json`))?.state
  return { world, sessions, upload, issue, end, denies, minutes, events, writes, policy, status }
}

test('an old session of a user is denied within two minutes, a new one is not, nor is one of somebody else', async () => {
  const { issue, end, denies, minutes, events, status, world } = await open()
  const [old, other] = [issue(kenji), issue(lars)]
  await world.clock.advance(60_000)
  await end(kenji)
  await minutes(2)
  const fresh = issue(kenji)
  expect([old, fresh, other].map(denies)).toEqual([true, false, false])
  expect((await events()).at(-1)).toBe('sessions-ended')
  expect(await status()).toBe('applied')
})

test('a denial in one account leaves the sessions in others alone', async () => {
  const { issue, end, denies, minutes, world } = await open()
  const old = issue(kenji)
  await world.clock.advance(1_000)
  await end(kenji, accountId.parse('233000000002'))
  await minutes(2)
  expect(denies(old)).toBe(false)
  await end(kenji, account)
  await minutes(2)
  expect(denies(old)).toBe(true)
})

describe.each([
  ['an inline policy', own],
  ['no inline policy', {}],
])('in a permission set with %s', (_, document) => {
  test('what is denied goes by itself after twelve hours, and its accounts are told', async () => {
    const { issue, end, denies, minutes, events, policy, world } = await open(document)
    const before = policy()
    const old = issue(kenji)
    await world.clock.advance(1_000)
    await end(kenji)
    await minutes(1)
    await end(lars)
    await minutes(1)
    expect(policy()).toContain('SsofileEnded2')
    await world.clock.advance(12 * 60 * 60_000 - 60_000)
    await minutes(1)
    expect(policy()).toContain('SsofileEnded1')
    expect(policy()).not.toContain('SsofileEnded2')
    await minutes(2)
    expect(policy()).toBe(before)
    expect(denies(old)).toBe(false)
    expect((await events()).at(-1)).toBe('denials-removed')
    expect(await world.keys(endedSessionsKey)).toEqual([])
    const writes = world.calls.length
    await minutes(2)
    expect(world.calls.slice(writes).filter(isWrite)).toEqual([])
  })
})

test('a drift check finds nothing in what is denied, and puts it back where somebody took it out', async () => {
  const { end, minutes, policy, world, events } = await open()
  await end(kenji)
  await minutes(2)
  const denying = policy()
  const before = world.calls.length
  await world.everyNight()
  await world.clock.advance(5 * 60_000)
  expect(world.calls.slice(before).filter(isWrite)).toEqual([])
  const arn = world.ssoAdmin.permissionSetArnOf(name)
  if (arn === undefined) throw new Error('it is gone')
  await world.ssoAdmin.putInlinePolicy(arn, JSON.stringify(own))
  await world.everyNight()
  await world.clock.advance(5 * 60_000)
  expect(policy()).toBe(denying)
  expect(await events()).not.toContain('restored')
})

const byHand = { Sid: 'SsofileEnded0', Effect: 'Allow', Action: '*', Resource: '*' }
const denialByHand = {
  Sid: 'SsofileEnded9',
  Effect: 'Deny',
  Action: '*',
  Resource: '*',
  Condition: {
    StringEquals: { 'identitystore:UserId': ['032ec95a-5bc1-ffac-1870-214bdda8db1a'] },
    DateLessThan: { 'aws:TokenIssueTime': '9999-01-01T00:00:00Z' },
  },
}

describe.each([
  ['while sessions are denied', true],
  ['while no session is denied', false],
])('%s', (_, isDenying) => {
  test.each([
    ['An Allow', byHand],
    ['An Allow with the Sid of a denial', { ...byHand, Sid: 'SsofileEnded1' }],
    ['A Deny for everybody', { ...byHand, Effect: 'Deny' }],
    ['A denial that the record does not name', denialByHand],
  ])('%s by hand, with a Sid as ssofile uses it, is gone after a drift check', async (__, statement) => {
    const { end, minutes, policy, world } = await open()
    if (isDenying) await end(kenji)
    await minutes(2)
    const before = policy()
    const arn = world.ssoAdmin.permissionSetArnOf(name)
    if (arn === undefined || before === undefined) throw new Error('it is gone')
    const { Statement, ...rest } = JSON.parse(before)
    const others = Statement.filter(({ Sid }: { Sid?: string }) => Sid !== statement.Sid)
    await world.ssoAdmin.putInlinePolicy(arn, JSON.stringify({ ...rest, Statement: [...others, statement] }))
    await world.everyNight()
    await world.clock.advance(5 * 60_000)
    expect(policy()).toBe(before)
  })
})

test('what is denied is no part of what a permission set says', async () => {
  const { end, minutes, world } = await open()
  await end(kenji)
  await minutes(2)
  const arn = world.ssoAdmin.permissionSetArnOf(name)
  const read = arn && (await readPermissionSet(world.ssoAdmin, arn, (await readOwned(world.objects, name))?.value))
  expect(read && JSON.parse(read.inlinePolicy ?? '')).toEqual(own)
})

test('a file that changes, or loses its inline policy, meanwhile leaves what is denied in force', async () => {
  const { issue, end, denies, minutes, upload, policy, status, world } = await open()
  const old = issue(kenji)
  await world.clock.advance(1_000)
  await end(kenji)
  await minutes(2)
  await upload({ inlinePolicyDocument: { ...own, Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] } })
  await world.clock.advance(60_000)
  expect([await status(), denies(old), policy()?.includes('"Action":"*","Resource":"*"},{"Sid":"Sso')]).toEqual([
    'applied',
    true,
    true,
  ])
  await upload({ managedPoliciesArnList: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] })
  await world.clock.advance(60_000)
  expect([await status(), denies(old)]).toEqual(['applied', true])
  expect(JSON.parse(policy() ?? '').Statement).toHaveLength(1)
})

test.each([
  ['is not valid', async ({ upload }: Awaited<ReturnType<typeof open>>) => upload({ sessionDurationInMinutes: 1 })],
  ['is deleted, while links use it', async ({ world }: Awaited<ReturnType<typeof open>>) => world.objects.delete(key)],
])('sessions are ended although the file %s', async (_, change) => {
  const opened = await open()
  const { issue, end, denies, minutes, world } = opened
  const old = issue(kenji)
  await change(opened)
  await world.clock.advance(60_000)
  await end(kenji)
  await minutes(2)
  expect(denies(old)).toBe(true)
})

test('a file that does not fit beside what is denied has failed, and says why and until when', async () => {
  const { end, minutes, upload, status, policy, world } = await open()
  await end(kenji)
  await minutes(2)
  const denying = policy()
  const large = {
    ...own,
    Statement: [{ Effect: 'Allow', Action: ['s3:*', `s3:${'a'.repeat(10_100)}`], Resource: '*' }],
  }
  await upload({ inlinePolicyDocument: large })
  await world.clock.advance(60_000)
  expect([await status(), policy()]).toEqual(['failed', denying])
  expect((await world.json(`status/${key}.json`))?.reason).toMatch(/denial of ended sessions .* at most 10240/)
})

const letters = (count: number) => ({
  ...own,
  Statement: [{ Effect: 'Allow', Action: ['s3:*', `s3:${'a'.repeat(count - 8)}`], Resource: '*' }],
})

describe('what has no room beside the inline policy', () => {
  test('is told in the status and on attention, and what was denied stays', async () => {
    const { end, minutes, policy, world } = await open(letters(9_850))
    await end(kenji)
    await minutes(2)
    const denying = policy()
    expect(denying).toContain('SsofileEnded1')
    await end(lars)
    await minutes(2)
    expect(policy()).toBe(denying)
    const { state, reason, remedy } = (await world.json(`status/${key}.json`)) ?? {}
    expect({ state, reason }).toEqual({ state: 'failed', reason: expect.stringContaining(`no room for them: ${lars}`) })
    expect(remedy).toContain('--everywhere')
    expect(await world.keys('attention/failed/')).toEqual([`attention/failed/${key}`])
    expect(world.log.lines.filter(({ message }) => message.includes('has no room'))).toHaveLength(1)
  })

  test('is denied within two minutes after the file was shortened, and the status says so', async () => {
    const { end, minutes, policy, status, upload, world } = await open(letters(9_850))
    await end(kenji)
    await minutes(2)
    await end(lars)
    await minutes(2)
    await upload({ inlinePolicyDocument: own })
    await minutes(2)
    expect(policy()).toContain('SsofileEnded2')
    expect(await status()).toBe('applied')
    expect(await world.keys('attention/')).toEqual([])
    const writes = world.calls.length
    await minutes(2)
    expect(world.calls.slice(writes).filter(isWrite)).toEqual([])
  })

  test('is denied when another one goes', async () => {
    const { end, minutes, policy, status, world } = await open(letters(9_850))
    await end(kenji)
    await minutes(2)
    await end(lars)
    await minutes(2)
    await world.clock.advance(12 * 60 * 60_000 - 3 * 60_000)
    await minutes(2)
    expect(policy()).toContain(world.identityStore.idOf('USER', lars))
    expect(policy()).not.toContain(world.identityStore.idOf('USER', kenji))
    expect(await status()).toBe('applied')
  })

  test('keeps no other change of the file from being applied', async () => {
    const { end, minutes, upload, status, world } = await open(letters(9_850))
    await end(kenji)
    await end(lars)
    await minutes(2)
    await world.clock.advance(60_000)
    await end(lars)
    await minutes(2)
    await upload({ inlinePolicyDocument: letters(9_851), description: 'another one' })
    await minutes(2)
    expect(world.ssoAdmin.definitionNow(name)?.description).toBe('another one')
    expect(await status()).toBe('failed')
  })
})

describe('an entry of the record that is spoiled', () => {
  const far = { before: '2099-01-01T00:00:00.000Z', until: '2099-01-01T12:00:00.000Z' }

  async function openForged(more: object) {
    const opened = await open()
    const { world, end } = opened
    await end(lars)
    const { ended } = (await world.json(endedSessionsKey)) ?? {}
    const user = world.identityStore.idOf('USER', kenji)
    const forged = { user, name: kenji, permissionSet: name, by: 'an operator', ...far, ...more }
    await world.objects.put(
      endedSessionsKey,
      JSON.stringify({ v: 1, ended: [...(Array.isArray(ended) ? ended : []), forged] }),
    )
    return { ...opened, user }
  }

  test.each([
    ['lies in the future', {}],
    ['ends in 2099', { before: '2026-03-03T10:00:00.000Z' }],
  ])('since it %s counts for nothing, is told, and leaves the others in force', async (_, more) => {
    const { world, issue, denies, minutes, policy, user } = await openForged(more)
    const old = issue(lars)
    await minutes(2)
    expect(denies(old)).toBe(true)
    expect(policy()).not.toContain(user)
    const { state, reason } = (await world.json(`status/${key}.json`)) ?? {}
    expect({ state, reason }).toEqual({
      state: 'failed',
      reason: expect.stringContaining(`not valid and ignored: the sessions of ${kenji}`),
    })
    expect(await world.keys('attention/failed/')).toEqual([`attention/failed/${key}`])
    const errors = world.log.lines.filter(({ level, message }) => level === 'error' && message.includes('are ignored'))
    expect(errors.length).toBeGreaterThan(0)
  })

  test('stays until the sessions of the same user are ended again', async () => {
    const { world, issue, end, denies, minutes, status } = await openForged({})
    await minutes(2)
    await end(lars)
    await minutes(2)
    expect(await status()).toBe('failed')
    const old = issue(kenji)
    await end(kenji)
    await minutes(2)
    expect([await status(), denies(old)]).toEqual(['applied', true])
    expect(JSON.stringify(await world.json(endedSessionsKey))).not.toContain('2099')
  })

  test('is forgotten once its own end is past, and denies nothing until then', async () => {
    const { world, minutes, policy, user } = await openForged({
      before: '2026-03-03T09:00:00.000Z',
      until: '2026-03-03T10:05:00.000Z',
    })
    await minutes(2)
    expect(policy()).not.toContain(user)
    await minutes(6)
    expect(JSON.stringify(await world.json(endedSessionsKey))).not.toContain(user)
  })

  test('that nobody can read leaves the others in force', async () => {
    const { world, issue, denies, end, minutes } = await open()
    const old = issue(kenji)
    await world.objects.put(endedSessionsKey, JSON.stringify({ v: 1, ended: ['what?'] }))
    await end(kenji)
    await minutes(2)
    expect(denies(old)).toBe(true)
    expect((await world.json(endedSessionsKey))?.ended).toContain('what?')
  })
})

test.each([
  ['spoiled', {}],
  ['encrypted with a key of its uploader', { customerKeyMd5: 'of a key that only ada knows' }],
])('a record of ended sessions that is %s changes no denial and stops no file of a permission set', async (_, how) => {
  const { end, minutes, policy, world } = await open()
  await end(kenji)
  await minutes(2)
  const denying = policy()
  const uploader = { accessKeyId: 'ada', sourceIpAddress: '127.0.0.1' }
  world.objects.model.put(uploader, endedSessionsKey, new TextEncoder().encode('spoiled'), how)
  await minutes(2)
  expect(policy()).toBe(denying)
  await world.objects.put(
    key,
    JSON.stringify({ permissionSetName: name, inlinePolicyDocument: own, description: 'new' }),
  )
  await minutes(2)
  expect(world.ssoAdmin.definitionNow(name)?.description).toBe('new')
  expect(world.log.lines.filter(({ level }) => level === 'error').length).toBeGreaterThan(0)
})

test('the accounts of another denial are provisioned behind the last account of the one before', async () => {
  const { world, end, minutes } = await open(own, { dispatcher: false })
  await end(kenji)
  await minutes(1)
  await world.finish(world.slice())
  const before = await readOwned(world.objects, name)
  if (before?.value.sessions === undefined) throw new Error('kenji is not denied')
  const sessions = { ...before.value.sessions, provisioning: { after: account } }
  await writeOwned(world.objects, name, { ...before.value, sessions }, before)
  await end(lars)
  const dying = dyingPorts(world.ports, {
    at: ({ operation }) => operation === 'provisionPermissionSet',
    when: 'before',
  })
  void world.slice({}, dying.ports)
  await minutes(1)
  expect(dying.isDead()).toBe(true)
  expect((await readOwned(world.objects, name))?.value.sessions?.provisioning).toEqual({ from: account })
})

test('a dispatcher that dies at any call that changes something leaves no session undone: the next one ends it', async () => {
  for (let atCall = 0; ; atCall += isShallow ? 7 : isWhole ? 1 : 3) {
    const { world, issue, end, denies, events, minutes } = await open(own, { dispatcher: false })
    const old = issue(kenji)
    await world.clock.advance(1_000)
    await end(kenji)
    await minutes(1)
    let isBegun = false
    let calls = 0
    const dying = dyingPorts(world.ports, {
      at: ({ port, operation, args: [key] }) => {
        isBegun ||= key === endedSessionsKey
        const isChange = port === 'ssoAdmin' ? isWrite(operation) : ['put', 'delete'].includes(operation)
        return isBegun && isChange && ++calls > atCall / 2
      },
      when: atCall % 2 === 0 ? 'before' : 'after',
    })
    void world.slice({}, dying.ports)
    await minutes(2)
    await world.finish(world.slice())
    const told = (await events()).filter((event) => event === 'sessions-ended')
    expect({ atCall, isDenied: denies(old), told }).toEqual({ atCall, isDenied: true, told: ['sessions-ended'] })
    if (!dying.isDead()) {
      expect(calls).toBeGreaterThan(5)
      break
    }
  }
})
