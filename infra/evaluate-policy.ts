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

function fits(statement: PolicyStatementJson, { principal, action, resource, context = {} }: PolicyRequest): boolean {
  const { Principal, Action, Resource, NotResource, Condition = {} } = statement
  const account = principal.split(':')[4]
  const isMeant = Principal === '*' || Principal.AWS.some((arn) => arn.split(':')[4] === account)
  const isNamed = Resource === undefined || Resource.some((pattern) => matchesPattern(pattern, resource))
  const isExcepted = NotResource?.some((pattern) => matchesPattern(pattern, resource)) ?? false
  const known = { 'aws:PrincipalArn': principal, 'aws:SecureTransport': 'true', ...context }
  return (
    isMeant &&
    Action.some((pattern) => matchesPattern(pattern, action)) &&
    isNamed &&
    !isExcepted &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) =>
        holds(operator, [wanted].flat(), Object.entries(known).find(([name]) => name === key)?.[1]),
      ),
    )
  )
}

function holds(operator: string, wanted: readonly string[], value: string | undefined): boolean {
  const isLike = value !== undefined && wanted.some((pattern) => matchesPattern(pattern, value))
  switch (operator) {
    case 'Bool':
      return value !== undefined && wanted.includes(value)
    case 'ArnLike':
    case 'StringLike':
      return isLike
    case 'ArnNotLike':
      return !isLike
    default:
      throw new Error(`received the condition operator ${operator}, expected Bool, ArnLike, ArnNotLike or StringLike`)
  }
}

/** `*` stands for any text, `/` too. (IAM User Guide, "Resource": wildcards in ARNs.) */
export function matchesPattern(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text)
}
