import * as z from 'zod'
import type { ActionCatalog } from '../../../domain/iam-policies/access-level.ts'
import { findExcess } from '../../../domain/iam-policies/inline-policy.ts'
import { oneOrMore, parsePolicyStatements } from '../../../domain/iam-policies/policy-statement.ts'
import type { SetUsage } from '../../../domain/iam-policies/set-usage.ts'
import { parseLooseJson } from '../../../domain/json/loose-json.ts'
import { matchesAction } from '../../../domain/text/glob.ts'
import { judgeUsage, type UsageFinding } from './judge-usage.ts'

/** The verdict on one action of an Allow statement, as the policy writes it. `to`: its replacement. */
export type ActionVerdict = {
  readonly action: string
  readonly verdict: 'goes' | 'narrowed' | 'stays'
  readonly why: string
  readonly to?: readonly string[] | undefined
}

/** A policy without its unused actions. `document` absent: nothing is left. */
export type ReducedPolicy = {
  readonly document?: string | undefined
  readonly actions: readonly ActionVerdict[]
  /** Statements that deny stay as they are. */
  readonly denies: boolean
}

export type UseOfSet = {
  readonly usage: SetUsage
  /** An action goes if nobody used it for this many days. */
  readonly days: number
  readonly catalog: ActionCatalog
}

/** Keeps the author's own text for the remaining parts. */
const asItStands = z.record(z.string(), z.unknown())
const statement = z.object({
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMore.optional(),
  NotAction: oneOrMore.optional(),
})
const policy = asItStands.transform((all, context) => {
  const { data } = z.union([z.array(asItStands), asItStands.transform((one) => [one])]).safeParse(all.Statement)
  if (data !== undefined) return { all, statements: data }
  context.addIssue('it has no statements')
  return z.NEVER
})

/**
 * The policy without unused actions. Only actions that IAM knows to be unused go:
 *
 * | an action of a statement that allows                | becomes                                                      |
 * | --------------------------------------------------- | ------------------------------------------------------------ |
 * | `iam:PassRole`                                      | stays: IAM does not track it                                 |
 * | of a service that nobody used                       | it goes; of `iam:*` and the like `iam:PassRole` stays        |
 * | of a service that IAM does not report               | stays                                                        |
 * | by name, tracked by IAM, and nobody used it         | it goes                                                      |
 * | with wildcards, and some of the tracked actions are unused | the matching actions without those; untracked ones stay |
 * | `*`                                                 | each service that IAM reports, as `<service>:*` above        |
 * | anything else                                       | stays                                                        |
 *
 * Statements with `NotAction`, and Deny statements, stay unchanged. Wildcards stay if naming actions would make the policy too long.
 * `undefined`: the policy has something that this code does not understand.
 */
export function reducePolicy(text: string, use: UseOfSet): ReducedPolicy | undefined {
  if (parsePolicyStatements(text) === undefined) return undefined
  const { data } = policy.safeParse(parseLooseJson(text))
  if (data === undefined) return undefined
  const finding = findingsOf(use)
  const reduce = (byAction: boolean): ReducedPolicy => {
    const actions: ActionVerdict[] = []
    const Statement = data.statements.flatMap((one) => {
      const reduced = reduceStatement(one, { ...use, finding, byAction })
      actions.push(...reduced.actions)
      return reduced.statement ?? []
    })
    const document = Statement.length === 0 ? undefined : JSON.stringify({ ...data.all, Statement })
    return { document, actions, denies: data.statements.some(({ Effect }) => Effect === 'Deny') }
  }
  const named = reduce(true)
  return named.document !== undefined && findExcess(named.document) !== undefined ? reduce(false) : named
}

type Finding = (service: string, action?: string) => UsageFinding | undefined
type Reducing = UseOfSet & { readonly finding: Finding; readonly byAction: boolean }

/** `undefined`: IAM reports nothing about it. */
function findingsOf({ usage, days }: UseOfSet): Finding {
  const key = (service: string, action = '') => `${service}:${action}`.toLowerCase()
  const rows = judgeUsage(usage, days).flatMap(({ service, action, finding }) =>
    service === undefined ? [] : [[key(service, action), finding] as const],
  )
  const findings = new Map(rows)
  return (service, action) => findings.get(key(service, action))
}

function reduceStatement(one: z.infer<typeof asItStands>, use: Reducing) {
  const { Effect, Action, NotAction } = statement.parse(one)
  if (Effect === 'Deny' || Action === undefined) {
    const all = NotAction === undefined || Effect === 'Deny' ? [] : [`all but ${NotAction.join(', ')}`]
    const why = 'NotAction cannot be narrowed: name the actions instead'
    return { statement: one, actions: all.map((action): ActionVerdict => ({ action, verdict: 'stays', why })) }
  }
  const actions = Action.flatMap((action) => reduceAction(action, use))
  const left = actions.flatMap(({ action, verdict, to = [] }) => (verdict === 'stays' ? [action] : to))
  return { statement: left.length === 0 ? undefined : { ...one, Action: [...new Set(left)] }, actions }
}

function reduceAction(action: string, use: Reducing): readonly ActionVerdict[] {
  const [, service] = /^([a-z0-9-]+):/i.exec(action) ?? []
  if (service !== undefined) return [reduceInService(action, service.toLowerCase(), use)]
  if (!/^\*+(:\*+)?$/.test(action))
    return [{ action, verdict: 'stays', why: 'it may mean actions of several services' }]
  const services = Object.keys(use.usage.services)
  if (services.length === 0) return [{ action, verdict: 'stays', why: notTold }]
  const kept = services.filter((one) => use.finding(one) !== 'unused')
  const to = services.flatMap((one) => {
    const { action: whole, verdict, to: narrowed = [] } = reduceInService(`${one}:*`, one, use)
    return verdict === 'stays' ? [whole] : narrowed
  })
  const why = `${kept.length} of ${services.length} services that IAM reports are in use`
  return [{ action, verdict: to.length === 0 ? 'goes' : 'narrowed', why, to }]
}

/**
 * "The iam:PassRole action is not tracked and is not included in IAM service last accessed information." It is a permission, and no call
 * of IAM: whoever starts a function or an instance with a role uses it. (IAM User Guide, "Grant a user permissions to pass a role to an AWS
 * service".)
 */
const passRole = 'iam:PassRole'

const notTold = 'IAM does not report its use'

function reduceInService(
  action: string,
  service: string,
  { finding, usage, days, catalog, byAction }: Reducing,
): ActionVerdict {
  const whole = finding(service)
  const pattern = action.toLowerCase()
  const isPassRole = (one: string) => one === passRole.toLowerCase()
  if (isPassRole(pattern)) return { action, verdict: 'stays', why: 'IAM does not track its use' }
  if (whole === undefined) return { action, verdict: 'stays', why: notTold }
  if (whole === 'unused') {
    const why = `nobody used ${service} for ${days} days`
    return matchesAction(pattern, passRole.toLowerCase())
      ? { action, verdict: 'narrowed', why: `${why}, but IAM does not track ${passRole}`, to: [passRole] }
      : { action, verdict: 'goes', why }
  }
  if (whole === 'too new') return { action, verdict: 'stays', why: `nobody used ${service}, but its roles are too new` }
  const tracked = Object.keys(usage.services[service]?.actions ?? {})
  const unused = tracked.filter((name) => {
    const key = `${service}:${name}`.toLowerCase()
    return finding(service, name) === 'unused' && matchesAction(pattern, key) && !isPassRole(key)
  })
  if (unused.length === 0) return { action, verdict: 'stays', why: `${service} is used` }
  const gone = new Set(unused.map((name) => `${service}:${name}`.toLowerCase()))
  const list = `nobody used ${unused.slice(0, 5).join(', ')}${unused.length > 5 ? ` and ${unused.length - 5} more` : ''} for ${days} days`
  if (gone.has(pattern)) return { action, verdict: 'goes', why: list }
  if (!byAction)
    return { action, verdict: 'stays', why: `${list}, but naming the others would make the policy too long` }
  const named = [...catalog].flatMap(([key, { name }]) => (matchesAction(pattern, key) ? [[key, name] as const] : []))
  if (named.length === 0) return { action, verdict: 'stays', why: `${list}, but the other actions are not known here` }
  const used = named.flatMap(([key, name]) => (gone.has(key) ? [] : [name]))
  const to = joinNames(used, { gone, pattern })
  return { action, verdict: to.length === 0 ? 'goes' : 'narrowed', why: list, to }
}

/**
 * Shortens names to their first words, as in `lambda:Get*`, if no unused action begins with them. Only within a pattern whose only star is
 * at its end, because other patterns may not allow everything with this beginning. Ascending.
 */
function joinNames(
  names: readonly string[],
  { gone, pattern }: { readonly gone: ReadonlySet<string>; readonly pattern: string },
  words = 1,
): readonly string[] {
  if (!/^[^*?]*\*$/.test(pattern)) return names.toSorted()
  const beginning = new RegExp(`^[^:]+:(?:[A-Z]+[^A-Z]*|[^A-Z]+){1,${words}}`)
  const groups = Map.groupBy(names, (name) => beginning.exec(name)?.[0] ?? name)
  const joined = [...groups].flatMap(([prefix, group]): readonly string[] => {
    if (group.length === 1 || group.includes(prefix)) return group
    const isWithin = prefix.length >= pattern.length - 1
    const isClear = ![...gone].some((name) => name.startsWith(prefix.toLowerCase()))
    return isWithin && isClear ? [`${prefix}*`] : joinNames(group, { gone, pattern }, words + 1)
  })
  return joined.toSorted()
}

/** The verdict on a managed policy. `standIn`: an inline policy that could replace it. */
export type ManagedVerdict = {
  readonly name: string
  readonly verdict: 'goes' | 'stays' | 'could be narrowed' | 'not read'
  readonly why: string
  readonly standIn?: string | undefined
}

/** A policy that denies something stays: without it, more would be allowed. */
export function judgeManagedUse(name: string, text: string, use: UseOfSet): ManagedVerdict {
  const reduced = reducePolicy(text, use)
  if (reduced === undefined) return { name, verdict: 'not read', why: 'ssofile cannot analyze a part of it' }
  const { document, actions, denies } = reduced
  const going = actions.filter(({ verdict }) => verdict !== 'stays').length
  const figures = `nobody used ${going} of the ${actions.length} actions that it names, wholly or in part`
  if (going === 0) return { name, verdict: 'stays', why: 'no part of it is known to be unused' }
  if (denies) return { name, verdict: 'stays', why: `it denies something; ${figures}` }
  if (document === undefined)
    return { name, verdict: 'goes', why: `nobody used anything that it allows for ${use.days} days` }
  if (findExcess(document) !== undefined)
    return { name, verdict: 'stays', why: `${figures}, but an inline policy in its place would be too long` }
  return { name, verdict: 'could be narrowed', why: figures, standIn: document }
}
