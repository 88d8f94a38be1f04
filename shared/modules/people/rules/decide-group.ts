import type { GroupFile, OwnedGroup } from '../../../domain/files/group-file.ts'
import type { PrincipalName } from '../../../domain/principals/principal.ts'

export type GroupFacts = {
  readonly file: 'none' | 'invalid' | GroupFile
  /** Without an id: `description` is the one with which ssofile makes the group. */
  readonly entry: Pick<OwnedGroup, 'id' | 'isAdopted' | 'description'> | undefined
  /** The claim is less than five minutes old: an unanswered call may still make the group. */
  readonly isFresh: boolean
  /** The group with the entry's id; if the entry has no id, the group with the name. */
  readonly group:
    | { readonly hasName: boolean; readonly isExternal: boolean; readonly description: string | undefined }
    | undefined
  /** ssofile already manages this group under this other name. */
  readonly knownAs: PrincipalName | undefined
  /** Inputs that refer to the group. Deleting it would end their access. */
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
 * The next step for one group. ssofile writes the entry before it makes the group. It never deletes an adopted group: it gives it up.
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
 * | none    | any              | a provider manages it, or it has another name | give up |
 * | none    | without id       | there, and not surely made by ssofile | give up |
 * | none    | any              | there                              | delete   |
 * | valid   | any              | a provider manages it              | external |
 * | valid   | none, or without id | not surely made by ssofile; known under another name | known |
 * | valid   | none, or without id | there, and not surely made by ssofile | adopt |
 * | valid   | with id          | not there: another group may have its name | forget |
 * | valid   | none             | not there                          | claim    |
 * | valid   | without id       | not there, and the claim is fresh  | make     |
 * | valid   | without id       | not there                          | claim    |
 * | valid   | without id       | surely made by ssofile             | note     |
 * | valid   | with id          | has another name                   | renamed  |
 * | valid   | with id          | has another description (for an adopted group, only if the file has one) | update |
 * | valid   | with id          | there                              | applied  |
 *
 * Surely made by ssofile: the claim is fresh, and the group has the description that ssofile sent. Others may make a group of the name in
 * the same moment: without a description, nothing tells the two apart, so ssofile adopts the group.
 */
export function decideGroup(facts: GroupFacts): GroupAction | GroupEnd {
  const { file, entry, isFresh, group, knownAs, references } = facts
  if (file === 'invalid') return { tell: 'invalid' }
  if (file === 'none') {
    if (entry === undefined) return { tell: 'nothing' }
    if (group === undefined) return entry.id === undefined && isFresh ? { tell: 'unanswered' } : { do: 'forget' }
    if (references.length > 0) return { tell: 'blocked' }
    const isOurs = !entry.isAdopted && (entry.id !== undefined || isSurelyOurs(facts))
    return { do: isOurs && !group.isExternal && group.hasName ? 'delete' : 'give up' }
  }
  if (group?.isExternal) return { tell: 'external' }
  const isClaimed = entry !== undefined && isFresh
  if (entry?.id === undefined && group && !isSurelyOurs(facts))
    return knownAs === undefined ? { do: 'adopt' } : { tell: 'known' }
  if (group === undefined) {
    if (entry?.id !== undefined) return { do: 'forget' }
    return { do: isClaimed ? 'make' : 'claim' }
  }
  if (entry?.id === undefined) return { do: 'note' }
  if (!group.hasName) return { tell: 'renamed' }
  const isSame = group.description === file.description || (file.description === undefined && entry.isAdopted)
  return isSame ? { tell: 'applied' } : { do: 'update' }
}

function isSurelyOurs({ entry, isFresh, group }: GroupFacts): boolean {
  return isFresh && entry?.description !== undefined && entry.description === group?.description
}
