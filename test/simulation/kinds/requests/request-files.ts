import { requester } from '../../request-actions.ts'
import type { SimulatedWorld } from '../../simulated-world.ts'
import type { KindFiles } from '../part.ts'

/** `undefined`: there is no such user. */
export function requestKey(
  { identityStore }: SimulatedWorld,
  account: string,
  by: string = requester,
): string | undefined {
  const id = identityStore.idOf('USER', by)
  return id && `requests/${id}/account%${account}%First-ps%${requester}%USER%ssofile`
}

/** Each upload has another number, like an edited one. */
const asking =
  (duration: string, startsInMs?: number) =>
  (at: (ms: number) => string, { checker }: SimulatedWorld) => {
    const startsAt = startsInMs === undefined ? {} : { startsAt: at(startsInMs) }
    return JSON.stringify({ duration, reason: `upload ${checker.temporary.nextUpload}`, ...startsAt })
  }

export const requestFiles = {
  keys: {
    'of the first account': (world) => requestKey(world, '200000000001'),
    'of the second account': (world) => requestKey(world, '200000000002'),
    'in the name of another': (world) => requestKey(world, '200000000001', 'eve'),
  },
  valid: {
    'of half an hour': asking('PT30M'),
    'of ten minutes': asking('PT10M'),
    'that is too long': asking('PT2H'),
    'that begins soon': asking('PT30M', 90_000),
  },
  invalid: { broken: '{ "duration":', 'with an unknown field': '{ "duration": "PT30M", "approvals": 0 }' },
} as const satisfies KindFiles

/** About the last upload of the first request whose digest a status showed. */
const decides = (who: string) => (world: SimulatedWorld) => {
  const key = requestKey(world, '200000000001')
  const [user, shown] = [world.identityStore.idOf('USER', who), world.checker.temporary.seen(key ?? '').at(-1)]
  return user && shown && `approvals/${user}/${shown.digest}`
}

export const approvalFiles = {
  keys: { ann: decides('ann'), bob: decides('bob'), 'the requester': decides(requester), eve: decides('eve') },
  valid: { approve: '{"decision":"approve"}', deny: '{"decision":"deny"}' },
  invalid: { perhaps: '{"decision":"perhaps"}', broken: '{' },
} as const satisfies KindFiles
