import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { assignmentKey } from '../../../shared/domain/assignments/assignment.ts'
import { type BrakeList, emptyBrake } from '../../../shared/domain/brake/brake-record.ts'
import { brakeFile, digestOf } from '../../../shared/reconcile/records/brake-file.ts'
import { pauseChanges, readPause, reconcileAfterPause, stopForLoss } from '../../../shared/reconcile/records/pause.ts'
import { openProvider, openWithPeople, post } from './page-world.ts'

let provider: Awaited<ReturnType<typeof openProvider>>
beforeAll(async () => {
  provider = await openProvider(['ana', 'ben'])
})
afterAll(() => provider.close())

const minuteMs = 60_000
const ten = '2026-03-03T10:00:00.000Z'
const idOf = (group: string) => `f81d4fae-7dec-4d0a-a765-00a0c91e6b0${group}`
const keyOf = (group: string) => assignmentKey.parse(`account%233000000002%Billing-ps%${idOf(group)}%GROUP`)
const list: BrakeList = {
  rule: 'own',
  cause: 'folder',
  name: 'team-a',
  since: '2026-03-03T10:00:00.000Z',
  passed: 20,
  base: 100,
  limit: 20,
  minutes: 15,
  items: ['x', 'y'],
  held: [keyOf('a'), keyOf('b')],
}

/** `ben` is in the group of operators, `ana` in that of auditors. */
async function open() {
  const opened = await openWithPeople(provider.url, { operators: ['operators'], auditors: ['auditors'] })
  const { identityStore } = opened.world
  const membership = await identityStore.createGroupMembership(
    await identityStore.createGroup({ displayName: 'operators' }),
    opened.ids.ben,
  )
  const auditors = await identityStore.createGroup({ displayName: 'auditors' })
  await identityStore.createGroupMembership(auditors, opened.ids.ana)
  await brakeFile(opened.world.objects).write({ ...emptyBrake, lists: [list] }, undefined)
  return { ...opened, membership }
}
const by = 'page:ben from 192.0.2.7'
const acts = [
  ['/api/release', { digest: digestOf(list) }],
  ['/api/pause', { reason: 'migration' }],
  ['/api/resume', { since: '2026-03-03T10:00:00.000Z' }],
] as const

describe('what operators do', () => {
  test('is shown and done to members of the groups of operators alone, by what the directory said within five seconds', async () => {
    const { ana, ben, world, membership } = await open()
    expect(JSON.parse((await ana.send('/api/me')).body)).toMatchObject({
      isAuditor: true,
      isOperator: false,
      operators: ['operators'],
    })
    expect(JSON.parse((await ben.send('/api/me')).body)).toMatchObject({ isAuditor: false, isOperator: true })
    expect(await ana.send('/api/operations')).toMatchObject({ statusCode: 403 })
    for (const [path, body] of acts) expect(await post(ana, path, body)).toMatchObject({ statusCode: 403 })
    expect(await ben.send('/api/operations')).toMatchObject({ statusCode: 200 })
    await world.identityStore.deleteGroupMembership(membership)
    await world.clock.advance(5_000)
    expect(await ben.send('/api/operations')).toMatchObject({ statusCode: 403 })
    for (const [path, body] of acts) expect(await post(ben, path, body)).toMatchObject({ statusCode: 403 })
    expect(await readPause(world.objects)).toBeUndefined()
    expect((await brakeFile(world.objects).read())?.value).toMatchObject({ lists: [list], releases: [] })
  })

  test('is nobody’s where no group is named', async () => {
    const { ben } = await openWithPeople(provider.url)
    expect(await ben.send('/api/operations')).toMatchObject({ statusCode: 403 })
  })

  test('asks for a sign-in of the last minutes each time', async () => {
    const { ben, clock, world } = await open()
    clock.move(11 * minuteMs)
    expect(await ben.send('/api/operations')).toMatchObject({ statusCode: 200 })
    for (const [path, body] of acts)
      expect(await post(ben, path, body)).toMatchObject({ statusCode: 401, headers: { 'x-sign-in': 'fresh' } })
    expect(await readPause(world.objects)).toBeUndefined()
  })
})

describe('the brake', () => {
  test('shows who would lose what, and by whose links', async () => {
    const { ben, world } = await open()
    const entry = {
      v: 1,
      state: 'held',
      principal: 'team-a',
      principalId: idOf('a'),
      permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef',
      attempts: 0,
      links: [
        {
          key: 'links_data/team-a/x',
          etag: 'e',
          lastModified: '2026-03-03T10:00:00.000Z',
          deletedBy: { principalId: 'maria', at: '2026-03-03T10:00:00.000Z' },
        },
      ],
      updatedAt: '2026-03-03T10:00:00.000Z',
    }
    await world.objects.put(`assignments/${keyOf('a')}`, JSON.stringify(entry))
    const { lists } = JSON.parse((await ben.send('/api/operations')).body)
    const row = { account: '233000000002', permissionSet: 'Billing-ps', type: 'GROUP' }
    expect(lists).toMatchObject([
      {
        digest: digestOf(list),
        reason: expect.stringContaining('more than 20 of the 100 links'),
        held: 2,
        takes: { accounts: 1, groups: 2, users: 0, people: 0 },
        rows: [
          { ...row, principal: 'team-a', links: [{ link: 'links_data/team-a/x', deletedBy: 'maria', deletedAt: ten }] },
          { ...row, principal: idOf('b'), links: [] },
        ],
      },
    ])
  })

  test('lets exactly the list go that was shown; history says who, by what and from where', async () => {
    const { ben, world } = await open()
    expect(await post(ben, '/api/release', { digest: digestOf(list) })).toMatchObject({ statusCode: 200 })
    expect((await brakeFile(world.objects).read())?.value).toMatchObject({
      lists: [],
      releases: [{ by, digest: digestOf(list), keys: list.held }],
    })
    expect(JSON.parse((await post(ben, '/api/release', { digest: digestOf(list) })).body)).toEqual({
      outcome: 'released-before',
    })
  })

  test('lets nothing go once the list has grown since', async () => {
    const { ben, world } = await open()
    const grown = { ...list, held: [...list.held, keyOf('c')] }
    const stored = await brakeFile(world.objects).read()
    await brakeFile(world.objects).write({ ...emptyBrake, lists: [grown] }, stored?.object.etag)
    const refused = await post(ben, '/api/release', { digest: digestOf(list) })
    expect(refused).toMatchObject({ statusCode: 409, body: expect.stringContaining(digestOf(grown)) })
    expect((await brakeFile(world.objects).read())?.value.releases).toEqual([])
    for (const body of [{ digest: digestOf(list).slice(0, 8) }, {}, { digest: digestOf(list), all: true }])
      expect(await post(ben, '/api/release', body)).toMatchObject({ statusCode: 400 })
  })
})

describe('a pause', () => {
  test('is begun with a reason and ended as it was shown; history says by whom and from where', async () => {
    const { ben, world } = await open()
    for (const reason of ['', '…', 'x'.repeat(1001)])
      expect(await post(ben, '/api/pause', { reason })).toMatchObject({ statusCode: 400 })
    expect(await post(ben, '/api/pause', { reason: 'migration' })).toMatchObject({ statusCode: 200 })
    const pause = await readPause(world.objects)
    expect(pause).toMatchObject({ reason: 'migration', by })
    expect(await post(ben, '/api/pause', { reason: 'again' })).toMatchObject({ statusCode: 409 })
    const { pause: shown } = JSON.parse((await ben.send('/api/operations')).body)
    expect(shown).toMatchObject({ since: pause?.since, told: expect.stringContaining('migration') })
    expect(await post(ben, '/api/resume', { since: '2026-03-03T09:00:00.000Z' })).toMatchObject({ statusCode: 409 })
    expect(await post(ben, '/api/resume', { since: shown.since })).toMatchObject({ statusCode: 200 })
    expect(await post(ben, '/api/resume', { since: shown.since })).toMatchObject({ statusCode: 409 })
    await reconcileAfterPause(world.ports)
    const told = await Promise.all((await world.keys('history/pause/')).map((key) => world.json(key)))
    expect(told).toEqual([
      expect.objectContaining({ event: 'paused', by, reason: 'migration' }),
      expect.objectContaining({ event: 'resumed', by }),
    ])
  })

  test('that ssofile began because the ledger is lost is not ended here', async () => {
    const { ben, world } = await open()
    const { since } = await stopForLoss(world.ports, '900 of 1,000 entries')
    expect(await post(ben, '/api/resume', { since })).toMatchObject({
      statusCode: 409,
      body: expect.stringContaining('ssofile restore'),
    })
    expect(await readPause(world.objects)).toMatchObject({ since })
  })

  test('of somebody else, begun since, goes on', async () => {
    const { ben, world } = await open()
    await pauseChanges(world.ports, { reason: 'first', by: 'x' })
    const { since = '' } = (await readPause(world.objects)) ?? {}
    await world.objects.delete('control/pause.json')
    await world.clock.advance(1_000)
    await pauseChanges(world.ports, { reason: 'second', by: 'y' })
    expect(await post(ben, '/api/resume', { since })).toMatchObject({ statusCode: 409 })
    expect(await readPause(world.objects)).toMatchObject({ reason: 'second' })
  })
})

test('what wants attention is listed with its reason and what to do, what is held first; requests are not', async () => {
  const { ben, world } = await open()
  const updatedAt = '2026-03-03T10:00:00.000Z'
  const inputs = [
    ['waiting', 'links_data/root%all%A%b%GROUP%ssofile'],
    ['held', 'links_data/root%all%C%d%GROUP%ssofile'],
    ['rejected', 'requests/x/y'],
  ] as const
  for (const [state, input] of inputs) {
    await world.objects.put(`attention/${state}/${input}`, '')
    await world.objects.put(
      `status/${input}.json`,
      JSON.stringify({ input, state, updatedAt, reason: `it is ${state}`, remedy: 'do it' }),
    )
  }
  expect(JSON.parse((await ben.send('/api/operations')).body).attention).toEqual({
    all: 2,
    inputs: [
      { state: 'held', input: inputs[1][1], reason: 'it is held', remedy: 'do it' },
      { state: 'waiting', input: inputs[0][1], reason: 'it is waiting', remedy: 'do it' },
    ],
  })
})
