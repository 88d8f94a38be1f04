import { count } from '../../../domain/text/count.ts'
import type { Manifest } from './manifest.ts'

type Item = Manifest['items'][number]

/** The accounts of an item that a reader sees at most. Decisions name the digest, so they need no accounts. */
export const accountsShown = 20

/**
 * An item as a person reads it: access in thousands of accounts names the first ones and says how many more there are. All their numbers
 * take 75 KB, three times in an item.
 */
export function inFewAccounts<T extends Pick<Item, 'item' | 'subject' | 'end'>>(
  one: T,
): T & { readonly moreAccounts?: number } {
  const { item, subject, end } = one
  if (!('accounts' in subject) || subject.accounts.length <= accountsShown) return one
  const accounts = subject.accounts.slice(0, accountsShown)
  const moreAccounts = subject.accounts.length - accountsShown
  const all = subject.accounts.join(', ')
  const shorten = (text: string) =>
    text.replace(all, () => `${accounts.join(', ')} and ${count(moreAccounts, 'more account')}`)
  const task = end?.task === undefined ? {} : { task: shorten(end.task) }
  return {
    ...one,
    item: shorten(item),
    subject: { ...subject, accounts },
    ...(end && { end: { ...end, ...task } }),
    moreAccounts,
  }
}
