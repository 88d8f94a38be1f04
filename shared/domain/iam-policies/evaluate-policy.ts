import ip from 'ipaddr.js'
import { fitsWhole } from '../text/glob.ts'

/** One statement of a policy of any kind. Only a role's trust policy and a resource's policy have a principal. */
export type EvaluatedStatement = {
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: '*' | { readonly AWS: string | readonly string[] } | { readonly Service: string }
  readonly Action?: string | readonly string[]
  readonly NotAction?: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly NotResource?: string | readonly string[]
  readonly Condition?: Conditions
}
/** By operator, then by key: the wanted values. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
export type EvaluatedPolicy = { readonly Version?: string; readonly Statement: readonly EvaluatedStatement[] }

export type PolicyRequest = {
  /** The role or user, not its session. */
  readonly principal: string
  readonly action: string
  readonly resource: string
  /** Further values of the request, such as `s3:prefix`. A missing or undefined key fulfils only negated conditions. */
  readonly context?: Readonly<Record<string, string | undefined>>
}

/**
 * The answer of one policy to a request. A denial wins. `silent`: other policies decide. (IAM User Guide, "Policy evaluation logic".)
 * Throws for an operator that this code does not know.
 */
export function evaluatePolicy(policy: EvaluatedPolicy, request: PolicyRequest): 'allowed' | 'denied' | 'silent' {
  const fitting = policy.Statement.filter((statement) => fitsStatement(statement, request))
  if (fitting.some(({ Effect }) => Effect === 'Deny')) return 'denied'
  return fitting.length > 0 ? 'allowed' : 'silent'
}

/** The values of a request, by condition key in small letters: keys have no case. (IAM User Guide, "Condition".) */
export type ContextValues = ReadonlyMap<string, string | undefined>

export function valuesOf({ principal, context = {} }: PolicyRequest): ContextValues {
  const told = { 'aws:PrincipalArn': principal, 'aws:SecureTransport': 'true', ...context }
  return new Map(Object.entries(told).map(([key, value]) => [key.toLowerCase(), value]))
}

/** Whether a statement applies to a request. */
export function fitsStatement(statement: EvaluatedStatement, request: PolicyRequest): boolean {
  const { principal, action, resource } = request
  const { Principal, Action, NotAction, Resource, NotResource, Condition = {} } = statement
  const known = valuesOf(request)
  const matches = (patterns: string | readonly string[], text: string) =>
    [patterns].flat().some((pattern) => matchesPattern(pattern, text, known))
  // Actions have no case. (IAM User Guide, "IAM JSON policy elements: Action".)
  const acts = (patterns: string | readonly string[]) =>
    matches(
      [patterns].flat().map((one) => one.toLowerCase()),
      action.toLowerCase(),
    )
  return (
    isMeant(Principal, principal) &&
    (Action === undefined || acts(Action)) &&
    !(NotAction !== undefined && acts(NotAction)) &&
    (Resource === undefined || matches(Resource, resource)) &&
    !(NotResource !== undefined && matches(NotResource, resource)) &&
    fulfills(Condition, known)
  )
}

/** Whether all conditions hold. Throws for an operator that this code does not know. */
export function fulfills(conditions: Conditions, known: ContextValues): boolean {
  return Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) =>
      holds(operator, [wanted].flat(), known.get(key.toLowerCase()), known),
    ),
  )
}

/**
 * An account, by its root or its id, stands for everybody in it. A user or a role stands only for itself. (IAM User Guide, "Principal".)
 */
function isMeant(meant: EvaluatedStatement['Principal'], principal: string): boolean {
  if (meant === undefined || meant === '*') return true
  if (!('AWS' in meant)) return false
  const account = principal.split(':')[4]
  return [meant.AWS]
    .flat()
    .some((one) => one === principal || one === account || (one.endsWith(':root') && one.split(':')[4] === account))
}

type Compare = (value: string, wanted: string, known: ContextValues) => boolean

const isEqual: Compare = (value, wanted, known) => value === fillIn(wanted, known)
const isLike: Compare = (value, wanted, known) => matchesPattern(wanted, value, known)
/** Compares each of the six parts of an ARN separately. (IAM User Guide, "Condition operators", ARNs.) */
const isLikeArn: Compare = (value, wanted, known) => {
  const texts = partsOfArn(value)
  return partsOfArn(wanted).every((pattern, index) => matchesPattern(pattern, texts[index] ?? '', known))
}

const operators: Readonly<Record<string, Compare>> = {
  ArnEquals: isLikeArn,
  ArnLike: isLikeArn,
  Bool: (value, wanted) => value.toLowerCase() === wanted.toLowerCase(),
  DateGreaterThan: (value, wanted) => Date.parse(value) > Date.parse(wanted),
  DateLessThan: (value, wanted) => Date.parse(value) < Date.parse(wanted),
  IpAddress: isInRange,
  NumericGreaterThan: (value, wanted) => Number(value) > Number(wanted),
  NumericLessThan: (value, wanted) => Number(value) < Number(wanted),
  StringEquals: isEqual,
  StringEqualsIgnoreCase: (value, wanted, known) => value.toLowerCase() === fillIn(wanted, known)?.toLowerCase(),
  StringLike: isLike,
}

/**
 * Without a value, only `…IfExists` and negated operators hold. `Null` tests for a value. (IAM User Guide, "IAM JSON policy elements:
 * Condition operators".)
 */
function holds(operator: string, wanted: readonly string[], value: string | undefined, known: ContextValues): boolean {
  if (operator === 'Null') return wanted.includes(String(value === undefined))
  const [, name = operator, ifExists] = /^(.*?)(IfExists)?$/.exec(operator) ?? []
  const plain = name.replace('Not', '')
  const compare = Object.hasOwn(operators, plain) ? operators[plain] : undefined
  const isNegated = plain !== name
  if (compare === undefined || (isNegated && !/^(Arn|String)Not|^NotIp/.test(name)))
    throw new Error(`received the condition operator ${operator}, expected ${Object.keys(operators).join(', ')}`)
  if (value === undefined) return isNegated || ifExists !== undefined
  return wanted.some((one) => compare(value, one, known)) !== isNegated
}

/** Whether an address is this one, or in this CIDR range. */
export function isInRange(address: string, range: string): boolean {
  const parsed = ip.process(address)
  if (!range.includes('/')) return parsed.toString() === ip.process(range).toString()
  const [net, bits] = ip.parseCIDR(range)
  return parsed.kind() === net.kind() && parsed.match(net, bits)
}

function partsOfArn(arn: string): readonly string[] {
  const parts = arn.split(':')
  return [...parts.slice(0, 5), parts.slice(5).join(':')]
}

/**
 * `*` stands for any text, also with `/`, `?` for one character, and `${key}` for the request's value of that key. If there is no value,
 * the pattern matches nothing. (IAM User Guide, "Resource": wildcards in ARNs; "Policy variables with no value".)
 */
export function matchesPattern(pattern: string, text: string, known: ContextValues = new Map()): boolean {
  if (pattern === '*') return true
  // The value of a variable has no wildcards. So the pattern's own `?` becomes a character that no name has.
  const pieces = pattern
    .replaceAll('?', oneCharacter)
    .split('*')
    .map((piece) => fillIn(piece, known))
  if (!pieces.every((piece) => piece !== undefined)) return false
  const units = pieces.map((piece) => piece.split('').map((unit) => (unit === '*' ? ownStar : unit)))
  const tokens = units.flatMap((piece, nth) => (nth === 0 ? piece : ['*', ...piece]))
  return fitsWhole(tokens, text, (one, unit) => one === oneCharacter || one === (unit === '*' ? ownStar : unit))
}

/** `undefined`: a variable has no value. */
function fillIn(piece: string, known: ContextValues): string | undefined {
  const parts = piece.split(/\$\{([^}]*)\}/)
  const filled = parts.map((part, index) => (index % 2 === 0 ? part : known.get(part.toLowerCase())))
  return filled.includes(undefined) ? undefined : filled.join('')
}

const oneCharacter = '\0'
/** A `*` in the value of a variable. */
const ownStar = '\0*'
