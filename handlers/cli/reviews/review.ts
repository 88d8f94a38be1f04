import { type Command, Option } from 'commander'
import {
  type DecisionPath,
  decisionKey,
  renderDecisionFile,
  verdicts,
} from '../../../shared/domain/files/decision-file.ts'
import { reviewKey } from '../../../shared/domain/files/review-file.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { reviewRows } from '../../../shared/modules/page/rules/review-rows.ts'
import { readEvidence } from '../../../shared/modules/reviews/check-outcomes.ts'
import { listBeginnings, listRuns } from '../../../shared/modules/reviews/known-reviews.ts'
import { readRun, readRunOf } from '../../../shared/modules/reviews/review-records.ts'
import {
  buildManifest,
  describeDecision,
  type Manifest,
  renderReviewCsv,
  sayCounts,
  sayPace,
} from '../../../shared/modules/reviews/rules/manifest.ts'
import { isPrivileged } from '../../../shared/modules/reviews/rules/review-item.ts'
import { type ReviewRun, reviewResultsPrefix } from '../../../shared/modules/reviews/rules/review-record.ts'
import { verifyReview } from '../../../shared/modules/reviews/verify-review.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { spoiledAsAbsent } from '../../../shared/reconcile/records/stored-json.ts'
import { Refusal } from '../arguments/refusal.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { findCaller } from '../requests/find-caller.ts'
import { waitForStatus } from '../status/wait-for-status.ts'
import { confirm } from '../terminal/confirm.ts'
import { renderJson } from '../terminal/render-json.ts'
import { renderTable, terminalWidth } from '../terminal/render-table.ts'
import { show } from '../terminal/show.ts'

const waitMs = 60_000
const digestLeast = 8
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
      const runs = await listRuns(openCliPorts(bucketOf(undefined)).objects)
      if (json) process.stdout.write(renderJson(runs))
      else await show(renderRuns(runs))
    })
  review
    .command('show')
    .argument('<review>', 'its name')
    .description(
      'Shows the items, first the undecided ones, and among these privileged, unused and new ones. It only reads.',
    )
    .option('--open', 'only what nobody decided')
    .option('--run <instant>', earlierRun)
    .addOption(new Option('--output <form>', 'the format of the output').choices(outputs).default('table'))
    .option('--json', 'the same as --output json')
    .addHelpText('after', '\nExample:\n  ssofile review show quarter --open')
    .action(async (name: string, { open, run, output, json }: ShowOptions) => {
      const ports = openCliPorts(bucketOf(undefined))
      const { manifest } = await read(ports, name, run)
      const items = manifest.items.filter(({ result }) => !open || result === 'open')
      if (json || output === 'json') process.stdout.write(renderJson({ ...manifest, items }))
      else if (output === 'csv') process.stdout.write(renderReviewCsv({ items }))
      else await show(renderItems(manifest, items, ports.clock))
    })
  review
    .command('decide')
    .argument('<review>', 'its name')
    .argument('<verdict>', verdicts.join(' or '))
    .argument('<digests...>', 'the items, from ssofile review show; the beginning of a digest is enough')
    .description(
      'Shows the items, asks, and decides. ssofile carries a revocation out at once. It takes several items only if none is privileged.',
    )
    .option('--comment <text>', 'the reason; kept in the evidence')
    .option('--yes', 'do not ask')
    .addHelpText('after', "\nExample:\n  ssofile review decide quarter revoke 4f1c2a9d --comment 'left the team'")
    .action(async (name: string, verdict: string, digests: readonly string[], options: DecideOptions) => {
      process.exitCode = await decide(openCliPorts(bucketOf(undefined)), { name, verdict, digests, ...options })
    })
  review
    .command('close')
    .argument('<review>', 'its name')
    .description('Deletes the file of the review, which ends the run now. It takes away nothing that nobody decided.')
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  ssofile review close quarter')
    .action(async (name: string, { yes }: { yes?: boolean }) => close(openCliPorts(bucketOf(undefined)), name, yes))
  review
    .command('verify')
    .argument('<review>', 'its name')
    .description('Computes the evidence of a run again from the bucket, and shows what does not match. It only reads.')
    .option('--run <instant>', earlierRun)
    .option('--json', 'the faults as JSON')
    .addHelpText('after', '\nExamples:\n  ssofile review verify quarter\n  ssofile review verify quarter --run 2027-01')
    .action(async (name: string, { run: begun, json }: Pick<ShowOptions, 'run' | 'json'>) => {
      const { objects } = openCliPorts(bucketOf(undefined))
      const run = await requireRun(objects, name, begun)
      const faults = await verifyReview(objects, name, run)
      const said = faults.length === 0 ? `everything matches: ${count(run.items, 'item')}` : faults.join('\n')
      process.stdout.write(json ? renderJson({ review: name, run: run.run, faults }) : `${said}\n`)
      process.exitCode = faults.length === 0 ? 0 : 1
    })
}

type ShowOptions = {
  readonly open?: boolean
  readonly run?: string
  readonly output: (typeof outputs)[number]
  readonly json?: boolean
}
type DecideOptions = { readonly comment?: string; readonly yes?: boolean }

/** `begun`: the instant at which the run began, or its first characters. Absent: the last run. */
async function requireRun(objects: Ports['objects'], name: string, begun?: string): Promise<ReviewRun> {
  const run = begun === undefined ? await readRun(objects, name) : await findRun(objects, name, begun)
  if (run) return run
  throw new Refusal(`received the review '${name}', expected one that has begun\nTo list them: ssofile review list`)
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

function renderItems(
  { phase, run, counts, reviewers }: Manifest,
  items: readonly Item[],
  clock: Ports['clock'],
): string {
  const [undecided = [], others = []] = [true, false].map((isOpen) =>
    items.filter(({ result }) => (result === 'open') === isOpen),
  )
  const sorted = [undecided, others].flatMap((some) => reviewRows(some, {}, clock.now().getTime()))
  const rows = sorted.map((item) => [
    item.digest.slice(0, digestLeast),
    item.result,
    [...item.flags.map((flag) => flag.toLowerCase()), item.item].join(': '),
    item.reviewers.join(', ') || 'the fallback',
    item.decisions.map(describeDecision).join('; '),
  ])
  const pace = reviewers.map((one) => `${sayPace(one)}\n`)
  return `${renderTable(['digest', 'result', 'item', 'reviewers', 'decisions'], rows, terminalWidth(), [0])}\n${phase} since ${run}: ${sayCounts(counts)}\n${pace.join('')}`
}

type ListedRun = Awaited<ReturnType<typeof listRuns>>[number]

function renderRuns(runs: readonly ListedRun[]): string {
  if (runs.length === 0) return 'no review has begun; governance uploads reviews/<name>.json\n'
  const rows = runs.map(({ review, phase, run, items }) => [review, phase, run, String(items)])
  return renderTable(['review', 'phase', 'since', 'items'], rows, terminalWidth())
}

type Asked = DecideOptions & { readonly name: string; readonly verdict: string; readonly digests: readonly string[] }

async function decide(ports: Ports, { name, verdict: text, digests, comment, yes }: Asked): Promise<number> {
  const verdict = verdicts.find((one) => one === text)
  if (verdict === undefined) throw new Refusal(`received '${text}', expected ${verdicts.join(' or ')}`)
  const { userId } = await findCaller(ports)
  const { manifest } = await read(ports, name)
  const items = digests.map((one) => findItem(manifest, one))
  if (items.length > 1 && items.some(({ subject }) => isPrivileged(subject)))
    throw new Refusal('received several items, one of them privileged; decide privileged items one by one')
  process.stdout.write(renderItems(manifest, items, ports.clock))
  if (!yes && !(await confirm(verdict === 'keep' ? 'Keep it?' : 'Revoke it?', 'add --yes')))
    throw new Refusal('not confirmed; nothing was decided')
  const states: string[] = []
  for (const { digest } of items)
    states.push(await decideOne(ports, { userId, review: name, digest, verdict }, comment))
  return states.every((state) => state === 'applied') ? 0 : 1
}

function findItem({ items }: Manifest, text: string): Item {
  const fitting = text.length < digestLeast ? [] : items.filter(({ digest }) => digest.startsWith(text))
  const [item, another] = fitting
  if (item && !another) return item
  throw new Refusal(
    `received '${text}', expected the first ${digestLeast} characters or more of one digest, from ssofile review show`,
  )
}

/** Uploads the decision, and waits for its status. Answers the state. */
async function decideOne({ objects, clock }: Ports, path: DecisionPath, comment: string | undefined): Promise<string> {
  const key = decisionKey(path)
  const written = await objects.put(key, renderDecisionFile({ comment }))
  const etag = written.outcome === 'written' ? written.etag : undefined
  const told = await waitForStatus({ objects, clock }, key, {
    isDone: (status) => status?.etag === etag,
    withinMs: waitMs,
  })
  if (told?.etag !== etag || told === undefined) {
    process.stderr.write(
      `ssofile: ${key} is uploaded, but ssofile has not counted it yet; to check: ssofile status '${key}'\n`,
    )
    return 'late'
  }
  const { state, reason = '', remedy } = told
  process.stdout.write(`${path.digest}: ${state}: ${reason}\n${remedy ? `  ${remedy}\n` : ''}`)
  return state
}

async function close({ objects }: Pick<Ports, 'objects'>, name: string, yes: boolean | undefined): Promise<void> {
  const key = reviewKey(name)
  const head = await objects.head(key)
  if (head === undefined) throw new Refusal(`received the review '${name}', expected one with a file ${key}`)
  if (!yes && !(await confirm(`Delete ${key} and end its run?`, 'add --yes')))
    throw new Refusal('not confirmed; nothing was changed')
  await objects.delete(key, { ifMatch: head.etag })
  process.stdout.write(
    `${key} is deleted: what nobody decided is not done. The evidence follows under ${reviewResultsPrefix}${name}/\n`,
  )
}
