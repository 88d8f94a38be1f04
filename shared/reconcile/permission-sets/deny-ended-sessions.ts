import { denialsOf, type EndedSession, withDenials } from '../../domain/ended-sessions.ts'
import { findExcess } from '../../domain/inline-policy.ts'
import { renderInstant } from '../../domain/instant.ts'
import { isSamePolicy, type PermissionSetChange } from '../../domain/permission-set-changes.ts'
import type { PermissionSetName } from '../../domain/permission-set-name.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { forgetEndedSessions, isDenied, readEndedSessions } from '../records/ended-sessions.ts'
import { recordPermissionSetHistory } from '../records/history.ts'
import {
  type OwedProvisioning,
  type OwnedPermissionSet,
  readOwned,
  type StoredOwned,
  writeOwned,
} from '../records/owned-permission-sets.ts'
import { isSpoiled, unlessSpoiled } from '../records/stored-json.ts'
import { refusals } from './claim-permission-set.ts'
import { makePermissionSetChange } from './make-permission-set-change.ts'
import { deferPermissionSet, type PermissionSetContext } from './permission-set-settlement.ts'
import { provisionPermissionSet } from './provision-permission-set.ts'
import { provisioningContext } from './provisioning-context.ts'

/**
 * Has a permission set of ours deny the sessions that were ended, beside whatever its file says: also while the file is held,
 * not valid or gone. Takes out again what nobody's session can need any more. Changes nothing where the record of ended sessions
 * cannot be read. Safe to repeat after any interruption. `owned`: its record; `undefined`: it is not ours.
 */
export async function denyEndedSessions(
  name: PermissionSetName,
  owned: StoredOwned | undefined,
  context: PermissionSetContext,
): Promise<StoredOwned | undefined> {
  const { objects, clock, log } = context
  const ended = await unlessSpoiled(readEndedSessions(objects))
  if (isSpoiled(ended)) {
    log.error('sessions that were ended cannot be read; nothing is changed about them', { error: ended })
    return owned
  }
  const now = clock.now()
  const wanted = listDenied(ended, name, now)
  const denying = owned && (await bringOrRefuse(owned, wanted, context))
  const isOver = ended.some((one) => one.permissionSet === name && !isDenied(one, now))
  if (isOver && !(denying && isOwed(denying.value, wanted))) await forgetEndedSessions(objects, name, now)
  return denying
}

async function bringOrRefuse(owned: StoredOwned, wanted: Denied, context: PermissionSetContext): Promise<StoredOwned> {
  try {
    return await bringDenials(owned, wanted, context)
  } catch (error) {
    if (!isServiceError(error, ...refusals)) throw error
    const current = (await readOwned(context.objects, owned.name)) ?? owned
    return refuse(current, `Identity Center refused it: ${error.code}: ${error.message}`, context)
  }
}

type Denied = NonNullable<OwnedPermissionSet['sessions']>['denied']

/** What a permission set is to deny at this instant. */
export function listDenied(ended: readonly EndedSession[], name: PermissionSetName, now: Date): Denied {
  return ended
    .filter((one) => one.permissionSet === name && isDenied(one, now))
    .map(({ user, account, before }) => ({ user, account, before }))
}

/** Whether the accounts may still deny something else than this. */
export function isOwed({ sessions }: OwnedPermissionSet, wanted: Denied): boolean {
  return sessions?.provisioning !== undefined || !isSameDenial(sessions?.denied ?? [], wanted)
}

function isSameDenial(a: Denied, b: Denied): boolean {
  return JSON.stringify(denialsOf(a)) === JSON.stringify(denialsOf(b))
}

/** The change with what is denied now: a file speaks of the rest of the inline policy only. */
export function keepDenials(change: PermissionSetChange, { sessions }: OwnedPermissionSet): PermissionSetChange {
  const denials = denialsOf(sessions?.denied ?? [])
  if (change.kind === 'put-inline') return { ...change, policy: withDenials(change.policy, denials) ?? change.policy }
  const policy = change.kind === 'delete-inline' ? withDenials(undefined, denials) : undefined
  return policy === undefined ? change : { kind: 'put-inline', policy }
}

async function bringDenials(owned: StoredOwned, wanted: Denied, context: PermissionSetContext): Promise<StoredOwned> {
  const { clock, isDriftCheck } = context
  const { arn, sessions } = owned.value
  const isPut = isSameDenial(sessions?.denied ?? [], wanted)
  const isChecked = isDriftCheck && wanted.length > 0
  if (arn === undefined || (!isOwed(owned.value, wanted) && !isChecked)) return owned
  const raw = await readInlinePolicy(arn, context)
  if (raw === 'gone') return sessions === undefined ? owned : save(owned, undefined, context)
  const policy = withDenials(raw, denialsOf(wanted))
  const excess = policy === undefined ? undefined : findExcess(policy)
  if (excess !== undefined) return refuse(owned, excess, context)
  const isDifferent = !isSamePolicy(raw, policy)
  const provisioning = isDifferent || !isPut ? {} : sessions?.provisioning
  if (provisioning === undefined) return owned
  const at = isPut && sessions ? sessions.at : renderInstant(clock.now())
  // Before the first call, so that a successor does not believe what was there before.
  const begun = await save(owned, { denied: wanted, at, provisioning }, context)
  if (isDifferent)
    await makePermissionSetChange(
      context,
      arn,
      policy === undefined ? { kind: 'delete-inline' } : { kind: 'put-inline', policy },
    )
  return provisionDenials(begun, provisioning, context)
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
  const { denied, at } = sessions
  const event = denied.length > 0 ? 'sessions-ended' : 'denials-removed'
  const body = { arn, denied, accounts: provisioned.accounts, confirmedAt: renderInstant(clock.now()) }
  await recordPermissionSetHistory(objects, name, { event, at, body })
  log.info(event === 'sessions-ended' ? 'sessions are ended' : 'no session is denied any more', {
    permissionSet: name,
    ...body,
  })
  return save(owned, denied.length > 0 ? { denied, at } : undefined, context)
}

/** Trying again at once does not help. What is denied so far stays. */
async function refuse(owned: StoredOwned, refused: string, context: PermissionSetContext): Promise<StoredOwned> {
  const { sessions } = owned.value
  context.log.error('sessions cannot be ended in this permission set', { permissionSet: owned.name, refused })
  const at = sessions?.at ?? renderInstant(context.clock.now())
  const written = await save(owned, { denied: [], at, ...sessions, refused }, context)
  return deferPermissionSet(written, 'later', context)
}

function save(
  owned: StoredOwned,
  sessions: OwnedPermissionSet['sessions'],
  { objects }: PermissionSetContext,
): Promise<StoredOwned> {
  const isSettled = sessions?.provisioning === undefined && sessions?.refused === undefined
  const open = isSettled ? { openUntil: undefined, attempts: undefined } : {}
  return writeOwned(objects, owned.name, { ...owned.value, sessions, ...open }, owned)
}
