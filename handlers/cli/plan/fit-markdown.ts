import { count } from '../../../shared/domain/text/count.ts'

/** `lines`: the most important first, each a whole line of Markdown. `isOpen`: shown without a click. */
export type MarkdownSection = { readonly title: string; readonly lines: readonly string[]; readonly isOpen?: boolean }

type Fitted = {
  readonly head: string
  readonly sections: readonly MarkdownSection[]
  /** Says how many lines were left out, if any. It is at the end, with all text that must not be cut. */
  readonly foot: (left: number) => string
}

/** `- and 10,000,000 more lines left out`. */
const moreMost = 60

/**
 * Markdown of at most `most` UTF-16 units. Head and foot are always whole. The sections share the rest: a section that needs less than its
 * share leaves room to the others, so that ten thousand grants do not hide one revocation.
 */
export function fitMarkdown({ head, sections, foot }: Fitted, most: number): string {
  const filled = sections.filter(({ lines }) => lines.length > 0)
  const frames = filled.reduce((sum, section) => sum + render(section, 0, 0).length + moreMost, 0)
  let room = most - head.length - foot(Number.MAX_SAFE_INTEGER).length - frames
  let open = filled.length
  const kept = new Map<MarkdownSection, number>()
  for (const section of filled.toSorted((a, b) => sizeOf(a.lines) - sizeOf(b.lines))) {
    const share = Math.floor(room / open--)
    const number = countFitting(section.lines, share)
    kept.set(section, number)
    room -= sizeOf(section.lines.slice(0, number))
  }
  const left = filled.reduce((sum, section) => sum + section.lines.length - (kept.get(section) ?? 0), 0)
  const told = filled.map((section) => {
    const number = kept.get(section) ?? 0
    return render(section, number, section.lines.length - number)
  })
  return `${head}${told.join('')}${foot(left)}`
}

/** How many lines fit, from the first on. */
function countFitting(lines: readonly string[], room: number): number {
  let used = 0
  const tooMany = lines.findIndex((line) => {
    used += line.length + 1
    return used > room
  })
  return tooMany === -1 ? lines.length : tooMany
}

function render({ title, lines, isOpen = false }: MarkdownSection, kept: number, left: number): string {
  const shown = lines.slice(0, kept).map((line) => `${line}\n`)
  const more = left > 0 ? `- and ${count(left, 'more line')} left out\n` : ''
  const body = `\n${shown.join('')}${more}\n`
  return isOpen ? `### ${title}\n${body}` : `<details><summary>${title}</summary>\n${body}</details>\n\n`
}

function sizeOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0)
}
