import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetArn, principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { organizationFile } from '../../../../shared/memory/organization-file.ts'
import { listAccessAt } from '../../../../shared/modules/access/access-at.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { type HistoryRecord, recordHistory } from '../../../../shared/reconcile/records/history.ts'
import { runsOf } from '../../../depth.ts'
import { permissionSetFile, smallOrganization } from '../../../end-to-end/small-organization.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const groups = ['one', 'two/three'] as const
const accounts = ['200000000001', '200000000002'] as const
const organization = organizationFile.parse(smallOrganization({ groups: [...groups], users: [] }))
const all = { isWanted: () => true }

/** `toggle`: uploads the link, or deletes it where it is there. `renew`: another group gets the name. */
type Step =
  | { readonly kind: 'toggle'; readonly link: string }
  | { readonly kind: 'renew'; readonly group: string }
  /** The two groups swap their names. */
  | { readonly kind: 'swap' }
  /** As `toggle`, and the dispatcher dies after so many writes. */
  | { readonly kind: 'kill'; readonly link: string; readonly writes: number }

const link = fc
  .constantFrom(
    `root%all%Read-ps%one`,
    `account%${accounts[0]}%Read-ps%one`,
    `account%${accounts[1]}%Read-ps%two/three`,
  )
  .map((name) => `links_data/${name}%GROUP%ssofile`)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: link.map((one): Step => ({ kind: 'toggle', link: one })) },
  { weight: 1, arbitrary: fc.constantFrom(...groups).map((group): Step => ({ kind: 'renew', group })) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'swap' }) },
  {
    weight: 2,
    arbitrary: fc.tuple(link, fc.nat(12)).map(([one, writes]): Step => ({ kind: 'kill', link: one, writes })),
  },
)

type Opened = { readonly world: World; readonly life: { writes: number } }

async function open(): Promise<Opened> {
  const life = { writes: Number.POSITIVE_INFINITY }
  const world = new World({
    organization,
    configuration: { orphanGraceMinutes: 0 },
    wrap: (ports) =>
      intercept(ports, async ({ operation, proceed }) => {
        const isWrite = operation === 'put' || operation === 'delete'
        if (isWrite && --life.writes < 0) throw new ServiceError('s3', 'AccessDenied', 'the process is dead')
        return proceed()
      }),
  }).start({ dispatcher: false })
  await world.objects.as('maria').put('permission_sets/Read-ps.json', permissionSetFile('Read-ps'))
  await settle(world)
  return { world, life }
}

async function settle(world: World): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await world.look()
    await world.finish(world.slice())
  }
}

/** What the ledger has now: whose, by id, and where. `undefined`: something of it is still under way. */
async function recorded(world: World): Promise<readonly string[] | undefined> {
  const keys = await world.namedKeys('assignments/')
  const entries = await Promise.all(keys.map(async (key) => ({ key, entry: await world.json(key) })))
  if (entries.some(({ entry }) => entry?.state !== 'granted' || entry.former !== undefined)) return undefined
  return entries.map(({ key, entry }) => `${key} ${entry?.principalId}`).sort()
}

async function toldAt(world: World, at: Date): Promise<readonly string[]> {
  const { access } = await listAccessAt(world.objects, at, all)
  const keys = access.map(
    ({ accountId, permissionSet, principal, type, principalId }) =>
      `assignments/account%${accountId}%${permissionSet}%${principal}%${type}%ssofile ${principalId}`,
  )
  return keys.sort()
}

async function toggle(world: World, key: string): Promise<void> {
  const maria = world.objects.as('maria')
  await ((await world.objects.head(key)) ? maria.delete(key) : maria.put(key, ''))
}

async function take({ world, life }: Opened, one: Step): Promise<void> {
  if (one.kind === 'kill') {
    await toggle(world, one.link)
    await world.look()
    life.writes = one.writes
    await world.finish(world.slice()).catch(() => {})
    life.writes = Number.POSITIVE_INFINITY
    await world.clock.advance(6 * 60_000)
  } else if (one.kind === 'swap') {
    const [first = '', second = ''] = groups.map((group) => world.identityStore.idOf('GROUP', group) ?? '')
    const [old, other] = groups
    for (const [id, name] of [
      [first, 'passing'],
      [second, old],
      [first, other],
    ] as const)
      await world.identityStore.updateGroup(principalId.parse(id), [{ path: 'displayName', value: name }])
    await world.finish(world.everyHour(), 1_000)
  } else if (one.kind === 'toggle') {
    await toggle(world, one.link)
  } else {
    // Another group has the name now: the id behind it is replaced.
    await world.identityStore.deleteGroup(world.identityStore.idOf('GROUP', one.group) ?? '')
    await world.identityStore.createGroup({ displayName: one.group })
    await world.finish(world.everyHour(), 1_000)
  }
  await settle(world)
  await world.finish(world.everyMinute())
  await settle(world)
}

let compared = 0
test('what history tells of an instant is what the ledger had then, for random histories with renames, ids replaced and processes that die', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 8 }), async (steps) => {
      const opened = await open()
      const { world } = opened
      const states: { readonly at: Date; readonly had: readonly string[] }[] = []
      for (const one of steps) {
        await take(opened, one)
        await world.clock.advance(6 * 60_000)
        const had = await recorded(world)
        if (had) states.push({ at: world.clock.now(), had })
      }
      compared += states.length
      for (const { at, had } of states) expect({ at, told: await toldAt(world, at) }).toEqual({ at, told: had })
    }),
    { numRuns: runsOf(8), seed: 23 },
  )
  expect(compared).toBeGreaterThan(runsOf(10))
})

test('before its first event history tells of nothing, and says when it begins', async () => {
  const { world } = await open()
  await world.objects.as('maria').put('links_data/root%all%Read-ps%one%GROUP%ssofile', '')
  await settle(world)
  const { access, since } = await listAccessAt(world.objects, new Date('2026-01-01'), all)
  expect(access).toEqual([])
  expect(since).toMatch(/^2026-03-03T10:/)
  const [account] = accounts
  expect(await listAccessAt(new World().objects, world.clock.now(), all)).toEqual({
    access: [],
    since: undefined,
    unread: [],
  })
  const one = await listAccessAt(world.objects, world.clock.now(), { ...all, account: accountId.parse(account) })
  expect(one.access).toMatchObject([{ accountId: account, links: [{ by: { principalId: 'AWS:maria' } }] }])
})

describe('what history tells of an instant', () => {
  const key = assignmentKey.parse(`account%${accounts[0]}%Read-ps%11111111-2222-3333-4444-555555555555%GROUP`)
  const access = {
    principal: principalName.parse('one'),
    permissionSetArn: permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef'),
  }
  const linkOf = (ticket: string) => ({ key: 'links_data/a', etag: 'e', lastModified: hour(9), ticket })
  const hour = (of: number) => `2026-03-03T${String(of).padStart(2, '0')}:00:00.000Z`
  const told = async (...events: readonly (readonly [HistoryRecord['event'], string?])[]) => {
    const { objects } = new World()
    for (const [index, [event, ticket]] of events.entries()) {
      const at = hour(10 + index)
      const links = ticket === undefined ? [] : [linkOf(ticket)]
      await recordHistory(objects, { key, event, at, access: { ...access, links }, confirmedAt: at })
    }
    const states: string[] = []
    for (const index of events.keys()) {
      const found = await listAccessAt(objects, new Date(Date.parse(hour(10 + index)) + 60_000), all)
      states.push(
        found.access.map(({ state, links }) => [state, ...links.map(({ ticket }) => ticket)].join(' ')).join(),
      )
    }
    return states
  }

  test('has the links that granted it then', async () => {
    const states = await told(['granted', 'T-1'], ['terms-changed', 'T-2'], ['revoked', 'T-2'], ['granted', 'T-3'])
    expect(states).toEqual(['granted T-1', 'granted T-2', '', 'granted T-3'])
  })

  test('has what others gave while it was there, until it was ours', async () => {
    const states = await told(
      ['foreign-found'],
      ['foreign-gone'],
      ['foreign-found'],
      ['adopted', 'T'],
      ['released', 'T'],
    )
    expect(states).toEqual(['foreign', '', 'foreign', 'granted T', ''])
  })
})
