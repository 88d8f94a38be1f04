/**
 * The data inside the page. Rows come in blocks. Each value is once in a list of its kind, and a row has the value's place in that list,
 * counted from 1. 0: absent.
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

/** The list of each kind, and the parts of a value in it. */
export type PageValues = {
  /** Name, id. */
  person: (readonly [string, string])[]
  /** Name, id. */
  group: (readonly [string, string])[]
  /** Id, name, state, the names of all units above it, and their ids. Names and ids have `/` between them. */
  account: (readonly [string, string, string, string, string])[]
  permissionSet: string[]
  /** `foreign`, or the state of the ledger entry. */
  state: string[]
  instant: string[]
  remark: string[]
  /** The last use of the role or `never`, and the number of days for which the access is known to be unused. Absent: unknown. */
  use: (readonly [string, number])[]
  /** Key, uploader, upload time, ticket, reason, expiry, origin of temporary access, owner. */
  link: (readonly [string, string, string, string, string, string, string, string])[]
  /** Places of links, counted from 1. */
  linkSet: (readonly number[])[]
}
export type PageValueKind = keyof PageValues

/** New values, and the rows by column. */
export type PageBlock = {
  readonly values: Partial<PageValues>
  readonly rows: Readonly<Record<RowColumn, readonly number[]>>
}

/** An input that needs attention. `deployment`: only on a page of several. */
export type PageAttention = {
  readonly deployment?: string | undefined
  readonly input: string
  readonly state: string
  readonly reason?: string | undefined
  readonly remedy?: string | undefined
}

/** An event under `changes/`. `what`: the ledger key, input key or other subject. */
export type PageChange = {
  readonly deployment?: string | undefined
  readonly at: string
  readonly event: string
  readonly what: string
}

/** A name and its value. */
export type Figure = readonly [string, string]

/** Facts about the whole page. */
export type PageFacts = {
  readonly madeAt: string
  /** The age of each part: its name and a sentence about it. */
  readonly sources: readonly (readonly [string, string])[]
  /** Whole sentences about everything that ssofile could not read. */
  readonly notes: readonly string[]
  /** Permission sets that are known to allow everything. The page counts others as such if their name has the word "admin". */
  readonly administratorSets: readonly string[]
  readonly attention: readonly PageAttention[]
  /** Absent: the page has no list of changes. It shows the access that began since a date. */
  readonly changes?: readonly PageChange[] | undefined
  /** Figures about people who joined and left in the month of `madeAt`. Absent or empty: not measured. */
  readonly lifecycle?: readonly Figure[] | undefined
}

/** The classes with which the script finds the data. A name of a deployment stands before its rows and facts. */
export const factsClass = 'facts'
export const blockClass = 'rows'
export const deploymentClass = 'deployment'
