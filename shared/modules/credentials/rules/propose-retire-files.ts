import { userNameSuffix } from '../../../domain/account-facts/break-glass-names.ts'
import { foldIamName } from '../../../domain/account-facts/fold-iam-name.ts'
import type { Hygiene } from '../../../domain/files/hygiene-file.ts'
import {
  accessKeyId,
  accountOwner,
  type Credential,
  describeCredential,
  iamUserName,
  renderRetireKey,
} from '../../../domain/files/retire-file.ts'
import { accountId } from '../../../domain/organization/account-id.ts'
import { findException } from './judge-credentials.ts'
import { isNeverRetired } from './judge-retire-file.ts'

/** The needed cells of a line in `credentials.csv`, as texts. */
export type ReportLine = {
  readonly account: string
  readonly owner: string
  readonly kind: string
  readonly name: string
  readonly key: string
  readonly lastUsed: string
  readonly unusedDays: string
  readonly passwordLastUsed: string
  readonly passwordUnusedDays: string
}

/** A file that would ask to retire an unused credential. `what`: describes it. */
export type ProposedFile = {
  readonly key: string
  readonly what: string
  readonly days: number
  readonly lastUsed: string
}
/** The rules in force now: those of the night of the report may be older. */
type Rules = Pick<Hygiene, 'neverRetire' | 'exceptions'> & { readonly now: Date }
export type LeftOut = { readonly what: string; readonly why: string }

/**
 * Files for the keys and passwords that nobody used for `days`. Not for users: once a user has nothing left, it needs a separate file.
 * `leftOut`: credentials with an exception, and others that a person must look at.
 */
export function proposeRetireFiles(
  lines: Iterable<ReportLine>,
  { days, ...rules }: Rules & { readonly days: number },
): { readonly files: readonly ProposedFile[]; readonly leftOut: readonly LeftOut[] } {
  const files: ProposedFile[] = []
  const leftOut: LeftOut[] = []
  for (const line of lines) {
    const found = unusedIn(line)
    if (found === undefined || found.days < days) continue
    const what = describeCredential(found.credential)
    const why = reasonToLeave(line, rules)
    if (why !== undefined) leftOut.push({ what, why })
    else
      files.push({
        key: renderRetireKey(line.owner, found.credential),
        what,
        days: found.days,
        lastUsed: found.lastUsed,
      })
  }
  return { files: files.sort((a, b) => (a.key < b.key ? -1 : 1)), leftOut }
}

/** A key, or the password of a user. */
function unusedIn(
  line: ReportLine,
): ({ readonly credential: Credential } & Pick<ProposedFile, 'days' | 'lastUsed'>) | undefined {
  const account = accountId.safeParse(line.account).data
  const user = iamUserName.safeParse(line.name).data
  const key = accessKeyId.safeParse(line.key).data
  if (account === undefined || user === undefined) return undefined
  if (line.kind === 'key' && key !== undefined && line.unusedDays !== '')
    return { credential: { account, user, what: key }, days: Number(line.unusedDays), lastUsed: line.lastUsed }
  if (line.kind === 'user' && line.passwordUnusedDays !== '')
    return {
      credential: { account, user, what: 'password' },
      ...{ days: Number(line.passwordUnusedDays), lastUsed: line.passwordLastUsed },
    }
  return undefined
}

function reasonToLeave(line: ReportLine, { neverRetire, exceptions, now }: Rules): string | undefined {
  const { owner, name } = line
  const exception = findException(exceptions, line, now)
  if (exception !== undefined) return `an exception of ${exception}`
  if (foldIamName(name).endsWith(foldIamName(userNameSuffix)))
    return 'it bears the name of a break-glass user: look at it yourself'
  if (isNeverRetired(name, { neverRetire })) return 'it is on neverRetire'
  if (owner === '') return 'no tag names the owner of its account'
  if (!accountOwner.safeParse(owner).success) return `the owner '${owner}' cannot be the name of a folder`
  return undefined
}
