import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/account-id.ts'
import { type Assignment, renderAssignmentKey } from '../../../../shared/domain/assignment.ts'
import { type PrincipalId, permissionSetArn } from '../../../../shared/domain/identity-center-ids.ts'
import type { StoredLedgerEntry } from '../../../../shared/domain/ledger-entry.ts'
import { permissionSetName } from '../../../../shared/domain/permission-set-name.ts'
import { type PrincipalType, principalName } from '../../../../shared/domain/principal.ts'
import { findPrincipalChanges, notePrincipals } from '../../../../shared/reconcile/directory/principal-changes.ts'
import { intercept } from '../../../intercept.ts'
import { acme, World, type WorldOptions } from '../../../world.ts'

const arn = permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef')
const suffix = { principalSuffix: '' }
const accountants = 'team-Accountants'
const web = 'team-Web'

function assignmentOf(name: string, type: PrincipalType = 'GROUP', account = '233000000002'): Assignment {
  return {
    accountId: accountId.parse(account),
    permissionSet: permissionSetName.parse('Billing-ps'),
    principal: principalName.parse(name),
    type,
  }
}

function open(options: WorldOptions = {}): World {
  return new World({ organization: { ...acme(), assignments: [] }, ...options })
}

function idOf(world: World, name: string, type: PrincipalType = 'GROUP'): PrincipalId {
  const id = world.identityStore.idOf(type, name)
  if (!id) throw new Error(`nobody has the name ${name}`)
  return id
}

/** The ledger says that this name's access is this id's, and the index has the pair. */
async function own(world: World, assignment: Assignment, id: PrincipalId, more: Partial<StoredLedgerEntry> = {}) {
  await note(world, assignment.principal, id, assignment.type)
  const updatedAt = world.clock.now().toISOString()
  const entry = { v: 1, state: 'granted', principalId: id, permissionSetArn: arn, links: [], attempts: 0, updatedAt }
  await world.objects.put(`assignments/${renderAssignmentKey(assignment)}`, JSON.stringify({ ...entry, ...more }))
}

const note = (world: World, name: string, id: PrincipalId, type: PrincipalType = 'GROUP') =>
  world.objects.put(`state/principals/${type}%${id}%${name}`, '')

const find = (world: World, ...rest: readonly PrincipalType[]) =>
  world.finish(findPrincipalChanges(world.ports, suffix, rest.length === 0 ? undefined : rest))

describe('where the ledger differs from the directory', () => {
  test('is nowhere while every name stands for the id that has its access', async () => {
    const world = open()
    const [first, second] = [idOf(world, accountants), idOf(world, 'kenji.ito@acme.example', 'USER')]
    await own(world, assignmentOf(accountants), first)
    await own(world, assignmentOf('kenji.ito@acme.example', 'USER'), second)
    expect(await find(world)).toEqual({ assignments: [], toForget: [] })
  })

  test('is told by every assignment of a name that another id bears, or nobody, in whatever account', async () => {
    const world = open()
    const [first, second] = [idOf(world, accountants), idOf(world, web)]
    const held = [assignmentOf(accountants), assignmentOf(accountants, 'GROUP', '233000000001')]
    for (const assignment of held) await own(world, assignment, first)
    await own(world, assignmentOf(web), second)
    await world.identityStore.updateGroup(first, [{ path: 'displayName', value: 'passing' }])
    const sorted = (assignments: readonly Assignment[]) => assignments.map(renderAssignmentKey).sort()
    expect(sorted((await find(world)).assignments)).toEqual(sorted(held))
    await world.identityStore.createGroup({ displayName: accountants })
    expect(sorted((await find(world)).assignments)).toEqual(sorted(held))
  })

  test('is also told by former access, and by what is foreign', async () => {
    const world = open()
    const [first, second] = [idOf(world, accountants), idOf(world, web)]
    const former = [{ state: 'granted' as const, principalId: second, permissionSetArn: arn, links: [] }]
    await own(world, assignmentOf(accountants), first, { former })
    const foreign = { v: 1, principalId: first, permissionSetArn: arn, links: [], seenAt: '2026-03-03T10:00:00.000Z' }
    await world.objects.put(`foreign/${renderAssignmentKey(assignmentOf('team-security'))}`, JSON.stringify(foreign))
    await note(world, accountants, second)
    await note(world, 'team-security', first)
    const { assignments } = await find(world)
    expect(assignments).toEqual([assignmentOf(accountants), assignmentOf('team-security')])
  })

  test('is nowhere where access of others stands under the id of a principal: an id is no name that could change its owner', async () => {
    const world = open()
    const gone = idOf(world, accountants)
    await world.identityStore.deleteGroup(gone)
    const foreign = { v: 1, principalId: gone, permissionSetArn: arn, links: [], seenAt: '2026-03-03T10:00:00.000Z' }
    await world.objects.put(`foreign/${renderAssignmentKey(assignmentOf(gone))}`, JSON.stringify(foreign))
    await note(world, gone, gone)
    await world.clock.advance(31 * 60_000)
    const found = await find(world)
    expect(found.assignments).toEqual([])
    expect(found.toForget).toEqual([expect.objectContaining({ name: gone, id: gone })])
  })

  test('is told by our access under a name that is the id of its principal, once the principal has another name', async () => {
    const world = open()
    const first = idOf(world, accountants)
    await own(world, assignmentOf(first), first)
    expect((await find(world)).assignments).toEqual([assignmentOf(first)])
  })

  test('is told of the types only that were asked for', async () => {
    const world = open()
    const someone = idOf(world, web)
    await own(world, assignmentOf(accountants), someone)
    await own(world, assignmentOf('kenji.ito@acme.example', 'USER'), someone)
    expect((await find(world, 'USER')).assignments).toEqual([assignmentOf('kenji.ito@acme.example', 'USER')])
    expect((await find(world, 'GROUP')).assignments).toEqual([assignmentOf(accountants)])
  })

  test('is not told while the grace of a principal is running that is still gone', async () => {
    const world = open()
    const first = idOf(world, accountants)
    const orphaned = { orphanedAt: '2026-03-03T10:00:00.000Z', openUntil: '2026-03-03T11:00:00.000Z' }
    await own(world, assignmentOf(accountants), first, orphaned)
    await world.identityStore.deleteGroup(first)
    expect((await find(world)).assignments).toEqual([])
    await own(world, assignmentOf(accountants), first, { orphanedAt: orphaned.orphanedAt })
    expect((await find(world)).assignments).toEqual([assignmentOf(accountants)])
    await own(world, assignmentOf(accountants), first, orphaned)
    await world.identityStore.createGroup({ displayName: accountants })
    expect((await find(world)).assignments).toEqual([assignmentOf(accountants)])
  })

  test('is looked for under the suffix of the configuration', async () => {
    const world = open()
    const first = idOf(world, 'kenji.ito@acme.example', 'USER')
    await own(world, assignmentOf('kenji.ito', 'USER'), first)
    const changes = findPrincipalChanges(world.ports, { principalSuffix: '@acme.example' })
    expect((await world.finish(changes)).assignments).toEqual([])
    expect((await find(world)).assignments).toEqual([assignmentOf('kenji.ito', 'USER')])
  })
})

describe('the index of names and ids', () => {
  test('loses a pair that no entry has any more, half an hour after it was written and no sooner', async () => {
    const world = open()
    const [first, second] = [idOf(world, accountants), idOf(world, web)]
    await note(world, accountants, second)
    await note(world, accountants, first)
    await world.clock.advance(30 * 60_000)
    expect((await find(world)).toForget).toEqual([])
    await world.clock.advance(1_000)
    expect((await find(world)).toForget).toEqual([
      expect.objectContaining({ type: 'GROUP', name: accountants, id: second }),
    ])
    await own(world, assignmentOf(accountants), second)
    expect((await find(world)).toForget).toEqual([])
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

describe('the directory', () => {
  test('is listed where its pages are no more than the names, and asked for each name where they are more', async () => {
    for (const [names, lists, asks] of [
      [1, 1, 1],
      [2, 2, 0],
    ] as const) {
      const asked: string[] = []
      const world: World = open({
        wrap: (ports) =>
          intercept(ports, async ({ port, operation, args, proceed }) => {
            if (port === 'identityStore') asked.push(operation)
            if (operation !== 'listPrincipals' || args[0] !== 'GROUP') return proceed()
            // Two pages, of which the second has everyone.
            return args[1] === undefined ? { items: [], nextToken: 'more' } : all(world)
          }),
      })
      const pairs = [accountants, web].slice(0, names)
      for (const name of pairs) await own(world, assignmentOf(name), idOf(world, name))
      expect((await find(world)).assignments).toEqual([])
      expect(asked.filter((operation) => operation === 'listPrincipals')).toHaveLength(lists)
      expect(asked.filter((operation) => operation === 'findPrincipalId')).toHaveLength(asks)
    }
  })
})

function all(world: World) {
  return { items: [accountants, web].map((name) => ({ name, id: idOf(world, name) })) }
}
