import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import { permissionSetArn } from '../../shared/domain/principals/identity-center-ids.ts'
import { ServiceError } from '../../shared/ports/service-error.ts'
import type { Action } from './action.ts'
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
  sending,
  succeedingAt,
  taken,
  unwritten,
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
  /** What strikes canonical lives, where it needs that. */
  readonly strike?: Action
  /** Around the ports of each process. */
  readonly ports?: Change
  /** What the product is told; the oracle goes by the other one. */
  readonly configuration?: (configuration: Configuration) => Configuration
}

/** What is refused or unanswered is taken for something else, or a process does not notice that it stood still. */
const ofFaults: readonly Sabotage[] = [
  {
    name: 'FAILED is taken for success',
    breaks: ['convergence'],
    ports: misjudging((_, { state }) => state === 'FAILED'),
  },
  {
    name: 'an accepted deletion is taken for its end',
    breaks: ['record'],
    ports: misjudging((kind) => kind === 'deletion'),
  },
  ...(
    [
      ['an answer that was lost counts as a refusal', /^NoAnswer$/, 'lose-answer'],
      ['an answer with HTTP 5xx counts as a refusal', /^(Unknown|SyntaxError|Service.*|Internal.*)$/, 'break-answer'],
    ] as const
  ).map(
    ([name, codes, kind]): Sabotage => ({
      name,
      breaks: ['record', 'convergence', 'foreign'],
      strike: strike(kind, 'creations'),
      ports: otherwise('ssoAdmin', (ssoAdmin) => ({
        createAccountAssignment: (target, options) =>
          taken(ssoAdmin.createAccountAssignment(target, options), codes, () => {
            throw new ServiceError('sso-admin', 'ValidationException', 'refused')
          }),
      })),
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
      ports: succeedingAt(codes),
    }),
  ),
  {
    name: 'a race of two writers is taken for a write',
    breaks: ['record', 'status', 'convergence', 'brake'],
    strike: strike('refuse-race', 'any', { process: 'any', times: 9 }),
    ports: writing('', (ports, ...written) =>
      taken(ports.objects.put(...written), /^ConditionalRequestConflict$/, () => unwritten(ports)),
    ),
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
  { name: 'the dispatcher is never woken', breaks: ['convergence'], ports: sending('dispatch', () => []) },
  {
    name: 'a sweep overlooks what S3 did not report',
    breaks: ['convergence', 'status'],
    strike: { do: 'lose the next event', count: 1 },
    ports: onlyIn(['sweep'], overlooking(/^links_data\//)),
  },
]

const ofRecords: readonly Sabotage[] = [
  {
    name: 'the ledger is not written before the call',
    breaks: ['record'],
    ports: forgetting('assignments/', 'ifNoneMatch'),
  },
  {
    name: 'a ledger entry that cannot be read is begun again',
    breaks: ['record'],
    ports: both(
      reading('assignments/', async (read) => {
        const found = await read()
        return found && Buffer.from(found.body).toString().trimEnd().endsWith('}') ? found : undefined
      }),
      overwriting('assignments/'),
    ),
  },
  { name: 'an event is in history only, and not under its date', breaks: ['record'], ports: forgetting('changes/') },
  { name: 'foreign access that is found is not recorded', breaks: ['convergence'], ports: forgetting('foreign/') },
  { name: 'the list of all access is not kept', breaks: ['convergence'], ports: forgetting('access/') },
  { name: 'a status is told once, and never again', breaks: ['status'], ports: forgetting('status/', 'ifMatch') },
  { name: 'what wants nobody any more stays in the index', breaks: ['status'], ports: keeping('attention/') },
]

const ofAccess: readonly Sabotage[] = [
  {
    name: 'an account is gone with the first listing that lacks it',
    breaks: ['record', 'convergence'],
    ports: misreading('state/missing-accounts.json', (text) => text.replace(/("first":\s*")\d{4}/g, '$12025')),
  },
  {
    name: 'a listing that lacks an access is believed at once',
    breaks: ['record', 'convergence', 'foreign'],
    ports: otherwise('ssoAdmin', (ssoAdmin) => ({
      async listAccountAssignments(...asked) {
        const page = await ssoAdmin.listAccountAssignments(...asked)
        return { ...page, items: page.items.slice(1) }
      },
    })),
  },
  {
    name: 'any error while reading a link is taken for its absence',
    breaks: ['foreign', 'convergence'],
    ports: reading('links_data/', (read) => read().catch(() => undefined)),
  },
  {
    name: 'links that are wider than an account are not looked at before a revocation',
    breaks: ['foreign', 'convergence'],
    ports: onlyIn(['dispatcher'], overlooking(/^links_data\/(root|ou_id)%/)),
  },
  {
    name: 'what was read first of a link is believed for ever',
    breaks: ['foreign', 'convergence', 'status'],
    ports: readingOnce('links_data/'),
  },
  {
    name: 'what others gave is not seen before a grant',
    breaks: ['foreign'],
    ports: otherwise('ssoAdmin', () => ({ listAccountAssignments: async () => ({ items: [] }) })),
  },
  {
    name: 'the grace of a principal that is gone is ignored',
    breaks: ['foreign'],
    profile: 'renamings',
    configuration: (configuration) => ({ ...configuration, orphanGraceMinutes: 0 }),
  },
  {
    name: 'expiry is ignored',
    breaks: ['convergence', 'temporary'],
    ports: misreading('links_data/', (text) => text.replace(/"expiresAt"/, '"wasToEndAt"')),
  },
  {
    name: 'an incomplete listing of the organization is trusted',
    breaks: ['convergence', 'status'],
    ports: otherwise('organizations', (organizations) => ({
      listAccounts: async () => ({ ...(await organizations.listAccounts()), nextToken: undefined }),
    })),
  },
]

const ofPermissionSets: readonly Sabotage[] = [
  {
    name: 'accounts are not provisioned after a change',
    breaks: ['convergence'],
    ports: otherwise('ssoAdmin', (ssoAdmin, ports) => ({
      provisionPermissionSet: async (arn) => provisioned(arn, ports),
      describeProvisioning: async (id) => provisioned(permissionSetArn.parse(id), ports),
      listAccountsForProvisionedPermissionSet: async (arn, status, token) =>
        status === 'LATEST_PERMISSION_SET_NOT_PROVISIONED'
          ? { items: [] }
          : ssoAdmin.listAccountsForProvisionedPermissionSet(arn, status, token),
    })),
  },
  {
    name: 'nothing keeps a permission set from being deleted',
    breaks: ['foreign', 'convergence', 'status'],
    ports: both(overlooking(/%(First|Late)-ps%/), notFinding('permission_sets/')),
  },
  {
    name: 'what others change in a permission set is not seen',
    breaks: ['convergence'],
    ports: otherwise('ssoAdmin', () => ({ listManagedPolicies: async () => ({ items: [] }) })),
  },
  {
    name: 'what was read first of a selector is believed for ever',
    breaks: ['foreign', 'convergence', 'brake', 'status'],
    ports: readingOnce('selectors/'),
  },
]

type Limits = Configuration['limits']

const ofLimits: readonly Sabotage[] = [
  ...(
    [
      [
        'one assignment request more than allowed is outstanding',
        ({ outstanding }) => ({ outstanding: outstanding + 1 }),
      ],
      [
        'one provisioning more than allowed is in progress',
        ({ provisionings }) => ({ provisionings: provisionings + 1 }),
      ],
      ['calls leave twice as fast as AWS allows', () => ({ callsPerSecond: 40 })],
    ] satisfies [string, (limits: Limits) => Partial<Limits>][]
  ).map(
    ([name, more]): Sabotage => ({
      name,
      breaks: ['quotas'],
      configuration: ({ limits, ...rest }) => ({ ...rest, limits: { ...limits, ...more(limits) } }),
    }),
  ),
  {
    name: 'the lease is not asked for',
    breaks: ['quotas'],
    ports: both(overwriting('control/dispatcher.json'), notFinding('control/dispatcher.json')),
  },
  { name: 'nobody notices a pause', breaks: ['pause'], ports: reading('control/pause.json', async () => undefined) },
  { name: 'a lost ledger stops nothing', breaks: ['pause', 'foreign'], ports: forgetting('control/pause.json') },
  {
    name: 'a function reads what its role may not',
    breaks: ['grants'],
    ports: onlyIn(
      ['links'],
      reading('links_data/', async (read, _key, { objects }) => {
        await objects.get('control/brake.json')
        return read()
      }),
    ),
  },
]

const ofBrake: readonly Sabotage[] = [
  ...[
    { name: 'the brake holds one too late', more: 1 },
    { name: 'the brake holds one too early', more: -1 },
  ].map(
    ({ name, more }): Sabotage => ({
      name,
      breaks: ['brake'],
      profile: 'brake',
      configuration: ({ brake: { own, indirect, ...brake }, ...rest }) => ({
        ...rest,
        brake: {
          ...brake,
          own: { ...own, count: own.count + more },
          indirect: { ...indirect, count: indirect.count + more, most: indirect.most + more },
        },
      }),
    }),
  ),
  {
    name: 'what the brake counts is forgotten at once',
    breaks: ['brake'],
    profile: 'brake',
    ports: misreading('control/brake.json', (text) =>
      text.replace(/"windows":\s*\[.*?\](?=,\s*"|\s*\})/s, '"windows":[]'),
    ),
  },
  {
    name: 'an edit is judged as if nobody had the permission set',
    breaks: ['brake'],
    profile: 'brake',
    ports: onlyIn(['permission-sets', 'dispatcher'], overlooking(/^(assignments|foreign)\//)),
  },
]

const ofOthers: readonly Sabotage[] = [
  {
    name: 'a folder has as many message groups as it has files',
    breaks: ['others'],
    profile: 'hostile',
    ports: sending('links', (one) => [{ ...one, groupId: String(one.deduplicationId) }]),
  },
  {
    name: 'whoever uploads last is named for all',
    breaks: ['others'],
    profile: 'hostile',
    ports: miswriting('assignments/', (text) => text.replace(/"AWS:someone"/g, '"AWS:mallory"')),
  },
]

const ofTemporaryAccess: readonly Sabotage[] = (
  [
    [
      'one approval is enough where two are asked for',
      misreading('eligibility/', (text) => text.replace('"approvals":2', '"approvals":1')),
    ],
    ['a denial counts as an approval', misreading('approvals/', (text) => text.replace('"deny"', '"approve"'))],
    [
      'what is granted for a while has no end',
      miswriting('links_data/temporary/', (text) => text.replace(/"expiresAt":\s*"[^"]*",?/, '')),
    ],
    ['a temporary link is never taken away', keeping('links_data/temporary/')],
    [
      'who has left the approvers still counts',
      otherwise('identityStore', (directory, ports) => ({
        listMembersOf: (group, token) =>
          firstMembers(ports, `members of ${group}`, () => directory.listMembersOf(group, token)),
        listGroupsOf: (user, token) =>
          firstMembers(ports, `groups of ${user}`, () => directory.listGroupsOf(user, token)),
      })),
    ],
  ] satisfies [string, Change][]
).map(([name, ports]): Sabotage => ({ name, breaks: ['temporary'], profile: 'requests', ports }))

const ofPeople: readonly Sabotage[] = [
  {
    name: 'a changed file takes out what is denied to ended sessions',
    breaks: ['sessions'],
    ports: onlyIn(
      ['dispatcher'],
      reading('control/ended-sessions.json', async () => undefined),
    ),
  },
  {
    name: 'what is denied to ended sessions is denied for ever',
    breaks: ['sessions'],
    ports: otherwise('ssoAdmin', () => ({ deleteInlinePolicy: async () => undefined })),
  },
  {
    name: 'who has another name by now is suspended no longer',
    breaks: ['suspended'],
    ports: overlooking(/^state\/suspended\//),
  },
  { name: 'nobody reads the file that suspends somebody', breaks: ['suspended'], ports: notFinding('suspended/') },
  {
    name: 'whoever was in the group before is taken for one of ours',
    breaks: ['foreign'],
    ports: otherwise('identityStore', (directory) => {
      const looked = new Set<string>()
      return {
        async getGroupMembershipId(...of) {
          const found = await directory.getGroupMembershipId(...of)
          return looked.size === looked.add(of.join()).size ? found : undefined
        },
      }
    }),
  },
  {
    name: 'what a rule said first is believed for ever',
    breaks: ['convergence', 'foreign'],
    ports: readingOnce('rules/'),
  },
  {
    name: 'nobody is taken out of a group, and nobody says so',
    breaks: ['convergence', 'suspended', 'record'],
    ports: otherwise('identityStore', () => ({ deleteGroupMembership: async () => {} })),
  },
]

/** Defects that the simulation must find, or it proves nothing. */
export const sabotages: readonly Sabotage[] = [
  ...ofFaults,
  ...ofRecords,
  ...ofAccess,
  ...ofPermissionSets,
  ...ofLimits,
  ...ofBrake,
  ...ofOthers,
  ...ofTemporaryAccess,
  ...ofPeople,
]
