import type { Sent } from '../api-calls.ts'
import type { ReviewRow } from './review-columns.tsx'

export type Decided = { readonly row: ReviewRow; readonly verdict: 'keep' | 'revoke' }

export const keyOf = ({ review, digest }: Pick<ReviewRow, 'review' | 'digest'>) => `${review}/${digest}`
/** The API's limit. */
const atOnceMost = 100

/** What the page sends: each privileged item alone, as the API wants it, and the others together. */
export function sendingOf(decided: readonly Decided[], comment: string): readonly Sent[] {
  const groups = Map.groupBy(decided, ({ row, verdict }) =>
    row.flags.includes('Privileged') ? `${verdict} ${keyOf(row)}` : `${verdict} ${row.review}`,
  )
  return [...groups.values()].flatMap((some) =>
    Array.from({ length: Math.ceil(some.length / atOnceMost) }, (_, at) => {
      const rows = some.slice(at * atOnceMost, (at + 1) * atOnceMost).map(({ row }) => row)
      const [{ row: { review = '' } = {}, verdict } = { verdict: 'keep' }] = some
      const body = { review, verdict, digests: rows.map(({ digest }) => digest), ...(comment && { comment }) }
      const what = rows.length === 1 ? (rows[0]?.item ?? '') : `${rows.length} items`
      return {
        path: '/decisions' as const,
        body,
        done: verdict === 'keep' ? 'Kept' : 'Revoked',
        items: rows.length,
        what,
      }
    }),
  )
}
