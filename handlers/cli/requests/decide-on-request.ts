import type { Command } from 'commander'
import type { RequestDigest, ScopeDigest } from '../../../shared/domain/files/access-request.ts'
import { renderApprovalKey } from '../../../shared/domain/files/approval-file.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import type { Status } from '../../../shared/domain/statuses/status.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { StatusStore } from '../../../shared/reconcile/records/status-store.ts'
import { reasonOption, yesOption } from '../arguments/change-options.ts'
import { Refusal } from '../arguments/refusal.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { renderStatus } from '../status/render-status.ts'
import { confirm } from '../terminal/confirm.ts'
import { renderJson } from '../terminal/render-json.ts'
import { explainRequestDenial } from './explain-request-denial.ts'
import { type Caller, findCaller } from './find-caller.ts'
import { findRequest, type ReadRequest, readRequestUntil } from './read-request.ts'
import { renderAsked } from './render-request.ts'

const lookSeconds = 60

type Decision = 'approve' | 'deny'
type Options = { readonly reason?: string; readonly yes?: boolean; readonly json?: boolean }

const words = {
  approve: {
    does: 'Shows the request, asks, and approves exactly that request, for the accounts shown: a request that is uploaded again, or whose scope has more accounts by then, needs its own approval. Nobody can approve their own request.',
    undecided: 'waits for approvals',
  },
  deny: {
    does: 'Shows the request, asks, and denies it: one denial is enough and final. Granted access ends.',
    undecided: 'waits for approvals, or is granted',
  },
} as const

/** `ssofile approve`. */
export const addApprove = (program: Command): void => add(program, 'approve')
/** `ssofile deny`. */
export const addDeny = (program: Command): void => add(program, 'deny')

function add(program: Command, decision: Decision): void {
  program
    .command(decision)
    .argument('<request>', 'its digest or its key, from ssofile requests')
    .description(
      `${words[decision].does}\nSign in with IAM Identity Center first. ssofile says whether you are one of the approvers.`,
    )
    .addOption(reasonOption())
    .addOption(yesOption())
    .option('--json', 'the digest and the status as JSON')
    .addHelpText(
      'after',
      `\nExample:\n  ssofile ${decision} 4f1c2a9d5b7e08364f1c2a9d5b7e0836 --reason 'as agreed with the owner'`,
    )
    .action(async (request: string, options: Options) => {
      process.exitCode = await decide(await openBucket(), request, { ...options, decision })
    })
}

async function decide(
  ports: Ports,
  text: string,
  { decision, reason, yes, json = false }: Options & { readonly decision: Decision },
): Promise<number> {
  const caller = await findCaller(ports)
  const { read, digest } = await findUndecided(ports, text, decision)
  if (decision === 'approve' && read.userId === caller.userId)
    throw new Refusal(`${read.key}: this is your own request, which you cannot approve; ask one of its approvers`)
  if (!json) process.stdout.write(renderAsked(read) + renderStatus(read.status))
  if (!yes)
    await confirm({
      bucket: ports.objects.bucket,
      question: questionOf(decision, digest, read.status),
      undone: 'decided',
    })
  const scope = decision === 'approve' ? read.status.request?.scope?.digest : undefined
  await writeDecision(ports, caller, { digest, decision, comment: reason, scope })
  return tellDecision(ports, { read, digest, caller, decision, json })
}

function questionOf(decision: Decision, digest: RequestDigest, { request }: Status): string {
  if (decision === 'approve') return 'Approve it?'
  return request?.runs === digest ? `End the access that goes on until ${request.runsUntil}?` : 'Deny it?'
}

type Undecided = { readonly read: ReadRequest & { readonly status: Status }; readonly digest: RequestDigest }

/**
 * The request that the user named, with the digest to decide on. Throws Refusal if there is nothing to decide, or if the user named the
 * digest of another upload: a decision is for exactly one. A denial may be for the access that goes on while its author asks for more time.
 */
export async function findUndecided(ports: Ports, text: string, decision: Decision): Promise<Undecided> {
  const { digest: named, ...path } = await findRequest(ports, text)
  const endsMs = ports.clock.monotonicMs() + lookSeconds * 1000
  const holds = ({ object, status }: ReadRequest) => object === undefined || status !== undefined
  const { read } = await readRequestUntil(ports, path, { endsMs, holds })
  const { object, status } = read
  const digest = status?.request?.digest
  if (object === undefined)
    throw new Refusal(
      `received ${quote(path.key, 1024)}, expected an existing request: this one was withdrawn, or never existed`,
    )
  if (status === undefined || digest === undefined)
    throw new Refusal(
      `${path.key}: ${status?.reason ?? 'ssofile has not evaluated it yet'}; there is nothing to decide`,
    )
  if (decision === 'deny' && named !== undefined && named === status.request?.runs)
    return { read: { ...read, status }, digest: named }
  if (named !== undefined && named !== digest)
    throw new Refusal(
      `received the digest ${named}, expected ${digest}: somebody uploaded ${path.key} again in the meantime; nothing was decided\nTo see the present upload, run ssofile requests`,
    )
  const isOpen = status.state === 'waiting' || (decision === 'deny' && status.state === 'applied')
  if (!isOpen)
    throw new Refusal(
      `${path.key} is ${status.state} (${status.reason ?? ''}), expected a request that ${words[decision].undecided}`,
    )
  return { read: { ...read, status }, digest }
}

type Written = {
  readonly digest: RequestDigest
  readonly decision: Decision
  readonly comment?: string | undefined
  /** The accounts that were shown. */
  readonly scope?: ScopeDigest | undefined
}

export async function writeDecision(
  { objects }: Pick<Ports, 'objects'>,
  { userId }: Pick<Caller, 'userId'>,
  { digest, ...said }: Written,
): Promise<void> {
  const body = `${JSON.stringify(said, undefined, 2)}\n`
  await objects
    .put(renderApprovalKey({ userId, digest }), body)
    .catch(explainRequestDenial('the decision was not uploaded'))
}

type Decided = Undecided & { readonly caller: Caller; readonly decision: Decision; readonly json: boolean }

/** Waits until ssofile has evaluated the decision, and reports the result. Answers the exit code. */
async function tellDecision(ports: Ports, { read: before, digest, caller, decision, json }: Decided): Promise<number> {
  const statuses = new StatusStore(ports.objects, ports.clock)
  // The request for more time stays as it is.
  const isBeside = before.status.request?.runs === digest
  let refused: Status | undefined
  const holds = async ({ status }: ReadRequest) => {
    if (status === undefined || counts(status, { digest, caller, decision })) return true
    const told = await statuses.read(renderApprovalKey({ userId: caller.userId, digest }))
    const hasGrown = status.request?.scope?.digest !== before.status.request?.scope?.digest
    refused = told?.state === 'rejected' || (told?.state === 'waiting' && hasGrown) ? told : undefined
    return refused !== undefined || (isBeside && status.request?.runs !== digest && told?.state === 'applied')
  }
  const endsMs = ports.clock.monotonicMs() + lookSeconds * 1000
  const { read, isLate } = await readRequestUntil(ports, before, { endsMs, holds })
  if (json)
    process.stdout.write(renderJson({ key: read.key, digest, decision, status: refused ?? read.status ?? null }))
  else if (refused ?? read.status) process.stdout.write(`\n${renderStatus(refused ?? read.status ?? before.status)}`)
  if (isLate)
    process.stderr.write(
      `ssofile: the decision is uploaded, but ssofile has not counted it yet. It counts only if you are an approver. To check, run ssofile requests\n`,
    )
  return isLate || refused !== undefined ? 1 : 0
}

function counts(
  { state, request }: Status,
  { digest, caller, decision }: Pick<Decided, 'digest' | 'caller' | 'decision'>,
): boolean {
  if (request?.digest !== digest) return false
  if (decision === 'deny') return state === 'rejected' || state === 'expired'
  return state === 'applied' || (request.approvals?.given.some(({ user }) => user === caller.userId) ?? false)
}
