import type { Obstacle } from '../../../shared/domain/links/compact-links.ts'
import { renderGrant } from '../../../shared/domain/links/link.ts'
import { renderScope } from '../../../shared/domain/scopes/scope.ts'
import { type Complaint, quote, renderComplaint } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'

/** What `import --assignments` did, or would do. */
export type ImportResult = {
  readonly isDryRun: boolean
  /** By records of that drift check. Absent: Identity Center was asked. */
  readonly listedAt?: string | undefined
  /** Assignments that Identity Center listed. */
  readonly listed: number
  readonly alreadyOurs: number
  /** `isNew`: written by this import. `assignments`: became ssofile's by it. */
  readonly links: readonly {
    readonly key: string
    readonly isNew: boolean
    readonly assignments: readonly string[]
  }[]
  readonly obstacles: readonly Obstacle[]
  readonly left: readonly Complaint[]
}

const accountsShown = 5

export function renderImport({
  isDryRun,
  listedAt,
  listed,
  alreadyOurs,
  links,
  obstacles,
  left,
}: ImportResult): string {
  const written = links.filter(({ isNew }) => isNew)
  const adopted = links.reduce((sum, { assignments }) => sum + assignments.length, 0)
  const lines = [
    ...links.map(({ key, isNew, assignments }) => {
      const what = isNew ? (isDryRun ? 'would write' : 'written') : 'there already'
      return `${what.padEnd(14)}${quote(key, 1024)}  ${count(assignments.length, 'assignment')}`
    }),
    ...section('A wider link was not possible:', obstacles.map(renderObstacle)),
    ...section('Not imported:', left.map(renderComplaint)),
    ...(links.length + obstacles.length + left.length > 0 ? [''] : []),
    `${count(listed, 'assignment')} listed: ${alreadyOurs} ssofile's before, ${adopted} ${isDryRun ? 'would become' : 'became'} ssofile's by ${count(links.length, 'link')} (${written.length} new), ${left.length} not imported`,
    ...(listedAt === undefined
      ? []
      : [`Listed as the drift check of ${listedAt} found it; the import itself asks Identity Center again.`]),
  ]
  return `${lines.join('\n')}\n`
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)]
}

function renderObstacle({ grant, scope, accounts, lacking, links }: Obstacle): string {
  const shown = lacking.slice(0, accountsShown).join(', ')
  const more = lacking.length > accountsShown ? ` and ${lacking.length - accountsShown} more` : ''
  const link = quote(`${renderScope(scope)}%${renderGrant(grant)}`, 1024)
  const verb = lacking.length === 1 ? 'lacks' : 'lack'
  return `${link}: ${lacking.length} of ${accounts} accounts ${verb} it: ${shown}${more}; it would replace ${links} links`
}
