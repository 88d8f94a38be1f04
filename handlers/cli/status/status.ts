import { type Command, InvalidArgumentError, Option } from 'commander'
import { emptyBrake } from '../../../shared/domain/brake/brake-record.ts'
import { isEligibilityKey } from '../../../shared/domain/files/eligibility-file.ts'
import { hygieneKey } from '../../../shared/domain/files/hygiene-file.ts'
import { isPolicyKey } from '../../../shared/domain/guardrails/policy-file.ts'
import { isOfRequest, queueOf } from '../../../shared/domain/inputs/kinds.ts'
import { linkPrefix } from '../../../shared/domain/links/link.ts'
import { permissionSetPrefix } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import { isSelectorKey } from '../../../shared/domain/scopes/selector-file.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import type { Status } from '../../../shared/domain/statuses/status.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { matchesGlob } from '../../../shared/domain/text/glob.ts'
import { ProposedObjects } from '../../../shared/modules/plan/proposed-objects.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { unlessCode } from '../../../shared/ports/service-error.ts'
import { OrganizationCache } from '../../../shared/reconcile/organization/organization-cache.ts'
import { brakeFile } from '../../../shared/reconcile/records/brake-file.ts'
import { describePause, isOfPerson, readPause, remedyOf } from '../../../shared/reconcile/records/pause.ts'
import { NameIndex } from '../../../shared/reconcile/records/principal-names.ts'
import { StatusStore } from '../../../shared/reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../../shared/reconcile/records/stored-json.ts'
import { wholeNumber } from '../arguments/options.ts'
import { parseAccount } from '../arguments/parse-account.ts'
import { Refusal } from '../arguments/refusal.ts'
import { findConfiguration } from '../bucket/deployment.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { renderRelease } from '../take-over/render-release.ts'
import { csvMark } from '../terminal/csv-mark.ts'
import { Progress } from '../terminal/progress.ts'
import { renderJson } from '../terminal/render-json.ts'
import { show } from '../terminal/show.ts'
import { toInput } from './input-key.ts'
import { readAllStatuses } from './read-all-statuses.ts'
import { readInCrowd } from './read-in-crowd.ts'
import { linesMost, renderStatus, renderStatusesAsCsv, renderSummary, renderUntold } from './render-status.ts'
import {
  type SelectableState,
  type StatusFilter,
  selectableStates,
  selectStatuses,
  selectUntold,
} from './select-statuses.ts'
import { countUnderWay, wantsPerson } from './under-way.ts'
import { isCurrent, listUntold } from './untold-inputs.ts'

const lookEveryMs = 300
const watchEveryMs = 2_000
const timeoutSeconds = 1_800
const outputs = ['table', 'csv', 'json'] as const

type Options = {
  readonly state?: readonly SelectableState[]
  readonly account?: string
  readonly folder?: string
  readonly permissionSet?: string
  readonly user?: string
  readonly group?: string
  readonly wait?: boolean
  readonly watch?: boolean
  readonly timeout: number
  readonly output: (typeof outputs)[number]
  readonly json?: boolean
}
/** `isWhole`: a line for each input. `endsMs`: monotonic; the command waits for nothing after it. */
type StatusQuestion = Omit<Options, 'json'> & {
  readonly isWhole: boolean
  readonly endsMs: number
  readonly bucket: string
}

/** `ssofile status`: shows what ssofile did with the inputs. */
export function addStatus(program: Command): void {
  program
    .command('status [key]')
    .description(
      'Without a key: a line for each file, the remedy if a person is needed, and counts of states. If more than 20 files share a state and kind of reason, only the first are shown, unless you filter.\nWith a key (without links_data/ or permission_sets/, too): that file in full; * and ? make it a filter.',
    )
    .option('--state <states>', 'only these states, separated by commas', parseStates)
    .option('--account <id>', 'only links that cover this account, by id or name')
    .option('--folder <name>', 'only links in this folder')
    .option('--user <name>', 'only links to this user; * and ? stand for any characters')
    .option('--group <name>', 'only links to this group; * and ? stand for any characters')
    .option('--permission-set <name>', 'only links of this permission set, and its file')
    .option(
      '--wait',
      'wait until everything is in force or needs attention; exit code 1: something is not in force; 2: no such file',
    )
    .option(
      '--timeout <seconds>',
      'the longest time for --wait; then exit code 1',
      wholeNumber(1, 7 * 24 * 3600),
      timeoutSeconds,
    )
    .option('--watch', 'show each change, until Ctrl-C')
    .addOption(new Option('--output <form>', 'the format of the output').choices(outputs).default('table'))
    .option('--json', 'the status object(s) as JSON; the same as --output json')
    .addHelpText(
      'after',
      "\nExamples:\n  ssofile status 'account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile' --wait\n  ssofile status --state waiting,rejected,failed\n  ssofile status 'team-a/*' --output csv",
    )
    .action(async (key: string | undefined, { json, ...options }: Options) => {
      const ports = await openBucket()
      const { state, account, folder, user, group, permissionSet } = options
      const isFiltered = [state, account, folder, user, group, permissionSet].some(Boolean)
      const isGlob = key !== undefined && /[*?]/.test(key) && !(await isKnown(ports, key))
      const asked: StatusQuestion = {
        ...options,
        output: json ? 'json' : options.output,
        isWhole: isFiltered || isGlob,
        endsMs: ports.clock.monotonicMs() + options.timeout * 1000,
        bucket: ports.objects.bucket,
      }
      if (key !== undefined && isFiltered && !isGlob)
        throw new Refusal('received a key and a filter, expected one of them')
      // Comes first: without the ledger nothing else in the output is true.
      const isLost = await tellLoss(ports, asked.output === 'table' ? process.stdout : process.stderr)
      if (options.wait) await tellPause(ports, process.stderr)
      const code =
        key === undefined || isGlob
          ? await tellAll(ports, key, asked)
          : await tellOne(ports, isOfGovernance(key) ? key : toInput(key), asked)
      process.exitCode = isLost ? 1 : code
    })
}

/** A name may have a * or a ? in it. */
async function isKnown({ objects, clock }: Ports, key: string): Promise<boolean> {
  const inputs = [key, linkPrefix + key].filter((input) => queueOf(input) !== undefined)
  const statuses = new StatusStore(objects, clock)
  const found = await Promise.all(inputs.map(async (input) => (await objects.head(input)) ?? statuses.read(input)))
  return found.some((one) => one !== undefined)
}

function parseStates(text: string): readonly SelectableState[] {
  return text.split(',').map((word) => {
    const state = selectableStates.find((known) => known === word.trim())
    if (state === undefined) throw new InvalidArgumentError(`expected states: ${selectableStates.join(', ')}`)
    return state
  })
}

/** Policies, selectors, eligibilities and `hygiene.json` have a status only if they have a fault. */
function isOfGovernance(key: string): boolean {
  return isPolicyKey(key) || isSelectorKey(key) || isEligibilityKey(key) || key === hygieneKey
}

async function tellOne(
  ports: Ports,
  input: string,
  { wait = false, output, endsMs, bucket, timeout }: StatusQuestion,
): Promise<number> {
  const statuses = new StatusStore(ports.objects, ports.clock)
  const json = output === 'json'
  let wasThere = false
  for (;;) {
    const [told, object] = [await statuses.read(input), await ports.objects.head(input)]
    wasThere ||= told !== undefined || object !== undefined
    const untold = told === undefined && object ? await readInCrowd(ports, input) : undefined
    const status = told ?? untold
    // There is no status: it was removed with the input, or the input is too new.
    const isOver =
      isOfGovernance(input) ||
      (told === undefined
        ? object === undefined || untold !== undefined
        : isCurrent(told, object) && (await countUnderWay(ports, [told])) === 0)
    const isLate = wait && !isOver && ports.clock.monotonicMs() >= endsMs
    if (wait && !isOver && !isLate) {
      await ports.clock.sleep(lookEveryMs)
      continue
    }
    if (isLate) tellLate(timeout, 'it is still in progress')
    if (status) {
      const csv = output === 'csv' ? csvMark() + renderStatusesAsCsv([status]) : undefined
      process.stdout.write(json ? renderJson(status) : (csv ?? renderStatus(status)))
      if (told && !isOfGovernance(input) && !isCurrent(told, object))
        (output === 'table' ? process.stdout : process.stderr).write(
          `  the file was ${object ? 'uploaded again' : 'deleted'} since, and ssofile has not evaluated that yet (use --wait)\n`,
        )
      // With --wait the command reported the pause at its start.
      if (wait && status.atRest) tellResting(1, output)
      if (output === 'table') await tellRelease(ports, [status], process.stdout)
      if (output === 'table' && !wait) await tellPause(ports, process.stdout)
      return isLate || isAmiss(status, wait) ? 1 : 0
    }
    if (object) {
      process.stdout.write(
        json
          ? 'null\n'
          : `${quote(input, 1024)}\n  is in the bucket${isOfGovernance(input) ? ', and it is in order (ssofile evaluates changes within a minute)' : ', but ssofile has not evaluated it yet (use --wait)'}\n`,
      )
      return isLate ? 1 : 0
    }
    if (!wasThere && !(await wasDeleted(ports, input))) throw new Refusal(unknownKey(input, bucket))
    process.stdout.write(
      json ? 'null\n' : `${quote(input, 1024)}\n  is not in the bucket, and none of its access is left\n`,
    )
    if (wait) return 0
    if (!json)
      process.stdout.write(
        `  Keys must match exactly, also in capitals; to list them: aws s3 ls --recursive s3://${bucket}/\n`,
      )
    return 1
  }
}

/** A key that never was in the bucket is a typing mistake, and no deletion that is carried out. */
async function wasDeleted({ objects }: Ports, input: string): Promise<boolean> {
  return (await unlessCode(objects.lastDeletion(input, 1_000), 'AccessDenied')) !== undefined
}

function unknownKey(input: string, bucket: string): string {
  return `received the key '${quote(input, 1024)}', which is not in the bucket, and of which you can see no deletion; expected a key that is or was there, exact also in capitals; to list them: aws s3 ls --recursive s3://${bucket}/`
}

function tellLate(seconds: number, what: string): void {
  process.stderr.write(`ssofile: waited ${count(seconds, 'second')} (--timeout), and ${what}\n`)
}

function tellResting(links: number, output: StatusQuestion['output']): void {
  if (links === 0) return
  const stream = output === 'table' ? process.stdout : process.stderr
  stream.write(`${count(links, 'link')} without accounts: ssofile applies each of them when it has an account\n`)
}

/** Prints the brake after the statuses: a release appears in them only once it is carried out. */
async function tellRelease({ objects }: Ports, told: readonly Status[], stream: NodeJS.WritableStream): Promise<void> {
  if (!told.some(({ state }) => state === 'held')) return
  const stored = await spoiledAsAbsent(brakeFile(objects).read())
  stream.write(renderRelease(told, stored?.value ?? emptyBrake, await NameIndex.read(objects)))
}

async function tellLoss({ objects }: Ports, stream: NodeJS.WritableStream): Promise<boolean> {
  const pause = await readPause(objects)
  if (pause?.lost === undefined) return false
  stream.write(
    `THE LEDGER WAS LOST: ${quote(pause.lost, 1000)}\n  since ${pause.since}: ssofile grants and revokes nothing, and everybody keeps their access\n  do: ${remedyOf(pause)}\n\n`,
  )
  return true
}

async function tellPause({ objects }: Ports, stream: NodeJS.WritableStream): Promise<void> {
  const pause = await readPause(objects)
  if (pause && isOfPerson(pause))
    stream.write(
      `\nall changes are ${describePause(pause)}\n  ssofile grants and revokes nothing until you run ${remedyOf(pause)}\n`,
    )
}

async function tellAll(ports: Ports, glob: string | undefined, asked: StatusQuestion): Promise<number> {
  const { wait = false, watch = false, output, endsMs, timeout } = asked
  const filter = await parseFilter(ports, glob, asked)
  const reading = readingOf(filter, asked)
  const progress = new Progress()
  let shown = ''
  let wasThere = false
  for (;;) {
    // With --wait or --watch, print how much is left, not the progress of counting.
    const read = await readAllStatuses(ports, wait || watch ? undefined : progress.tell, reading)
    const { spoiled } = read
    const all = selectStatuses(read.statuses, filter)
    const untold = selectUntold(await listUntold(ports, read), filter).length
    const left = wait ? await countUnderWay(ports, all) : 0
    const isOver = !wait || (left === 0 && untold === 0)
    wasThere ||= all.length > 0 || untold > 0
    const isLate = !isOver && ports.clock.monotonicMs() >= endsMs
    if (!isOver && !isLate && !watch) {
      progress.tell(describeLeft(left, untold))
      await ports.clock.sleep(4 * lookEveryMs)
      continue
    }
    progress.end()
    if (isLate) tellLate(timeout, `these are left: ${describeLeft(left, untold)}`)
    const text = render(all, untold, asked)
    if (watch) {
      if (text !== shown) process.stdout.write(process.stdout.isTTY ? `\u001b[H\u001b[2J${text}` : text)
    } else if (output === 'table') await show(text)
    else process.stdout.write(text)
    shown = text
    if (watch && (!wait || !(isOver || isLate))) {
      await ports.clock.sleep(watchEveryMs)
      continue
    }
    for (const { message } of spoiled) process.stderr.write(`${quote(message, 2000)}\n`)
    if (untold > 0 && output !== 'table') process.stderr.write(renderUntold(untold))
    if (wait) tellResting(all.filter(({ atRest }) => atRest).length, output)
    if (output === 'table') await tellRelease(ports, all, process.stdout)
    if (output === 'table') await tellPause(ports, process.stdout)
    // A check that found nothing to check has not passed. But a name may have inputs in other states only.
    if (!wasThere && asked.isWhole && asked.state === undefined) return 2
    return isLate || spoiled.length > 0 || all.some((status) => isAmiss(status, wait)) ? 1 : 0
  }
}

/** The statuses that the command needs: of links in force a summary counts most, and other states none. */
function readingOf(filter: StatusFilter, { output, isWhole }: StatusQuestion) {
  const { states } = filter
  const isSummary = (output === 'table' && !isWhole) || (states !== undefined && !states.includes('applied'))
  // Only the status of a link names the accounts that failed. The other inputs may be waited for.
  const keyFilter = { ...filter, account: undefined }
  const isWanted = (input: string) =>
    !(input.startsWith(linkPrefix) || isOfRequest(input)) || selectUntold([input], keyFilter).length > 0
  return { isWanted, ...(isSummary && { mostPlain: linesMost }) }
}

/**
 * Whether the status makes the command fail. `--wait` asks whether everything is in force, so waiting counts too. A link at rest may wait
 * for ever, so it must not fail a pipeline.
 */
function isAmiss(status: Status, wait: boolean): boolean {
  return wantsPerson(status) || (wait && status.state === 'waiting' && !status.atRest)
}

function describeLeft(underWay: number, untold: number): string {
  const parts = [
    ...(underWay > 0 ? [`${count(underWay, 'input')} in progress`] : []),
    ...(untold > 0 ? [`${count(untold, 'input')} not evaluated yet`] : []),
  ]
  return parts.join(', ')
}

function render(all: readonly Status[], untold: number, { output, isWhole }: StatusQuestion): string {
  if (output === 'json') return renderJson(all)
  if (output === 'csv') return csvMark() + renderStatusesAsCsv(all)
  if (all.length === 0 && untold === 0 && isWhole) return 'no input matches\n'
  return renderSummary(all, { isTerminal: process.stdout.isTTY, isWhole, untold })
}

async function parseFilter(ports: Ports, glob: string | undefined, asked: StatusQuestion): Promise<StatusFilter> {
  const { state: states, folder, user, group, permissionSet } = asked
  const isInputWanted = glob === undefined ? undefined : matchesInput(glob)
  const filter = { states, folder, isInputWanted, permissionSet, isPrincipalWanted: wantsPrincipal({ user, group }) }
  if (asked.account === undefined) return filter
  const own = { ...ports, objects: new ProposedObjects(ports.objects, ports.clock.now()) }
  const configuration = await findConfiguration(own.objects)
  const organization = new OrganizationCache(own, configuration.folders)
  const view = await organization.storedView()
  const selectors = await organization.selectors()
  const membership = view && { ...configuration, managementAccountId: view.managementAccountId, selectors }
  const account = await parseAccount(asked.account, own, configuration.folders)
  return { ...filter, account, organization: view && membership && { view, membership } }
}

/** `undefined`: any. */
function wantsPrincipal({ user, group }: Pick<Options, 'user' | 'group'>): StatusFilter['isPrincipalWanted'] {
  if (user === undefined && group === undefined) return undefined
  const [isUser, isGroup] = [user, group].map((glob) => (glob === undefined ? () => false : matchesGlob(glob)))
  return (principal, type) => (type === 'USER' ? isUser : isGroup)?.(principal) === true
}

/** The prefixes of inputs may be left out. */
function matchesInput(glob: string): (input: string) => boolean {
  const matches = [glob, linkPrefix + glob, permissionSetPrefix + glob].map(matchesGlob)
  return (input) => matches.some((match) => match(input))
}
