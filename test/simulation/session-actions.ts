import * as fc from 'fast-check'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { endOfRequest, endSession, sessionMostMs } from '../../shared/domain/sessions/ended-sessions.ts'
import type { ObjectStore } from '../../shared/ports/object-store.ts'
import { endedSessionsKey, recordEndedSessions } from '../../shared/reconcile/records/ended-sessions.ts'
import { readOwned } from '../../shared/reconcile/records/owned-permission-sets.ts'
import { userNames } from './directory-actions.ts'
import { ownedNames } from './permission-set-actions.ts'
import type { SimulatedWorld } from './simulated-world.ts'

type OwnedName = (typeof ownedNames)[number]
const forgeries = ['an instant in 2099', 'an end in 2099'] as const

export type SessionAction =
  /** What `ssofile sessions end` does. `account`: absent where it is done in all. */
  | {
      readonly do: 'end sessions'
      readonly user: (typeof userNames)[number]
      readonly permissionSet: OwnedName
      readonly account: string | undefined
    }
  /** Temporary access has ended minute after minute, and its eligibility ends sessions: more than an inline policy holds. */
  | { readonly do: 'temporary accesses end'; readonly permissionSet: OwnedName; readonly of: 'one' | 'many' }
  /** An operator writes into the record what no command writes. */
  | {
      readonly do: 'forge an ended session'
      readonly user: (typeof userNames)[number]
      readonly permissionSet: OwnedName
      readonly with: (typeof forgeries)[number]
    }

export function sessionActions(account: fc.Arbitrary<string>): readonly fc.WeightedArbitrary<SessionAction>[] {
  const [user, permissionSet] = [fc.constantFrom(...userNames), fc.constantFrom(...ownedNames)]
  return [
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('end sessions' as const),
        user,
        permissionSet,
        account: fc.option(account, { nil: undefined }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('temporary accesses end' as const),
        permissionSet,
        of: fc.constantFrom('one' as const, 'many' as const),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('forge an ended session' as const),
        user,
        permissionSet,
        with: fc.constantFrom(...forgeries),
      }),
    },
  ]
}

export function changeSessions(action: SessionAction, world: SimulatedWorld): void {
  world.operate((ports) => {
    switch (action.do) {
      case 'end sessions':
        return endSessions(action, world, ports)
      case 'temporary accesses end':
        return endMany(action, world, ports)
      case 'forge an ended session':
        return forge(action, world, ports)
      default:
        return action satisfies never
    }
  })
}

type Objects = { readonly objects: ObjectStore }

async function endSessions(
  { user, permissionSet, account }: SessionAction & { readonly do: 'end sessions' },
  { identityStore, clock }: SimulatedWorld,
  { objects }: Objects,
): Promise<void> {
  const id = identityStore.idOf('USER', user)
  const name = permissionSetName.parse(permissionSet)
  // The command refuses for others.
  if (id === undefined || (await readOwned(objects, name))?.value.arn === undefined) return
  const where = account === undefined ? undefined : accountId.parse(account)
  const wish = { user: id, name: user, permissionSet: name, account: where, by: 'operator' }
  await recordEndedSessions(objects, [endSession(wish, clock.now())])
}

const endsMost = 64

async function endMany(
  { of, ...action }: SessionAction & { readonly do: 'temporary accesses end' },
  { clock }: SimulatedWorld,
  { objects }: Objects,
): Promise<void> {
  const permissionSet = permissionSetName.parse(action.permissionSet)
  const nowMs = clock.now().getTime()
  const ends = Array.from({ length: endsMost }, (_, number) => {
    const digits = String(of === 'one' ? 0 : number).padStart(12, '0')
    const user = principalId.parse(`00000000-0000-4000-8000-${digits}`)
    const account = accountId.parse(`3000000000${String(of === 'one' ? number : 0).padStart(2, '0')}`)
    const wish = { user, name: `somebody ${number}`, permissionSet, account, by: endOfRequest(`${number}`) }
    return endSession(wish, new Date(nowMs - number * 60_000))
  })
  await recordEndedSessions(objects, ends)
}

async function forge(
  { user, permissionSet, with: what }: SessionAction & { readonly do: 'forge an ended session' },
  { identityStore, clock }: SimulatedWorld,
  { objects }: Objects,
): Promise<void> {
  const id = identityStore.idOf('USER', user)
  if (id === undefined) return
  const found = await objects.get(endedSessionsKey)
  const { ended = [] } = found ? JSON.parse(new TextDecoder().decode(found.body)) : {}
  const now = clock.now().toISOString()
  const [before, until] =
    what === 'an end in 2099'
      ? [now, '2099-01-01T12:00:00.000Z']
      : ['2099-01-01T00:00:00.000Z', '2099-01-01T12:00:00.000Z']
  const entry = { user: id, name: user, permissionSet, before, until, by: 'forger' }
  const body = JSON.stringify({ v: 1, ended: [...ended, entry] })
  // Who is slower than another writer gives up.
  await objects.put(endedSessionsKey, body, found ? { ifMatch: found.etag } : { ifNoneMatch: '*' })
}

/** A provisioning takes hours now and then. */
const removedMostMinutes = 3 * 60

/** After the world has come to rest: no session lasts longer, and what is denied goes by the schedule of each minute alone. */
export async function outlastDenials(world: SimulatedWorld): Promise<void> {
  const isLeft = () => world.checker.isAnySessionEnded() && !world.checker.violation
  if (!isLeft()) return
  await world.clock.advance(sessionMostMs + 2 * world.skewMs)
  for (let minute = 1; minute <= removedMostMinutes && isLeft(); minute++) {
    void world.everyMinute()
    await world.clock.advance(60_000)
  }
  if (world.ssoAdmin.provisioningsInProgress() === 0) world.checker.checkNothingDenied()
}
