import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import { permissionSetArn } from '../../shared/domain/principals/identity-center-ids.ts'
import type { Clock } from '../../shared/ports/clock.ts'
import type { Action } from './action.ts'
import type { FaultKind } from './chaos.ts'
import type { Part } from './kinds/part.ts'
import { parts } from './kinds/parts.ts'
import type { promises } from './oracle/violation.ts'
import { profiles as allProfiles, type Profile } from './profiles.ts'
import {
  both,
  type Change,
  forgetting,
  keeping,
  misreading,
  miswriting,
  notFinding,
  otherwise,
  overlooking,
  overwriting,
  provisioned,
  reading,
  refusedAt,
  succeedingAt,
  taken,
  unwritten,
  writing,
} from './sabotage-ports.ts'
import { strike } from './steps.ts'

type Breaks = keyof typeof promises
type Defect = {
  /** Changes the ports of each process. */
  readonly ports?: Change
  /** Changes the product's configuration. The oracle keeps the real one. */
  readonly configuration?: (configuration: Configuration) => Configuration
  /** A fault in canonical lives, if the defect needs one. */
  readonly strike?: Action
}

/** A deliberate defect: the product reads or changes something else than it should, or has another configuration. */
export type Sabotage = Defect & {
  readonly name: string
  /** Only this promise counts as finding it. */
  readonly breaks: Breaks
  /** The kind of lives in which to look for it. */
  readonly profile: Profile | undefined
}

const struckBy = (strike: Action, ports: Change): Defect => ({ ports, strike })
/** The product mistakes a refusal or a missing answer of a creation for something else. */
const answered = (kind: FaultKind, ports: Change): Defect => struckBy(strike(kind, 'creations'), ports)

const limiting = (more: Partial<Configuration['limits']>): Defect => ({
  configuration: ({ limits, ...rest }) => ({ ...rest, limits: { ...limits, ...more } }),
})

const braking = (more: number): Defect => ({
  configuration: ({ brake: { own, indirect, ...brake }, ...rest }) => ({
    ...rest,
    brake: {
      ...brake,
      own: { ...own, count: own.count + more },
      indirect: { ...indirect, count: indirect.count + more, most: indirect.most + more },
    },
  }),
})

/** By broken promise, then by name. */
export type Defects = { readonly [breaks in Breaks]?: Readonly<Record<string, Change | Defect>> }

const defects: Defects = {
  convergence: {
    'a throttled call is taken for success': answered('refuse-throttled', succeedingAt(/^ThrottlingException$/)),
    'a denied call is taken for success': answered('refuse-denied', succeedingAt(/^AccessDeniedException$/)),
    'what S3 did not report is overlooked': struckBy({ do: 'lose the next event' }, overlooking(/^links_data\//)),
    'the dispatcher is never woken': otherwise('queues', (queues) => ({
      send: (queue, messages) => queues.send(queue, queue === 'dispatch' ? [] : messages),
    })),
    'foreign access that is found is not recorded': forgetting('foreign/'),
    'the list of all access is not kept': forgetting('access/'),
    'links that are wider than an account are not looked at': overlooking(/^links_data\/(root|ou_id)%/),
    'a rule is taken for another one': misreading('rules/', (text) => text.replace('Engineering', 'Sales')),
    'expiry is ignored': misreading('links_data/', (text) => text.replace(/("expiresAt":\s*")\d{4}/, '$12999')),
    'accounts are not provisioned after a change': otherwise('ssoAdmin', (_, ports) => ({
      provisionPermissionSet: async (arn) => provisioned(arn, ports),
      describeProvisioning: async (id) => provisioned(permissionSetArn.parse(id), ports),
      listAccountsForProvisionedPermissionSet: async () => ({ items: [] }),
    })),
    'nothing keeps a permission set from being deleted': both(
      overlooking(/%(First|Late)-ps%/),
      notFinding('permission_sets/'),
    ),
    'what others change in a permission set is not seen': otherwise('ssoAdmin', () => ({
      listManagedPolicies: async () => ({ items: [] }),
    })),
  },
  record: {
    'an answer that was lost counts as a refusal': answered('lose-answer', refusedAt(/^NoAnswer$/)),
    'an answer with HTTP 5xx is a refusal': answered('break-answer', refusedAt(/^(Unknown|Syntax|Service|Internal)/)),
    'an accepted deletion is taken for its end': otherwise('ssoAdmin', (ssoAdmin) => ({
      async describeAssignmentRequest(kind, id) {
        const request = await ssoAdmin.describeAssignmentRequest(kind, id)
        return request && kind === 'deletion' ? { ...request, state: 'SUCCEEDED' } : request
      },
    })),
    'a race of two writers is taken for a write': struckBy(
      strike('refuse-race', 'any', { process: 'any', times: 9 }),
      writing('', (ports, ...written) =>
        taken(ports.objects.put(...written), /^ConditionalRequestConflict$/, () => unwritten(ports)),
      ),
    ),
    'the ledger is not written before the call': forgetting('assignments/', 'ifNoneMatch'),
    'a ledger entry that cannot be read is begun again': both(
      reading('assignments/', async (read) => {
        const found = await read()
        return found && Buffer.from(found.body).toString().trimEnd().endsWith('}') ? found : undefined
      }),
      overwriting('assignments/'),
    ),
    'an event is in history only, and not under its date': forgetting('changes/'),
    'an account is gone with the first listing that lacks it': misreading('state/missing-accounts.json', (text) =>
      text.replace(/("first":\s*")\d{4}/g, '$12025'),
    ),
    'nobody is taken out of a group, and nobody says so': otherwise('identityStore', () => ({
      deleteGroupMembership: async () => {},
    })),
  },
  foreign: {
    'what others gave is not seen before a grant': otherwise('ssoAdmin', () => ({
      listAccountAssignments: async () => ({ items: [] }),
    })),
    'any error while reading a link is taken for its absence': reading('links_data/', (read) =>
      read().catch(() => undefined),
    ),
    'whoever was in the group before is taken for one of ours': otherwise('identityStore', (directory) => ({
      getGroupMembershipId: async () => undefined,
      createGroupMembership: (...of) =>
        taken(directory.createGroupMembership(...of), /^ConflictException$/, async () => {
          return (await directory.getGroupMembershipId(...of)) ?? 'gone'
        }),
    })),
    'the grace of a principal that is gone is ignored': {
      configuration: (configuration) => ({ ...configuration, orphanGraceMinutes: 0 }),
    },
  },
  status: {
    'a status is told once, and never again': forgetting('status/', 'ifMatch'),
    'what wants nobody any more stays in the index': keeping('attention/'),
  },
  quotas: {
    'two assignment requests are outstanding where one is allowed': limiting({ outstanding: 2 }),
    'two provisionings are in progress where one is allowed': limiting({ provisionings: 2 }),
    'calls leave twice as fast as AWS allows': limiting({ callsPerSecond: 40 }),
    'the lease is not asked for': both(overwriting('control/dispatcher.json'), notFinding('control/dispatcher.json')),
    'the clock of a process that stood still has stood still too': struckBy(strike('freeze', 'messages'), (ports) => {
      const clock = ports.leaseClock
      const began = clock.monotonicMs()
      const sleep: Clock['sleep'] = async (ms, signal) => {
        const from = clock.monotonicMs()
        await clock.sleep(ms, signal)
        if (clock.monotonicMs() > from + ms) await clock.sleep(ms, signal)
      }
      return { ...ports, leaseClock: { ...clock, monotonicMs: () => began, sleep } }
    }),
  },
  brake: {
    'the brake holds one too late': braking(1),
    'the brake holds one too early': braking(-1),
    'what the brake counts is forgotten at once': misreading('control/brake.json', (text) =>
      text.replace(/"windows":\s*\[.*?\](?=,\s*"|\s*\})/s, '"windows":[]'),
    ),
    'an edit is judged as if nobody had the permission set': overlooking(/^(assignments|foreign)\//),
  },
  pause: {
    'nobody notices a pause': reading('control/pause.json', async () => undefined),
    'a lost ledger stops nothing': forgetting('control/pause.json'),
  },
  grants: {
    'a function reads what its role may not': reading('links_data/', async (read, _key, { objects }) => {
      await objects.get('control/brake.json')
      return read()
    }),
  },
  others: {
    'whoever uploads last is named for all': miswriting('assignments/', (text) =>
      text.replace(/"AWS:someone"/g, '"AWS:mallory"'),
    ),
  },
  temporary: {
    'one approval is enough where two are asked for': misreading('eligibility/', (text) =>
      text.replace('"approvals":2', '"approvals":1'),
    ),
    'a denial counts as an approval': misreading('approvals/', (text) => text.replace('"deny"', '"approve"')),
    'what is granted for a while has no end': miswriting('links_data/temporary/', (text) =>
      text.replace(/"expiresAt":\s*"[^"]*",?/, ''),
    ),
    'a temporary link is never taken away': keeping('links_data/temporary/'),
    'who has left the approvers still counts': misreading('eligibility/', (text) =>
      text.replace('"approvers":{"groups":["approvers"]}', '"approvers":{"users":["ann","bob"]}'),
    ),
  },
  sessions: {
    'what is recorded of ended sessions is not denied': reading('control/ended-sessions.json', async () => undefined),
    'what is denied to ended sessions is denied for ever': otherwise('ssoAdmin', () => ({
      deleteInlinePolicy: async () => undefined,
    })),
  },
  told: {
    'no digest is sent': otherwise('queues', (queues) => ({
      send: (queue, messages) => queues.send(queue, queue === 'digests' ? [] : messages),
    })),
    'nobody notes what is told': forgetting('state/notifications.json'),
  },
  suspended: {
    'who has another name by now is suspended no longer': overlooking(/^state\/suspended\//),
    'nobody reads the file that suspends somebody': notFinding('suspended/'),
  },
}

const profiles: Partial<Record<Breaks, Profile>> = { brake: 'brake', others: 'hostile', temporary: 'requests' }

/** `profile`: absent: by the promise. */
function listDefects(all: Defects, profile?: Profile): readonly Sabotage[] {
  return Object.entries(all).flatMap(([name, ofPromise]) => {
    const breaks = name as Breaks
    return Object.entries(ofPromise).map(([name, of]) => {
      const defect = typeof of === 'function' ? { ports: of } : of
      return { name, breaks, profile: profile ?? profiles[breaks], ...defect }
    })
  })
}

/** Defects that the simulation must find, or it proves nothing. */
export const sabotages: readonly Sabotage[] = [
  ...listDefects(defects),
  ...Object.entries<Part>(parts).flatMap(([name, { sabotages = {} }]) =>
    listDefects(
      sabotages,
      allProfiles.find((one) => one === name),
    ),
  ),
]
