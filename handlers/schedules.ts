import type { Configuration } from '../shared/domain/deployment/configuration.ts'
import type { ActionCatalog } from '../shared/domain/iam-policies/access-level.ts'
import type { OrganizationView } from '../shared/domain/organization/organization-view.ts'
import { attentionStates } from '../shared/domain/statuses/status.ts'
import { attentionMetrics, heartbeats } from '../shared/ports/metrics.ts'
import type { Ports } from '../shared/ports/ports.ts'
import { isServiceError } from '../shared/ports/service-error.ts'
import { retireCredentials } from '../shared/reconcile/credentials/retire-credentials.ts'
import { writeCredentials } from '../shared/reconcile/credentials/write-credentials.ts'
import { writePermissions } from '../shared/reconcile/credentials/write-permissions.ts'
import { reconcile, sweep } from '../shared/reconcile/differences/reconcile.ts'
import { beginDriftCheck } from '../shared/reconcile/drift/drift-run.ts'
import { tellOutcomes } from '../shared/reconcile/notifications/tell-outcomes.ts'
import { OrganizationCache } from '../shared/reconcile/organization/organization-cache.ts'
import { UnitNames } from '../shared/reconcile/organization/unit-names.ts'
import { followLeavers } from '../shared/reconcile/people/follow-leavers.ts'
import { reconcileMemberships } from '../shared/reconcile/people/follow-memberships.ts'
import { compareAttributes } from '../shared/reconcile/people/look-at-attributes.ts'
import { reconcilePeople } from '../shared/reconcile/people/person-controller.ts'
import { followEndedSessions } from '../shared/reconcile/permission-sets/follow-ended-sessions.ts'
import { hasCheckpoint } from '../shared/reconcile/records/checkpoint.ts'
import { followInstants, restoreIndex } from '../shared/reconcile/records/expiry-index.ts'
import { sendInputs } from '../shared/reconcile/records/inputs.ts'
import { askForReconcile } from '../shared/reconcile/records/lanes.ts'
import { Policies } from '../shared/reconcile/records/policies.ts'
import { SelectorFiles } from '../shared/reconcile/records/selector-files.ts'
import { StatusStore } from '../shared/reconcile/records/status-store.ts'
import { writeReport } from '../shared/reconcile/reports/write-report.ts'
import { EligibilityFiles } from '../shared/reconcile/requests/eligibility-files.ts'
import { askAgainOfPeople } from '../shared/reconcile/requests/follow-people.ts'
import { askForTimed, askForWaiting, sweepRequests } from '../shared/reconcile/requests/list-requests.ts'
import { watchEligibilities } from '../shared/reconcile/requests/watch-eligibilities.ts'
import { findOvertaken } from '../shared/reconcile/statuses/find-overtaken.ts'
import { SpoiledRecords } from '../shared/reconcile/statuses/spoiled-records.ts'
import { watchPolicies } from '../shared/reconcile/statuses/watch-policies.ts'
import { watchSelectors } from '../shared/reconcile/statuses/watch-selectors.ts'

/** A function of a schedule that has more than one thing to do. The dispatcher's has one: a slice. */
export type ScheduledFunction = Exclude<keyof typeof heartbeats, 'dispatcher'>

/** What a process keeps from one run to the next, and what only some jobs are given. */
type Run = {
  readonly ports: Ports
  readonly configuration: Configuration
  readonly due: DueInstants
  readonly records: SpoiledRecords
  readonly policies: Policies
  readonly selectors: SelectorFiles
  readonly eligibilities: EligibilityFiles
  /** Where the page is. */
  readonly page?: string | undefined
  readonly readActions?: (() => Promise<ActionCatalog>) | undefined
}

type Given = Partial<Pick<Run, 'due' | 'page' | 'readActions'>>

export type Job = {
  readonly of: ScheduledFunction
  readonly name: string
  readonly work: (run: Run) => Promise<unknown>
}

/**
 * All that schedules do, in this order: one row a job. When and how often each function runs: `functionSettings`. Nothing of it begins
 * where the bucket belongs to somebody else (`guarded`). A pause stops the changes that jobs ask for, not the jobs.
 */
export const jobs: readonly Job[] = [
  // `state/` may be deleted at any time: the index of instants is found again first, and the rest by a reconcile.
  { of: 'minute-links', name: 'index of instants', work: restoreInstants },
  { of: 'minute-links', name: 'instants that have come', work: ({ due }) => due.look() },
  { of: 'minute-links', name: 'links whose permission set was applied', work: lookAtOvertaken },
  { of: 'minute-links', name: 'denials of ended sessions', work: followDenials },
  {
    of: 'minute-links',
    name: 'state that is gone',
    work: async ({ ports }) => (await hasCheckpoint(ports.objects)) || reconcileWithoutState(ports),
  },
  { of: 'minute-links', name: 'records that cannot be read', work: tellSpoiled },
  { of: 'minute-links', name: 'policies', work: tellPolicies },
  { of: 'minute-links', name: 'selectors', work: tellSelectors },
  { of: 'minute-links', name: 'people who have changed', work: askOfPeople },
  { of: 'minute-links', name: 'eligibilities', work: tellEligibilities },

  // What a lost or overtaken message left, by S3 alone. Also under a pause: hints wait then.
  { of: 'sweep', name: 'links and access', work: sweepLinks },
  { of: 'sweep', name: 'inputs of people', work: sweepInputs },
  { of: 'sweep', name: 'inputs that want attention', work: countAttention },

  // What sent no event. If a listing fails, its job changes nothing.
  { of: 'hourly', name: 'reconcile', work: reconcileAll },
  // Somebody may be eligible, or approve, who could not before.
  { of: 'hourly', name: 'requests that wait', work: (run) => askForWaiting(run.ports, run.configuration, 'reconcile') },
  { of: 'hourly', name: 'groups and memberships', work: (run) => reconcileMemberships(run.ports, run.configuration) },
  { of: 'hourly', name: 'attributes', work: (run) => compareAttributes(run.ports, run.configuration) },
  { of: 'hourly', name: 'people', work: (run) => reconcilePeople(run.ports, run.configuration) },
  { of: 'hourly', name: 'leavers', work: (run) => followLeavers(run.ports, run.configuration, 'all') },

  // Changes by others in Identity Center. The dispatcher finds them, after all other work.
  { of: 'nightly', name: 'drift check', work: (run) => beginDriftCheck(run.ports, run.configuration) },
  { of: 'report', name: 'who has access', work: reportAccess },
  { of: 'credentials', name: 'credentials that want somebody', work: reportCredentials },
  // Once a month.
  { of: 'credentials', name: 'permissions that nobody uses', work: reportPermissions },
  // Makes credentials inactive that files ask to retire, watches and deletes them; undoes what no file asks for.
  { of: 'retire', name: 'credentials to retire', work: retire },
  // What became of inputs and access: as events, and as digests to their receivers.
  { of: 'notifications', name: 'outcomes', work: notify },
]

/**
 * Runs the jobs of a function, one after the other. A job that throws is logged, and counted by that; the others still run, and then
 * the run fails, so that Lambda rings and runs it again where it does. It tells its heartbeat only where no job failed.
 */
export function schedule(
  of: ScheduledFunction,
  ports: Ports,
  configuration: Configuration,
  { among = jobs, ...given }: Given & { readonly among?: readonly Job[] } = {},
): () => Promise<void> {
  const run: Run = {
    due: new DueInstants(ports, configuration),
    records: new SpoiledRecords(),
    policies: new Policies(ports),
    selectors: new SelectorFiles(ports.objects),
    eligibilities: new EligibilityFiles(ports),
    ...given,
    ports,
    configuration,
  }
  const own = among.filter((job) => job.of === of)
  return async () => {
    const failed = new Map<string, unknown>()
    for (const { name, work } of own) {
      try {
        await work(run)
      } catch (error) {
        failed.set(name, error)
        ports.log.error('a job of a schedule failed; the others still run', { function: of, job: name, error })
      }
    }
    // The first one, as if it stood alone: who deploys waits for rights that are not known everywhere yet (`customResource`).
    for (const error of failed.values()) throw error
    ports.metrics.record(heartbeats[of])
  }
}

/** From the beginning of the minute: what is left of it, and of the function's time, is for what comes then. */
const waitsMostMs = 45_000
/** Between two looks at the index. */
const waitsLeastMs = 1_000

/**
 * The jobs of `minute-links`; then it waits for each instant that comes within the next 45 seconds, so that access begins and ends
 * when its link says so, whatever job has failed. Where none comes it ends at once, and has asked no more than without.
 */
export const throughTheMinute = (ports: Ports, configuration: Configuration) => {
  const { clock } = ports
  const due = new DueInstants(ports, configuration)
  const look = schedule('minute-links', ports, configuration, { due })
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
 * Has links and requests looked at whose `notBefore` or `expiresAt` has come. Not in the dispatcher, whose slice may take many minutes.
 */
class DueInstants {
  readonly #ports: Ports
  readonly #configuration: Configuration
  /** When the next one comes, by our own clock (monotonic). */
  #nextMs: number | undefined

  constructor(ports: Ports, configuration: Configuration) {
    this.#ports = ports
    this.#configuration = configuration
  }

  async look(): Promise<void> {
    const { clock, log } = this.#ports
    this.#nextMs = undefined
    const { followed, nextInMs } = await followInstants(this.#ports, this.#configuration)
    if (followed > 0) log.info('links whose time has come are looked at', { instants: followed })
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

async function restoreInstants({ ports, configuration }: Run): Promise<void> {
  const links = await restoreIndex(ports.objects, configuration)
  if (links === undefined) return
  ports.log.warn('the index of expiry was gone, and is made again', { links })
  await askForTimed(ports, configuration)
}

async function lookAtOvertaken({ ports, configuration }: Run): Promise<void> {
  const overtaken = await findOvertaken(ports)
  await sendInputs(ports, overtaken, 'its permission set was applied before', configuration)
  if (overtaken.length > 0) ports.log.warn('links wait for a permission set that was applied', { overtaken })
}

async function followDenials({ ports, configuration }: Run): Promise<void> {
  const denying = await followEndedSessions(ports, configuration)
  if (denying.length > 0) ports.log.info('what is denied to ended sessions is brought up to date', { denying })
}

async function tellSpoiled({ ports, configuration, records }: Run): Promise<void> {
  const spoiled = await records.tell(ports, configuration)
  if (spoiled.length > 0)
    ports.log.error('objects of ssofile cannot be read; their statuses say what to do', { spoiled })
}

async function tellPolicies({ ports, configuration, policies }: Run): Promise<void> {
  const broken = await watchPolicies(ports, configuration, policies)
  ports.metrics.record('PoliciesBroken', broken.length)
  if (broken.length > 0)
    ports.log.error('policies are not valid: nothing new is granted until they are corrected', { broken })
}

async function tellSelectors({ ports, configuration, selectors }: Run): Promise<void> {
  const broken = await watchSelectors(ports, configuration, selectors)
  if (broken.length > 0)
    ports.log.error('selectors are not valid: their links grant nothing new and revoke nothing', { broken })
}

async function askOfPeople({ ports, configuration }: Run): Promise<void> {
  const asked = await askAgainOfPeople(ports, configuration)
  if (asked > 0) ports.log.info('people have changed: what may have waited for that is looked at', { asked })
}

async function tellEligibilities({ ports, configuration, eligibilities }: Run): Promise<void> {
  const broken = await watchEligibilities(ports, configuration, eligibilities)
  ports.metrics.record('EligibilitiesBroken', broken.length)
  if (broken.length > 0) ports.log.error('eligibilities are not valid: nothing is granted by them', { broken })
}

async function sweepLinks({ ports, configuration }: Run): Promise<void> {
  const found = await sweep(ports, configuration)
  if (found) ports.log.info('swept', found)
  else await reconcileWithoutState(ports)
}

async function sweepInputs({ ports, configuration }: Run): Promise<void> {
  const requests = await sweepRequests(ports, configuration)
  if (requests > 0) ports.log.info('requests are looked at that a lost message left', { requests })
}

async function countAttention({ ports }: Run): Promise<void> {
  const counts = await new StatusStore(ports.objects, ports.clock).countAttention()
  for (const state of attentionStates) ports.metrics.record(attentionMetrics[state], counts[state])
}

/** Without what stands under `state/` a sweep finds nothing. Asked for again and again, it is one reconcile. */
async function reconcileWithoutState({ queues, log }: Ports): Promise<void> {
  await askForReconcile(queues, { why: 'state/ is gone', deduplicationId: 'state-is-gone' })
  log.warn('nothing was compared yet, or somebody deleted state/: everything is compared now')
}

/**
 * The first run, for which a new installation waits, also begins a drift check: who looks at `foreign/` and `access/` sees all access
 * from the first day on.
 */
async function reconcileAll({ ports, configuration }: Run): Promise<void> {
  const known = await new OrganizationCache(ports, configuration.folders).storedView()
  ports.log.info('reconciled', await reconcile(ports, configuration))
  if (known) await renewUnitNames(ports, known)
  else await beginDriftCheck(ports, configuration)
}

/** For reports only: without a name they have the id. */
async function renewUnitNames(ports: Ports, view: OrganizationView): Promise<void> {
  await new UnitNames(ports).renew(view).catch((error: unknown) => {
    if (!isServiceError(error)) throw error
    ports.log.warn('the names of organizational units could not be read; the next run is in an hour', { error })
  })
}

async function reportAccess({ ports, configuration }: Run): Promise<void> {
  const { date, counts, calls, notes } = await writeReport(ports, configuration)
  ports.log.info('the report of who has access is written', { date, ...counts, calls, notes: notes.length })
}

async function reportCredentials({ ports, configuration }: Run): Promise<void> {
  const summary = await writeCredentials(ports, configuration)
  if (summary === undefined) ports.log.info('no auditorRole is configured: credentials are not looked at')
  else ports.log.info('the report of credentials is written', { ...summary, notes: summary.notes.length })
}

async function reportPermissions({ ports, configuration, readActions }: Run): Promise<void> {
  if (readActions === undefined) throw new Error('there is no catalog of actions')
  const monthly = await writePermissions(ports, configuration, readActions)
  if (monthly === undefined) return
  const { month, sets } = monthly
  ports.log.info('the reports of unused permissions are written', { month, sets: sets.length })
}

async function retire({ ports, configuration }: Run): Promise<void> {
  const { outcome, ...told } = await retireCredentials(ports, configuration)
  if (outcome === 'looked') ports.log.info('credentials that are to be retired are looked at', told)
  if (outcome === 'stopped') ports.log.warn('nothing is retired, and nothing is undone', told)
}

async function notify({ ports, configuration, page }: Run): Promise<void> {
  const { eventBus } = ports
  if (eventBus === undefined) throw new Error('there is no event bus')
  const { told, digests, left } = await tellOutcomes({ ...ports, eventBus }, configuration, page)
  if (told + digests + left > 0) ports.log.info('outcomes told', { told, digests, left })
}
