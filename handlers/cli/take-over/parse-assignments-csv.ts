import { CsvError, parse } from 'csv-parse/sync'
import * as z from 'zod'
import { accountId } from '../../../shared/domain/organization/account-id.ts'
import { principalTypes } from '../../../shared/domain/principals/principal.ts'
import { type Parsed, parsed, quote, refused } from '../../../shared/domain/statuses/complaint.ts'
import type { ImportSource } from '../../../shared/domain/take-over/import-source.ts'

const columns = ['account', 'permission_set', 'principal', 'type'] as const
const rows = z.array(z.record(z.string(), z.string()))
const row = z.object({
  account: accountId,
  permission_set: z.string().min(1),
  principal: z.string().min(1),
  type: z.string().toUpperCase().pipe(z.enum(principalTypes)),
})

/**
 * CSV (RFC 4180) with a header line that names the columns account, permission_set, principal and type; others are ignored.
 * Permission sets by name or ARN, principals by name or id. Every faulty line is told.
 */
export function parseAssignmentsCsv(file: string, text: string): Parsed<ImportSource> {
  const read = readRows(text)
  const complain = (received: string) =>
    refused({
      object: file,
      received,
      expected: `a header line ${columns.join(',')}, then twelve digits, two names and GROUP or USER on each line`,
      remedy: 'correct these lines (spreadsheets drop leading zeros), then import again',
    })
  if (typeof read === 'string') return complain(quote(read))
  const [first] = read
  const missing = columns.filter((column) => first && !Object.hasOwn(first, column))
  if (missing.length > 0) return complain(`no column ${missing.join(', ')}`)
  const found = read.map((one, index) => ({ place: `line ${index + 2}`, read: row.safeParse(one) }))
  const faulty = found.filter((one) => !one.read.success).map(({ place }) => place)
  if (faulty.length > 0)
    return complain(`${faulty.length} faulty lines: ${faulty.slice(0, 10).join(', ')}${faulty.length > 10 ? ' …' : ''}`)
  const assignments = found.flatMap(({ place, read: { data } }) => {
    if (!data) return []
    const { account, permission_set: permissionSet, ...rest } = data
    return [{ accountId: account, permissionSet, ...rest, place: `${file}, ${place}` }]
  })
  return parsed({ assignments, links: [], permissionSets: [] })
}

function readRows(text: string): z.infer<typeof rows> | string {
  try {
    return rows.parse(parse(text, { columns: true, bom: true, skip_empty_lines: true, trim: true }))
  } catch (error) {
    if (error instanceof CsvError) return error.message
    throw error
  }
}
