import type { Command } from 'commander'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { isServiceError } from '../../../shared/ports/service-error.ts'
import { yesOption } from '../arguments/change-options.ts'
import { invalidOption } from '../arguments/invalid-option.ts'
import { onlyOption } from '../arguments/only-option.ts'
import { Refusal } from '../arguments/refusal.ts'
import { lettersOfPlanLeast, wholeDigest } from '../arguments/whole-digest.ts'
import { askRights } from '../bucket/ask-rights.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { type InvalidOptions, type MadePlan, makePlan, type ScopeOptions } from '../plan/make-plan.ts'
import { showPlan, toJson } from '../plan/plan.ts'
import { listPeopleFigures } from '../plan/plan-figures.ts'
import { confirm } from '../terminal/confirm.ts'
import { Progress } from '../terminal/progress.ts'
import { renderJson } from '../terminal/render-json.ts'
import { refuseBadFiles } from './find-invalid.ts'
import { type Pushed, pushChanges } from './push-changes.ts'

type Options = ScopeOptions &
  InvalidOptions & {
    readonly yes?: boolean
    readonly plan?: string
    readonly config?: string
    readonly json?: boolean
  }

const keysTold = 10

/** `ssofile push`: makes the inputs of the bucket equal to those of a folder. */
export function addPush(program: Command): void {
  program
    .command('push')
    .argument('<folder>', 'a folder with links_data/ and permission_sets/ in it')
    .description(
      'Makes the inputs in the bucket (SSOFILE_BUCKET) equal to the files of a folder: shows the plan, asks, uploads files whose content differs, and deletes what the folder lacks.\nIt changes nothing if a right is missing, and refuses an invalid file with the access that it would take away. It leaves files alone that somebody else changed in the meantime. More: docs/files.md.',
    )
    .addOption(yesOption())
    .option(
      '--plan <digest>',
      'do not ask, and refuse unless the plan is the one shown with this digest (its first 8 letters are enough)',
    )
    .option('--folder <name>', 'only this folder under links_data/ and memberships/')
    .addOption(onlyOption())
    .option('--no-delete', 'keep files in the bucket that the folder lacks')
    .addOption(invalidOption())
    .option('--config <file>', 'configuration file (JSON), if the bucket has no deployment')
    .option('--json', 'the plan and the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ssofile push ./access\n  ssofile push ./access --plan 3f0c9d2e7a1b5c4816d0a7be52f94c03\n  ssofile push ./access --folder team-a --yes',
    )
    .action(async (source: string, options: Options) => {
      process.exitCode = await push(source, options)
    })
}

async function push(source: string, { config, folder, only, invalid, ...options }: Options): Promise<number> {
  if (source.startsWith('s3://'))
    throw new Refusal(`received '${quote(source)}', expected a folder; the bucket is SSOFILE_BUCKET`)
  const { bucket } = (await openBucket()).objects
  using progress = new Progress('nothing was changed')
  const made = await makePlan(bucket, source, {
    delete: options.delete,
    onStep: progress.tell,
    config,
    folder,
    only,
    invalid,
  })
  progress.end()
  return await showAndPush(made, options, 'ssofile push')
}

/** Shows the plan, asks, and carries it out. `again`: the command for the rest of the work. Returns the exit code. */
export async function showAndPush(
  made: MadePlan,
  options: Pick<Options, 'yes' | 'plan' | 'json'> & { readonly whose?: string | undefined },
  again: string,
): Promise<number> {
  using progress = new Progress(`to finish it, run ${again}`)
  const { push: changes } = made
  if (!changes) throw new Error('a plan of a folder has no changes of files')
  if (options.json !== true) await showPlan(made)
  refuseBadFiles(changes)
  if (changes.uploads.length + changes.deletions.length === 0) return tell(made, nothing, options.json, again)
  const [refused, ...more] = made.preview.minimums
  if (refused !== undefined)
    throw new Refusal(
      `a policy refuses this push; nothing was changed: ${quote(refused, 2000)}${more.length > 0 ? `; and ${more.length} more` : ''}`,
    )
  await agree(made, changes, options)
  await askRights(made.ports.objects, { puts: keysOf(changes.uploads), deletions: keysOf(changes.deletions) }).catch(
    refuseDenied,
  )
  let done = 0
  const of = changes.uploads.length + changes.deletions.length
  progress.tell('pushing files', { done, of })
  const pushed = await pushChanges(made.ports, changes, () => progress.tell('pushing files', { done: ++done, of }))
  progress.end()
  return tell(made, pushed, options.json, again)
}

function keysOf(files: readonly { readonly key: string }[]): readonly string[] {
  return files.map(({ key }) => key)
}

function refuseDenied(error: unknown): never {
  if (!isServiceError(error, 'AccessDenied')) throw error
  throw new Refusal(
    `nothing was changed: ${quote(error.message, 2000)}; to push only some of it, use --only access, --only memberships, --only people or, as governance, --only governance`,
    { cause: error },
  )
}

const nothing: Pushed = { uploaded: 0, deleted: 0, changedMeanwhile: [], failed: [], undeleted: 0 }

/** Throws Refusal unless the person agrees to exactly this. */
async function agree(
  { ports, preview }: MadePlan,
  { uploads, deletions, digest }: NonNullable<MadePlan['push']>,
  options: Pick<Options, 'yes' | 'plan'> & { readonly whose?: string | undefined },
): Promise<void> {
  if (options.plan !== undefined) {
    if (options.plan.length < lettersOfPlanLeast)
      throw new Refusal(
        `received --plan '${quote(options.plan)}', expected the digest that ssofile plan printed, or at least its first ${lettersOfPlanLeast} letters; nothing was changed`,
      )
    if (wholeDigest(options.plan, [digest], lettersOfPlanLeast) === digest) return
    throw new Refusal(
      `received --plan '${quote(options.plan)}', but now the plan is ${digest}: files, bucket or organization have changed; nothing was pushed. Run ssofile plan again`,
    )
  }
  if (options.yes) return
  const { held: number, contents } = preview.brake
  const held = number > 0 ? ` (the brake would hold ${number.toLocaleString('en')})` : ''
  const { added, removed } = preview.memberships
  const changed = added.length + removed.length
  const members = changed > 0 ? `, ${count(changed, 'membership')} to change` : ''
  const people = listPeopleFigures(preview).map(([, text]) => `, ${text}`)
  const files = contents.length > 0 ? `, and the brake would hold ${count(contents.length, 'permission set file')}` : ''
  await confirm({
    bucket: ports.objects.bucket,
    question: `${options.whose === undefined ? 'Upload' : `Undo ${options.whose}: upload`} ${count(uploads.length, 'file')} and delete ${deletions.length.toLocaleString('en')}: ${count(preview.grants.length, 'grant')}, ${count(preview.revocations.length, 'revocation')}${held}${people.join('')}${members}${files}?`,
    instead: `add --yes, or --plan ${digest} to carry out exactly this plan`,
  })
}

function tell(made: MadePlan, pushed: Pushed, isJson: boolean | undefined, again: string): number {
  const { uploaded, deleted, changedMeanwhile, failed, undeleted } = pushed
  if (isJson) process.stdout.write(renderJson({ ...toJson(made), pushed }))
  else if (uploaded + deleted > 0)
    process.stdout.write(
      `pushed to bucket ${made.ports.objects.bucket}: ${count(uploaded, 'file')} uploaded, ${deleted.toLocaleString('en')} deleted. To follow them, run ssofile status --wait\n`,
    )
  const isWhole = changedMeanwhile.length + failed.length === 0
  if (isJson || isWhole) return isWhole ? 0 : 1
  const lines = [
    ...changedMeanwhile.map((key) => `${key}: somebody changed it in the meantime, so it stays as it is now`),
    ...failed.map(({ key, reason }) => `${key}: ${reason}`),
  ]
  const more = lines.length > keysTold ? [`and ${lines.length - keysTold} more`] : []
  const rest = undeleted > 0 ? `; ${count(undeleted, 'file')} not deleted, because some uploads failed` : ''
  process.stderr.write(
    `not everything was pushed: ${changedMeanwhile.length} changed in the meantime, ${failed.length} failed${rest}\n${[...lines.slice(0, keysTold), ...more].map((line) => `  ${quote(line, 2000)}\n`).join('')}  do: review and finish it with ${again}\n`,
  )
  return 1
}
