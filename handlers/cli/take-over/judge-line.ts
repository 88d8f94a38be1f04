import { parseAccessKey } from '../../../shared/domain/assignments/assignment.ts'
import { parseLinkAnywhere } from '../../../shared/domain/links/link.ts'
import { parsePermissionSetKey } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import { permissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import type { ExportLine } from '../../../shared/modules/take-over/rules/export-line.ts'
import { historyEvents } from '../../../shared/reconcile/records/history.ts'
import { permissionSetEvents } from '../../../shared/reconcile/records/owned-permission-sets.ts'

/** The other side may have another clock. */
const clocksDifferMs = 5 * 60_000

/**
 * Why ssofile cannot have written this line. An import writes the keys of a file unchanged, and history decides which access is ours.
 * An event later than `now` would be the last one for ever. `undefined`: nothing is wrong.
 */
export function faultOfLine(line: ExportLine, now: Date): string | undefined {
  if (line.kind === 'assignment' || line.kind === 'end') return undefined
  const told = `received the key '${quote(line.key, 1024)}'`
  if (line.kind === 'link') return parseLinkAnywhere(line.key).ok ? undefined : `${told}, expected the name of a link`
  if (line.kind === 'permission-set')
    return parsePermissionSetKey(line.key).ok ? undefined : `${told}, expected permission_sets/<name>.json`
  const [, folder = '', at = '', event = ''] = /^history\/(.+)\/([^%/]+)%([a-z-]+)\.json$/.exec(line.key) ?? []
  const events: readonly string[] = eventsOf(folder)
  if (!events.includes(event) || !isInstant(at))
    return `${told}, expected history/<access or permission set>/<instant>%<event>.json`
  if (line.record.event !== event || line.record.at !== at)
    return `${told} with a record of another event, expected the same`
  const latest = now.getTime() + clocksDifferMs
  return Date.parse(at) > latest ? `${told}, expected an event before ${now.toISOString()}` : undefined
}

function eventsOf(folder: string): readonly string[] {
  if (parseAccessKey(folder) !== undefined) return historyEvents
  const name = folder.startsWith('permission-set%') ? folder.slice('permission-set%'.length) : ''
  return permissionSetName.safeParse(name).success ? permissionSetEvents : []
}

function isInstant(text: string): boolean {
  const ms = Date.parse(text)
  return !Number.isNaN(ms) && new Date(ms).toISOString() === text
}
