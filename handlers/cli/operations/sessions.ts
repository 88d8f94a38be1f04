import type { Command } from 'commander'
import { readCallerIdentity } from '../../../shared/aws/caller-identity.ts'
import type { AccountId } from '../../../shared/domain/organization/account-id.ts'
import type { PermissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import { type PrincipalId, principalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import { type PrincipalName, principalName } from '../../../shared/domain/principals/principal.ts'
import { chooseDenials, type DenialChoice } from '../../../shared/domain/sessions/choose-denials.ts'
import {
  denyEverywhere,
  type EndedSession,
  endedSessionsKey,
  endSession,
  mergeEndedSessions,
} from '../../../shared/domain/sessions/ended-sessions.ts'
import { describeSpoiledEnding } from '../../../shared/domain/sessions/judge-ended-sessions.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { findSessions } from '../../../shared/modules/people/find-sessions.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { unlessCode, unlessUnread } from '../../../shared/ports/service-error.ts'
import { isOwed, wishesFor } from '../../../shared/reconcile/permission-sets/deny-ended-sessions.ts'
import { readEndedSessions, recordEndedSessions } from '../../../shared/reconcile/records/ended-sessions.ts'
import { readOwned } from '../../../shared/reconcile/records/owned-permission-sets.ts'
import { ownerRecord } from '../../../shared/reconcile/records/owner.ts'
import { describePause, readPause, remedyOf } from '../../../shared/reconcile/records/pause.ts'
import { yesOption } from '../arguments/change-options.ts'
import { parseAccount } from '../arguments/parse-account.ts'
import { parsePermissionSet } from '../arguments/parse-permission-set.ts'
import { Refusal } from '../arguments/refusal.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { findConfiguration } from '../bucket/deployment.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { confirm } from '../terminal/confirm.ts'
import { Progress } from '../terminal/progress.ts'
import { renderJson } from '../terminal/render-json.ts'
import { renderTable, terminalWidth } from '../terminal/render-table.ts'
import { explainDenial } from './explain-denial.ts'

type EndOptions = {
  readonly permissionSet?: string
  readonly account?: string
  readonly everywhere?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

/** Denials take effect within two minutes; provisioning takes longer in a large organization. */
const patienceMs = 5 * 60_000
const lookEveryMs = 1_000

/** `ssofile sessions`: lists the denied sessions; `ssofile sessions end`: denies the present sessions of a user. */
export function addSessions(program: Command): void {
  const sessions = program
    .command('sessions')
    .description(
      'Without `end`: lists denied sessions, and the end of each denial. A denial ends after 12 hours, since no session lasts longer. Limits: docs/sessions.md.',
    )
    .option('--json', 'as JSON')
    .action(async ({ json = false }: { json?: boolean }) => {
      const { sessions: shown, spoiled } = await listShown(await openBucket())
      process.stdout.write(json ? renderJson({ sessions: shown, spoiled }) : renderSessions(shown, spoiled))
    })
    .addHelpText('after', '\nExample:\n  ssofile sessions')
  sessions
    .command('end')
    .argument('<user>', 'exact user name, or the id of a deleted user')
    .summary('deny the running sessions of a user')
    .description(
      "Denies every call of sessions that began before the next full minute, within two minutes, by a statement in the inline policy of each permission set. New sessions work while access stands: revoke it first.\nWithout --permission-set: every permission set that the user has by ssofile's records, or had in the last 12 hours.\nMore: docs/sessions.md.",
    )
    .option('--permission-set <name>', 'only sessions of this permission set')
    .option('--account <id>', 'only sessions in this account, by id or name')
    .option('--everywhere', 'print a service control policy that denies everything to a leaver; change nothing')
    .addOption(yesOption())
    .option('--json', 'the denials as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ssofile sessions end kenji.ito@acme.example\n  ssofile sessions end kenji.ito@acme.example --permission-set Billing-ps --account 233000000002\n  ssofile sessions end kenji.ito@acme.example --everywhere > leaver.json',
    )
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<EndOptions>()
      process.exitCode = await end(name, options).catch(explainDenial('operators', 'sessions end', 'sessions end …'))
    })
}

async function end(name: string, options: EndOptions): Promise<number> {
  const bucket = bucketOf(undefined)
  const ports = openCliPorts(bucket)
  const user = await findUser(name, ports)
  if (options.everywhere) return tellEverywhere(user.id)
  const owner = await ports.objects.head(ownerRecord.at)
  if (owner === undefined)
    throw new Refusal(`the bucket ${bucket} does not belong to a deployment yet: there are no sessions to end`)
  const configuration = await findConfiguration(ports.objects)
  const { account: asked } = options
  const account = asked === undefined ? undefined : await parseAccount(asked, ports, configuration.folders)
  const { ours, others } = await chooseSets(user, { permissionSet: options.permissionSet, account }, ports)
  if (ours.length === 0) throw new Refusal(nothingToEnd(user, others))
  const by = await readCallerIdentity()
  const endAll = (at: Date) =>
    ours.map((permissionSet) => endSession({ user: user.id, name: user.name ?? name, permissionSet, account, by }, at))
  tellRoom(await findUnfit(endAll(owner.servedAt), owner.servedAt, ports), user.id)
  await askFirst({ user, ours, others, account }, bucket, options)
  const added = endAll(await readInstant(ports))
  await recordEndedSessions(ports.objects, added)
  const [{ before } = { before: '' }] = added
  process.stderr.write(
    `sign in again after ${renderMinute(before)}: the denial also covers sessions that begin before\n`,
  )
  const shown = await waitUntilDenied(ports, added)
  const lost = added.filter((one) => !shown.some((other) => isSameWish(one, other)))
  for (const { permissionSet } of lost)
    process.stderr.write(
      `${permissionSet}: somebody removed this from ${endedSessionsKey} again; end the sessions once more\n`,
    )
  process.stdout.write(options.json ? renderJson({ sessions: shown, notOurs: others }) : renderSessions(shown))
  tellOthers(others)
  const isDenied = lost.length === 0 && shown.every(({ state }) => state === 'denied')
  return isDenied && others.length === 0 ? 0 : 1
}

type Wish = Pick<EndedSession, 'user' | 'permissionSet'>

function isSameWish(one: Wish, other: Wish): boolean {
  return one.user === other.user && one.permissionSet === other.permissionSet
}

/** Instants are full minutes. */
const renderMinute = (instant: string) => instant.replace('.000Z', 'Z')

type User = { readonly id: PrincipalId; readonly name: PrincipalName | undefined }

async function findUser(text: string, { identityStore }: Ports): Promise<User> {
  const name = principalName.safeParse(text)
  if (!name.success) throw new Refusal('received an empty user, expected an exact user name, or the id of a user')
  const found = await identityStore.findPrincipalId('USER', name.data)
  if (found !== undefined) return { id: found, name: name.data }
  const id = principalId.safeParse(text)
  if (id.success) return { id: id.data, name: await identityStore.findPrincipalName('USER', id.data) }
  throw new Refusal(
    `there is no user '${quote(text)}' in the directory; expected an exact user name, or the id of a user who is gone (ledger entries and CloudTrail have it)`,
  )
}

/** Prints the policy on standard output, so that a file can take it; prints the instructions on standard error. */
function tellEverywhere(id: PrincipalId): number {
  process.stdout.write(renderJson(denyEverywhere(id)))
  process.stderr.write(
    'nothing was changed. Attached to the root of the organization, this policy denies everything to the user in all accounts but the management account, also in new sessions:\n' +
      "  aws organizations create-policy --type SERVICE_CONTROL_POLICY --name deny-leaver --description 'a leaver' --content file://leaver.json\n" +
      '  aws organizations attach-policy --policy-id <its id> --target-id <the id of the root>\n',
  )
  return 0
}

type Chosen = { readonly ours: readonly PermissionSetName[]; readonly others: readonly PermissionSetName[] }

/** `others`: permission sets that ssofile does not own and never changes. */
async function chooseSets(
  user: User,
  { permissionSet, account }: { readonly permissionSet: string | undefined; readonly account: AccountId | undefined },
  ports: Ports,
): Promise<Chosen> {
  const named = permissionSet === undefined ? undefined : [parsePermissionSet(permissionSet)]
  const read = named ? { is: named } : await unlessUnread(findSessions({ id: idOfPresent(user) }, account, ports))
  if ('unread' in read)
    throw new Refusal(
      `ssofile does not know which sessions the user ${user.id} has, since the directory refuses a read: ${read.unread}; name --permission-set, or use --everywhere`,
    )
  const found = read.is
  const owned = await Promise.all(found.map(async (name) => (await readOwned(ports.objects, name))?.value.arn))
  return {
    ours: found.filter((_, index) => owned[index] !== undefined),
    others: found.filter((_, index) => owned[index] === undefined),
  }
}

/** The groups of a user who is gone are unknown, and so are the sessions. */
function idOfPresent({ id, name }: User): PrincipalId {
  if (name !== undefined) return id
  throw new Refusal(
    `the user ${id} is gone from the directory, so ssofile does not know the sessions; name --permission-set, or use --everywhere`,
  )
}

const remedyOfOthers =
  'take it over (ssofile import --permission-sets NAME), or use --everywhere: a service control policy reaches it too'

function nothingToEnd({ id, name }: User, others: readonly PermissionSetName[]): string {
  const who = quote(name ?? id)
  if (others.length === 0)
    return `${who} has no access by the records of ssofile, and had none in the last 12 hours; if the user has left a group since, name --permission-set, or use --everywhere`
  return `${others.join(', ')}: not a permission set of ssofile, which never changes it; ${remedyOfOthers}`
}

function tellOthers(others: readonly PermissionSetName[]): void {
  if (others.length > 0)
    process.stderr.write(`not ended: ${others.join(', ')}, which ssofile does not own; ${remedyOfOthers}\n`)
}

/** S3's clock: the user's clock may be slow, and the sessions of the last minutes would continue. */
async function readInstant({ objects }: Ports): Promise<Date> {
  const owner = await objects.head(ownerRecord.at)
  if (owner === undefined) throw new Refusal(`${ownerRecord.at} is gone; nothing was ended`)
  return owner.servedAt
}

type Unfit = { readonly permissionSet: PermissionSetName; readonly left: DenialChoice['left'] }

/** Permission sets whose inline policy has no room for some ended sessions, old or new. */
async function findUnfit(added: readonly EndedSession[], now: Date, ports: Ports): Promise<readonly Unfit[]> {
  const { objects, ssoAdmin } = ports
  const ended = mergeEndedSessions([...(await readEndedSessions(objects)).ended, ...added])
  const unfit: Unfit[] = []
  for (const { permissionSet } of added) {
    const owned = (await readOwned(objects, permissionSet))?.value
    if (owned?.arn === undefined) continue
    // If the code reports ResourceNotFoundException, somebody deleted the permission set, and its sessions with it.
    const inlinePolicy = await unlessCode(ssoAdmin.getInlinePolicy(owned.arn), 'ResourceNotFoundException')
    const wanted = ended.filter((one) => one.permissionSet === permissionSet)
    const { left } = chooseDenials({ inlinePolicy, wanted, applied: owned.sessions?.denied ?? [], now })
    if (left.length > 0) unfit.push({ permissionSet, left })
  }
  return unfit
}

/** ssofile records sessions without room all the same: `attention/` shows them, and they are denied once there is room. */
function tellRoom(unfit: readonly Unfit[], user: PrincipalId): void {
  for (const { permissionSet, left } of unfit) {
    const names = [...new Set(left.map(({ name }) => quote(name)))]
    const more = names.length > 5 ? ` and ${names.length - 5} more` : ''
    process.stderr.write(
      `no room in the inline policy of ${permissionSet}: the sessions of ${names.slice(0, 5).join(', ')}${more} are not denied there\n`,
    )
  }
  if (unfit.some(({ left }) => left.some((one) => one.user === user)))
    process.stderr.write(
      'shorten the inline policy in its file, or use --everywhere: a service control policy has room; ssofile tries again every minute\n',
    )
}

async function askFirst(
  { user, ours, others, account }: Chosen & { readonly user: User; readonly account: AccountId | undefined },
  bucket: string,
  { yes }: EndOptions,
): Promise<void> {
  if (yes) return
  tellOthers(others)
  const where = account === undefined ? 'in all accounts' : `in account ${account}`
  const question = `Every open session of ${quote(user.name ?? user.id)} with ${ours.join(', ')}, ${where}, is denied everything. Unsaved work may be lost.`
  await confirm({ bucket, question, undone: 'ended' })
}

async function waitUntilDenied(ports: Ports, added: readonly EndedSession[]): Promise<readonly ShownSession[]> {
  const { clock } = ports
  const pause = await readPause(ports.objects)
  if (pause)
    process.stderr.write(
      `recorded, but all changes are ${describePause(pause)}\nssofile does it after ${remedyOf(pause)}\n`,
    )
  const endsMs = clock.monotonicMs() + (pause ? 0 : patienceMs)
  using progress = new Progress()
  const isAdded = (one: ShownSession) => added.some((other) => isSameWish(one, other))
  for (;;) {
    const shown = (await listShown(ports)).sessions.filter(isAdded)
    const answered = shown.filter(({ state }) => state !== 'in progress')
    // A session outside the record is not denied. All entries of one wish have one state.
    const done = added.filter((one) => answered.some((other) => isSameWish(one, other))).length
    if (done === added.length || clock.monotonicMs() >= endsMs) return shown
    progress.tell(`denying in ${count(added.length, 'permission set')}`, { done, of: added.length })
    await clock.sleep(lookEveryMs)
  }
}

type Shown = { readonly sessions: readonly ShownSession[]; readonly spoiled: readonly string[] }

async function listShown({ objects }: Ports): Promise<Shown> {
  const read = await readEndedSessions(objects)
  const sessions: ShownSession[] = []
  for (const one of read.ended) {
    const owned = await readOwned(objects, one.permissionSet)
    const refused = owned === undefined ? 'ssofile does not own this permission set' : owned.value.sessions?.refused
    const isBehind = owned === undefined || isOwed(owned.value, wishesFor(one.permissionSet, read))
    const isLeft = owned?.value.sessions?.left?.some(({ user }) => user === one.user) === true
    const state = refused !== undefined ? 'refused' : isBehind ? 'in progress' : isLeft ? 'no room' : 'denied'
    sessions.push({ ...one, state, refused })
  }
  return { sessions, spoiled: read.spoiled.map(describeSpoiledEnding) }
}

/** `refused`: the reason why its permission set does not deny it. */
type ShownSession = EndedSession & {
  readonly state: 'in progress' | 'denied' | 'refused' | 'no room'
  readonly refused?: string | undefined
}

/** `spoiled`: entries of the record without effect. */
export function renderSessions(sessions: readonly ShownSession[], spoiled: readonly string[] = []): string {
  const ignored = spoiled.map((one) => `not valid and ignored: ${quote(one, 1000)}\n`).join('')
  if (sessions.length === 0) return `no sessions are denied\n${ignored}`
  const rows = sessions.map(({ name, permissionSet, account, before, until, state, by }) => [
    name,
    permissionSet,
    account ?? 'all',
    before,
    until,
    state,
    by,
  ])
  const titles = ['user', 'permission set', 'account', 'begun before', 'denied until', 'state', 'by']
  const refused = sessions.flatMap(({ permissionSet, refused: why }) =>
    why === undefined ? [] : `${permissionSet}: refused: ${quote(why, 1000)}\n`,
  )
  return renderTable(titles, rows, terminalWidth(), [3, 4]) + [...new Set(refused)].join('') + ignored
}
