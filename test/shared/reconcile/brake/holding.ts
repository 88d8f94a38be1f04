import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { type BrakeRecord, emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'

/** A record in which one list has these keys. */
export function holding(...keys: readonly string[]): BrakeRecord {
  const held = keys.map((key) => assignmentKey.parse(key))
  const scope = { rule: 'indirect', cause: 'configuration', since: '2026-03-03T10:00:00.000Z' } as const
  const list = { ...scope, base: 0, limit: 0, minutes: 1440, passed: 0, items: [...held], held }
  return { ...emptyBrake, lists: [list] }
}
