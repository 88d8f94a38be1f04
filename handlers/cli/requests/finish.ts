import type { Command } from 'commander'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { isServiceError } from '../../../shared/ports/service-error.ts'
import { Refusal } from '../arguments/refusal.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { renderJson } from '../terminal/render-json.ts'
import { findUndecided, writeDecision } from './decide-on-request.ts'
import { explainRequestDenial } from './explain-request-denial.ts'
import { findCaller } from './find-caller.ts'
import { findRequest, type ReadRequest, readRequest, readRequestUntil } from './read-request.ts'

const lookSeconds = 60

type Options = { readonly json?: boolean; readonly extension?: boolean }
type Present = ReadRequest & { readonly object: NonNullable<ReadRequest['object']> }

/** `ssofile finish`: withdraws a request, or ends its access. */
export function addFinish(program: Command): void {
  program
    .command('finish')
    .argument('<request>', 'its digest or its key, from ssofile requests')
    .description(
      'Withdraws a waiting request, or revokes its access; other sources of the same access stay. You may finish your own request, as an operator everybody\'s, and as an approver by a denial.\nRunning sessions go on, unless the eligibility says "endsSessions"; to end them: ssofile sessions end.',
    )
    .option('--extension', 'withdraw only the extension')
    .option('--json', 'the key and the result as JSON')
    .addHelpText('after', '\nExample:\n  ssofile finish 4f1c2a9d5b7e08364f1c2a9d5b7e0836')
    .action(async (request: string, options: Options) => {
      process.exitCode = await finish(await openBucket(), request, options)
    })
}

async function finish(ports: Ports, text: string, { json, extension }: Options): Promise<number> {
  const read = await readRequest(ports, await findRequest(ports, text))
  const { key, object } = read
  if (object === undefined)
    throw new Refusal(
      `received ${quote(key, 1024)}, expected an existing request: this one is already over, or never existed`,
    )
  const how = extension ? await withdraw(ports, { ...read, object }) : await end(ports, { ...read, object })
  const endsMs = ports.clock.monotonicMs() + lookSeconds * 1000
  const holds = (now: ReadRequest) =>
    extension ? now.object?.etag !== object.etag && now.status !== undefined : isOver(read, now)
  const { isLate, read: after } = await readRequestUntil(ports, read, { endsMs, holds })
  if (json) process.stdout.write(renderJson({ key, how, isOver: !isLate }))
  else process.stdout.write(`${quote(key, 1024)}\n  ${sayEnd(how, { extension, isLate, after })}\n${sayTrail(read)}`)
  return isLate ? 1 : 0
}

/**
 * Whether ssofile has ended the request that was there before. Its author may have uploaded it again: then the status must be about the new
 * upload, and no longer about earlier access.
 */
export function isOver(
  { status: before }: Pick<ReadRequest, 'status'>,
  { object, status }: Pick<ReadRequest, 'object' | 'status'>,
): boolean {
  if (status === undefined) return object === undefined
  const { digest, runs } = status.request ?? {}
  const isOther = digest !== undefined && digest !== before?.request?.digest
  return isOther ? runs === undefined : object !== undefined && ['rejected', 'expired'].includes(status.state)
}

type Ended = { readonly extension: boolean | undefined; readonly isLate: boolean; readonly after: ReadRequest }

function sayEnd(how: 'withdrawn' | 'denied', { extension, isLate, after: { object, status } }: Ended): string {
  if (isLate) return `is ${how}, but not evaluated yet: ssofile requests`
  if (extension) return 'is withdrawn; the granted access continues until its end'
  // A denial covers the present upload.
  const { runs, runsUntil } = (how === 'denied' && status?.request) || {}
  const again = how === 'withdrawn' && object !== undefined ? `; its user has asked again: ${status?.state}` : ''
  return runsUntil === undefined
    ? `is ${how}; its access, if it had any, is being revoked${again}`
    : `is denied; it extends access that continues until ${runsUntil}; to end that too: ssofile deny ${runs}`
}

/** Only for a request that had access. */
function sayTrail({ status }: ReadRequest): string {
  const { digest, startsAt } = status?.request ?? {}
  return startsAt === undefined ? '' : `  auditors see what was done with it: ssofile incident ${digest}\n`
}

/** An empty request asks for nothing more, and the granted access continues. */
async function withdraw(ports: Ports, { key, object, status }: Present): Promise<'withdrawn'> {
  if (status?.request?.runsUntil === undefined)
    throw new Refusal(
      `received ${quote(key, 1024)}, expected a request that extends granted access; to end this one, leave out --extension`,
    )
  const written = await ports.objects
    .put(key, new Uint8Array(), { ifMatch: object.etag })
    .catch(explainRequestDenial('the extension was not withdrawn'))
  if (written.outcome === 'written') return 'withdrawn'
  throw new Refusal(uploadedAgain(key))
}

/** A caller who may not delete the request may be one of its approvers: a denial ends it too. */
async function end(ports: Ports, { key, object }: Present): Promise<'withdrawn' | 'denied'> {
  try {
    if ((await ports.objects.delete(key, { ifMatch: object.etag })) === 'deleted') return 'withdrawn'
  } catch (error) {
    if (!isServiceError(error, 'AccessDenied')) throw error
    const caller = await findCaller(ports)
    const { digest } = await findUndecided(ports, key, 'deny')
    await writeDecision(ports, caller, { digest, decision: 'deny', comment: 'ssofile finish' })
    return 'denied'
  }
  throw new Refusal(uploadedAgain(key))
}

function uploadedAgain(key: string): string {
  return `${key}: somebody uploaded it again in the meantime; nothing was changed. To see it, run ssofile requests`
}
