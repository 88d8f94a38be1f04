import type { PrincipalName } from '../principals/principal.ts'
import type { GroupFile, OwnedGroup } from './group-file.ts'

export type GroupFacts = {
  readonly file: 'none' | 'invalid' | GroupFile
  readonly entry: Pick<OwnedGroup, 'id' | 'isAdopted'> | undefined
  /** Less than five minutes after the claim: a call that was not answered may still make the group. */
  readonly isFresh: boolean
  /** The group that the entry has the id of; without an id, the one that has the name. */
  readonly group:
    | { readonly hasName: boolean; readonly isExternal: boolean; readonly description: string | undefined }
    | undefined
  /** ssofile has the group under this name already. */
  readonly knownAs: PrincipalName | undefined
  /** What would lose its meaning, and access, with the group. */
  readonly references: readonly string[]
}

export const groupActions = ['claim', 'make', 'note', 'adopt', 'update', 'delete', 'give up', 'forget'] as const
export const groupEnds = [
  'invalid',
  'nothing',
  'unanswered',
  'blocked',
  'external',
  'known',
  'renamed',
  'applied',
] as const
export type GroupAction = { readonly do: (typeof groupActions)[number] }
export type GroupEnd = { readonly tell: (typeof groupEnds)[number] }

/**
 * The next step for one group. The entry is written before the group is made. A group that ssofile adopted is given up, not deleted.
 * The first row that fits counts.
 *
 * | file    | entry            | group                              | step     |
 * | ------- | ---------------- | ---------------------------------- | -------- |
 * | invalid | any              | any                                | invalid  |
 * | none    | none             | any                                | nothing  |
 * | none    | without id       | not there, and the claim is fresh  | unanswered |
 * | none    | any              | not there                          | forget   |
 * | none    | any              | something refers to it             | blocked  |
 * | none    | adopted          | there                              | give up  |
 * | none    | any              | a provider keeps it, or it has another name | give up |
 * | none    | any              | there                              | delete   |
 * | valid   | any              | a provider keeps it                | external |
 * | valid   | none             | known under another name           | known    |
 * | valid   | none             | there                              | adopt    |
 * | valid   | none, or with id | not there                          | claim    |
 * | valid   | without id       | not there                          | make     |
 * | valid   | without id       | there                              | note     |
 * | valid   | with id          | has another name                   | renamed  |
 * | valid   | with id          | has another description; where the group was adopted, the file must have one | update |
 * | valid   | with id          | there                              | applied  |
 */
export function decideGroup(facts: GroupFacts): GroupAction | GroupEnd {
  const { file, entry, isFresh, group, knownAs, references } = facts
  if (file === 'invalid') return { tell: 'invalid' }
  if (file === 'none') {
    if (entry === undefined) return { tell: 'nothing' }
    if (group === undefined) return entry.id === undefined && isFresh ? { tell: 'unanswered' } : { do: 'forget' }
    if (references.length > 0) return { tell: 'blocked' }
    return { do: entry.isAdopted || group.isExternal || !group.hasName ? 'give up' : 'delete' }
  }
  if (group?.isExternal) return { tell: 'external' }
  if (entry === undefined && group) return knownAs === undefined ? { do: 'adopt' } : { tell: 'known' }
  if (group === undefined) return { do: entry && entry.id === undefined ? 'make' : 'claim' }
  if (entry?.id === undefined) return { do: 'note' }
  if (!group.hasName) return { tell: 'renamed' }
  const isSame = group.description === file.description || (file.description === undefined && entry.isAdopted)
  return isSame ? { tell: 'applied' } : { do: 'update' }
}
