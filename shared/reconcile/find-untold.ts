import pLimit from 'p-limit'
import { type AssignmentKey, parseAssignmentKey } from '../domain/assignment.ts'
import type { Configuration } from '../domain/configuration.ts'
import { parseLinkKey, renderGrant } from '../domain/link.ts'
import { permissionSetPrefix } from '../domain/permission-set-file.ts'
import type { Plan } from '../domain/plan.ts'
import { type AttentionState, attentionStates, status } from '../domain/status.ts'
import type { ObjectHead, ObjectStore } from '../ports/object-store.ts'
import type { Checkpoint } from './checkpoint.ts'
import { queueOf } from './inputs.ts'
import { type Heads, readsAtOnce } from './list-heads.ts'
import { attentionKey, attentionPrefix, statusKey, statusPrefix } from './status-store.ts'
import { isSpoiled, readJson, unlessSpoiled } from './stored-json.ts'

/**
 * Inputs without a status, or with one that is not of the file as it is; those whose status says that work goes on, since
 * whoever did it may have died before it told; and statuses whose input is gone.
 */
export async function findUntold({
  objects,
  files,
  statuses,
  expired,
  last,
  indexed,
}: {
  objects: ObjectStore
  files: Heads
  statuses: Heads
  expired: readonly string[]
  last: Checkpoint
  /** What stands under `attention/`. */
  indexed: ReadonlySet<string>
}): Promise<{
  stale: readonly string[]
  unsettled: readonly string[]
  missing: readonly string[]
  /** Objects that nobody can read: they hold up no other. */
  spoiled: readonly string[]
}> {
  const limit = pLimit(readsAtOnce)
  const isPast = new Set(expired)
  const toRead = new Set([...last.inputs, ...expired])
  const stale: string[] = []
  const unsettled: string[] = []
  const missing: string[] = []
  const spoiled: string[] = []
  const check = async ({ key, etag, lastModified }: ObjectHead): Promise<void> => {
    const told = statuses.get(statusKey(key))
    if (!told || told.lastModified < lastModified) return void stale.push(key)
    if (told.lastModified < last.since && !toRead.has(key)) return
    const read = await unlessSpoiled(readJson(objects, statusKey(key), status))
    if (isSpoiled(read)) {
      spoiled.push(read.key)
      return void unsettled.push(key)
    }
    const current = read?.value
    const isGoingOn = current?.state === 'applying' || current?.state === 'revoking'
    if (isGoingOn) unsettled.push(key)
    const attention = attentionStates.find((state) => state === current?.state)
    if (attention && !indexed.has(attentionKey(attention, key))) missing.push(key)
    const isExpired = current?.state !== 'expired' && isPast.has(key)
    // Instants in S3 are whole seconds: only the etag tells a file from the one before it in the same second.
    if (isGoingOn || isExpired || current?.etag !== etag) stale.push(key)
  }
  await Promise.all([...files.values()].map((head) => limit(() => check(head))))
  const checkLeft = async (key: string): Promise<void> => {
    const input = key.slice(statusPrefix.length, -'.json'.length)
    // What else somebody put there is the status of no input.
    if (files.has(input) || !queueOf(input) || statusKey(input) !== key) return
    const read = await unlessSpoiled(readJson(objects, key, status))
    if (isSpoiled(read)) spoiled.push(key)
    else stale.push(input)
  }
  await Promise.all([...statuses.keys()].map((key) => limit(() => checkLeft(key))))
  return { stale: stale.sort(), unsettled: unsettled.sort(), missing, spoiled: spoiled.sort() }
}

/** What the index under `attention/` says wrongly, and the links that wait for accounts, organizational units or a date. */
export async function checkAttention(objects: ObjectStore): Promise<{
  readonly misindexed: readonly string[]
  readonly toLookAt: readonly string[]
  readonly indexed: ReadonlySet<string>
  /** Inputs whose status says that something is still to be granted or revoked. */
  readonly open: readonly string[]
  /** Inputs whose status says that the brake holds access of theirs. */
  readonly held: ReadonlySet<string>
}> {
  const limit = pLimit(readsAtOnce)
  const held = new Set<string>()
  const misindexed = new Set<string>()
  const toLookAt: string[] = []
  const open: string[] = []
  const indexed = new Set<string>()
  const listed: { readonly input: string; readonly state: AttentionState }[] = []
  for (const state of attentionStates) {
    for await (const { key } of objects.list(`${attentionPrefix}${state}/`)) {
      indexed.add(key)
      const input = key.slice(attentionPrefix.length + state.length + 1)
      if (!input.startsWith('too-long/')) listed.push({ input, state })
    }
  }
  const check = async ({ input, state }: (typeof listed)[number]): Promise<void> => {
    const read = await unlessSpoiled(readJson(objects, statusKey(input), status))
    // `findUntold` tells of it.
    if (isSpoiled(read)) return
    const told = read?.value
    if (told?.state !== state) misindexed.add(input)
    else if (state === 'held') held.add(input)
    // What refused or blocked a permission set may be gone: nobody tells us.
    else if (state !== 'rejected' && input.startsWith(permissionSetPrefix)) toLookAt.push(input)
    else if (state === 'waiting' && (told.accounts?.desired ?? 0) === 0) toLookAt.push(input)
    else if (state === 'waiting' || state === 'failed') open.push(input)
  }
  // Started together once all are listed: one that fails while the listing is still read would be nobody's to catch.
  await Promise.all(listed.map((one) => limit(() => check(one))))
  return { misindexed: [...misindexed].sort(), toLookAt: toLookAt.sort(), indexed, open: open.sort(), held }
}

/**
 * Links whose status says that something is open, while nothing is: whoever closed it died before it told. Of a link that
 * may mean many accounts the same grant in any of them counts as open; the next reconcile has it when that is done.
 */
export function findOvertaken(
  open: readonly string[],
  plan: Plan,
  unsettled: readonly AssignmentKey[],
  { folders }: Configuration,
): readonly string[] {
  const unsettledAssignments = unsettled.map((key) => parseAssignmentKey(key)).filter((known) => known !== undefined)
  const all = [...plan.grants, ...unsettledAssignments]
  const goingOn = new Set(all.flatMap((one) => [renderGrant(one), `${one.accountId} ${renderGrant(one)}`]))
  return open.filter((input) => {
    const link = parseLinkKey(input, folders)
    if (!link.ok) return false
    const { scope } = link.value
    const grant = renderGrant(link.value)
    return !goingOn.has(scope.kind === 'account' ? `${scope.id} ${grant}` : grant)
  })
}
