import { describe, expect, test } from '@jest/globals'
import { nameAssignment, renderAssignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import type { LedgerEntry } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { revocationAct } from '../../../../shared/domain/brake/act.ts'
import type { Configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { permissionSetArn, principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { foreseeHolds } from '../../../../shared/modules/plan/foresee-holds.ts'
import type { PlannedRevocation } from '../../../../shared/modules/plan/planned-access.ts'
import { noMinimums } from '../../../../shared/reconcile/brake/ask-minimum.ts'
import { Brake } from '../../../../shared/reconcile/brake/brake.ts'
import { PrincipalNames } from '../../../../shared/reconcile/records/principal-names.ts'
import { World } from '../../../world.ts'

const idOf = (index: number) => String(300_000_000_000 + index)
const linkOf = (index: number, folder = '') =>
  `links_data/${folder}account%${idOf(index)}%Billing-ps%team-Web%GROUP%ssofile`
const small = {
  own: { count: 2, percent: 10, minutes: 15 },
  people: { count: 5, minutes: 15 },
  indirect: { count: 2, percent: 10, most: 200, hours: 24 },
}

const early = '2026-03-03T09:00:00.000Z'
const team = { type: 'GROUP', id: principalId.parse('11111111-2222-3333-4444-555555555555') } as const
const name = principalName.parse('team-Web')
const accessIn = (index: number) => {
  const permissionSet = permissionSetName.parse('Billing-ps')
  return { accountId: accountId.parse(idOf(index)), permissionSet, principalId: team.id, type: team.type }
}
const entry: LedgerEntry = {
  v: 1,
  state: 'granted',
  principal: name,
  principalId: team.id,
  permissionSetArn: permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef'),
  links: [],
  grantedAt: early,
  attempts: 0,
  updatedAt: early,
}

/** A bucket, its brake, and what a plan takes away. */
function open(brake: Configuration['brake'] = small) {
  const world = new World({ configuration: { brake, folders: ['team-a'] } })
  const { objects, configuration, ports, clock } = world
  /** By the withdrawal of these links; of none: by something else. */
  const revocation = (index: number, ...links: readonly string[]): PlannedRevocation => ({
    key: renderAssignmentKey(accessIn(index)),
    assignment: nameAssignment(accessIn(index), name),
    links: links.map((key) => ({ key, fate: 'deleted' })),
    cause: links.length > 0 ? undefined : { cause: 'configuration' },
  })
  /** `count` revocations, each of a link of its own that was deleted. */
  const withdrawn = (count: number, { from = 0, folder = '' } = {}) =>
    Array.from({ length: count }, (_, index) => revocation(from + index, linkOf(from + index, folder)))
  const indirect = (count: number) => Array.from({ length: count }, (_, index) => revocation(index))
  const enter = async (count: number) => {
    for (let index = 0; index < count; index++)
      await objects.put(`assignments/${renderAssignmentKey(accessIn(index))}`, JSON.stringify(entry))
  }
  /** Each of these links grants, as the ledger says. */
  const grant = async (links: readonly string[]) => {
    await new PrincipalNames(objects).note({ ...team, name })
    for (const link of links) {
      const key = link.replace(/^.*\/(account%.*%).*%GROUP%ssofile$/, `$1${team.id}%GROUP`)
      const granting = [{ key: link, etag: 'e', lastModified: early }]
      await objects.put(`assignments/${key}`, JSON.stringify({ ...entry, links: granting }))
      await objects.put(`status/${link}.json`, '')
    }
  }
  const preview = (revocations: readonly PlannedRevocation[]) =>
    foreseeHolds(revocations, { objects, configuration, now: clock.now() })
  /** What the dispatcher's brake says to the same revocations, one after the other. */
  const admitEach = async (revocations: readonly PlannedRevocation[]) => {
    const dispatchers = new Brake(ports, configuration, noMinimums)
    let held = 0
    for (const { key: access, links, cause } of revocations) {
      const { outcome } = await dispatchers.admit(
        revocationAct({
          key: access,
          links: links.map(({ key }) => key),
          cause,
        }),
      )
      if (outcome === 'held') held++
    }
    return held
  }
  return { world, objects, grant, revocation, withdrawn, indirect, enter, preview, admitEach }
}

describe('what the brake would hold of a plan', () => {
  test('is nothing of nothing, and nothing is read for it', async () => {
    const { objects, preview } = open()
    await objects.put('control/brake.json', 'not to be understood')
    expect(await preview([])).toEqual({ held: 0, reasons: [] })
  })

  test('is each withdrawn link beyond the limit of its folder, which counts what the plan deletes', async () => {
    const { grant, withdrawn, preview, admitEach } = open()
    await grant([0, 1, 2, 3, 4].map((index) => linkOf(index)))
    const plan = withdrawn(5)
    expect(await preview(plan.slice(0, 2))).toEqual({ held: 0, reasons: [] })
    expect(await preview(plan)).toEqual({
      held: 3,
      reasons: [
        'held by the brake: more than 2 of the 5 links directly under links_data/ were withdrawn within 15 minutes',
      ],
    })
    expect(await admitEach(plan)).toBe(3)
  })

  test('is judged by the links that the folder has besides', async () => {
    const { objects, grant, withdrawn, preview } = open()
    const indices = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)
    await grant(indices(0, 58).map((index) => linkOf(index)))
    await grant(indices(60, 90).map((index) => linkOf(index, 'team-a/')))
    // Listed, and of no use.
    for (const index of indices(100, 800)) await objects.put(linkOf(index), '')
    expect(await preview(withdrawn(5))).toEqual({ held: 0, reasons: [] })
    expect(await preview(withdrawn(8))).toMatchObject({
      held: 3,
      reasons: [expect.stringContaining('5 of the 58 links')],
    })
  })

  test('is judged for each folder by itself', async () => {
    const { grant, withdrawn, preview, admitEach } = open()
    await grant([
      ...[0, 1, 2].map((index) => linkOf(index)),
      ...[100, 101, 102].map((index) => linkOf(index, 'team-a/')),
    ])
    const both = [...withdrawn(3), ...withdrawn(3, { from: 100, folder: 'team-a/' })]
    expect(await preview(both)).toEqual({
      held: 2,
      reasons: [
        'held by the brake: more than 2 of the 3 links directly under links_data/ were withdrawn within 15 minutes',
        "held by the brake: more than 2 of the 3 links in the folder 'team-a' were withdrawn within 15 minutes",
      ],
    })
    expect(await admitEach(both)).toBe(2)
  })

  test('counts a link once that granted in many accounts', async () => {
    const { revocation, preview, admitEach } = open()
    const root = 'links_data/root%all%Billing-ps%team-Web%GROUP%ssofile'
    const plan = Array.from({ length: 10 }, (_, index) => revocation(index, root))
    expect(await preview(plan)).toEqual({ held: 0, reasons: [] })
    expect(await admitEach(plan)).toBe(0)
  })

  test('is by the ledger where something else takes the access away than the withdrawal of its links', async () => {
    const { enter, indirect, preview, admitEach } = open()
    await enter(40)
    const plan = indirect(6)
    expect(await preview(plan)).toEqual({
      held: 2,
      reasons: [
        'held by the brake: more than 4 assignments would be revoked within 24 hours because of the configuration, although their links were not deleted',
      ],
    })
    expect(await admitEach(plan)).toBe(2)
  })

  test('goes on from what was counted before, and from what is held already', async () => {
    const { world, withdrawn, preview, admitEach } = open()
    expect(await admitEach(withdrawn(3))).toBe(1)
    const before = await world.json('control/brake.json')
    const next = withdrawn(2, { from: 50 })
    expect(await preview(next)).toMatchObject({ held: 2 })
    // What passed before passes again, and counts no more.
    expect(await preview(withdrawn(2))).toMatchObject({ held: 0 })
    expect(await preview(withdrawn(3))).toMatchObject({ held: 1 })
    expect(await world.json('control/brake.json')).toEqual(before)
    expect(await admitEach(next)).toBe(2)
  })

  test('is nothing where what was counted is over', async () => {
    const { world, withdrawn, preview, admitEach } = open()
    await admitEach(withdrawn(2))
    await world.clock.advance(40 * 60_000)
    expect(await preview(withdrawn(2, { from: 50 }))).toEqual({ held: 0, reasons: [] })
    expect(await admitEach(withdrawn(2, { from: 50 }))).toBe(0)
  })

  test('is held by a window that has just run out, while more of what was deleted is still to be revoked', async () => {
    const { world, objects, withdrawn, preview, admitEach } = open()
    const flood = withdrawn(6)
    // Their statuses are left: the links are deleted, and their access is not yet.
    for (let index = 0; index < 6; index++) await objects.put(`status/${linkOf(index)}.json`, '')
    expect(await admitEach(flood.slice(0, 2))).toBe(0)
    await world.clock.advance(16 * 60_000)
    const left = flood.slice(2)
    const told = await preview(left)
    expect(await admitEach(left)).toBe(4)
    expect(told.held).toBe(4)
  })
})
