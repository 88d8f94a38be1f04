import type { SetUsage } from '../../../shared/domain/iam-policies/set-usage.ts'
import type {
  ActionVerdict,
  ManagedVerdict,
  ReducedPolicy,
} from '../../../shared/domain/iam-policies/suggest-policy.ts'
import { permissionSetKey } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { type Mood, paint } from '../terminal/paint.ts'
import { renderJson } from '../terminal/render-json.ts'

/** What could go of a permission set, and what would remain. `isLive`: IAM was asked now, in place of the report of the month. */
export type Suggestion = {
  readonly permissionSet: PermissionSetName
  readonly unusedDays: number
  readonly isLive: boolean
  readonly asOf: string | undefined
  readonly accounts: number
  readonly unread: SetUsage['unread']
  /** Absent: there is no inline policy, or it is not understood. */
  readonly inline?: ReducedPolicy | undefined
  readonly managed: readonly ManagedVerdict[]
  readonly notes: readonly string[]
}

const moods: Readonly<Record<ActionVerdict['verdict'] | ManagedVerdict['verdict'], Mood>> = {
  goes: 'bad',
  narrowed: 'pending',
  'could be narrowed': 'pending',
  stays: 'plain',
  'not read': 'pending',
}

/** What could go, with the reason, then the policy that would remain, then what a person does with it. */
export function renderSuggestion(suggestion: Suggestion): string {
  const { inline, managed } = suggestion
  const parts = [
    renderHead(suggestion),
    renderUnread(suggestion),
    ...suggestion.notes.map((note) => `${paint('pending', 'note')}  ${quote(note, 500)}\n`),
    inline === undefined ? '' : `\nInline policy\n${inline.actions.map(renderAction).join('')}`,
    managed.length === 0 ? '' : `\nManaged policies\n${managed.map(renderManaged).join('')}`,
    renderRemainder(suggestion),
  ]
  return parts.join('')
}

function renderHead({ permissionSet, unusedDays, isLive, asOf, accounts }: Suggestion): string {
  const source = isLive ? 'IAM, asked now' : 'the report of the month (--live asks now)'
  if (asOf === undefined) return `${quote(permissionSet)}: its role was read in no account, so nothing is known\n`
  return `${quote(permissionSet)}: what nobody used for ${unusedDays} days in ${count(accounts, 'account')}, as of ${asOf.slice(0, 10)}, by ${source}\n`
}

function renderUnread({ unread }: Suggestion): string {
  const [first] = unread
  if (first === undefined) return ''
  return `${paint('bad', 'not read')}: ${count(unread.length, 'account')}, such as ${first.account} (${quote(first.why, 300)}). What is used there is not known: it may need what goes here\n`
}

function renderAction({ action, verdict, why, to = [] }: ActionVerdict): string {
  const left = verdict === 'narrowed' ? `; ${count(to.length, 'action')} take its place` : ''
  return `  ${renderVerdict(verdict)}  ${quote(action, 200)}: ${quote(why, 500)}${left}\n`
}

function renderManaged({ name, verdict, why, standIn }: ManagedVerdict): string {
  const head = `  ${renderVerdict(verdict)}  ${quote(name, 300)}: ${quote(why, 500)}\n`
  return standIn === undefined
    ? head
    : `${head}    an inline policy that could stand in:\n${indent(renderPolicy(standIn), 6)}`
}

const renderVerdict = (verdict: keyof typeof moods): string =>
  paint(moods[verdict], verdict) + ' '.repeat('could be narrowed'.length - verdict.length)

function renderRemainder({ permissionSet, inline, managed }: Suggestion): string {
  const isLess = inline?.actions.some(({ verdict }) => verdict !== 'stays') === true
  const others = managed.some(({ verdict }) => verdict === 'goes' || verdict === 'could be narrowed')
  if (!isLess && !others) return '\nNothing is known to be unused: the permission set can stay as it is.\n'
  const policy = !isLess
    ? ''
    : inline?.document === undefined
      ? '\nNo inline policy would remain.\n'
      : `\nThe inline policy that would remain:\n${renderPolicy(inline.document)}`
  const key = permissionSetKey(permissionSet)
  return `${policy}\nNothing was changed. Whoever agrees puts it into ${key} (inlinePolicyDocument, managedPoliciesArnList), and looks at ssofile plan --check-access before the push.\n`
}

const renderPolicy = (document: string): string => renderJson(JSON.parse(document))
const indent = (text: string, spaces: number): string => text.replaceAll(/^(?=.)/gm, ' '.repeat(spaces))
