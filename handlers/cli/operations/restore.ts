import { type Command, InvalidArgumentError } from 'commander'
import { readCallerIdentity } from '../../../shared/aws/caller-identity.ts'
import { openAwsObjectVersions } from '../../../shared/aws/s3-object-versions.ts'
import { ownedPersonPrefix } from '../../../shared/domain/files/person-file.ts'
import { endedSessionsKey } from '../../../shared/domain/sessions/ended-sessions.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { suspensionKey } from '../../../shared/domain/suspensions/suspension.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { renderInstant } from '../../../shared/domain/text/instant.ts'
import type { FoundOwner } from '../../../shared/modules/restore/find-lost-owner.ts'
import type { OldInput } from '../../../shared/modules/restore/inputs-at.ts'
import {
  beginRestoration,
  endRestoration,
  findLostRecords,
  type LostRecords,
  rightBefore,
} from '../../../shared/modules/restore/restore-records.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import type { ObjectVersions } from '../../../shared/ports/object-versions.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { patientIdentityStore } from '../../../shared/reconcile/calls/patient-identity-store.ts'
import { brakeFileRecord } from '../../../shared/reconcile/records/brake-file.ts'
import { type Loss, readStoredPause } from '../../../shared/reconcile/records/pause.ts'
import { dryRunOption, yesOption } from '../arguments/change-options.ts'
import { invalidOption } from '../arguments/invalid-option.ts'
import { onlyOption } from '../arguments/only-option.ts'
import { Refusal } from '../arguments/refusal.ts'
import { askRights, rightsOfRestore } from '../bucket/ask-rights.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { readOwnOwner } from '../bucket/deployment.ts'
import { refuseUnused } from '../bucket/open-bucket.ts'
import { type BringBackOptions, bringBack, findChangesBack } from '../folder/bring-back.ts'
import { restoredPlaces } from '../folder/input-parts.ts'
import { pushChanges } from '../folder/push-changes.ts'
import { leasePortions, slowPortions, underLease } from '../take-over/under-lease.ts'
import { confirm } from '../terminal/confirm.ts'
import { Progress, runAgain } from '../terminal/progress.ts'
import { renderJson } from '../terminal/render-json.ts'
import { explainDenial } from './explain-denial.ts'

type Options = BringBackOptions & {
  readonly at?: Date
  readonly inputs?: boolean
  readonly acceptMissing?: boolean
}

/** The parts that operators may write: `operatorRights`. */
const partsOfOperators = ['access', 'memberships'] as const

/** `ssofile restore`: brings back deleted or damaged objects of the bucket. */
export function addRestore(program: Command): void {
  program
    .command('restore')
    .description(
      "Brings back lost or unreadable records (history, ledger, groups, memberships, users, permission sets, ownership) and the files deleted with them, from the bucket's versions; without versions, the ledger from history. It compares each entry with Identity Center first and changes nothing there. Nothing is granted or revoked meanwhile. Run it again after an interruption.\n--inputs makes people's files what they were at an instant, except requests and approvals: later uploads go, and no suspension is lifted. It shows the plan and asks.",
    )
    .option(
      '--at <instant>',
      'this instant (ISO 8601 with offset); default: before the loss that stopped everything',
      parseAt,
    )
    .option('--accept-missing', 'end the stop although files are still missing; it prints their names')
    .option('--inputs', 'only files of people; needs --at')
    .addOption(onlyOption())
    .addOption(invalidOption())
    .addOption(dryRunOption())
    .addOption(yesOption())
    .option('--config <file>', 'configuration file (JSON), if the bucket has no deployment')
    .option('--json', 'the restored objects as JSON; with --inputs the plan and the result')
    .addHelpText('after', help)
    .action(async (options: Options) => {
      process.exitCode = await (options.inputs ? restoreInputs(options) : restore(options)).catch(
        explainDenial('operators', 'restore', 'restore'),
      )
    })
}

const help = `
Exit code 1: some entries are undecided, or files are missing and everything stays stopped. More: docs/operations.md#the-ledger-was-lost.

Examples:
  ssofile restore --dry-run
  ssofile restore
  ssofile restore --inputs --at 2026-11-20T14:00:00+01:00`

function parseAt(text: string): Date {
  const at = new Date(text)
  if (!/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/.test(text) || Number.isNaN(at.getTime()))
    throw new InvalidArgumentError('expected an instant with its offset, such as 2026-11-20T14:00:00+01:00')
  return at
}

async function restoreInputs({ at, ...options }: Options): Promise<number> {
  if (at === undefined) throw new Refusal('received --inputs without --at, expected the instant before the bad sync')
  const { only } = options
  return bringBack({ places: restoredPlaces(...(only === undefined ? [] : [only])), at }, options)
}

async function restore(options: Options): Promise<number> {
  const bucket = bucketOf(undefined)
  const ports = openCliPorts(bucket)
  // Refuses a bucket of another instance.
  await readOwnOwner(ports)
  const versions = openAwsObjectVersions(bucket)
  using progress = new Progress(`${runAgain}: until then ssofile may stay stopped`)
  const context = { ports, versions, readCaller: readCallerIdentity, progress }
  const { text, exitCode } = await restoreRecords(context, options)
  progress.end()
  process.stdout.write(text)
  return exitCode
}

type Context = {
  readonly ports: Ports
  readonly versions: ObjectVersions
  readonly readCaller: () => Promise<string>
  readonly progress: Pick<Progress, 'tell' | 'end'>
}

export async function restoreRecords(
  { ports, versions, readCaller, progress }: Context,
  { at, dryRun: isDryRun = false, yes = false, json = false, acceptMissing = false }: Options,
): Promise<{ readonly text: string; readonly exitCode: 0 | 1 }> {
  const pause = await readStoredPause(ports.objects)
  const isStopped = pause?.value.lost !== undefined
  const stoppedAt = isStopped ? pause.object.lastModified : undefined
  const known = isStopped ? pause.value.loss?.since : undefined
  const lostAt = known ? rightBefore(new Date(known)) : undefined
  const find = (inPortions: ReturnType<typeof slowPortions>) =>
    findLostRecords({
      ...ports,
      identityStore: patientIdentityStore(ports),
      versions,
      at,
      stoppedAt,
      lostAt,
      inPortions,
    })
  const first = await find(slowPortions(ports, progress.tell))
  if (first.owner.is === 'unknown') await refuseUnused(ports.objects)
  const loss = (isStopped ? pause.value.loss : undefined) ?? {
    since: first.since ? renderInstant(first.since) : null,
    stoppedAt: renderInstant(stoppedAt ?? ports.clock.now()),
  }
  // Without an owner nothing may run; without a suspension or a policy, ssofile would grant forbidden access.
  const mayEndStop = ({ owner, ...files }: Restoration, unwritten: number): boolean =>
    owner !== 'unknown' && (acceptMissing || countMissing(files) + unwritten === 0)
  const found = await describe(first, ports, versions, { at, loss, wasStopped: isStopped })
  const seen = { ...found, endsStop: mayEndStop(found, 0) }
  if (isDryRun || (isNothing(seen) && !isStopped)) {
    const text = json ? renderJson(toJson(seen)) : renderRestoration(seen, 'planned', ports.objects)
    return { text, exitCode: seen.undecided.length > 0 || !seen.endsStop ? 1 : 0 }
  }
  progress.end()
  if (!yes) {
    process.stderr.write(renderRestoration(seen, 'planned', ports.objects))
    await confirm({ bucket: ports.objects.bucket, question: 'Restore this?' })
  }
  await askRights(ports.objects, rightsOfRestore)
  progress.tell('restoring')
  await beginRestoration(ports, loss)
  // Running work ends first, even if nothing is compared: otherwise it writes history while this command repairs it.
  await underLease(ports, 'restore', async () => undefined)
  // Under the lease: nothing changes between the comparison and the writes.
  const lost = await find(leasePortions(ports, 'restore', progress.tell))
  const done = await describe(lost, ports, versions, { at, loss, wasStopped: isStopped })
  const unwritten: { readonly object: string; readonly why: string }[] = []
  let failed = 0
  const changed = await lost.carryOut(async () => {
    const of = done.inputs.length
    let back = 0
    const onWritten = () => progress.tell('bringing back files', { done: ++back, of })
    const pushed = await pushChanges(ports, { uploads: done.inputs, deletions: [], same: [] }, onWritten)
    failed = pushed.failed.length
    const why = 'somebody uploaded it in the meantime, so it stays like that'
    unwritten.push(...pushed.changedMeanwhile.map((object) => ({ object, why })))
    unwritten.push(...pushed.failed.map(({ key, reason }) => ({ object: key, why: reason })))
  })
  const undecided = [...done.undecided, ...unwritten, ...changed]
  const endsStop = mayEndStop(done, failed)
  const paused = endsStop ? await endRestoration(ports, await readCaller()) : undefined
  const result: Restoration = { ...done, undecided, isPaused: paused !== undefined, endsStop }
  const text = json ? renderJson(toJson(result)) : renderRestoration(result, 'done', ports.objects)
  return { text, exitCode: undecided.length > 0 || !endsStop ? 1 : 0 }
}

function isNothing({ history, owner, isConfigurationLost, ...found }: Restoration): boolean {
  const { entries, permissionSets, people, statuses, control, inputs } = found
  const restored = [entries, permissionSets, people, statuses, control, inputs].flat()
  return history + restored.length === 0 && owner === 'there' && !isConfigurationLost
}

/**
 * Includes the files that the loss took and those gone since `at`. A file uploaded since then stays.
 *
 * | who may write the file | deleted                                | then                                             |
 * | ---------------------- | -------------------------------------- | ------------------------------------------------ |
 * | others                 | since the loss                         | named, keeps the stop: it may suspend or forbid  |
 * | others                 | since `at`, but before the loss        | named, keeps a stop that was there before        |
 * | operators              | since `at`                             | brought back                                     |
 * | operators              | from the loss until everything stopped | brought back                                     |
 * | operators              | after everything stopped               | named, keeps the stop: the owner may mean it     |
 */
async function describe(
  lost: LostRecords,
  { objects }: Ports,
  versions: ObjectVersions,
  { at, loss, wasStopped }: { readonly at: Date | undefined; readonly loss: Loss; readonly wasStopped: boolean },
): Promise<Restoration> {
  const lostAt = loss.since === null ? undefined : rightBefore(new Date(loss.since))
  const findGone = async (places: readonly string[], instant: Date | undefined) => {
    if (instant === undefined) return { uploads: [], returns: [] }
    const { changes, returns } = await findChangesBack(objects, versions, { places, at: instant })
    const isGone = ({ over }: OldInput) => !over
    return { uploads: changes.uploads.filter(isGone), returns: returns.filter(isGone) }
  }
  const own = restoredPlaces(...partsOfOperators)
  const others = restoredPlaces().filter((place) => !own.includes(place))
  const { uploads: asked } = await findGone(own, at)
  const isAsked = new Set(asked.map(({ key }) => key))
  const gone = (await findGone(own, lostAt)).uploads.filter(({ key }) => !isAsked.has(key))
  const isLate = ({ deletedAt }: OldInput) => deletedAt !== undefined && deletedAt > new Date(loss.stoppedAt)
  const taken = await findGone(others, lostAt)
  const isTaken = new Set([...taken.uploads, ...taken.returns].map(({ key }) => key))
  const since = await findGone(others, at)
  const isEarlier = ({ key }: OldInput) => !isTaken.has(key)
  const [uploadsSince, returnsSince] = [since.uploads.filter(isEarlier), since.returns.filter(isEarlier)]
  const { history, entries, permissionSets, people, bindings, control, requests, owner, configuration, undecided } =
    lost
  return {
    at: at ?? lostAt,
    lostAt,
    wasStopped,
    history,
    entries: entries.map(({ key }) => key),
    permissionSets: permissionSets.map(({ name }) => name),
    people: people.map(({ key }) => key),
    statuses: listStatuses(bindings),
    control: control.map(({ key }) => key),
    owner: owner.is,
    isConfigurationLost: configuration !== undefined,
    inputs: [...asked, ...gone.filter((one) => !isLate(one))],
    inputsDeletedLater: gone.filter(isLate).map(({ key }) => key),
    inputsOfOthers: taken.uploads.map(({ key }) => key),
    inputsOfOthersSinceAt: [...uploadsSince, ...(wasStopped ? [] : returnsSince)].map(({ key }) => key),
    returns: [...taken.returns, ...(wasStopped ? returnsSince : [])].map(({ key }) => key),
    inputsWithoutUser: bindings.unknown,
    requests,
    undecided,
    isPaused: false,
    endsStop: false,
  }
}

type Restoration = {
  /** Restores the files of this instant; absent: restores no files. */
  readonly at: Date | undefined
  /** Right before the loss; absent: no file was lost with records. */
  readonly lostAt: Date | undefined
  /** Everything was stopped before this run. */
  readonly wasStopped: boolean
  readonly history: number
  readonly entries: readonly string[]
  readonly permissionSets: readonly string[]
  /** Records of groups, memberships and users. */
  readonly people: readonly string[]
  /** Keys of inputs. `restore` brings back the status of each, which records the user of the file. */
  readonly statuses: readonly string[]
  /** The brake's record with its parts, and the ended sessions. */
  readonly control: readonly string[]
  readonly owner: FoundOwner['is']
  readonly isConfigurationLost: boolean
  readonly inputs: readonly OldInput[]
  /** Files that were deleted after everything had stopped. */
  readonly inputsDeletedLater: readonly string[]
  /** Files deleted since the loss that only governance, HR or account owners may write. */
  readonly inputsOfOthers: readonly string[]
  /** Such files deleted since the instant of `--at`, but before the loss. */
  readonly inputsOfOthersSinceAt: readonly string[]
  /** Missing files of people that `--inputs` does not bring back either: `givesAccessBack`. */
  readonly returns: readonly string[]
  /** Files that were deleted with their status, so nothing says which user they meant. */
  readonly inputsWithoutUser: readonly string[]
  /** The requests that are lost although the access that they were granted has not ended. */
  readonly requests: readonly string[]
  readonly undecided: readonly { readonly object: string; readonly why: string }[]
  /** A person has paused all changes, too. */
  readonly isPaused: boolean
  readonly endsStop: boolean
}

/** Counts the files that keep everything stopped: this run does not bring back a file that the loss may have taken, or nobody knows its user. */
function countMissing({ wasStopped, inputsOfOthersSinceAt, ...files }: Omit<Restoration, 'owner'>): number {
  const { inputsDeletedLater, inputsOfOthers, returns, inputsWithoutUser, requests } = files
  const taken = [inputsDeletedLater, inputsOfOthers, returns, inputsWithoutUser, requests].flat().length
  return wasStopped ? taken + inputsOfOthersSinceAt.length : taken
}

function listStatuses({ statuses, notes }: LostRecords['bindings']): readonly string[] {
  const inputs = new Set([
    ...statuses.map(({ status }) => status.input),
    ...notes.map(({ name }) => suspensionKey(name)),
  ])
  return [...inputs].sort()
}

const keysShown = 10

function toJson({ inputs, at, endsStop: _, wasStopped: __, ...rest }: Restoration) {
  return { at: at?.toISOString(), ...rest, inputs: inputs.map(({ key }) => key) }
}

function renderRestoration(restoration: Restoration, stage: 'planned' | 'done', { bucket }: ObjectStore): string {
  const { at, owner, undecided, isPaused, inputsWithoutUser, requests } = restoration
  const { lostAt, wasStopped, inputsDeletedLater, inputsOfOthers, inputsOfOthersSinceAt, returns, endsStop } =
    restoration
  const isDone = stage === 'done'
  const told = listBroughtBack(restoration)
  const head = isDone ? 'brought back' : 'to restore'
  const lines = told.length === 0 ? ['there is nothing to restore'] : told.map((line) => `${head}: ${line}`)
  lines.unshift(`bucket ${bucket}`)
  if (owner === 'unknown')
    lines.push('no record names the owner of this bucket: ssofile resume --accept-loss makes this instance the owner')
  const tellLeft = (why: string, keys: readonly string[], remedy?: string, noun = 'file') => {
    if (keys.length === 0) return
    lines.push(`${why}: ${count(keys.length, noun)}`, ...listKeys(keys))
    if (remedy !== undefined && !endsStop) lines.push(`  do: ${remedy}`)
  }
  if (lostAt) {
    const remedy = `if nobody meant that, bring all of them back: add --at ${lostAt.toISOString()}`
    tellLeft('left alone, deleted after everything stopped', inputsDeletedLater, remedy)
    const command = `ssofile restore --inputs --at ${lostAt.toISOString()}`
    tellLeft('left to governance, HR or account owners', inputsOfOthers, `a person who may write them runs ${command}`)
  }
  if (at)
    tellLeft(
      `deleted since ${at.toISOString()} and left to governance, HR or account owners`,
      inputsOfOthersSinceAt,
      wasStopped ? 'a person who may write them brings them back, or decides that they stay away' : undefined,
    )
  tellLeft(
    'left to HR, because the file would give access back to somebody whose time is over or limited',
    returns,
    'HR uploads the file, or decides that it stays away; then add --accept-missing',
  )
  tellLeft(
    'deleted with their status, so nothing says which user they mean',
    inputsWithoutUser,
    'check that the user who has this name now is the right one; then add --accept-missing',
  )
  tellLeft(
    'left to their authors, because their temporary access is not over',
    requests,
    'the author asks again and an approver approves, so that the access goes on; to end it instead, add --accept-missing',
    'request',
  )
  if (requests.length > 0 && endsStop) lines.push('  this access ends now')
  const isMissing = countMissing(restoration) > 0
  if (isMissing && endsStop) lines.push('these files are missing, and everything continues without them')
  else if (isMissing || (isDone && !endsStop && owner !== 'unknown'))
    lines.push(
      'while a file is missing, everything stays stopped: run ssofile restore again; to continue without the files, add --accept-missing',
    )
  if (undecided.length > 0) {
    lines.push(`undecided and unchanged: ${count(undecided.length, 'object')}`)
    for (const { object, why } of undecided.slice(0, keysShown))
      lines.push(`  ${quote(object, 1024)}: ${quote(why, 1000)}`)
    if (undecided.length > keysShown) lines.push(`  and ${undecided.length - keysShown} more: --json lists them`)
    lines.push('  do: check each in Identity Center; to take access over, run ssofile import --assignments')
  }
  if (isDone && isPaused) lines.push('a person has also paused all changes: ssofile resume')
  else if (isDone && endsStop) lines.push('within a minute, ssofile compares everything again and continues to work')
  return `${lines.join('\n')}\n`
}

/** A line for each kind of object. */
function listBroughtBack(restoration: Restoration): readonly string[] {
  const { at, history, entries, permissionSets, people, statuses, control, owner, isConfigurationLost, inputs } =
    restoration
  const ofUsers = people.filter((key) => key.startsWith(ownedPersonPrefix))
  const ofGroups = people.filter((key) => !key.startsWith(ownedPersonPrefix))
  const some = (number: number, one: string, many: string) => (number > 0 ? [count(number, one, many)] : [])
  return [
    ...some(history, 'object of history', 'objects of history'),
    ...some(entries.length, 'entry of the ledger', 'entries of the ledger'),
    ...some(permissionSets.length, 'record of a permission set', 'records of permission sets'),
    ...some(ofGroups.length, 'record of a group or membership', 'records of groups and memberships'),
    ...some(ofUsers.length, 'record of a user', 'records of users'),
    ...some(statuses.length, 'file: which user it means', 'files: which users they mean'),
    ...(at && inputs.length > 0
      ? [
          [
            `${count(inputs.length, 'file')}, as of ${at.toISOString()}`,
            ...listKeys(inputs.map(({ key }) => key)),
          ].join('\n'),
        ]
      : []),
    ...(control.includes(brakeFileRecord.at) ? [`the counts and lists of the brake (${brakeFileRecord.at})`] : []),
    ...(control.includes(endedSessionsKey) ? [`the ended sessions (${endedSessionsKey})`] : []),
    ...(isConfigurationLost ? ['the configuration of the deployment (control/configuration.json)'] : []),
    ...(owner === 'lost' ? ['the owner of the bucket (control/owner.json)'] : []),
  ]
}

function listKeys(keys: readonly string[]): readonly string[] {
  const shown = keys.slice(0, keysShown).map((key) => `  ${quote(key, 1024)}`)
  return keys.length > keysShown ? [...shown, `  and ${keys.length - keysShown} more: --json lists them`] : shown
}
