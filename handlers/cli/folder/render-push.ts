import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import type { Push } from '../plan/make-plan.ts'
import { listFileFigures } from '../plan/plan-figures.ts'
import { paint } from '../terminal/paint.ts'
import { isGoverned } from './input-parts.ts'

/** The greatest number of files by name. Beyond it, the text only counts files; `--json` has all of them. */
const filesTold = 10

/**
 * The files that a push would change, and the digest of the plan. New links are visible in the grants too; new policies are visible only
 * here.
 */
export function renderPush({ uploads, deletions, same, left = [], digest }: Push): string {
  const stay = left.length > 0 ? '; others stay in the bucket: see above' : ''
  if (uploads.length + deletions.length === 0)
    return `files: nothing to push, ${count(same.length, 'file')} the same${stay}\n`
  const figures = listFileFigures({ uploads, deletions, same }).map(([mood, text]) => paint(mood, text))
  const { added = [], replaced = [] } = Object.groupBy(uploads, ({ over }) => (over ? 'replaced' : 'added'))
  const governed = added.filter(({ key }) => isGoverned(key))
  return `files: ${figures.join(', ')}\n${list('adds', governed)}${list('replaces', replaced)}${list('deletes', deletions)}plan ${digest}\n`
}

function list(word: string, files: readonly { readonly key: string }[]): string {
  const told = files.slice(0, filesTold).map(({ key }) => `  ${word} ${quote(key, 1024)}\n`)
  const more = files.length - told.length
  return `${told.join('')}${more > 0 ? `  and ${more.toLocaleString('en')} more (--json has all)\n` : ''}`
}
