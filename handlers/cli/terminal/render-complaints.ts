import { type Complaint, quote, renderComplaint } from '../../../shared/domain/statuses/complaint.ts'

/** Complaints for a terminal, a line each. A fault that several objects share is told once, above their names. */
export function renderComplaints(complaints: readonly Complaint[]): readonly string[] {
  const groups = Map.groupBy(complaints, (one) => JSON.stringify([one.received, one.expected, one.remedy]))
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    if (group.length === 1) return [renderComplaint(first)]
    const objects = group.map(({ object }) => `  ${quote(object, 1024)}`)
    return [renderComplaint({ ...first, object: group.length.toLocaleString('en') }), ...objects]
  })
}
