import { folderOfMembership, type MembershipFile } from '../files/membership-file.ts'
import { forbiddenActionsOf } from '../iam-policies/forbidden-actions.ts'
import { type Link, temporaryPrefix } from '../links/link.ts'
import type { LinkBody } from '../links/link-body.ts'
import type { AccountId } from '../organization/account-id.ts'
import type { PermissionSetFile } from '../permission-sets/permission-set-file.ts'
import { renderScope } from '../scopes/scope.ts'
import { type Complaint, quote, renderComplaint } from '../statuses/complaint.ts'
import { fitsOne, matchesTicketPattern } from '../text/glob.ts'
import { saysSomething } from '../text/says-something.ts'
import type { Guardrails, LinkRule, MinimumRule, PermissionSetRule, Policy, SeparationRule } from './policy-file.ts'
import { isOnOneSide, isSeparated, type Overlap } from './separation.ts'

/** Stands for a fact that is unknown before the input is uploaded or applied. */
const later = 'later'

/** All facts that rules about links need. The same case gets the same verdict wherever it is judged. */
export type LinkCase = {
  readonly link: Link
  readonly body: Pick<LinkBody, 'expiresAt' | 'reason' | 'ticket' | 'owner'>
  readonly uploadedAt: Date
  /** The uploader's name in its status. `later`: it is not uploaded yet. */
  readonly uploader: { readonly name: string } | 'nobody knows' | typeof later
  /** All accounts that it reaches now. `later`: nobody has looked. */
  readonly accounts: readonly AccountId[] | typeof later
  /** The other permission sets of its people in the accounts that it reaches. `unread`: the part that cannot be read. */
  readonly overlaps: readonly Overlap[] | { readonly unread: string } | typeof later
}

/** All facts that rules about links need from a file that puts somebody into a group. */
export type MembershipCase = Pick<LinkCase, 'body' | 'uploadedAt' | 'uploader'> & {
  readonly membership: Pick<MembershipFile, 'key' | 'group' | 'user'>
  /** The links that name the group. `later`: nobody has looked. */
  readonly links: readonly Pick<Link, 'permissionSet' | 'scope'>[] | typeof later
}

/** The objection of a rule to an input. Without a rule: the policy is broken. */
export type Objection = Omit<Complaint, 'object' | 'faults' | 'place'> & {
  readonly policy: string
  readonly rule?: string
  readonly control?: string
}

export type Verdict = {
  /** Objections of enforced rules. Empty: the access may be granted. */
  readonly refusals: readonly Objection[]
  /** Objections of rules that only warn. */
  readonly warnings: readonly Objection[]
  /** Rules about facts that are not known yet, as `policy#rule`. */
  readonly later: readonly string[]
}

export const noObjection: Verdict = { refusals: [], warnings: [], later: [] }

type AnyRule = Pick<LinkRule, 'id' | 'control' | 'mode' | 'contact'>
/** The objection to one demand. `undefined`: the input meets it. */
type Finding =
  | { readonly received: string; readonly expected: string; readonly remedy: string }
  | typeof later
  | undefined

export function judgeLinkByPolicies(guardrails: Guardrails, about: LinkCase): Verdict {
  const find = (rule: LinkRule) => findingsIf(concerns(rule.for, about), () => findingsOfLink(rule.must, about))
  const found = guardrails.policies.flatMap((policy) => [
    ...policy.links.map((rule) => ({ policy, rule, findings: find(rule) })),
    ...policy.separations.map((rule) => ({ policy, rule, findings: [separationFinding(rule, about)] })),
  ])
  return judge(guardrails, found)
}

/**
 * A membership is judged as the access of its group for its user: with each rule about one of the group's links. Demands on accounts and
 * permission sets apply to those links. Demands on an input's body apply to the file.
 *
 * | in a rule                                                | is compared with                                  |
 * | -------------------------------------------------------- | ------------------------------------------------- |
 * | `permissionSets`, `scopes` in `for`                      | one of the links of the group                     |
 * | `principals`                                             | the group or the user: one of them must fit       |
 * | `folders`, `uploaders`                                   | the folder and the uploader of the file           |
 * | `expireWithinHours`, `ticket`, `reason`, `owner`         | the body of the file                              |
 * | `types`, and what else is in `must`                      | nothing: it is about the links                    |
 */
export function judgeMembershipByPolicies(guardrails: Guardrails, about: MembershipCase): Verdict {
  const find = (rule: LinkRule) =>
    findingsIf(concernsMembership(rule.for, about), () => findingsOfMembership(rule.must, about))
  const found = guardrails.policies.flatMap((policy) =>
    policy.links.map((rule) => ({ policy, rule, findings: find(rule) })),
  )
  return judge(guardrails, found)
}

function findingsIf(applies: boolean | typeof later, find: () => readonly Finding[]): readonly Finding[] {
  if (applies === later) return [later]
  return applies ? find() : []
}

function concernsMembership(which: LinkRule['for'], { membership, uploader, links }: MembershipCase) {
  const { permissionSets, scopes, principals, folders, uploaders } = which
  if (ownPartFindings({ principals, folders }, membership).some((finding) => finding !== undefined)) return false
  const isOfLinks = permissionSets !== undefined || scopes !== undefined
  if (links !== later && isOfLinks) {
    const fits = links.some(
      (link) =>
        (permissionSets === undefined || fitsOne(permissionSets, link.permissionSet)) &&
        (scopes === undefined || fitsOne(scopes, renderScope(link.scope))),
    )
    if (!fits) return false
  }
  if (uploaders !== undefined && typeof uploader === 'object' && !fitsOne(uploaders, uploader.name)) return false
  const isOpen = (links === later && isOfLinks) || (uploaders !== undefined && uploader === later)
  return isOpen ? later : true
}

function findingsOfMembership(must: LinkRule['must'], about: MembershipCase): readonly Finding[] {
  const { principals, folders, uploaders, expireWithinHours, ticket, reason, owner } = must
  const { body, membership, uploader } = about
  return [
    ...ownPartFindings({ principals, folders }, membership),
    uploaders && uploaderFinding(uploaders, uploader),
    expireWithinHours === undefined ? undefined : expiryFinding(expireWithinHours, about),
    ticket === undefined ? undefined : ticketFinding(ticket, body.ticket),
    reason && textFinding('a reason', body.reason),
    owner && textFinding('an owner', body.owner),
  ]
}

function ownPartFindings(
  { principals, folders }: Pick<Parts, 'principals' | 'folders'>,
  { key, group, user }: MembershipCase['membership'],
): readonly Finding[] {
  const folder = folderOfMembership(key) ?? ''
  const isPrincipal = principals === undefined || fitsOne(principals, group) || fitsOne(principals, user)
  return [
    isPrincipal
      ? undefined
      : {
          received: `user '${quote(user)}' in group '${quote(group)}'`,
          expected: `a group or user like ${listed(principals)}`,
          remedy: 'use another group',
        },
    folders === undefined || fitsOne(folders, folder)
      ? undefined
      : { received: `folder '${quote(folder)}'`, expected: listed(folders), remedy: 'use another folder' },
  ]
}

export function judgePermissionSetByPolicies(guardrails: Guardrails, file: PermissionSetFile): Verdict {
  const find = ({ for: { names }, must }: PermissionSetRule) =>
    names === undefined || fitsOne(names, file.name) ? findingsOfPermissionSet(must, file) : []
  return judge(
    guardrails,
    guardrails.policies.flatMap((policy) =>
      policy.permissionSets.map((rule) => ({ policy, rule, findings: find(rule) })),
    ),
  )
}

/** The objection to a revocation that leaves fewer people in an account than a rule demands. */
export function objectToRevocation(
  policy: Policy,
  { for: { permissionSets }, must: { peopleLeast }, ...rule }: MinimumRule,
  { left, account }: { readonly left: number; readonly account: AccountId },
): Objection {
  const people = (count: number) => (count === 1 ? '1 person' : `${count} people`)
  return objectionOf(policy, rule, {
    received: `${left === 0 ? 'nobody' : `only ${people(left)}`} who would keep ${listed(permissionSets)} in account ${account}`,
    expected: `at least ${people(peopleLeast)}`,
    remedy: 'give it to somebody else first',
  })
}

/** The complaint for a status or an answer: the first objection, and the number of the others. */
export function complainOfObjections(object: string, [first, ...more]: readonly Objection[]): Complaint | undefined {
  if (first === undefined) return undefined
  const { received, expected, remedy } = first
  const rest = more.length === 0 ? '' : ` (and ${more.length} more: ${more.map(nameOf).join(', ')})`
  return { object, received, expected: `${expected}${rest}`, remedy }
}

/** An objection as one sentence in a list of warnings. */
export function describeObjection({ received, expected, remedy }: Objection): string {
  return `it has ${received}, expected ${expected}; ${remedy}`
}

/** The name of the rule that objects, such as `policies/a.json#rule`. */
export function nameOf({ policy, rule }: Objection): string {
  return rule === undefined ? policy : `${policy}#${rule}`
}

function judge(
  { broken }: Guardrails,
  found: readonly { readonly policy: Policy; readonly rule: AnyRule; readonly findings: readonly Finding[] }[],
): Verdict {
  const refusals: Objection[] = broken.map(objectionOfBroken)
  const warnings: Objection[] = []
  const open = new Set<string>()
  for (const { policy, rule, findings } of found) {
    for (const finding of findings) {
      if (finding === undefined) continue
      if (finding === later) open.add(`${policy.key}#${rule.id}`)
      else (rule.mode === 'enforce' ? refusals : warnings).push(objectionOf(policy, rule, finding))
    }
  }
  return { refusals, warnings, later: [...open] }
}

function objectionOf(
  { key, contact }: Policy,
  { id, control, ...rule }: AnyRule,
  { received, expected, remedy }: Exclude<Finding, string | undefined>,
): Objection {
  return {
    policy: key,
    rule: id,
    control,
    received,
    expected: `${expected} (rule '${id}' of ${quote(key)}, control '${quote(control)}')`,
    remedy: `${remedy}, or ask ${quote(rule.contact ?? contact)}`,
  }
}

function objectionOfBroken(complaint: Complaint): Objection {
  return {
    policy: complaint.object,
    received: `new access while a policy is not valid (${quote(renderComplaint(complaint), 600)})`,
    expected: 'policies that ssofile can read',
    remedy: 'ask the owners of the policies to correct it; existing access stays',
  }
}

function separationFinding(rule: SeparationRule, { link, overlaps }: LinkCase): Finding {
  if (!isOnOneSide(rule, link.permissionSet)) return undefined
  if (overlaps === later) return later
  const [one, other] = rule.must.notTogether
  const expected = `that nobody has both ${listed(one)} and ${listed(other)} in one account`
  if ('unread' in overlaps)
    return {
      received: `people whose other access is unknown (${quote(overlaps.unread, 300)})`,
      expected,
      remedy: 'make sure that ssofile can read it; ssofile checks again within an hour',
    }
  const clashes = overlaps.filter((overlap) => isSeparated(rule, link.permissionSet, overlap))
  const [first] = clashes
  if (first === undefined) return undefined
  const { person, permissionSet, account, group } = first
  const more = clashes.length > 1 ? ` (and ${clashes.length - 1} more)` : ''
  const through = group === undefined ? 'directly' : `through the group '${quote(group)}'`
  return {
    received: `'${quote(person ?? 'somebody')}', who has '${permissionSet}' in account ${account} ${through}${more}`,
    expected,
    remedy: 'take the other one away first, or give this one to somebody else',
  }
}

function concerns(which: LinkRule['for'], about: LinkCase): boolean | typeof later {
  const { uploaders, ...rest } = which
  const { link, uploader } = about
  if (Object.values(partFindings(rest, link)).some((finding) => finding !== undefined)) return false
  if (uploaders === undefined || uploader === 'nobody knows') return true
  return uploader === later ? later : fitsOne(uploaders, uploader.name)
}

function findingsOfLink(must: LinkRule['must'], about: LinkCase): readonly Finding[] {
  const { accounts, accountsNever, accountsMost, scopesNever, ...others } = must
  const { expireWithinHours, ticket, reason, owner, uploaders, ...parts } = others
  const { body } = about
  return [
    ...partFindings(parts, about.link),
    uploaders && uploaderFinding(uploaders, about.uploader),
    accounts && accountFinding('only', accounts, about.accounts),
    accountsNever && accountFinding('never', accountsNever, about.accounts),
    scopesNever && forbiddenScopeFinding(scopesNever, about.link),
    accountsMost === undefined ? undefined : countFinding(accountsMost, about.accounts),
    expireWithinHours === undefined ? undefined : expiryFinding(expireWithinHours, about),
    ticket === undefined ? undefined : ticketFinding(ticket, body.ticket),
    reason && textFinding('a reason', body.reason),
    // The requester owns temporary access.
    owner && !about.link.key.startsWith(temporaryPrefix) ? textFinding('an owner', body.owner) : undefined,
  ]
}

type Parts = Omit<LinkRule['for'], 'uploaders'>

function partFindings({ permissionSets, principals, types, scopes, folders }: Parts, link: Link): readonly Finding[] {
  const check = (what: string, globs: readonly string[] | undefined, text: string): Finding =>
    globs === undefined || fitsOne(globs, text)
      ? undefined
      : { received: `${what} '${quote(text)}'`, expected: listed(globs), remedy: `use another ${what}` }
  return [
    check('permission set', permissionSets, link.permissionSet),
    check('principal', principals, link.principal),
    check('type', types, link.type),
    check('scope', scopes, renderScope(link.scope)),
    check('folder', folders, link.folder ?? ''),
  ]
}

export function listed(globs: readonly string[]): string {
  if (globs.length === 0) return 'none at all'
  const more = globs.length > 5 ? ` or one of ${globs.length - 5} more` : ''
  return `${globs
    .slice(0, 5)
    .map((glob) => `'${quote(glob)}'`)
    .join(' or ')}${more}`
}

function uploaderFinding(globs: readonly string[], uploader: LinkCase['uploader']): Finding {
  if (uploader === later) return later
  const remedy = 'have one of these people upload it'
  if (uploader === 'nobody knows')
    return { received: 'an upload by an unknown person', expected: listed(globs), remedy }
  if (fitsOne(globs, uploader.name)) return undefined
  return { received: `the uploader '${quote(uploader.name)}'`, expected: listed(globs), remedy }
}

function accountFinding(which: 'only' | 'never', globs: readonly string[], accounts: LinkCase['accounts']): Finding {
  if (accounts === later) return later
  const [first, ...more] = accounts.filter((account) => fitsOne(globs, account) === (which === 'never'))
  if (first === undefined) return undefined
  const received = `the account ${first}${more.length > 0 ? ` and ${more.length} more` : ''}`
  return which === 'only'
    ? { received, expected: listed(globs), remedy: 'use a narrower scope' }
    : { received, expected: `no account like ${listed(globs)}`, remedy: 'use a scope without it' }
}

function forbiddenScopeFinding(globs: readonly string[], { scope }: Link): Finding {
  const text = renderScope(scope)
  if (!fitsOne(globs, text)) return undefined
  return { received: `scope '${quote(text)}'`, expected: `none like ${listed(globs)}`, remedy: 'use another scope' }
}

function countFinding(most: number, accounts: LinkCase['accounts']): Finding {
  if (accounts === later) return later
  if (accounts.length <= most) return undefined
  return { received: `${accounts.length} accounts`, expected: `at most ${most}`, remedy: 'use a narrower scope' }
}

function expiryFinding(hours: number, about: Pick<LinkCase, 'body' | 'uploadedAt'>): Finding {
  const { uploadedAt } = about
  const { expiresAt } = about.body
  const expected = `an expiresAt within ${hours} hours of its upload`
  const remedy = 'write an earlier expiresAt into the file'
  if (expiresAt === undefined)
    return { received: 'no expiresAt', expected, remedy: 'write { "expiresAt": "…" } into the file' }
  const ms = expiresAt.getTime() - uploadedAt.getTime()
  if (ms <= hours * 3_600_000) return undefined
  return { received: `an expiresAt ${(ms / 3_600_000).toFixed(2)} hours after its upload`, expected, remedy }
}

function textFinding(what: 'a reason' | 'an owner', text: string | undefined): Finding {
  if (saysSomething(text)) return undefined
  const [, field] = what.split(' ')
  const received = text === undefined ? `no ${field}` : `the ${field} '${quote(text)}'`
  return { received, expected: `${what} with letters or digits`, remedy: `write { "${field}": "…" } into the file` }
}

function ticketFinding(pattern: string, ticket: string | undefined): Finding {
  if (saysSomething(ticket) && matchesTicketPattern(pattern)(ticket)) return undefined
  const received = ticket === undefined ? 'no ticket' : `the ticket '${quote(ticket)}'`
  return {
    received,
    expected: `a ticket like '${quote(pattern)}' (# is a digit)`,
    remedy: 'write { "ticket": "…" } into the file',
  }
}

function findingsOfPermissionSet(must: PermissionSetRule['must'], file: PermissionSetFile): readonly Finding[] {
  const {
    boundaries,
    managedPolicies,
    customerManagedPolicies,
    forbiddenActions = [],
    sessionMinutesMost,
    owner,
  } = must
  const named = (what: string, globs: readonly string[] | undefined, names: readonly string[]): readonly Finding[] =>
    names
      .filter((name) => globs !== undefined && !fitsOne(globs, name))
      .map((name) => ({
        received: `the ${what} '${quote(name)}'`,
        expected: listed(globs ?? []),
        remedy: 'take it out',
      }))
  const minutes = file.sessionDurationMinutes
  return [
    boundaries && boundaryFinding(boundaries, file.permissionsBoundary),
    ...named('managed policy', managedPolicies, file.managedPolicyArns),
    ...named('customer managed policy', customerManagedPolicies, file.customerManagedPolicies.map(pathAndName)),
    ...forbiddenActionsOf(file.inlinePolicy, forbiddenActions).map(({ allowed, forbidden }) => ({
      received: `an inline policy that allows '${quote(allowed)}'`,
      expected: `one that allows nothing of '${forbidden}'`,
      remedy: 'take it out',
    })),
    sessionMinutesMost !== undefined && minutes > sessionMinutesMost
      ? {
          received: `sessions of ${minutes} minutes`,
          expected: `at most ${sessionMinutesMost}`,
          remedy: 'write a shorter sessionDurationInMinutes',
        }
      : undefined,
    owner && textFinding('an owner', file.owner),
  ]
}

function boundaryFinding(globs: readonly string[], boundary: PermissionSetFile['permissionsBoundary']): Finding {
  const remedy = 'set such a permissionsBoundary'
  if (boundary === undefined) return { received: 'no permissions boundary', expected: listed(globs), remedy }
  const name =
    'ManagedPolicyArn' in boundary ? boundary.ManagedPolicyArn : pathAndName(boundary.CustomerManagedPolicyReference)
  if (fitsOne(globs, name)) return undefined
  return { received: `the permissions boundary '${quote(name)}'`, expected: listed(globs), remedy }
}

function pathAndName({ Path = '/', Name }: PermissionSetFile['customerManagedPolicies'][number]): string {
  return `${Path}${Name}`
}
