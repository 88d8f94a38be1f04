import { type Command, Option } from 'commander'
import { type Assignment, renderAssignmentName } from '../../../shared/domain/assignments/assignment.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { describePause, readPause, remedyOf } from '../../../shared/reconcile/records/pause.ts'
import { invalidOption } from '../arguments/invalid-option.ts'
import { onlyOption } from '../arguments/only-option.ts'
import { Refusal } from '../arguments/refusal.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { describeInvalid, refuseBadFiles } from '../folder/find-invalid.ts'
import { renderPush } from '../folder/render-push.ts'
import { Progress } from '../terminal/progress.ts'
import { renderJson } from '../terminal/render-json.ts'
import { show } from '../terminal/show.ts'
import { describeLeftPlace } from './left-places.ts'
import { type MadePlan, makePlan, type PlanOptions } from './make-plan.ts'
import { changesAccess, countRejected } from './plan-figures.ts'
import { renderMarkdownPlan } from './render-markdown-plan.ts'
import { renderPlan, renderText } from './render-plan.ts'

type Options = PlanOptions & {
  readonly json?: boolean
  readonly markdown?: boolean
  readonly verbose?: boolean
  readonly detailedExitcode?: boolean
}

/** `ssofile plan`: shows grants and revocations, with their links. */
export function addPlan(program: Command): void {
  program
    .command('plan')
    .argument('<folder|s3://bucket>', 'a folder with links_data/, permission_sets/ or memberships/ in it, or a bucket')
    .description(
      'Compares the files with the access that ssofile gave. Writes nothing.\nA folder: what push FOLDER would do (the bucket is SSOFILE_BUCKET), and the digest for push --plan. A bucket: what apply --no-drift would do now.\nThe organization is read again if the last reconcile is over 90 minutes old.\nExit code 1: a file is invalid and grants nothing, or no plan was possible; 2: push would refuse a file (the plan is printed all the same).',
    )
    .option('--folder <name>', 'only this folder under links_data/ and memberships/')
    .addOption(onlyOption())
    .option('--no-delete', 'like push --no-delete: keep files in the bucket that the folder lacks')
    .addOption(invalidOption())
    .option('--config <file>', 'plan with this configuration file (JSON)')
    .option('--selectors <folder>', 'use the selectors of this folder (selectors/) instead of those in the bucket')
    .option(
      '--check-access',
      'ask IAM Access Analyzer about faults of changed inline policies, and whether they allow more (AWS charges 0.002 dollars each)',
    )
    .option('--detailed-exitcode', 'exit code 3 if there are changes')
    .option('--verbose', 'every link and every account')
    .addOption(
      new Option('--markdown', 'for the comment of a pull request, at most 65,000 characters').conflicts([
        'json',
        'verbose',
      ]),
    )
    .option('--json', 'the plan as JSON, with all accounts')
    .addHelpText(
      'after',
      '\nExamples:\n  ssofile plan ./access\n  ssofile plan s3://ssofile --detailed-exitcode\n  ssofile plan ./access --markdown > comment.md\n  ssofile plan ./access --check-access\n  ssofile plan s3://ssofile --config next.json   what another configuration would grant and revoke',
    )
    .action(async (source: string, options: Options) => {
      process.exitCode = await plan(source, options)
    })
}

async function plan(source: string, options: Options): Promise<number> {
  const { folder, only, invalid } = options
  const isBucket = source.startsWith('s3://')
  if (isBucket && (folder !== undefined || only !== undefined || invalid !== undefined || !options.delete))
    throw new Refusal(
      `received --folder, --only, --no-delete or --invalid with '${source}', expected them only with a folder of files`,
    )
  using progress = new Progress()
  const made = await makePlan(bucketOf(isBucket ? source : undefined), isBucket ? undefined : source, {
    ...options,
    onStep: progress.tell,
    isForetelling: true,
  })
  progress.end()
  if (options.markdown)
    process.stdout.write(renderMarkdownPlan({ ...made, pause: await readPause(made.ports.objects), source }))
  else await showPlan(made, { isJson: options.json === true, isVerbose: options.verbose === true, isPaged: true })
  if (made.push) refuseBadFiles(made.push)
  const { uploads = [], deletions = [] } = made.push ?? {}
  const hasChanges = changesAccess(made.preview) || uploads.length + deletions.length > 0
  if (options.detailedExitcode && hasChanges) return 3
  return countRejected(made.preview) > 0 ? 1 : 0
}

export async function showPlan(
  made: MadePlan,
  { isJson = false, isVerbose = false, isPaged = false } = {},
): Promise<void> {
  const { preview, push, ports, warnings } = made
  for (const one of push?.invalid ?? [])
    if (one.isNamed) warn(`${quote(one.key, 1100)} is not valid and uploaded anyway: ${describeInvalid(one)}`)
  for (const one of push?.left ?? []) warn(renderText(describeLeftPlace(one)))
  for (const warning of warnings) warn(warning)
  const told = isJson
    ? renderJson(toJson(made))
    : renderPlan(preview, { isVerbose, push }) + (push ? `\n${renderPush(push)}` : '')
  if (isPaged && !isJson) await show(told)
  else process.stdout.write(told)
  const pause = await readPause(ports.objects)
  if (pause)
    warn(
      `all changes are ${describePause(pause)}; ssofile carries out nothing of this plan until you run ${remedyOf(pause)}`,
    )
}

function warn(text: string): void {
  process.stderr.write(`warning: ${text}\n`)
}

export function toJson({ preview, push }: Pick<MadePlan, 'preview' | 'push'>) {
  const { view, viewAgeMs, holders, ...rest } = preview
  const flat = <T extends { assignment: Assignment }>({ assignment, ...more }: T) => ({
    name: renderAssignmentName(assignment),
    ...assignment,
    ...more,
  })
  return {
    changes: changesAccess(preview),
    ...(push && toJsonOfPush(push)),
    organizationReadAt: view.readAt,
    organizationAgeSeconds: Math.round(viewAgeMs / 1000),
    ...rest,
    grants: rest.grants.map(flat),
    revocations: rest.revocations.map(flat),
    existing: rest.existing.map(flat),
    waiting: rest.waiting.map(({ grants, ...lack }) => ({ ...lack, grants: grants.map(flat) })),
    held: rest.held.map(flat),
    stuck: rest.stuck.map(flat),
    permissionSets: rest.permissionSets.map((one) => ({ ...one, reach: holders.get(one.name)?.reach })),
  }
}

function toJsonOfPush({ digest, uploads, deletions, same, invalid, left }: NonNullable<MadePlan['push']>) {
  return {
    digest,
    files: {
      upload: uploads.map(({ key, over }) => ({ key, replaces: over !== undefined })),
      delete: deletions.map(({ key }) => key),
      same: same.length,
      left,
      invalid: invalid.map(({ key, faults, takesAway, isNamed }) => ({
        key,
        refused: !isNamed,
        faults,
        takesAway: takesAway.map(renderAssignmentName),
      })),
    },
  }
}
