import { judgeUse, unusedSince } from '../../../shared/domain/assignments/role-use.ts'
import { count } from '../../../shared/domain/text/count.ts'
import type { HeldAccess } from '../../../shared/reconcile/preview/expand-access.ts'
import { renderAge } from '../terminal/render-age.ts'

/** When the role of this access was last used, for who asks what is unused for so many days. */
export function renderUse(row: HeldAccess, days: number): string {
  const { use, since = '' } = row
  const verdict = judgeUse(row, days)
  if (verdict === 'not known' || !use?.isKnown) return 'not known'
  if (verdict === 'unused') return use.lastUsedAt?.slice(0, 10) ?? 'never'
  const what = use.madeAt > since ? 'role made' : row.origin === 'foreign' ? 'known' : 'granted'
  return `${what} ${renderAge(unusedSince(row) ?? since, new Date(use.asOf))}`
}

/** Rows that are not known to be unused must not be taken for unused ones. */
export function renderVerdicts(rows: readonly HeldAccess[], days: number): string {
  const verdicts = rows.map((row) => judgeUse(row, days))
  const [unused, young, unknown] = (['unused', 'too new', 'not known'] as const).map(
    (verdict) => verdicts.filter((one) => one === verdict).length,
  )
  return `unused for ${count(days, 'day')}: ${unused}; given, or its role made, later: ${young}; not known: ${unknown}\n`
}
