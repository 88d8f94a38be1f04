import { expect } from '@jest/globals'
import type { BrakeList } from '../../../../shared/domain/brake/brake-record.ts'
import { type Configuration, configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { renderComplaint } from '../../../../shared/domain/statuses/complaint.ts'
import { type OrganizationFile, parseOrganizationFile } from '../../../../shared/memory/organization-file.ts'
import { brakeFile, digestOf, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { World, type WorldOptions } from '../../../world.ts'

export const accounts = Array.from({ length: 10 }, (_, index) => `20000000000${index}`)
const set = {
  name: 'permission_sets/ReadOnly-ps.json',
  body: '{"permissionSetName":"ReadOnly-ps","description":"reads"}',
}
export const groupsOf = (count: number) => Array.from({ length: count }, (_, index) => `team ${index}`)
export const linkOf = (group: string, index = 0) =>
  `links_data/account%${accounts[index % accounts.length]}%ReadOnly-ps%${group}%GROUP%ssofile`
export const linksOf = (groups: readonly string[]) => groups.map(linkOf)
export const ofOu = (group: string) => `links_data/ou_id%ou-tiny-movedout%ReadOnly-ps%${group}%GROUP%ssofile`
const alarm = 'the brake holds revocations; to review them, run ssofile brake'

function organization(groups: readonly string[], users: readonly string[]): OrganizationFile {
  const account = (id: string) => ({ id, name: `account-${id}`, email: `aws+${id}@tiny.example`, tags: {} })
  const parsed = parseOrganizationFile('organization.json', {
    managementAccountId: '100000000000',
    root: {
      id: 'r-tiny',
      accounts: ['100000000000', ...accounts.slice(1)].map(account),
      organizationalUnits: [
        { id: 'ou-tiny-movedout', name: 'Moved', accounts: accounts.slice(0, 1).map(account), organizationalUnits: [] },
      ],
    },
    groups,
    users,
    members: Object.fromEntries(groups.map((group) => [group, users])),
  })
  if (!parsed.ok) throw new Error(renderComplaint(parsed.complaint))
  return parsed.value
}

type Limits = Partial<Configuration['brake']['own']>

type Braked = {
  readonly own?: Limits
  readonly indirect?: Limits
  readonly people?: Partial<Configuration['brake']['people']>
  /** They are in every group. */
  readonly users?: readonly string[]
  readonly wrap?: WorldOptions['wrap']
}

/** These links are in force; slices are run by hand. */
export async function openBraked(
  groups: readonly string[],
  links: readonly string[],
  { own = {}, indirect = {}, people = {}, users = [], wrap }: Braked = {},
): Promise<World> {
  const world = new World({
    organization: organization(groups, users),
    configuration: configuration.parse({ brake: { own, indirect, people }, folders: ['team-a'] }),
    ...(wrap === undefined ? {} : { wrap }),
  }).start({ dispatcher: false })
  await world.objects.put(set.name, set.body)
  await world.look()
  await world.finish(world.slice())
  for (const link of links) await world.objects.put(link, '')
  await world.look()
  await world.finish(world.slice())
  return world
}

export async function settled(world: World): Promise<void> {
  await world.look()
  await world.finish(world.slice())
  await world.clock.advance(1_000)
}

/** With what was throttled, and is tried again within a minute. */
export async function settledLater(world: World): Promise<void> {
  for (let minute = 0; minute < 3; minute++) {
    await world.clock.advance(61_000)
    await settled(world)
  }
}

export async function remove(world: World, links: readonly string[]): Promise<void> {
  for (const link of links) await world.objects.delete(link)
  await settled(world)
}

export async function listsOf(world: World): Promise<readonly BrakeList[]> {
  return (await brakeFile(world.objects).read())?.value.lists ?? []
}

export async function digestIn(world: World): Promise<string> {
  const [list] = await listsOf(world)
  return list ? digestOf(list) : 'the brake holds nothing'
}

/** By names, as `account` links have them. */
export async function held(world: World): Promise<readonly string[]> {
  return (await listsOf(world)).flatMap((list) => [...list.held]).map((key) => world.nameOf(key))
}

export async function release(world: World, digest: string): Promise<string> {
  return (await releaseList(world.objects, digest, 'me')).outcome
}

export async function releaseAll(world: World): Promise<void> {
  for (const list of await listsOf(world)) expect(await release(world, digestOf(list))).toBe('released')
  // The first slice hints at what was released, maybe after it has looked for hints.
  for (let slice = 0; slice < 2; slice++) await settled(world)
}

export const granted = (world: World) => world.ssoAdmin.assignments().length
export const deletions = (world: World) => world.calls.filter((call) => call === 'DeleteAccountAssignment').length
export const alarms = (world: World) => world.log.lines.filter(({ message }) => message === alarm)
