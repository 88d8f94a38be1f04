import { count } from '../../../shared/domain/text/count.ts'
import { forgetLedgerCount, readLedgerCount } from '../../../shared/reconcile/records/ledger-count.ts'
import { Progress, runAgain } from '../terminal/progress.ts'
import { renderComplaints } from '../terminal/render-complaints.ts'
import { renderJson } from '../terminal/render-json.ts'
import { readListedAt, renderListedAt } from './listed-at.ts'
import { openImport } from './open-import.ts'
import type { ExportFile } from './read-export.ts'
import { type TakenOver, takeOverExport, type Written } from './take-over-export.ts'
import { leasePortions, slowPortions } from './under-lease.ts'

type Options = { readonly dryRun?: boolean; readonly config?: string; readonly json?: boolean }

/** `ssofile import --from FILE`, if the file is an export of another bucket. */
export async function importExport(file: ExportFile, { dryRun = false, config, json }: Options): Promise<number> {
  const { opened, ports, hasDispatcher } = await openImport({ isDryRun: dryRun, config })
  // History from the file may describe access that does not exist here. So the guard of the ledger counts from now on.
  if (!dryRun && !(await readLedgerCount(opened.objects))) await forgetLedgerCount(opened.objects, opened.clock.now())
  using progress = new Progress(runAgain)
  const { tell } = progress
  const inPortions = dryRun ? slowPortions(ports, tell, hasDispatcher) : leasePortions(ports, 'import', tell)
  const listedAt = dryRun ? await readListedAt(opened.objects) : undefined
  const taken = await takeOverExport(ports, file, {
    isDryRun: dryRun,
    isRecorded: listedAt !== undefined,
    inPortions,
    onStep: tell,
  })
  progress.end()
  process.stdout.write(
    json ? renderJson({ from: file.header, ...taken, listedAt }) : render(taken) + renderListedAt(listedAt),
  )
  return taken.missing.length + taken.left.length > 0 ? 1 : 0
}

function render({ isDryRun, links, permissionSets, history, assignments, missing, left }: TakenOver): string {
  const would = isDryRun ? 'would be ' : ''
  const told = ({ written, there }: Written) => `${written} ${would}written, ${there} there already`
  const { adopted } = permissionSets
  return `${[
    ...section('No counterpart here:', renderComplaints(missing)),
    ...section('Not taken over:', renderComplaints(left)),
    `links            ${told(links)}`,
    `permission sets  ${told(permissionSets)}, ${adopted} ${would}taken over as they are here`,
    `history          ${told(history)}`,
    `assignments      ${assignments.adopted} ${would}ssofile's, ${assignments.there} were already; ${count(assignments.toGrant, 'assignment')} Identity Center here does not have: the links grant them`,
  ].join('\n')}\n`
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`), '']
}
