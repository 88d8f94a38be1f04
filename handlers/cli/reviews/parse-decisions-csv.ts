import { type Verdict, verdicts } from '../../../shared/domain/files/decision-file.ts'
import { type Parsed, parsed, quote, refused } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { readCsvLines } from '../tables/read-csv-lines.ts'

/** The columns of `ssofile review show --output csv` that a reviewer fills in. */
export const filledIn = { decide: 'decide', comment: 'comment' } as const

type WrittenDecision = {
  readonly digest: string
  readonly verdict: Verdict
  readonly comment?: string
  /** Where it stands, for messages. */
  readonly place: string
}
/** `open`: so many lines have no decision. */
type WrittenDecisions = { readonly decided: readonly WrittenDecision[]; readonly open: number }

const faultsMost = 10

/**
 * Reads the decisions that a reviewer wrote into the table of a review, as spreadsheets save it. `faultOf`: why an item with this digest
 * cannot be decided. A complaint names every faulty line, and then nothing counts.
 */
export function parseDecisionsCsv(
  file: string,
  text: string,
  faultOf: (digest: string) => string | undefined,
): Parsed<WrittenDecisions> {
  const complain = (received: string, remedy: string) =>
    refused({
      object: file,
      received,
      expected: `the table of ssofile review show --output csv, with ${verdicts.join(' or ')} in the column ${filledIn.decide}`,
      remedy: `${remedy}; nothing was decided`,
    })
  const read = readCsvLines(text)
  if (typeof read === 'string') return complain(quote(read), 'quote a cell that has a separator')
  const [head, ...rest] = read
  const header = head?.record.map((name) => name.toLowerCase().replace(/[^a-z]/g, '')) ?? []
  const missing = ['digest', filledIn.decide].filter((column) => !header.includes(column))
  if (missing.length > 0) return complain(`no column ${missing.join(', ')}`, 'keep the first line of the table')
  const seen = new Map<string, string>()
  const faulty: string[] = []
  const decided: WrittenDecision[] = []
  for (const { record, info } of rest) {
    const cell = (column: string) => record[header.indexOf(column)]?.trim() ?? ''
    const digest = cell('digest').toLowerCase()
    const said = cell(filledIn.decide).toLowerCase()
    // A comment is one line.
    const comment = cell(filledIn.comment).replace(/\s+/g, ' ')
    if (said === '') continue
    const place = `line ${info.lines}`
    const verdict = verdicts.find((one) => one === said)
    const fault = verdict === undefined ? `'${quote(said, 60)}' is no decision` : faultOf(digest)
    const earlier = seen.get(digest)
    if (fault !== undefined) faulty.push(`${place}: ${fault}`)
    else if (earlier !== undefined) faulty.push(`${place}: the item of ${earlier} again`)
    else if (verdict) decided.push({ digest, verdict, ...(comment && { comment }), place })
    seen.set(digest, place)
  }
  if (faulty.length > 0) {
    const more = faulty.length > faultsMost ? [`and ${faulty.length - faultsMost} more`] : []
    const lines = [...faulty.slice(0, faultsMost), ...more].map((one) => `\n  ${one}`).join('')
    return complain(`${count(faulty.length, 'faulty line')}:${lines}\n`, 'correct these lines')
  }
  return parsed({ decided, open: rest.length - decided.length })
}
