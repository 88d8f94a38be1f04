import type { Command } from 'commander'
import { renderAssignmentKey } from '../../shared/domain/assignment.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { describePause, readPause } from '../../shared/reconcile/dispatcher/pause.ts'
import { type Preview, previewChanges } from '../../shared/reconcile/preview/preview.ts'
import { readOwner } from '../../shared/reconcile/records/owner.ts'
import { bucketOf } from './bucket.ts'
import { openCliPorts } from './cli-ports.ts'
import { chooseConfiguration } from './deployment.ts'
import { listFolder } from './folder-inputs.ts'
import { nameChangedFields } from './name-changed-fields.ts'
import { Progress } from './progress.ts'
import { ProposedObjects } from './proposed-objects.ts'
import { Refusal } from './refusal.ts'
import { renderJson } from './render-json.ts'
import { renderPlan } from './render-plan.ts'

/** At five calls a second this is a minute. */
const looksMost = 300

type Options = { readonly config?: string; readonly json?: boolean; readonly detailedExitcode?: boolean }

/** `ssofile plan`: what would be granted and revoked, by which link. */
export function addPlan(program: Command): void {
  program
    .command('plan')
    .argument('<folder|s3://bucket>', 'a folder with links_data/ and permission_sets/ in it, or a bucket')
    .summary('what would be granted and revoked, and by which link')
    .description(
      'Compares what the files ask for with what ssofile gave. Writes nothing.\nFor a folder: what would change after\n  aws s3 sync --delete FOLDER s3://bucket\n(the bucket is SSOFILE_BUCKET). For a bucket: what apply --no-drift would do now; changes by hand are found by the drift check of apply.\nThe organization is taken from the last reconcile and the events since, and read again if that is over 90 minutes old.\nExit code 0: planned; with --detailed-exitcode 3: there are changes; 1: the plan could not be made; 2: wrong usage or refused.',
    )
    .option('--config <file>', 'configuration file (JSON), if the bucket has no deployment')
    .option('--detailed-exitcode', 'exit code 3 if there are changes')
    .option('--json', 'the plan as JSON, with all accounts')
    .addHelpText('after', '\nExamples:\n  ssofile plan ./access\n  ssofile plan s3://ssofile --detailed-exitcode')
    .action(async (source: string, options: Options) => {
      process.exitCode = await plan(source, options)
    })
}

async function plan(source: string, options: Options): Promise<number> {
  const isBucket = source.startsWith('s3://')
  const bucket = bucketOf(isBucket ? source : undefined)
  const ports = openCliPorts(bucket)
  const owner = await readOwner(ports.objects)
  const { instanceArn } = await ports.ssoAdmin.instance()
  if (owner && owner.instanceArn !== instanceArn) {
    throw new Refusal(
      `bucket ${bucket} belongs to ${owner.instanceArn}, but these credentials lead to ${instanceArn}; use the right account or bucket`,
    )
  }
  const configuration = await chooseConfiguration(bucket, owner?.deployment, options.config)
  const progress = new Progress()
  const onStep = (step: string) => progress.step(step)
  try {
    const objects = await propose(isBucket ? undefined : source, ports)
    const planned = await previewChanges({ ...ports, objects }, configuration, { looksMost, onStep })
    const buckets = { before: ports.objects, after: objects }
    const preview = { ...planned, permissionSets: await nameChangedFields(planned.permissionSets, buckets) }
    progress.end()
    process.stdout.write(options.json ? renderJson(toJson(preview)) : renderPlan(preview))
    const pause = await readPause(ports.objects)
    if (pause)
      warn(`all changes are ${describePause(pause)}; nothing in this plan is carried out until: ssofile resume`)
    return options.detailedExitcode && hasChanges(preview) ? 3 : 0
  } finally {
    progress.end()
  }
}

async function propose(folder: string | undefined, { objects, clock }: Ports): Promise<ProposedObjects> {
  const now = clock.now()
  if (folder === undefined) return new ProposedObjects(objects, now)
  const { files, faults, warnings } = await listFolder(folder)
  for (const { key, received } of faults) warn(`${key}: ${received}; it is left out of the plan`)
  for (const warning of warnings) warn(warning)
  return ProposedObjects.afterSync(objects, files, now)
}

export function hasChanges({ grants, revocations, permissionSets }: Preview): boolean {
  const changed = permissionSets.filter(({ change }) => change !== 'rejected' && change !== 'blocked')
  return grants.length + revocations.length + changed.length > 0
}

function warn(text: string): void {
  process.stderr.write(`warning: ${text}\n`)
}

function toJson(preview: Preview) {
  const { grants, existing, waiting, revocations, held, stuck, view, viewAgeMs, ...rest } = preview
  const flat = <T extends { assignment: Parameters<typeof renderAssignmentKey>[0] }>({ assignment, ...more }: T) => ({
    key: renderAssignmentKey(assignment),
    ...assignment,
    ...more,
  })
  return {
    changes: hasChanges(preview),
    organizationReadAt: view.readAt,
    organizationAgeSeconds: Math.round(viewAgeMs / 1000),
    grants: grants.map(flat),
    revocations: revocations.map(flat),
    existing: existing.map(flat),
    waiting: waiting.map(({ grants: those, ...lack }) => ({ ...lack, grants: those.map(flat) })),
    held: held.map(flat),
    stuck: stuck.map(flat),
    ...rest,
  }
}
