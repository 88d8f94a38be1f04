import type { Command } from 'commander'
import { type AccessRequest, parseRequestBody, type RequestPath } from '../../../shared/domain/files/access-request.ts'
import { type PrincipalName, principalName } from '../../../shared/domain/principals/principal.ts'
import { quote, renderComplaint } from '../../../shared/domain/statuses/complaint.ts'
import { EligibilityFiles } from '../../../shared/modules/requests/eligibility-files.ts'
import { foreseeTooFew } from '../../../shared/modules/requests/foresee-approvers.ts'
import { People } from '../../../shared/modules/requests/people.ts'
import { complainOfShorterThan } from '../../../shared/modules/requests/rules/decide-request.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { patientIdentityStore } from '../../../shared/reconcile/calls/patient-identity-store.ts'
import { OrganizationCache } from '../../../shared/reconcile/organization/organization-cache.ts'
import { Policies } from '../../../shared/reconcile/records/policies.ts'
import { Suspensions } from '../../../shared/reconcile/records/suspensions.ts'
import { reasonOption } from '../arguments/change-options.ts'
import { wholeNumber } from '../arguments/options.ts'
import { parseDuration } from '../arguments/parse-duration.ts'
import { Refusal } from '../arguments/refusal.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { renderStatus } from '../status/render-status.ts'
import { renderJson } from '../terminal/render-json.ts'
import { explainRequestDenial } from './explain-request-denial.ts'
import { findCaller } from './find-caller.ts'
import { type ReadRequest, readRequest, readRequestUntil } from './read-request.ts'
import { readDeployed, readSuffix } from './read-suffix.ts'
import { renderAsked } from './render-request.ts'
import { ownRequest } from './request-key.ts'

/** ssofile evaluates an upload within seconds. */
const firstLookSeconds = 60
export const timeoutSeconds = 1_800
export const timeoutMost = 7 * 24 * 3600

type Options = {
  readonly for: string
  readonly reason?: string
  readonly ticket?: string
  readonly incident?: string
  readonly startsAt?: string
  readonly wait?: boolean
  readonly timeout: number
  readonly json?: boolean
}

/** `ssofile request`: requests temporary access for oneself. */
export function addRequest(program: Command): void {
  program
    .command('request')
    .argument('<link>', 'a link, or its first three fields, since it is for yourself')
    .description(
      'Asks for access for yourself, for some hours, and says what became of it: granted, waiting (for which approvers, until when), or rejected, and why.\nSign in by IAM Identity Center first (aws sso login). To see what you may ask for: ssofile who --eligible --user NAME.\nThe same request again needs new approvals. Access ends by itself; earlier with ssofile finish.\nIf your account may not ask the identity store for your user id, set SSOFILE_USER_ID.\nExit code 0: granted, or waiting for approvals (with --wait: granted); 1: rejected, denied, lapsed or not decided in time.',
    )
    .requiredOption('--for <time>', 'how long, such as 4h, 1h30m or 2d', parseDuration)
    .addOption(reasonOption())
    .option('--ticket <text>', 'a ticket or change')
    .option('--incident <id>', 'an incident; ssofile incident lists all requests of an incident')
    .option('--starts-at <instant>', 'the beginning, such as 2026-12-24T18:00:00+01:00; default: when it is granted')
    .option('--wait', 'wait until it is granted or refused')
    .option(
      '--timeout <seconds>',
      'the longest time for --wait; then exit code 1',
      wholeNumber(1, timeoutMost),
      timeoutSeconds,
    )
    .option('--json', 'the key and the status as JSON')
    .addHelpText(
      'after',
      "\nExamples:\n  ssofile request 'account%233000000002%Billing-ps' --for 4h --reason 'invoices of May' --ticket CHG1234\n  ssofile request 'ou_id%ou-acme-wrk2prod%ReadOnly-ps' --for 1h --incident INC-77 --wait",
    )
    .action(async (link: string, options: Options) => {
      const ports = await openBucket()
      process.exitCode = await request(ports, link, options)
    })
}

async function request(ports: Ports, text: string, options: Options): Promise<number> {
  const caller = await findCaller(ports)
  const path = ownRequest(text, { ...caller, userName: await nameInLinks(caller.userName, ports) })
  const { for: duration, reason, ticket, incident, startsAt } = options
  const body = `${JSON.stringify({ duration, reason, ticket, incident, startsAt }, undefined, 2)}\n`
  const asked = parseRequestBody(path.key, new TextEncoder().encode(body))
  if (!asked.ok) throw new Refusal(renderComplaint(asked.complaint))
  const before = await readRequest(ports, path)
  refuseShorter(before, asked.value)
  await refuseTooFew(path, asked.value, ports)
  if (!options.json) process.stdout.write(renderAsked({ ...path, body: asked }) + renderBefore(before))
  const etag = await upload(ports, before, body)
  const isUpload = ({ object }: ReadRequest) => object?.etag === etag
  const isOver = (read: ReadRequest) =>
    !isUpload(read) || (read.status !== undefined && !(options.wait && isUndecided(read)))
  const endsMs = ports.clock.monotonicMs() + (options.wait ? options.timeout : firstLookSeconds) * 1000
  const { read, isLate } = await readRequestUntil(ports, path, { endsMs, holds: isOver })
  if (!isUpload(read))
    process.stderr.write(`${quote(path.key, 1024)}: somebody withdrew it or uploaded it again in the meantime\n`)
  return tellRequest(read, { isLate, isDecisionWanted: options.wait ?? false, json: options.json ?? false })
}

/** The name without the suffix that the deployment appends to every principal, if the user may read the suffix. */
async function nameInLinks(userName: PrincipalName, { objects }: Ports): Promise<PrincipalName> {
  const suffix = await readSuffix(objects)
  return suffix !== '' && userName.endsWith(suffix) ? principalName.parse(userName.slice(0, -suffix.length)) : userName
}

/** Checked before the upload: ssofile would refuse it, and the status would show that instead of the granted access. */
function refuseShorter({ key, object, status }: ReadRequest, asked: AccessRequest): void {
  const shorter = object && status && complainOfShorterThan(status, key, { request: asked, askedAt: object.servedAt })
  if (shorter) throw new Refusal(renderComplaint(shorter))
}

/** Checked before the upload, if the user may read it: the request would wait for approvals that nobody can give. */
async function refuseTooFew(path: RequestPath, request: AccessRequest, ports: Ports): Promise<void> {
  const { objects, clock } = ports
  const configuration = await readDeployed(objects)
  if (configuration === undefined) return
  const people = new People(patientIdentityStore(ports), clock, configuration.principalSuffix)
  const suspensions = new Suspensions({ objects, policies: new Policies(ports) })
  const tooFew = await foreseeTooFew(
    path,
    { request, askedAt: clock.now() },
    {
      ...{ objects, configuration, people, eligibilityFiles: new EligibilityFiles(ports) },
      organization: new OrganizationCache(ports, configuration.folders),
      actorOf: (user) => people.actorOf(user, suspensions),
    },
  )
  if (tooFew) throw new Refusal(renderComplaint(tooFew))
}

/** The request that the new upload replaces. */
function renderBefore({ object, status }: ReadRequest): string {
  if (object === undefined) return ''
  const { expiresAt, runsUntil } = status?.request ?? {}
  const until = runsUntil ?? (status?.state === 'applied' ? expiresAt : undefined)
  if (until !== undefined)
    return `  ${'before'.padEnd(10)}the access that you have until ${until} stays, also if this request is refused\n`
  const was = status?.state ?? 'not evaluated yet'
  return `  ${'before'.padEnd(10)}you already asked for it (${was}); this request takes its place\n`
}

/** Overwrites only the object that the user saw. Answers the etag. */
async function upload({ objects }: Ports, { key, object }: ReadRequest, body: string): Promise<string> {
  const condition = object === undefined ? ({ ifNoneMatch: '*' } as const) : { ifMatch: object.etag }
  const written = await objects.put(key, body, condition).catch(explainRequestDenial('the request was not uploaded'))
  if (written.outcome === 'written') return written.etag
  throw new Refusal(
    `${key}: you sent another request for it at the same time; nothing was changed. To see it, run ssofile requests`,
  )
}

function isUndecided({ status }: ReadRequest): boolean {
  return status === undefined || status.state === 'waiting' || status.state === 'applying'
}

type Telling = {
  readonly isLate: boolean
  readonly isDecisionWanted: boolean
  readonly json: boolean
}

/** Reports the result of a request. Answers the exit code. */
export function tellRequest(read: ReadRequest, { isLate, isDecisionWanted, json }: Telling): number {
  const { status, key } = read
  if (json) process.stdout.write(renderJson({ key, status: status ?? null }))
  else if (status) process.stdout.write(renderStatus(status))
  else
    process.stdout.write(
      `${quote(key, 1024)}\n  has not been evaluated yet. To follow it, run ssofile requests --mine\n`,
    )
  if (isLate && isDecisionWanted)
    process.stderr.write('ssofile: the time of --timeout is over, and the request is not decided\n')
  if (isLate || status === undefined) return 1
  if (isUndecided(read)) return isDecisionWanted ? 1 : 0
  return status.state === 'applied' ? 0 : 1
}
