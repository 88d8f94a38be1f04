import { exempt } from '../../domain/brake/admission.ts'
import { isSamePolicy, type PermissionSetChange } from '../../domain/permission-sets/permission-set-changes.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { chooseDenials, type Denial } from '../../domain/sessions/choose-denials.ts'
import {
  denialsOf,
  type EndedSession,
  isWhileSuspended,
  sessionMostMs,
  withDenials,
} from '../../domain/sessions/ended-sessions.ts'
import { describeSpoiledEnding } from '../../domain/sessions/judge-ended-sessions.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { forgetEndedSessions, type ReadEndedSessions, readEndedOrLog } from '../records/ended-sessions.ts'
import { recordPermissionSetHistory } from '../records/history.ts'
import {
  type OwedProvisioning,
  type OwnedPermissionSet,
  readOwned,
  type StoredOwned,
  writeOwned,
} from '../records/owned-permission-sets.ts'
import { makePermissionSetChange } from './make-permission-set-change.ts'
import { deferPermissionSet, type PermissionSetContext, refusals } from './permission-set-settlement.ts'
import { beginProvisioning } from './plan-provisioning.ts'
import { provisionPermissionSet } from './provision-permission-set.ts'
import { provisioningContext } from './provisioning-context.ts'

/**
 * Makes our permission set deny the ended sessions in addition to its file, even while the file is held, invalid or gone.
 * Removes denials that no session needs any more. Changes nothing if the record of ended sessions cannot be read. Safe to
 * repeat after an interruption. `owned`: its record; `undefined`: it is not ours.
 */
export async function denyEndedSessions(
  name: PermissionSetName,
  owned: StoredOwned | undefined,
  context: PermissionSetContext,
): Promise<StoredOwned | undefined> {
  const read = await readEndedOrLog(context)
  if (read === undefined) return owned
  const wish = wishesFor(name, read)
  const denying = owned && (await bringOrRefuse(owned, wish, context))
  if (wish.isOver && !(denying && isBehind(denying.value, wish))) await forgetEndedSessions(context.objects, name)
  return denying
}

async function bringOrRefuse(
  owned: StoredOwned,
  wish: DenialWish,
  context: PermissionSetContext,
): Promise<StoredOwned> {
  try {
    return await bringDenials(owned, wish, context)
  } catch (error) {
    if (!isServiceError(error, ...refusals)) throw error
    const current = (await readOwned(context.objects, owned.name)) ?? owned
    return refuse(current, `Identity Center refused it: ${error.code}: ${error.message}`, context)
  }
}

/** The sessions that one permission set should deny, from the record of ended sessions. */
export type DenialWish = {
  readonly wanted: readonly EndedSession[]
  /** Why some entries are ignored, in words. */
  readonly spoiled: readonly string[]
  /** Some entries have expired. */
  readonly isOver: boolean
  readonly now: Date
}

export function wishesFor(name: PermissionSetName, { ended, over, spoiled, now }: ReadEndedSessions): DenialWish {
  const about = spoiled.filter(({ session }) => session?.permissionSet === name)
  return {
    wanted: withoutCovered(ended.filter(({ permissionSet }) => permissionSet === name)),
    spoiled: about.filter(({ isOver }) => !isOver).map(describeSpoiledEnding),
    isOver: over.some(({ permissionSet }) => permissionSet === name) || about.some(({ isOver }) => isOver),
    now,
  }
}

/** If all sessions of a user are denied, drops the denials of single ones. */
function withoutCovered(ended: readonly EndedSession[]): readonly EndedSession[] {
  const always = new Set(ended.filter(isWhileSuspended).map(({ user }) => user))
  return ended.filter((one) => isWhileSuspended(one) || !always.has(one.user))
}

type Sessions = NonNullable<OwnedPermissionSet['sessions']>

/** Whether accounts may still have old denials. */
export function isOwed({ sessions }: OwnedPermissionSet, wish: DenialWish): boolean {
  return sessions?.provisioning !== undefined || isBehind({ sessions }, wish)
}

/** Whether the permission set was made for other denials, or has expired ones. */
export function isBehind({ sessions }: Pick<OwnedPermissionSet, 'sessions'>, wish: DenialWish): boolean {
  const { denied = [], left = [], spoiled = [] } = sessions ?? {}
  const isLeft = new Set(left.map(({ user }) => user))
  const asked = [...denied.filter(({ user }) => !isLeft.has(user)), ...left]
  const isOutlived = denied.some(({ before }) => Date.parse(before) + sessionMostMs <= wish.now.getTime())
  return isOutlived || !isSameDenial(asked, wish.wanted) || JSON.stringify(spoiled) !== JSON.stringify(wish.spoiled)
}

function isSameDenial(a: readonly Denial[], b: readonly Denial[]): boolean {
  return JSON.stringify(denialsOf(a)) === JSON.stringify(denialsOf(b))
}

/** The change with the present denials added, because a file describes only the rest of the inline policy. */
export function keepDenials(change: PermissionSetChange, entry: OwnedPermissionSet | undefined): PermissionSetChange {
  const denials = denialsOf(entry?.sessions?.denied ?? [])
  if (change.kind === 'put-inline') return { ...change, policy: withDenials(change.policy, denials) ?? change.policy }
  const policy = change.kind === 'delete-inline' ? withDenials(undefined, denials) : undefined
  return policy === undefined ? change : { kind: 'put-inline', policy }
}

/** Whether its inline policy needs a look. */
export function isDenialDue(
  entry: OwnedPermissionSet,
  wish: DenialWish,
  { isDriftCheck }: Pick<PermissionSetContext, 'isDriftCheck'>,
): boolean {
  const isChecked = isDriftCheck && wish.wanted.length > 0
  return entry.arn !== undefined && (isOwed(entry, wish) || isChecked || entry.sessions?.left !== undefined)
}

async function bringDenials(owned: StoredOwned, wish: DenialWish, context: PermissionSetContext): Promise<StoredOwned> {
  const { clock } = context
  const { arn, sessions } = owned.value
  const { wanted, now } = wish
  if (arn === undefined || !isDenialDue(owned.value, wish, context)) return owned
  const raw = await readInlinePolicy(arn, context)
  if (raw === 'gone') return sessions === undefined ? owned : save(owned, undefined, context)
  const { denied, left } = chooseDenials({ inlinePolicy: raw, wanted, applied: sessions?.denied ?? [], now })
  const policy = withDenials(raw, denialsOf(denied))
  const isPut = isSameDenial(sessions?.denied ?? [], denied)
  const isDifferent = !isSamePolicy(raw, policy)
  const provisioning = isDifferent || !isPut ? beginProvisioning(sessions?.provisioning) : sessions?.provisioning
  const at = isPut && sessions ? sessions.at : renderInstant(clock.now())
  const next = { denied: [...denied], at, ...tellUnmet(owned, left, wish, context) }
  if (provisioning === undefined) return isSame(sessions, next) ? owned : save(owned, next, context)
  // Before the first call, so that the next process does not trust the former state.
  const begun = await save(owned, { ...next, provisioning }, context)
  if (isDifferent)
    await makePermissionSetChange(
      exempt('the access that its sessions belong to was taken away'),
      arn,
      policy === undefined ? { kind: 'delete-inline' } : { kind: 'put-inline', policy },
      context,
    )
  return provisionDenials(begun, provisioning, context)
}

/** The unmet denials, for the record; logs new ones. */
function tellUnmet(
  { name, value: { sessions } }: StoredOwned,
  unmet: readonly EndedSession[],
  wish: DenialWish,
  { log }: PermissionSetContext,
): Pick<Sessions, 'left' | 'spoiled'> {
  const left = unmet.map(({ user, name: userName, account, before }) => ({ user, name: userName, account, before }))
  if (left.length > 0 && !isSameDenial(left, sessions?.left ?? []))
    log.error('the inline policy has no room to deny ended sessions', {
      permissionSet: name,
      left,
    })
  return {
    ...(left.length > 0 && { left }),
    ...(wish.spoiled.length > 0 && { spoiled: [...wish.spoiled] }),
  }
}

function isSame(a: Sessions | undefined, b: Sessions): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

async function readInlinePolicy(
  arn: NonNullable<OwnedPermissionSet['arn']>,
  { ssoAdmin }: PermissionSetContext,
): Promise<string | undefined | 'gone'> {
  try {
    return await ssoAdmin.getInlinePolicy(arn)
  } catch (error) {
    // Somebody deleted it, and its roles with it.
    if (isServiceError(error, 'ResourceNotFoundException')) return 'gone'
    throw error
  }
}

async function provisionDenials(
  begun: StoredOwned,
  provisioning: OwedProvisioning,
  context: PermissionSetContext,
): Promise<StoredOwned> {
  const { objects, clock, log } = context
  const { name } = begun
  const { arn, sessions } = begun.value
  if (arn === undefined || sessions === undefined) return begun
  let owned = begun
  const provisioned = await provisionPermissionSet(arn, provisioning, {
    ...provisioningContext(name, context),
    save: async (next) => {
      owned = await save(owned, { ...sessions, provisioning: next }, context)
    },
    onProgress: async () => {},
    isSuperseded: async () => false,
  })
  if (provisioned.outcome !== 'done')
    return deferPermissionSet(owned, provisioned.outcome === 'failed' ? 'later' : provisioned.until, context)
  const { provisioning: _, refused, ...said } = sessions
  const { denied, at } = said
  const event = denied.length > 0 ? 'sessions-ended' : 'denials-removed'
  const body = { arn, denied, accounts: provisioned.accounts, confirmedAt: renderInstant(clock.now()) }
  await recordPermissionSetHistory(objects, name, { event, at, body })
  log.info(event === 'sessions-ended' ? 'sessions are ended' : 'no session is denied any more', {
    permissionSet: name,
    ...body,
  })
  return save(owned, said, context)
}

/** An immediate retry does not help. Present denials stay. */
async function refuse(owned: StoredOwned, refused: string, context: PermissionSetContext): Promise<StoredOwned> {
  const { sessions } = owned.value
  context.log.error('sessions cannot be ended in this permission set', { permissionSet: owned.name, refused })
  const at = sessions?.at ?? renderInstant(context.clock.now())
  const written = await save(owned, { denied: [], at, ...sessions, refused }, context)
  return deferPermissionSet(written, 'later', context)
}

function save(
  owned: StoredOwned,
  said: OwnedPermissionSet['sessions'],
  { objects }: PermissionSetContext,
): Promise<StoredOwned> {
  const { denied = [], at: _, ...more } = said ?? {}
  const sessions = denied.length === 0 && Object.keys(more).length === 0 ? undefined : said
  const isDone = sessions?.provisioning === undefined && sessions?.refused === undefined
  const open = isDone ? { openUntil: undefined, attempts: undefined } : {}
  return writeOwned(objects, owned.name, { ...owned.value, sessions, ...open }, owned)
}
