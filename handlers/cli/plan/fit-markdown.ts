import { count } from '../../../shared/domain/text/count.ts'

/** Whole lines of Markdown, the most important first. */
type Lines = readonly string[]
export type MarkdownSection = { readonly title: string; readonly lines: Lines }

type Fitted = {
  readonly head: string
  /** Shown without a click. Its groups share its room: none hides another. */
  readonly first: { readonly title: string; readonly groups: readonly Lines[] }
  readonly sections: readonly MarkdownSection[]
  /** Says how many lines were left out, if any. It is at the end, with all text that must not be cut. */
  readonly foot: (left: number) => string
}

/**
 * Markdown of at most `most` UTF-16 units. Head and foot are always whole. Half of the rest is for `first`, if it needs so much. The
 * sections share the other half, so that ten thousand grants do not hide one revocation.
 */
export function fitMarkdown({ head, first, sections, foot }: Fitted, most: number): string {
  const open = { title: first.title, lines: first.groups.flat() }
  const all = [open, ...sections]
  const folded = sections.map(({ lines }) => lines)
  const frames = all.map((one) => render(one, [], one === open)).join('')
  const room = most - head.length - foot(Number.MAX_SAFE_INTEGER).length - frames.length
  const roomOfFirst = Math.max(Math.floor(room / 2), room - sizeOf(folded.flat()))
  const top = shareRoom(first.groups, roomOfFirst).flat()
  const kept = [top, ...shareRoom(folded, room - sizeOf(top))]
  const left = all.flatMap(({ lines }) => lines).length - kept.flat().length
  const told = all.map((one, index) => render(one, kept[index] ?? [], one === open))
  return `${head}${told.join('')}${foot(left)}`
}

/** The lines of each group that fit. A group that needs less than its share leaves room to the others. */
function shareRoom(groups: readonly Lines[], room: number): readonly Lines[] {
  let [free, open] = [room, groups.length]
  const kept = new Map<Lines, Lines>()
  for (const group of groups.toSorted((a, b) => sizeOf(a) - sizeOf(b))) {
    const lines = takeFitting(group, Math.floor(free / open--))
    kept.set(group, lines)
    free -= sizeOf(lines)
  }
  return groups.map((group) => kept.get(group) ?? [])
}

/** A line that is too long hides none of the lines after it. */
function takeFitting(lines: Lines, room: number): Lines {
  let free = room
  return lines.filter((line) => {
    const fits = line.length < free
    if (fits) free -= line.length + 1
    return fits
  })
}

function render({ title, lines }: MarkdownSection, kept: Lines, isOpen: boolean): string {
  if (lines.length === 0) return ''
  const left = lines.length - kept.length
  const shown = kept.map((line) => `${line}\n`)
  const more = left > 0 ? `- and ${count(left, 'more line')} left out\n` : ''
  const body = `\n${shown.join('')}${more}\n`
  return isOpen ? `### ${title}\n${body}` : `<details><summary>${title}</summary>\n${body}</details>\n\n`
}

function sizeOf(lines: Lines): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0)
}
