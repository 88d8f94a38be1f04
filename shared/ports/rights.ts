import { inputQueues, type Kind, type Places, queuesOfPeople } from '../domain/inputs/kind.ts'
import { allKinds, kinds, placesOf, placesWrittenBy } from '../domain/inputs/kinds.ts'
import { type FunctionName, functionNames, functionSettings } from './deployment-settings.ts'
import type { ScheduledFunction } from './metrics.ts'
import { lanes, type WorkedQueue, workedQueues } from './queues.ts'

/**
 * `read`: names. `groups`: names, and the groups of a user. `members`: names, and the members of groups. `members and groups`: both.
 * `memberships`: adds their ids. `change`: also creates groups and memberships. `people`: also creates, changes and deletes users.
 */
const directories = ['read', 'groups', 'members', 'members and groups', 'memberships', 'change', 'people'] as const

/**
 * The rights of a role besides its own queue, its logs, the key, listing the bucket's names and reading `control/owner.json`. A missing
 * object is 403 for a caller without the right to list, and ssofile never takes 403 for absence, so all may list. (S3 API Reference,
 * GetObject.)
 */
export type Rights = Places & {
  readonly send?: readonly WorkedQueue[]
  /** `list`: when the bucket's objects were written and deleted. `read`: also versions of objects that are not the newest. */
  readonly versions?: 'list' | 'read'
  /** Queues that it receives from without an event source mapping. */
  readonly receive?: readonly WorkedQueue[]
  /** Take messages out of every dead-letter queue. */
  readonly deadLetters?: 'take'
  /** `tags`: also the tags of all accounts in bulk, by a role in the management account. */
  readonly organizations?: 'read' | 'tags'
  readonly directory?: (typeof directories)[number]
  /**
   * `instance`: only find the instance. `applications`: also list its applications and their access scopes. `read`: list, get and
   * describe. `change`: every call about permission sets and access.
   */
  readonly identityCenter?: 'instance' | 'applications' | 'read' | 'change'
  /** Account access manager: the principals that may assume existing roles. */
  readonly accountAccess?: 'read'
  /** Look up a role that Identity Center created in ssofile's own account. */
  readonly ownRoles?: 'read'
  /** Assume the auditor's role in the accounts, if one is configured. */
  readonly auditorRole?: 'assume'
  /** Assume the role that retires credentials in the accounts, if one is configured. */
  readonly hygieneRole?: 'assume'
  /** IAM Access Analyzer's checks of policies before their upload. */
  readonly policyChecks?: 'ask'
  /** The page's secret: of its client at the provider, and the keys of its cookies. */
  readonly pageSecret?: 'read'
  /** `publish`: put events on the event bus. `deliver`: send mails, read the secret URLs of webhooks and post to them. */
  readonly outcomes?: 'publish' | 'deliver'
}

/**
 * The union of these rights. A place is left out if another one contains it and allows as much. `directory` takes the widest value, `groups` and
 * `members` together are both; of the other single values, the last one counts.
 */
export function joinRights(...all: readonly Rights[]): Rights {
  let joined: Rights = {}
  for (const rights of all) joined = { ...joined, ...rights }
  const write = outermost(all, 'write')
  const put = outermost(all, 'put', write)
  const remove = outermost(all, 'remove', write)
  const queues = (list: 'send' | 'receive') =>
    workedQueues.filter((queue) => all.some((one) => one[list]?.includes(queue)))
  const asked = new Set(all.map(({ directory }) => directory))
  const widest = directories.findLast((one) => asked.has(one))
  const directory = widest === 'members' && asked.has('groups') ? 'members and groups' : widest
  return {
    ...joined,
    read: outermost(all, 'read', [...write, ...put, ...remove]),
    write,
    put,
    remove,
    send: queues('send'),
    receive: queues('receive'),
    ...(directory && { directory }),
  }
}

function outermost(all: readonly Rights[], list: keyof Places, allowed: readonly string[] = []): readonly string[] {
  const places = [...new Set(all.flatMap((rights) => rights[list] ?? []))].sort()
  return places.filter(
    (place) => ![...allowed, ...places.filter((other) => other !== place)].some((other) => isWithin(other, place)),
  )
}

/** Whether these rights allow to use an object. Every role may read the owner of the bucket. */
export function mayUse(rights: Rights, how: 'read' | 'put' | 'delete', key: string): boolean {
  const has = (places: readonly string[] = []) => places.some((place) => isWithin(place, key))
  if (how === 'read') return key === 'control/owner.json' || has(placesOfRights(rights))
  return has(rights.write) || has(how === 'put' ? rights.put : rights.remove)
}

/** Everything that these rights let read. */
export function placesOfRights({ read = [], write = [], put = [], remove = [] }: Rights): readonly string[] {
  return [...read, ...write, ...put, ...remove]
}

/** Whether a right to `place` is one to this key, or to this narrower place. */
export function isWithin(place: string, key: string): boolean {
  return place === '' || place.endsWith('/') ? key.startsWith(place) : key === place
}

/** The function that gets a kind's messages. `undefined`: a schedule looks for changes. */
function handlerOf({ queue, starts }: Kind): FunctionName | undefined {
  return starts ?? functionNames.find((name) => functionSettings[name].queues?.some((own) => own.name === queue))
}

function statusesOf({ at }: Kind): string {
  return `status/${at}${at.endsWith('/') ? '' : '.json'}`
}

/**
 * The rights of a function to the files of its kinds, to their statuses, and to what they use. A kind that is not wanted has only its
 * statuses: S3 tells of its files, and their uploader reads there that nothing comes of them.
 */
export function rightsByKinds(name: FunctionName, isWanted: (kind: Kind) => boolean = () => true): Rights {
  const told = allKinds().filter((kind) => handlerOf(kind) === name)
  const handled = told.filter(isWanted)
  const dispatched = allKinds().flatMap((kind) => kind.dispatched ?? [])
  return joinRights(
    {
      read: handled.map(({ at }) => at),
      write: [...told.map(statusesOf), ...(name === 'dispatcher' ? dispatched : [])],
    },
    ...handled.map(({ uses = {} }) => uses),
  )
}

export const statusPlaces = ['status/', 'attention/'] as const
/** Besides the statuses of its kinds. ssofile retries calls that AWS refused after a minute. */
const lookingAtInputs = [
  'status/too-many/',
  'status/too-long/',
  'attention/',
  'state/failures/',
  'state/expiry/',
] as const
export const brakePlaces = ['control/brake.json', 'control/brake/'] as const
export const organizationPlaces = ['state/organization.json', 'state/organization/'] as const

/** Where to cut a long listing of access, so that a function lists several parts at once. */
export const marksOfLedger = 'state/marks.json'

/** Comparing everything: `reconcile.ts` of the differences. */
export const rightsToCompare = {
  read: [''],
  write: ['access/', 'attention/', 'state/', 'status/too-many/'],
  send: ['links', 'permission-sets', ...lanes, 'dispatch'],
} as const satisfies Rights

/** Following the people in ssofile's groups, and those who leave. */
export const rightsToFollowPeople = {
  put: ['changes/', 'history/leavers/'],
  // Urgent: suspended people.
  send: queuesOfPeople,
  identityCenter: 'instance',
} as const satisfies Rights

/** A function with queues or requests; a job of a schedule has its own rights. */
type HandlingFunction = Exclude<FunctionName, ScheduledFunction>

/** The rights of each function besides those by kinds. The simulation fails for a call that is not granted. */
export const rightsOfFunctions: Readonly<Record<HandlingFunction, Rights>> = {
  router: { write: ['state/failures/'], send: inputQueues },
  links: {
    read: ['state/'],
    write: lookingAtInputs,
    put: organizationPlaces,
    send: ['links', ...lanes, 'dispatch'],
    organizations: 'tags',
  },
  'permission-sets': {
    read: [marksOfLedger],
    write: lookingAtInputs,
    // A failed message is retried in a group of its own.
    send: ['permission-sets', 'work-urgent', 'work', 'dispatch'],
  },
  requests: {
    // Statuses of links and requests.
    read: ['control/pause.json', 'status/'],
    write: [...lookingAtInputs, 'state/'],
    put: ['changes/', ...brakePlaces],
    // Whether a request was deleted before it was uploaded again.
    versions: 'list',
    // The dispatcher revokes the access of a suspended person; `links` evaluates the person's links after the suspension.
    send: [...queuesOfPeople, 'links', ...lanes, 'dispatch'],
    organizations: 'read',
    directory: 'change',
    identityCenter: 'instance',
  },
  events: {
    ...joinRights(rightsToCompare, rightsToFollowPeople),
    organizations: 'tags',
    directory: 'read',
  },
  dispatcher: {
    read: [''],
    write: [
      'access/',
      'assignments/',
      'foreign/',
      ...statusPlaces,
      'state/',
      'control/dispatcher.json',
      'control/ended-sessions.json',
    ],
    // A pause, if the ledger is lost.
    put: [
      'changes/',
      'history/',
      ...brakePlaces,
      'control/configured.json',
      'control/pause.json',
      'control/resumed.json',
    ],
    // To the queue of events: after a pause it compares everything again. To the urgent one: a suspended person's last access is gone.
    send: [...lanes, 'dispatch', 'links', 'permission-sets', 'events', 'urgent'],
    receive: lanes,
    // When links were deleted: a flood after the brake's window, or one that is still under way.
    versions: 'list',
    organizations: 'tags',
    // Members: for policies about people.
    directory: 'members',
    identityCenter: 'change',
    // For the drift check.
    accountAccess: 'read',
  },
  digests: { outcomes: 'deliver' },
  usage: {
    // For uses that a policy watches: who is suspended, what allows everything, who has access.
    read: [
      ...['policies/', 'suspended/', 'state/suspended/', 'control/pause.json'],
      ...['permission_sets/', 'assignments/', 'foreign/'],
    ],
    put: ['usage/', 'changes/'],
    directory: 'members and groups',
    identityCenter: 'instance',
  },
  // No person may send: a message decides where ssofile looks and which mails it sends.
  redrive: {
    read: ['status/'],
    write: ['state/failures/'],
    send: workedQueues.filter((queue) => queue !== 'dispatch'),
    deadLetters: 'take',
  },
  owner: {
    put: ['control/owner.json', 'control/configuration.json', 'reports/writers.json'],
    identityCenter: 'instance',
  },
  // It writes only inputs that come by the API: `function-policy.ts`.
  api: {
    // A suspended person may not act in any way, also if the file is lost and everything is stopped.
    read: ['status/', 'policies/', 'suspended/', 'control/pause.json'],
    write: ['links_data/', 'permission_sets/'],
    put: ['state/deletions/'],
    // To identify the caller: the ARN of a session contains the name of a role, but not its path.
    ownRoles: 'read',
    // To check whether the person of that session may act.
    directory: 'read',
    identityCenter: 'instance',
  },
  page: {
    read: [
      'selectors/',
      'permission_sets/',
      // A suspended person may not act in any way, also if the file is lost and everything is stopped.
      'suspended/',
      'control/pause.json',
      'policies/',
      'state/unit-names.json',
      marksOfLedger,
      // Requests of the last 90 days; for auditors, what changed, the nightly reports and last uses.
      'history/',
      'changes/',
      'reports/',
      'usage/',
    ],
    write: ['state/signed-out/'],
    // For auditors.
    directory: 'members',
    pageSecret: 'read',
  },
}

/** The rights of API and page if people ask for temporary access by them, and review. */
export function rightsToAsk(): Rights {
  return {
    read: [
      'status/',
      'review-results/',
      'eligibility/',
      'state/eligibilities.json',
      'selectors/',
      // Since when uses are watched, not the uses.
      'usage/watched.json',
      ...organizationPlaces,
    ],
    // Nobody takes back an approval or a decision.
    write: [kinds.request.at],
    put: [...placesWrittenBy('oneself'), 'state/deletions/'],
    // Who may approve a request: the groups of the caller, the owner that an account's tag names, and whether anybody is in those groups.
    organizations: 'read',
    directory: 'members and groups',
    identityCenter: 'instance',
  }
}

/** The page's further rights for operators: the people who would lose held access; how old the last comparisons are. */
export const rightsOfPageOperators: Rights = {
  read: ['assignments/', 'state/drift.json', 'state/schedules/'],
  // Resuming deletes it.
  write: ['control/pause.json'],
  put: [...brakePlaces, 'control/resumed.json'],
}

/**
 * The rights of the role that operators assume for `import`, `release`, `restore` and `sessions end`: these write inputs and records, and
 * only read Identity Center. They delete released entries, outdated records under `foreign/`, and finished work.
 */
export const operatorRights: Rights = {
  read: [''],
  write: [
    'links_data/',
    'permission_sets/',
    'memberships/',
    'access/',
    'assignments/',
    'foreign/',
    'attention/',
    'state/',
    'control/dispatcher.json',
    'control/ended-sessions.json',
    'control/pause.json',
  ],
  // A taken-over permission set is in force, and no message makes a function report that.
  put: [
    'changes/',
    'history/',
    'owned_permission_sets/',
    'owned_groups/',
    'owned_memberships/',
    'owned_people/',
    'status/permission_sets/',
    // Which users the files mean.
    'status/links_data/',
    'status/memberships/',
    'status/suspended/',
    'status/too-long/',
    ...brakePlaces,
    'control/ledger.json',
    'control/configuration.json',
    'control/owner.json',
  ],
  versions: 'read',
  organizations: 'read',
  // Groups: those that give a user sessions to end. Memberships: whether a lost one exists.
  directory: 'memberships',
  identityCenter: 'read',
  // The documents of managed policies, for the plan that `push` and `restore` show.
  auditorRole: 'assume',
  // For `plan --check-access`.
  policyChecks: 'ask',
}

/**
 * The rights for `plan`, for the role of a pull request's job: it writes nothing. docs/pull-requests.md has the policy. It reads the files
 * that a folder may have, and all that the functions know about them.
 */
export function plannerRights(): Rights {
  return {
    read: [
      ...placesOf(({ isPushed, writers }) => isPushed === true || writers === 'people'),
      ...allKinds().flatMap(({ queue, uses, dispatched = [] }) =>
        queue === undefined ? [] : [...(uses?.write ?? []), ...dispatched],
      ),
      // A plan begins no review, and reads which ones run.
      'review-results/',
      'assignments/',
      'foreign/',
      ...statusPlaces,
      'state/',
      ...brakePlaces,
      'control/configuration.json',
      'control/ended-sessions.json',
      'control/owner.json',
      'control/pause.json',
    ],
    organizations: 'read',
    // It handles the files of people and groups on a copy of the directory.
    directory: 'memberships',
    identityCenter: 'read',
    // The documents of managed policies.
    auditorRole: 'assume',
    // Only for `--check-access`.
    policyChecks: 'ask',
  }
}
