import { kindOf } from '../../../shared/domain/inputs/kinds.ts'
import type { AccountId } from '../../../shared/domain/organization/account-id.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { describePause, type Pause, remedyOf } from '../../../shared/reconcile/records/pause.ts'
import { listInvalid } from '../folder/find-invalid.ts'
import { fitMarkdown, type MarkdownSection } from './fit-markdown.ts'
import type { MadePlan, Push, ToldPreview } from './make-plan.ts'
import { listFigures, listFileFigures, listRemarks } from './plan-figures.ts'
import { bare, type Entry, firstRanks, type Section, say, type Text } from './plan-section.ts'
import { listHolds, listSections } from './plan-sections.ts'

/** GitHub refuses a comment of more than 65,536 characters. The difference leaves room for a line of the user's own. */
export const markdownMost = 65_000
const accountsTold = 3

type RenderedPlan = Pick<MadePlan, 'preview' | 'push' | 'warnings'> & {
  readonly pause: Pause | undefined
  /** The folder or bucket, as typed. */
  readonly source: string
}
type Names = ReadonlyMap<AccountId, string>

/**
 * A plan for the comment of a pull request: the figures and the verdict of the brake, then what to look at first, then all sections,
 * folded. At most 65,000 UTF-16 units, and equal for equal inputs: no clock, no duration. Text from outside is in code spans.
 */
export function renderMarkdownPlan(told: RenderedPlan): string {
  const { preview, push, source } = told
  const names: Names = new Map(preview.view.accounts.map(({ id, name }) => [id, name]))
  const listedSections = listSections(preview, told)
  const sections: readonly MarkdownSection[] = [
    { title: 'Look at these first', lines: listFirst(listedSections, push, names), isOpen: true },
    ...listedSections.map((section) => toMarkdown(section, names)),
    ...(push ? [listFiles(push)] : []),
  ]
  const whole = `\`ssofile plan --json\` of ${markdownCode(source, 300)}`
  const foot = (left: number) => {
    const note =
      left > 0
        ? `**${count(left, 'line')} left out here**, since a comment has no room for more. All of it: ${whole}\n\n`
        : ''
    return `${note}${renderDigest(push)}`
  }
  return fitMarkdown({ head: renderHead(told), sections, foot }, markdownMost)
}

function toMarkdown({ title, intro, entries }: Section, names: Names): MarkdownSection {
  const lines = entries.map((one) => `- ${renderEntry(one, names)}`)
  return { title, lines: intro === undefined ? lines : [`${intro}\n`, ...lines] }
}

function renderEntry(
  { word, text, accounts, links, details = [], why }: Entry,
  names: Names,
  tags = word ? [word] : [],
): string {
  const { reason, remedy } = why ?? {}
  const reasons = [reason, remedy].flatMap((one) => one ?? []).join('; ')
  const by = links?.map((link) => markdownCode(link, 1100)).join(' and ') || 'no link is known'
  return [
    tags.length > 0 ? `**${tags.join(', ')}**: ` : '',
    renderText(text),
    accounts === undefined ? '' : ` ${renderAccounts(accounts, names)}`,
    links === undefined ? '' : `, by ${by}`,
    reasons === '' ? '' : `: ${markdownCode(reasons, 2000)}`,
    ...details.map((one) => `\n  - ${one.word === undefined ? '' : `**${one.word}**: `}${renderText(one.text)}`),
  ].join('')
}

function renderText(text: Text): string {
  return text.map((part) => (typeof part === 'string' ? part : markdownCode(part.name, part.most))).join('')
}

/**
 * Text from outside as a code span: only there do GitHub and GitLab interpret nothing, no HTML, link, mention, issue number or emphasis.
 * Line ends and characters that change the text direction are escaped first. (CommonMark, "Code spans".)
 */
function markdownCode(text: string, most?: number): string {
  const plain = quote(text, most)
  if (plain === '') return '``` ```'
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  // A renderer removes one space on each side, unless the span contains only spaces.
  const isPadded = /^[ `]|[ `]$/.test(plain) && !/^ *$/.test(plain)
  return isPadded ? `${fence} ${plain} ${fence}` : `${fence}${plain}${fence}`
}

function renderAccounts(accounts: readonly AccountId[], names: Names): string {
  const told = accounts
    .slice(0, accountsTold)
    .map((id) => `${id} ${markdownCode(names.get(id) ?? 'not in the organization')}`)
  const more = accounts.length > accountsTold ? ` and ${count(accounts.length - accountsTold, 'more account')}` : ''
  return `in ${count(accounts.length, 'account')}: ${told.join(', ')}${more}`
}

/** The largest gains, then the files that this push breaks: many broken files cannot push the gains out. */
function listFirst(sections: readonly Section[], push: MadePlan['push'], names: Names): readonly string[] {
  const faults = (push?.faults ?? []).map(({ key, received, remedy }): Entry => {
    const why = { reason: `received ${received}`, remedy }
    return { sign: '!', mood: 'bad', text: [bare(key, 1024)], why, first: { rank: 'file', tags: ['cannot be read'] } }
  })
  const invalid = listInvalid(push?.invalid ?? []).map(({ key, text }): Entry => {
    const first = { rank: 'invalid', tags: ['rejected'] } as const
    return { sign: '!', mood: 'bad', text: say`${bare(key, 1100)}: ${bare(text, 2000)}`, first }
  })
  const all = [...faults, ...invalid, ...sections.flatMap(({ entries }) => entries), ...listGoverning(push)]
  return firstRanks.flatMap((rank) =>
    all.flatMap((one) => (one.first?.rank === rank ? [`- ${renderEntry(one, names, [...one.first.tags])}`] : [])),
  )
}

/** Changed files that decide who gets access later. */
function listGoverning(push: MadePlan['push']): readonly Entry[] {
  if (push === undefined) return []
  const invalid = new Set(push.invalid.map(({ key }) => key))
  return describeFiles(push)
    .filter(({ key }) => kindOf(key)?.governs && !invalid.has(key))
    .map(({ text }) => ({
      ...{ sign: '!', mood: 'pending', text },
      first: { rank: 'governing file', tags: ['governing file'] },
    }))
}

function describeFiles({ uploads, deletions }: Push): readonly { readonly key: string; readonly text: Text }[] {
  return [
    ...deletions.map(({ key }) => ({ key, text: say`deletes ${bare(key, 1024)}` })),
    ...uploads.map(({ key, over }) => ({ key, text: say`${over ? 'replaces' : 'uploads'} ${bare(key, 1024)}` })),
  ]
}

function renderHead({ preview, push, pause }: RenderedPlan): string {
  const figures = listFigures(preview).map(([, text]) => text)
  const faults = push?.faults.length ?? 0
  const invalid = push?.invalid.filter(({ isNamed }) => !isNamed).length ?? 0
  const lines = [
    `**${figures.join(', ')}.** ${renderVerdict(preview)}${renderMinimums(preview)}`,
    faults > 0 ? `**${count(faults, 'file')} cannot be read: a push is refused.**` : '',
    invalid > 0
      ? `**${count(invalid, 'file')} to upload ${invalid === 1 ? 'is' : 'are'} not valid: a push is refused.**`
      : '',
    pause
      ? `All changes are stopped: ${markdownCode(describePause(pause), 1000)}. Nothing is carried out until: \`${remedyOf(pause)}\``
      : '',
    ...listRemarks(preview, push),
  ].filter((line) => line !== '')
  return `${lines.join('\n\n')}\n\n`
}

function renderVerdict(preview: ToldPreview): string {
  const holds = listHolds(preview)
  const all = holds.reduce((sum, [number]) => sum + number, 0)
  if (all === 0) return 'The brake would hold nothing.'
  const parts = holds.map(([, what]) => what)
  return `**The brake would hold ${parts.join(' and ')}** until a person releases ${all === 1 ? 'it' : 'them'}.`
}

/** ssofile refuses a push of this plan. */
function renderMinimums({ minimums: [first, ...more] }: ToldPreview): string {
  if (first === undefined) return ''
  return ` **A policy refuses this plan**: ${markdownCode(first, 500)}${more.length > 0 ? ` and ${more.length} more` : ''}.`
}

function listFiles(push: Push): MarkdownSection {
  const figures = listFileFigures(push).map(([, text]) => text)
  return {
    title: `Files: ${figures.join(', ')}`,
    lines: describeFiles(push).map(({ text }) => `- ${renderText(text)}`),
  }
}

function renderDigest(push: RenderedPlan['push']): string {
  if (!push) return ''
  if (push.uploads.length + push.deletions.length === 0) return 'No file differs: nothing to push.\n'
  return `Plan \`${push.digest}\`: \`ssofile push --plan\` with this digest does exactly this, and refuses when files, bucket or access have changed.\n`
}
