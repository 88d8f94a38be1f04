import { count } from '../../../domain/text/count.ts'
import { type Manifest, sayFiles } from '../../reviews/rules/manifest.ts'
import { isPrivileged, type Subject } from '../../reviews/rules/review-item.ts'
import { sayDay, sayScope } from './say.ts'
import type { ToldReviewItem } from './told.ts'

type Item = Manifest['items'][number]
/** The cells of an item in the table of a review. */
export type ItemInTable = {
  readonly who: string
  readonly set: string
  readonly place: string
  readonly flags: readonly string[]
  readonly since: string
  readonly use: string
  readonly givenBy: string
}

const dayMs = 24 * 60 * 60_000
/** Access since less than this before the run began is new. Without a use for as long, it is unused. */
const recentMs = 90 * dayMs

type Reading = {
  readonly accounts?: Readonly<Record<string, string>>
  readonly nowMs: number
  /** Uses are watched since then. Absent: they are not watched. */
  readonly usesSince?: string | undefined
}

/** Privileged and unused items first, then new ones. */
export function reviewRows<T extends Pick<Item, 'subject'> & Pick<ToldReviewItem, 'moreAccounts'>>(
  items: readonly T[],
  reading: Reading,
): readonly (T & ItemInTable)[] {
  const rows = items.map((item) => ({
    ...item,
    ...partsOfItem(item, reading.accounts ?? {}),
    ...sayTimes(item.subject, reading),
    flags: flagsOf(item.subject, reading),
    givenBy: sayGivenBy(item.subject),
  }))
  const rank = ({ flags }: ItemInTable) => order.findIndex((flag) => flag === '' || flags.includes(flag))
  return rows.toSorted((a, b) => rank(a) - rank(b) || a.who.localeCompare(b.who))
}

/** It waits for the reader: there is no own decision, or that one does not count. */
export function isAwaited({ mayDecide, own }: Pick<ToldReviewItem, 'mayDecide' | 'own'>): boolean {
  return mayDecide && (own === undefined || own.problem !== undefined)
}

const order = ['Privileged', 'Unused', 'New', '']

function partsOfItem(
  { subject, moreAccounts = 0 }: Pick<ToldReviewItem, 'subject' | 'moreAccounts'>,
  accounts: Readonly<Record<string, string>>,
) {
  switch (subject.kind) {
    case 'membership':
      return { who: subject.user, set: `member of ${subject.group}`, place: '' }
    case 'setting':
    case 'unread':
      return { who: '', set: subject.what, place: '' }
    default: {
      const { type, principal, permissionSet } = subject
      const scopes = subject.kind === 'link' ? [subject.scope] : subject.accounts.map((account) => `account%${account}`)
      const shown = scopes.map((scope) => sayScope(scope, accounts)).join(', ')
      const place =
        subject.kind === 'link' || moreAccounts === 0 ? shown : `${shown} and ${count(moreAccounts, 'more account')}`
      return { who: type === 'GROUP' ? `Group ${principal}` : principal, set: permissionSet, place }
    }
  }
}

/** A use that nobody saw is missing only while uses were watched. */
function sayTimes(subject: Subject, { usesSince }: Reading): Pick<ItemInTable, 'since' | 'use'> {
  if (subject.kind === 'setting' || subject.kind === 'unread') return { since: '', use: '' }
  const { since, lastUsed } = subject
  const day = sayDay(since)
  return {
    since: day !== '' && subject.kind === 'foreign' ? `Known since ${day}` : day,
    use: lastUsed ? `Used ${sayDay(lastUsed)}` : usesSince ? `No use since ${sayDay(usesSince)}` : 'Uses not watched',
  }
}

function sayGivenBy(subject: Subject): string {
  switch (subject.kind) {
    case 'link':
      return sayFiles([subject.file])
    case 'membership':
      return subject.files.length === 0 ? 'A provider, or somebody by hand' : sayFiles(subject.files)
    case 'foreign':
      return subject.by === undefined ? 'Others' : `Others: ${subject.by}`
    case 'setting':
      return subject.file === undefined ? '' : sayFiles([subject.file])
    case 'unread':
      return ''
  }
}

/** ssofile first saw access of others at some instant, which says nothing about its age. */
function flagsOf(subject: Subject, { nowMs, usesSince }: Reading): readonly string[] {
  const isRecent = (instant: string | undefined) => instant !== undefined && Date.parse(instant) >= nowMs - recentMs
  const since = 'since' in subject ? subject.since : undefined
  const seen = 'lastUsed' in subject ? [since, subject.lastUsed, usesSince] : []
  const isWatched = 'lastUsed' in subject && (subject.lastUsed ?? usesSince) !== undefined
  return [
    ...(isPrivileged(subject) ? ['Privileged'] : []),
    ...(isWatched && !seen.some(isRecent) ? ['Unused'] : []),
    ...(subject.kind !== 'foreign' && isRecent(since) ? ['New'] : []),
    ...(subject.kind === 'foreign' ? ['Given by others'] : []),
  ]
}
