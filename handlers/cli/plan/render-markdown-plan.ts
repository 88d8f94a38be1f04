import { kindOf } from '../../../shared/domain/inputs/kinds.ts'
import type { AccountId } from '../../../shared/domain/organization/account-id.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { describePause, type Pause, remedyOf } from '../../../shared/reconcile/records/pause.ts'
import { listInvalid } from '../folder/find-invalid.ts'
import { fitMarkdown, type MarkdownSection } from './fit-markdown.ts'
import { describeLeftPlace } from './left-places.ts'
import type { MadePlan, Push, ToldPreview } from './make-plan.ts'
import { listFigures, listFileFigures, listRemarks } from './plan-figures.ts'
import { bare, type Entry, firstRanks, listed, type Section, say, type Text } from './plan-section.ts'
import { listHolds, listSections } from './plan-sections.ts'

/** GitHub refuses a comment of more than 65,536 characters. The difference leaves room for a line of the user's own. */
export const markdownMost = 65_000
const accountsTold = 3
/** The length of an entry to look at first, and the least room for one of its names. */
const [firstMost, shortest] = [1500, 40]

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
  const first = { title: 'Look at these first', groups: listFirst(listedSections, push, names) }
  return fitMarkdown({ head: renderHead(told), first, sections, foot }, markdownMost)
}

function toMarkdown({ title, intro, entries }: Section, names: Names): MarkdownSection {
  const lines = entries.map((one) => `- ${renderText(toText(one, names))}`)
  return { title, lines: intro === undefined ? lines : [`${intro}\n`, ...lines] }
}

function toText(
  { word, text, accounts, links, details = [], why }: Entry,
  names: Names,
  tags: readonly string[] = word ? [word] : [],
): Text {
  const { reason, remedy } = why ?? {}
  const reasons = [reason, remedy].flatMap((one) => one ?? []).join('; ')
  const named = (links ?? []).map((link) => bare(link, 1100))
  const by = named.length > 0 ? listed(named, ' and ') : 'no link is known'
  return [
    tags.length > 0 ? `**${tags.join(', ')}**: ` : '',
    ...text,
    ...(accounts === undefined ? [] : say` ${nameAccounts(accounts, names)}`),
    ...(links === undefined ? [] : say`, by ${by}`),
    ...(reasons === '' ? [] : say`: ${bare(reasons, 2000)}`),
    ...details.flatMap((one) => say`\n  - ${one.word === undefined ? '' : `**${one.word}**: `}${one.text}`),
  ]
}

/** Cuts a text of more than `most` characters, but never a code span: the rest of the comment stays outside of it. */
function renderText(text: Text, most = Number.POSITIVE_INFINITY): string {
  let told = ''
  for (const part of text) {
    const room = most - told.length
    if (room < shortest) return `${told} …`
    told += typeof part === 'string' ? part : markdownCode(part.name, part.most, room)
  }
  return told
}

/**
 * Text from outside as a code span, in which GitHub and GitLab interpret nothing: no HTML, link, mention, issue number or emphasis.
 * Line ends and characters that change the text direction are escaped first. (CommonMark, "Code spans".) So is each backtick after three:
 * renderers take a run of more than 80 for text, and then everything after it is live. (cmark-gfm, MAXBACKTICKS.)
 * `room`: for the escaped text.
 */
function markdownCode(text: string, most?: number, room = Number.POSITIVE_INFINITY): string {
  const plain = quote(quote(text, most).replace(/(?<=```)`/g, '\\u{60}'), room)
  if (plain === '') return '``` ```'
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  // A renderer removes one space on each side, unless the span contains only spaces.
  const isPadded = /^[ `]|[ `]$/.test(plain) && !/^ *$/.test(plain)
  return isPadded ? `${fence} ${plain} ${fence}` : `${fence}${plain}${fence}`
}

function nameAccounts(accounts: readonly AccountId[], names: Names): Text {
  const told = accounts
    .slice(0, accountsTold)
    .map((id) => say`${id} ${bare(names.get(id) ?? 'not in the organization')}`)
  const more = accounts.length > accountsTold ? ` and ${count(accounts.length - accountsTold, 'more account')}` : ''
  return say`in ${count(accounts.length, 'account')}: ${listed(told)}${more}`
}

/** The largest gains, then the files that this push breaks: a group for each rank, so that no rank hides another. */
function listFirst(sections: readonly Section[], push: MadePlan['push'], names: Names): readonly (readonly string[])[] {
  const faults = (push?.faults ?? []).map(({ key, received, remedy }): Entry => {
    const why = { reason: `received ${received}`, remedy }
    return { sign: '!', mood: 'bad', text: [bare(key, 1024)], why, first: { rank: 'file', tags: ['cannot be read'] } }
  })
  const invalid = listInvalid(push?.invalid ?? []).map(({ key, text }): Entry => {
    const first = { rank: 'invalid', tags: ['rejected'] } as const
    return { sign: '!', mood: 'bad', text: say`${bare(key, 1100)}: ${bare(text, 2000)}`, first }
  })
  const all = [...faults, ...invalid, ...sections.flatMap(({ entries }) => entries), ...listGoverning(push)]
  return firstRanks.map((rank) =>
    all.flatMap((one) =>
      one.first?.rank === rank ? [`- ${renderText(toText(one, names, one.first.tags), firstMost)}`] : [],
    ),
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
      ? `**${count(invalid, 'file to upload is', 'files to upload are')} not valid: a push is refused.**`
      : '',
    pause
      ? `All changes are stopped: ${markdownCode(describePause(pause), 1000)}. Nothing is carried out until: \`${remedyOf(pause)}\``
      : '',
    ...(push?.left ?? []).map((one) => `**Note**: ${renderText(describeLeftPlace(one))}.`),
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
  if (push.uploads.length + push.deletions.length === 0)
    return push.left?.length
      ? 'No file here differs, but files stay in the bucket: see above.\n'
      : 'No file differs: nothing to push.\n'
  return `Plan \`${push.digest}\`: \`ssofile push --plan\` with this digest does exactly this, and refuses when files, bucket or access have changed.\n`
}
