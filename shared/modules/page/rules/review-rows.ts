import { count } from '../../../domain/text/count.ts'
import type { Manifest } from '../../reviews/rules/manifest.ts'
import { isPrivileged, type Subject } from '../../reviews/rules/review-item.ts'
import { sayScope } from './say.ts'
import type { ToldReviewItem } from './told.ts'

type Item = Manifest['items'][number]
/** The cells of an item in the table of a review. */
export type ItemInTable = {
  readonly who: string
  readonly set: string
  readonly place: string
  readonly flags: readonly string[]
}

const dayMs = 24 * 60 * 60_000
/** Access since less than this before the run began is new. Without a use for as long, it is unused. */
const recentMs = 90 * dayMs

/** Privileged and unused items first, then new ones. */
export function reviewRows<T extends Pick<Item, 'subject'> & Pick<ToldReviewItem, 'moreAccounts'>>(
  items: readonly T[],
  accounts: Readonly<Record<string, string>>,
  nowMs: number,
): readonly (T & ItemInTable)[] {
  const rows = items.map((item) => ({ ...item, ...partsOfItem(item, accounts), flags: flagsOf(item.subject, nowMs) }))
  const rank = ({ flags }: ItemInTable) => order.findIndex((flag) => flag === '' || flags.includes(flag))
  return rows.toSorted((a, b) => rank(a) - rank(b) || a.who.localeCompare(b.who))
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

function flagsOf(subject: Subject, nowMs: number): readonly string[] {
  const isBefore = (instant: string | undefined) => instant !== undefined && Date.parse(instant) < nowMs - recentMs
  const since = 'since' in subject ? subject.since : undefined
  const isUnused = 'lastUsed' in subject && isBefore(subject.lastUsed)
  return [
    ...(isPrivileged(subject) ? ['Privileged'] : []),
    ...(isUnused ? ['Unused'] : []),
    ...(since !== undefined && !isBefore(since) ? ['New'] : []),
    ...(subject.kind === 'foreign' ? ['Given by others'] : []),
  ]
}
