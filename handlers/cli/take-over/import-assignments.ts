import {
  type AssignmentKey,
  assignmentOf,
  nameAssignment,
  renderAssignmentName,
} from '../../../shared/domain/assignments/assignment.ts'
import type { LinkKey } from '../../../shared/domain/links/link.ts'
import { splitLinkFields } from '../../../shared/domain/links/link-fields.ts'
import { principalName } from '../../../shared/domain/principals/principal.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { readDriftRun } from '../../../shared/reconcile/drift/drift-run.ts'
import { readOwner } from '../../../shared/reconcile/records/owner.ts'
import { prepareImport } from '../../../shared/reconcile/take-over/import-assignments.ts'
import { Refusal } from '../arguments/refusal.ts'
import { askRights, rightsOfImport } from '../bucket/ask-rights.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { chooseConfiguration } from '../bucket/deployment.ts'
import { ProposedObjects } from '../plan/proposed-objects.ts'
import { Progress } from '../terminal/progress.ts'
import { renderJson } from '../terminal/render-json.ts'
import { type FilterOptions, parseFilters } from './assignment-filters.ts'
import { claimForImport } from './claim-for-import.ts'
import { readImportSource } from './read-import-source.ts'
import { type ImportResult, renderImport } from './render-import.ts'
import { leasePortions, slowPortions } from './under-lease.ts'

export type ImportAssignmentsOptions = FilterOptions & {
  readonly compact?: boolean
  readonly tagKey?: readonly string[]
  readonly from?: string
  readonly folder?: string
  readonly dryRun?: boolean
  readonly config?: string
  readonly json?: boolean
}

/** `ssofile import --assignments`. */
export async function importAssignments(options: ImportAssignmentsOptions): Promise<number> {
  const { compact: isCompact = false, tagKey: tagKeys = [], dryRun: isDryRun = false } = options
  if (tagKeys.length > 0 && !isCompact)
    throw new Refusal('received --tag-key without --compact, expected both: without it there are no links for tags')
  const filter = parseFilters(options)
  const source = options.from === undefined ? undefined : await readImportSource(options.from)
  const bucket = bucketOf(undefined)
  const opened = openCliPorts(bucket)
  if (!isDryRun) await askRights(opened.objects, rightsOfImport)
  const owner = isDryRun ? await readOwner(opened.objects) : await claimForImport(opened)
  const configuration = await chooseConfiguration(opened.objects, owner?.deployment, options.config)
  const { folder } = options
  if (folder !== undefined && !configuration.folders.includes(folder))
    throw new Refusal(
      `received the folder '${quote(folder)}', expected a declared one: ${configuration.folders.map((one) => `'${one}'`).join(', ') || 'the configuration has none'}`,
    )
  const ports = isDryRun ? { ...opened, objects: new ProposedObjects(opened.objects, opened.clock.now()) } : opened
  const progress = new Progress()
  const { tell } = progress
  const hasDispatcher = owner?.deployment !== undefined
  const inPortions = isDryRun ? slowPortions(ports, tell, hasDispatcher) : leasePortions(ports, 'import', tell)
  try {
    const drift = isDryRun ? await readDriftRun(opened.objects) : undefined
    const listedAt = drift?.open.length === 0 ? drift.startedAt : undefined
    const steps = {
      filter,
      source,
      isCompact,
      tagKeys,
      folder,
      isRecorded: listedAt !== undefined,
      inPortions,
      onStep: tell,
    }
    const prepared = await prepareImport({ ...ports, configuration }, steps)
    const adopted = isDryRun ? undefined : await prepared.carryOut(inPortions)
    progress.end()
    const result = { ...toResult(prepared, adopted, isDryRun), listedAt }
    process.stdout.write(options.json ? renderJson(result) : renderImport(result))
    return result.left.length > 0 ? 1 : 0
  } finally {
    progress.end()
  }
}

type Prepared = Awaited<ReturnType<typeof prepareImport>>

function toResult(
  { listed, ours, obstacles, links, left, unknown }: Prepared,
  adopted: Awaited<ReturnType<Prepared['carryOut']>> | undefined,
  isDryRun: boolean,
): ImportResult {
  const planned = links.map(({ key, isNew, toAdopt }) => ({ key, isNew, keys: toAdopt.map((one) => one.key) }))
  const done = adopted?.map(({ link, isWritten, keys }) => ({ key: link, isNew: isWritten, keys }))
  const failed = adopted?.flatMap((one) => one.left) ?? []
  return {
    isDryRun,
    listed,
    alreadyOurs: ours,
    links: (done ?? planned)
      .filter(({ isNew, keys }) => isNew || keys.length > 0)
      .map(({ keys, ...link }) => ({ ...link, assignments: keys.map((key) => nameByLink(key, link.key)).sort() }))
      .sort((a, b) => (a.key < b.key ? -1 : 1)),
    obstacles,
    left: [...unknown, ...left, ...failed],
  }
}

/** The access as a link to its account would name it. */
function nameByLink(key: AssignmentKey, link: LinkKey): string {
  const named = principalName.parse(splitLinkFields(link)?.principal)
  return renderAssignmentName(nameAssignment(assignmentOf(key), named))
}
