import { foldIamName } from '../../../domain/account-facts/fold-iam-name.ts'
import type { Hygiene } from '../../../domain/files/hygiene-file.ts'
import { fitsOne } from '../../../domain/text/glob.ts'

export function isNeverRetired(user: string, { neverRetire }: Pick<Hygiene, 'neverRetire'>): boolean {
  return fitsOne(neverRetire.map(foldIamName), foldIamName(user))
}
