import { type Assignment, type AssignmentId, type AssignmentKey, assignmentOf } from '../assignments/assignment.ts'
import { attributesKey } from '../attributes/attributes-file.ts'
import { linkPrefix } from '../links/link.ts'
import { splitFolder } from '../links/link-fields.ts'
import type { PrincipalId } from '../principals/identity-center-ids.ts'
import type { MembershipId } from '../principals/owned-membership.ts'
import { hasName } from '../text/sorted-names.ts'
import { type BrakeList, type Cause, isSameScope, type Scope } from './brake-record.ts'
import { deletionOf } from './lists.ts'
import type { Taking } from './minimum.ts'
import type { Tally } from './windows.ts'

/** A window in which an act counts. `base`: given if it is known without counting. */
export type Counting = Tally & { readonly base?: number }

/** One act that takes something away from somebody. */
export type Act = {
  readonly rule: Scope['rule']
  /** The access that goes, as lists and releases name it. */
  readonly key?: AssignmentKey
  /** The name of a person, a membership, a credential or a change of attributes. If the act has a key too, the person counts. */
  readonly item?: string
  /** One for each cause and author. Empty: the act is held only if it is on a list already. */
  readonly counts: readonly Counting[]
  /** The access that people lose. The brake asks policies whether enough people keep it. */
  readonly takes?: Taking
  /** Whether the act has another cause than this list, a cause that counts for itself. */
  readonly isOutlived?: (list: OutlivedList) => boolean
}

type OutlivedList = Scope & Pick<BrakeList, 'items'>

/** The cause of a person's end: a file suspends `user`, or the directory disabled or deleted them. */
type End = { readonly by: 'file'; readonly user: PrincipalId } | { readonly by: 'directory' }

/**
 * The end of a person: a file suspends the person, or the directory disabled or deleted the user. That is a cause of its own, which
 * counts for itself. So it outlives every list but those that may hold this end.
 *
 * | the end           | lists that may hold it                         |
 * | ----------------- | ---------------------------------------------- |
 * | by a file         | of the rule `people`, if they have this person |
 * | by the directory  | those on which the act counts                  |
 *
 * A list of the directory holds users and groups that vanished, until one of that name is there again: it holds access of nobody else.
 *
 * An act of the other kinds outlives no other list. A list of the rule `minimum` is judged again anyway.
 */
function outlivedBy(end: End | undefined, counts: Act['counts']): Required<Act>['isOutlived'] {
  if (end === undefined) return () => false
  // The list of an earlier suspension may still have the access, although the person has left it.
  if (end.by === 'file') return ({ rule, items }) => rule !== 'people' || !hasName(items, end.user)
  return (list) => !counts.some((one) => isSameScope(one, list))
}

/** A person, suspended by a file. `by`: the uploader. Absent: unknown. */
export type SuspendedPerson = { readonly user: PrincipalId; readonly by: string | undefined }

/** One assignment that ssofile is about to revoke, and the keys of the links that granted it. */
export type Revocation = {
  readonly key: AssignmentKey
  readonly links: readonly string[]
  /** `undefined`: all its links were withdrawn. */
  readonly cause: Cause | undefined
  /** A file suspends the user. `admitted`: the brake let the person pass before. */
  readonly suspended?: SuspendedPerson | 'admitted' | undefined
  /** The directory ended its user, who is disabled or gone. */
  readonly isEnded?: boolean
  /** The directory has neither this user or group nor another one of its name. */
  readonly hasVanished?: boolean
  /** The review that revoked all of its links. It counts for itself, so that its list has nothing else. */
  readonly review?: string | undefined
}

/**
 * The brake counts links, not accounts: one link may revoke on any number of accounts. If a file suspends the user, the brake counts
 * the person instead, and passes or holds all the person's access together. So it does with users and groups that vanished from the
 * directory: a sync that sees nothing deletes all of them. They count besides as any other cause does.
 */
export function revocationAct({ key, links, cause, suspended, isEnded, hasVanished, review }: Revocation): Act {
  if (suspended !== undefined) {
    const isOutlived = outlivedBy({ by: 'file', user: assignmentOf(key).principalId }, [])
    if (suspended === 'admitted') return { rule: 'people', key, counts: [], takes: { key }, isOutlived }
    return { ...suspensionAct(suspended), key, isOutlived }
  }
  const ofLinks = countLinks({ key, links, cause, review })
  const vanished = hasVanished ? assignmentOf(key) : undefined
  const counts = vanished ? [countVanished(vanished), ...ofLinks] : ofLinks
  const isOutlivedByEnd = outlivedBy(isEnded ? { by: 'directory' } : undefined, counts)
  // Its name is there again, so nothing is lost with the former id.
  const isOutlived = (list: OutlivedList) =>
    list.cause === 'directory' ? vanished === undefined : isOutlivedByEnd(list)
  const item = vanished && { item: vanished.principalId }
  return { rule: cause ? 'indirect' : 'own', key, ...item, counts, takes: { key }, isOutlived }
}

function countVanished({ principalId, type }: AssignmentId): Tally {
  return { rule: 'indirect', cause: 'directory', name: type, items: [principalId] }
}

function countLinks({
  key,
  links,
  cause,
  review,
}: Pick<Revocation, 'key' | 'links' | 'cause' | 'review'>): readonly Tally[] {
  if (!cause && review !== undefined) return countReview('own', review, links)
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

/** For the review, and for all reviews together: many small reviews are no way around the limit. */
function countReview(rule: 'own' | 'memberships', name: string, items: readonly string[]): readonly Tally[] {
  return [
    { rule, cause: 'review', name, items },
    { rule, cause: 'review', items },
  ]
}

/** The cause if the principal was renamed or is gone. */
export function causeOfPrincipal({ type, principal }: Pick<Assignment, 'type' | 'principal'>): Cause {
  return { cause: 'principal', name: `${type}/${principal}` }
}

/** The folder of a link's key, declared or not. `undefined`: directly under `links_data/`. */
export function folderOf(key: string): string | undefined {
  return splitFolder(key.slice(linkPrefix.length)).folder
}

/** A person counts once, whatever the person's access. A person without access counts too: sessions and requests end. */
export function suspensionAct({ user, by: name }: SuspendedPerson): Act {
  const counts = [{ rule: 'people', cause: 'uploader', name, items: [user], base: 0 }] as const
  return { rule: 'people', item: user, counts, takes: { person: user } }
}

/**
 * A user who has nothing left. All deletions count together, and apart from suspensions. People suspended one by one may fall due at
 * the same time, and a release of suspensions must not release a deletion.
 */
export function deletionAct(user: PrincipalId): Act {
  const item = deletionOf(user)
  return { rule: 'people', item, counts: [{ rule: 'people', cause: 'everything', items: [item], base: 0 }] }
}

/**
 * One person that ssofile is about to take out of a group: `<group>%<user name>`, and the folders of the files that asked for it.
 * `undefined`: directly under `memberships/`. `ruleOf`: the group, if its rule asked for it.
 */
export type Removal = {
  readonly item: string
  readonly folders: readonly (string | undefined)[]
  readonly ruleOf?: string | undefined
  /**
   * By a file: the person counts elsewhere, so there are no folders and no rule, and the brake only asks the minimum. By the directory: it
   * counts for all folders together, not for the folders of the files.
   */
  readonly end?: End | undefined
  /** The review that revoked all of its files. */
  readonly review?: string | undefined
}

/** The removal of a membership. Without folders and a rule, it counts toward no limit. No `membership`: the brake asks no minimum. */
export function removalAct({ item, folders, ruleOf, end, review }: Removal, membership?: MembershipId): Act {
  const ofFolders: readonly Tally[] =
    end?.by === 'directory' && folders.length > 0
      ? [{ rule: 'memberships', cause: 'principal', items: [item] }]
      : review !== undefined
        ? countReview('memberships', review, [item])
        : [...new Set(folders)].map((name) => ({ rule: 'memberships', cause: 'folder', name, items: [item] }))
  const counts = ruleOf === undefined ? ofFolders : [...ofFolders, countOfRule(ruleOf, [item])]
  const takes = membership && { membership, item }
  return { rule: 'memberships', item, counts, ...(takes && { takes }), isOutlived: outlivedBy(end, counts) }
}

/** The people that leave a group by its rule. */
export function countOfRule(group: string, items: readonly string[]): Tally {
  return { rule: 'memberships', cause: 'rule', name: group, items }
}

/** One act on one credential, as `<credential> <act>`. It counts for the owner whose file asks for it. Base 0: the total is unknown. */
export function retirementAct({ owner, item }: { readonly owner: string; readonly item: string }): Act {
  const counts = [{ rule: 'retirements', cause: 'account owner', name: owner, items: [item], base: 0 }] as const
  return { rule: 'retirements', item, counts }
}

/** One lost attribute for access control, in words. A person releases each. */
export function lossAct(item: string): Act {
  const counts = [{ rule: 'attributes', cause: 'file', name: attributesKey, items: [item], base: 0 }] as const
  return { rule: 'attributes', item, counts }
}
