import { count } from '../../../domain/text/count.ts'
import { renderTable, type TableColumn } from '../../../domain/text/render-csv.ts'
import { describeSubject, type GivenDecision, isDecided, isFileOf, type ReviewItem } from './review-item.ts'
import type { ReviewRun } from './review-record.ts'
import { reviewersNow } from './reviewers.ts'

/** Everything that the bucket says about one run. */
export type ReviewEvidence = {
  readonly review: string
  readonly run: ReviewRun
  readonly items: readonly ReviewItem[]
}

export const results = [
  'kept',
  'revoked',
  'revoking',
  'came back',
  'still given',
  'task',
  'task done',
  'gone',
  'asked again',
  'not done',
  'decided',
  'open',
] as const
export type Result = (typeof results)[number]

type Judged = Pick<ReviewItem, 'end' | 'provenAt' | 'given' | 'subject' | 'decisions'>

/**
 * | the item's end | judged | the access          | result      |
 * | -------------- | ------ | ------------------- | ----------- |
 * | deleted, gone  | no     |                     | revoking    |
 * | deleted, gone  | yes    | has ended           | revoked, gone |
 * | deleted, gone  | yes    | its files are there again | came back |
 * | deleted, gone  | yes    | others give it      | still given |
 * | task           | no     |                     | task        |
 * | task           | yes    | ended               | task done   |
 * | changed        |        |                     | asked again |
 * | kept, not done |        |                     | the same    |
 * | none           |        |                     | open, decided |
 */
export function resultOf({ end, provenAt, given, ...item }: Judged, terms: Pick<ReviewRun['terms'], 'keeps'>): Result {
  if (end === undefined) return isDecided(item, terms) ? 'decided' : 'open'
  switch (end.is) {
    case 'deleted':
    case 'gone':
      if (given)
        return given.length > 0 && given.every(({ key }) => isFileOf(item.subject, key)) ? 'came back' : 'still given'
      if (provenAt === undefined) return 'revoking'
      return end.is === 'gone' ? 'gone' : 'revoked'
    case 'task':
      return provenAt === undefined ? 'task' : 'task done'
    case 'changed':
      return 'asked again'
    default:
      return end.is
  }
}

/** The evidence of one run, for auditors. The same bucket gives the same bytes. */
export function buildManifest({ review, run, items: all }: ReviewEvidence) {
  const items = all.map((item) => ({ item: describeSubject(item.subject), result: resultOf(item, run.terms), ...item }))
  const counts = Object.fromEntries(
    results.map((result) => [result, items.filter((item) => item.result === result).length]),
  )
  return {
    v: 1,
    review,
    run: run.run,
    phase: run.phase,
    endedAt: run.endedAt,
    closed: run.closed,
    terms: run.terms,
    fallback: run.fallback,
    escalatedAt: run.escalatedAt,
    passedOver: run.passedOver,
    population: { items: run.items, hash: run.hash, file: `reviews/${review}.json`, etag: run.etag },
    counts,
    reviewers: describePace(items.flatMap(({ decisions }) => decisions)),
    items,
  }
}
export type Manifest = ReturnType<typeof buildManifest>

/** How fast each person decided: an auditor asks whether people only clicked. */
function describePace(decisions: readonly GivenDecision[]) {
  return [...Map.groupBy(decisions, ({ user }) => user)].map(([user, own]) => {
    const instants = own.map(({ at }) => Date.parse(at)).sort((a, b) => a - b)
    const minutes = ((instants.at(-1) ?? 0) - (instants[0] ?? 0)) / 60_000
    const perMinute = Math.round((own.length / Math.max(minutes, 1)) * 10) / 10
    return { user, name: own.at(-1)?.name, decisions: own.length, perMinute }
  })
}

const columns: readonly TableColumn<Manifest['items'][number]>[] = [
  { title: 'item', text: ({ item }) => item },
  { title: 'result', text: ({ result }) => result },
  { title: 'reviewers', text: sayReviewers },
  { title: 'decisions', text: ({ decisions }) => decisions.map(describeDecision).join('; ') },
  { title: 'ended', text: ({ end }) => end?.at ?? '' },
  { title: 'proven', text: ({ provenAt = '' }) => provenAt },
  { title: 'proof', text: ({ proof = [] }) => proof.join(' ') },
  { title: 'digest', text: ({ digest }) => digest },
  { title: 'given by', text: ({ given = [] }) => given.map(({ key }) => key).join(' ') },
  { title: 'given since', text: ({ givenSince = [] }) => givenSince.map(({ key }) => key).join(' ') },
  { title: 'task', text: ({ end }) => end?.task ?? '' },
  { title: 'owners', text: ({ end }) => end?.owners?.join(', ') ?? '' },
  { title: 'due', text: ({ end }) => end?.dueAt ?? '' },
]

/** One row for each item. No cell can be a formula. `empty`: columns that a reader fills in. */
export function renderReviewCsv(
  { items }: { readonly items: readonly Manifest['items'][number][] },
  empty: readonly string[] = [],
): string {
  return renderTable([...empty.map((title) => ({ title, text: () => '' })), ...columns], items)
}

export function describeDecision({ verdict, name, user, at, comment, lapsed }: GivenDecision): string {
  const said = `${verdict} by ${name ?? user} at ${at}${comment === undefined ? '' : `: ${comment}`}`
  return lapsed === undefined ? said : `${said} (it lapsed: at the end this person ${sayLapse[lapsed]})`
}

const sayLapse = {
  barred: 'was suspended, disabled or gone',
  own: 'had the access',
  'no reviewer': 'was no reviewer',
  'only revokes': 'was no reviewer of the beginning',
} as const satisfies Record<NonNullable<GivenDecision['lapsed']>, string>

/** Who is asked about an item, by name. */
export function sayReviewers(item: ReviewItem): string {
  const { revokers = [], passedOver = [], left = [] } = item
  return [
    ...reviewersNow(item).map(({ name }) => name),
    ...revokers.map(({ name }) => `${name} (may only revoke)`),
    ...[...passedOver, ...left].map(({ name, why }) => `not ${name}, which ${why}`),
  ].join(', ')
}

/** The files and records that give revoked access, with their uploaders: they can delete them. */
export function sayGiven(given: NonNullable<ReviewItem['given']>): string {
  return `given by ${sayFiles(given) || 'somebody outside ssofile'}`
}

export const sayFiles = (files: NonNullable<ReviewItem['given']>) =>
  files.map(({ key, by }) => (by === undefined ? key : `${key} (by ${by})`)).join(', ')

/** `3 kept, 1 open`: results that no item has are left out. */
export function sayCounts(counts: Manifest['counts']): string {
  const some = Object.entries(counts).filter(([, number]) => number > 0)
  return some.map(([result, number]) => `${number} ${result}`).join(', ')
}

/** How fast one reviewer decided. */
export function sayPace({ name, user, decisions, perMinute }: Manifest['reviewers'][number]): string {
  return `${name ?? user}: ${count(decisions, 'decision')}, ${perMinute} a minute`
}
