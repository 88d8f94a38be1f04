import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Ports } from '../../ports/ports.ts'
import { unlessCode } from '../../ports/service-error.ts'
import { findUnknownUses } from '../usage/find-unknown-uses.ts'
import { keyOf, type LastUse } from '../usage/rules/person-uses.ts'
import type { OwnUse } from '../usage/rules/role-use.ts'
import { listLastUses, readWatched } from '../usage/use-records.ts'
import { unlessRefused } from './unless-refused.ts'

export type OwnUses = NonNullable<Awaited<ReturnType<typeof readOwnUses>>>

export const unreadUses = 'the uses of some people could not be read, so when they used access is not known'

/** Unless uses are asked for, ssofile does not read those of more people. */
const peopleMost = 20

/** The uses of each person. `undefined`: nothing was ever counted, or the caller may not read it. */
export async function readOwnUses(ports: Pick<Ports, 'objects' | 'clock'>, notes: string[], isAsked = false) {
  const watched = await unlessCode(readWatched(ports), 'AccessDenied')
  if (watched?.countedSince === undefined) return undefined
  const counted = { countedSince: watched.countedSince, asOf: renderInstant(ports.clock.now()) }
  const read = new Set<PrincipalId>()
  const unknown = new Set<PrincipalId>()
  const known = new Map<string, LastUse>()
  /** `undefined`: too many people, or the uses of this person could not be read. */
  const of = async (users: ReadonlySet<PrincipalId>) => {
    if (!isAsked && users.size > peopleMost) return undefined
    const others = [...users].filter((user) => !read.has(user))
    for await (const { uses, unread } of listLastUses(ports, others)) {
      for (const use of uses) known.set(`${use.user}%${keyOf(use)}`, use)
      const [first] = unread.values()
      // After a later version there may be thousands: one says what to do.
      if (first && unknown.size === 0) notes.push(`${unreadUses}: ${first.message}`)
      for (const user of unread.keys()) unknown.add(user)
    }
    for (const user of others) read.add(user)
    return (user: PrincipalId, access: Parameters<typeof keyOf>[0]): OwnUse | undefined =>
      unknown.has(user) ? undefined : { ...counted, last: known.get(`${user}%${keyOf(access)}`) }
  }
  return { watched, of }
}

/** One user's use of one access, which may be unknown to ssofile. */
export async function readOwnUse(
  user: PrincipalId,
  access: Pick<LastUse, 'account' | 'permissionSet'>,
  ports: Pick<Ports, 'objects' | 'clock'>,
  notes: string[],
): Promise<OwnUse | undefined> {
  const use = (await (await readOwnUses(ports, notes))?.of(new Set([user])))?.(user, access)
  if (use?.last === undefined) return use
  const finding = findUnknownUses(ports.objects, [access])
  const unknown = await unlessRefused(finding, 'whether ssofile knows the access could not be asked', notes)
  return unknown?.size ? { ...use, isUnknown: true } : use
}
