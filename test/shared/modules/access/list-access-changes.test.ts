import { expect, test } from '@jest/globals'
import { exitCodeOf, renderChanges } from '../../../../handlers/cli/who/who-changes.ts'
import { author } from '../../../../shared/domain/by-hand/author.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { MemoryObjectStore } from '../../../../shared/memory/s3/memory-object-store.ts'
import {
  type ChangesQuestion,
  listAccessChanges,
  noChangeSince,
} from '../../../../shared/modules/access/list-access-changes.ts'
import { tellEvent } from '../../../../shared/reconcile/records/tell-event.ts'
import { VirtualClock } from '../../../virtual-clock.ts'

const ana = ['92307020-41b6-05ce-951e-70dfe8931aa2', 'ana@x.example'] as const
const [account, other] = ['200000000001', '200000000002']
const day = '2026-03-03T'
const alice = author.parse({
  name: 'alice@acme.example',
  role: 'AWSReservedSSO_Administrator-ps_0123456789abcdef',
  by: 'the console',
  call: 'CreateAccountAssignment',
  eventId: 'e-1',
  at: `${day}10:15:00.000Z`,
})

async function open() {
  const objects = new MemoryObjectStore({ bucket: 'ssofile', clock: new VirtualClock(new Date(`${day}12:00:00Z`)) })
  const tell = (event: string, time: string, name: string, by?: typeof alice) =>
    tellEvent(objects, { folder: `history/${name}/`, name }, { event, at: `${day}${time}.000Z`, body: {}, by })
  await tell('granted', '08:00:00', `account%${account}%Read-ps%ana@x.example%USER%ssofile`)
  await tell('foreign-found', '10:15:02', `account%${account}%Read-ps%a%2Fb%GROUP%ssofile`, alice)
  await tell('foreign-gone', '10:20:00', `account%${other}%role:Deploy%a%2Fb%GROUP%ssofile`)
  await tell('permission-set-restored', '10:30:00', 'Read-ps', alice)
  await tell('paused', '10:40:00', 'all')
  const list = (question: Partial<ChangesQuestion> = {}) =>
    listAccessChanges({ since: new Date(`${day}00:00:00Z`), ...question }, objects)
  return { objects, list }
}

test('changes of access and of permission sets are listed by their instants, with who made them by hand', async () => {
  const { list } = await open()
  const by = 'alice@acme.example (Administrator-ps) in the console at 2026-03-03T10:15:00.000Z'
  const of = (place: string, permissionSet: string) => ({ account: place, permissionSet })
  expect(await list()).toEqual([
    {
      at: `${day}08:00:00.000Z`,
      event: 'granted',
      ...of(account, 'Read-ps'),
      principal: 'ana@x.example',
      type: 'USER',
    },
    {
      at: `${day}10:15:02.000Z`,
      event: 'foreign-found',
      ...of(account, 'Read-ps'),
      principal: 'a/b',
      type: 'GROUP',
      by,
    },
    { at: `${day}10:20:00.000Z`, event: 'foreign-gone', ...of(other, 'role:Deploy'), principal: 'a/b', type: 'GROUP' },
    { at: `${day}10:30:00.000Z`, event: 'permission-set-restored', permissionSet: 'Read-ps', by },
    { at: `${day}10:40:00.000Z`, event: 'paused', subject: 'all' },
  ])
})

test('what is asked for has to fit, and nothing is older', async () => {
  const { list } = await open()
  const events = async (question: Partial<ChangesQuestion>) => (await list(question)).map(({ event }) => event)
  expect(await events({ since: new Date(`${day}10:20:00Z`) })).toEqual([
    'foreign-gone',
    'permission-set-restored',
    'paused',
  ])
  expect(await events({ account: accountId.parse(account) })).toEqual(['granted', 'foreign-found'])
  expect(await events({ permissionSet: permissionSetName.parse('Read-ps') })).toEqual([
    'granted',
    'foreign-found',
    'permission-set-restored',
  ])
  expect(await events({ isTheirs: (type, name) => type === 'GROUP' && name === 'a/b' })).toEqual([
    'foreign-found',
    'foreign-gone',
  ])
})

test('a person reads who did it, and where that is not known', async () => {
  const { list } = await open()
  const text = renderChanges(await list(), undefined)
  expect(text).toContain('by alice@acme.example (Administrator-ps) in the console at 2026-03-03T10:15:00.000Z')
  expect(text.split('\n').find((line) => line.includes('granted'))).toMatch(/2026-03-03 08:00:00Z .* ssofile$/)
  expect(text.split('\n').find((line) => line.includes('foreign-gone'))).toMatch(/group a\/b +not known$/)
  expect(text).toContain('5 changes; by hand, with a name: 2')
  expect(renderChanges([], undefined)).toBe('no change since then\n')
})

test('a membership, a group and a person are listed for those whom they concern, and what names nobody only without a filter', async () => {
  const { objects, list } = await open()
  const tell = (event: string, time: string, name: string, by?: typeof alice) =>
    tellEvent(objects, { folder: `history/x/${name}/`, name }, { event, at: `${day}${time}.000Z`, body: {}, by })
  await tell('membership-added', '11:00:00', 'a%2Fb%ana@x.example')
  await tell('membership-removed', '11:01:00', 'a%2Fb%bo@x.example', alice)
  await tell('group-changed', '11:02:00', 'a%2Fb')
  await tell('person-suspended', '11:03:00', 'ana@x.example')
  await tell('configured', '11:04:00', 'configuration')
  const told = async (question: Partial<ChangesQuestion>) =>
    (await list({ since: new Date(`${day}11:00:00Z`), ...question })).map(({ event }) => event)
  const ofPeople = ['membership-added', 'membership-removed', 'group-changed', 'person-suspended']
  expect(await told({})).toEqual([...ofPeople, 'configured'])
  const isAna: ChangesQuestion['isTheirs'] = (type, name) => name === (type === 'USER' ? 'ana@x.example' : 'a/b')
  expect(await told({ isTheirs: isAna })).toEqual(['membership-added', 'group-changed', 'person-suspended'])
  const isGroup: ChangesQuestion['isTheirs'] = (type, name) => type === 'GROUP' && name === 'a/b'
  expect(await told({ isTheirs: isGroup, isOfGroup: true })).toEqual(ofPeople.slice(0, 3))
  expect(await told({ account: accountId.parse(account) })).toEqual([])
  const text = renderChanges(await list(), undefined)
  expect(text).toMatch(/membership-added +ana@x\.example in group a\/b +ssofile\n/)
  expect(text).toMatch(/membership-removed +bo@x\.example in group a\/b +by alice@acme\.example/)
  expect(text).toMatch(/configured +configuration +see history\n/)
})

async function endAccess(
  objects: MemoryObjectStore,
  at: string,
  deletedBy: string | undefined,
  [id, principal]: readonly [id: string, name: string] = ana,
) {
  const link = { key: 'links_data/x', etag: 'e', lastModified: at, by: { principalId: 'AWS:uploader', at } }
  const links = [{ ...link, deletedBy: deletedBy && { principalId: deletedBy, at } }]
  const assignment = `account%${account}%Read-ps%${id}%USER`
  const [folder, name] = [`history/${assignment}/`, `account%${account}%Read-ps%${principal}%USER%ssofile`]
  const permissionSetArn = 'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef'
  const body = { links, principal, confirmedAt: at, assignment, permissionSetArn }
  await tellEvent(objects, { folder, name }, { event: 'revoked', at, body })
}

test('a person reads who deleted the links of ended access, and in which review', async () => {
  const { objects, list } = await open()
  const deletions = [
    ['09:00:00', 'review:everything/maria%20b@acme.example'],
    ['09:01:00', 'review:everything'],
    ['09:02:00', 'AWS:AROAEXAMPLE1234567890:kenji'],
    ['09:03:00', undefined],
  ] as const
  for (const [time, principalId] of deletions) await endAccess(objects, `${day}${time}.000Z`, principalId)
  const rows = renderChanges(await list(), undefined).split('\n')
  const told = rows.filter((row) => row.includes('revoked')).map((row) => /ana@x\.example +(.*)$/.exec(row)?.[1])
  expect(told).toEqual([
    'ssofile, for maria b@acme.example (review everything)',
    'ssofile, for the review everything',
    'ssofile, for kenji',
    'ssofile, or not known',
  ])
  expect(rows.at(-2)).toContain('9 changes; by hand, with a name: 2')
})

test('access of two people that ended at the same instant has the author of each', async () => {
  const { objects, list } = await open()
  const bo = ['a2307020-41b6-05ce-951e-70dfe8931aa2', 'bo@x.example'] as const
  const at = `${day}09:00:00.000Z`
  await endAccess(objects, at, 'AWS:kenji')
  await endAccess(objects, at, 'AWS:maria', bo)
  const ended = (await list()).filter(({ event }) => event === 'revoked')
  expect(ended.map(({ principal, deletedBy }) => [principal, deletedBy])).toEqual([
    ['ana@x.example', 'AWS:kenji'],
    ['bo@x.example', 'AWS:maria'],
  ])
})

test('no change is an answer only for the time that changes/ knows', async () => {
  const { objects } = await open()
  const clock = new VirtualClock(new Date(`${day}12:00:00Z`))
  const answer = async (since: string) => noChangeSince(new Date(since), { objects, clock })
  const known = await answer(`${day}08:00:00.000Z`)
  expect(known).toEqual({ is: `no change since ${day}08:00:00.000Z`, asOf: `${day}12:00:00.000Z` })
  const before = await answer('2026-03-02T08:00:00.000Z')
  const begins = `changes/ begins at ${day}08:00:00.000Z`
  expect(before).toEqual({
    unread: `not known: ${begins}; after that there was no such change`,
    since: `${day}08:00:00.000Z`,
  })
  const empty = new MemoryObjectStore({ bucket: 'ssofile', clock })
  const never = await noChangeSince(new Date(day.slice(0, 10)), { objects: empty, clock })
  expect(never).toEqual({ unread: 'not known: changes/ has nothing yet' })
  expect([undefined, known, before, never].map(exitCodeOf)).toEqual([0, 1, 2, 2])
})
