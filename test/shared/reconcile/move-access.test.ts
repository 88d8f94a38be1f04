import { describe, expect, test } from '@jest/globals'
import { renderAssignmentKey } from '../../../shared/domain/assignment.ts'
import { type PrincipalId, permissionSetArn, principalId } from '../../../shared/domain/identity-center-ids.ts'
import type { LedgerEntry } from '../../../shared/domain/ledger-entry.ts'
import type { PrincipalType } from '../../../shared/domain/principal.ts'
import type { StoredEntry } from '../../../shared/reconcile/ledger.ts'
import { checkName, findElsewhere, findHeir, moveAccess } from '../../../shared/reconcile/move-access.ts'
import type { Subject } from '../../../shared/reconcile/settlement.ts'
import { Settling } from '../../settling.ts'

const ten = '2026-03-03T10:00:00.000Z'
const nine = '2026-03-03T09:00:00.000Z'
const next = 'team-Bookkeepers'

/** With an entry of the present access of this name. */
async function open(entry: Partial<LedgerEntry> = {}, type: PrincipalType = 'GROUP') {
  const bench = new Settling({}, type === 'GROUP' ? 'team-Accountants' : 'kenji.ito@acme.example', type)
  await bench.own({ grantedAt: nine, ...entry })
  const within = <T>(work: (subject: Subject, stored: StoredEntry) => Promise<T>): Promise<T> =>
    bench.within(async (context) => {
      const { assignment } = bench
      const key = renderAssignmentKey(assignment)
      const stored = await context.standings.ledger.read(key)
      if (!stored) throw new Error('the entry is gone')
      return work({ key, assignment, context }, stored)
    })
  const { principalId: id } = bench.target()
  const rename = (name: string) =>
    type === 'GROUP'
      ? bench.world.identityStore.updateGroup(id, [{ path: 'displayName', value: name }])
      : bench.world.identityStore.updateUser(id, [{ path: 'userName', value: name }])
  const nextBench = new Settling({}, next, type)
  return {
    bench,
    within,
    rename,
    id,
    next: nextBench,
    nextKey: renderAssignmentKey(nextBench.assignment),
  }
}

describe('an access whose principal bears another name', () => {
  test('belongs to that name where links grant it under it, at this moment and place', async () => {
    const { bench, within, rename, next: heir, nextKey } = await open()
    expect(await within(findHeir)).toBeUndefined()
    await rename(next)
    expect(await within(findHeir)).toBeUndefined()
    const link = await bench.upload(heir.link)
    expect(await within(findHeir)).toEqual({ key: nextKey, links: [link] })
    await bench.world.objects.delete(heir.link)
    await bench.upload(`links_data/ou_id%ou-acme-sec10000%Billing-ps%${next}%GROUP%ssofile`)
    expect(await within(findHeir)).toBeUndefined()
    await bench.world.organizations.moveAccount(bench.account, 'ou-acme-wrk3fina', 'ou-acme-sec10000')
    expect((await within(findHeir))?.key).toBe(nextKey)
  })

  test('belongs to nobody when the principal is gone', async () => {
    const { bench, within, id } = await open()
    await bench.upload()
    await bench.world.identityStore.deleteGroup(id)
    expect(await within(findHeir)).toBeUndefined()
  })

  test('is another one where the links mean another permission set by now', async () => {
    const {
      bench,
      within,
      rename,
      next: heir,
    } = await open({
      permissionSetArn: permissionSetArn.parse(
        'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef',
      ),
    })
    await rename(next)
    await bench.upload(heir.link)
    expect(await within(findHeir)).toBeUndefined()
  })

  test.each([
    ['GROUP', "received another id for the group 'team-Accountants'"],
    ['USER', "received another id for the user 'kenji.ito@acme.example'"],
  ] as const)('is looked at again where a %s is just being changed', async (type, message) => {
    const { within, rename, bench } = await open({}, type)
    await expect(within((subject) => checkName(subject, bench.target()))).resolves.toBeUndefined()
    const target = bench.target()
    await rename('passing')
    await expect(within((subject) => checkName(subject, target))).rejects.toThrow(message)
    await expect(within((subject) => checkName(subject, target))).rejects.toMatchObject({
      name: 'DirectoryChangingError',
    })
  })

  test('is looked for by its name anew once that turned out to be another’s', async () => {
    const { within, rename, bench } = await open()
    const target = bench.target()
    const found = await within(async (subject) => {
      const { principals, pulledMs } = subject.context
      const { type, principal } = subject.assignment
      await principals.resolve(type, principal, pulledMs)
      await rename('passing')
      await checkName(subject, target).catch(() => undefined)
      return principals.resolve(type, principal, pulledMs)
    })
    expect(found).toBeUndefined()
  })

  test('is that of a former id which has the name again: where links name it, it is looked at again', async () => {
    const { bench, within } = await open()
    await bench.upload()
    const other = bench.target('team-Web')
    await bench.world.identityStore.updateGroup(bench.target().principalId, [{ path: 'displayName', value: 'passing' }])
    await bench.world.identityStore.updateGroup(other.principalId, [{ path: 'displayName', value: 'team-Accountants' }])
    const asFormer = (stored: StoredEntry, whole: PrincipalId): StoredEntry => ({
      ...stored,
      entry: { ...stored.entry, principalId: other.principalId },
      whole: { ...stored.entry, principalId: whole },
    })
    const mine = principalId.parse('ffffffff-2222-3333-4444-555555555555')
    await expect(within((subject, stored) => findHeir(subject, asFormer(stored, mine)))).rejects.toThrow('another id')
    await bench.world.objects.delete(bench.link)
    expect(await within((subject, stored) => findHeir(subject, asFormer(stored, mine)))).toBeUndefined()
    await bench.upload()
    expect(await within((subject, stored) => findHeir(subject, asFormer(stored, other.principalId)))).toBeUndefined()
    expect(
      await within((subject, stored) => findHeir(subject, { ...asFormer(stored, mine), whole: undefined })),
    ).toBeUndefined()
  })
})

describe('where else an access stands in the ledger', () => {
  test('is under another name in the same account, for the same permission set and type', async () => {
    const { bench, within } = await open()
    const body = (await bench.world.objects.get(bench.ledgerKey))?.body ?? ''
    const names = [
      'account%233000000002%Other-ps%team-Ledger%GROUP%ssofile',
      'account%233000000002%Billing-ps%Other%team-Ledger%USER%ssofile',
      'account%233000000001%Billing-ps%team-Ledger%GROUP%ssofile',
    ]
    for (const name of names) await bench.world.objects.put(`assignments/${name}`, body)
    const find = () => within((subject) => findElsewhere(subject, bench.target()))
    expect(await find()).toBeUndefined()
    const there = 'account%233000000002%Billing-ps%team-Ledger%GROUP%ssofile'
    await bench.world.objects.put(`assignments/${there}`, body)
    expect(await find()).toMatchObject({
      subject: { key: there, assignment: { principal: 'team-Ledger' } },
      stored: { key: there },
    })
    const others = JSON.stringify({
      ...(await bench.world.json(bench.ledgerKey)),
      principalId: bench.target('team-Web').principalId,
    })
    await bench.world.objects.put(`assignments/${there}`, others)
    expect(await find()).toBeUndefined()
  })
})

describe('an access that moves to its present name', () => {
  async function move(entry: Partial<LedgerEntry>, inherited?: Partial<LedgerEntry>) {
    const opened = await open(entry)
    const { bench, within, next: heir, nextKey, id } = opened
    if (inherited) {
      const whole = { ...(await bench.world.json(bench.ledgerKey)), former: undefined, ...inherited }
      await bench.world.objects.put(heir.ledgerKey, JSON.stringify(whole))
    }
    const link = { key: heir.link, etag: 'e', lastModified: nine }
    await within((subject, stored) => moveAccess(subject, stored, { key: nextKey, links: [link] }))
    const histories = async (name: string) =>
      (await bench.world.keys(`history/${name.replace(/^assignments\//, '').replace(/%ssofile$/, '')}/`)).map((key) =>
        key.split('%').at(-1),
      )
    return { bench, heir, link, id, histories, moved: await bench.entry(heir.ledgerKey) }
  }

  test('is granted there, gone here, in both histories, and looked at again', async () => {
    const { bench, heir, link, moved, id, histories } = await move({
      reason: 'no',
      state: 'failed',
      attempts: 4,
    })
    expect(moved).toMatchObject({ state: 'granted', principalId: id, links: [link], grantedAt: nine, attempts: 0 })
    expect(moved?.reason).toBeUndefined()
    expect(await bench.entry()).toBeUndefined()
    expect(await histories(heir.ledgerKey)).toEqual(['adopted.json'])
    expect(await histories(bench.ledgerKey)).toEqual(['released.json'])
    expect(await bench.world.keys('state/open/')).toEqual([
      `state/open/${ten}%${heir.ledgerKey.replace('assignments/', '')}`,
    ])
    expect(await bench.world.keys('state/principals/')).toEqual([`state/principals/GROUP%${id}%${next}`])
  })

  test('counts as granted from now on where nobody had confirmed it', async () => {
    const { moved } = await move({ grantedAt: undefined })
    expect(moved?.grantedAt).toBe(ten)
  })

  test('takes with it, as former access, what the name stood for before', async () => {
    const other = new Settling().target('team-Web')
    const { moved } = await move({}, { principalId: other.principalId, openUntil: ten, links: [] })
    expect(moved?.former).toEqual([expect.objectContaining({ principalId: other.principalId })])
    expect(moved?.openUntil).toBe(ten)
  })

  test('is not written again where it stands there already, as present or as former access', async () => {
    const other = new Settling().target('team-Web')
    const mine = new Settling().target()
    const access = (target: typeof mine) => ({
      state: 'granted' as const,
      grantedAt: ten,
      principalId: target.principalId,
      permissionSetArn: target.permissionSetArn,
      links: [],
    })
    for (const inherited of [
      { attempts: 7 },
      { principalId: other.principalId, former: [access(mine)], attempts: 7 },
    ]) {
      const { moved, heir, bench, histories } = await move({}, inherited)
      expect(moved?.attempts).toBe(7)
      expect(await histories(heir.ledgerKey)).toEqual([])
      expect(await bench.entry()).toBeUndefined()
    }
  })

  test('stands there as ours, where a creation of its own was never accepted', async () => {
    const other = new Settling().target('team-Web')
    const { principalId, permissionSetArn } = new Settling().target()
    const unsent = { state: 'granting' as const, principalId, permissionSetArn, links: [] }
    for (const inherited of [
      { ...unsent, grantedAt: undefined },
      { principalId: other.principalId, former: [unsent] },
    ]) {
      const { moved, heir, bench, histories } = await move({}, inherited)
      const access = moved?.former?.[0] ?? moved
      expect(access).toMatchObject({ state: 'granting', principalId, grantedAt: nine })
      expect(await histories(heir.ledgerKey)).toEqual(['adopted.json'])
      expect(await bench.entry()).toBeUndefined()
    }
  })
})
