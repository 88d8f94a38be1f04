import type { Command } from 'commander'
import pLimit from 'p-limit'
import { kindOf } from '../../../shared/domain/inputs/kinds.ts'
import { rebindMetadata, rebindOf } from '../../../shared/domain/links/upload.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import type { Status } from '../../../shared/domain/statuses/status.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { renderInstant } from '../../../shared/domain/text/instant.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { unlessCode } from '../../../shared/ports/service-error.ts'
import { readsAtOnce } from '../../../shared/reconcile/records/list-heads.ts'
import { StatusStore, statusKey } from '../../../shared/reconcile/records/status-store.ts'
import { isSpoiled, unlessSpoiled } from '../../../shared/reconcile/records/stored-json.ts'
import { dryRunOption, yesOption } from '../arguments/change-options.ts'
import { Refusal } from '../arguments/refusal.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { readSuffix } from '../requests/read-suffix.ts'
import { confirm } from '../terminal/confirm.ts'
import { renderJson } from '../terminal/render-json.ts'
import { askRedrive } from './ask-redrive.ts'
import { findUnbound, type UnboundFile } from './find-unbound.ts'
import { toInput } from './input-key.ts'

/** `ssofile touch KEY`: has one input evaluated again. With `--rebind` its unchanged upload counts as new. */
export function addTouch(program: Command): void {
  program
    .command('touch')
    .argument(
      '<key>',
      'the key of an input; links_data/ or permission_sets/ can be left out. With --rebind and * it means all waiting links and memberships of users who were made again',
    )
    .description(
      'Has ssofile evaluate one input again now, as after an upload. It writes nothing, and needs a deployment and lambda:InvokeFunction on its function redrive, as operators have.\nAn upload of the same content changes nothing. With --rebind the file counts as new: a link or membership is bound to the present user of its name, access that somebody else removed is restored even if "onDrift" is "report", and you become its uploader. It writes the file unchanged, with the instant in its user metadata (x-amz-meta-ssofile-rebind).',
    )
    .option('--rebind', 'make the file count as new')
    .addOption(dryRunOption())
    .addOption(yesOption())
    .option('--json', 'the key and, with --rebind, the instant as JSON; with *, all files')
    .addHelpText(
      'after',
      "\nExamples:\n  ssofile touch Billing-ps.json\n  ssofile touch 'account%233000000001%Billing-ps%kenji.ito@acme.example%USER%ssofile' --rebind\n  ssofile touch 'links_data/*' --rebind",
    )
    .action(async (key: string, options: Options) => {
      const ports = await openBucket()
      const input = kindOf(key) === undefined ? toInput(key) : key
      if (options.rebind !== true) return askForLook(ports, input, options)
      const isPattern = input.includes('*') && (await ports.objects.head(input)) === undefined
      process.exitCode = isPattern
        ? await touchAll(ports, input, options)
        : await touch(ports, input, options.json === true)
    })
}

type Options = { readonly rebind?: boolean; readonly json?: boolean; readonly dryRun?: boolean; readonly yes?: boolean }

async function askForLook({ objects }: Ports, input: string, { json, dryRun, yes }: Options): Promise<void> {
  if (dryRun || yes)
    throw new Refusal('received --dry-run or --yes without --rebind; without it there is nothing to ask')
  if (kindOf(input)?.queue === undefined)
    throw new Refusal(
      `received ${quote(input, 1024)}, expected an input that ssofile evaluates by itself; it compares files of this kind every five minutes`,
    )
  if ((await objects.head(input)) === undefined && (await objects.head(statusKey(input))) === undefined)
    throw new Refusal(`there is no ${quote(input, 1024)} in the bucket ${objects.bucket}`)
  await askRedrive({ look: input }, true)
  process.stdout.write(json ? renderJson({ input }) : `ssofile evaluates ${quote(input, 1024)} now\n${toFollow}`)
}

/** Lists the files whose users were made again, asks once, and makes these files count as new. */
async function touchAll(ports: Ports, pattern: string, { json, dryRun, yes }: Options): Promise<number> {
  const { objects, clock } = ports
  const found = await findUnbound(ports, pattern, await readSuffix(objects))
  const meant = found.filter(({ is }) => is === 'made again')
  const left = found.filter(({ is }) => is !== 'made again')
  if (json) process.stdout.write(renderJson({ meant, left }))
  else process.stdout.write(renderUnbound(meant, left))
  if (dryRun || meant.length === 0) return 0
  const files = count(meant.length, 'file')
  if (!yes)
    await confirm({
      bucket: objects.bucket,
      question: `Bind ${files} to the present users of their names, who get the access?`,
    })
  const statuses = new StatusStore(objects, clock)
  const written = await pLimit(readsAtOnce).map(meant, ({ key }) => rebind(objects, statuses, key))
  const lost = meant.filter((_, nth) => written[nth]?.is !== 'written')
  if (!json) process.stdout.write(`${count(meant.length - lost.length, 'file')} bound to the present users\n`)
  for (const { key } of lost) tellChanged(key)
  return lost.length > 0 ? 1 : 0
}

function renderUnbound(meant: readonly UnboundFile[], left: readonly UnboundFile[]): string {
  const line = ({ key, boundTo, present }: UnboundFile) =>
    `  ${quote(key, 1024)}: ${boundTo}${present === undefined ? '' : ` -> ${present}`}\n`
  const part = (title: string, files: readonly UnboundFile[]) =>
    files.length === 0 ? '' : `${title}\n${files.map(line).join('')}`
  const why = (is: UnboundFile['is']) => left.filter((one) => one.is === is)
  if (meant.length + left.length === 0) return 'no waiting file there is bound to a former user\n'
  return [
    part(`${count(meant.length, 'file')} of users who were made again (former id -> present id):`, meant),
    part('Left out, since the former user has another name now, so this is somebody else:', why('renamed')),
    part('Left out, since nobody has the name:', why('nobody')),
  ].join('')
}

async function touch({ objects, clock }: Ports, input: string, json: boolean): Promise<number> {
  const made = await rebind(objects, new StatusStore(objects, clock), input)
  if (made.is === 'gone')
    throw new Refusal(`there is no ${quote(input, 1024)} in the bucket ${objects.bucket}; nothing was changed`)
  if (made.is === 'lost') return tellChanged(input)
  const { at, boundTo } = made
  const until = boundTo === undefined ? '' : `; until now it was bound to ${boundTo}`
  process.stdout.write(
    json ? renderJson({ input, rebind: at, boundTo }) : `${quote(input, 1024)} counts as new${until}\n${toFollow}`,
  )
  return 0
}

const toFollow = '  To follow it, run ssofile status --wait with the key\n'

type Rebound =
  | { readonly is: 'gone' }
  | { readonly is: 'lost' }
  | { readonly is: 'written'; readonly at: string; readonly boundTo?: string | undefined }

/** Writes the file unchanged, with a later instant of its wish to count as new. */
async function rebind(objects: Ports['objects'], statuses: StatusStore, input: string): Promise<Rebound> {
  const found = await objects.get(input)
  if (!found) return { is: 'gone' }
  const status = await readStatus(statuses, input)
  const at = nextInstant(found.servedAt, [rebindOf(found.metadata), status?.rebind])
  const metadata = { ...found.metadata, [rebindMetadata]: at }
  const { outcome } = await objects.put(input, found.body, { ifMatch: found.etag }, metadata)
  return outcome === 'lost' ? { is: 'lost' } : { is: 'written', at, boundTo: status?.principalId }
}

function tellChanged(input: string): 1 {
  process.stderr.write(
    `${quote(input, 1024)}: somebody changed or deleted it in the meantime, so it stays as it is now\n`,
  )
  return 1
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
