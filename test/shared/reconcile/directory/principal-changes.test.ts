import { describe, expect, test } from '@jest/globals'
import { type AssignmentKey, renderAssignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import type { LedgerEntry } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import {
  type PrincipalId,
  permissionSetArn,
  principalId,
} from '../../../../shared/domain/principals/identity-center-ids.ts'
import { type PrincipalType, principalName } from '../../../../shared/domain/principals/principal.ts'
import { findPrincipalChanges, notePrincipals } from '../../../../shared/reconcile/directory/principal-changes.ts'
import { brakeFile } from '../../../../shared/reconcile/records/brake-file.ts'
import { acme, World } from '../../../world.ts'
import { holding } from '../brake/holding.ts'

const arn = permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef')
const accountants = 'team-Accountants'
const web = 'team-Web'
const kenji = 'kenji.ito@acme.example'
const seenAt = '2026-03-03T10:00:00.000Z'
const asked = { accountId: '233000000002', permissionSet: 'Billing-ps', principal: accountants, type: 'GROUP' }
const nothing = { keys: [], ended: [], held: [], assignments: [], toNote: [], toForget: [] }

function open(): World {
  return new World({ organization: { ...acme(), assignments: [] } })
}

function idOf(world: World, name: string, type: PrincipalType = 'GROUP'): PrincipalId {
  const id = world.identityStore.idOf(type, name)
  if (!id) throw new Error(`nobody has the name ${name}`)
  return id
}

type Held = { readonly type?: PrincipalType; readonly account?: string }

function keyOf(principalId: PrincipalId, { type = 'GROUP', account = '233000000002' }: Held = {}): AssignmentKey {
  const permissionSet = permissionSetName.parse('Billing-ps')
  return renderAssignmentKey({ accountId: accountId.parse(account), permissionSet, principalId, type })
}

/** The ledger has access of this id, noted under this name. */
async function own(world: World, name: string, id: PrincipalId, held: Held = {}, more: Partial<LedgerEntry> = {}) {
  await note(world, name, id, held.type)
  const ids = { principal: name, principalId: id, permissionSetArn: arn }
  const entry = { v: 1, state: 'granted', ...ids, links: [], attempts: 0, updatedAt: seenAt }
  await world.objects.put(`assignments/${keyOf(id, held)}`, JSON.stringify({ ...entry, ...more }))
  return keyOf(id, held)
}

async function leaveToOthers(world: World, name: string, id: PrincipalId, links: readonly object[] = []) {
  await note(world, name, id)
  const foreign = { v: 1, principal: name, principalId: id, permissionSetArn: arn, links, seenAt }
  await world.objects.put(`foreign/${keyOf(id)}`, JSON.stringify(foreign))
}

const note = (world: World, name: string, id: PrincipalId, type: PrincipalType = 'GROUP') =>
  world.objects.put(`state/principals/${type}%${id}%${name}`, '')

const find = (world: World, ...rest: readonly PrincipalType[]) =>
  world.finish(findPrincipalChanges(world.ports, { principalSuffix: '' }, rest.length === 0 ? undefined : rest))

const rename = (world: World, id: PrincipalId, value: string) =>
  world.identityStore.updateGroup(id, [{ path: 'displayName', value }])

describe('where the names of the ledger differ from the directory', () => {
  test('is nowhere while every id has the name that was noted', async () => {
    const world = open()
    await own(world, accountants, idOf(world, accountants))
    await own(world, kenji, idOf(world, kenji, 'USER'), { type: 'USER' })
    expect(await find(world)).toEqual(nothing)
  })

  test('is told by all access of an id that has another name, in whatever account', async () => {
    const world = open()
    const [first, second] = [idOf(world, accountants), idOf(world, web)]
    const held = [
      await own(world, accountants, first),
      await own(world, accountants, first, { account: '233000000001' }),
    ]
    await own(world, web, second)
    await rename(world, first, 'passing')
    const found = await find(world)
    expect(found.keys.toSorted()).toEqual(held.toSorted())
    // Another may have the name by now: what links ask for by it is looked at too.
    expect(found.assignments).toHaveLength(held.length)
    expect(found.assignments).toContainEqual(asked)
    expect(found.toNote).toEqual([])
  })

  test('is told by all access of a user whom a file suspends, and by none of a group of this name', async () => {
    const world = open()
    await own(world, kenji, idOf(world, kenji, 'USER'), { type: 'USER' })
    await own(world, accountants, idOf(world, accountants))
    await world.objects.put(`suspended/${accountants}`, '')
    expect(await find(world)).toEqual(nothing)
    await world.objects.put(`suspended/${kenji}`, '')
    const { ended, ...rest } = await find(world)
    expect(ended).toEqual([keyOf(idOf(world, kenji, 'USER'), { type: 'USER' })])
    expect({ ...nothing, ...rest }).toEqual(nothing)
  })

  test('is told by all access of a user who was deleted, among those who left', async () => {
    const world = open()
    const key = await own(world, 'nobody', principalId.parse('99999999-2222-3333-4444-555555555555'), { type: 'USER' })
    expect(await find(world)).toMatchObject({ keys: [], ended: [key] })
  })

  test('is told by access that the brake holds, of a user who left, but not among what goes first', async () => {
    const world = open()
    const [kenjis, noUser] = [idOf(world, kenji, 'USER'), principalId.parse('99999999-2222-3333-4444-555555555555')]
    world.identityStore.setUserStatus(kenjis, 'DISABLED')
    const held = [
      await own(world, kenji, kenjis, { type: 'USER' }),
      await own(world, 'nobody', noUser, { type: 'USER' }),
    ]
    const other = await own(world, kenji, kenjis, { type: 'USER', account: '233000000001' })
    await brakeFile(world.objects).write(holding(...held), undefined)
    const found = await find(world)
    expect(found).toMatchObject({ keys: [], ended: [other] })
    expect(found.held.toSorted()).toEqual(held.toSorted())
    await world.objects.put('control/brake.json', 'no list')
    expect(await find(world)).toMatchObject({ ended: expect.arrayContaining([...held, other]), held: [] })
  })

  test('is told by access of an id whose name nobody has noted', async () => {
    const world = open()
    const id = idOf(world, accountants)
    const key = await own(world, accountants, id)
    await world.objects.delete(`state/principals/GROUP%${id}%${accountants}`)
    expect((await find(world)).keys).toEqual([key])
  })

  test('is told by what links ask for by the name of one that is gone, once another has it', async () => {
    const world = open()
    const first = idOf(world, accountants)
    const key = await own(world, accountants, first)
    await world.identityStore.deleteGroup(first)
    expect(await find(world)).toMatchObject({ keys: [key], assignments: [] })
    await world.identityStore.createGroup({ displayName: accountants })
    expect(await find(world)).toMatchObject({ keys: [key], assignments: [asked] })
  })

  test('has what others gave noted under its new name, and what links ask for by the former one looked at', async () => {
    const world = open()
    const id = idOf(world, accountants)
    await leaveToOthers(world, accountants, id)
    await rename(world, id, 'passing')
    expect(await find(world)).toEqual({
      ...nothing,
      assignments: [asked],
      toNote: [{ type: 'GROUP', id, name: 'passing' }],
    })
  })

  test('is nowhere where what others gave is of a principal that is gone', async () => {
    const world = open()
    const gone = idOf(world, accountants)
    await leaveToOthers(world, accountants, gone)
    await world.identityStore.deleteGroup(gone)
    expect(await find(world)).toEqual(nothing)
    // But where links ask for it too: they have nobody any more.
    await leaveToOthers(world, accountants, gone, [{ key: 'links_data/one', etag: 'e', lastModified: seenAt }])
    expect(await find(world)).toEqual({ ...nothing, assignments: [asked] })
  })

  test('is told of the types only that were asked for', async () => {
    const world = open()
    const [group, user] = [idOf(world, accountants), idOf(world, kenji, 'USER')]
    const ofGroup = await own(world, 'another name', group)
    const ofUser = await own(world, 'another name', user, { type: 'USER' })
    expect((await find(world, 'USER')).keys).toEqual([ofUser])
    expect((await find(world, 'GROUP')).keys).toEqual([ofGroup])
  })

  test('is not told while the grace of a principal is running that is still gone', async () => {
    const world = open()
    const first = idOf(world, accountants)
    const orphaned = { orphanedAt: seenAt, openUntil: '2026-03-03T11:00:00.000Z' }
    const key = await own(world, accountants, first, {}, orphaned)
    await world.identityStore.deleteGroup(first)
    expect((await find(world)).keys).toEqual([])
    await own(world, accountants, first, {}, { orphanedAt: orphaned.orphanedAt })
    expect((await find(world)).keys).toEqual([key])
  })

  test('is looked for under the suffix of the configuration', async () => {
    const world = open()
    const key = await own(world, 'kenji.ito', idOf(world, kenji, 'USER'), { type: 'USER' })
    const changes = findPrincipalChanges(world.ports, { principalSuffix: '@acme.example' })
    expect((await world.finish(changes)).keys).toEqual([])
    expect((await find(world)).keys).toEqual([key])
  })
})

describe('the index of names and ids', () => {
  test('loses a pair that no entry has any more, half an hour after it was written and no sooner', async () => {
    const world = open()
    const [first, second] = [idOf(world, accountants), idOf(world, web)]
    await own(world, accountants, first)
    await note(world, web, second)
    await world.clock.advance(30 * 60_000)
    expect((await find(world)).toForget).toEqual([])
    await world.clock.advance(1_000)
    expect((await find(world)).toForget).toEqual([expect.objectContaining({ type: 'GROUP', name: web, id: second })])
    await own(world, web, second)
    expect((await find(world)).toForget).toEqual([])
  })

  test('keeps a former name while links gave access by it', async () => {
    const world = open()
    const id = idOf(world, accountants)
    const link = { key: 'links_data/root%all%Billing-ps%before%GROUP%ssofile', etag: 'e', lastModified: seenAt }
    await note(world, 'before', id)
    await world.clock.advance(1_000)
    await own(world, accountants, id, {}, { links: [link] })
    await world.clock.advance(31 * 60_000)
    expect((await find(world)).toForget).toEqual([])
    await own(world, accountants, id)
    await world.clock.advance(31 * 60_000)
    expect((await find(world)).toForget).toEqual([expect.objectContaining({ id, name: 'before' })])
  })

  test('gets the pairs that it lacks, once', async () => {
    const world = open()
    const [first, second] = [idOf(world, accountants), idOf(world, web)]
    await note(world, web, second)
    const writes: unknown[] = []
    world.objects.onChange(({ key }) => writes.push(key))
    const pairs = [
      { type: 'GROUP', name: principalName.parse(accountants), id: first },
      { type: 'GROUP', name: principalName.parse(web), id: second },
    ] as const
    await notePrincipals(world.objects, pairs)
    await notePrincipals(world.objects, pairs)
    expect(writes).toEqual([`state/principals/GROUP%${first}%${accountants}`])
  })
})
