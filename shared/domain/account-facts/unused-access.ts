/** IAM Access Analyzer's findings about unused users and roles, the most important first. (Its API Reference, "FindingSummaryV2".) */
export const unusedAccessKinds = [
  'UnusedIAMRole',
  'UnusedIAMUserPassword',
  'UnusedIAMUserAccessKey',
  'UnusedPermission',
] as const
export type UnusedAccessKind = (typeof unusedAccessKinds)[number]

/** `resource`: the ARN of the user or role. */
export type UnusedAccessFinding = { readonly resource: string; readonly kind: UnusedAccessKind }

/** The findings by kind and name of a user or role, as in rows. A key belongs to its user, because a finding does not name the key. */
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
 * The analyzer that looked at an account: the `organization`'s or the `account`'s own. `none`: there is none. Any other text is the code of
 * an error.
 */
export type AnalyzedBy = string

/** One line for people. `analyzedBy`: the number of accounts by analyzer. */
export function describeAnalyzers(analyzedBy: Readonly<Record<AnalyzedBy, number>>): string {
  const { organization = 0, account = 0, none = 0, ...failures } = analyzedBy
  const parts = [
    `IAM Access Analyzer looks for unused access in ${organization + account} of these accounts`,
    ...(none > 0 ? [`${none} have no analyzer for it: ssofile doctor shows the cost of one`] : []),
    ...Object.entries(failures).map(([code, count]) => `in ${count} it could not be asked (${code})`),
  ]
  return parts.join('; ')
}

/** Dollars a month for each role and user. (The page "IAM Access Analyzer pricing", July 2026.) */
const analyzerPrice = 0.2

/** The price of an analyzer for the whole organization, if some accounts have none. `undefined`: all have one. */
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
