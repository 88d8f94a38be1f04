import { expect, test } from '@jest/globals'
import { emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import { reconcileMemberships } from '../../../../shared/modules/people/reconcile-memberships.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { brakeFile } from '../../../../shared/reconcile/records/brake-file.ts'
import { statusKey } from '../../../../shared/reconcile/records/status-store.ts'
import { testInDepth } from '../../../depth.ts'
import { intercept } from '../../../intercept.ts'
import { Grouping, kenji } from './grouping.ts'

const group = 'groups/oncall.json'
const rule = 'rules/oncall.json'
const mia = 'mia.lang@acme.example'
const file = `memberships/oncall%${kenji}%ssofile`
const department = 'aws:identitystore:enterprise.department'

/** One group with a rule that puts Mia in, and a file that puts Kenji in. All looks that were put off are over. */
async function begin(): Promise<Grouping> {
  const grouping = await Grouping.begin()
  const { identityStore, clock } = grouping.world
  await identityStore.createUser({
    userName: mia,
    attributes: { Extensions: { 'aws:identitystore:enterprise': { department: 'Engineering' } } },
  })
  await grouping.put(rule, { department: ['Engineering'] })
  await grouping.put(file)
  await grouping.until(file, 'applied')
  for (let minute = 0; minute < 120; minute++) {
    await grouping.world.finish(grouping.world.everyMinuteOfLinks())
    await clock.advance(60_000)
  }
  expect(await grouping.status(rule)).toMatchObject({ state: 'applied', people: { members: 1 } })
  return grouping
}

/** The inputs that an hour's comparison sends to be looked at, and how often it asks the directory. */
async function compare({ world }: Grouping, untilMs = Number.POSITIVE_INFINITY) {
  const sent: string[] = []
  const asked = new Map<string, number>()
  const ports = intercept(world.ports, ({ port, operation, args, proceed }) => {
    if (port === 'identityStore') asked.set(operation, (asked.get(operation) ?? 0) + 1)
    if (port === 'queues')
      for (const { body } of args[1] as { readonly body: string }[]) sent.push(JSON.parse(body).key)
    return proceed()
  })
  const count = await world.finish(reconcileMemberships(ports, world.configuration, untilMs))
  expect(count).toBe(sent.length)
  return { sent: sent.sort(), asked: Object.fromEntries(asked) }
}

test('an hour without changes lists groups, people and members once, and sends nothing', async () => {
  expect(await compare(await begin())).toEqual({
    sent: [],
    asked: { listPrincipals: 1, listPeople: 1, listMembersOf: 1 },
  })
})

type Case = {
  readonly what: string
  readonly change: (grouping: Grouping) => unknown
  readonly sent: readonly string[]
}
const member = (user: string) => `memberships/oncall%${user}%ssofile`

async function takeOut(of: Grouping, user: string): Promise<void> {
  const { identityStore } = of.world
  const id = await identityStore.getGroupMembershipId(of.id('GROUP', 'oncall'), of.id('USER', user))
  if (id !== undefined) await identityStore.deleteGroupMembership(id)
}

/** Changes that others make in the directory and in the bucket, without an event. */
const cases: readonly Case[] = [
  {
    what: 'a rule that no longer matches somebody',
    change: (of) => of.world.identityStore.updateUser(of.id('USER', mia), [{ path: department, value: 'Sales' }]),
    sent: [rule],
  },
  {
    what: 'a rule that matches somebody else',
    change: (of) =>
      of.world.identityStore.updateUser(of.id('USER', kenji), [{ path: department, value: 'Engineering' }]),
    sent: [rule],
  },
  {
    what: 'a rule whose only member somebody took out',
    change: (of) => takeOut(of, mia),
    sent: [member(mia), rule],
  },
  {
    what: 'a membership by file that somebody took out',
    change: (of) => takeOut(of, kenji),
    sent: [member(kenji)],
  },
  {
    what: 'a renamed group',
    change: (of) =>
      of.world.identityStore.updateGroup(of.id('GROUP', 'oncall'), [{ path: 'displayName', value: 'other' }]),
    sent: [group, rule],
  },
  {
    what: 'a group with another description',
    change: (of) => of.world.identityStore.updateGroup(of.id('GROUP', 'oncall'), [{ path: 'description', value: 'x' }]),
    sent: [group, rule],
  },
  {
    what: 'a group that a provider manages now',
    change: (of) =>
      of.world.identityStore.setExternalId(of.id('GROUP', 'oncall'), { issuer: 'https://scim.aws.com/x', id: '1' }),
    sent: [group, rule],
  },
  {
    what: 'a group that is gone',
    change: (of) => of.world.identityStore.deleteGroup(of.id('GROUP', 'oncall')),
    sent: [group, rule],
  },
  { what: 'a rule that is not valid', change: (of) => of.world.objects.put(rule, '{'), sent: [rule] },
  { what: 'a rule without a group', change: (of) => of.put('rules/other.json'), sent: ['rules/other.json'] },
  { what: 'a rule whose file is gone', change: (of) => of.delete(rule), sent: [rule] },
  { what: 'a rule whose status is gone', change: (of) => of.delete(statusKey(rule)), sent: [rule] },
  {
    what: 'a rule of which the brake still holds somebody who stays',
    change: async ({ world }) => {
      const held = { rule: 'memberships', cause: 'folder', since: '2026-03-03T10:00:00Z', base: 1, limit: 0 } as const
      const list = { ...held, minutes: 15, passed: 0, items: [`oncall%${mia}`], held: [] }
      await brakeFile(world.objects).write({ ...emptyBrake, lists: [list] }, undefined)
    },
    sent: [rule],
  },
  {
    what: 'a rule whose group has members that cannot be read',
    change: (of) => {
      of.answer = ({ operation, proceed }) => {
        if (operation === 'listMembersOf')
          throw new ServiceError('identitystore', 'AccessDeniedException', 'not allowed')
        return proceed()
      }
    },
    sent: [rule],
  },
]

test.each(cases)('$what is looked at', async ({ change, sent }) => {
  const grouping = await begin()
  await change(grouping)
  expect((await compare(grouping)).sent).toEqual(sent)
})

const numbered = (nth: number) => `00000000-0000-0000-0000-${String(nth).padStart(12, '0')}`

/** Memberships of groups whose own records are gone, so that each is looked at: one in each group, but many in the fourth. */
async function begunWithMany(groups: number, inFourth: number): Promise<Grouping> {
  const grouping = new Grouping()
  const { objects, clock } = grouping.world
  const at = clock.now().toISOString()
  for (let nth = 0; nth < groups; nth++)
    for (let one = 0; one < (nth === 3 ? inFourth : 1); one++) {
      const [group, user] = [numbered(nth), numbered(one)]
      const names = { group: `group-${nth}`, user: `user-${one}` }
      const files = [{ key: `memberships/${names.group}%${names.user}%ssofile` }]
      const entry = { v: 1, state: 'granted', ...names, membershipId: `${nth}-${one}`, files, calledAt: at }
      await objects.put(`owned_memberships/${group}%${user}`, JSON.stringify(entry))
    }
  // An object of the index whose membership is gone, in the first group and in the last.
  for (const nth of [0, groups - 1]) await objects.put(`state/members/${numbered(9)}%${numbered(nth)}`, '')
  await clock.advance(10 * 60_000)
  return grouping
}

testInDepth('a comparison that is out of time goes on in the next hour, also within a large group', async () => {
  const grouping = await begunWithMany(600, 20_001)
  const isOld = async (nth: number) =>
    (await grouping.world.keys(`state/members/${numbered(9)}%${numbered(nth)}`)).length > 0
  const seen = new Set<string>()
  const counts: number[] = []
  for (let hour = 0; seen.size < 599 + 20_001; hour++) {
    expect(hour).toBeLessThan(14)
    for (const key of (await compare(grouping, 0)).sent) seen.add(key)
    counts.push(seen.size)
    // What this run did not reach stays in the index.
    if (hour === 0) expect([await isOld(0), await isOld(599)]).toEqual([false, true])
  }
  // The three groups before the large one, its eleven pieces, and the others by 500.
  expect(counts.slice(0, 3)).toEqual([3, 2_003, 4_003])
  expect(counts.length).toBe(1 + 11 + 2)
  expect(await isOld(599)).toBe(false)
})
