import { accountId } from '../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { endOfRequest, endSession, sessionMostMs } from '../../shared/domain/sessions/ended-sessions.ts'
import { recordEndedSessions } from '../../shared/reconcile/records/ended-sessions.ts'
import { readOwned } from '../../shared/reconcile/records/owned-permission-sets.ts'
import type { ownedNames } from './permission-set-actions.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import type { userNames } from './small-world.ts'

type Of = { readonly permissionSet: (typeof ownedNames)[number] }
type Ended = Of & { readonly user: (typeof userNames)[number] }

const endsMost = 64

export const sessionActions = {
  /** What `ssofile sessions end` does, in all accounts. */
  'end sessions': (world: SimulatedWorld, { user, permissionSet }: Ended) =>
    void world.operate(async ({ objects }) => {
      const id = world.identityStore.idOf('USER', user)
      const name = permissionSetName.parse(permissionSet)
      // The command refuses for others.
      if (id === undefined || (await readOwned(objects, name))?.value.arn === undefined) return
      const wish = { user: id, name: user, permissionSet: name, account: undefined, by: 'operator' }
      await recordEndedSessions(objects, [endSession(wish, world.clock.now())])
    }),
  /** Temporary access has ended minute after minute, and its eligibility ends sessions: more than an inline policy holds. */
  'many temporary accesses end': (world: SimulatedWorld, { permissionSet }: Of) =>
    void world.operate(async ({ objects }) => {
      const nowMs = world.clock.now().getTime()
      const ends = Array.from({ length: endsMost }, (_, number) => {
        const wish = {
          user: principalId.parse(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`),
          account: accountId.parse('300000000000'),
          permissionSet: permissionSetName.parse(permissionSet),
          ...{ name: `somebody ${number}`, by: endOfRequest(`${number}`) },
        }
        return endSession(wish, new Date(nowMs - number * 60_000))
      })
      await recordEndedSessions(objects, ends)
    }),
}

/** A provisioning takes hours now and then. */
const removedMostMinutes = 3 * 60

/** After the world has come to rest: no session lasts longer, and what is denied goes by the schedule of each minute alone. */
export async function outlastDenials(world: SimulatedWorld): Promise<void> {
  const isLeft = () => world.checker.sessions.isAnyEnded() && !world.checker.violation
  if (!isLeft()) return
  await world.clock.advance(sessionMostMs + 2 * world.skewMs)
  for (let minute = 1; minute <= removedMostMinutes && isLeft(); minute++) {
    void world.everyMinute()
    await world.clock.advance(60_000)
  }
  if (world.ssoAdmin.provisioningsInProgress() === 0) world.checker.sessions.checkNothingDenied()
}
