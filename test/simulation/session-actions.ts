import { permissionSetName } from '../../shared/domain/permission-sets/permission-set-name.ts'
import { endSession, sessionMostMs } from '../../shared/domain/sessions/ended-sessions.ts'
import { recordEndedSessions } from '../../shared/reconcile/records/ended-sessions.ts'
import { readOwned } from '../../shared/reconcile/records/owned-permission-sets.ts'
import type { ownedNames } from './permission-set-actions.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import type { userNames } from './small-world.ts'

type Ended = { readonly permissionSet: (typeof ownedNames)[number]; readonly user: (typeof userNames)[number] }

export const sessionActions = {
  /** Like `ssofile sessions end`, in all accounts. */
  'end sessions': (world: SimulatedWorld, { user, permissionSet }: Ended) =>
    void world.deployment.operate(async ({ objects }) => {
      const id = world.identityStore.idOf('USER', user)
      const name = permissionSetName.parse(permissionSet)
      // The command refuses other users and permission sets.
      if (id === undefined || (await readOwned(objects, name))?.value.arn === undefined) return
      const wish = { user: id, name: user, permissionSet: name, account: undefined, by: 'operator' }
      await recordEndedSessions(objects, [endSession(wish, world.clock.now())])
    }),
}

/** A provisioning sometimes takes hours. */
const removedMostMinutes = 3 * 60

/** After the world is at rest: no session can still run, and the schedule of each minute alone removes the denials. */
export async function outlastDenials(world: SimulatedWorld): Promise<void> {
  const isLeft = () => world.checker.sessions.isAnyEnded() && !world.checker.violation
  if (!isLeft()) return
  await world.clock.advance(sessionMostMs + 2 * world.settings.skewMs)
  for (let minute = 1; minute <= removedMostMinutes && isLeft(); minute++) {
    void world.deployment.everyMinute()
    await world.clock.advance(60_000)
  }
  if (world.ssoAdmin.provisioningsInProgress() === 0) world.checker.sessions.checkNothingDenied()
}
