import type { Command } from 'commander'
import { rebindMetadata, rebindOf } from '../../../shared/domain/links/upload.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import type { Status } from '../../../shared/domain/statuses/status.ts'
import { renderInstant } from '../../../shared/domain/text/instant.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { unlessCode } from '../../../shared/ports/service-error.ts'
import { StatusStore } from '../../../shared/reconcile/records/status-store.ts'
import { isSpoiled, unlessSpoiled } from '../../../shared/reconcile/records/stored-json.ts'
import { Refusal } from '../arguments/refusal.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { renderJson } from '../terminal/render-json.ts'
import { toInput } from './input-key.ts'

/** `ssofile touch KEY --rebind`: makes an unchanged upload count as new. */
export function addTouch(program: Command): void {
  program
    .command('touch')
    .argument(
      '<key>',
      'the key of a link, a membership or a permission set file; links_data/ or permission_sets/ can be left out',
    )
    .description(
      'An upload of the same content changes nothing. With --rebind the file counts as new: a link or membership is bound to the present user of its name, access that somebody else removed is restored even if "onDrift" is "report", and you become its uploader.\nIt writes the file unchanged, with the instant in its user metadata (x-amz-meta-ssofile-rebind).',
    )
    .requiredOption('--rebind', 'make the file count as new')
    .option('--json', 'the key and the instant as JSON')
    .addHelpText(
      'after',
      "\nExample:\n  ssofile touch 'account%233000000001%Billing-ps%kenji.ito@acme.example%USER%ssofile' --rebind",
    )
    .action(async (key: string, { json = false }: { json?: boolean }) => {
      process.exitCode = await touch(await openBucket(), toInput(key), json)
    })
}

async function touch({ objects, clock }: Ports, input: string, json: boolean): Promise<number> {
  const found = await objects.get(input)
  if (!found)
    throw new Refusal(`there is no ${quote(input, 1024)} in the bucket ${objects.bucket}; nothing was changed`)
  const status = await readStatus(new StatusStore(objects, clock), input)
  const rebind = nextInstant(found.servedAt, [rebindOf(found.metadata), status?.rebind])
  const metadata = { ...found.metadata, [rebindMetadata]: rebind }
  const { outcome } = await objects.put(input, found.body, { ifMatch: found.etag }, metadata)
  if (outcome === 'lost') {
    process.stderr.write(
      `${quote(input, 1024)}: somebody changed or deleted it in the meantime, so it stays as it is now\n`,
    )
    return 1
  }
  const until = status?.principalId === undefined ? '' : `; until now it was bound to ${status.principalId}`
  process.stdout.write(
    json
      ? renderJson({ input, rebind, boundTo: status?.principalId })
      : `${quote(input, 1024)} counts as new${until}\n  To follow it, run ssofile status --wait with the key\n`,
  )
  return 0
}

/** A user without the right to read statuses may ask all the same. */
async function readStatus(statuses: StatusStore, input: string): Promise<Status | undefined> {
  const read = await unlessCode(unlessSpoiled(statuses.read(input)), 'AccessDenied')
  return isSpoiled(read) ? undefined : read
}

/** S3's clock, and later than every earlier instant: only that counts as a new wish. */
function nextInstant(now: Date, earlier: readonly (string | undefined)[]): string {
  const latestMs = Math.max(...earlier.map((instant) => (instant === undefined ? 0 : Date.parse(instant) + 1)))
  return renderInstant(new Date(Math.max(now.getTime(), latestMs)))
}
