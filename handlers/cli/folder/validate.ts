import type { Command } from 'commander'
import { warnOfAttributesFile } from '../../../shared/domain/attributes/known-sources.ts'
import type { Configuration } from '../../../shared/domain/deployment/configuration.ts'
import { describeBlindWatches } from '../../../shared/domain/guardrails/watched.ts'
import type { Kind } from '../../../shared/domain/inputs/kind.ts'
import { allKinds, kinds, parseInput } from '../../../shared/domain/inputs/kinds.ts'
import { faultsOf } from '../../../shared/domain/links/judge-input.ts'
import { partitionOfArn } from '../../../shared/domain/permission-sets/other-partition.ts'
import { type Complaint, quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { readOwner } from '../../../shared/reconcile/records/owner.ts'
import { Refusal } from '../arguments/refusal.ts'
import { bucketOf, isBucketNamed } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { findConfiguration } from '../bucket/deployment.ts'
import { readConfiguration } from '../bucket/read-configuration.ts'
import { readGuardrails } from '../guardrails/read-guardrails.ts'
import { listBucketInputs } from '../status/bucket-inputs.ts'
import { paint } from '../terminal/paint.ts'
import { Progress } from '../terminal/progress.ts'
import { renderJson } from '../terminal/render-json.ts'
import { type FolderListing, listFolder } from './folder-inputs.ts'
import { isGoverned } from './input-parts.ts'
import { type ProposedFile, readProposedFiles } from './proposed-folder.ts'
import { type InputError, type InputWarning, type Validation, validateInputs } from './validate-inputs.ts'

const listGoverned = () => allKinds().filter(({ at, isPushed }) => isPushed && isGoverned(at))
const isOfPolicies = ({ at }: Kind) => at.startsWith(kinds.policy.at)

type Options = { readonly config?: string; readonly policies?: string; readonly json?: boolean }

/** `ssofile validate`: checks every file and prints all errors at once. */
export function addValidate(program: Command): void {
  program
    .command('validate')
    .argument('<folder|s3://bucket>', 'a folder with links_data/ and permission_sets/ in it, or a bucket')
    .description(
      'Checks every input of a folder or a bucket, and judges links and permission sets by the policies, as new access. It reads only the files, and the configuration of the bucket in SSOFILE_BUCKET if that is set: plan says whether groups and accounts exist.',
    )
    .option(
      '--config <file>',
      'configuration file (JSON), which says which folders count; for a bucket only if it has no deployment',
    )
    .option('--policies <folder|s3://bucket>', 'the place of policies/, if it is another')
    .option('--json', 'errors and warnings as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ssofile validate fixtures/acme\n  ssofile validate s3://ssofile --json\n  ssofile validate ./access --policies s3://ssofile',
    )
    .action(async (source: string, options: Options) => {
      const validation = await validate(source, options)
      process.stdout.write(options.json ? renderJson(toJson(validation)) : renderValidation(validation))
      process.exitCode = validation.errors.length === 0 ? 0 : 1
    })
}

type Source = Judging & Omit<FolderListing, 'prefixes'>
/** `partition`: of Identity Center. `undefined`: no bucket says it. */
type Judging = Pick<Configuration, 'folders' | 'usageDays'> & { readonly partition?: string | undefined }

async function validate(source: string, { config, policies }: Options): Promise<Validation> {
  const { folders, usageDays, partition, files, faults, warnings } = await open(source, config)
  const guardrails = await readGuardrails(policies ?? source)
  const others = listGoverned().filter((kind) => !isOfPolicies(kind))
  const governance = [
    ...(await validateGovernance(policies ?? source, listGoverned().filter(isOfPolicies))),
    ...(await validateGovernance(source, others)),
  ]
  // A check that found nothing to check has not passed. There is one entry for each file of governance.
  if (files.length + faults.length + governance.length === 0)
    throw new Refusal(
      `received '${quote(source, 1024)}' without an input, expected at least one file; name another folder or bucket`,
    )
  const governed = governance.flatMap(({ errors }) => errors)
  const told = new Set(governed.map(({ key }) => key))
  // An error of all policies together is in no single file.
  const ofAll = guardrails.broken.flatMap((one) => (told.has(one.object) ? [] : [errorOf(one)]))
  const progress = new Progress()
  let judged = 0
  const onJudged = () => {
    judged++
    progress.tell('checking files', { done: judged, of: files.length })
  }
  // An invalid policy is one error of its own. Otherwise every file would get that error.
  const usable = { ...guardrails, broken: [] }
  const found = await validateInputs(files, { folders, partition, now: new Date(), guardrails: usable, onJudged })
  progress.end()
  return {
    ...found,
    errors: [...faults, ...found.errors, ...governed, ...ofAll].sort((a, b) =>
      a.key < b.key ? -1 : a.key > b.key ? 1 : 0,
    ),
    warnings: [
      ...found.warnings,
      ...governance.flatMap(({ warnings: ofFiles }) => ofFiles),
      ...warnings.map((warning) => ({ warning })),
      ...describeBlindWatches(guardrails, usageDays).map((warning) => ({ warning })),
      ...(guardrails.broken.length === 0 ? [] : [{ warning: nothingNew }]),
    ],
  }
}

const nothingNew = 'while a policy is not valid, ssofile grants nothing new; the other policies judged these files'

function errorOf({ object: key, received, expected, remedy }: Complaint): InputError {
  return { key, received, expected, remedy }
}

/**
 * Opens a folder or a bucket. If the bucket, or the one that SSOFILE_BUCKET names beside a folder, has a deployment, the deployment's
 * configuration names the folders that count.
 */
async function open(source: string, config: string | undefined): Promise<Source> {
  if (!source.startsWith('s3://')) {
    const isOfBucket = config === undefined && isBucketNamed()
    const judging = isOfBucket ? await readJudging(bucketOf(undefined)) : await readConfiguration(config)
    const listing = await listFolder(source)
    return { ...judging, ...listing, files: listing.files.filter(({ key }) => !isGoverned(key)) }
  }
  const bucket = bucketOf(source)
  const files = await listBucketInputs(openCliPorts(bucket).objects)
  return { ...(await readJudging(bucket, config)), files, faults: [], warnings: [] }
}

async function readJudging(bucket: string, config?: string): Promise<Judging> {
  const { objects } = openCliPorts(bucket)
  const { folders, usageDays } = await findConfiguration(objects, config)
  const owner = await readOwner(objects)
  return { folders, usageDays, partition: owner && partitionOfArn(owner.instanceArn) }
}

function toJson({ links, memberships, permissionSets, errors, warnings }: Validation) {
  const placed = errors.map(({ key, path, place, received, expected, remedy }) => ({
    key,
    path,
    ...place,
    received,
    expected,
    remedy,
  }))
  return { valid: errors.length === 0, links, memberships, permissionSets, errors: placed, warnings }
}

/** Every error and warning, then the figures, as text for a terminal. */
function renderValidation({ links, memberships, permissionSets, errors, warnings }: Validation): string {
  const keys = [...new Set(errors.map(({ key }) => key))]
  const folders = keys.filter((key) => key.endsWith('/')).length
  const wrong = [
    ...(keys.length > folders ? [count(keys.length - folders, 'file')] : []),
    ...(folders > 0 ? [count(folders, 'folder')] : []),
  ].join(' and ')
  const members = memberships === 0 ? '' : `, ${count(memberships, 'membership')}`
  const files = `${count(links, 'link')}${members} and ${count(permissionSets, 'permission set')}`
  const verdict =
    errors.length === 0
      ? paint('good', `valid: ${files}`)
      : `${paint('bad', `not valid: ${count(errors.length, 'error')} in ${wrong}`)}, of ${files}`
  const warned = warnings.length === 0 ? '' : `, ${count(warnings.length, 'warning')}`
  const blocks = [...errors.map(renderError), ...warnings.map(renderWarning)]
  return `${blocks.map((block) => `${block}\n`).join('')}${verdict}${warned}\n`
}

function renderError({ key, path, place, received, expected, remedy }: InputError): string {
  const at = place === undefined ? '' : `:${place.line}:${place.column}`
  const where = path === undefined ? '' : `  ${path}`
  const parts = [
    ['received', received],
    ['expected', expected],
    ['do', remedy],
  ]
  return `${paint('bad', `${quote(key, 1100)}${at}`)}${where}\n${parts.map(([name = '', text = '']) => `  ${name.padEnd(10)}${quote(text, 2000)}\n`).join('')}`
}

function renderWarning({ key, warning }: InputWarning): string {
  const object = key === undefined ? '' : `${quote(key, 1100)}\n  `
  return `${object}${paint('pending', 'warning')}   ${quote(warning, 2000)}\n`
}

type Judged = Pick<Validation, 'errors' | 'warnings'>

/** Judges these files of governance, in a folder or a bucket: each fault once, with its place. */
async function validateGovernance(source: string, kinds: readonly Kind[]): Promise<readonly Judged[]> {
  const found = await Promise.all(
    kinds.map(async (kind) =>
      (await readFiles(source, kind)).map((file) => ({
        errors: faultsOfFile(file, kind),
        warnings: warningsOfFile(file),
      })),
    ),
  )
  return found.flat()
}

function warningsOfFile(file: ProposedFile): readonly InputWarning[] {
  if ('complaint' in file) return []
  return warnOfAttributesFile(file.key, file.body).map((warning) => ({ key: file.key, warning }))
}

function faultsOfFile(file: ProposedFile, kind: Kind): readonly InputError[] {
  const { key } = file
  if ('complaint' in file) {
    const { received, expected, remedy } = file.complaint
    return [{ key, received, expected, remedy }]
  }
  return faultsOf(parseInput(kind, key, file.body, file.size), file.body).map((fault) => ({ key, ...fault }))
}

async function readFiles(source: string, kind: Kind): Promise<readonly ProposedFile[]> {
  if (!source.startsWith('s3://')) return readProposedFiles(source, kind)
  const { at, isKey = () => true, mostBytes } = kind
  const { objects } = openCliPorts(bucketOf(source))
  const files: ProposedFile[] = []
  for await (const { key } of objects.list(at)) {
    const found = isKey(key) ? await objects.get(key, { mostBytes }) : undefined
    if (found) files.push({ key, size: found.size, body: found.body })
  }
  return files
}
