import type { PolicyJson, PolicyStatementJson } from './bucket-policy.ts'

export type PolicyRequest = {
  /** The role or user, not its session. */
  readonly principal: string
  readonly action: string
  readonly resource: string
  /** What the request says besides, such as `s3:prefix`; a key that is absent is in no condition but those that deny it. */
  readonly context?: Readonly<Record<string, string>>
}

/**
 * What one policy of a resource says about a request: a denial wins over everything, and without an allowance the person's
 * own policies decide. (IAM User Guide, "Policy evaluation logic".) Throws for an operator that is not known here.
 */
export function evaluatePolicy(policy: PolicyJson, request: PolicyRequest): 'allowed' | 'denied' | 'silent' {
  const fitting = policy.Statement.filter((statement) => fits(statement, request))
  if (fitting.some(({ Effect }) => Effect === 'Deny')) return 'denied'
  return fitting.length > 0 ? 'allowed' : 'silent'
}

/** What a request says, by condition key in small letters: these keys have no case. (IAM User Guide, "Condition".) */
type Known = ReadonlyMap<string, string>

function fits(statement: PolicyStatementJson, { principal, action, resource, context = {} }: PolicyRequest): boolean {
  const { Principal, Action, Resource, NotResource, Condition = {} } = statement
  const account = principal.split(':')[4]
  const told = { 'aws:PrincipalArn': principal, 'aws:SecureTransport': 'true', ...context }
  const known: Known = new Map(Object.entries(told).map(([key, value]) => [key.toLowerCase(), value]))
  const matches = (patterns: readonly string[], text: string) =>
    patterns.some((pattern) => matchesPattern(pattern, text, known))
  const isMeant = Principal === '*' || Principal.AWS.some((one) => one === account || one.split(':')[4] === account)
  return (
    isMeant &&
    matches(Action, action) &&
    (Resource === undefined || matches(Resource, resource)) &&
    !(NotResource !== undefined && matches(NotResource, resource)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) =>
        holds(operator, [wanted].flat(), known.get(key.toLowerCase()), known),
      ),
    )
  )
}

const operators = ['ArnLike', 'ArnNotLike', 'Bool', 'DateLessThan', 'StringEquals', 'StringLike'] as const

function holds(operator: string, wanted: readonly string[], value: string | undefined, known: Known): boolean {
  const isLike = (split: (text: string) => readonly string[]) => {
    if (value === undefined) return false
    const texts = split(value)
    return wanted.some((one) =>
      split(one).every((pattern, index) => matchesPattern(pattern, texts[index] ?? '', known)),
    )
  }
  switch (operator) {
    case 'Bool':
    case 'StringEquals':
      return value !== undefined && wanted.includes(value)
    case 'ArnLike':
      return isLike(partsOfArn)
    case 'StringLike':
      return isLike((text) => [text])
    case 'DateLessThan':
      return value !== undefined && wanted.some((instant) => Date.parse(value) < Date.parse(instant))
    case 'ArnNotLike':
      return !isLike(partsOfArn)
    default:
      throw new Error(`received the condition operator ${operator}, expected ${operators.join(', ')}`)
  }
}

/** Each of the six is compared for itself. (IAM User Guide, "IAM JSON policy elements: Condition operators", ARNs.) */
function partsOfArn(arn: string): readonly string[] {
  const parts = arn.split(':')
  return [...parts.slice(0, 5), parts.slice(5).join(':')]
}

/**
 * `*` stands for any text, `/` too, and `${key}` for what the request says under that key. Where it says nothing, the
 * pattern matches nothing. (IAM User Guide, "Resource": wildcards in ARNs; "Policy variables with no value".)
 */
export function matchesPattern(pattern: string, text: string, known: Known = new Map()): boolean {
  if (pattern === '*') return true
  const pieces = pattern.split('*').map((piece) => fillIn(piece, known))
  return pieces.every((piece) => piece !== undefined) && isMadeOf(pieces, text)
}

/** `undefined`: a variable has no value. */
function fillIn(piece: string, known: Known): string | undefined {
  const parts = piece.split(/\$\{([^}]*)\}/)
  const filled = parts.map((part, index) => (index % 2 === 0 ? part : known.get(part.toLowerCase())))
  return filled.includes(undefined) ? undefined : filled.join('')
}

/** Whether the text has these pieces one after another, the first at its beginning and the last at its end. */
function isMadeOf(pieces: readonly string[], text: string): boolean {
  const [first = '', ...others] = pieces
  const last = others.pop()
  if (last === undefined) return text === first
  let from = first.length
  for (const piece of others) {
    const found = text.indexOf(piece, from)
    if (found < 0) return false
    from = found + piece.length
  }
  return text.startsWith(first) && text.endsWith(last) && from + last.length <= text.length
}
