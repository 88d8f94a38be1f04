import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import type { FoundOwner } from '../../../shared/reconcile/restore/find-lost-owner.ts'
import type { OldInput } from '../../../shared/reconcile/restore/inputs-at.ts'

/** What is brought back, or would be. */
export type Restoration = {
  /** The files are those of this instant; absent: none is brought back. */
  readonly at: Date | undefined
  readonly history: number
  readonly entries: readonly string[]
  readonly permissionSets: readonly string[]
  /** Records of groups and memberships. */
  readonly people: readonly string[]
  readonly owner: FoundOwner['is']
  readonly isConfigurationLost: boolean
  readonly inputs: readonly OldInput[]
  readonly undecided: readonly { readonly object: string; readonly why: string }[]
  /** A person has paused all changes, too. */
  readonly isPaused: boolean
}

const keysShown = 10

export function toJson({ inputs, at, ...rest }: Restoration) {
  return { at: at?.toISOString(), ...rest, inputs: inputs.map(({ key }) => key) }
}

export function renderRestoration(restoration: Restoration, stage: 'planned' | 'done'): string {
  const { at, history, entries, permissionSets, people, owner, isConfigurationLost, inputs, undecided, isPaused } =
    restoration
  const isDone = stage === 'done'
  const told = [
    ...(history > 0 ? [count(history, 'object of history', 'objects of history')] : []),
    ...(entries.length > 0 ? [count(entries.length, 'entry of the ledger', 'entries of the ledger')] : []),
    ...(permissionSets.length > 0
      ? [count(permissionSets.length, 'record of a permission set', 'records of permission sets')]
      : []),
    ...(people.length > 0
      ? [count(people.length, 'record of a group or membership', 'records of groups and memberships')]
      : []),
    ...(inputs.length > 0 && at ? [`${count(inputs.length, 'file')}, as of ${at.toISOString()}`] : []),
    ...(isConfigurationLost ? ['the configuration of the deployment (control/configuration.json)'] : []),
    ...(owner === 'lost' ? ['whose bucket it is (control/owner.json)'] : []),
  ]
  const head = isDone ? 'brought back' : 'to bring back'
  const lines =
    told.length === 0 ? ['nothing is lost that can be brought back'] : told.map((line) => `${head}: ${line}`)
  if (owner === 'unknown')
    lines.push('nothing says whose bucket this was: ssofile resume --accept-loss makes it that of this instance')
  if (undecided.length > 0) {
    lines.push(`not decided, and left as it is: ${count(undecided.length, 'object')}`)
    for (const { object, why } of undecided.slice(0, keysShown))
      lines.push(`  ${quote(object, 1024)}: ${quote(why, 1000)}`)
    if (undecided.length > keysShown) lines.push(`  and ${undecided.length - keysShown} more: --json lists them`)
    lines.push('  do: look at each in Identity Center; to take access over: ssofile import --assignments')
  }
  if (isDone && isPaused) lines.push('all changes are paused by a person, too: ssofile resume')
  else if (isDone && owner !== 'unknown') lines.push('within a minute everything is compared again, and work goes on')
  return `${lines.join('\n')}\n`
}
