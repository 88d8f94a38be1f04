import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { type Bar, judgeActor } from '../../domain/principals/judge-actor.ts'
import { isCutName } from '../../domain/principals/person-session.ts'
import { nameInLinks, type PrincipalName } from '../../domain/principals/principal.ts'
import type { DirectoryUser, IdentityStore } from '../../ports/identity-store.ts'
import type { Suspensions } from '../records/suspensions.ts'

/** A user who acts, as the directory and the bucket know the user. */
export type Actor = {
  readonly userId?: PrincipalId | undefined
  readonly user?: DirectoryUser | undefined
  /** The name in links; `undefined`: no such user, or links cannot spell the name. */
  readonly name?: PrincipalName | undefined
  readonly bar?: Bar | undefined
}

export type ActorSources = {
  readonly identityStore: Pick<IdentityStore, 'findUser'>
  readonly suspensions: Pick<Suspensions, 'find'>
  readonly principalSuffix: string
}

/** Gathers the facts for `judgeActor` and judges. `needsName`: the action needs a name in links. Throws if AWS does not answer. */
export async function findActor(
  userId: PrincipalId,
  { identityStore, suspensions, principalSuffix }: ActorSources,
  { needsName = true }: { readonly needsName?: boolean } = {},
): Promise<Actor> {
  const user = await identityStore.findUser(userId)
  if (user === undefined) return { userId, bar: judgeActor({ user: 'gone' }) }
  const name = nameInLinks(user.name, principalSuffix)
  const bar = judgeActor({
    user: user.isDisabled === true ? 'disabled' : 'enabled',
    suspendedBy: await suspensions.find(userId, name, user.externalIds),
    isNameless: needsName && name === undefined,
  })
  return { userId, user, name, bar }
}

/** Like `findActor`, for the person whose session has this name. `undefined`: unknown, because AWS may have cut the name. */
export async function findActorOfSession(
  userName: PrincipalName,
  sources: ActorSources & { readonly identityStore: Pick<IdentityStore, 'findPrincipalId' | 'findUser'> },
): Promise<Actor | undefined> {
  if (isCutName(userName)) return undefined
  const userId = await sources.identityStore.findPrincipalId('USER', userName)
  return userId === undefined ? { bar: judgeActor({ user: 'gone' }) } : findActor(userId, sources, { needsName: false })
}
