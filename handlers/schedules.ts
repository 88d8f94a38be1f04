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
import type { SliceOptions } from '../shared/reconcile/dispatcher/slice.ts'
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
import { dispatcher } from './dispatcher.ts'

/**
 * Every minute: a slice of the dispatcher, for open work that is due and for a wake that was lost. Not through the queue
 * of wakes: the wake of a function that died blocks its whole group until its visibility timeout ends.
 */
export const everyMinute =
  (ports: Ports, configuration: Configuration, options: SliceOptions) => async (): Promise<void> => {
    await dispatcher(ports, configuration, options)()
  }

/**
 * Every minute: looks again at links whose `notBefore` or `expiresAt` has come. Not in the dispatcher, whose slice may take
 * many minutes. `state/` may be deleted at any time: what is due is found again first, and the rest by a reconcile. Unreadable
 * records that hold up more than one assignment get a status, and so do policies and selectors that are not valid. Links whose
 * selector has changed are looked at again, and so are requests where an eligibility has, and permission sets that are to deny
 * sessions, or need not any more, and requests and links after people have changed, and links that wait for a permission set that
 * was applied meanwhile. Answers when the next instant comes, by our own clock (monotonic); `undefined`: there is none.
 */
export const everyMinuteOfLinks = (ports: Ports, configuration: Configuration) => {
  const records = new SpoiledRecords()
  const policies = new Policies(ports)
  const selectors = new SelectorFiles(ports.objects)
  const eligibilities = new EligibilityFiles(ports)
  return async (): Promise<number | undefined> => {
    const links = await restoreIndex(ports.objects, configuration)
    if (links !== undefined) {
      ports.log.warn('the index of expiry was gone, and is made again', { links })
      await askForTimed(ports, configuration)
    }
    const nextMs = await lookAtDue(ports, configuration)
    const overtaken = await findOvertaken(ports)
    await sendInputs(ports, overtaken, 'its permission set was applied before', configuration)
    if (overtaken.length > 0) ports.log.warn('links wait for a permission set that was applied', { overtaken })
    const denying = await followEndedSessions(ports, configuration)
    if (denying.length > 0) ports.log.info('what is denied to ended sessions is brought up to date', { denying })
    if (!(await hasCheckpoint(ports.objects))) await reconcileWithoutState(ports)
    const spoiled = await records.tell(ports, configuration)
    if (spoiled.length > 0)
      ports.log.error('objects of ssofile cannot be read; their statuses say what to do', { spoiled })
    const broken = await watchPolicies(ports, configuration, policies)
    ports.metrics.record('PoliciesBroken', broken.length)
    if (broken.length > 0)
      ports.log.error('policies are not valid: nothing new is granted until they are corrected', { broken })
    const unclear = await watchSelectors(ports, configuration, selectors)
    if (unclear.length > 0)
      ports.log.error('selectors are not valid: their links grant nothing new and revoke nothing', { broken: unclear })
    const asked = await askAgainOfPeople(ports, configuration)
    if (asked > 0) ports.log.info('people have changed: what may have waited for that is looked at', { asked })
    const useless = await watchEligibilities(ports, configuration, eligibilities)
    ports.metrics.record('EligibilitiesBroken', useless.length)
    if (useless.length > 0)
      ports.log.error('eligibilities are not valid: nothing is granted by them', { broken: useless })
    ports.metrics.record(heartbeats['minute-links'])
    return nextMs
  }
}

async function lookAtDue(ports: Ports, configuration: Configuration): Promise<number | undefined> {
  const { followed, nextInMs } = await followInstants(ports, configuration)
  if (followed > 0) ports.log.info('links whose time has come are looked at', { instants: followed })
  return nextInMs === undefined ? undefined : ports.clock.monotonicMs() + nextInMs
}

/** From the beginning of the minute: what is left of it, and of the function's time, is for what comes then. */
const waitsMostMs = 45_000
/** Between two looks at the index. */
const waitsLeastMs = 1_000

/**
 * As `everyMinuteOfLinks`; then it waits for each instant that comes within the next 45 seconds, so that access begins and ends
 * when its link says so. Where none comes it ends at once, and has asked no more than without.
 */
export const throughTheMinute = (ports: Ports, configuration: Configuration) => {
  const { clock } = ports
  const look = everyMinuteOfLinks(ports, configuration)
  return async (): Promise<void> => {
    const endMs = clock.monotonicMs() + waitsMostMs
    let nextMs = await look()
    while (nextMs !== undefined && Math.max(nextMs, clock.monotonicMs()) <= endMs) {
      await clock.sleep(Math.max(nextMs - clock.monotonicMs(), waitsLeastMs))
      nextMs = await lookAtDue(ports, configuration)
    }
  }
}

/** Every five minutes: finds what a lost or overtaken message left, by S3 alone. Also under a pause: hints wait then. */
export const everyFiveMinutes = (ports: Ports, configuration: Configuration) => async (): Promise<void> => {
  const found = await sweep(ports, configuration)
  if (found) ports.log.info('swept', found)
  else await reconcileWithoutState(ports)
  const requests = await sweepRequests(ports, configuration)
  if (requests > 0) ports.log.info('requests are looked at that a lost message left', { requests })
  const counts = await new StatusStore(ports.objects, ports.clock).countAttention()
  for (const state of attentionStates) ports.metrics.record(attentionMetrics[state], counts[state])
  ports.metrics.record(heartbeats.sweep)
}

/** Without what stands under `state/` a sweep finds nothing. Asked for again and again, it is one reconcile. */
async function reconcileWithoutState({ queues, log }: Ports): Promise<void> {
  await askForReconcile(queues, { why: 'state/ is gone', deduplicationId: 'state-is-gone' })
  log.warn('nothing was compared yet, or somebody deleted state/: everything is compared now')
}

/** Every hour: catches changes that sent no event. If a listing fails, nothing changes, and an error is logged. */
export const everyHour = (ports: Ports, configuration: Configuration) => async (): Promise<void> => {
  try {
    const known = await new OrganizationCache(ports, configuration.folders).storedView()
    ports.log.info('reconciled', await reconcile(ports, configuration))
    // Where no event told of it: somebody may be eligible, or approve, who could not before.
    await askForWaiting(ports, configuration, 'reconcile')
    await reconcileMemberships(ports, configuration)
    await compareAttributes(ports, configuration)
    await reconcilePeople(ports, configuration)
    await followLeavers(ports, configuration, 'all')
    // The first run, for which a new installation waits, has everything else listed that is there: who looks at `foreign/` and
    // `access/` sees all access from the first day on.
    if (known) await renewUnitNames(ports, known)
    else await beginDriftCheck(ports, configuration)
    ports.metrics.record(heartbeats.hourly)
  } catch (error) {
    ports.log.error('the reconcile did not come to its end: nothing was changed; the next one is in an hour', { error })
    throw error
  }
}

/** For reports only: without a name they have the id. */
async function renewUnitNames(ports: Ports, view: OrganizationView): Promise<void> {
  await new UnitNames(ports).renew(view).catch((error: unknown) => {
    if (!isServiceError(error)) throw error
    ports.log.warn('the names of organizational units could not be read; the next run is in an hour', { error })
  })
}

/** Every night: finds changes by others in Identity Center. The dispatcher does it after all other work. */
export const everyNight = (ports: Ports, configuration: Configuration) => async (): Promise<void> => {
  await beginDriftCheck(ports, configuration)
  ports.metrics.record(heartbeats.nightly)
}

/** Every night, after the drift check: writes who has access, for auditors. */
export const everyMorning = (ports: Ports, configuration: Configuration) => async (): Promise<void> => {
  const { date, counts, calls, notes } = await writeReport(ports, configuration)
  ports.log.info('the report of who has access is written', { date, ...counts, calls, notes: notes.length })
  ports.metrics.record(heartbeats.report)
}

/**
 * Every night, after the drift check: writes which credentials in the accounts want somebody, and tells whoever answers for them. Once
 * a month it also writes what of permission sets nobody uses.
 */
export const everyMorningOfCredentials =
  (ports: Ports, configuration: Configuration, readActions: () => Promise<ActionCatalog>) =>
  async (): Promise<void> => {
    const summary = await writeCredentials(ports, configuration)
    if (summary === undefined) ports.log.info('no auditorRole is configured: credentials are not looked at')
    else ports.log.info('the report of credentials is written', { ...summary, notes: summary.notes.length })
    const monthly = await writePermissions(ports, configuration, readActions)
    if (monthly !== undefined)
      ports.log.info('the reports of unused permissions are written', {
        month: monthly.month,
        sets: monthly.sets.length,
      })
    ports.metrics.record(heartbeats.credentials)
  }

/** Every five minutes: makes credentials inactive that files ask to retire, watches and deletes them; undoes what no file asks for. */
export const everyFiveMinutesOfRetiring = (ports: Ports, configuration: Configuration) => async (): Promise<void> => {
  const { outcome, ...told } = await retireCredentials(ports, configuration)
  if (outcome === 'looked') ports.log.info('credentials that are to be retired are looked at', told)
  if (outcome === 'stopped') ports.log.warn('nothing is retired, and nothing is undone', told)
  ports.metrics.record(heartbeats.retire)
}

/** Every minute: publishes what became of inputs and access as events, and sends digests to the receivers. */
export const everyMinuteOfNotifications =
  (ports: Ports, configuration: Configuration, page?: string) => async (): Promise<void> => {
    const { eventBus } = ports
    if (eventBus === undefined) throw new Error('there is no event bus')
    const { told, digests, left } = await tellOutcomes({ ...ports, eventBus }, configuration, page)
    if (told + digests + left > 0) ports.log.info('outcomes told', { told, digests, left })
    ports.metrics.record(heartbeats.notifications)
  }
