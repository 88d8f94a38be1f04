import type { Reviewer } from './decide-decision.ts'
import { isUnseen, type ReviewItem } from './review-item.ts'
import type { ReviewRun } from './review-record.ts'
import { askedOf, type NamedPrincipal, reviewersNow } from './reviewers.ts'

type Terms = Pick<ReviewRun, 'escalatedAt' | 'fallback'>
type Person = Pick<Reviewer, 'userId' | 'groupIds'>

/**
 * Why this person is asked about the item, for themself.
 *
 * | the person is among                | why                              |
 * | ---------------------------------- | -------------------------------- |
 * | its reviewers, also those who left | answers for it                   |
 * | the owners by its uploader         | the uploader's choice            |
 * | the fallback, after the escalation | the reviewers did not decide     |
 * | the fallback                       | nobody answers for it            |
 */
export function sayAsked(item: ReviewItem, run: Terms, person: Person): string {
  const { reviewers, next = [], left = [], revokers = [] } = item
  const first = find([reviewers, ...next].slice(0, left.length + 1).flat(), person)
  if (first) return `You answer for it${asWhom(first)}`
  const owner = find(revokers, person)
  if (owner) return `Its uploader chose you as the owner${asWhom(owner)}`
  const last = find(askedOf(item, run, 'revoke'), person)
  if (!last) return ''
  const why = reviewersNow(item).length === 0 ? 'Nobody answers for it' : 'Its reviewers did not decide in time'
  return `${why}, so the fallback decides${asWhom(last)}`
}

/** Why somebody who may revoke the item may not keep it. */
export function sayOnlyRevokes(item: ReviewItem, person: Person): string {
  if (isUnseen(item.subject)) return 'its file cannot be read, so nobody can keep it'
  if (find(item.revokers ?? [], person)) return 'its uploader chose you as the owner; others may keep it'
  return 'you joined its reviewers after the review began; others may keep it'
}

function find(all: readonly NamedPrincipal[], { userId, groupIds }: Person): NamedPrincipal | undefined {
  return all.find(({ type, id }) => (type === 'USER' ? id === userId : groupIds.has(id)))
}

const asWhom = ({ type, name }: NamedPrincipal) => (type === 'USER' ? '' : `, with the group ${name}`)
