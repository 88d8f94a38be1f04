import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import { permissionSetArn } from '../../shared/domain/principals/identity-center-ids.ts'
import type { Action } from './action.ts'
import type { FaultKind } from './chaos.ts'
import type { promises } from './oracle/violation.ts'
import {
  both,
  type Change,
  firstMembers,
  forgetting,
  keeping,
  misjudging,
  misreading,
  miswriting,
  notFinding,
  onlyIn,
  otherwise,
  overlooking,
  overwriting,
  provisioned,
  reading,
  readingOnce,
  refusedAt,
  sending,
  succeedingAt,
  taken,
  unwritten,
  writing,
} from './sabotage-ports.ts'
import { strike } from './scenario-steps.ts'
import type { Profile } from './simulate.ts'

type Where = {
  /** The kind of lives that it is looked for in; default: all. */
  readonly profile?: Profile
  /** What strikes canonical lives, where it needs that. */
  readonly strike?: Action
}
type Breaks = keyof typeof promises
type Configure = (configuration: Configuration) => Configuration

/** A deliberate defect: the product sees, or changes, something else than it should, or is configured otherwise. */
export type Sabotage = Where & {
  readonly name: string
  /** It counts as found only by this. */
  readonly breaks: Breaks
  /** Around the ports of each process. */
  readonly ports?: Change
  /** What the product is told; the oracle goes by the other one. */
  readonly configuration?: Configure
}

/** What is refused or unanswered is taken for something else, where that strikes creations. */
const ofAnswers: readonly (readonly [name: string, Breaks, (codes: RegExp) => Change, RegExp, FaultKind])[] = [
  ['an answer that was lost counts as a refusal', 'record', refusedAt, /^NoAnswer$/, 'lose-answer'],
  [
    'an answer with HTTP 5xx counts as a refusal',
    'record',
    refusedAt,
    /^(Unknown|Syntax|Service|Internal)/,
    'break-answer',
  ],
  ['a throttled call is taken for success', 'convergence', succeedingAt, /^ThrottlingException$/, 'refuse-throttled'],
  ['a conflict is taken for success', 'convergence', succeedingAt, /^ConflictException$/, 'refuse-conflict'],
  ['a denied call is taken for success', 'convergence', succeedingAt, /^AccessDeniedException$/, 'refuse-denied'],
  [
    'an internal error is taken for success',
    'convergence',
    succeedingAt,
    /^InternalServerException$/,
    'refuse-internal',
  ],
]

const ofPorts: readonly (readonly [name: string, Breaks, Change, Where?])[] = [
  // What AWS says of a request, a write or the time.
  ['FAILED is taken for success', 'convergence', misjudging((_, { state }) => state === 'FAILED')],
  ['an accepted deletion is taken for its end', 'record', misjudging((kind) => kind === 'deletion')],
  [
    'a race of two writers is taken for a write',
    'record',
    writing('', (ports, ...written) =>
      taken(ports.objects.put(...written), /^ConditionalRequestConflict$/, () => unwritten(ports)),
    ),
    { strike: strike('refuse-race', 'any', { process: 'any', times: 9 }) },
  ],
  [
    'the clock of a process that stood still has stood still too',
    'quotas',
    (ports) => {
      const began = ports.leaseClock.monotonicMs()
      return { ...ports, leaseClock: { ...ports.leaseClock, monotonicMs: () => began } }
    },
    { strike: strike('freeze', 'writes', { skip: 6 }) },
  ],
  [
    'a sweep overlooks what S3 did not report',
    'convergence',
    onlyIn(['sweep'], overlooking(/^links_data\//)),
    { strike: { do: 'lose the next event', count: 1 } },
  ],
  ['a dispatcher does not look for open work', 'convergence', onlyIn(['dispatcher'], overlooking(/^state\/open\//))],
  ['the dispatcher is never woken', 'convergence', sending('dispatch', () => [])],
  // What is recorded and told.
  ['the ledger is not written before the call', 'record', forgetting('assignments/', 'ifNoneMatch')],
  [
    'a ledger entry that cannot be read is begun again',
    'record',
    both(
      reading('assignments/', async (read) => {
        const found = await read()
        return found && Buffer.from(found.body).toString().trimEnd().endsWith('}') ? found : undefined
      }),
      overwriting('assignments/'),
    ),
  ],
  ['an event is in history only, and not under its date', 'record', forgetting('changes/')],
  ['foreign access that is found is not recorded', 'convergence', forgetting('foreign/')],
  ['the list of all access is not kept', 'convergence', forgetting('access/')],
  ['a status is told once, and never again', 'status', forgetting('status/', 'ifMatch')],
  ['what wants nobody any more stays in the index', 'status', keeping('attention/')],
  // Whose access is to be there.
  [
    'an account is gone with the first listing that lacks it',
    'record',
    misreading('state/missing-accounts.json', (text) => text.replace(/("first":\s*")\d{4}/g, '$12025')),
  ],
  [
    'a listing that lacks an access is believed at once',
    'convergence',
    otherwise('ssoAdmin', (ssoAdmin) => ({
      async listAccountAssignments(...asked) {
        const page = await ssoAdmin.listAccountAssignments(...asked)
        return { ...page, items: page.items.slice(1) }
      },
    })),
  ],
  [
    'what others gave is not seen before a grant',
    'foreign',
    otherwise('ssoAdmin', () => ({ listAccountAssignments: async () => ({ items: [] }) })),
  ],
  [
    'an incomplete listing of the organization is trusted',
    'convergence',
    otherwise('organizations', (organizations) => ({
      listAccounts: async () => ({ ...(await organizations.listAccounts()), nextToken: undefined }),
    })),
  ],
  [
    'any error while reading a link is taken for its absence',
    'foreign',
    reading('links_data/', (read) => read().catch(() => undefined)),
  ],
  [
    'links that are wider than an account are not looked at before a revocation',
    'convergence',
    onlyIn(['dispatcher'], overlooking(/^links_data\/(root|ou_id)%/)),
  ],
  ['what was read first of a link is believed for ever', 'convergence', readingOnce('links_data/')],
  ['what was read first of a selector is believed for ever', 'convergence', readingOnce('selectors/')],
  [
    'expiry is ignored',
    'convergence',
    misreading('links_data/', (text) => text.replace(/("expiresAt":\s*")\d{4}/, '$12999')),
  ],
  // Permission sets.
  [
    'accounts are not provisioned after a change',
    'convergence',
    otherwise('ssoAdmin', (ssoAdmin, ports) => ({
      provisionPermissionSet: async (arn) => provisioned(arn, ports),
      describeProvisioning: async (id) => provisioned(permissionSetArn.parse(id), ports),
      listAccountsForProvisionedPermissionSet: async (arn, status, token) =>
        status === 'LATEST_PERMISSION_SET_NOT_PROVISIONED'
          ? { items: [] }
          : ssoAdmin.listAccountsForProvisionedPermissionSet(arn, status, token),
    })),
  ],
  [
    'nothing keeps a permission set from being deleted',
    'convergence',
    both(overlooking(/%(First|Late)-ps%/), notFinding('permission_sets/')),
  ],
  [
    'what others change in a permission set is not seen',
    'convergence',
    otherwise('ssoAdmin', () => ({ listManagedPolicies: async () => ({ items: [] }) })),
  ],
  // Limits, pause, rights.
  [
    'the lease is not asked for',
    'quotas',
    both(overwriting('control/dispatcher.json'), notFinding('control/dispatcher.json')),
  ],
  ['nobody notices a pause', 'pause', reading('control/pause.json', async () => undefined)],
  ['a lost ledger stops nothing', 'pause', forgetting('control/pause.json')],
  [
    'a function reads what its role may not',
    'grants',
    onlyIn(
      ['links'],
      reading('links_data/', async (read, _key, { objects }) => {
        await objects.get('control/brake.json')
        return read()
      }),
    ),
  ],
  // The brake, and other uploaders.
  [
    'what the brake counts is forgotten at once',
    'brake',
    misreading('control/brake.json', (text) => text.replace(/"windows":\s*\[.*?\](?=,\s*"|\s*\})/s, '"windows":[]')),
    { profile: 'brake' },
  ],
  [
    'an edit is judged as if nobody had the permission set',
    'brake',
    onlyIn(['permission-sets', 'dispatcher'], overlooking(/^(assignments|foreign)\//)),
    { profile: 'brake' },
  ],
  [
    'whoever uploads last is named for all',
    'others',
    miswriting('assignments/', (text) => text.replace(/"AWS:someone"/g, '"AWS:mallory"')),
    { profile: 'hostile' },
  ],
  // Temporary access, and its sessions.
  [
    'one approval is enough where two are asked for',
    'temporary',
    misreading('eligibility/', (text) => text.replace('"approvals":2', '"approvals":1')),
    { profile: 'requests' },
  ],
  [
    'a denial counts as an approval',
    'temporary',
    misreading('approvals/', (text) => text.replace('"deny"', '"approve"')),
    { profile: 'requests' },
  ],
  [
    'what is granted for a while has no end',
    'temporary',
    miswriting('links_data/temporary/', (text) => text.replace(/"expiresAt":\s*"[^"]*",?/, '')),
    { profile: 'requests' },
  ],
  ['a temporary link is never taken away', 'temporary', keeping('links_data/temporary/'), { profile: 'requests' }],
  [
    'who has left the approvers still counts',
    'temporary',
    otherwise('identityStore', (directory, ports) => ({
      listMembersOf: (group, token) =>
        firstMembers(ports, `members of ${group}`, () => directory.listMembersOf(group, token)),
      listGroupsOf: (user, token) =>
        firstMembers(ports, `groups of ${user}`, () => directory.listGroupsOf(user, token)),
    })),
    { profile: 'requests' },
  ],
  [
    'a changed file takes out what is denied to ended sessions',
    'sessions',
    onlyIn(
      ['dispatcher'],
      reading('control/ended-sessions.json', async () => undefined),
    ),
  ],
  [
    'what is denied to ended sessions is denied for ever',
    'sessions',
    otherwise('ssoAdmin', () => ({ deleteInlinePolicy: async () => undefined })),
  ],
  // People.
  ['who has another name by now is suspended no longer', 'suspended', overlooking(/^state\/suspended\//)],
  ['nobody reads the file that suspends somebody', 'suspended', notFinding('suspended/')],
  [
    'whoever was in the group before is taken for one of ours',
    'foreign',
    otherwise('identityStore', (directory) => {
      const looked = new Set<string>()
      return {
        async getGroupMembershipId(...of) {
          const found = await directory.getGroupMembershipId(...of)
          return looked.size === looked.add(of.join()).size ? found : undefined
        },
      }
    }),
  ],
  ['what a rule said first is believed for ever', 'convergence', readingOnce('rules/')],
  [
    'nobody is taken out of a group, and nobody says so',
    'record',
    otherwise('identityStore', () => ({ deleteGroupMembership: async () => {} })),
  ],
]

const limiting =
  (more: (limits: Configuration['limits']) => Partial<Configuration['limits']>): Configure =>
  ({ limits, ...rest }) => ({ ...rest, limits: { ...limits, ...more(limits) } })

const braking =
  (more: number): Configure =>
  ({ brake: { own, indirect, ...brake }, ...rest }) => ({
    ...rest,
    brake: {
      ...brake,
      own: { ...own, count: own.count + more },
      indirect: { ...indirect, count: indirect.count + more, most: indirect.most + more },
    },
  })

const ofConfiguration: readonly (readonly [name: string, Breaks, Configure, Where?])[] = [
  [
    'one assignment request more than allowed is outstanding',
    'quotas',
    limiting(({ outstanding }) => ({ outstanding: outstanding + 1 })),
  ],
  [
    'one provisioning more than allowed is in progress',
    'quotas',
    limiting(({ provisionings }) => ({ provisionings: provisionings + 1 })),
  ],
  ['calls leave twice as fast as AWS allows', 'quotas', limiting(() => ({ callsPerSecond: 40 }))],
  ['the brake holds one too late', 'brake', braking(1), { profile: 'brake' }],
  ['the brake holds one too early', 'brake', braking(-1), { profile: 'brake' }],
  [
    'the grace of a principal that is gone is ignored',
    'foreign',
    (configuration) => ({ ...configuration, orphanGraceMinutes: 0 }),
  ],
]

/** Defects that the simulation must find, or it proves nothing. */
export const sabotages: readonly Sabotage[] = [
  ...ofAnswers.map(
    ([name, breaks, change, codes, kind]): Sabotage => ({
      name,
      breaks,
      ports: change(codes),
      strike: strike(kind, 'creations'),
    }),
  ),
  ...ofPorts.map(([name, breaks, ports, where]): Sabotage => ({ name, breaks, ports, ...where })),
  ...ofConfiguration.map(
    ([name, breaks, configuration, where]): Sabotage => ({ name, breaks, configuration, ...where }),
  ),
]
