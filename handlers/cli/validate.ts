import type { Command } from 'commander'
import { readOwner } from '../../shared/reconcile/owner.ts'
import { bucketOf } from './bucket.ts'
import { listBucketInputs } from './bucket-inputs.ts'
import { openCliPorts } from './cli-ports.ts'
import { count } from './count.ts'
import { chooseConfiguration } from './deployment.ts'
import { type FolderListing, listFolder } from './folder-inputs.ts'
import { Progress } from './progress.ts'
import { readConfiguration } from './read-configuration.ts'
import { renderJson } from './render-json.ts'
import { renderValidation } from './render-validation.ts'
import { type Validation, validateInputs } from './validate-inputs.ts'

type Options = { readonly config?: string; readonly json?: boolean }

/** `ssofile validate`: every file against grammar and rules, all errors at once. */
export function addValidate(program: Command): void {
  program
    .command('validate')
    .argument('<folder|s3://bucket>', 'a folder laid out as the bucket is, or the bucket')
    .summary('every file against grammar and rules, all errors at once')
    .description(
      'Judges every file under links_data/ and permission_sets/, as it would be after aws s3 sync of that folder, or as it is in the bucket. Asks nothing but the files: whether a group or an account exists is not known here (see plan).\nExit code 0: all valid; 1: errors, or it cannot be told; 2: not such a folder, or wrong usage.',
    )
    .option('--config <file>', 'configuration (JSON), where no deployment has one: which folders count')
    .option('--json', 'errors and warnings as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  npx ssofile validate fixtures/acme\n  npx ssofile validate s3://ssofile --json',
    )
    .action(async (source: string, options: Options) => {
      const validation = await validate(source, options)
      process.stdout.write(options.json ? renderJson(toJson(validation)) : renderValidation(validation))
      process.exitCode = validation.errors.length === 0 ? 0 : 1
    })
}

type Source = { readonly folders: readonly string[] } & FolderListing

async function validate(source: string, { config }: Options): Promise<Validation> {
  const { folders, files, faults, warnings } = await open(source, config)
  const progress = new Progress()
  let judged = 0
  const onJudged = () => {
    judged++
    progress.tell(() => `${judged} of ${count(files.length, 'file')} looked at`)
  }
  const found = await validateInputs(files, { folders, now: new Date(), onJudged })
  progress.end()
  return {
    ...found,
    errors: [...faults, ...found.errors].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)),
    warnings: [...found.warnings, ...warnings.map((warning) => ({ warning }))],
  }
}

/** Of a bucket with a deployment, that one's configuration says which folders count. */
async function open(source: string, config: string | undefined): Promise<Source> {
  if (!source.startsWith('s3://')) {
    const { folders } = await readConfiguration(config)
    return { folders, ...(await listFolder(source)) }
  }
  const bucket = bucketOf(source)
  const { objects } = openCliPorts(bucket)
  const { folders } = await chooseConfiguration(bucket, (await readOwner(objects))?.deployment, config)
  return { folders, files: await listBucketInputs(objects), faults: [], warnings: [] }
}

function toJson({ links, permissionSets, errors, warnings }: Validation) {
  const placed = errors.map(({ key, path, place, received, expected, remedy }) => ({
    key,
    ...(path === undefined ? {} : { path }),
    ...place,
    received,
    expected,
    remedy,
  }))
  return { valid: errors.length === 0, links, permissionSets, errors: placed, warnings }
}
