/** What IAM Access Analyzer finds of a user or role that is not used; the most first. (Its API Reference, "FindingSummaryV2".) */
export const unusedAccessKinds = [
  'UnusedIAMRole',
  'UnusedIAMUserPassword',
  'UnusedIAMUserAccessKey',
  'UnusedPermission',
] as const
export type UnusedAccessKind = (typeof unusedAccessKinds)[number]

/** `resource`: the ARN of the user or role. */
export type UnusedAccessFinding = { readonly resource: string; readonly kind: UnusedAccessKind }

/** By kind and name of a thing, as rows have them, what was found of it. A key is of its user: a finding does not name it. */
export function groupUnusedAccess(findings: readonly UnusedAccessFinding[]): ReadonlyMap<string, UnusedAccessKind[]> {
  const kinds = Map.groupBy(findings, ({ resource }) => {
    // arn:aws:iam::111122223333:role/path/name
    const [kind = '', ...path] = resource.split(':').slice(5).join(':').split('/')
    return thingKey(kind, path.at(-1) ?? '')
  })
  return new Map(
    [...kinds].map(([thing, found]) => {
      const known = new Set(found.map(({ kind }) => kind))
      return [thing, unusedAccessKinds.filter((kind) => known.has(kind))]
    }),
  )
}

export function thingKey(kind: string, name: string): string {
  return `${kind} ${name}`
}

/**
 * By whose analyzer an account was looked at: of the `organization`, or of the `account`. `none`: there is none. Anything else
 * is the code of the error that stood in the way.
 */
export type AnalyzedBy = string

/** `analyzedBy`: how many accounts by whose analyzer. For a person: one line for all of them. */
export function describeAnalyzers(analyzedBy: Readonly<Record<AnalyzedBy, number>>): string {
  const { organization = 0, account = 0, none = 0, ...failures } = analyzedBy
  const parts = [
    `IAM Access Analyzer looks for unused access in ${organization + account} of these accounts`,
    ...(none > 0 ? [`${none} have no analyzer for it: ssofile doctor says what one would cost`] : []),
    ...Object.entries(failures).map(([code, count]) => `in ${count} it could not be asked (${code})`),
  ]
  return parts.join('; ')
}

/** Dollars for each role and user and month. (The page "IAM Access Analyzer pricing", July 2026.) */
const analyzerPrice = 0.2

/** What an analyzer of the whole organization would cost, where accounts are without one; `undefined`: none is. */
export function describeAnalyzerPrice({
  counts: { users, roles },
  analyzedBy,
}: {
  readonly counts: { readonly users: number; readonly roles: number }
  readonly analyzedBy: Readonly<Record<AnalyzedBy, number>>
}): string | undefined {
  const { none = 0 } = analyzedBy
  if (none === 0) return undefined
  const dollars = Math.ceil(analyzerPrice * (users + roles)).toLocaleString('en')
  return `${none} accounts have no analyzer of unused access: one for the organization would cost about ${dollars} dollars a month (${analyzerPrice.toFixed(2)} for each of ${users.toLocaleString('en')} users and ${roles.toLocaleString('en')} roles); Security Hub brings one at no extra cost. ssofile makes none`
}
