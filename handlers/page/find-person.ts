import * as z from 'zod'
import type { PageSettings } from '../../shared/domain/deployment/page-settings.ts'
import { principalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { complainOfBar } from '../../shared/domain/principals/judge-actor.ts'
import { principalName } from '../../shared/domain/principals/principal.ts'
import { quote } from '../../shared/domain/statuses/complaint.ts'
import type { IdentityStore } from '../../shared/ports/identity-store.ts'
import type { Actor } from '../../shared/reconcile/directory/find-actor.ts'
import type { Fault } from './refusal-page.ts'

/** The content of a session's cookie: the person, and when and how the provider authenticated them. It decides nothing. */
export const pageSession = z.object({
  /** The id of this session: signing out ends it. */
  id: z.string(),
  userId: principalId,
  userName: principalName,
  /** Seconds, as in the ID token; absent: the provider does not send it. */
  authTime: z.number().optional(),
  acr: z.string().optional(),
})
export type PageSession = z.infer<typeof pageSession>

type PersonAnswer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault }

/**
 * The user of the ID token: the configured claim must be exactly one UserName of the identity store, now.
 *
 * | the claim                                             | then    |
 * | ----------------------------------------------------- | ------- |
 * | is absent, no text, or a list of several              | refused |
 * | is `email`, and the provider did not verify it        | refused |
 * | is no UserName, by every character                    | refused |
 * | is found, but the store spells the name another way   | refused |
 */
export async function findPerson(
  claims: Readonly<Record<string, unknown>>,
  { userNameClaim }: PageSettings['signIn'],
  identityStore: IdentityStore,
): Promise<PersonAnswer<Omit<PageSession, 'id'>>> {
  const told = claims[userNameClaim]
  const name = principalName.safeParse(told).data
  if (name === undefined)
    return refuse(
      typeof told === 'string' ? `the name ${quote(told)}` : `no single name in the claim '${userNameClaim}'`,
      'the UserName of one user',
      'ask the platform team: the provider has to send that claim ("signIn.userNameClaim")',
    )
  if (userNameClaim === 'email' && claims.email_verified !== true)
    return refuse(
      'a mail address that the provider has not verified',
      'a verified one (email_verified)',
      'ask the platform team to take another claim ("signIn.userNameClaim")',
    )
  const userId = await identityStore.findPrincipalId('USER', name)
  const user = userId && (await identityStore.findUser(userId))
  if (!userId || !user || user.name !== name)
    return refuse(
      `the name ${quote(name)}`,
      'a user of IAM Identity Center whose UserName is exactly that, capitals included',
      'ask the platform team to compare your UserName with what your provider sends',
    )
  const { auth_time: authTime, acr } = claims
  const value = { userId, userName: name, authTime, acr: typeof acr === 'string' ? acr : undefined }
  return { ok: true, value: pageSession.omit({ id: true }).parse(value) }
}

/** Whether a session still belongs to the user in it, and this user may act. */
export function judgeUser({ userName }: Pick<PageSession, 'userName'>, { user, bar }: Actor): PersonAnswer<undefined> {
  if (user === undefined)
    return refuse(
      `a session of ${quote(userName)}, whose user was deleted`,
      'a user of IAM Identity Center',
      'sign in again',
    )
  if (user.name !== userName)
    return refuse(
      `a session of ${quote(userName)}, who has another name now`,
      'a session under the present name',
      'sign in again',
    )
  return bar ? { ok: false, fault: complainOfBar(userName, bar) } : { ok: true, value: undefined }
}

function refuse(received: string, expected: string, remedy: string): PersonAnswer<never> {
  return { ok: false, fault: { received, expected, remedy } }
}
