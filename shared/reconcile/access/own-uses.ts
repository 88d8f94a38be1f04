import type { OwnUse } from '../../domain/assignments/role-use.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { LastUse } from '../../domain/usage/person-uses.ts'
import type { Watched } from '../../domain/usage/watched.ts'
import type { Ports } from '../../ports/ports.ts'
import { unlessCode } from '../../ports/service-error.ts'
import { readLastUses, readWatched } from '../usage/last-uses.ts'

type Used = Pick<LastUse, 'account'> & { readonly permissionSet: string }
export type OwnUses = {
  readonly watched: Watched
  /** `undefined`: too many people. */
  readonly of: (users: ReadonlySet<PrincipalId>) => Promise<((user: PrincipalId, access: Used) => OwnUse) | undefined>
}

/** Unless uses are asked for, ssofile does not read those of more people. */
const peopleMost = 20

/** The uses of each person. `undefined`: nothing was ever counted, or the caller may not read it. */
export async function readOwnUses(ports: Pick<Ports, 'objects' | 'clock'>, isAsked = false) {
  const watched = await unlessCode(readWatched(ports), 'AccessDenied')
  if (watched?.countedSince === undefined) return undefined
  const common = { countedSince: watched.countedSince, asOf: renderInstant(ports.clock.now()) }
  const of: OwnUses['of'] = async (users) => {
    if (!isAsked && users.size > peopleMost) return undefined
    const known = new Map((await readLastUses(ports, users)).map((use) => [keyOf(use.user, use), use]))
    return (user, access) => ({ ...common, last: known.get(keyOf(user, access)) })
  }
  return { watched, of }
}

function keyOf(user: PrincipalId, { account, permissionSet }: Used): string {
  return `${user}%${account}%${permissionSet}`
}
