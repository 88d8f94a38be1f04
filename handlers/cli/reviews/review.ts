import { type Command, Option } from 'commander'
import pLimit from 'p-limit'
import {
  type DecisionPath,
  decisionKey,
  renderDecisionFile,
  type Verdict,
  verdicts,
} from '../../../shared/domain/files/decision-file.ts'
import { reviewKey } from '../../../shared/domain/files/review-file.ts'
import { quote, renderComplaint } from '../../../shared/domain/statuses/complaint.ts'
import type { Status } from '../../../shared/domain/statuses/status.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { renderInstant } from '../../../shared/domain/text/instant.ts'
import { unlessRefused } from '../../../shared/modules/access/unless-refused.ts'
import { reviewRows } from '../../../shared/modules/page/rules/review-rows.ts'
import { readEvidence, verifyReview } from '../../../shared/modules/reviews/review-evidence.ts'
import { listBeginnings, listRuns, readRun, readRunOf } from '../../../shared/modules/reviews/review-records.ts'
import { instantsOf } from '../../../shared/modules/reviews/rules/decide-review.ts'
import {
  buildManifest,
  describeDecision,
  type Manifest,
  renderReviewCsv,
  sayCounts,
  sayFiles,
  sayGiven,
  sayPace,
  sayReviewers,
} from '../../../shared/modules/reviews/rules/manifest.ts'
import { isPrivileged } from '../../../shared/modules/reviews/rules/review-item.ts'
import { isRunning, type ReviewRun, reviewResultsPrefix } from '../../../shared/modules/reviews/rules/review-record.ts'
import { reviewersNow } from '../../../shared/modules/reviews/rules/reviewers.ts'
import { readWatched } from '../../../shared/modules/usage/use-records.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { spoiledAsAbsent } from '../../../shared/reconcile/records/stored-json.ts'
import { reasonOption, yesOption } from '../arguments/change-options.ts'
import { Refusal } from '../arguments/refusal.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { findCaller } from '../requests/find-caller.ts'
import { isCurrent } from '../status/untold-inputs.ts'
import { waitForStatus } from '../status/wait-for-status.ts'
import { readText } from '../tables/read-text.ts'
import { confirm } from '../terminal/confirm.ts'
import { csvMark } from '../terminal/csv-mark.ts'
import { renderJson } from '../terminal/render-json.ts'
import { renderTable, terminalWidth } from '../terminal/render-table.ts'
import { show } from '../terminal/show.ts'
import { filledIn, parseDecisionsCsv } from './parse-decisions-csv.ts'

const waitMs = 60_000
const lookEveryMs = 500
const decidedAtOnce = 8
const digestLeast = 8
/** The digits of a whole digest, or of the beginning of one. */
const digestForm = new RegExp(`^[0-9a-f]{${digestLeast},32}$`)
const outputs = ['table', 'csv', 'json'] as const
const earlierRun = 'the run that began at this instant; its first characters are enough; default: the last run'

/** `ssofile review`: lists reviews, shows items, decides, ends a run early, and verifies the evidence. */
export function addReview(program: Command): void {
  const review = program
    .command('review')
    .description('Reviews of access: who looked at which access, what they decided, and what then happened.')
  review
    .command('list')
    .description('Lists the reviews that have begun. It only reads.')
    .option('--json', 'the runs as JSON')
    .addHelpText('after', '\nExample:\n  ssofile review list')
    .action(async ({ json }: { json?: boolean }) => {
      const runs = await listRuns((await openBucket()).objects)
      if (json) process.stdout.write(renderJson(runs))
      else await show(renderRuns(runs))
    })
  review
    .command('show')
    .argument('<review>', 'its name')
    .description(
      'Shows the items, first the undecided ones, and among these privileged, unused and new ones. It only reads.',
    )
    .option('--open', 'only what too few people decided')
    .option('--run <instant>', earlierRun)
    .addOption(new Option('--output <form>', 'the format of the output').choices(outputs).default('table'))
    .option('--json', 'the same as --output json')
    .addHelpText('after', '\nExample:\n  ssofile review show quarter --open')
    .action(async (name: string, { open, run, output, json }: ShowOptions) => {
      const ports = await openBucket()
      const { manifest } = await read(ports, name, run)
      const items = manifest.items.filter(({ result }) => !open || result === 'open')
      if (json || output === 'json') process.stdout.write(renderJson({ ...manifest, items }))
      else if (output === 'csv')
        process.stdout.write(
          csvMark() + renderReviewCsv({ items }, isRunning(manifest.phase) ? Object.values(filledIn) : []),
        )
      else await show(await renderItemsNow(ports, manifest, items))
    })
  addDecide(review)
  review
    .command('close')
    .argument('<review>', 'its name')
    .description('Deletes the file of the review, which ends the run now. It takes away nothing that nobody decided.')
    .addOption(yesOption())
    .addHelpText('after', '\nExample:\n  ssofile review close quarter')
    .action(async (name: string, { yes }: { yes?: boolean }) => close(await openBucket(), name, yes))
  review
    .command('verify')
    .argument('<review>', 'its name')
    .description('Computes the evidence of a run again from the bucket, and shows what does not match. It only reads.')
    .option('--run <instant>', earlierRun)
    .option('--json', 'the faults as JSON')
    .addHelpText('after', '\nExamples:\n  ssofile review verify quarter\n  ssofile review verify quarter --run 2027-01')
    .action(async (name: string, { run: begun, json }: Pick<ShowOptions, 'run' | 'json'>) => {
      const { objects } = await openBucket()
      const run = await requireRun(objects, name, begun)
      const faults = await verifyReview(objects, name, run)
      if (run.items === 0 && faults.length === 0)
        throw new Refusal(
          `received the review '${name}' with its run of ${run.run}, which has no item, expected one: nothing can be compared`,
        )
      const said = faults.length === 0 ? `everything matches: ${count(run.items, 'item')}` : faults.join('\n')
      const about = `the review ${name}, its run of ${run.run}, which is ${run.phase}:`
      process.stdout.write(json ? renderJson({ review: name, run: run.run, faults }) : `${about}\n${said}\n`)
      process.exitCode = faults.length === 0 ? 0 : 1
    })
}

function addDecide(review: Command): void {
  review
    .command('decide')
    .argument('<review>', 'its name')
    .argument('[verdict]', verdicts.join(' or '))
    .argument('[digests...]', 'the items, from ssofile review show; the beginning of a digest is enough')
    .description(
      'Shows the items, asks, and decides. ssofile carries a revocation out at once. It takes several items only if none is privileged, or each has its own line in a file.',
    )
    .option(
      '--from <file>',
      `the decisions: the table of ssofile review show --output csv, with ${verdicts.join(' or ')} in the column ${filledIn.decide}; lines without one stay open`,
    )
    .addOption(reasonOption())
    .addOption(yesOption())
    .addHelpText(
      'after',
      "\nExamples:\n  ssofile review decide quarter revoke 4f1c2a9d --reason 'left the team'\n  ssofile review show quarter --open --output csv > decisions.csv\n  ssofile review decide quarter --from decisions.csv",
    )
    .action(
      async (name: string, verdict = '', digests: readonly string[] = [], { from, ...options }: DecideOptions) => {
        if ((from === undefined) === (verdict === ''))
          throw new Refusal(
            `received ${from === undefined ? 'neither' : 'both'}, expected a decision with digests, or --from FILE`,
          )
        if (from === undefined && digests.length === 0) throw new Refusal('received no digest, expected the items')
        const ports = await openBucket()
        process.exitCode = from
          ? await decideFrom(ports, { name, from, ...options })
          : await decide(ports, { name, verdict, digests, ...options })
      },
    )
}

type ShowOptions = {
  readonly open?: boolean
  readonly run?: string
  readonly output: (typeof outputs)[number]
  readonly json?: boolean
}
type DecideOptions = { readonly from?: string; readonly reason?: string; readonly yes?: boolean }

/** `begun`: the instant at which the run began, or its first characters. Absent: the last run. */
async function requireRun(objects: Ports['objects'], name: string, begun?: string): Promise<ReviewRun> {
  const run = begun === undefined ? await readRun(objects, name) : await findRun(objects, name, begun)
  if (run) return run
  const key = reviewKey(name)
  const remedy = (await objects.head(key))
    ? `To see when ${key} begins: ssofile status ${key}`
    : 'To list them: ssofile review list'
  throw new Refusal(`received the review '${name}', expected one that has begun\n${remedy}`)
}

async function findRun(objects: Ports['objects'], name: string, begun: string): Promise<ReviewRun | undefined> {
  const all = await listBeginnings(objects, name)
  const [one, another] = all.filter((beginning) => beginning.startsWith(begun))
  if (all.length === 0) return undefined
  if (one === undefined || another !== undefined)
    throw new Refusal(`received --run ${begun}, expected the beginning of one run of '${name}': ${all.join(', ')}`)
  const last = await spoiledAsAbsent(readRun(objects, name))
  const run = last?.run === one ? last : await readRunOf(objects, name, one)
  if (run === undefined) throw new Refusal(`the run ${one} of '${name}' has no manifest.json: somebody deleted it`)
  return run
}

async function read({ objects }: Pick<Ports, 'objects'>, name: string, begun?: string) {
  const run = await requireRun(objects, name, begun)
  return { run, manifest: buildManifest(await readEvidence(objects, name, run)) }
}

type Item = Manifest['items'][number]

async function renderItemsNow(ports: Ports, manifest: Manifest, items: readonly Item[]): Promise<string> {
  // Only auditors may read it. Without it, what nobody used is not marked.
  const { countedSince: usesSince } = (await unlessRefused(readWatched(ports), 'not read', [])) ?? {}
  return renderItems(manifest, items, { clock: ports.clock, usesSince })
}

function renderItems(
  { phase, run, closed, terms, fallback, escalatedAt, passedOver, counts, reviewers }: Manifest,
  items: readonly Item[],
  { clock, usesSince }: { readonly clock: Ports['clock']; readonly usesSince: string | undefined },
): string {
  const [undecided = [], others = []] = [true, false].map((isOpen) =>
    items.filter(({ result }) => (result === 'open') === isOpen),
  )
  const byFallback = `the fallback: ${fallback.map(({ name }) => name).join(', ')}`
  const sorted = [undecided, others].flatMap((some) => reviewRows(some, { nowMs: clock.now().getTime(), usesSince }))
  const rows = sorted.map((item) => [
    item.digest.slice(0, digestLeast),
    item.result,
    // The words for foreign access say who gave it.
    [...item.flags.filter((flag) => flag !== 'Given by others').map((flag) => flag.toLowerCase()), item.item].join(
      ': ',
    ),
    [...(reviewersNow(item).length === 0 ? [byFallback] : []), sayReviewers(item)].filter(Boolean).join(', '),
    item.decisions.map(describeDecision).join('; '),
  ])
  const tasks = items.flatMap(({ digest, result, end }) =>
    result === 'task'
      ? [`task ${digest.slice(0, digestLeast)}, ${end?.owners?.join(', ')}, until ${end?.dueAt}: ${end?.task}\n`]
      : [],
  )
  const given = items.flatMap(({ digest, result, given: by }) =>
    by ? [`${result} ${digest.slice(0, digestLeast)}: ${sayGiven(by)}\n`] : [],
  )
  const since = items.flatMap(({ digest, givenSince }) =>
    givenSince ? [`given since to the same ${digest.slice(0, digestLeast)}: ${sayFiles(givenSince)}\n`] : [],
  )
  const pace = reviewers.map((one) => `${sayPace(one)}\n`)
  const closing = closed ? `closed early by ${closed.by ?? 'somebody'}\n` : ''
  const after = isRunning(phase) ? `${sayInstants({ run, terms, escalatedAt })}\n` : closing
  const passed =
    passedOver === 0
      ? ''
      : `${count(passedOver, 'item has', 'items have')} an owner who cannot decide, so others are asked\n`
  const table = renderTable(['digest', 'result', 'item', 'reviewers', 'decisions'], rows, terminalWidth(), [0])
  return `${table}\n${[...given, ...since, ...tasks].join('')}${phase} since ${run}: ${sayCounts(counts)}\n${passed}${after}${pace.join('')}`
}

/** When a run ends, and what becomes of what nobody decides. */
function sayInstants(of: Pick<ReviewRun, 'run' | 'terms' | 'escalatedAt'>): string {
  const { dueAt, endsAt } = instantsOf(of)
  const { terms } = of
  const silence =
    terms.silence.means === 'revoke' ? 'ssofile revokes what nobody decided' : 'what nobody decided is not done'
  return `until ${renderInstant(dueAt)}; then the fallback until ${renderInstant(endsAt)}; then ${silence}`
}

type ListedRun = Awaited<ReturnType<typeof listRuns>>[number]

function renderRuns(runs: readonly ListedRun[]): string {
  if (runs.length === 0) return 'no review has begun; governance uploads reviews/<name>.json\n'
  const rows = runs.map((run) => {
    const ends = isRunning(run.phase) ? sayInstants(run) : ''
    return [run.review, run.phase, run.run, String(run.items), ends]
  })
  return renderTable(['review', 'phase', 'since', 'items', 'ends'], rows, terminalWidth())
}

type DecideQuestion = DecideOptions & {
  readonly name: string
  readonly verdict: string
  readonly digests: readonly string[]
}

async function decide(ports: Ports, { name, verdict: text, digests, reason, yes }: DecideQuestion): Promise<number> {
  const verdict = verdicts.find((one) => one === text)
  if (verdict === undefined) throw new Refusal(`received '${text}', expected ${verdicts.join(' or ')}`)
  const { userId } = await findCaller(ports)
  const { run, manifest } = await read(ports, name)
  refuseOver(run, name)
  const items = [...new Set(digests.map((one) => findItem(manifest, one, name)))]
  // An upload on an ended item does not count, and it replaces the file of the decision that does.
  const ended = items.find(({ end }) => end !== undefined)
  if (ended) throw new Refusal(`${shortly(ended)}: ${sayEnd(ended)}; nothing was decided`)
  const privileged = items.filter(({ subject }) => isPrivileged(subject))
  if (items.length > 1 && privileged.length > 0)
    throw new Refusal(
      `received several items; decide privileged items one by one:\n${privileged.map((one) => `  ${shortly(one)}`).join('\n')}`,
    )
  process.stdout.write(await renderItemsNow(ports, manifest, items))
  if (!yes)
    await confirm({
      bucket: ports.objects.bucket,
      question: verdict === 'keep' ? 'Keep it?' : 'Revoke it?',
      undone: 'decided',
    })
  const states: string[] = []
  for (const { digest } of items) states.push(await decideOne(ports, { userId, review: name, digest, verdict }, reason))
  return states.every((state) => state === 'applied') ? 0 : 1
}

/** `ssofile review decide --from`: each line is a decision of its own, and the reason counts where a line has no comment. */
async function decideFrom(
  ports: Ports,
  { name, from, reason, yes }: Omit<DecideOptions, 'from'> & { readonly name: string; readonly from: string },
) {
  const { userId } = await findCaller(ports)
  const { run, manifest } = await read(ports, name)
  refuseOver(run, name)
  const byDigest = new Map(manifest.items.map((item) => [item.digest as string, item]))
  const written = parseDecisionsCsv(from, await readText(from), (digest) => {
    const item = byDigest.get(digest)
    if (item === undefined) return `the review ${name} has no item with the digest '${quote(digest, 60)}'`
    return item.end && `${shortly(item)}: ${sayEnd(item)}`
  })
  if (!written.ok) throw new Refusal(renderComplaint(written.complaint))
  const { decided, open } = written.value
  const countOf = (verdict: Verdict) => decided.filter((one) => one.verdict === verdict).length
  const items = decided.flatMap(({ digest }) => byDigest.get(digest) ?? [])
  process.stdout.write(await renderItemsNow(ports, manifest, items))
  const said = `${countOf('keep')} to keep, ${countOf('revoke')} to revoke; ${count(open, 'line')} without a decision`
  if (decided.length === 0) throw new Refusal(`${from}: received ${said}, expected a decision in at least one line`)
  process.stdout.write(`${said}\n`)
  if (!yes) await confirm({ bucket: ports.objects.bucket, question: 'Decide so?', undone: 'decided' })
  const states = await pLimit(decidedAtOnce).map(items, ({ digest }, index) => {
    const { verdict = 'keep', comment = reason } = decided[index] ?? {}
    return decideOne(ports, { userId, review: name, digest, verdict }, comment)
  })
  return states.every((state) => state === 'applied') ? 0 : 1
}

function refuseOver(run: ReviewRun, name: string): void {
  if (!isRunning(run.phase))
    throw new Refusal(`the run of ${run.run} is over; what was decided counts: ssofile review show ${name}`)
}

const shortly = ({ digest, item }: Item) => `${digest.slice(0, digestLeast)} (${item})`

function sayEnd({ result, end, decisions }: Item): string {
  if (end?.next) return `somebody edited it, and ssofile asks again as ${end.next.slice(0, digestLeast)}`
  const by = decisions.find(({ user }) => user === end?.by)?.name ?? end?.by
  return `since ${end?.at} it is '${result}'${by === undefined ? '' : `, as ${by} decided`}`
}

function findItem({ items }: Manifest, text: string, review: string): Item {
  const remedy = `To list the digests: ssofile review show ${review}`
  if (!digestForm.test(text))
    throw new Refusal(
      `received '${text}', expected the first ${digestLeast} of the 32 characters 0 to 9 and a to f of a digest, or more\n${remedy}`,
    )
  const [item, another] = items.filter(({ digest }) => digest.startsWith(text))
  if (item === undefined) throw new Refusal(`the review ${review} has no item with the digest ${text}\n${remedy}`)
  if (another) throw new Refusal(`several items have a digest that begins with ${text}; write more of it\n${remedy}`)
  return item
}

/** Uploads the decision, and waits for its status. Answers the state. */
async function decideOne({ objects, clock }: Ports, path: DecisionPath, comment: string | undefined): Promise<string> {
  const key = decisionKey(path)
  await objects.put(key, renderDecisionFile({ comment }))
  const uploaded = await objects.head(key)
  // An upload of the same content has the same etag: the status may still be about the one before.
  const isOfUpload = (status: Status | undefined) =>
    status !== undefined && isCurrent(status, uploaded) && status.versionId === uploaded?.versionId
  const told = await waitForStatus({ objects, clock }, key, { isDone: isOfUpload, withinMs: waitMs })
  if (told === undefined || !isOfUpload(told)) {
    process.stderr.write(
      `ssofile: ${key} is uploaded, but ssofile has not counted it yet; to check: ssofile status '${key}'\n`,
    )
    return 'late'
  }
  const { state, reason = '', remedy } = told
  process.stdout.write(`${path.digest}: ${state}: ${reason}\n${remedy ? `  ${remedy}\n` : ''}`)
  return state
}

async function close(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  name: string,
  yes: boolean | undefined,
): Promise<void> {
  const key = reviewKey(name)
  const head = await objects.head(key)
  if (head === undefined) throw new Refusal(`received the review '${name}', expected one with a file ${key}`)
  const runs = isRunning((await readRun(objects, name))?.phase)
  if (!yes) await confirm({ bucket: objects.bucket, question: `Delete ${key}${runs ? ' and end its run' : ''}?` })
  await objects.delete(key, { ifMatch: head.etag })
  const endsMs = clock.monotonicMs() + waitMs
  while (isRunning((await readRun(objects, name))?.phase) && clock.monotonicMs() < endsMs)
    await clock.sleep(lookEveryMs)
  const then = runs
    ? `what nobody decided is not done. The evidence follows under ${reviewResultsPrefix}${name}/`
    : 'no run was open, so nothing else changes'
  process.stdout.write(`${key} is deleted: ${then}\n`)
}
