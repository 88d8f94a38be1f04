import { localGroups } from '../../infra/local/serve-hosted-page.ts'
import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import { LocalSystem } from './local-system.ts'
import { type Session, signIn } from './sign-in.ts'
import { smallOrganization } from './small-organization.ts'

/** The account in which everybody can sign in, by `Requester-ps`, and where they ask for `Admin-ps`. */
export const account = '200000000001'

/** A local system with these people, each signed in; ben and cleo are in the group `approvers`, nobody is an auditor or operator. */
export async function startWithRequesters<User extends string>(
  users: readonly User[],
  eligibility: object,
  configuration: Partial<Configuration> = {},
): Promise<{ readonly system: LocalSystem; readonly sessions: Readonly<Record<User, Session>> }> {
  const people = { permissionSet: 'Requester-ps', account }
  const system = await LocalSystem.start({
    organization: smallOrganization({
      groups: ['approvers', ...localGroups.auditors, ...localGroups.operators],
      users: [...users],
      permissionSets: [{ permissionSetName: 'Requester-ps' }, { permissionSetName: 'Admin-ps' }],
      assignments: users.map((principal) => ({ ...people, principal, type: 'USER' as const })),
    }),
    configuration,
    // What waits for a minute waits for ten seconds. Sessions keep real time.
    timeScale: 6,
  })
  for (const user of ['ben', 'cleo']) await system.joinGroup(user, 'approvers')
  const signedIn = await Promise.all(
    users.map(async (user) => [user, await signIn(system, { ...people, user })] as const),
  )
  await system.upload('eligibility/admin.json', JSON.stringify(eligibility), 'governance')
  return { system, sessions: Object.fromEntries(signedIn) as Record<User, Session> }
}
