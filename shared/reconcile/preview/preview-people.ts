import pLimit from 'p-limit'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { findNeverSuspended, mayAdoptPerson } from '../../domain/guardrails/named-people.ts'
import type { Guardrails } from '../../domain/guardrails/policy-file.ts'
import { decidePerson } from '../../domain/people/decide-person.ts'
import {
  type OwnedPerson,
  parsePersonFile,
  parsePersonKey,
  peoplePrefix,
  personFileMostBytes,
  personKey,
} from '../../domain/people/person-file.ts'
import { compareProfiles, type ProfileField, profileFields } from '../../domain/people/person-profile.ts'
import { type PrincipalName, principalName } from '../../domain/principals/principal.ts'
import { renderComplaint } from '../../domain/statuses/complaint.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import { once } from '../../ports/once.ts'
import type { PrincipalIndex } from '../directory/principal-index.ts'
import { refusePeople } from '../directory/refuse-people.ts'
import { listHeads, readsAtOnce } from '../records/list-heads.ts'
import { listOwnedPeople, ownedPersonRecord } from '../records/owned-people.ts'
import type { Policies } from '../records/policies.ts'
import { readParsedInput } from '../records/read-input.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'

/**
 * `wait`: for `startsAt`. `end`: the person will count as suspended. `ended`: the person does, until the user is deleted.
 * `renamed`: somebody did that by hand, and nothing changes.
 */
export type PersonChange = {
  readonly name: PrincipalName
  readonly change: 'create' | 'adopt' | 'change' | 'return' | 'wait' | 'end' | 'ended' | 'renamed' | 'rejected'
  /** The fields that change. */
  readonly fields?: readonly ProfileField[]
  /** When it begins (`wait`), began (`end`) or the user is deleted (`ended`). */
  readonly at?: string | undefined
  readonly endsAt?: string | undefined
  readonly deleteAfterDays?: number | undefined
  readonly reason?: string
}

type Sources = {
  readonly objects: ObjectStore
  readonly identityStore: IdentityStore
  readonly principals: Pick<PrincipalIndex, 'resolve'>
  readonly configuration: Configuration
  readonly policies: Pick<Policies, 'read'>
  readonly now: Date
}

/** The planned changes of people by their files. Does not ask the directory about a person whose file is unchanged. */
export async function previewPeople(sources: Sources): Promise<readonly PersonChange[]> {
  const { objects } = sources
  const heads = await listHeads(objects, peoplePrefix)
  const names = new Set(await Array.fromAsync(listOwnedPeople(objects)))
  for (const key of heads.keys()) {
    const named = parsePersonKey(key)
    if (named.ok) names.add(named.value)
  }
  // It may list all users.
  const refuse = once(() => refusePeople(sources, sources.now))
  const guardrails = await sources.policies.read()
  const planned = await pLimit(readsAtOnce).map([...names].sort(), async (name): Promise<readonly PersonChange[]> => {
    const change = await previewPerson(name, heads.get(personKey(name)), { ...sources, guardrails, refuse })
    return change ? [{ name, ...change }] : []
  })
  return planned.flat()
}

type Change = Omit<PersonChange, 'name'>

/** Steps that only ssofile's own records need, which are not reported. */
const untold = {
  ...{ refusal: undefined, isFresh: false, isClaimed: true },
  ...{ hasTerms: true, isSuspended: true, isLeftSuspended: false },
} as const

/** The claim is dropped, because it is unknown who created the user. */
function isClaimOfOther(owned: OwnedPerson | undefined, head: ObjectHead | undefined): boolean {
  return owned !== undefined && owned.id === undefined && owned.claimed !== head?.etag
}

async function previewPerson(
  name: PrincipalName,
  head: ObjectHead | undefined,
  {
    objects,
    identityStore,
    principals,
    configuration,
    guardrails,
    now,
    refuse,
  }: Sources & { readonly guardrails: Guardrails; readonly refuse: () => ReturnType<typeof refusePeople> },
): Promise<Change | undefined> {
  const owned = (await spoiledAsAbsent(ownedPersonRecord(objects, name).read()))?.value
  if (head && isSettled(head, owned, now)) return undefined
  const file =
    head && (await readParsedInput(objects, head.key, { mostBytes: personFileMostBytes, parse: parsePersonFile }))?.file
  const refusal = await refuse()
  if (refusal) return file && reject(renderComplaint({ object: personKey(name), ...refusal }))
  if (file?.ok === false) return reject(renderComplaint(file.complaint))
  const said = file?.value
  const id = owned?.id ?? (await principals.resolve('USER', name, Number.NEGATIVE_INFINITY))
  const user = id && (await identityStore.findUser(id))
  const hasName = user?.name === principalName.parse(name + configuration.principalSuffix)
  const isApplied = owned?.applied !== undefined && owned.applied === head?.etag
  const decided = decidePerson({
    ...untold,
    ...{ file: said ?? 'none', entry: isClaimOfOther(owned, head) ? undefined : owned },
    ...{ isApplied, now, onDrift: configuration.onDrift },
    user: user && { ...user, hasName },
    mayAdopt: mayAdoptPerson(guardrails, name),
    protectedBy: findNeverSuspended(guardrails, name),
  })
  const terms = { endsAt: said?.endsAt, deleteAfterDays: said?.deleteAfterDays ?? owned?.deleteAfterDays }
  const differing = (isAdopted: boolean) => {
    const differs = said && user ? compareProfiles(said, user.profile, { isAdopted }) : {}
    return profileFields.filter((field) => field in differs)
  }
  if ('do' in decided)
    switch (decided.do) {
      case 'claim':
      case 'make':
        return { change: 'create', ...terms }
      case 'adopt':
        return { change: 'adopt', fields: differing(true), ...terms }
      case 'return':
        return { change: 'return', fields: differing(owned?.isAdopted === true), ...terms }
      case 'change':
        return { change: 'change', fields: profileFields.filter((field) => field in decided.change), ...terms }
      case 'end':
        return { change: 'end', ...terms, at: said?.endsAt }
      case 'delete':
        return { change: 'ended', at: decided.dueAt.toISOString() }
      case 'note':
      case 'disclaim':
      case 'keep':
      case 'suspend':
      case 'forget':
        return undefined
      default:
        return decided satisfies never
    }
  switch (decided.tell) {
    case 'wait':
      return { change: 'wait', at: said?.startsAt, ...terms }
    case 'ended':
      return decided.dueAt && { change: 'ended', at: decided.dueAt.toISOString() }
    case 'external':
      return reject('a provider keeps the user (it has ExternalIds)')
    case 'foreign':
      return reject('ssofile did not make the user, and no policy lets it take the user over ("adoptPeople")')
    case 'protected':
      return reject(`"neverSuspend" of ${decided.policy} names the user`)
    case 'identity':
      return reject('the file has another e-mail address, and ssofile adopted the user')
    case 'renamed':
      return { change: 'renamed', reason: `somebody renamed the user to '${user?.name}'` }
    case 'none':
    case 'invalid':
    case 'refused':
    case 'unanswered':
    case 'not ours':
    case 'applied':
    case 'expired':
    case 'report':
      return undefined
    default:
      return decided satisfies never
  }
}

function reject(reason: string): Change {
  return { change: 'rejected', reason }
}

/** The directory equals the file, and its time is not over. */
function isSettled({ etag }: ObjectHead, owned: OwnedPerson | undefined, now: Date): boolean {
  if (owned?.id === undefined || owned.applied !== etag || owned.ended !== undefined) return false
  return owned.endsAt === undefined || Date.parse(owned.endsAt) > now.getTime()
}
