/**
 * What the page has within itself. Rows come in blocks; each value stands once in a list of its kind, and rows have its
 * place there, from 1. 0: absent.
 */
export const rowColumns = [
  'person',
  'group',
  'account',
  'permissionSet',
  'state',
  'since',
  'until',
  'linkSet',
  'remark',
  'use',
] as const
export type RowColumn = (typeof rowColumns)[number]

/** In each list: what the parts of a value mean. */
export type PageValues = {
  /** Name, id. */
  person: (readonly [string, string])[]
  /** Name, id. */
  group: (readonly [string, string])[]
  /** Id, name, state, names of everything above it, their ids; both with `/` between them. */
  account: (readonly [string, string, string, string, string])[]
  permissionSet: string[]
  /** `foreign`, or the state of the ledger entry. */
  state: string[]
  instant: string[]
  remark: string[]
  /** When the role was last used, or `never`; for how many days the access is known to be unused. Absent: it is not known. */
  use: (readonly [string, number])[]
  /** Key, uploaded by, uploaded at, ticket, reason, expires at, how temporary access came about, owner. */
  link: (readonly [string, string, string, string, string, string, string, string])[]
  /** Places of links, from 1. */
  linkSet: (readonly number[])[]
}
export type PageValueKind = keyof PageValues

/** New values, and rows by column. */
export type PageBlock = {
  readonly values: Partial<PageValues>
  readonly rows: Readonly<Record<RowColumn, readonly number[]>>
}

/** An input that wants attention. */
export type PageAttention = {
  readonly input: string
  readonly state: string
  readonly reason?: string | undefined
  readonly remedy?: string | undefined
}

/** Something that happened, as under `changes/`. `what`: the ledger key, input key or other subject. */
export type PageChange = { readonly at: string; readonly event: string; readonly what: string }

/** Its name, and what it is. */
export type Figure = readonly [string, string]

/** About the whole page. */
export type PageFacts = {
  readonly madeAt: string
  /** How old each part is: its name and a sentence about it. */
  readonly sources: readonly (readonly [string, string])[]
  /** What could not be read, in whole sentences. */
  readonly notes: readonly string[]
  /** Permission sets that are known to allow everything. Others count as such by the word "admin" in their name. */
  readonly administratorSets: readonly string[]
  readonly attention: readonly PageAttention[]
  /** Absent: the page has no list of changes, and shows what began since a date. */
  readonly changes?: readonly PageChange[] | undefined
  /** How people came and went in the month of `madeAt`. Absent or empty: it was not measured. */
  readonly lifecycle?: readonly Figure[] | undefined
}

/** Ids and classes by which the script finds the data. */
export const factsId = 'facts'
export const blockClass = 'rows'
