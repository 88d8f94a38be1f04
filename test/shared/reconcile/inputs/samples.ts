import type { kinds } from '../../../../shared/domain/inputs/kinds.ts'
import { weekdays } from '../../../../shared/domain/requests/weekly-time.ts'
import type { World } from '../../../world.ts'
import { type Grouping, kenji } from '../people/grouping.ts'

/** Every kind of which S3 tells. */
export type NotifiedKind = {
  [K in keyof typeof kinds]: (typeof kinds)[K] extends { readonly queue: string } ? K : never
}[keyof typeof kinds]

/** One input of a kind, and what it is for. */
export type Sample = {
  readonly key: (grouping: Grouping) => string
  readonly body: object | ''
  /** What must be there before. */
  readonly prepare: (grouping: Grouping) => Promise<void>
  /** The state of its status in the end. */
  readonly state: string
  /** Whether what it asks for is so outside of ssofile. */
  readonly isDone: (grouping: Grouping) => boolean | Promise<boolean>
  /** Whether it is over once the file is gone. Absent: where it is not done any more. */
  readonly isOver?: (grouping: Grouping) => boolean | Promise<boolean>
}

const account = '233000000002'
const set = 'permission_sets/Support-ps.json'
const ana = 'ana.ruiz@acme.example'
const engineer = 'engineer@acme.example'
const link = (name: string, type: string, by = '') =>
  `links_data/${by}account%${account}%Support-ps%${name}%${type}%ssofile`

const hasAccess = ({ world }: Grouping, name: string, type: 'GROUP' | 'USER') =>
  world.ssoAdmin.assignments().some(({ principalId }) => principalId === world.identityStore.idOf(type, name))
const nothing = async () => {}

async function givePermissionSet(grouping: Grouping): Promise<void> {
  await grouping.put(set, { permissionSetName: 'Support-ps' })
  await grouping.until(set, 'applied')
}

async function giveGroup(grouping: Grouping): Promise<void> {
  await grouping.put('groups/oncall.json')
  await grouping.until('groups/oncall.json', 'applied')
}

/** Kenji may ask, and Lars approves where it is asked for. */
const letAsk = (approvals: number) => async (grouping: Grouping) => {
  await givePermissionSet(grouping)
  await grouping.put('eligibility/support.json', {
    for: { users: [kenji] },
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

const approver = 'lars.jensen@acme.example'
const requestOf = (grouping: Grouping) =>
  `requests/${grouping.id('USER', kenji)}/account%${account}%Support-ps%${kenji}%USER%ssofile`
const asked = { duration: 'PT1H', reason: 'disk full' }

/** Of each kind one: a kind without a sample does not compile. */
export const samples: Readonly<Record<NotifiedKind, Sample>> = {
  link: {
    key: () => link('team-Web', 'GROUP'),
    body: '',
    prepare: givePermissionSet,
    state: 'applied',
    isDone: (grouping) => hasAccess(grouping, 'team-Web', 'GROUP'),
  },
  permissionSet: {
    key: () => set,
    body: { permissionSetName: 'Support-ps' },
    prepare: nothing,
    state: 'applied',
    isDone: ({ world }) => hasSet(world),
  },
  request: {
    key: requestOf,
    body: asked,
    prepare: letAsk(0),
    state: 'applied',
    isDone: (grouping) => hasAccess(grouping, kenji, 'USER'),
  },
  approval: {
    key: (grouping) => `approvals/${grouping.id('USER', approver)}/${digest(grouping)}`,
    body: { decision: 'approve' },
    prepare: async (grouping) => {
      await letAsk(1)(grouping)
      await grouping.put(requestOf(grouping), asked)
      await grouping.until(requestOf(grouping), 'waiting')
      const told = (await grouping.status(requestOf(grouping))) as { request?: { digest?: string } } | undefined
      digests.set(grouping, told?.request?.digest ?? '')
    },
    state: 'applied',
    isDone: (grouping) => hasAccess(grouping, kenji, 'USER'),
    // What was granted stays granted.
    isOver: (grouping) => hasAccess(grouping, kenji, 'USER'),
  },
  suspension: {
    key: () => `suspended/${kenji}`,
    body: '',
    prepare: async (grouping) => {
      await givePermissionSet(grouping)
      await grouping.put(link(kenji, 'USER'))
      await grouping.until(link(kenji, 'USER'), 'applied')
    },
    state: 'suspended',
    isDone: (grouping) => !hasAccess(grouping, kenji, 'USER'),
  },
  person: {
    key: () => `people/${ana}.json`,
    body: { displayName: 'Ana Ruiz', givenName: 'Ana', familyName: 'Ruiz' },
    prepare: nothing,
    state: 'applied',
    isDone: ({ world }) => world.identityStore.idOf('USER', ana) !== undefined,
    // Nobody deletes a user by default: the person counts as suspended.
    isOver: async ({ world }) => (await world.keys('suspended/')).includes(`suspended/${ana}`),
  },
  group: {
    key: () => 'groups/oncall.json',
    body: '',
    prepare: nothing,
    state: 'applied',
    isDone: ({ world }) => world.identityStore.idOf('GROUP', 'oncall') !== undefined,
  },
  membership: {
    key: () => `memberships/oncall%${kenji}%ssofile`,
    body: '',
    prepare: giveGroup,
    state: 'applied',
    isDone: (grouping) => grouping.groupsOf().includes('oncall'),
  },
  rule: {
    key: () => 'rules/oncall.json',
    body: { department: ['Engineering'] },
    prepare: async (grouping) => {
      await giveGroup(grouping)
      const attributes = { Extensions: { 'aws:identitystore:enterprise': { department: 'Engineering' } } }
      await grouping.world.identityStore.createUser({ userName: engineer, attributes })
    },
    state: 'applied',
    isDone: (grouping) => grouping.groupsOf(engineer).includes('oncall'),
  },
  attributes: {
    key: () => 'access_control_attributes.json',
    body: { AccessControlAttributes: [{ Key: 'Team', Value: { Source: ['$' + '{path:enterprise.department}'] } }] },
    prepare: nothing,
    state: 'applied',
    isDone: async ({ world }) => (await world.ssoAdmin.describeAttributes()) !== undefined,
    // Nobody's attributes go with a file: ssofile gives them up.
    isOver: async ({ world }) => (await world.keys('owned_attributes')).length === 0,
  },
}

const digests = new WeakMap<Grouping, string>()
const digest = (grouping: Grouping) => digests.get(grouping) ?? ''

async function hasSet({ ssoAdmin }: World): Promise<boolean> {
  for (const arn of (await ssoAdmin.listPermissionSets()).items)
    if ((await ssoAdmin.describePermissionSet(arn))?.name === 'Support-ps') return true
  return false
}
