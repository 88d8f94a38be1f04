import type { Writers } from '../../../shared/domain/inputs/kind.ts'
import { allKinds } from '../../../shared/domain/inputs/kinds.ts'
import type { RecordSource } from '../../../shared/reconcile/records/define-record.ts'
import { storedRecords } from '../../stored-records.ts'

const words: Readonly<Record<Writers, string>> = {
  uploaders: 'you',
  permissionSetUploaders: 'you',
  memberships: 'who is named for it',
  governance: 'governance',
  people: 'HR',
  accountOwners: 'account owners',
  oneself: 'you, under your own user id',
}

const heading = '| prefix | written by | one object is |\n| --- | --- | --- |\n'
/** The first row of ssofile's own objects. */
const firstOfSsofile = '| `access/` |'

/** The page docs/statuses.md with a row for each kind of input, in the notation for people. */
export function withTableOfKinds(page: string): string {
  const start = page.indexOf(heading) + heading.length
  const rows = allKinds().map(({ at, writers, meaning }) => `| \`${at}\` | ${words[writers]} | ${meaning} |\n`)
  return withTableOfRecords(page.slice(0, start) + rows.join('') + page.slice(page.indexOf(firstOfSsofile, start)))
}

const headingOfRecords = '| object | what it has | if it is lost |\n| --- | --- | --- |\n'

/** The last table of the page. */
function withTableOfRecords(page: string): string {
  const start = page.indexOf(headingOfRecords) + headingOfRecords.length
  const rows = storedRecords.map(({ at, meaning, source }) => `| \`${at}\` | ${meaning} | ${lossOf(source)} |\n`)
  return page.slice(0, start) + rows.join('')
}

function lossOf(source: RecordSource): string {
  switch (source.is) {
    case 'primary':
      return 'restore its last version'
    case 'index':
      return `computed again from ${source.of}`
    case 'cache':
      return `read again from ${source.of}`
    case 'text':
      return 'no decision needs it'
    case 'progress':
      return `${source.of} begins again`
    case 'note':
      return `only a note; it goes when ${source.until}`
  }
}
