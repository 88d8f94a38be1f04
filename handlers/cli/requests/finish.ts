import type { Command } from 'commander'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { isServiceError } from '../../../shared/ports/service-error.ts'
import { Refusal } from '../arguments/refusal.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { renderJson } from '../terminal/render-json.ts'
import { findUndecided, writeDecision } from './decide-on-request.ts'
import { findCaller } from './find-caller.ts'
import { findRequest, type ReadRequest, readRequest, readRequestUntil } from './read-request.ts'

const lookSeconds = 60

/** `ssofile finish`: withdraws a request, or ends the access that came of it. */
export function addFinish(program: Command): void {
  program
    .command('finish')
    .argument('<request>', 'its digest or its key, as ssofile requests shows them')
    .description(
      'Withdraws a request that waits; access that was granted by it is revoked. What else gives the same access stays.\nYour own request and, as an operator, everybody\'s: the file is deleted. As one of its approvers: it is denied, which ends it too.\nRunning sessions go on until they end by themselves, unless the eligibility says "endsSessions"; to end them: ssofile sessions end.\nExit code 0: it is over; 1: not looked at yet; 2: there is none, or refused.',
    )
    .option('--json', 'the key and how it was ended, as JSON')
    .addHelpText('after', '\nExample:\n  ssofile finish 4f1c2a9d5b7e08364f1c2a9d5b7e0836')
    .action(async (request: string, { json = false }: { json?: boolean }) => {
      process.exitCode = await finish(openCliPorts(bucketOf(undefined)), request, json)
    })
}

async function finish(ports: Ports, text: string, json: boolean): Promise<number> {
  const read = await readRequest(ports, await findRequest(ports, text))
  const { key, object } = read
  if (object === undefined)
    throw new Refusal(
      `received ${quote(key, 1024)}, expected a request that is there: it is over already, or was never made`,
    )
  const how = await end(ports, { ...read, object })
  const endsMs = ports.clock.monotonicMs() + lookSeconds * 1000
  const holds = ({ status }: ReadRequest) => status === undefined || ['rejected', 'expired'].includes(status.state)
  const { isLate } = await readRequestUntil(ports, read, { endsMs, holds })
  if (json) process.stdout.write(renderJson({ key, how, isOver: !isLate }))
  else
    process.stdout.write(
      `${quote(key, 1024)}\n  ${isLate ? `is ${how}, and has not been looked at yet: ssofile requests` : `is ${how}; its access, if it had any, is being revoked`}\n`,
    )
  return isLate ? 1 : 0
}

/** Who may not delete it may be one of its approvers: a denial ends it too. */
async function end(
  ports: Ports,
  { key, object }: ReadRequest & { readonly object: NonNullable<ReadRequest['object']> },
): Promise<'withdrawn' | 'denied'> {
  try {
    if ((await ports.objects.delete(key, { ifMatch: object.etag })) === 'deleted') return 'withdrawn'
  } catch (error) {
    if (!isServiceError(error, 'AccessDenied')) throw error
    const caller = await findCaller(ports)
    const { digest } = await findUndecided(ports, key, 'deny')
    await writeDecision(ports, caller, { digest, decision: 'deny', comment: 'ssofile finish' })
    return 'denied'
  }
  throw new Refusal(`${key}: it was uploaded again meanwhile; nothing was changed. Look: ssofile requests`)
}
