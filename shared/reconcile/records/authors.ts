import * as z from 'zod'
import type { EntitlementKey } from '../../domain/assignments/entitlement.ts'
import { type Author, author } from '../../domain/by-hand/author.ts'
import { record } from '../../domain/json/record.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import type { MembershipId } from '../../domain/principals/owned-membership.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import type { AssignmentTarget } from '../../ports/sso-admin.ts'
import { defineRecords } from './define-record.ts'
import { spoiledAsAbsent } from './stored-json.ts'

/** How many authors to keep for each thing. */
const keptMost = 4
/** Names no earlier caller: a present effect may be someone else's, whose event was lost. */
const believedMs = 60 * 60_000

const authors = record({ v: z.literal(1), authors: z.array(author) })

/** The target of a call: an assignment, an entitlement of account access manager, a membership, or a permission set. */
export type Touched =
  | AssignmentTarget
  | { readonly entitlement: EntitlementKey }
  | { readonly membership: MembershipId }
  | PermissionSetArn

function nameOf(touched: Touched): string {
  if (typeof touched === 'string') return `permission-set%${idOf(touched)}`
  if ('entitlement' in touched) return touched.entitlement
  if ('membership' in touched) return `membership%${touched.membership.group}%${touched.membership.user}`
  const { accountId, permissionSetArn, principalId, principalType } = touched
  return `account%${accountId}%${idOf(permissionSetArn)}%${principalId}%${principalType}`
}

function idOf(arn: PermissionSetArn): string {
  return arn.slice(arn.indexOf('/') + 1)
}

export const authorRecords = defineRecords({
  at: 'state/authors/',
  meaning: 'who made calls by hand, by events',
  source: { is: 'note', until: 'two hours are over' },
  key: nameOf,
  value: authors,
})

/** Notes who made calls, by events. Only the code that finds their effect reads this. */
export async function noteAuthors(objects: ObjectStore, touched: Touched, called: readonly Author[]): Promise<void> {
  await authorRecords.of(objects, touched).revise((current) => {
    const known = current?.authors ?? []
    const added = called.filter((one) => !known.some(({ eventId }) => eventId === one.eventId))
    const all = [...known, ...added].sort((a, b) => (a.at < b.at ? -1 : 1))
    return { ...current, v: 1, authors: all.slice(-keptMost) }
  })
}

/** The call: an assignment created or deleted, a user removed in the console, or any change of a permission set. */
export type Deed = 'Create' | 'Delete' | 'Remove' | ''

/**
 * The author of the last such call within an hour. `undefined`: unknown, because the event was lost or has not arrived yet. `since`: when
 * ssofile last knew the opposite of the effect that it found now, by each of its records. Earlier calls have another effect, which was
 * found or undone.
 */
export async function findAuthor(
  { objects, clock }: { readonly objects: ReadingObjects; readonly clock: Pick<Clock, 'now'> },
  touched: Touched,
  { deed, since }: { readonly deed: Deed; readonly since: readonly (string | undefined)[] },
): Promise<Author | undefined> {
  const stored = await spoiledAsAbsent(authorRecords.read(objects, touched))
  const known = since.flatMap((at) => (at === undefined ? [] : [Date.parse(at)]))
  // CloudTrail tells whole seconds: in the same second, the call may have come first.
  const after = Math.max(clock.now().getTime() - believedMs, ...known)
  return stored?.value.authors.findLast(({ call, at }) => call.startsWith(deed) && Date.parse(at) > after)
}

/** Forgets authors after twice the time in which `findAuthor` returns them. */
export async function forgetAuthors({ objects, clock }: { readonly objects: ObjectStore; readonly clock: Clock }) {
  const since = clock.now().getTime() - 2 * believedMs
  for await (const { key, lastModified } of objects.list(authorRecords.at))
    if (lastModified.getTime() < since) await objects.delete(key)
}
