import { sayActor } from '../../../domain/links/say-actor.ts'
import { isAdministrator, readTable } from '../../access-page/rules/access-table.ts'
import type { PageBlock, PageFacts } from '../../access-page/rules/page-data.ts'
import { filterBy, filterOf } from './filter-query.ts'
import type { AccessList, EverybodyList, ToldMembers, ToldUses } from './told.ts'

/** One person's access in one account, as the table of auditors has it. An empty text: not known, or there is none. */
export type WhoRow = {
  readonly id: string
  readonly person: string
  readonly remark: string
  readonly group: string
  readonly account: string
  readonly accountName: string
  readonly path: string
  readonly set: string
  readonly level: string
  readonly source: string
  readonly since: string
  /** Instead of `since`: ssofile saw it then for the first time, and nobody knows when it began. */
  readonly knownSince: string
  readonly until: string
  readonly unusedDays: number | ''
  readonly lastUsed: string
  /** The links, and who uploaded them. */
  readonly why: string
}
const outside = 'outside ssofile'
export const administratorLevel = 'Administrator-like'
/** Filters that an auditor needs often. */
export const readyFilters = {
  [administratorLevel]: filterOf({ level: administratorLevel }),
  Temporary: filterOf({ source: 'temporary' }),
  'Given outside ssofile': filterOf({ source: outside }),
  'Unused for 90 days': filterBy([{ propertyKey: 'unused', operator: '>=', value: '90' }]),
} as const

/** A part of a report. Each block needs those before it. */
export type ToldReport = {
  readonly facts: PageFacts
  readonly blocks: readonly PageBlock[]
  readonly next: string | null
}

/** The last use by the person with this name or id. */
export function lastUsedOf({ countedSince, uses, notKnown }: ToldUses = { uses: {}, notKnown: [] }) {
  const known = new Map(Object.entries(uses))
  const unread = new Set(notKnown)
  const none = countedSince === undefined ? '' : `not since ${countedSince}`
  return (person: string, account: string, set: string): string =>
    known.get(`${person}%${account}%${set}`) ?? (unread.has(person) ? 'not known' : person && none)
}

/** `paths`: of now, because a report may have ids of units whose names were not known yet. */
export function rowsOfReport(
  { facts, blocks }: Omit<ToldReport, 'next'>,
  paths: AccessList['paths'] = {},
  lastUsed = lastUsedOf(),
): readonly WhoRow[] {
  const table = readTable([{ blocks, administratorSets: facts.administratorSets }])
  const { length, rows, values } = table
  const levels = table.permissionSets.map((set) => (set.isAdministrator ? administratorLevel : ''))
  const reasons = values.linkSet.map((links) => links.map((link) => sayLink(values.link[link])).join('; '))
  return Array.from({ length }, (_, row): WhoRow => {
    const [account = '', accountName = '', , path = ''] = values.account[rows.account[row] ?? 0] ?? []
    const set = rows.permissionSet[row] ?? 0
    const links = values.linkSet[rows.linkSet[row] ?? 0] ?? []
    const isTemporary = links.some((link) => (values.link[link]?.[6] ?? '') !== '')
    const state = values.state[rows.state[row] ?? 0] ?? ''
    return {
      id: String(row),
      person: values.person[rows.person[row] ?? 0]?.[0] ?? '',
      remark: values.remark[rows.remark[row] ?? 0] ?? '',
      group: values.group[rows.group[row] ?? 0]?.[0] ?? '',
      account,
      accountName,
      path: paths[account] ?? path,
      set: values.permissionSet[set] ?? '',
      level: levels[set] ?? '',
      source: state === 'foreign' ? outside : isTemporary ? 'temporary' : 'standing',
      ...sinceOf(state === 'foreign', values.instant[rows.since[row] ?? 0]),
      until: values.instant[rows.until[row] ?? 0] ?? '',
      unusedDays: rows.use[row] ? (values.use[rows.use[row]]?.[1] ?? '') : '',
      lastUsed: lastUsed(values.person[rows.person[row] ?? 0]?.[1] ?? '', account, values.permissionSet[set] ?? ''),
      why: reasons[rows.linkSet[row] ?? 0] ?? '',
    }
  })
}

/** Others' access began at a time that ssofile does not know. */
function sinceOf(isForeign: boolean, instant = ''): Pick<WhoRow, 'since' | 'knownSince'> {
  return isForeign ? { since: '', knownSince: instant } : { since: instant, knownSince: '' }
}

/** From the list of now. A group without an entry in `members` stands for its members; nobody knows the links. */
export function rowsOfList(
  { rows, accounts, paths, administratorSets }: EverybodyList,
  members: ToldMembers['members'],
  lastUsed = lastUsedOf(),
): readonly WhoRow[] {
  const sources = { ours: 'standing', temporary: 'temporary', foreign: outside } as const
  const sets = new Set(administratorSets)
  const known = new Map(Object.entries(members))
  return rows.flatMap(({ account, permissionSet, principal, type, giver, since }, row): readonly WhoRow[] => {
    const holders = type === 'GROUP' ? holdersOf(principal, known.get(principal)) : [{ person: principal }]
    return holders.map((holder, at) => ({
      id: `${row}-${at}`,
      remark: '',
      group: type === 'GROUP' ? principal : '',
      account,
      accountName: accounts[account] ?? '',
      path: paths[account] ?? '',
      set: permissionSet,
      level: isAdministrator(permissionSet, sets) ? administratorLevel : '',
      source: sources[giver],
      ...sinceOf(giver === 'foreign', since),
      until: '',
      unusedDays: '',
      lastUsed: lastUsed(holder.person, account, permissionSet),
      why: '',
      ...holder,
    }))
  })
}

function holdersOf(group: string, members: readonly string[] | null | undefined) {
  if (members && members.length > 0) return members.map((person) => ({ person }))
  const remark =
    members === undefined
      ? `members of ${group}`
      : members === null
        ? 'the group is gone from the directory'
        : 'the group has no members'
  return [{ person: '', remark }]
}

function sayLink([key = '', by = '', , ticket = '', reason = '', , temporary = '']: readonly string[] = []): string {
  const told = [key.replace(/^links_data\//, ''), by && `uploaded by ${sayActor(by)}`, temporary, reason, ticket]
  return told.filter(Boolean).join(', ')
}

export type MatrixRow = {
  readonly account: string
  readonly accountName: string
  readonly people: Readonly<Record<string, number>>
}

/** Accounts × permission sets, with the number of people for each pair; a group without known members counts as one. */
export function countMatrix(rows: readonly WhoRow[]): {
  readonly rows: readonly MatrixRow[]
  readonly sets: readonly string[]
  readonly most: number
} {
  const byAccount = new Map<string, { readonly accountName: string; readonly sets: Map<string, Set<string>> }>()
  const total = new Map<string, number>()
  for (const { account, accountName, set, person, group } of rows) {
    const known = byAccount.get(account) ?? { accountName, sets: new Map<string, Set<string>>() }
    byAccount.set(account, known)
    const people = known.sets.get(set) ?? new Set<string>()
    known.sets.set(set, people.add(person || group))
    total.set(set, (total.get(set) ?? 0) + 1)
  }
  const counted = [...byAccount].map(([account, { accountName, sets }]) => ({
    account,
    accountName,
    people: Object.fromEntries([...sets].map(([set, people]) => [set, people.size])),
  }))
  const sets = [...total].sort(([, a], [, b]) => b - a).map(([set]) => set)
  return { rows: counted, sets, most: Math.max(1, ...counted.flatMap(({ people }) => Object.values(people))) }
}

/** The figures above the rows of one person or one account. */
export function describeRows(kind: 'person' | 'account', own: readonly WhoRow[]) {
  const count = (of: (row: WhoRow) => string) => String(new Set(own.map(of).filter((text) => text !== '')).size)
  const [{ account, path, remark } = { account: '', path: '', remark: '' }] = own
  const groups = count(({ group }) => group)
  const facts =
    kind === 'person'
      ? ([
          ['Accounts', count((row) => row.account)],
          ['Groups', groups],
          ['Remark', remark],
        ] as const)
      : ([
          ['Account', account],
          ['OU', path],
          ['People', count(({ person }) => person)],
        ] as const)
  return { facts, administers: own.filter(({ level }) => level === administratorLevel).length }
}

/** How dark a number stands in the matrix, from 0 to 1. */
export function shadeOf(number: number, most: number): number {
  return 0.08 + 0.32 * (Math.log(number + 1) / Math.log(most + 1))
}
