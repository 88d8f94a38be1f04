import type { Writers } from '../../../shared/domain/inputs/kind.ts'
import { allKinds } from '../../../shared/domain/inputs/kinds.ts'

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
  return page.slice(0, start) + rows.join('') + page.slice(page.indexOf(firstOfSsofile, start))
}
