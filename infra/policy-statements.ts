/** A value, or several of which one must fit. */
type OneOrMore = string | readonly string[]
export type PolicyStatementJson = {
  /** Denials have a Sid, except those of folders: their resource is clear, and the policy has no room for more. */
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal: '*' | { readonly AWS: OneOrMore }
  readonly Action: OneOrMore
  readonly Resource?: OneOrMore
  readonly NotResource?: OneOrMore
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMore>>>>
}
export type PolicyJson = { readonly Version: '2012-10-17'; readonly Statement: readonly PolicyStatementJson[] }

/** S3 User Guide, "Bucket policies": 20 KB. */
export const policyBytesMost = 20 * 1024

/** The size as S3 counts it. */
export function bytesOfPolicy(policy: PolicyJson): number {
  return Buffer.byteLength(JSON.stringify(policy))
}

export const writes = ['s3:PutObject', 's3:DeleteObject'] as const

export function deny(
  Sid: string | undefined,
  Action: readonly string[],
  rest: Pick<PolicyStatementJson, 'Resource' | 'NotResource' | 'Condition'>,
): PolicyStatementJson {
  return { ...(Sid !== undefined && { Sid }), Effect: 'Deny', Principal: '*', Action, ...rest }
}

/** The denial covers all but these principals; without any, everyone. */
export function unless(principals: readonly string[]): Pick<PolicyStatementJson, 'Condition'> {
  if (principals.length === 0) return {}
  return { Condition: { ArnNotLike: { 'aws:PrincipalArn': [...new Set(principals)] } } }
}

/**
 * The shortest beginnings of these prefixes that match nothing in `meant`: the policy has no room for whole prefixes. Other keys with such
 * a beginning belong to ssofile alone ('OnlySsofileWrites').
 */
export function beginningsBeside(meant: readonly string[], prefixes: readonly string[]): readonly string[] {
  const isMeant = (beginning: string) => meant.some((one) => one.startsWith(beginning))
  const shortest = (prefix: string) => {
    const length = Array.from(prefix).findIndex((_, index) => !isMeant(prefix.slice(0, index + 1)))
    return prefix.slice(0, length + 1)
  }
  return [...new Set(prefixes.map(shortest))]
}

/** The same statement with single values instead of lists of one, as the CDK writes the policy of a key. */
export function inShort(statement: PolicyStatementJson): PolicyStatementJson {
  const { Principal, Action, Resource, NotResource, Condition } = statement
  return {
    ...statement,
    Principal: Principal === '*' ? Principal : { AWS: oneOf(Principal.AWS) },
    Action: oneOf(Action),
    ...(Resource !== undefined && { Resource: oneOf(Resource) }),
    ...(NotResource !== undefined && { NotResource: oneOf(NotResource) }),
    ...(Condition !== undefined && { Condition: inEach(Condition, (keys) => inEach(keys, oneOf)) }),
  }
}

function oneOf(values: OneOrMore): OneOrMore {
  const [only, ...others] = [values].flat()
  return only === undefined || others.length > 0 ? values : only
}

function inEach<From, To>(record: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}

export const accountsOf = (principals: readonly string[]): readonly string[] =>
  [...new Set(principals.map(accountOf))].sort()
export const accountOf = (arn: string): string => arn.split(':')[4] ?? ''
