import type { RoleName } from '../../infra/function-permissions.ts'
import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import { permissionSetArn } from '../../shared/domain/principals/identity-center-ids.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { ServiceError } from '../../shared/ports/service-error.ts'
import type { Action } from './action.ts'
import type { promises } from './oracle/violation.ts'
import {
  firstPlace,
  forgetting,
  madeUp,
  misreading,
  miswriting,
  otherwise,
  overlooking,
  overwriting,
  provisioned,
  reading,
  readingOnce,
  remembering,
  sending,
  succeeded,
  taken,
  writing,
} from './sabotage-ports.ts'
import { strike } from './scenario-steps.ts'
import type { Profile } from './simulate.ts'

/** A deliberate defect: the product sees, or changes, something else than it should, or is configured otherwise. */
export type Sabotage = {
  readonly name: string
  /** It counts as found only by one of these. */
  readonly breaks: readonly (keyof typeof promises)[]
  /** The kind of lives that it is looked for in; default: all. */
  readonly profile?: Profile
  /** `false`: a sweep heals it within five minutes, so it is looked for without one. */
  readonly sweeps?: false
  /** What strikes canonical lives, where it needs that. */
  readonly strike?: Action
  /** Around the ports of each process. */
  readonly ports?: (ports: Ports, process: RoleName) => Ports
  /** What the product is told; the oracle goes by the other one. */
  readonly configuration?: (configuration: Configuration) => Configuration
}

/** As a deletion whose time is over, or a process that died: what is refused or unanswered is taken for something else. */
const ofFaults: readonly Sabotage[] = [
  {
    name: 'FAILED is taken for success',
    breaks: ['convergence'],
    ports: (ports) =>
      otherwise(ports, 'ssoAdmin', {
        async describeAssignmentRequest(kind, id) {
          const request = await ports.ssoAdmin.describeAssignmentRequest(kind, id)
          return request?.state === 'FAILED' ? { ...request, state: 'SUCCEEDED' } : request
        },
      }),
  },
  {
    name: 'an accepted deletion is taken for its end',
    breaks: ['record'],
    ports: (ports) =>
      otherwise(ports, 'ssoAdmin', {
        async describeAssignmentRequest(kind, id) {
          const request = await ports.ssoAdmin.describeAssignmentRequest(kind, id)
          return kind === 'deletion' && request ? { ...request, state: 'SUCCEEDED' } : request
        },
      }),
  },
  ...(
    [
      ['an answer that was lost counts as a refusal', /^NoAnswer$/, 'lose-answer'],
      ['an answer with HTTP 5xx counts as a refusal', /^(Unknown|SyntaxError|Service.*|Internal.*)$/, 'break-answer'],
    ] as const
  ).map(
    ([name, codes, kind]): Sabotage => ({
      name,
      strike: strike(kind, 'creations'),
      breaks: ['record', 'convergence', 'foreign'],
      ports: (ports) =>
        otherwise(ports, 'ssoAdmin', {
          createAccountAssignment: (target, options) =>
            taken(ports.ssoAdmin.createAccountAssignment(target, options), codes, () => {
              throw new ServiceError('sso-admin', 'ValidationException', 'refused')
            }),
        }),
    }),
  ),
  ...(
    [
      ['a throttled call is taken for success', /^ThrottlingException$/, 'refuse-throttled'],
      ['a conflict is taken for success', /^ConflictException$/, 'refuse-conflict'],
      ['a denied call is taken for success', /^AccessDeniedException$/, 'refuse-denied'],
      ['an internal error is taken for success', /^InternalServerException$/, 'refuse-internal'],
    ] as const
  ).map(
    ([name, codes, kind]): Sabotage => ({
      name,
      breaks: ['convergence', 'record', 'status'],
      strike: strike(kind, 'creations'),
      ports: (ports) =>
        otherwise(ports, 'ssoAdmin', {
          createAccountAssignment: (target, options) =>
            taken(ports.ssoAdmin.createAccountAssignment(target, options), codes, () => succeeded(target, ports)),
          describeAssignmentRequest: async (kind, id) =>
            madeUp(id, ports) ?? ports.ssoAdmin.describeAssignmentRequest(kind, id),
        }),
    }),
  ),
  {
    name: 'a race of two writers is taken for a write',
    breaks: ['record', 'status', 'convergence', 'brake'],
    strike: strike('refuse-race', 'any', { process: 'any', times: 9 }),
    ports: (ports) =>
      otherwise(ports, 'objects', {
        put: (...written) =>
          taken(ports.objects.put(...written), /^ConditionalRequestConflict$/, () => ({
            outcome: 'written',
            etag: 'nothing',
            servedAt: ports.clock.now(),
          })),
      }),
  },
  {
    name: 'the clock of a process that stood still has stood still too',
    breaks: ['quotas', 'foreign', 'record'],
    strike: strike('freeze', 'writes', { skip: 6 }),
    ports: (ports) => {
      const began = ports.leaseClock.monotonicMs()
      return { ...ports, leaseClock: { ...ports.leaseClock, monotonicMs: () => began } }
    },
  },
  {
    name: 'the first hint of each message is not sent',
    breaks: ['convergence', 'status'],
    sweeps: false,
    ports: (ports, process) =>
      process === 'dispatcher'
        ? ports
        : sending(ports, (queue, messages) => (queue.startsWith('work') ? messages.slice(1) : messages)),
  },
  {
    name: 'the dispatcher is never woken',
    breaks: ['convergence'],
    ports: (ports) => sending(ports, (queue, messages) => (queue === 'dispatch' ? [] : messages)),
  },
  {
    name: 'a sweep overlooks what S3 did not report',
    breaks: ['convergence', 'status'],
    strike: { do: 'lose the next event', count: 1 },
    ports: (ports, process) =>
      process === 'sweep' ? overlooking(ports, (key) => key.startsWith('links_data/')) : ports,
  },
]

const ofAccess: readonly Sabotage[] = [
  {
    name: 'the ledger is not written before the call',
    breaks: ['record'],
    ports: (ports) =>
      writing(ports, 'assignments/', async (key, body, condition) =>
        condition !== undefined && 'ifNoneMatch' in condition
          ? { outcome: 'written', etag: 'nothing', servedAt: ports.clock.now() }
          : ports.objects.put(key, body, condition),
      ),
  },
  {
    name: 'a ledger entry that cannot be read is begun again',
    breaks: ['record'],
    ports: (ports) => {
      const parsed = reading(ports, 'assignments/', async (read) => {
        const found = await read()
        return found && Buffer.from(found.body).toString().trimEnd().endsWith('}') ? found : undefined
      })
      return writing(parsed, 'assignments/', (...written) => overwriting(ports, ...written))
    },
  },
  {
    name: 'an event is in history only, and not under its date',
    breaks: ['record'],
    ports: (ports) => forgetting(ports, 'changes/'),
  },
  {
    name: 'an account is gone with the first listing that lacks it',
    breaks: ['record', 'convergence'],
    ports: (ports) =>
      misreading(ports, 'state/missing-accounts.json', (text) =>
        text.replace(/("first":\s*")\d{4}/g, (_, start) => `${start}2025`),
      ),
  },
  {
    name: 'a listing that lacks an access is believed at once',
    breaks: ['record', 'convergence', 'foreign'],
    ports: (ports) => {
      const { ssoAdmin } = ports
      return otherwise(ports, 'ssoAdmin', {
        async listAccountAssignments(...asked) {
          const page = await ssoAdmin.listAccountAssignments(...asked)
          return { ...page, items: page.items.slice(1) }
        },
      })
    },
  },
  {
    name: 'any error while reading a link is taken for its absence',
    breaks: ['foreign', 'convergence'],
    ports: (ports) => reading(ports, 'links_data/', (read) => read().catch(() => undefined)),
  },
  {
    name: 'links that are wider than an account are not looked at before a revocation',
    breaks: ['foreign', 'convergence'],
    ports: (ports, process) =>
      process === 'dispatcher' ? overlooking(ports, (key) => /^links_data\/(root|ou_id)%/.test(key)) : ports,
  },
  {
    name: 'the place of an account is what it was first',
    breaks: ['foreign', 'convergence'],
    ports: (ports) =>
      otherwise(ports, 'organizations', {
        describeAccount: (id) => firstPlace(ports, id, () => ports.organizations.describeAccount(id)),
      }),
  },
  {
    name: 'what was read first of a link is believed for ever',
    breaks: ['foreign', 'convergence', 'status'],
    ports: (ports) => readingOnce(ports, 'links_data/'),
  },
  {
    name: 'what others gave is not seen before a grant',
    breaks: ['foreign'],
    ports: (ports) =>
      otherwise(ports, 'ssoAdmin', { listAccountAssignments: async () => ({ items: [], nextToken: undefined }) }),
  },
  {
    name: 'the grace of a principal that is gone is ignored',
    breaks: ['foreign'],
    profile: 'renamings',
    configuration: (configuration) => ({ ...configuration, orphanGraceMinutes: 0 }),
  },
  {
    name: 'the grace of a principal that is gone never ends',
    breaks: ['convergence'],
    profile: 'renamings',
    configuration: (configuration) => ({ ...configuration, orphanGraceMinutes: 1_000_000 }),
  },
  {
    name: 'an incomplete listing of the organization is trusted',
    breaks: ['convergence', 'status'],
    ports: (ports) =>
      otherwise(ports, 'organizations', {
        listAccounts: async () => ({ ...(await ports.organizations.listAccounts()), nextToken: undefined }),
      }),
  },
  {
    name: 'expiry is ignored',
    breaks: ['convergence', 'temporary'],
    ports: (ports) => misreading(ports, 'links_data/', (text) => text.replace(/"expiresAt"/, '"wasToEndAt"')),
  },
  {
    name: 'foreign access that is found is not recorded',
    breaks: ['convergence'],
    ports: (ports) => forgetting(ports, 'foreign/'),
  },
  {
    name: 'the list of all access is not kept',
    breaks: ['convergence'],
    ports: (ports) => forgetting(ports, 'access/'),
  },
]

const ofPermissionSets: readonly Sabotage[] = [
  {
    name: 'accounts are not provisioned after a change',
    breaks: ['convergence'],
    ports: (ports) =>
      otherwise(ports, 'ssoAdmin', {
        provisionPermissionSet: async (arn) => provisioned(arn, ports),
        describeProvisioning: async (id) => provisioned(permissionSetArn.parse(id), ports),
        listAccountsForProvisionedPermissionSet: async (arn, status, token) =>
          status === 'LATEST_PERMISSION_SET_NOT_PROVISIONED'
            ? { items: [] }
            : ports.ssoAdmin.listAccountsForProvisionedPermissionSet(arn, status, token),
      }),
  },
  {
    name: 'nothing keeps a permission set from being deleted',
    breaks: ['foreign', 'convergence', 'status'],
    ports: (ports) =>
      otherwise(
        overlooking(ports, (key) => /%(First|Late)-ps%/.test(key)),
        'objects',
        {
          head: async (key) => (key.startsWith('permission_sets/') ? undefined : ports.objects.head(key)),
        },
      ),
  },
  {
    name: 'what others change in a permission set is not seen',
    breaks: ['convergence'],
    ports: (ports) =>
      otherwise(ports, 'ssoAdmin', { listManagedPolicies: async () => ({ items: [], nextToken: undefined }) }),
  },
  {
    name: 'what was read first of a selector is believed for ever',
    breaks: ['foreign', 'convergence', 'brake', 'status'],
    ports: (ports) => readingOnce(ports, 'selectors/'),
  },
]

const ofStatuses: readonly Sabotage[] = [
  {
    name: 'a status is told once, and never again',
    breaks: ['status'],
    ports: (ports) =>
      writing(ports, 'status/', (key, body, condition) =>
        condition !== undefined && 'ifMatch' in condition
          ? Promise.resolve({ outcome: 'written', etag: 'nothing', servedAt: ports.clock.now() })
          : ports.objects.put(key, body, condition),
      ),
  },
  {
    name: 'what wants nobody any more stays in the index',
    breaks: ['status'],
    ports: (ports) =>
      otherwise(ports, 'objects', {
        delete: async (key, condition) =>
          key.startsWith('attention/') ? 'deleted' : ports.objects.delete(key, condition),
      }),
  },
]

const ofLimits: readonly Sabotage[] = [
  {
    name: 'one assignment request more than allowed is outstanding',
    breaks: ['quotas'],
    configuration: ({ limits, ...rest }) => ({ ...rest, limits: { ...limits, outstanding: limits.outstanding + 1 } }),
  },
  {
    name: 'one provisioning more than allowed is in progress',
    breaks: ['quotas'],
    configuration: ({ limits, ...rest }) => ({
      ...rest,
      limits: { ...limits, provisionings: limits.provisionings + 1 },
    }),
  },
  {
    name: 'calls leave twice as fast as AWS allows',
    breaks: ['quotas'],
    configuration: ({ limits, ...rest }) => ({ ...rest, limits: { ...limits, callsPerSecond: 40 } }),
  },
  {
    name: 'the lease is not asked for',
    breaks: ['quotas'],
    ports: (ports) =>
      otherwise(ports, 'objects', {
        head: async (key) => (key === 'control/dispatcher.json' ? undefined : ports.objects.head(key)),
        put: (...written) =>
          written[0] === 'control/dispatcher.json' ? overwriting(ports, ...written) : ports.objects.put(...written),
      }),
  },
  {
    name: 'nobody notices a pause',
    breaks: ['pause'],
    ports: (ports) => reading(ports, 'control/pause.json', async () => undefined),
  },
  {
    name: 'a lost ledger stops nothing',
    breaks: ['pause', 'foreign'],
    ports: (ports) => forgetting(ports, 'control/pause.json'),
  },
  {
    name: 'a function reads what its role may not',
    breaks: ['grants'],
    ports: (ports, process) =>
      process === 'links'
        ? reading(ports, 'links_data/', async (read) => {
            await ports.objects.get('control/brake.json')
            return read()
          })
        : ports,
  },
]

const ofSuspensions: readonly Sabotage[] = [
  {
    name: 'who has another name by now is suspended no longer',
    breaks: ['suspended'],
    ports: (ports) => overlooking(ports, (key) => key.startsWith('state/suspended/')),
  },
  {
    name: 'nobody reads the file that suspends somebody',
    breaks: ['suspended'],
    ports: (ports) =>
      otherwise(ports, 'objects', {
        head: async (key) => (key.startsWith('suspended/') ? undefined : ports.objects.head(key)),
      }),
  },
]

const ofMemberships: readonly Sabotage[] = [
  {
    name: 'whoever was in the group before is taken for one of ours',
    breaks: ['foreign'],
    ports: (ports) => {
      const looked = new Set<string>()
      return otherwise(ports, 'identityStore', {
        async getGroupMembershipId(...of) {
          const found = await ports.identityStore.getGroupMembershipId(...of)
          return looked.size === looked.add(of.join()).size ? found : undefined
        },
      })
    },
  },
  {
    name: 'what a rule said first is believed for ever',
    breaks: ['convergence', 'foreign'],
    ports: (ports) => readingOnce(ports, 'rules/'),
  },
  {
    name: 'nobody is taken out of a group, and nobody says so',
    breaks: ['convergence', 'suspended', 'record'],
    ports: (ports) => otherwise(ports, 'identityStore', { deleteGroupMembership: async () => {} }),
  },
]

const ofBrake: readonly Sabotage[] = [
  { name: 'the brake holds one too late', more: 1 },
  { name: 'the brake holds one too early', more: -1 },
].map(
  ({ name, more }): Sabotage => ({
    name,
    breaks: ['brake'],
    profile: 'brake',
    configuration: ({ brake, ...rest }) => ({
      ...rest,
      brake: {
        ...brake,
        own: { ...brake.own, count: brake.own.count + more },
        indirect: { ...brake.indirect, count: brake.indirect.count + more, most: brake.indirect.most + more },
      },
    }),
  }),
)

const ofHolds: readonly Sabotage[] = [
  {
    name: 'what the brake counts is forgotten at once',
    breaks: ['brake'],
    profile: 'brake',
    ports: (ports) =>
      misreading(ports, 'control/brake.json', (text) =>
        text.replace(/"windows":\s*\[.*?\](?=,\s*"|\s*\})/s, '"windows":[]'),
      ),
  },
  {
    name: 'an edit is judged as if nobody had the permission set',
    breaks: ['brake'],
    profile: 'brake',
    ports: (ports, process) =>
      process === 'permission-sets' || process === 'dispatcher'
        ? overlooking(ports, (key) => /^(assignments|foreign)\//.test(key))
        : ports,
  },
]

const ofOthers: readonly Sabotage[] = [
  {
    name: 'a folder has as many message groups as it has files',
    breaks: ['others'],
    profile: 'hostile',
    ports: (ports) =>
      sending(ports, (queue, messages) =>
        queue === 'links' ? messages.map((one) => ({ ...one, groupId: String(one.deduplicationId) })) : messages,
      ),
  },
  {
    name: 'whoever uploads last is named for all',
    breaks: ['others'],
    profile: 'hostile',
    ports: (ports) => miswriting(ports, 'assignments/', (text) => text.replace(/"AWS:someone"/g, '"AWS:mallory"')),
  },
]

const ofPeople: readonly Sabotage[] = [
  {
    name: 'one approval is enough where two are asked for',
    breaks: ['temporary'],
    profile: 'requests',
    ports: (ports) => misreading(ports, 'eligibility/', (text) => text.replace('"approvals":2', '"approvals":1')),
  },
  {
    name: 'a denial counts as an approval',
    breaks: ['temporary'],
    profile: 'requests',
    ports: (ports) => misreading(ports, 'approvals/', (text) => text.replace('"deny"', '"approve"')),
  },
  {
    name: 'what is granted for a while has no end',
    breaks: ['temporary'],
    profile: 'requests',
    ports: (ports) =>
      miswriting(ports, 'links_data/temporary/', (text) => text.replace(/"expiresAt":\s*"[^"]*",?/, '')),
  },
  {
    name: 'who has left the approvers still counts',
    breaks: ['temporary'],
    profile: 'requests',
    ports: (ports) =>
      otherwise(ports, 'identityStore', {
        listMembersOf: remembering(ports, (group, token) => ports.identityStore.listMembersOf(group, token)),
        listGroupsOf: remembering(ports, (user, token) => ports.identityStore.listGroupsOf(user, token)),
      }),
  },
  {
    name: 'a temporary link is never taken away',
    breaks: ['temporary'],
    profile: 'requests',
    ports: (ports) =>
      otherwise(ports, 'objects', {
        delete: async (key, condition) =>
          key.startsWith('links_data/temporary/') ? 'deleted' : ports.objects.delete(key, condition),
      }),
  },
  {
    name: 'a changed file takes out what is denied to ended sessions',
    breaks: ['sessions'],
    ports: (ports, process) =>
      process === 'dispatcher' ? reading(ports, 'control/ended-sessions.json', async () => undefined) : ports,
  },
  {
    name: 'what is denied to ended sessions is denied for ever',
    breaks: ['sessions'],
    ports: (ports) => otherwise(ports, 'ssoAdmin', { deleteInlinePolicy: async () => undefined }),
  },
]

/** Defects that the simulation must find, or it proves nothing. */
export const sabotages: readonly Sabotage[] = [
  ...ofFaults,
  ...ofAccess,
  ...ofPermissionSets,
  ...ofStatuses,
  ...ofLimits,
  ...ofBrake,
  ...ofHolds,
  ...ofOthers,
  ...ofPeople,
  ...ofSuspensions,
  ...ofMemberships,
]
