import { describe, expect, test } from '@jest/globals'
import type { LedgerEntry } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import type { Account, OrganizationView } from '../../../../shared/domain/organization/organization-view.ts'
import { findUnfinished } from '../../../../shared/reconcile/differences/find-unfinished.ts'
import { brakeFile } from '../../../../shared/reconcile/records/brake-file.ts'
import type { Checkpoint } from '../../../../shared/reconcile/records/checkpoint.ts'
import { listHeads } from '../../../../shared/reconcile/records/list-heads.ts'
import { Settling } from '../../../settling.ts'
import { holding } from '../brake/holding.ts'

type Last = Pick<Checkpoint, 'since' | 'entries'>

const ten = '2026-03-03T10:00:00.000Z'
const everything: Last = { since: new Date(0), entries: [] }
const since = new Date('2026-03-03T10:00:10.000Z')

type Situation = {
  readonly last?: Last
  readonly accounts?: readonly Account[]
  /** What no link grants any more. */
  readonly isRevoked?: boolean
}

async function find(bench: Settling, { last = everything, accounts = [], isRevoked = false }: Situation = {}) {
  const { objects } = bench.world
  const view = viewOf(accounts)
  const ledger = await listHeads(objects, 'assignments/')
  const found = await findUnfinished(objects, ledger, view, last, new Set(isRevoked ? [bench.key] : []))
  return { ...found, names: found.names.map(({ name }) => name) }
}

const hold = (bench: Settling, ...keys: readonly string[]) =>
  brakeFile(bench.world.objects).write(holding(...keys), undefined)
const nothing = {
  unfinished: [],
  entries: [],
  held: new Set(),
  heldLinks: new Map(),
  heldFiles: new Map(),
  isBrakeUnreadable: false,
  resting: new Set(),
  scheduled: new Set(),
  spoiled: [],
}

async function open(entry: Partial<LedgerEntry>): Promise<Settling> {
  const bench = new Settling()
  await bench.own(entry)
  return bench
}

describe('an entry of the ledger is unfinished', () => {
  test('where nobody can read it, and the next reconcile tells of it again', async () => {
    const bench = new Settling()
    await bench.world.objects.put(bench.ledgerKey, '{oops')
    expect(await find(bench)).toEqual({
      ...nothing,
      unfinished: [bench.key],
      entries: [bench.key],
      spoiled: [bench.ledgerKey],
      names: [],
    })
  })

  test('where it is not settled and no retry is scheduled', async () => {
    for (const state of ['granting', 'revoking', 'failed', 'stuck'] as const) {
      const bench = await open({ state })
      const accounts = active(bench)
      expect(await find(bench, { accounts })).toMatchObject({
        ...nothing,
        unfinished: [bench.key],
        entries: [bench.key],
        names: [bench.principal],
      })
    }
  })

  test('not where it is settled: its names and ids are told all the same', async () => {
    expect(await find(await open({ state: 'granted' }))).toEqual({ ...nothing, names: ['team-Accountants'] })
  })

  test('not where a retry is scheduled, which the next reconcile looks at again', async () => {
    const bench = await open({ state: 'failed' })
    await bench.world.objects.put(`state/open/2026-03-09T10:00:00.000Z%${bench.key}`, '')
    expect(await find(bench)).toEqual({
      ...nothing,
      entries: [bench.key],
      scheduled: new Set([bench.key]),
      names: [],
    })
  })

  test('where its principal is gone', async () => {
    const bench = await open({ orphanedAt: ten })
    expect((await find(bench)).unfinished).toEqual([bench.key])
  })

  test('only where it was written since the last reconcile, or was not settled then', async () => {
    const bench = await open({ state: 'failed' })
    const last = { since, entries: [] }
    expect(await find(bench, { last })).toEqual({ ...nothing, names: [] })
    expect((await find(bench, { last: { ...last, entries: [bench.key] } })).unfinished).toEqual([bench.key])
    await bench.world.clock.advance(10_000)
    await bench.own({ state: 'failed' })
    expect((await find(bench, { last })).unfinished).toEqual([bench.key])
  })

  test('not where it is no entry, or is gone by now, which does not count as settled', async () => {
    const bench = await open({ state: 'failed' })
    await bench.world.objects.put('assignments/notes.txt', '')
    const { objects } = bench.world
    const gone = new Proxy(objects, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target)
        if (name === 'get') return async () => undefined
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
    expect((await find(bench)).unfinished).toHaveLength(1)
    const ledger = await listHeads(objects, 'assignments/')
    const found = await findUnfinished(gone, ledger, viewOf([]), everything, new Set())
    expect(found).toMatchObject({ ...nothing, entries: [bench.key] })
  })

  test('in the order of keys for the next reconcile', async () => {
    const bench = await open({ state: 'failed' })
    const another = bench.ledgerKey.replace(bench.target().principalId, '00000000-2222-3333-4444-555555555555')
    await bench.world.objects.put(another, JSON.stringify(await bench.world.json(bench.ledgerKey)))
    const { entries } = await find(bench)
    expect(entries).toEqual([another.slice('assignments/'.length), bench.key])
  })
})

describe('an entry that is stuck', () => {
  test('rests while its account takes no changes, or has left', async () => {
    const bench = await open({ state: 'stuck' })
    const [account] = active(bench)
    if (!account) throw new Error('it is in the organization')
    const resting = { ...nothing, entries: [bench.key], resting: new Set([bench.key]) }
    expect(await find(bench, { accounts: [{ ...account, state: 'SUSPENDED' }] })).toMatchObject(resting)
    expect(await find(bench)).toMatchObject(resting)
    expect((await find(bench, { accounts: [account] })).unfinished).toEqual([bench.key])
  })

  test('is no other: what failed is tried whatever its account is', async () => {
    const bench = await open({ state: 'failed' })
    expect(await find(bench)).toMatchObject({ resting: new Set(), unfinished: [bench.key] })
  })
})

describe('an entry that the brake holds', () => {
  const links = [{ key: 'links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile', etag: 'e', lastModified: ten }]

  test('stays so while it is on the list and no link grants it; the links that granted it are told', async () => {
    const bench = await open({ state: 'held', links })
    await hold(bench, bench.key)
    expect(await find(bench, { isRevoked: true })).toMatchObject({
      ...nothing,
      entries: [bench.key],
      held: new Set([bench.key]),
      heldLinks: new Map([[links[0]?.key, bench.key]]),
    })
  })

  test('is unfinished where it was released, or is granted again', async () => {
    const bench = await open({ state: 'held', links })
    expect(await find(bench, { isRevoked: true })).toMatchObject({ held: new Set(), unfinished: [bench.key] })
    await hold(bench, bench.key)
    expect((await find(bench)).unfinished).toContain(bench.key)
    expect((await find(bench)).held).toEqual(new Set())
  })

  test('stays so where the list cannot be read', async () => {
    const bench = await open({ state: 'held', links })
    await bench.world.objects.put('control/brake.json', 'no list')
    expect(await find(bench)).toMatchObject({ held: new Set([bench.key]), unfinished: [] })
  })

  test('is looked at however old it is, and taken off the list where it is settled', async () => {
    const bench = await open({ state: 'granted' })
    await hold(bench, bench.key)
    const last = { since, entries: [] }
    expect(await find(bench, { last, isRevoked: true })).toMatchObject({ unfinished: [bench.key] })
  })

  test('is unfinished where only the list is left of it, and nothing is to be revoked', async () => {
    const bench = new Settling()
    await hold(bench, bench.key)
    expect(await find(bench)).toMatchObject({ ...nothing, unfinished: [bench.key] })
    expect(await find(bench, { isRevoked: true })).toMatchObject(nothing)
  })
})

/** The account of the assignment, as Organizations has it. */
function active({ world, account }: Settling): readonly Account[] {
  return world.organizations.accountsNow().filter(({ id }) => id === account)
}

function viewOf(accounts: readonly Account[]): OrganizationView {
  const managementAccountId = accountId.parse('111111111111')
  return { v: 1, managementAccountId, readAt: ten, revision: 1, hasTags: false, accounts: [...accounts] }
}
