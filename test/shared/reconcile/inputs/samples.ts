import { weekdays } from '../../../../shared/domain/files/weekly-time.ts'
import type { ReviewItem } from '../../../../shared/modules/reviews/rules/review-item.ts'
import type { World } from '../../../world.ts'
import { type Grouping, kenji } from '../../modules/people/grouping.ts'
import { minutesUntil } from './minutes.ts'
import type { Sample } from './sample.ts'

const account = '233000000002'
const set = 'permission_sets/Support-ps.json'
const ana = 'ana.ruiz@acme.example'
const engineer = 'engineer@acme.example'
const approver = 'tom.baker@acme.example'
/** Three people of the directory. */
const people = [kenji, 'lars.jensen@acme.example', 'ama.osei@acme.example'] as const
export const first = (count: number): readonly string[] => people.slice(0, count)
export const nth = (which: number): string => people[which] ?? ''
const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
const billing = 'arn:aws:iam::aws:policy/job-function/Billing'
const nobodyLoses = 'nobody loses a permission set by it'

const linkOf = (permissionSet: string, name: string, type: string) =>
  `links_data/account%${account}%${permissionSet}%${name}%${type}%ssofile`
const link = (name: string, type: string) => linkOf('Support-ps', name, type)
const links = (count: number) => first(count).map((user) => link(user, 'USER'))
const membership = (user: string) => `memberships/oncall%${user}%ssofile`

const hasAccess = ({ world }: Grouping, name: string, type: 'GROUP' | 'USER' = 'USER') =>
  world.ssoAdmin
    .assignments()
    .some(({ accountId, principalId }) => accountId === account && principalId === world.identityStore.idOf(type, name))
const withoutAccess = (grouping: Grouping, names: readonly string[]) =>
  names.filter((name) => !hasAccess(grouping, name)).length
export const withoutGroup = (grouping: Grouping, names: readonly string[]) =>
  names.filter((name) => !grouping.groupsOf(name).includes('oncall')).length
const nothing = async () => {}

async function putAll(grouping: Grouping, keys: readonly string[], body: object | '' = ''): Promise<void> {
  for (const key of keys) await grouping.put(key, body)
}

export async function deleteAll(grouping: Grouping, keys: readonly string[]): Promise<void> {
  for (const key of keys) await grouping.delete(key)
}

export async function apply(grouping: Grouping, keys: readonly string[], body: object | '' = ''): Promise<void> {
  await putAll(grouping, keys, body)
  for (const key of keys)
    await minutesUntil(grouping, async () => (await grouping.status(key))?.state === 'applied', `${key} as applied`)
}

const givePermissionSet = (grouping: Grouping) => apply(grouping, [set], { permissionSetName: 'Support-ps' })
export const giveGroup = (grouping: Grouping) => apply(grouping, ['groups/oncall.json'])

/** Who is in the group has the permission set. */
export async function giveAccessByGroup(grouping: Grouping): Promise<void> {
  await givePermissionSet(grouping)
  await apply(grouping, [link('oncall', 'GROUP')])
}

async function makeEngineers({ world }: Grouping, names: readonly string[]): Promise<void> {
  const attributes = { Extensions: { 'aws:identitystore:enterprise': { department: 'Engineering' } } }
  for (const userName of names) await world.identityStore.createUser({ userName, attributes })
}

/** These people may ask, and one approves where it is asked for. */
const letAsk = (approvals: number) => async (grouping: Grouping) => {
  await givePermissionSet(grouping)
  await grouping.put('eligibility/support.json', {
    for: { users: people },
    permissionSets: ['Support-ps'],
    scopes: [`account%${account}`],
    longest: 'PT4H',
    approvals,
    ...(approvals > 0
      ? { approvers: { users: [approver] } }
      : { approvedByItself: { times: [{ days: [...weekdays], from: '00:00', until: '24:00', zone: 'UTC' }] } }),
  })
  await grouping.world.finish(grouping.world.everyHour())
}

const requestOf = (grouping: Grouping, user: string) =>
  `requests/${grouping.id('USER', user)}/account%${account}%Support-ps%${user}%USER%ssofile`
const requests = (grouping: Grouping, count: number) => first(count).map((user) => requestOf(grouping, user))
const asked = { duration: 'PT1H', reason: 'disk full' }

/** The digests of requests, by user. */
const digests = new WeakMap<Grouping, Map<string, string>>()
const approvalOf = (grouping: Grouping, user: string) =>
  `approvals/${grouping.id('USER', approver)}/${digests.get(grouping)?.get(user)}`
const approvals = (grouping: Grouping, count: number) => first(count).map((user) => approvalOf(grouping, user))

async function ask(grouping: Grouping, count: number): Promise<void> {
  const known = digests.get(grouping) ?? new Map<string, string>()
  digests.set(grouping, known)
  for (const user of first(count).filter((one) => !known.has(one))) {
    const key = requestOf(grouping, user)
    await grouping.put(key, asked)
    await grouping.until(key, 'waiting')
    const told = (await grouping.status(key)) as { request?: { digest?: string } } | undefined
    known.set(user, told?.request?.digest ?? '')
  }
}

const untilAccess = (grouping: Grouping, count: number) =>
  minutesUntil(grouping, () => withoutAccess(grouping, first(count)) === 0, 'the access')

const reviewed = {
  groups: ['*'],
  reviewers: { fallback: { users: [approver] } },
  lastsDays: 14,
  silence: { escalateDays: 7, means: 'revoke' },
}

/** The key of the revocation of each user's link. */
const revocations = new WeakMap<Grouping, Map<string, string>>()
const revocationOf = (grouping: Grouping, user: string) => revocations.get(grouping)?.get(user) ?? ''

/** A review that has frozen the links of so many people. */
async function review(grouping: Grouping, name: string, count: number): Promise<void> {
  await apply(grouping, links(count))
  await apply(grouping, [`reviews/${name}.json`], reviewed)
  const { objects } = grouping.world
  const known = new Map<string, string>()
  revocations.set(grouping, known)
  for await (const { key } of objects.list(`review-results/${name}/`)) {
    if (!key.includes('/items/')) continue
    const { digest, subject } = (await grouping.world.json(key)) as Pick<ReviewItem, 'digest' | 'subject'>
    if (subject.kind === 'link')
      known.set(subject.principal, `decisions/${grouping.id('USER', approver)}/${name}/${digest}%revoke`)
  }
}

const setName = (which: number) => `Set-${which}-ps`
const setFile = (which: number) => `permission_sets/${setName(which)}.json`
const upTo = (count: number) => Array.from({ length: count }, (_, which) => which)

async function hasSet({ ssoAdmin }: World): Promise<boolean> {
  for (const arn of (await ssoAdmin.listPermissionSets()).items)
    if ((await ssoAdmin.describePermissionSet(arn))?.name === 'Support-ps') return true
  return false
}

const personFile = { displayName: 'Ana Ruiz', givenName: 'Ana', familyName: 'Ruiz' }
const madePerson = (which: number) => `person-${which}@acme.example`
const attribute = (Key: string) => ({ Key, Value: { Source: [`$\{path:enterprise.${Key}}`] } })
const attributesFile = (...names: readonly string[]) => ({ AccessControlAttributes: names.map(attribute) })
const threeNames = ['department', 'division', 'costCenter'] as const
const attributesIn = async ({ world }: Grouping) =>
  ((await world.ssoAdmin.describeAttributes())?.attributes ?? []).map(({ key }): string => key)

/** Of each kind one, by its name in the table of kinds. */
export const samples: Readonly<Record<string, Sample>> = {
  link: {
    key: () => link('team-Web', 'GROUP'),
    body: '',
    prepare: givePermissionSet,
    state: 'applied',
    isDone: (grouping) => hasAccess(grouping, 'team-Web', 'GROUP'),
    takes: {
      give: (grouping, count) => apply(grouping, links(count)),
      take: (grouping, count) => deleteAll(grouping, links(count)),
      taken: (grouping, count) => withoutAccess(grouping, first(count)),
      told: (_, which) => link(nth(which), 'USER'),
    },
  },
  permissionSet: {
    key: () => set,
    body: { permissionSetName: 'Support-ps' },
    prepare: nothing,
    state: 'applied',
    isDone: ({ world }) => hasSet(world),
    takes: {
      give: async (grouping, count) => {
        for (const which of upTo(count)) {
          const managedPoliciesArnList = [readOnly, billing]
          await apply(grouping, [setFile(which)], { permissionSetName: setName(which), managedPoliciesArnList })
          await apply(grouping, [linkOf(setName(which), nth(which), 'USER')])
        }
      },
      take: async (grouping, count) => {
        for (const which of upTo(count))
          await grouping.put(setFile(which), { permissionSetName: setName(which), managedPoliciesArnList: [billing] })
      },
      taken: async ({ world }, count) =>
        upTo(count).filter(
          (which) => !world.ssoAdmin.definitionNow(setName(which))?.managedPolicyArns.includes(readOnly),
        ).length,
      told: (_, which) => setFile(which),
      noMinimum: nobodyLoses,
    },
  },
  request: {
    key: (grouping) => requestOf(grouping, kenji),
    body: asked,
    prepare: letAsk(0),
    state: 'applied',
    isDone: (grouping) => hasAccess(grouping, kenji),
    author: kenji,
    takes: {
      give: async (grouping, count) => {
        await putAll(grouping, requests(grouping, count), asked)
        await untilAccess(grouping, count)
      },
      take: (grouping, count) => deleteAll(grouping, requests(grouping, count)),
      taken: (grouping, count) => withoutAccess(grouping, first(count)),
      told: (grouping, which) => requestOf(grouping, nth(which)),
      passing: { all: 'people give back what they asked for' },
      noMinimum: 'access that ends by itself is none to count on',
    },
  },
  approval: {
    key: (grouping) => approvalOf(grouping, kenji),
    body: { decision: 'approve' },
    prepare: async (grouping) => {
      await letAsk(1)(grouping)
      await ask(grouping, 1)
    },
    state: 'applied',
    isDone: (grouping) => hasAccess(grouping, kenji),
    // What was granted stays granted.
    isOver: (grouping) => hasAccess(grouping, kenji),
    author: approver,
    takes: {
      give: async (grouping, count) => {
        await ask(grouping, count)
        await putAll(grouping, approvals(grouping, count), { decision: 'approve' })
        await untilAccess(grouping, count)
      },
      take: (grouping, count) => putAll(grouping, approvals(grouping, count), { decision: 'deny' }),
      taken: (grouping, count) => withoutAccess(grouping, first(count)),
      told: (grouping, which) => approvalOf(grouping, nth(which)),
      passing: { all: 'temporary access has an approver for as long as it lasts' },
      noMinimum: 'access that ends by itself is none to count on',
    },
  },
  decision: {
    key: (grouping) => revocationOf(grouping, kenji),
    body: { comment: 'left the team' },
    prepare: async (grouping) => {
      await givePermissionSet(grouping)
      await review(grouping, 'first', 1)
    },
    state: 'applied',
    isDone: (grouping) => !hasAccess(grouping, kenji),
    // What was revoked stays revoked.
    isOver: (grouping) => !hasAccess(grouping, kenji),
    author: approver,
    takes: {
      give: (grouping, count) => review(grouping, 'second', count),
      take: (grouping, count) =>
        putAll(
          grouping,
          first(count).map((user) => revocationOf(grouping, user)),
        ),
      taken: (grouping, count) => withoutAccess(grouping, first(count)),
      told: (_, which) => link(nth(which), 'USER'),
    },
  },
  review: {
    key: () => 'reviews/first.json',
    body: reviewed,
    prepare: async (grouping) => {
      await giveGroup(grouping)
      await giveAccessByGroup(grouping)
      await apply(grouping, [membership(kenji)])
    },
    state: 'applied',
    isDone: async ({ world }) =>
      ((await world.json('review-results/first/run.json')) as { phase?: string })?.phase === 'open',
    takes: { nothing: 'silence takes something only at the end of the run' },
  },
  suspension: {
    key: () => `suspended/${kenji}`,
    body: '',
    prepare: async (grouping) => {
      await givePermissionSet(grouping)
      await apply(grouping, links(1))
    },
    state: 'suspended',
    isDone: (grouping) => !hasAccess(grouping, kenji),
    takes: {
      give: (grouping, count) => apply(grouping, links(count)),
      take: (grouping, count) =>
        putAll(
          grouping,
          first(count).map((user) => `suspended/${user}`),
        ),
      taken: (grouping, count) => withoutAccess(grouping, first(count)),
      told: (_, which) => `suspended/${nth(which)}`,
    },
  },
  person: {
    key: () => `people/${ana}.json`,
    body: personFile,
    prepare: nothing,
    state: 'applied',
    isDone: ({ world }) => world.identityStore.idOf('USER', ana) !== undefined,
    // Nobody deletes a user by default: the person counts as suspended.
    isOver: async ({ world }) => (await world.keys('suspended/')).includes(`suspended/${ana}`),
    takes: {
      give: async (grouping, count) => {
        await givePermissionSet(grouping)
        for (const which of upTo(count)) {
          await apply(grouping, [`people/${madePerson(which)}.json`], personFile)
          await apply(grouping, [link(madePerson(which), 'USER')])
        }
      },
      take: (grouping, count) =>
        deleteAll(
          grouping,
          upTo(count).map((which) => `people/${madePerson(which)}.json`),
        ),
      taken: (grouping, count) => withoutAccess(grouping, upTo(count).map(madePerson)),
      told: (_, which) => `suspended/${madePerson(which)}`,
    },
  },
  group: {
    key: () => 'groups/oncall.json',
    body: '',
    prepare: nothing,
    state: 'applied',
    isDone: ({ world }) => world.identityStore.idOf('GROUP', 'oncall') !== undefined,
    takes: { nothing: 'a group goes only when nobody is in it, and nothing names it' },
  },
  membership: {
    key: () => membership(kenji),
    body: '',
    prepare: giveGroup,
    state: 'applied',
    isDone: (grouping) => grouping.groupsOf().includes('oncall'),
    takes: {
      give: async (grouping, count) => {
        await giveAccessByGroup(grouping)
        await apply(grouping, first(count).map(membership))
      },
      take: (grouping, count) => deleteAll(grouping, first(count).map(membership)),
      taken: (grouping, count) => withoutGroup(grouping, first(count)),
      told: (_, which) => membership(nth(which)),
    },
  },
  rule: {
    key: () => 'rules/oncall.json',
    body: { department: ['Engineering'] },
    prepare: async (grouping) => {
      await giveGroup(grouping)
      await makeEngineers(grouping, [engineer])
    },
    state: 'applied',
    isDone: (grouping) => grouping.groupsOf(engineer).includes('oncall'),
    takes: {
      give: async (grouping, count) => {
        await giveAccessByGroup(grouping)
        await makeEngineers(grouping, upTo(count - 1).map(madePerson))
        await grouping.put('rules/oncall.json', { department: ['Engineering'] })
        const engineers = [engineer, ...upTo(count - 1).map(madePerson)]
        await minutesUntil(grouping, () => withoutGroup(grouping, engineers) === 0, 'the members')
      },
      take: (grouping) => grouping.put('rules/oncall.json', { department: ['Nobody'] }),
      taken: (grouping, count) => withoutGroup(grouping, [engineer, ...upTo(count - 1).map(madePerson)]),
      told: () => 'rules/oncall.json',
      // Of three whom a rule takes out together, none goes.
      passing: 0,
    },
  },
  attributes: {
    key: () => 'access_control_attributes.json',
    body: attributesFile('department'),
    prepare: nothing,
    state: 'applied',
    isDone: async ({ world }) => (await world.ssoAdmin.describeAttributes()) !== undefined,
    // Nobody's attributes go with a file: ssofile gives them up.
    isOver: async ({ world }) => (await world.keys('owned_attributes')).length === 0,
    takes: {
      give: (grouping) =>
        apply(grouping, ['access_control_attributes.json'], attributesFile(...threeNames, 'userType')),
      take: (grouping, count) =>
        grouping.put('access_control_attributes.json', attributesFile(...threeNames.slice(count), 'userType')),
      taken: async (grouping, count) => {
        const left = await attributesIn(grouping)
        return threeNames.slice(0, count).filter((name) => !left.includes(name)).length
      },
      told: () => 'access_control_attributes.json',
      // A person releases each.
      passing: 0,
      noMinimum: nobodyLoses,
    },
  },
}
