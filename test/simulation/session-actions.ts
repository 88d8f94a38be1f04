import * as fc from 'fast-check'
import { accountId } from '../../shared/domain/account-id.ts'
import { endSession, sessionMostMs } from '../../shared/domain/ended-sessions.ts'
import { permissionSetName } from '../../shared/domain/permission-set-name.ts'
import { endedSessionsKey, recordEndedSessions } from '../../shared/reconcile/records/ended-sessions.ts'
import { readOwned } from '../../shared/reconcile/records/owned-permission-sets.ts'
import { userNames } from './directory-actions.ts'
import { ownedNames } from './permission-set-actions.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** What `ssofile sessions end` does. `account`: absent where it is done in all. */
export type SessionAction = {
  readonly do: 'end sessions'
  readonly user: (typeof userNames)[number]
  readonly permissionSet: (typeof ownedNames)[number]
  readonly account: string | undefined
}

export function sessionActions(account: fc.Arbitrary<string>): readonly fc.WeightedArbitrary<SessionAction>[] {
  return [
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('end sessions' as const),
        user: fc.constantFrom(...userNames),
        permissionSet: fc.constantFrom(...ownedNames),
        account: fc.option(account, { nil: undefined }),
      }),
    },
  ]
}

export function endSessions({ user, permissionSet, account }: SessionAction, world: SimulatedWorld): void {
  const id = world.identityStore.idOf('USER', user)
  if (id === undefined) return
  world.operate(async ({ objects }) => {
    const name = permissionSetName.parse(permissionSet)
    // The command refuses for others.
    if ((await readOwned(objects, name))?.value.arn === undefined) return
    const where = account === undefined ? undefined : accountId.parse(account)
    const wish = { user: id, name: user, permissionSet: name, account: where, by: 'operator' }
    await recordEndedSessions(objects, [endSession(wish, world.clock.now())], world.clock.now())
  })
}

/** A provisioning takes hours now and then. */
const removedMostMinutes = 3 * 60

/** After the world has come to rest: no session lasts longer, and what is denied goes by the schedule of each minute alone. */
export async function outlastDenials(world: SimulatedWorld): Promise<void> {
  const isLeft = () => world.keys(endedSessionsKey).length > 0 && !world.checker.violation
  if (!isLeft()) return
  await world.clock.advance(sessionMostMs + 2 * world.skewMs)
  for (let minute = 1; minute <= removedMostMinutes && isLeft(); minute++) {
    void world.everyMinute()
    await world.clock.advance(60_000)
  }
  if (world.ssoAdmin.provisioningsInProgress() === 0) world.checker.checkNothingDenied()
}
