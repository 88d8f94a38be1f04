import { renderCsv } from '../text/render-csv.ts'
import { describeSubject, type ItemDigest, type ReviewItem } from './review-item.ts'
import type { GivenDecision, ReviewOutcome, ReviewRun } from './review-record.ts'

/** Everything that the bucket says about one run. */
export type ReviewEvidence = {
  readonly review: string
  readonly run: ReviewRun
  readonly frozen: readonly ReviewItem[]
  /** Items that were edited during the run, as they are asked again. */
  readonly added: readonly ReviewItem[]
  readonly outcomes: ReadonlyMap<ItemDigest, ReviewOutcome>
}

export const results = [
  'kept',
  'revoked',
  'revoking',
  'task',
  'task done',
  'gone',
  'asked again',
  'not done',
  'open',
] as const
export type Result = (typeof results)[number]

/**
 * | the item's end | proven | result      |
 * | -------------- | ------ | ----------- |
 * | deleted        | no     | revoking    |
 * | deleted        | yes    | revoked     |
 * | task           | no     | task        |
 * | task           | yes    | task done   |
 * | gone           |        | gone        |
 * | changed        |        | asked again |
 * | kept, not done |        | the same    |
 * | none           |        | open        |
 */
export function resultOf(outcome: Pick<ReviewOutcome, 'end' | 'provenAt'> | undefined): Result {
  const isProven = outcome?.provenAt !== undefined
  switch (outcome?.end?.is) {
    case undefined:
      return 'open'
    case 'deleted':
      return isProven ? 'revoked' : 'revoking'
    case 'task':
      return isProven ? 'task done' : 'task'
    case 'changed':
      return 'asked again'
    default:
      return outcome?.end?.is ?? 'open'
  }
}

/** The evidence of one run, for auditors. The same bucket gives the same bytes. */
export function buildManifest({ review, run, frozen, added, outcomes }: ReviewEvidence) {
  const items = [...frozen, ...added].map((item) => {
    const outcome = outcomes.get(item.digest)
    return {
      digest: item.digest,
      item: describeSubject(item.subject),
      subject: item.subject,
      reviewers: item.reviewers,
      replaces: item.replaces,
      result: resultOf(outcome),
      decisions: outcome?.decisions ?? [],
      end: outcome?.end,
      proof: outcome?.proof ?? [],
      provenAt: outcome?.provenAt,
    }
  })
  const counts = Object.fromEntries(
    results.map((result) => [result, items.filter((item) => item.result === result).length]),
  )
  const decisions = items.flatMap((item) => item.decisions)
  return {
    v: 1,
    review,
    run: run.run,
    phase: run.phase,
    endedAt: run.endedAt,
    terms: run.terms,
    population: { items: run.items, hash: run.hash, file: `reviews/${review}.json`, etag: run.etag },
    counts,
    reviewers: describePace(decisions),
    items,
  }
}
export type Manifest = ReturnType<typeof buildManifest>

/** How fast each person decided: an auditor asks whether people only clicked. */
function describePace(decisions: readonly GivenDecision[]) {
  return [...Map.groupBy(decisions, ({ user }) => user)].map(([user, own]) => {
    const instants = own.map(({ at }) => Date.parse(at))
    const minutes = (Math.max(...instants) - Math.min(...instants)) / 60_000
    const perMinute = Math.round((own.length / Math.max(minutes, 1)) * 10) / 10
    return { user, name: own.at(-1)?.name, decisions: own.length, perMinute }
  })
}

/** One row for each item. No cell can be a formula. */
export function renderReviewCsv({ items }: { readonly items: readonly Manifest['items'][number][] }): string {
  const titles = ['item', 'result', 'reviewers', 'decisions', 'ended', 'proven', 'proof', 'digest']
  const rows = items.map(({ item, result, reviewers, decisions, end, provenAt, proof, digest }) => [
    item,
    result,
    reviewers.join(', '),
    decisions.map(describeDecision).join('; '),
    end?.at ?? '',
    provenAt ?? '',
    proof.join(' '),
    digest,
  ])
  return renderCsv([titles, ...rows])
}

export function describeDecision({ verdict, name, user, at, comment }: GivenDecision): string {
  return `${verdict} by ${name ?? user} at ${at}${comment === undefined ? '' : `: ${comment}`}`
}
