import { quote } from '../../../shared/domain/statuses/complaint.ts'

/**
 * Text from outside as a code span, the one place where GitHub and GitLab read nothing into it: no HTML, link, mention,
 * issue number or emphasis. Line ends and characters that turn text around are escaped before. (CommonMark, "Code spans".)
 */
export function markdownCode(text: string, most?: number): string {
  const plain = quote(text, most)
  if (plain === '') return '``` ```'
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  // One space on each side is not part of the span, unless there is nothing but spaces in it.
  const isPadded = /^[ `]|[ `]$/.test(plain) && !/^ *$/.test(plain)
  return isPadded ? `${fence} ${plain} ${fence}` : `${fence}${plain}${fence}`
}
