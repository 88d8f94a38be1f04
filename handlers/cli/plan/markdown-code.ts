import { quote } from '../../../shared/domain/statuses/complaint.ts'

/**
 * Text from outside as a code span: only there do GitHub and GitLab interpret nothing, no HTML, link, mention, issue number or emphasis.
 * Line ends and characters that change the text direction are escaped first. (CommonMark, "Code spans".)
 */
export function markdownCode(text: string, most?: number): string {
  const plain = quote(text, most)
  if (plain === '') return '``` ```'
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  // A renderer removes one space on each side, unless the span contains only spaces.
  const isPadded = /^[ `]|[ `]$/.test(plain) && !/^ *$/.test(plain)
  return isPadded ? `${fence} ${plain} ${fence}` : `${fence}${plain}${fence}`
}
