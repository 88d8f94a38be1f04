import type { Command } from 'commander'
import { describeTemporary } from '../../../shared/domain/links/told-link.ts'
import { nounOf, principalName } from '../../../shared/domain/principals/principal.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { describeOtherForm } from '../../../shared/domain/text/unicode-form.ts'
import {
  type AccessState,
  type Answer,
  type ExplainedLink,
  type Explanation,
  explainAccess,
} from '../../../shared/modules/access/explain-access.ts'
import { ProposedObjects } from '../../../shared/modules/plan/proposed-objects.ts'
import { notKnown } from '../../../shared/modules/usage/find-unknown-uses.ts'
import type { OwnUse } from '../../../shared/modules/usage/rules/role-use.ts'
import type { Way } from '../../../shared/modules/usage/rules/use.ts'
import { parseAccount } from '../arguments/parse-account.ts'
import { parsePermissionSet } from '../arguments/parse-permission-set.ts'
import { Refusal } from '../arguments/refusal.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { findConfiguration } from '../bucket/deployment.ts'
import { type Mood, paint } from '../terminal/paint.ts'
import { renderAge } from '../terminal/render-age.ts'
import { renderJson } from '../terminal/render-json.ts'
import { show } from '../terminal/show.ts'

type Options = { readonly config?: string; readonly json?: boolean }

/** `ssofile explain`: answers whether a person has a permission set in an account, and why. */
export function addExplain(program: Command): void {
  program
    .command('explain')
    .argument('<account>', 'its id or name')
    .argument('<permission-set>', 'its name')
    .argument('<principal>', 'exact display name of a group, exact user name, or an id')
    .description(
      'Says whether the access is granted, through which groups and links and since when; or what waits or failed, and why. It asks Identity Center too. Exit code 1: not in force; 2: not known, or no such account, permission set or principal.',
    )
    .option('--config <file>', 'configuration file (JSON), if the bucket has no deployment')
    .option('--json', 'the answer as JSON')
    .addHelpText('after', '\nExample:\n  ssofile explain 233000000002 Billing-ps team-Accountants')
    .action(async (account: string, permissionSet: string, principal: string, options: Options) => {
      process.exitCode = await explain({ account, permissionSet, principal }, options)
    })
}

async function explain(
  asked: { readonly account: string; readonly permissionSet: string; readonly principal: string },
  options: Options,
): Promise<number> {
  const bucket = bucketOf(undefined)
  const bare = openCliPorts(bucket)
  const ports = { ...bare, objects: new ProposedObjects(bare.objects, bare.clock.now()) }
  const configuration = await findConfiguration(ports.objects, options.config)
  const permissionSet = parsePermissionSet(asked.permissionSet)
  const principal = principalName.safeParse(asked.principal)
  if (!principal.success) throw new Refusal('received an empty principal, expected the name of a group or a user')
  const other = describeOtherForm(asked.principal)
  if (other !== undefined) process.stderr.write(`note: ${other}\n`)
  const account = await parseAccount(asked.account, ports, configuration.folders)
  const answer = await explainAccess({ account, permissionSet, principal: principal.data }, ports, configuration)
  if (options.json) process.stdout.write(renderJson(answer))
  else await show(renderExplanation(answer, ports.clock.now()))
  const found = [...answer.direct, ...answer.throughGroups]
  if ('unread' in answer.ledger) return 2
  if (found.some(({ isInForce }) => isInForce)) return 0
  return found.every(({ state }) => state === 'none') && 'unread' in answer.ifNone ? 2 : 1
}

const historyTold = 10

const words: Readonly<Record<AccessState, readonly [Mood, string]>> = {
  granted: ['good', 'granted'],
  foreign: ['good', 'in force, but not managed by ssofile: it stays if you delete links'],
  granting: ['pending', 'being granted'],
  revoking: ['pending', 'being revoked'],
  failed: ['bad', 'failed'],
  held: ['bad', 'held by the brake'],
  stuck: ['bad', 'stuck: the account accepts no changes'],
  wanted: ['pending', 'not in force yet, although links grant it'],
  none: ['plain', 'not granted'],
}

export function renderExplanation(
  { question, account, ledger, ifNone, path = '', direct, throughGroups, use, near, notes }: Answer,
  now: Date,
): string {
  const { permissionSet, principal } = question
  const place = account ? `${account.id} (${quote(account.name)}, ${account.state})` : question.account
  const isBoth = new Set(direct.map(({ assignment }) => assignment.type)).size > 1
  const notKnown = `  ${paint('plain', 'not granted')}: there is no group or user '${quote(principal)}', and no link grants it\n`
  const told = { ifNone, isLost: 'unread' in ledger }
  return [
    'unread' in ledger ? `${quote(ledger.unread, 1000)}\n\n` : '',
    `${permissionSet} in account ${place}\n`,
    path === '' ? '' : row('in', quote(path, 1000)) + row('', `${account?.parents.join('/')}`),
    use ? row('used', renderOwnUse(use, now)) : '',
    isBoth ? 'A group and a user have this name; both are shown.\n' : '',
    direct.length === 0 ? notKnown : '',
    ...direct.map((one) => renderOne(one, renderWho(one), told)),
    ...throughGroups.map((one) => renderOne(one, `through ${renderWho(one)} (the user is a member)`, told)),
    near.length === 0 ? '' : 'near\n',
    ...near.map(({ key, differs }) => `  ${quote(key, 1024)}\n    ${quote(differs)}\n`),
    ...notes.map((note) => `${paint('pending', 'note')}  ${quote(note, 500)}\n`),
  ].join('')
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(10)}${text}\n`
}

const ways: Readonly<Record<Way, string>> = {
  console: 'in the console',
  cli: 'from the CLI',
  application: 'by an application',
}

function renderOwnUse({ countedSince, last, isUnknown }: OwnUse, now: Date): string {
  if (last === undefined) return `not by this person since ${countedSince}, when the counting began`
  const { at, by, from, agent } = last
  const when = `${renderAge(at, now)} ${ways[by]} (${at})`
  return quote([when, isUnknown && notKnown, from && `from ${from}`, agent].filter(Boolean).join(', '), 500)
}

function renderWho({ assignment: { type, principal } }: Explanation): string {
  return `${nounOf(type)} '${quote(principal)}'`
}

type LedgerAnswer = Pick<Answer, 'ifNone'> & { readonly isLost: boolean }

/** While the ledger is lost, nobody knows whose access it is; and only Identity Center knows that there is none. */
function wordOf(state: AccessState, { ifNone, isLost }: LedgerAnswer): readonly [Mood, string] {
  if (isLost && state === 'foreign') return ['pending', 'in force, but it is not known whose it is']
  if (state === 'none' && 'unread' in ifNone) return ['pending', quote(ifNone.unread, 1000)]
  return words[state]
}

function renderOne(explanation: Explanation, title: string, known: LedgerAnswer): string {
  const { state, since, reason, nextAttempt, requestId, principalId, remarks, links, history } = explanation
  const [mood, word] = wordOf(state, known)
  const lines: [string, string | undefined][] = [
    ['access', `${paint(mood, word)}${since === undefined ? '' : renderSince(state, since)}`],
    ['why', reason && quote(reason, 2000)],
    ['again', nextAttempt && `next try at ${nextAttempt}`],
    ...remarks.map((remark): [string, string] => ['note', quote(remark, 500)]),
    ['principal', principalId],
    ['request', requestId],
  ]
  const told = lines.flatMap(([name, text]) => (text === undefined ? [] : row(name, text)))
  const earlier = history.length - historyTold
  const more = earlier > 0 ? row('history', `${earlier} earlier`) : ''
  const past = history.slice(-historyTold).map(({ at, event }) => row('history', `${at}  ${event}`))
  return [`${title}\n`, ...told, ...links.map(renderLink), more, ...past].join('')
}

function renderSince(state: AccessState, since: string): string {
  if (state === 'granted') return ` since ${since}`
  return state === 'foreign' ? `; known since ${since}` : `; in force since ${since}`
}

function renderLink(link: ExplainedLink): string {
  const { key, by, deletedBy, lastModified, reason, ticket, owner, expiresAt, grants, status } = link
  const said: (string | undefined)[] = [
    by
      ? `uploaded by ${by.principalId}${by.sourceIpAddress === undefined ? '' : ` from ${by.sourceIpAddress}`} at ${by.at}`
      : `uploaded at ${lastModified}; unknown uploader`,
    deletedBy && `deleted by ${deletedBy.principalId} at ${deletedBy.at}`,
    reason && `reason: ${reason}`,
    ticket && `ticket: ${ticket}`,
    owner && `owner: ${owner}`,
    describeTemporary(link)?.replace(/^/, 'temporary, ') ?? (expiresAt && `until ${expiresAt}`),
    status && status.state !== 'applied' ? `status: ${status.state}` : undefined,
  ]
  const head = row('link', `${quote(key, 1024)}${grants ? '' : ` ${paint('pending', '(no longer grants it)')}`}`)
  return [head, ...said.flatMap((text) => (text === undefined ? [] : row('', `  ${quote(text, 1500)}`)))].join('')
}
