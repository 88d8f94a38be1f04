import { expect, test } from '@jest/globals'
import { listMembershipEntries } from '../../../../handlers/cli/plan/people-sections.ts'
import { renderText } from '../../../../handlers/cli/plan/render-plan.ts'
import { configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { previewChanges } from '../../../../shared/modules/plan/preview.ts'
import { ProposedObjects } from '../../../../shared/modules/plan/proposed-objects.ts'
import { Grouping, kenji } from '../people/grouping.ts'

const maria = 'maria.alvarez@acme.example'
const account = '233000000002'
const file = `memberships/oncall%${kenji}%ssofile`
const ofTeam = `memberships/team-a/oncall%${kenji}%ssofile`
const set = 'permission_sets/Support-ps.json'
const link = `links_data/account%${account}%Support-ps%oncall%GROUP%ssofile`
const access = [{ permissionSet: 'Support-ps', accounts: [account] }]

type Files = Readonly<Record<string, string>>

/** What a plan says of groups when these files are uploaded, and those deleted. */
async function plan(grouping: Grouping, uploads: Files = {}, deletions: readonly string[] = []) {
  return (await planAll(grouping, uploads, deletions)).memberships
}

async function planAll({ world }: Grouping, uploads: Files = {}, deletions: readonly string[] = []) {
  const objects = new ProposedObjects(world.objects, world.clock.now(), {
    uploads: Object.entries(uploads).map(([key, body]) => ({ key, body: new TextEncoder().encode(body) })),
    deletions: deletions.map((key) => ({ key })),
  })
  return world.finish(previewChanges({ ...world.ports, objects }, world.configuration, { looksMost: 0 }))
}

/** The group has access by a link. */
async function withAccess(options: ConstructorParameters<typeof Grouping>[0] = {}): Promise<Grouping> {
  const grouping = await Grouping.begin(options)
  await grouping.put(set, { permissionSetName: 'Support-ps' })
  await grouping.put(link)
  await grouping.until(link, 'applied')
  return grouping
}

test('a new group with its first member and its first link are planned together, with the access that this brings', async () => {
  const {
    memberships: planned,
    grants,
    waiting,
  } = await planAll(new Grouping(), {
    'groups/oncall.json': '',
    [set]: '{ "permissionSetName": "Support-ps" }',
    [link]: '',
    [file]: '{ "reason": "shift" }',
  })
  expect(planned).toMatchObject({
    groups: [{ name: 'oncall', change: 'create' }],
    added: [{ group: 'oncall', user: kenji, files: [{ key: file, fate: 'in-force' }], access }],
    idle: [],
  })
  // The directory has not given the group its id yet.
  expect({ grants, waiting }).toEqual({
    grants: [expect.not.objectContaining({ principalId: expect.anything() })],
    waiting: [],
  })
})

test('deleting the only file takes the access of the group; a file in another folder keeps it', async () => {
  const grouping = await withAccess()
  await grouping.put(file)
  await grouping.until(file, 'applied')
  expect(await plan(grouping)).toMatchObject({ groups: [], added: [], removed: [] })
  expect(await plan(grouping, { [ofTeam]: '' }, [file])).toMatchObject({ removed: [] })
  const planned = await plan(grouping, {}, [file])
  expect(planned.removed).toMatchObject([
    { group: 'oncall', user: kenji, files: [{ key: file, fate: 'absent' }], access },
  ])
  const told = listMembershipEntries({ memberships: planned, administrators: [] }).map(
    ({ sign, text }) => `${sign} ${renderText(text)}`,
  )
  expect(told).toEqual([
    `- takes out: user '${kenji}', group 'oncall', and revokes 'Support-ps' in 1 account; by '${file}' (gone)`,
  ])
})

test('a file that is not valid any more, or has expired, takes its user out too', async () => {
  const grouping = await withAccess()
  await grouping.put(file)
  await grouping.until(file, 'applied')
  for (const [body, fate] of [
    ['{', 'rejected'],
    ['{ "expiresAt": "2026-01-01T00:00:00Z" }', 'expired'],
  ] as const)
    expect(await plan(grouping, { [file]: body })).toMatchObject({ removed: [{ files: [{ key: file, fate }] }] })
})

test('whom others put in stays, whom a file suspends goes, and of whom nothing can come the reason is told', async () => {
  const grouping = await withAccess()
  await grouping.put(file)
  await grouping.until(file, 'applied')
  const { identityStore } = grouping.world
  await identityStore.createGroupMembership(grouping.id('GROUP', 'oncall'), grouping.id('USER', maria))
  const planned = await plan(grouping, {
    [`suspended/${kenji}`]: '',
    [`memberships/oncall%${maria}%ssofile`]: '',
    'memberships/oncall%nobody@acme.example%ssofile': '',
    [`memberships/others%${kenji}%ssofile`]: '',
    'memberships/nobody%ssofile': '',
  })
  expect(planned).toMatchObject({
    added: [],
    existing: [{ user: maria, access }],
    removed: [{ user: kenji, files: [{ key: file, fate: 'suspended' }] }],
    idle: [
      { key: 'memberships/nobody%ssofile', state: 'rejected' },
      { state: 'waiting', reason: expect.stringContaining('does not exist') },
      { state: 'waiting', reason: expect.stringContaining("ssofile does not manage group 'others'") },
    ],
  })
})

test('of a group that a provider keeps now nobody is taken out, and a new file is rejected', async () => {
  const grouping = await withAccess()
  await grouping.put(file)
  await grouping.until(file, 'applied')
  grouping.world.identityStore.setExternalId(grouping.id('GROUP', 'oncall'), {
    issuer: 'https://scim.aws.com/x',
    id: '1',
  })
  const planned = await plan(grouping, { 'groups/oncall.json': '{ "description": "changed" }' }, [file])
  expect(planned).toMatchObject({
    groups: [{ name: 'oncall', change: 'rejected' }],
    kept: [{ user: kenji, access }],
    removed: [],
  })
})

test('what the brake would hold is counted, and what it holds is told', async () => {
  const { brake } = configuration.parse({})
  const grouping = await withAccess({ brake: { ...brake, own: { count: 1, percent: 0, minutes: 15 } } })
  const other = `memberships/oncall%${maria}%ssofile`
  for (const key of [file, other]) {
    await grouping.put(key)
    await grouping.until(key, 'applied')
  }
  const planned = await plan(grouping, {}, [file, other])
  expect(planned.brake).toEqual({
    held: 1,
    reasons: [expect.stringContaining('memberships of files directly under memberships/ were withdrawn')],
  })
  await grouping.delete(file)
  await grouping.until(file, undefined)
  await grouping.delete(other)
  await grouping.until(other, 'held')
  expect(await plan(grouping)).toMatchObject({ held: [{ user: maria, access }], removed: [] })
})

test('a group whose file is gone is deleted, given up or blocked', async () => {
  const grouping = await Grouping.begin()
  expect(await plan(grouping, {}, ['groups/oncall.json'])).toMatchObject({
    groups: [{ name: 'oncall', change: 'delete' }],
  })
  expect(await plan(grouping, { [file]: '' }, ['groups/oncall.json'])).toMatchObject({
    groups: [{ name: 'oncall', change: 'blocked', reason: expect.stringContaining(`still used by ${file}`) }],
  })
  await grouping.put('groups/team-Accountants.json')
  await grouping.until('groups/team-Accountants.json', 'applied')
  expect(await plan(grouping, {}, ['groups/team-Accountants.json'])).toMatchObject({
    groups: [{ name: 'team-Accountants', change: 'give-up' }],
  })
})

test('what a policy refuses is told before it is uploaded', async () => {
  const grouping = await withAccess()
  const rule = { id: 'shifts', control: 'AC-2', mode: 'enforce', for: { permissionSets: ['Support-*'] } }
  const policy = { contact: 'us', links: [{ ...rule, must: { ticket: 'CHG###' } }] }
  const planned = await plan(grouping, { 'policies/people.json': JSON.stringify(policy), [file]: '' })
  expect(planned).toMatchObject({
    added: [],
    idle: [{ key: file, state: 'rejected', reason: expect.stringContaining("rule 'shifts'") }],
  })
})
