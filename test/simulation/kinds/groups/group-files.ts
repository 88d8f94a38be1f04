import type { KindFiles } from '../part.ts'

/** The first group is made by its file. The second is there before. */
export const fileGroups = ['team-file', 'team-2'] as const

export const groupFiles = {
  keys: { 'team-file': 'groups/team-file.json', 'team-2': 'groups/team-2.json' },
  valid: { described: '{ "description": "ours" }', 'described otherwise': '{ "description": "theirs" }', empty: '' },
  invalid: { broken: '{ "description":', 'with an unknown field': '{ "members": [] }' },
} as const satisfies KindFiles

const nora = 'nora@example.com%ssofile'
export const membershipFiles = {
  keys: {
    nora: `memberships/team-file%${nora}`,
    'nora in a folder': `memberships/folder-a/team-file%${nora}`,
    'nora in team-2': `memberships/team-2%${nora}`,
    mia: 'memberships/team-file%mia@example.com%ssofile',
  },
  valid: {
    empty: '',
    reason: '{ "reason": "on call" }',
    'that ends soon': (at) => `{"expiresAt":"${at(70_000)}"}`,
    'that begins soon': (at) => `{"notBefore":"${at(40_000)}"}`,
  },
  invalid: { malformed: '{"expiresAt":"tomorrow"}', 'with an unknown field': '{"until":"2030-01-01T00:00:00Z"}' },
} as const satisfies KindFiles

type Profile = Readonly<Record<string, string>>
type Rule = { readonly body: string; readonly graceDays?: number; readonly matches: (profile: Profile) => boolean }

/** The rules of the simulation, and their meaning in the plainest form. */
const rules = {
  engineers: { body: '{"department":["Engineering"]}', matches: ({ department }) => department === 'Engineering' },
  sales: { body: '{"department":["Sales"]}', matches: ({ department }) => department === 'Sales' },
  'engineers, but no contractors': {
    body: '{"department":["Eng*"],"except":[{"userType":["contractor"]}]}',
    matches: ({ department, userType }) => department === 'Engineering' && userType !== 'contractor',
  },
  'engineers, with a day to hand over': {
    body: '{"department":["Engineering"],"moverGraceDays":1}',
    graceDays: 1,
    matches: ({ department }) => department === 'Engineering',
  },
  'engineers, with two days to hand over': {
    body: '{"department":["Engineering"],"moverGraceDays":2}',
    graceDays: 2,
    matches: ({ department }) => department === 'Engineering',
  },
  'engineers by title, or sales': {
    body: '{"anyOf":[{"title":["Engineer"]},{"department":["Sales"]}]}',
    matches: ({ title, department }) => title === 'Engineer' || department === 'Sales',
  },
} as const satisfies Readonly<Record<string, Rule>>

export const ruleFiles = {
  keys: { 'team-file': 'rules/team-file.json', 'team-2': 'rules/team-2.json' },
  valid: {
    engineers: rules.engineers.body,
    sales: rules.sales.body,
    'engineers, but no contractors': rules['engineers, but no contractors'].body,
    'engineers, with a day to hand over': rules['engineers, with a day to hand over'].body,
    'engineers, with two days to hand over': rules['engineers, with two days to hand over'].body,
    'engineers by title, or sales': rules['engineers by title, or sales'].body,
  },
  invalid: { broken: '{"department":[', 'of everybody': '{"except":[{"title":["*"]}]}' },
} as const satisfies KindFiles

/** Whether a rule of this text matches. A rule that is not valid neither takes in nor out: `nobody knows`. */
export function isMeantBy(text: string | undefined, profile: Profile): boolean | 'nobody knows' {
  if (text === undefined) return false
  const known = Object.values<Rule>(rules).find(({ body }) => body === text)
  return known?.matches(profile) ?? 'nobody knows'
}

/** For so many days, this rule keeps people whom it matches no longer. */
export function graceDaysOf(text: string | undefined): number {
  return Object.values<Rule>(rules).find(({ body }) => body === text)?.graceDays ?? 0
}
