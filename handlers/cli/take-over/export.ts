import { type FileHandle, open, rm } from 'node:fs/promises'
import type { Command } from 'commander'
import { type Complaint, quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { renderInstant } from '../../../shared/domain/text/instant.ts'
import type { ExportHeader, ExportLine } from '../../../shared/modules/take-over/rules/export-line.ts'
import { readOwner } from '../../../shared/reconcile/records/owner.ts'
import { Refusal } from '../arguments/refusal.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { chooseConfiguration } from '../bucket/deployment.ts'
import { Progress } from '../terminal/progress.ts'
import { renderComplaints } from '../terminal/render-complaints.ts'
import { renderJson } from '../terminal/render-json.ts'
import { listExport } from './list-export.ts'

type Options = { readonly config?: string; readonly json?: boolean }

/** The number of lines between two reports of progress. The total is unknown before the end. */
const toldEach = 100

/** `ssofile export FILE`: writes the content of a bucket for another bucket, Region or instance. */
export function addExport(program: Command): void {
  program
    .command('export')
    .argument('<file>', 'the file to write, which must not exist yet')
    .description(
      'Writes links, permission sets, ledger and history into one file, for ssofile import --from FILE on another side. It only reads the bucket and the Identity Store. Pause this side first.',
    )
    .option('--config <file>', 'configuration file (JSON), if the bucket has no deployment')
    .option('--json', 'the result as JSON')
    .addHelpText('after', '\nExample:\n  ssofile export access.jsonl')
    .action(async (file: string, options: Options) => {
      process.exitCode = await exportTo(file, options)
    })
}

async function exportTo(path: string, { config, json }: Options): Promise<number> {
  const bucket = bucketOf(undefined)
  const ports = openCliPorts(bucket)
  const owner = await readOwner(ports.objects)
  if (owner === undefined)
    throw new Refusal(`bucket ${bucket} does not belong to a deployment: there is nothing to export`)
  const configuration = await chooseConfiguration(ports.objects, owner.deployment, config)
  const { instanceArn, identityStoreId } = owner
  const exportedAt = renderInstant(ports.clock.now())
  const header: ExportHeader = { ssofile: 'export', v: 1, bucket, instanceArn, identityStoreId, exportedAt }
  const progress = new Progress()
  const leftOut: Complaint[] = []
  const lines: Record<ExportLine['kind'], number> = { history: 0, 'permission-set': 0, link: 0, assignment: 0, end: 0 }
  let written = 0
  const file = await create(path)
  try {
    await write(file, header)
    for await (const line of listExport({ ...ports, configuration }, (complaint) => leftOut.push(complaint))) {
      await write(file, line)
      lines[line.kind]++
      if (++written % toldEach === 0) progress.tell(`${count(written, 'line')} written`)
    }
    const total = lines.history + lines['permission-set'] + lines.link + lines.assignment
    await write(file, { kind: 'end', lines: total })
    await file.close()
  } catch (error) {
    await file.close()
    // An import would refuse an incomplete file, and the next export would stop because the file exists.
    await rm(path)
    throw error
  } finally {
    progress.end()
  }
  const { history, link, assignment } = lines
  const sets = lines['permission-set']
  process.stdout.write(
    json
      ? renderJson({ file: path, links: link, permissionSets: sets, assignments: assignment, history, leftOut })
      : `${renderComplaints(leftOut)
          .map((line) => `left out       ${line}\n`)
          .join(
            '',
          )}${quote(path, 1024)}: ${count(link, 'link')}, ${count(sets, 'permission set')}, ${count(assignment, 'assignment')} of ssofile, ${count(history, 'record')} of history\n`,
  )
  return leftOut.length === 0 ? 0 : 1
}

/** Creates a file that only its owner may read, since it names people. */
async function create(path: string): Promise<FileHandle> {
  return open(path, 'wx', 0o600).catch((error: unknown) => {
    throw new Refusal(
      `'${quote(path, 1024)}' cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  })
}

/** Writes a line. Names may contain Unicode line ends. JSON does not escape them, and readers of lines would split a line there. */
async function write(file: FileHandle, line: ExportHeader | ExportLine): Promise<void> {
  const text = JSON.stringify(line).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
  await file.write(`${text}\n`)
}
