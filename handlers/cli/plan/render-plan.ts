import type { AccountId } from '../../../shared/domain/organization/account-id.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { paint } from '../terminal/paint.ts'
import { brief, type Room, takeFirst, verbose } from '../terminal/room.ts'
import type { MadePlan, ToldPreview } from './make-plan.ts'
import { listFigures, listRemarks } from './plan-figures.ts'
import type { Entry, Section, Text } from './plan-section.ts'
import { listSections } from './plan-sections.ts'

type Shown = { readonly room: Room; readonly names: ReadonlyMap<AccountId, string> }

/** A plan for a terminal: the figures, then its sections, the gravest last. */
export function renderPlan(
  preview: ToldPreview,
  { isVerbose = false, push }: { readonly isVerbose?: boolean; readonly push?: MadePlan['push'] } = {},
): string {
  const names = new Map(preview.view.accounts.map(({ id, name }) => [id, name]))
  const shown = { room: isVerbose ? verbose : brief, names }
  const figures = listFigures(preview).map(([mood, text]) => paint(mood, text))
  const head = [figures.join(', '), ...listRemarks(preview, push)].map((one) => `${one}\n`).join('')
  const sections = listSections(preview)
    .toReversed()
    .map((section) => renderSection(section, shown))
  return [head, renderAge(preview), ...sections].filter((part) => part !== '').join('\n')
}

/** Empty if the organization was read just now, or by a clock that is ahead of this one. */
function renderAge({ view, viewAgeMs }: ToldPreview): string {
  const minutes = Math.floor(viewAgeMs / 60_000)
  return minutes < 1 ? '' : `The organization was read ${count(minutes, 'minute')} ago (${view.readAt}).\n`
}

function renderSection({ intro, noun, entries }: Section, shown: Shown): string {
  const groups = [...Map.groupBy(entries, (one) => (one.why ? JSON.stringify([one.word, one.why]) : one)).values()]
  const told = noun === undefined ? groups : takeFirst(groups, shown.room)
  const head = intro === undefined ? '' : `! ${paint('bad', intro)}\n`
  const left = groups.slice(told.length).reduce((sum, group) => sum + group.length, 0)
  return `${head}${told.map((group) => renderGroup(group, noun, shown)).join('')}${renderMore(left, noun)}`
}

/** Entries with the same reason, which stands below them once. */
function renderGroup(group: readonly Entry[], noun: string | undefined, shown: Shown): string {
  const told = group.slice(0, shown.room.accounts)
  const { reason, remedy } = group[0]?.why ?? {}
  return [
    ...told.map((one) => renderEntry(one, shown)),
    renderMore(group.length - told.length, noun),
    ...(reason === undefined ? [] : [`    why: ${quote(reason, 2000)}\n`]),
    ...(remedy === undefined ? [] : [`    do:  ${quote(remedy, 2000)}\n`]),
  ].join('')
}

function renderMore(number: number, noun?: string, indent = '  '): string {
  const more = noun === undefined ? count(number, 'more', 'more') : count(number, noun)
  return number > 0 ? `${indent}and ${more} (--verbose shows all)\n` : ''
}

function renderEntry(one: Entry, shown: Shown): string {
  const { sign, mood, word, verb = word, links, accounts, details = [] } = one
  const where = accounts === undefined ? '' : ` in ${count(accounts.length, 'account')}`
  const text = `${renderText(one.text)}${where}`
  const told = details.map((detail) => {
    const head = detail.word === undefined ? '' : `${paint('bad', detail.word)}: `
    return `    ${head}${renderText(detail.text)}\n`
  })
  const below = `${renderAccounts(accounts ?? [], shown)}${told.join('')}`
  if (links === undefined)
    return `${sign} ${verb === undefined ? paint(mood, text) : `${text}  ${paint(mood, verb)}`}\n${below}`
  const [link = 'no link is known', ...others] = links
  const more = others.map((other) => `  and ${quote(other, 1100)}\n`).join('')
  return `${sign} ${quote(link, 1100)}\n${more}  ${verb === undefined ? '' : `${paint(mood, verb)} `}${text}\n${below}`
}

export function renderText(text: Text): string {
  return text
    .map((part) => {
      if (typeof part === 'string') return part
      const name = quote(part.name, part.most ?? 1100)
      return part.isBare ? name : `'${name}'`
    })
    .join('')
}

function renderAccounts(accounts: readonly AccountId[], { room, names }: Shown): string {
  const told = accounts
    .slice(0, room.accounts)
    .map((id) => `    ${id}  ${quote(names.get(id) ?? 'not in the organization')}\n`)
  return `${told.join('')}${renderMore(accounts.length - told.length, 'more account', '    ')}`
}
