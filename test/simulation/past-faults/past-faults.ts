import { type Profile, profiles } from '../profiles.ts'
import type { Edit } from './edit.ts'

/** A fault of the product that people found by reading, and that is mended. `edits` put it back. */
export type PastFault = {
  readonly name: string
  /** The kind of lives in which to look for it. */
  readonly profile: Profile | undefined
  readonly edits: readonly Edit[]
  /** Whether the lives find it. If not, no life comes to where it is. */
  readonly isFound: boolean
}

type TextChange = readonly [file: string, present: string, former: string]
type Changes = readonly [TextChange, ...TextChange[]]
/** By profile, then by name: the file below `shared/`, the present text, and what stood there. */
type Faults = { readonly [profile in Profile | 'default']?: Readonly<Record<string, TextChange | Changes>> }

const people = 'modules/people/'
const requests = 'modules/requests/'

const found: Faults = {
  people: {
    'a file that ends suspends whoever has the name of a user who is gone': [
      `${people}rules/decide-person.ts`,
      "if (isGone && entry.ended === undefined) return { do: 'forget' }",
      '',
    ],
    'a user of unknown making is ended by the file of its name': [
      [`${people}rules/decide-person.ts`, 'if (isUnknown) return', 'if (isUnknown && !isFresh) return'],
      [`${people}rules/decide-person.ts`, "if (entry.id === undefined) return { tell: 'unanswered' }", ''],
      [
        `${people}rules/decide-person.ts`,
        "if (entry.id === undefined && user !== undefined && isMadeByUs(facts)) return { do: 'note' }",
        '',
      ],
    ],
    'somebody who comes back later has access at once': [
      `${people}rules/decide-person.ts`,
      'const isBegun = file.startsAt === undefined || isPast(file.startsAt, now)',
      'const isBegun = entry !== undefined || file.startsAt === undefined || isPast(file.startsAt, now)',
    ],
    'the end of a person is not noted under the id': [
      `${people}person-controller.ts`,
      'if (id !== undefined) await noteMeant(objects, id, as)',
      '',
    ],
    'the end of a renamed person suspends whoever has the former name': [
      `${people}person-controller.ts`,
      'return nameInLinks(user.name, configuration.principalSuffix) ?? principalName.parse(user.id)',
      'return name',
    ],
    'the end of one suspension forgets that another file suspends the user': [
      `${people}suspension-controller.ts`,
      'keys.push(suspensionKey(other))',
      'void other',
    ],
    'a new user of a suspended name is not suspended': [
      `${people}suspension-controller.ts`,
      "if ('is' in bearer && bearer.is !== undefined) users.add(bearer.is)",
      "if ('is' in bearer && bearer.is !== undefined && users.size === 0) users.add(bearer.is)",
    ],
    'a suspension whose note is lost does not hold for a renamed user': [
      'reconcile/records/suspensions.ts',
      'if (name.ok && !noted.has(name.value)) unnoted.push(key)',
      '',
    ],
    'the time of a renamed person does not end': [
      `${people}person-controller.ts`,
      'return { told, again: [new Date(now.getTime() + ms), ...(endsAt && endsAt > now ? [endsAt] : [])] }',
      'return { told, again: new Date(now.getTime() + ms) }',
    ],
    'access that others give to a suspended user is not seen': [
      `${people}suspension-controller.ts`,
      "const isAtRest = told === 'suspended' && isDue",
      'const isAtRest = false',
    ],
    'a user whom others made counts as ours once the file says the same': [
      [
        `${people}rules/decide-person.ts`,
        'function isMadeByUs({ entry, user,',
        'function isMadeByUs({ entry, file, user,',
      ],
      [
        `${people}rules/decide-person.ts`,
        'compareProfiles(entry.sent, user.profile',
        "compareProfiles(typeof file === 'string' ? {} : file, user.profile",
      ],
    ],
  },
  groups: {
    'a renamed group takes in people by the files of its former name': [
      [
        `${people}rules/decide-membership.ts`,
        'const isClosed = isExternal || isRenamed',
        'const isClosed = isExternal',
      ],
      [`${people}rules/decide-membership.ts`, 'return isRestored && !isRenamed ?', 'return isRestored ?'],
    ],
    'a group is deleted although others put people into it': [
      `${people}group-controller.ts`,
      'if (references.length === 0 && (await identityStore.listMembersOf(id)).items.length > 0)',
      'if (false)',
    ],
    'a group that others made in the same moment counts as ours': [
      `${people}rules/decide-group.ts`,
      'return isFresh && entry?.description !== undefined && entry.description === group?.description',
      'return isFresh && entry !== undefined',
    ],
    'a user whom others put in at the same time counts as put in by us': [
      `${people}rules/decide-membership.ts`,
      "if (create === 'unsent' && (found !== undefined || isWanted === 'no')) return { do: 'disclaim' }",
      '',
    ],
    'a group that others made again is taken for the former one': [
      `${people}rules/decide-group.ts`,
      "if (entry?.id !== undefined) return { do: 'forget' }",
      "if (entry?.id !== undefined) return { do: 'make' }",
    ],
    'a group that is given up keeps the people who came in meanwhile': [
      `${people}find-own-group.ts`,
      "for await (const _ of listOwnedMemberships(objects, id)) return { is: 'given up', id, isExternal }",
      'void listOwnedMemberships',
    ],
    'a member whom others took out again stays out': [
      `${people}reconcile-memberships.ts`,
      'for (const key of await listLeft(ofGroup, entries, await members.of.get(id), objects)) differing.add(key)',
      'void [listLeft, ofGroup]',
    ],
    'a lower number of days of grace counts later': [
      `${people}rules/compare-rule.ts`,
      'if (isKept && until === entry.keptUntil) {',
      'if (isKept) {',
    ],
    'a membership that another process has just claimed is made twice': [
      `${people}rules/decide-membership.ts`,
      "if (facts.isClaimed && create === 'unknown') return { tell: isWanted === 'yes' ? 'applying' : 'revoking' }",
      '',
    ],
    'a claim whose file goes before the call stays': [
      `${people}rules/decide-membership.ts`,
      "(found !== undefined || isWanted === 'no')",
      'found !== undefined',
    ],
    'what a membership knows of its own calls is forgotten with its file': [
      `${people}membership-controller.ts`,
      'learnsOfCalls: true,',
      '',
    ],
    'a claim stays after a refused creation': [
      `${people}disclaim-refused.ts`,
      'if (isServiceError(error) && !isPassing(error)) {',
      'if (false) {',
    ],
  },
  governance: {
    'a denial is lost while the eligibility is not valid': [
      `${requests}approval-controller.ts`,
      'path.ok && file ? await (file.ok ? listApprovers(file.value, path.value, context) : broken) : undefined',
      'path.ok && file?.ok ? await listApprovers(file.value, path.value, context) : undefined',
    ],
    'the status of an overwritten file stays that of the former content': [
      'reconcile/statuses/tell-files.ts',
      'return status.lastModified > file.lastModified && !isNew',
      'void isNew\n    return status.lastModified > file.lastModified',
    ],
  },
  requests: {
    'a deletion by which a request ends is not found if it was uploaded again': [
      `${requests}rules/decide-request.ts`,
      "return deletedAt !== 'never' && deletedAt >= new Date(grantedAt)",
      'return false',
    ],
    'access of a request goes on under another name of its user': [
      `${requests}rules/decide-request.ts`,
      'if (facts.userName !== facts.path.link.principal) {',
      'if (false) {',
    ],
    'an extension that takes the place of running access loses both': [
      `${requests}rules/decide-request.ts`,
      'one = told(one).replacedBy',
      'one = undefined',
    ],
    'a denial does not count once nobody is asked': [
      `${requests}rules/decide-request.ts`,
      'if (needed === 0 && !hasWaited) return',
      'if (needed === 0) return',
    ],
    'an approval counts for a later upload with the same content': [
      `${requests}request-controller.ts`,
      'JSON.stringify([key, version, etag])',
      'JSON.stringify([key, etag])',
    ],
  },
  brake: {
    'a pause frees a held file': [
      `reconcile/permission-sets/permission-set-controller.ts`,
      "return told?.state === 'held' && told.etag === head?.etag ? told : describePause(reason, input)",
      'void [told, head]\n    return describePause(reason, input)',
    ],
    'a release is used up while AWS refuses the revocation': [
      'reconcile/brake/brake.ts',
      "const isKept = state === 'granted' && !isUnneeded",
      "const isKept = state === 'granted'",
    ],
  },
  default: {
    'a change of a permission set that has begun stops with the next file': [
      'domain/permission-sets/decide-permission-set.ts',
      'if (owesFormer && !isReplacing(wish))',
      'if (false)',
    ],
    'access that others gave in place of a removed one is taken for a contradiction': [
      'reconcile/assignments/decide.ts',
      'const isKnownEnd = isOwnDeletion || entry.missingSince === end.at',
      'const isKnownEnd = isOwnDeletion',
    ],
    'an old listing proves access after a deletion that failed': [
      'domain/assignments/access-proof.ts',
      "return judge(call.kind === 'deletion' ? { ...uncertain, listed: believed('maybe', 'there') } : uncertain)",
      'return judge(uncertain)',
    ],
    'a suspension leaves the status of links to access of others': [
      `${people}suspension-controller.ts`,
      'hints: all.flatMap(({ foreign }) => foreign.map((access) => accessHint(assignmentOf(access), cause))),',
      '',
    ],
    'a process that stood still asks for no look at what its late call changed': [
      'reconcile/dispatcher/hint-work.ts',
      'await this.#doubtLateChanges(first.hint, log)\n        if',
      'if',
    ],
    'a tag grants before the account confirmed it': [
      'reconcile/assignments/evaluate-assignment.ts',
      'isByTags ? await organization.prove(account) : account',
      'account',
    ],
  },
  reviews: {
    'the note of a review counts for a later file with the same content': [
      'reconcile/records/deletion-notes.ts',
      'return !isLater && ',
      'void isLater\n  return ',
    ],
  },
  attributes: {
    'a change that AWS refused to others is carried out': [
      'domain/attributes/decide-attributes.ts',
      "configured?.status === 'CREATION_FAILED' ? (asked?.before ?? applied) : (configured?.attributes ?? [])",
      'asked?.before ?? configured?.attributes ?? []',
    ],
  },
}

/** No life finds these, for the reason above each. Once one does, the fault moves up. */
const missed: Faults = {
  people: {
    // The judge of sessions gives a denial minutes to come back, and the next look writes it again in seconds.
    'a look at a suspension ends denials that others have just added': [
      `${people}suspension-controller.ts`,
      'over: holdings.unread === undefined ? denied : new Set<never>()',
      'over: holdings.unread === undefined ? await listDeniedWhileSuspended(context.objects, { user, by: key }) : new Set<never>()',
    ],
    // No life has yet a list that is open while a window of its author is over.
    'a suspended person stays on the list of an earlier suspension': [
      'domain/brake/act.ts',
      "rule !== 'people' || !hasName(items, end.user)",
      "rule !== 'people'",
    ],
  },
  brake: {
    // Somebody must be suspended, restored and suspended again before the dispatcher has sent the hints of a release, which it does within seconds.
    'a used release lets the same name pass again': [
      'domain/brake/releases.ts',
      'if (used?.includes(name)) return false',
      'void used',
    ],
  },
  reviews: {
    // It shows only if the review is closed within five seconds of the edit, when a decision may be late for other reasons too.
    'a revocation is not carried out if somebody edits the file': [
      [`modules/reviews/rules/decide-end.ts`, "  if (decided === 'revoke') return 'carry out'\n", ''],
      [
        `modules/reviews/rules/decide-decision.ts`,
        "if (item === 'changed' && verdict === 'keep')",
        "if (item === 'changed')",
      ],
    ],
  },
  requests: {
    // History alone says that it is granted: it gives no access and ends by itself.
    'an extension that has not begun stays granted without its file': [
      `${requests}rules/decide-request.ts`,
      "return isComing ? { do: 'record', event: { event: 'withdrawn', digest: before } } : undefined",
      'return undefined',
    ],
    // Another line of the sweep finds the same link once its end is over.
    'the sweep leaves out a link that a dead process wrote': [
      `${requests}list-requests.ts`,
      "if (stored?.state === 'expired' && stored.request?.runs !== digest) found.add(request)",
      '',
    ],
  },
}

function listFaults(faults: Faults, isFound: boolean): readonly PastFault[] {
  return Object.entries(faults).flatMap(([name, ofProfile]) => {
    const profile = profiles.find((one) => one === name)
    return Object.entries(ofProfile).map(([name, places]) => ({ name, profile, edits: listEdits(places), isFound }))
  })
}

function listEdits(places: TextChange | Changes): readonly Edit[] {
  const all = isSingle(places) ? [places] : places
  return all.map(([file, present, former]) => ({ file: `shared/${file}`, present, former }))
}

function isSingle(places: TextChange | Changes): places is TextChange {
  return typeof places[0] === 'string'
}

export const pastFaults: readonly PastFault[] = [...listFaults(found, true), ...listFaults(missed, false)]
