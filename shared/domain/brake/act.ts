import type { Assignment, AssignmentKey } from '../assignments/assignment.ts'
import { attributesKey } from '../attributes/attributes-file.ts'
import { linkPrefix } from '../links/link.ts'
import { splitFolder } from '../links/link-fields.ts'
import type { MembershipId } from '../people/owned-membership.ts'
import type { PrincipalId } from '../principals/identity-center-ids.ts'
import type { BrakeList, Cause, Scope } from './brake-record.ts'
import { deletionOf } from './lists.ts'
import type { Taking } from './minimum.ts'
import type { Tally } from './windows.ts'

/** Where an act counts. `base`: given if it is known without counting. */
export type Counting = Tally & { readonly base?: number }

/** One act that takes something away from somebody, as the brake sees it. */
export type Act = {
  readonly rule: Scope['rule']
  /** The access that goes: its name on a list, and in a release. */
  readonly key?: AssignmentKey
  /** Its other name: of a person, a membership, a credential or a change of attributes. With a key: the person counts, not the access. */
  readonly item?: string
  /** For each cause and author. Empty: it is held only where a list has it already. */
  readonly counts: readonly Counting[]
  /** What it takes from people: policies are asked for their minimums. */
  readonly takes?: Taking
  /** The list has it for a reason that does not apply any more. */
  readonly isOutlived?: (list: Pick<BrakeList, 'rule' | 'cause'>) => boolean
}

/** A person whom a file suspends. `by`: who uploaded it; absent: it is not known. */
export type SuspendedPerson = { readonly user: PrincipalId; readonly by: string | undefined }

/** One assignment that is about to be revoked, and the keys of the links that granted it. */
export type Revocation = {
  readonly key: AssignmentKey
  readonly links: readonly string[]
  /** `undefined`: all its links were withdrawn. */
  readonly cause: Cause | undefined
  /** Its user is suspended by a file. `admitted`: the brake has let the person pass before. */
  readonly suspended?: SuspendedPerson | 'admitted' | undefined
  /** The directory ended its user, who is disabled or gone. */
  readonly isEnded?: boolean
}

/**
 * Links are counted, not their accounts: one link may revoke on any number of accounts. Where a file suspends the user, the person
 * is counted instead, and all the person's access passes, or is held, with the person. If an uploader's deletions hold an access and its
 * user ends meanwhile, that is another cause, which counts for itself.
 */
export function revocationAct({ key, links, cause, suspended, isEnded }: Revocation): Act {
  const hasEnded = isEnded === true || suspended !== undefined
  const isOutlived: Act['isOutlived'] = ({ rule }) => hasEnded && rule === 'own'
  if (suspended === 'admitted') return { rule: 'people', key, counts: [], takes: { key }, isOutlived }
  if (suspended) return { ...suspensionAct(suspended), key, isOutlived }
  return {
    rule: cause ? 'indirect' : 'own',
    key,
    counts: countLinks({ key, links, cause }),
    takes: { key },
    isOutlived,
  }
}

function countLinks({ key, links, cause }: Pick<Revocation, 'key' | 'links' | 'cause'>): readonly Tally[] {
  const byFolder = Map.groupBy(new Set(links), folderOf)
  if (!cause) return [...byFolder].map(([name, items]) => ({ rule: 'own', cause: 'folder', name, items }))
  const folders = byFolder.size > 0 ? [...byFolder.keys()] : [undefined]
  const all = [
    ...folders.map((folder) => ({ ...cause, folder })),
    ...[...byFolder.keys()].map((name) => ({ cause: 'folder' as const, name })),
    { cause: 'everything' as const },
  ]
  return all.map((one) => ({ rule: 'indirect', ...one, items: [key] }))
}

/** It was renamed, or is gone. */
export function causeOfPrincipal({ type, principal }: Pick<Assignment, 'type' | 'principal'>): Cause {
  return { cause: 'principal', name: `${type}/${principal}` }
}

/** The folder of a link's key, declared or not; `undefined`: directly under `links_data/`. */
export function folderOf(key: string): string | undefined {
  return splitFolder(key.slice(linkPrefix.length)).folder
}

/** A person counts once, whatever access that takes; with no access of ours too, since sessions and requests end as well. */
export function suspensionAct({ user, by: name }: SuspendedPerson): Act {
  const counts = [{ rule: 'people', cause: 'uploader', name, items: [user], base: 0 }] as const
  return { rule: 'people', item: user, counts, takes: { person: user } }
}

/**
 * A user who has nothing any more. All deletions count together, and apart from suspensions: many fall due at once who were
 * suspended one by one, and whoever releases suspensions releases no deletion.
 */
export function deletionAct(user: PrincipalId): Act {
  const item = deletionOf(user)
  return { rule: 'people', item, counts: [{ rule: 'people', cause: 'everything', items: [item], base: 0 }] }
}

/**
 * One person who is about to be taken out of a group: `<group>%<user name>`, and the folders whose files asked for it.
 * `undefined`: directly under `memberships/`. `ruleOf`: the group, where its rule asked for it.
 */
export type Removal = {
  readonly item: string
  readonly folders: readonly (string | undefined)[]
  readonly ruleOf?: string | undefined
  /** The directory ended the user: that counts for all folders together, and not for those whose files asked. */
  readonly isEnded?: boolean
}

/** Without folders and a rule it counts elsewhere, and only the minimum is asked. `membership`: absent where nobody asks it. */
export function removalAct({ item, folders, ruleOf, isEnded }: Removal, membership?: MembershipId): Act {
  const ofFolders: readonly Tally[] =
    isEnded && folders.length > 0
      ? [{ rule: 'memberships', cause: 'principal', items: [item] }]
      : [...new Set(folders)].map((name) => ({ rule: 'memberships', cause: 'folder', name, items: [item] }))
  return {
    rule: 'memberships',
    item,
    counts: ruleOf === undefined ? ofFolders : [...ofFolders, countOfRule(ruleOf, [item])],
    ...(membership && { takes: { membership, item } }),
    isOutlived: ({ cause }) => (isEnded === true || folders.length === 0) && cause === 'folder',
  }
}

/** The people whom the rule of a group takes out of it. */
export function countOfRule(group: string, items: readonly string[]): Tally {
  return { rule: 'memberships', cause: 'rule', name: group, items }
}

/** One act on one credential, as `<credential> <act>`, for the owner whose file asks for it. Base 0: nobody knows of how many. */
export function retirementAct({ owner, item }: { readonly owner: string; readonly item: string }): Act {
  const counts = [{ rule: 'retirements', cause: 'account owner', name: owner, items: [item], base: 0 }] as const
  return { rule: 'retirements', item, counts }
}

/** One loss of an attribute for access control, in words. A person releases each. */
export function lossAct(item: string): Act {
  const counts = [{ rule: 'attributes', cause: 'file', name: attributesKey, items: [item], base: 0 }] as const
  return { rule: 'attributes', item, counts }
}
