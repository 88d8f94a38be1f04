import type { Configuration } from '../shared/domain/deployment/configuration.ts'
import type { ActionCatalog } from '../shared/domain/iam-policies/access-level.ts'
import { inputQueues, type Kind, queuesOfPeople } from '../shared/domain/inputs/kind.ts'
import { kinds } from '../shared/domain/inputs/kinds.ts'
import type { OrganizationView } from '../shared/domain/organization/organization-view.ts'
import { attentionStates } from '../shared/domain/statuses/status.ts'
import { renderInstant } from '../shared/domain/text/instant.ts'
import { retireCredentials } from '../shared/modules/credentials/retire-credentials.ts'
import { writeCredentials } from '../shared/modules/credentials/write-credentials.ts'
import { writePermissions } from '../shared/modules/credentials/write-permissions.ts'
import { tellOutcomes } from '../shared/modules/notifications/tell-outcomes.ts'
import { followLeavers } from '../shared/modules/people/follow-directory.ts'
import { readChangedGroups } from '../shared/modules/people/member-files.ts'
import { reconcileMemberships } from '../shared/modules/people/reconcile-memberships.ts'
import { reconcilePeople } from '../shared/modules/people/reconcile-people.ts'
import { writeReport } from '../shared/modules/reports/write-report.ts'
import { comparedMost } from '../shared/modules/requests/compare-own-inputs.ts'
import { EligibilityFiles } from '../shared/modules/requests/eligibility-files.ts'
import { AskedPeople, askAgainOfPeople } from '../shared/modules/requests/follow-people.ts'
import { askForWaiting, listToldOfPeople, sweepRequests } from '../shared/modules/requests/list-requests.ts'
import { tellEligibilityNames } from '../shared/modules/requests/tell-eligibility-names.ts'
import { watchEligibilities } from '../shared/modules/requests/watch-eligibilities.ts'
import { forgetUses } from '../shared/modules/usage/use-records.ts'
import { functionSettings } from '../shared/ports/deployment-settings.ts'
import { attentionMetrics, heartbeats, type ScheduledFunction } from '../shared/ports/metrics.ts'
import type { Ports } from '../shared/ports/ports.ts'
import {
  brakePlaces,
  joinRights,
  marksOfLedger,
  organizationPlaces,
  type Rights,
  rightsToCompare,
  rightsToFollowPeople,
  statusPlaces,
} from '../shared/ports/rights.ts'
import { isServiceError } from '../shared/ports/service-error.ts'
import { reconcile, sweep } from '../shared/reconcile/differences/reconcile.ts'
import { beginDriftCheck } from '../shared/reconcile/drift/drift-run.ts'
import { OrganizationCache } from '../shared/reconcile/organization/organization-cache.ts'
import { forgetOrganizationParts } from '../shared/reconcile/organization/organization-file.ts'
import { UnitNames } from '../shared/reconcile/organization/unit-names.ts'
import { compareAttributes } from '../shared/reconcile/permission-sets/attributes-controller.ts'
import { followEndedSessions } from '../shared/reconcile/permission-sets/follow-ended-sessions.ts'
import { forgetBrakeParts } from '../shared/reconcile/records/brake-file.ts'
import { hasCheckpoint } from '../shared/reconcile/records/checkpoint.ts'
import { recordOwedEndings } from '../shared/reconcile/records/ended-sessions.ts'
import { followInstants, restoreIndex, type SentInstants } from '../shared/reconcile/records/expiry-index.ts'
import { sendInputs } from '../shared/reconcile/records/inputs.ts'
import { askForReconcile } from '../shared/reconcile/records/lanes.ts'
import { readLedgerState } from '../shared/reconcile/records/pause.ts'
import { Policies } from '../shared/reconcile/records/policies.ts'
import { recordRun } from '../shared/reconcile/records/schedule-runs.ts'
import { SelectorFiles } from '../shared/reconcile/records/selector-files.ts'
import { StatusStore } from '../shared/reconcile/records/status-store.ts'
import { findOvertaken } from '../shared/reconcile/statuses/find-overtaken.ts'
import { SpoiledRecords } from '../shared/reconcile/statuses/spoiled-records.ts'
import { kindsWithoutMessage, tellFiles } from '../shared/reconcile/statuses/tell-files.ts'
import { watchPolicies } from '../shared/reconcile/statuses/watch-policies.ts'
import { watchSelectors } from '../shared/reconcile/statuses/watch-selectors.ts'

/** Only some functions get these. */
type Given = {
  readonly due?: DueInstants
  /** The page's own address. */
  readonly page?: string | undefined
  readonly readActions?: () => Promise<ActionCatalog>
}

/** `rights`: its function has these in a deployment. `open`: once for each process; the result is one run. */
export type Job = { readonly name: string; readonly rights: Rights; readonly open: OpenJob }
type OpenJob = (ports: Ports, configuration: Configuration, given: Given) => (run: Run) => Promise<unknown>
/** `beganMs`: by the monotonic clock. The jobs of a run share the function's time. */
type Run = { readonly beganMs: number }

/**
 * The jobs of one function, in their order: one row a job. When and how often each function runs: `functionSettings`. No job begins if the
 * bucket belongs to another deployment (`guarded`). A pause stops the changes that jobs ask for, not the jobs. Each is a constant of its
 * own, so that the bundle of a function contains no code of the others.
 */
export type Jobs = () => readonly Job[]

function job(
  name: string,
  rights: Rights,
  work: (...given: readonly [...Parameters<OpenJob>, Run]) => Promise<unknown>,
): Job {
  return {
    name,
    rights,
    open:
      (...given) =>
      (run) =>
        work(...given, run),
  }
}

/** A job that remembers what it read in its last run. */
function remembering<Memory>(
  name: string,
  rights: Rights,
  remember: (ports: Ports) => Memory,
  work: (ports: Ports, configuration: Configuration, memory: Memory) => Promise<unknown>,
): Job {
  const open: OpenJob = (ports, configuration) => {
    const memory = remember(ports)
    return () => work(ports, configuration, memory)
  }
  return { name, rights, open }
}

/** `chooseLane` puts no revocation into the last lane. */
const lanesOfRevocations = ['work-urgent', 'work'] as const
const asking: Rights = { read: [''], send: queuesOfPeople }

/** `state/` may be deleted at any time: this job rebuilds the index of instants, a reconcile the rest. */
export const jobsOfMinuteLinks: Jobs = () => [
  job('index of instants', { read: ['links_data/'], put: ['state/expiry/'] }, restoreInstants),
  {
    name: 'instants that have come',
    // The look at an input removes its due entries.
    rights: { read: ['state/expiry/'], send: inputQueues },
    open:
      (ports, configuration, { due = new DueInstants(ports, configuration) }) =>
      () =>
        due.look(),
  },
  job(
    'owed denials of ended sessions',
    {
      read: ['suspended/', 'status/'],
      write: ['state/owed-endings/'],
      put: ['control/ended-sessions.json'],
    },
    recordOwed,
  ),
  // Early, because a denial takes effect within two minutes, and later jobs may take long in a large organization.
  job(
    'denials of ended sessions',
    // `suspended/`: while a file suspends a person, ssofile denies all of the person's sessions.
    {
      read: ['control/ended-sessions.json', 'owned_permission_sets/', 'suspended/', 'status/'],
      send: [...lanesOfRevocations, 'dispatch'],
    },
    followDenials,
  ),
  job(
    'links whose permission set was applied',
    { read: ['owned_permission_sets/', 'status/'], send: ['links'] },
    lookAtOvertaken,
  ),
  remembering(
    'state that is gone',
    { read: ['state/reconcile.json'], send: ['events'] },
    (): LastAsk => ({ atMs: undefined }),
    askWithoutState,
  ),
  remembering(
    'records that cannot be read',
    { read: [...brakePlaces, 'owned_permission_sets/'], write: statusPlaces, send: ['permission-sets'] },
    () => new SpoiledRecords(),
    tellSpoiled,
  ),
  remembering(
    'policies',
    { read: ['policies/'], write: statusPlaces, put: ['state/policies.json'], send: inputQueues },
    (ports) => new Policies(ports),
    tellPolicies,
  ),
  job('files without a message', { read: kindsWithoutMessage().map(({ at }) => at), write: statusPlaces }, tellOthers),
  remembering(
    'selectors',
    {
      read: ['selectors/', ...organizationPlaces, marksOfLedger],
      write: statusPlaces,
      put: ['state/selectors.json'],
      send: ['links', ...lanesOfRevocations, 'dispatch'],
    },
    ({ objects }) => new SelectorFiles(objects),
    tellSelectors,
  ),
  remembering(
    'people who have changed',
    { read: ['policies/'], remove: ['state/people.json'], send: ['links', 'requests'] },
    () => new AskedPeople(),
    askOfPeople,
  ),
  remembering(
    'eligibilities',
    { read: ['eligibility/'], write: statusPlaces, put: ['state/eligibilities.json'], send: ['requests'] },
    (ports) => new EligibilityFiles(ports),
    tellEligibilities,
  ),
]

/** Repairs the effects of lost and overtaken messages, by reading S3 alone. Also runs under a pause: hints wait then. */
export const jobsOfSweep: Jobs = () => [
  job(
    'links and access',
    joinRights(rightsToCompare, { put: ['control/ledger.json'], remove: ['members/'], send: ['events'] }),
    sweepLinks,
  ),
  job('inputs of people', { ...asking, write: ['status/too-many/', 'attention/'] }, sweepInputs),
  job('inputs that want attention', {}, countAttention),
  // Those that no record names any more.
  job('parts of held lists', { read: ['control/brake.json'], remove: ['control/brake/'] }, forgetBrakeParts),
]

/** In a very large directory these two may use up the function's time. They come last, so that all other jobs run every hour. */
const peopleUntilMs = 7 * 60_000
const membershipsUntilMs = 13 * 60_000

/** Finds changes that sent no event. If a listing fails, its job changes nothing. */
export const jobsOfHourly: Jobs = () => [
  job(
    'parts of the organization',
    { read: ['state/organization.json'], remove: ['state/organization/'] },
    forgetOrganizationParts,
  ),
  job(
    'reconcile',
    { ...rightsToCompare, organizations: 'tags', directory: 'read', identityCenter: 'instance' },
    reconcileAll,
  ),
  // A person may be eligible, or an approver, who was not before.
  job('requests that wait', { send: ['requests'] }, (ports, configuration) =>
    askForWaiting(ports, configuration, 'reconcile'),
  ),
  job(
    'names in eligibilities',
    {
      read: [
        'eligibility/',
        'state/eligibilities.json',
        'state/permission-sets.json',
        'selectors/',
        ...organizationPlaces,
      ],
      write: statusPlaces,
      directory: 'read',
      identityCenter: 'instance',
    },
    tellEligibilityNames,
  ),
  job(
    'attributes',
    { read: ['access_control_attributes.json', 'owned_attributes/'], send: ['people'] },
    compareAttributes,
  ),
  job(
    'leavers',
    // Members: the people in ssofile's groups.
    { ...rightsToFollowPeople, read: [''], write: ['state/'], directory: 'members' },
    (ports, configuration) => followLeavers(ports, configuration, 'all'),
  ),
  job(
    'people',
    { ...asking, write: ['state/'], directory: 'read', identityCenter: 'instance' },
    (ports, configuration, _given, { beganMs }) => reconcilePeople(ports, configuration, beganMs + peopleUntilMs),
  ),
  job(
    'groups and memberships',
    { ...asking, write: ['state/'], put: ['members/'], directory: 'members', identityCenter: 'instance' },
    (ports, configuration, _given, { beganMs }) =>
      reconcileMemberships(ports, configuration, beganMs + membershipsUntilMs),
  ),
]

/** Changes by others in Identity Center: the dispatcher finds them, after all other work. */
export const jobsOfNightly: Jobs = () => [
  job('last uses', { write: ['usage/'] }, forgetUses),
  // S3's clock gives its beginning.
  job(
    'drift check',
    { read: ['control/owner.json'], put: ['state/drift.json'], send: ['work-bulk', 'dispatch'] },
    beginDriftCheck,
  ),
]

export const jobsOfReport: Jobs = () => [
  job(
    'who has access',
    {
      read: [''],
      // Open findings of break-glass.
      write: ['state/report/', 'status/break-glass/', 'attention/failed/break-glass/'],
      // Applications that may act for people; the last uses of people.
      put: ['reports/', 'changes/', 'usage/report.csv'],
      directory: 'members',
      identityCenter: 'applications',
      auditorRole: 'assume',
    },
    reportAccess,
  ),
]

/** Both jobs keep what they have read, and the next run goes on. The first works only until its month has its reports. */
const permissionsUntilMs = 6 * 60_000
/** Then the report of credentials is written. A part that began before may take some minutes, if IAM makes its own report slowly. */
const credentialsUntilMs = 11 * 60_000

export const jobsOfCredentials: Jobs = () => [
  job(
    'permissions that nobody uses',
    {
      // The permissions of permission sets, from the files in force.
      read: ['hygiene.json', ...organizationPlaces, 'permission_sets/', 'owned_permission_sets/'],
      write: ['state/permissions/'],
      put: ['reports/permissions/', 'reports/permissions.csv', 'reports/permissions.json'],
      auditorRole: 'assume',
    },
    (ports, configuration, { readActions }, { beganMs }) =>
      reportPermissions(ports, configuration, { readActions, untilMs: beganMs + permissionsUntilMs }),
  ),
  job(
    'credentials that want somebody',
    {
      read: ['hygiene.json', ...organizationPlaces],
      write: ['state/credentials/', 'status/hygiene.json.json', 'attention/rejected/hygiene.json'],
      put: ['reports/credentials/'],
      // To the responsible people, by the receivers in the configuration.
      send: ['digests'],
      // Owners, by the tags of accounts.
      organizations: 'read',
      auditorRole: 'assume',
    },
    (ports, configuration, _given, { beganMs }) =>
      reportCredentials(ports, configuration, beganMs + credentialsUntilMs),
  ),
]

/** Deactivates the credentials that files retire, watches and deletes them; undoes retirements without a file. */
export const jobsOfRetire: Jobs = () => [
  job(
    'credentials to retire',
    {
      read: ['hygiene.json', ...organizationPlaces, 'control/pause.json'],
      write: ['attention/', 'status/too-many/'],
      put: ['changes/', ...brakePlaces],
      // The owner of an account, by its tags.
      organizations: 'read',
      hygieneRole: 'assume',
    },
    retire,
  ),
]

/** A run in a large directory would read names for minutes. */
const membersOfChangedUntilMs = 60_000

/** What people and auditors learn within a minute: the results of inputs and access, as events and digests, and who is in a group. */
export const jobsOfNotifications: Jobs = () => [
  job(
    'outcomes',
    {
      // `changes/`: an object's record names the author of a change by hand.
      // And for permission sets that allow everything: how many accounts they reach.
      read: [
        ...['changes/', 'history/', 'status/', 'eligibility/', 'permission_sets/'],
        ...['state/drift.json', ...organizationPlaces],
      ],
      put: ['state/notifications.json'],
      send: ['digests'],
      outcomes: 'publish',
    },
    (ports, configuration, { page }) => notify(ports, configuration, page),
  ),
  job(
    'members of groups that have changed',
    {
      read: ['state/principals/', 'owned_memberships/'],
      put: ['members/'],
      remove: ['state/changed-groups/'],
      directory: 'members',
      identityCenter: 'instance',
    },
    readMembers,
  ),
]

/** All jobs, for one process that runs every function. */
export const allJobs: Readonly<Record<ScheduledFunction, Jobs>> = {
  'minute-links': jobsOfMinuteLinks,
  sweep: jobsOfSweep,
  hourly: jobsOfHourly,
  nightly: jobsOfNightly,
  report: jobsOfReport,
  credentials: jobsOfCredentials,
  retire: jobsOfRetire,
  notifications: jobsOfNotifications,
}

/**
 * Runs the jobs of a function, one after the other. If a job throws, it is logged and thereby counted, and the others still run. Then the
 * run fails, so that Lambda raises the alarm and retries if it does so. It records its run and its heartbeat only if no job failed.
 */
export function schedule(
  of: ScheduledFunction,
  jobsOf: Jobs,
  ports: Ports,
  configuration: Configuration,
  given: Given = {},
): () => Promise<void> {
  const jobs = jobsOf().map(({ name, open }) => ({ name, work: open(ports, configuration, given) }))
  return async () => {
    const failed = new Map<string, unknown>()
    const run = { beganMs: ports.clock.monotonicMs() }
    for (const { name, work } of jobs) {
      try {
        await work(run)
      } catch (error) {
        failed.set(name, error)
        ports.log.error('a job of a schedule failed; the others still run', { function: of, job: name, error })
      }
    }
    // Throws the first error unchanged: `customResource` waits for rights that are not in force everywhere yet.
    for (const error of failed.values()) throw error
    await recordRun(ports.objects, of)
    ports.metrics.record(heartbeats[of])
  }
}

/** The longest wait, from the beginning of the minute. The rest of it, and of the function's time, is for the work that comes then. */
const waitsMostMs = 45_000
/** Between two reads of the index. */
const waitsLeastMs = 1_000

/**
 * Runs the jobs of `minute-links`, then waits for each instant within the next 45 seconds, so that access begins and ends when its link
 * says so, even if a job failed. If there is no such instant, it ends at once.
 */
export const throughTheMinute = (ports: Ports, configuration: Configuration) => {
  const { clock } = ports
  const due = new DueInstants(ports, configuration)
  const look = schedule('minute-links', jobsOfMinuteLinks, ports, configuration, { due })
  return async (): Promise<void> => {
    const endMs = clock.monotonicMs() + waitsMostMs
    try {
      await look()
    } finally {
      await due.lookUntil(endMs)
    }
  }
}

/**
 * Sends links and requests whose `notBefore` or `expiresAt` has come to an evaluation. Not in the dispatcher, whose slice may take many
 * minutes.
 */
export class DueInstants {
  readonly #ports: Ports
  readonly #configuration: Configuration
  readonly #sent: SentInstants
  /** When the next one comes, by our own clock (monotonic). */
  #nextMs: number | undefined

  constructor(ports: Ports, configuration: Configuration, sent: SentInstants = new Map()) {
    this.#ports = ports
    this.#configuration = configuration
    this.#sent = sent
  }

  async look(): Promise<void> {
    const { clock, log } = this.#ports
    this.#nextMs = undefined
    const { followed, nextInMs } = await followInstants(this.#ports, this.#configuration, this.#sent)
    if (followed > 0) log.info('evaluating links whose time has come', { instants: followed })
    if (nextInMs !== undefined) this.#nextMs = clock.monotonicMs() + nextInMs
  }

  async lookUntil(endMs: number): Promise<void> {
    const { clock } = this.#ports
    while (this.#nextMs !== undefined && Math.max(this.#nextMs, clock.monotonicMs()) <= endMs) {
      await clock.sleep(Math.max(this.#nextMs - clock.monotonicMs(), waitsLeastMs))
      await this.look()
    }
  }
}

async function restoreInstants(ports: Ports, configuration: Configuration): Promise<void> {
  const inputs = await restoreIndex(ports, configuration, (after) => listToldOfPeople(ports.objects, after))
  if (inputs !== undefined) ports.log.warn('the index of expiry was gone; ssofile builds it again', { inputs })
}

async function lookAtOvertaken(ports: Ports, configuration: Configuration): Promise<void> {
  const overtaken = await findOvertaken(ports)
  await sendInputs(ports, overtaken, 'its permission set was applied before', configuration)
  if (overtaken.length > 0) ports.log.warn('links wait for a permission set that was applied', { overtaken })
}

async function recordOwed({ objects, log }: Ports): Promise<void> {
  const owed = await recordOwedEndings(objects, log)
  if (owed.length > 0) log.info('the record of ended sessions can be read again: denying the owed sessions', { owed })
}

async function followDenials(ports: Ports, configuration: Configuration): Promise<void> {
  const denying = await followEndedSessions(ports, configuration)
  if (denying.length > 0) ports.log.info('updating the denials of ended sessions', { denying })
}

async function tellSpoiled(ports: Ports, configuration: Configuration, records: SpoiledRecords): Promise<void> {
  const spoiled = await records.tell(ports, configuration)
  if (spoiled.length > 0)
    ports.log.error('ssofile cannot read some of its objects; their statuses say what to do', { spoiled })
}

async function tellPolicies(ports: Ports, configuration: Configuration, policies: Policies): Promise<void> {
  const broken = await watchPolicies(ports, configuration, policies)
  ports.metrics.record('PoliciesBroken', broken.length)
  if (broken.length > 0)
    ports.log.error('policies are not valid: ssofile grants nothing new until they are corrected', { broken })
}

/** The others have jobs of their own, because changes of them concern inputs. */
async function tellOthers(ports: Ports, configuration: Configuration): Promise<void> {
  const watched: readonly Kind[] = [kinds.policy, kinds.selector, kinds.eligibility]
  for (const kind of kindsWithoutMessage()) if (!watched.includes(kind)) await tellFiles(ports, kind, configuration)
}

async function tellSelectors(ports: Ports, configuration: Configuration, selectors: SelectorFiles): Promise<void> {
  const broken = await watchSelectors(ports, configuration, selectors)
  if (broken.length > 0)
    ports.log.error('selectors are not valid: their links grant nothing new and revoke nothing', { broken })
}

async function askOfPeople(ports: Ports, configuration: Configuration, last: AskedPeople): Promise<void> {
  const asked = await askAgainOfPeople(ports, configuration, last)
  if (asked > 0) ports.log.info('people have changed: evaluating the work that may have waited for that', { asked })
}

async function tellEligibilities(
  ports: Ports,
  configuration: Configuration,
  eligibilities: EligibilityFiles,
): Promise<void> {
  const broken = await watchEligibilities(ports, configuration, eligibilities)
  ports.metrics.record('EligibilitiesBroken', broken.length)
  if (broken.length > 0) ports.log.error('eligibilities are not valid: ssofile grants nothing by them', { broken })
}

async function sweepLinks(ports: Ports, configuration: Configuration): Promise<void> {
  const found = await sweep(ports, configuration)
  if (found) ports.log.info('swept', found)
  else await reconcileWithoutState(ports)
}

async function sweepInputs(ports: Ports, configuration: Configuration): Promise<void> {
  const { sent, crowded } = await sweepRequests(ports, configuration)
  if (sent > 0) ports.log.info('evaluating requests after a lost message', { requests: sent })
  if (crowded.length > 0)
    ports.log.warn('people have more files of their own than a sweep compares', {
      people: crowded.length,
      users: crowded.slice(0, 20),
      comparedOfEach: comparedMost,
    })
}

async function countAttention(ports: Ports): Promise<void> {
  const counts = await new StatusStore(ports.objects, ports.clock).countAttention()
  for (const state of attentionStates) ports.metrics.record(attentionMetrics[state], counts[state])
}

/** By the monotonic clock. `undefined`: nothing has been asked since the state was last there. */
type LastAsk = { atMs: number | undefined }
/** The longest time of a reconcile that was asked for. A second one meanwhile would only keep events waiting. */
const reconcileMostMs = functionSettings.events.timeoutSeconds * 1_000

async function askWithoutState(ports: Ports, _: Configuration, last: LastAsk): Promise<void> {
  const nowMs = ports.clock.monotonicMs()
  if (await hasCheckpoint(ports.objects)) last.atMs = undefined
  else if (last.atMs === undefined || nowMs - last.atMs >= reconcileMostMs) {
    await reconcileWithoutState(ports)
    last.atMs = nowMs
  }
}

/** Without the records under `state/` a sweep finds nothing. */
async function reconcileWithoutState({ queues, log }: Ports): Promise<void> {
  await askForReconcile(queues, 'state/ is gone')
  log.warn('this is the first comparison, or somebody deleted state/: comparing everything now')
}

/**
 * The first run, for which a new installation waits, also begins a drift check: `foreign/` and `access/` then show all access from the
 * first day on.
 */
async function reconcileAll(ports: Ports, configuration: Configuration): Promise<void> {
  const known = await new OrganizationCache(ports, configuration.folders).storedView()
  const found = await reconcile(ports, configuration)
  ports.log.info('reconciled', found)
  if (known) await renewUnitNames(ports, known)
  else await beginDriftCheck(ports, configuration)
}

/** Renews the names of units, which only people read: a unit without a name appears with its id. */
async function renewUnitNames(ports: Ports, view: OrganizationView): Promise<void> {
  await new UnitNames(ports).renew(view).catch((error: unknown) => {
    if (!isServiceError(error)) throw error
    ports.log.warn('the names of organizational units could not be read; the next run is in an hour', { error })
  })
}

async function reportAccess(ports: Ports, configuration: Configuration): Promise<void> {
  const ledger = await readLedgerState(ports.objects, renderInstant(ports.clock.now()))
  // A report without the access of lost entries would be false evidence. There is none until the ledger is back.
  if ('unread' in ledger) return ports.log.error(`no report of access is written: ${ledger.unread}`, ledger)
  const { date, counts, calls, notes } = await writeReport(ports, configuration)
  ports.log.info('the report of access is written', { date, ...counts, calls, notes: notes.length })
}

async function reportCredentials(ports: Ports, configuration: Configuration, untilMs: number): Promise<void> {
  const summary = await writeCredentials(ports, configuration, untilMs)
  if (summary === undefined) ports.log.info('no auditorRole is configured: ssofile does not read credentials')
  else ports.log.info('the report of credentials is written', { ...summary, notes: summary.notes.length })
}

async function reportPermissions(
  ports: Ports,
  configuration: Configuration,
  { readActions, untilMs }: Pick<Given, 'readActions'> & { readonly untilMs: number },
): Promise<void> {
  if (readActions === undefined) throw new Error('there is no catalog of actions')
  const monthly = await writePermissions(ports, configuration, { readActions, untilMs })
  if (monthly === undefined) return
  const { month, sets } = monthly
  ports.log.info('the reports of unused permissions are written', { month, sets: sets.length })
}

async function retire(ports: Ports, configuration: Configuration): Promise<void> {
  const { outcome, ...told } = await retireCredentials(ports, configuration)
  if (outcome === 'looked') ports.log.info('evaluating the credentials to retire', told)
  if (outcome === 'stopped') ports.log.warn('ssofile retires and restores nothing', told)
}

/** A refusal of the directory holds up no outcome: the next minute tries again. */
async function readMembers(ports: Ports, configuration: Configuration, _given: Given, { beganMs }: Run): Promise<void> {
  await readChangedGroups(ports, configuration, beganMs + membersOfChangedUntilMs).catch((error: unknown) => {
    if (!isServiceError(error)) throw error
    ports.log.warn('the members of groups could not be read; the next run is in a minute', { error })
  })
}

async function notify(ports: Ports, configuration: Configuration, page: string | undefined): Promise<void> {
  const { eventBus } = ports
  if (eventBus === undefined) throw new Error('there is no event bus')
  const { told, digests, left } = await tellOutcomes({ ...ports, eventBus }, configuration, page)
  if (told + digests + left > 0) ports.log.info('outcomes told', { told, digests, left })
}
