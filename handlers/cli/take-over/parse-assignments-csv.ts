import * as z from 'zod'
import { accountId } from '../../../shared/domain/organization/account-id.ts'
import { principalTypes } from '../../../shared/domain/principals/principal.ts'
import { type Parsed, parsed, quote, refused } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import type { ImportSource } from '../../../shared/modules/take-over/rules/import-source.ts'
import { readCsvLines } from '../tables/read-csv-lines.ts'

const columns = ['account', 'permission_set', 'principal', 'type'] as const
type Column = (typeof columns)[number]
/**
 * Other tools' names of a column: the fields in the API's answers, and the columns of aws-sso-util (its documentation, "admin
 * assignments") and of Steampipe, whose account_id is the account that asked. Ids come before names, since a name may be missing or belong to something that no longer exists.
 */
const names: Readonly<Record<Column, readonly string[]>> = {
  account: ['targetaccountid', 'targetid', 'account', 'awsaccountid', 'accountid'],
  permission_set: ['permissionset', 'permissionsetarn', 'permissionsetname'],
  principal: ['principal', 'principalid', 'principalname'],
  type: ['type', 'principaltype'],
}
const row = z.object({
  account: accountId,
  permission_set: z.string().min(1),
  principal: z.string().min(1),
  type: z.string().toUpperCase().pipe(z.enum(principalTypes)),
})
const faultsMost = 10

/**
 * Reads CSV (RFC 4180). The header line names the columns account, permission_set, principal and type, by these names or those in `names`.
 * Other columns are ignored. Semicolons, tabs and bars separate columns too. Permission sets have their name or ARN, principals their name or id.
 * The result contains every faulty line.
 */
export function parseAssignmentsCsv(file: string, text: string): Parsed<ImportSource> {
  const read = readCsvLines(text)
  const complain = (received: string, remedy: string) =>
    refused({
      object: file,
      received,
      expected: `a header line ${columns.join(',')}, then twelve digits, two names and GROUP or USER on each line`,
      remedy: `${remedy}, then import again`,
    })
  if (typeof read === 'string')
    return complain(quote(read), 'give each line as many cells as the header, and quote a cell that has a separator')
  const [head, ...rest] = read
  const header = head?.record.map((name) => name.toLowerCase().replace(/[^a-z]/g, ''))
  const missing = columns.filter((column) => header && !names[column].some((name) => header.includes(name)))
  if (missing.length > 0)
    return complain(
      `no column ${missing.join(', ')} among ${quote(head?.record.join(', ') ?? '', 200)}`,
      'write these columns into the first line',
    )
  const found = rest.map(({ record, info }) => {
    const given = (column: Column) => cellsOf(names[column], header ?? [], record)
    const cells = {
      // There may be another column with the name of the account.
      account: given('account').find((cell) => accountId.safeParse(cell).success) ?? given('account')[0] ?? '',
      permission_set: given('permission_set')[0] ?? '',
      principal: given('principal')[0] ?? '',
      type: given('type')[0] ?? '',
    }
    return { place: `line ${info.lines}`, cells, read: row.safeParse(cells) }
  })
  const faulty = found.flatMap(({ place, cells, read: { error } }) => {
    const wrong = columns.filter((column) => error?.issues.some(({ path: [field] }) => field === column))
    const told = wrong.map((column) =>
      cells[column] === '' ? `no ${column}` : `${column} '${quote(cells[column], 60)}'`,
    )
    return told.length > 0 ? [`${place}: ${told.join(', ')}`] : []
  })
  if (faulty.length > 0) {
    const told = faulty.slice(0, faultsMost)
    const more = faulty.length > told.length ? [`and ${faulty.length - told.length} more`] : []
    // Each faulty line has a line of its own.
    const lines = [...told, ...more].map((one) => `\n  ${one}`).join('')
    return complain(
      `${count(faulty.length, 'faulty line')}:${lines}\n`,
      remedyOf(found.map(({ cells }) => cells.account)),
    )
  }
  const assignments = found.flatMap(({ place, read: { data } }) => {
    if (!data) return []
    const { account, permission_set: permissionSet, ...others } = data
    return [{ accountId: account, permissionSet, ...others, place: `${file}, ${place}` }]
  })
  return parsed({ assignments, links: [], permissionSets: [] })
}

/** A spreadsheet takes an account for a number. */
function remedyOf(accounts: readonly string[]): string {
  const isNumber = accounts.some((one) => /^\d{1,11}$/.test(one) || /^\d[.,]\d+E\+\d+$/i.test(one))
  return isNumber
    ? 'correct these lines (spreadsheets drop leading zeros: format accounts as text)'
    : 'correct these lines'
}

/** The cells of a line in the columns with these names, without empty cells. */
function cellsOf(wanted: readonly string[], header: readonly string[], record: readonly string[]): readonly string[] {
  return wanted.flatMap((name) => record[header.indexOf(name)]?.trim() || [])
}
