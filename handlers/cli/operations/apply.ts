import { hostname, userInfo } from 'node:os'
import type { Command } from 'commander'
import {
  type Assignment,
  type AssignmentKey,
  assignmentKey,
  parseAssignmentName,
  renderAssignmentName,
} from '../../../shared/domain/assignments/assignment.ts'
import type { Configuration } from '../../../shared/domain/deployment/configuration.ts'
import { inputMessage } from '../../../shared/domain/links/input-message.ts'
import { parseLinkKey, renderGrant } from '../../../shared/domain/links/link.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import type { StatusState } from '../../../shared/domain/statuses/status.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { renderInstant } from '../../../shared/domain/text/instant.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { findDifferences } from '../../../shared/reconcile/differences/find-differences.ts'
import { reconcile } from '../../../shared/reconcile/differences/reconcile.ts'
import { Lease } from '../../../shared/reconcile/dispatcher/lease.ts'
import { retryOpenWork } from '../../../shared/reconcile/dispatcher/retry-open-work.ts'
import { dispatch, type SliceResult } from '../../../shared/reconcile/dispatcher/slice.ts'
import { beginDriftCheck } from '../../../shared/reconcile/drift/drift-run.ts'
import { reconcileInput } from '../../../shared/reconcile/inputs/reconcile-input.ts'
import { OrganizationCache } from '../../../shared/reconcile/organization/organization-cache.ts'
import { followEndedSessions } from '../../../shared/reconcile/permission-sets/follow-ended-sessions.ts'
import { uploadedPermissionSetController } from '../../../shared/reconcile/permission-sets/uploaded-permission-set.ts'
import { describePause, readPause, remedyOf } from '../../../shared/reconcile/records/pause.ts'
import { Policies } from '../../../shared/reconcile/records/policies.ts'
import { StatusStore } from '../../../shared/reconcile/records/status-store.ts'
import { linkController } from '../../../shared/reconcile/statuses/link-controller.ts'
import { wholeNumber } from '../arguments/options.ts'
import { Refusal } from '../arguments/refusal.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { chooseConfiguration, claimOrRefuse } from '../bucket/deployment.ts'
import { explainDenial } from '../operations/explain-denial.ts'
import { readAllStatuses } from '../status/read-all-statuses.ts'
import { renderSummary } from '../status/render-status.ts'
import { listStillOpen, renderStillOpen } from '../status/still-open.ts'
import { Progress, runAgain } from '../terminal/progress.ts'
import { renderJson } from '../terminal/render-json.ts'
import { countWork } from './count-work.ts'
import { DriftProgress } from './drift-progress.ts'
import { waitUntil } from './wait-until.ts'

const watchEveryMs = 2_000
const progress = new Progress(`${runAgain}; a deployment goes on by itself: ssofile status`)
/** Give the deployment this time to retry waiting work; some work has good reason to wait longer. */
const retryPatienceMs = 30_000
const wholeDayMs = 24 * 60 * 60 * 1000

/** If one of these states remains, the exit code is 1: ssofile has not done everything that the files ask for. */
const leftUndone = new Set<StatusState>(['rejected', 'failed', 'held', 'applying', 'revoking'])

type ApplyOptions = {
  readonly config?: string
  readonly json?: boolean
  readonly drift: boolean
  readonly wait?: boolean
  readonly timeout?: number
}

/** `ssofile apply`: one full reconcile and drift check, until both are finished. */
export function addApply(program: Command): void {
  program
    .command('apply [s3://bucket]')
    .description(
      'Compares files, ledger and Identity Center, and closes every difference, with a new attempt for everything that failed. With a deployment it queues the work and watches; without one it does the work itself, under the dispatcher lease.\nExit code 1: something is rejected, failed, held, in progress, or too recent to judge.',
    )
    .option('--config <file>', 'configuration file (JSON), if the bucket has no deployment')
    .option('--no-drift', 'skip the drift check: trust the ledger without comparing it with Identity Center')
    .option(
      '--wait',
      'wait for access that is too recent to judge (five minutes after a call of ssofile), and check it again',
    )
    .option('--timeout <seconds>', 'end after this time, with exit code 1 if it is not done', wholeNumber(1, 604_800))
    .option('--json', 'the final statuses as JSON')
    .addHelpText('after', '\nExamples:\n  ssofile apply s3://ssofile\n  ssofile apply s3://ssofile --timeout 600')
    .action(async (argument: string | undefined, options: ApplyOptions) => {
      process.exitCode = await apply(bucketOf(argument), options).catch(
        explainDenial('ssofile', 'apply', 'apply s3://ssofile'),
      )
    })
}

async function apply(bucket: string, options: ApplyOptions): Promise<number> {
  const opened = openCliPorts(bucket)
  await refuseUnderPause(opened)
  const { deployment } = await claimOrRefuse(opened)
  const configuration = await chooseConfiguration(opened.objects, deployment, options.config)
  const urls = new Map(Object.entries(deployment?.queueUrls ?? {}))
  const ports = deployment ? openCliPorts(bucket, (queue) => urls.get(queue) ?? '') : countingPorts(opened)
  progress.tell('comparing files, ledger and Identity Center')
  const report = await reconcile(ports, configuration)
  tell(
    `${count(report.links, 'link')}, ${count(report.permissionSets, 'permission set')}, ${count(report.accounts, 'account')}: ${report.grants} to grant, ${report.revocations} to revoke, ${count(report.inputs, 'file')} to check`,
  )
  const retried = await retryOpenWork(ports, configuration)
  if (retried.length > 0) tell(`${count(retried.length, 'change')} that waited for the next attempt: tried again now`)
  await followEndedSessions(ports, configuration)
  const { clock } = ports
  const endsMs = clock.monotonicMs() + (options.timeout === undefined ? Infinity : options.timeout * 1000)
  const check = async (): Promise<Checked> => {
    const drift = new DriftProgress(ports, options.drift ? await beginDriftCheck(ports, configuration) : undefined)
    const isEnded = deployment
      ? await watch(ports, configuration, drift, { endsMs, retried })
      : await tellingOf(drift, workHere(ports, configuration, endsMs))
    progress.end()
    // Without a deployment, the replacing check comes from another `apply`. That one waits for this one and then does the check.
    const { partsLeft, isReplaced, undecided } = await drift.standing()
    return { isEnded, isChecked: partsLeft === 0 || (isReplaced && !deployment), undecided }
  }
  let checked = await check()
  for (; checked.isEnded && checked.undecided && options.wait; checked = await check()) {
    const line = describeUndecided(checked.undecided, 'ssofile checks again then')
    if (!(await waitUntil(checked.undecided.until, ports, { endsMs, tell: () => tell(line) }))) break
  }
  const { isEnded, isChecked, undecided } = checked
  if (!isEnded && clock.monotonicMs() >= endsMs)
    tell(
      `it took longer than ${count(options.timeout ?? 0, 'second')} (--timeout); the deployment, or the next apply, finishes the rest`,
    )
  const { statuses, spoiled } = await readAllStatuses(ports)
  process.stdout.write(
    options.json ? renderJson(statuses) : renderSummary(statuses, { isTerminal: process.stdout.isTTY }),
  )
  for (const { message } of spoiled) tell(quote(message, 2000))
  const open = await findStillOpen(ports, configuration)
  if (open.length > 0) tell(renderStillOpen(open))
  if (undecided) tell(describeUndecided(undecided, 'run ssofile apply again then, or with --wait'))
  const isLeftUndone = open.length > 0 || undecided !== undefined || statuses.some(({ state }) => leftUndone.has(state))
  return !isEnded || !isChecked || spoiled.length > 0 || isLeftUndone ? 1 : 0
}

type Checked = {
  readonly isEnded: boolean
  readonly isChecked: boolean
  readonly undecided: Awaited<ReturnType<DriftProgress['standing']>>['undecided']
}

/** Listings lag behind ssofile's calls. Within five minutes of a call nobody can tell a removal by hand from a lag. */
function describeUndecided({ count: most, until }: NonNullable<Checked['undecided']>, remedy: string): string {
  const what = `Identity Center does not list ${count(most, 'assignment')} of ssofile`
  return `${what}, and ssofile's own call on ${most === 1 ? 'it' : 'them'} is less than five minutes old: a listing counts from ${renderInstant(until)} on; ${remedy}`
}

/** Without a deployment the queues are in this process, and count the work. */
function countingPorts(ports: Ports): Ports {
  return { ...ports, queues: countWork(ports.queues, (work) => progress.tell('carrying out', work)) }
}

/** Assignments that are not at rest, although everything possible now was done. */
async function findStillOpen(ports: Ports, configuration: Configuration) {
  const view = await new OrganizationCache(ports, configuration.folders).view()
  const { memory, held } = await findDifferences(ports.objects, view, configuration)
  const explained = await listExplained(ports, configuration)
  const isExplained = (key: AssignmentKey, assignment: Assignment) =>
    held.has(key) || explained.grants.has(renderGrant(assignment))
  return listStillOpen(ports.objects, memory.entries, isExplained)
}

async function refuseUnderPause({ objects }: Ports): Promise<void> {
  const pause = await readPause(objects)
  if (pause) throw new Refusal(`all changes are ${describePause(pause)}\nTo end the pause, run ${remedyOf(pause)}`)
}

/** Reports the progress of the drift check while the work continues, then its result. */
async function tellingOf(drift: DriftProgress, working: Promise<boolean>): Promise<boolean> {
  const ended = new AbortController()
  const telling = drift.follow(tell, watchEveryMs, ended.signal)
  try {
    return await working
  } finally {
    ended.abort()
    await telling
    const last = await drift.line()
    if (last !== '') tell(last)
  }
}

/** Handles the inputs and runs the dispatcher, in this process, until no work is left. */
async function workHere(ports: Ports, configuration: Configuration, endsMs: number): Promise<boolean> {
  const holder = `ssofile apply, ${userInfo().username}@${hostname()}, process ${process.pid}`
  let isClean = true
  for (;;) {
    const looked = await lookAtInputs(ports, configuration)
    isClean &&= looked.failed === 0
    const wakes = await takeAll(ports, 'dispatch')
    if (looked.done === 0 && wakes === 0) return isClean
    if (wakes === 0) continue
    const result = await dispatchOnce(ports, configuration, { endsMs, holder })
    if (result === undefined) return false
    const { settled, failed } = result
    tell(`${settled} evaluated${failed > 0 ? `, ${failed} not finished` : ''}`)
  }
}

/**
 * Waits for the lease, then runs a slice of the dispatcher. Giving up while another process has the lease would leave statuses at
 * `applying` although no process works on them. `undefined`: it is too late to begin.
 */
async function dispatchOnce(
  ports: Ports,
  configuration: Configuration,
  { endsMs, holder }: { readonly endsMs: number; readonly holder: string },
): Promise<SliceResult | undefined> {
  for (;;) {
    const sliceMs = Math.min(wholeDayMs, endsMs - ports.clock.monotonicMs())
    if (sliceMs <= 0) return undefined
    const result = await dispatch(ports, configuration, { sliceMs, lingerMs: 0, holder })
    if (result.outcome === 'done') return result
    if (result.outcome === 'paused') await refuseUnderPause(ports)
    else tell(`another dispatcher is working (${(await Lease.holder(ports)) ?? 'unknown'}); waiting for it to finish`)
  }
}

async function lookAtInputs(ports: Ports, configuration: Configuration): Promise<{ done: number; failed: number }> {
  const organization = new OrganizationCache(ports, configuration.folders)
  const context = { ...ports, configuration, organization, policies: new Policies(ports) }
  let done = 0
  let failed = 0
  for (const queue of ['permission-sets', 'links'] as const) {
    for (;;) {
      const messages = await ports.queues.receive(queue, { most: 10, waitSeconds: 0 })
      if (messages.length === 0) break
      await Promise.all(
        messages.map(async ({ body, receiptHandle }) => {
          const message = inputMessage.parse(JSON.parse(body))
          try {
            if (queue === 'links') await reconcileInput(message, linkController, context)
            else await reconcileInput(message, uploadedPermissionSetController, context)
            done++
          } catch (error) {
            failed++
            ports.log.error('ssofile could not process an input; run apply again', { input: message.key, error })
          }
          await ports.queues.delete(queue, receiptHandle)
        }),
      )
    }
  }
  return { done, failed }
}

async function takeAll({ queues }: Ports, queue: 'dispatch'): Promise<number> {
  for (let taken = 0; ; ) {
    const messages = await queues.receive(queue, { most: 10, waitSeconds: 0 })
    if (messages.length === 0) return taken
    for (const { receiptHandle } of messages) await queues.delete(queue, receiptHandle)
    taken += messages.length
  }
}

/**
 * Watches the deployment until every difference is closed, explained by an input that needs attention, or postponed to a retry: the retry
 * may come in an hour, and again later.
 */
async function watch(
  ports: Ports,
  configuration: Configuration,
  drift: DriftProgress,
  { endsMs, retried }: { readonly endsMs: number; readonly retried: readonly string[] },
): Promise<boolean> {
  const triedByMs = ports.clock.monotonicMs() + retryPatienceMs
  const organization = new OrganizationCache(ports, configuration.folders)
  let told = ''
  let most = 0
  // Settled twice, because ssofile may be about to check again the inputs that waited before this run.
  for (let timesSettled = 0; timesSettled < 2; ) {
    const { plan, inputs, unfinished, miscounted, scheduled, names, memory } = await findDifferences(
      ports.objects,
      await organization.viewForAllLinks(),
      configuration,
    )
    const explained = await listExplained(ports, configuration)
    const namesOf = (key: string) => parseAssignmentName(key) ?? names.get(assignmentKey.parse(key)) ?? []
    const isUnexplained = (assignment: Assignment) => !explained.grants.has(renderGrant(assignment))
    const isOpen = (key: AssignmentKey) => !scheduled.has(key) && [namesOf(key)].flat().every(isUnexplained)
    const putOff = new Set([...scheduled].flatMap(namesOf).map(renderGrant))
    // Its status says that ssofile is working on it, until the retry.
    const isPutOff = (input: string) => {
      const link = parseLinkKey(input, configuration.folders)
      return scheduled.has(input) || (link.ok && putOff.has(renderGrant(link.value)))
    }
    const isUnscheduled = (assignment: Assignment) => !scheduled.has(renderAssignmentName(assignment))
    const granting = plan.grants.filter((assignment) => isUnexplained(assignment) && isUnscheduled(assignment))
    const grants = granting.length + unfinished.filter(isOpen).length
    const revocations = plan.revocations.filter(isOpen).length
    const toLookAt = [...inputs, ...miscounted.map(({ link }) => link)]
    // The index does not contain links at rest.
    const isExplained = (input: string) => explained.inputs.has(input) || memory.statuses[input]?.state === 'waiting'
    const files = toLookAt.filter((input) => !isExplained(input) && !isPutOff(input)).length
    const untried = ports.clock.monotonicMs() < triedByMs ? await countThere(ports, retried) : 0
    const left = grants + revocations + files + untried + ((await drift.partsLeft()) ?? 0)
    const isDone = left === 0
    most = Math.max(most, left)
    timesSettled = isDone ? timesSettled + 1 : 0
    const differences = `${grants} to grant, ${revocations} to revoke, ${count(files, 'file')} to check`
    const line = [differences, await drift.line()].filter((part) => part !== '').join('\n')
    if (line !== told) tell(line)
    told = line
    if (!isDone) progress.tell('closing differences', { done: most - left, of: most })
    if (timesSettled < 2 && ports.clock.monotonicMs() >= endsMs) {
      progress.end()
      return false
    }
    await ports.clock.sleep(watchEveryMs)
  }
  progress.end()
  return true
}

async function countThere({ objects }: Ports, keys: readonly string[]): Promise<number> {
  const heads = await Promise.all(keys.map((key) => objects.head(key)))
  return heads.filter((head) => head !== undefined).length
}

/** Differences that stay open for a reason in a status: their inputs wait, failed, or are blocked, held or stuck. */
async function listExplained(
  ports: Ports,
  configuration: Configuration,
): Promise<{ readonly grants: ReadonlySet<string>; readonly inputs: ReadonlySet<string> }> {
  const statuses = new StatusStore(ports.objects, ports.clock)
  const grants = new Set<string>()
  const inputs = new Set<string>()
  for (const state of ['waiting', 'blocked', 'failed', 'held', 'stuck'] as const) {
    for await (const input of statuses.listAttention(state)) {
      inputs.add(input)
      const link = parseLinkKey(input, configuration.folders)
      if (link.ok) grants.add(renderGrant(link.value))
    }
  }
  return { grants, inputs }
}

function tell(line: string): void {
  progress.end()
  process.stderr.write(`${line}\n`)
}
