import type { EndedSession } from '../../../shared/domain/sessions/ended-sessions.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { renderTable, terminalWidth } from '../terminal/render-table.ts'

/** `refused`: why its permission set does not deny it. */
export type ShownSession = EndedSession & {
  readonly state: 'on its way' | 'denied' | 'refused' | 'no room'
  readonly refused?: string | undefined
}

/** `spoiled`: entries of the record that count for nothing. */
export function renderSessions(sessions: readonly ShownSession[], spoiled: readonly string[] = []): string {
  const ignored = spoiled.map((one) => `spoiled, and counts for nothing: ${quote(one, 1000)}\n`).join('')
  if (sessions.length === 0) return `no sessions are denied\n${ignored}`
  const rows = sessions.map(({ name, permissionSet, account, before, until, state, by }) => [
    name,
    permissionSet,
    account ?? 'all',
    before,
    until,
    state,
    by,
  ])
  const titles = ['user', 'permission set', 'account', 'begun before', 'denied until', 'state', 'by']
  const refused = sessions.flatMap(({ permissionSet, refused: why }) =>
    why === undefined ? [] : `${permissionSet}: refused: ${quote(why, 1000)}\n`,
  )
  return renderTable(titles, rows, terminalWidth(), [3, 4]) + [...new Set(refused)].join('') + ignored
}
