import { exempt } from '../../domain/brake/admission.ts'
import { describeContents, describeLoss } from '../../domain/brake/held-contents.ts'
import { toldUploader } from '../../domain/links/find-uploader.ts'
import { describeUpload, identityOf, isSameUpload } from '../../domain/links/upload.ts'
import {
  definitionOf,
  planPermissionSetChanges,
  renderChange,
} from '../../domain/permission-sets/permission-set-changes.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { remedyWithoutPermissionSets } from '../../domain/permission-sets/without-permission-sets.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { answerOrError, isServiceError, ServiceError } from '../../ports/service-error.ts'
import type { Description, Effect } from '../inputs/controller.ts'
import { findAuthor } from '../records/authors.ts'
import { recordPermissionSetHistory } from '../records/history.ts'
import { RecordChangedError } from '../records/json-record.ts'
import { openKeyOf, scheduleWork } from '../records/open-work.ts'
import {
  isOfClaim,
  type OwnedPermissionSet,
  ownedPermissionSets,
  readOwned,
  writeOwned,
} from '../records/owned-permission-sets.ts'
import type { InputHead } from '../records/read-input.ts'
import { denyEndedSessions, keepDenials } from './deny-ended-sessions.ts'
import { changeWarnings, describeBlocked, describeRefusedDeletion, uploadOf } from './describe-permission-set.ts'
import {
  beginsChange,
  isApplied,
  isContested,
  isRefusal,
  owesFormer,
  restorationsBefore,
} from './gather-permission-set.ts'
import { makePermissionSetChange } from './make-permission-set-change.ts'
import { describeReferences } from './permission-set-references.ts'
import {
  type Comparison,
  deferPermissionSet,
  type LearntPermissionSet,
  type PermissionSetContext,
  type PermissionSetInput,
  type PermissionSetTypes,
  refusals,
  withNextAttempt,
} from './permission-set-settlement.ts'
import { beginProvisioning } from './plan-provisioning.ts'
import { provisionPermissionSet } from './provision-permission-set.ts'
import { provisioningContext } from './provisioning-context.ts'
import { readPermissionSet } from './read-permission-set.ts'

type Facts = PermissionSetTypes['facts']
type Came = Effect<OwnedPermissionSet, LearntPermissionSet>
/** A valid file, the record, the permission set that it names, and their comparison. */
type Definition = {
  readonly head: InputHead
  readonly entry: OwnedPermissionSet
  readonly arn: PermissionSetArn
  readonly comparison: Comparison
}

export async function performPermissionSetStep(
  { do: action }: PermissionSetTypes['action'],
  input: PermissionSetInput,
  facts: Facts,
  context: PermissionSetContext,
): Promise<Came | Description> {
  const { name, entry } = input
  const { objects, permissionSets } = context
  switch (action) {
    case 'deny sessions':
      await denyEndedSessions(name, await readOwned(objects, name), context)
      return { learnt: { ...input.learnt, isDenied: true } }
    case 'provision former':
      return provisionFormer(input, context)
    case 'look for it':
      return lookFor(input, facts, context)
    case 'begin deletion':
      return entry ? { entry: { ...entry, deletionAt: renderInstant(context.clock.now()) } } : {}
    case 'delete':
      return remove(input, context)
    case 'forget':
      await permissionSets.drop(name)
      return { entry: 'none' }
    case 'put off':
      return putOff(input, facts, context)
    case 'claim':
      return claim(input, context)
    case 'create':
      return unlessRefused(input, context, () => create(input, context))
    default: {
      const { head } = input
      const { comparison } = facts
      if (head === undefined || entry?.arn === undefined || comparison === undefined) return {}
      return performOnDefinition(action, { head, entry, arn: entry.arn, comparison }, input, context)
    }
  }
}

async function performOnDefinition(
  action: 'report drift' | 'ask the brake' | 'change' | 'provision' | 'settle',
  definition: Definition,
  input: PermissionSetInput,
  context: PermissionSetContext,
): Promise<Came> {
  const { actual, isStale } = definition.comparison
  const known = { ...input, learnt: { ...input.learnt, actual, isStale } }
  switch (action) {
    case 'report drift':
      return reportDrift(definition, known, context)
    case 'ask the brake':
      return askBrake(definition, known, context)
    case 'change':
      return unlessRefused(known, context, () => change(definition, known, context))
    case 'provision':
      return unlessRefused(known, context, () => provision(definition, known, context))
    case 'settle':
      return settle(definition, known, context)
  }
}

async function unlessRefused(
  { entry: before, learnt }: PermissionSetInput,
  { ssoAdmin }: PermissionSetContext,
  act: () => Promise<Came>,
): Promise<Came> {
  try {
    return await act()
  } catch (error) {
    if (!isServiceError(error) || !(await isRefusal(error, before, ssoAdmin))) throw error
    return { learnt: { ...learnt, obstacle: { is: 'refused', error } } }
  }
}

/** It was claimed, but has no ARN: its creation may have gone unanswered. */
async function lookFor(
  { key, name, entry, learnt }: PermissionSetInput,
  { comesUntil }: Facts,
  context: PermissionSetContext,
): Promise<Came> {
  const stored = await readOwned(context.objects, name)
  const existing = await findExisting(name, context)
  const isOurs = entry && stored && existing && isOfClaim(stored, existing.createdAt)
  if (isOurs) return { entry: { ...entry, arn: existing.arn } }
  // Do not write the record, because the instant of its last write shows what was created since.
  if (comesUntil && context.clock.now() < comesUntil)
    await scheduleWork(context.objects, { at: renderInstant(comesUntil) }, openKeyOf(key))
  return { learnt: { ...learnt, isMissing: true } }
}

/** The present permission set with this name in Identity Center. */
async function findExisting(name: PermissionSetName, { permissionSets, ssoAdmin }: PermissionSetContext) {
  await permissionSets.forget(name)
  const arn = await permissionSets.resolve(name)
  return arn === undefined ? undefined : ssoAdmin.describePermissionSet(arn)
}

/** Only Identity Center's answer proves that nothing uses it any more. */
async function remove(
  { name, entry, told }: PermissionSetInput,
  context: PermissionSetContext,
): Promise<Came | Description> {
  const { ssoAdmin, clock, permissionSets, managementAccount, log } = context
  const { arn, deletionAt } = entry ?? {}
  if (entry === undefined || arn === undefined) return {}
  try {
    await ssoAdmin.deletePermissionSet(arn)
  } catch (error) {
    if (!isServiceError(error)) throw error
    if (!isServiceError(error, 'ResourceNotFoundException')) {
      const lack = await managementAccount.explain(error, name, arn)
      if (lack || isServiceError(error, 'AccessDeniedException', 'ValidationException'))
        return { told: describeRefusedDeletion(arn, error, lack) }
      // "… has ApplicationProfile associated with it.": someone's assignment, or a role that is still being removed.
      if (!isServiceError(error, 'ConflictException') || !/associated/i.test(error.message)) throw error
      return block(arn, error, { name, entry }, context)
    }
  }
  await permissionSets.drop(name)
  log.info('the permission set is deleted', { permissionSet: name, arn })
  const body = { arn, confirmedAt: renderInstant(clock.now()), by: told?.by }
  return { history: { event: 'deleted', at: deletionAt, body }, entry: 'none' }
}

async function block(
  arn: PermissionSetArn,
  { message }: Error,
  { name, entry }: { readonly name: PermissionSetName; readonly entry: OwnedPermissionSet },
  context: PermissionSetContext,
): Promise<Description> {
  const { items } = await context.ssoAdmin.listAccountsForProvisionedPermissionSet(arn)
  const stored = await requireStored(name, entry, context)
  await writeOwned(context.objects, name, withNextAttempt(entry, 'later', context), stored)
  const references = await describeReferences(name, context)
  if (references) return { told: describeBlocked(`${references} still use it`) }
  const where = items.length > 0 ? `, in ${items.slice(0, 10).join(', ')}` : ''
  const more = items.length > 10 ? ' and others' : ''
  return {
    told: describeBlocked(
      `Identity Center still has assignments of it that ssofile does not manage${where}${more} (${message})`,
    ),
  }
}

/** The record as this step has read it, for a write before a call. Throws RecordChangedError. */
async function requireStored(name: PermissionSetName, entry: OwnedPermissionSet, { objects }: PermissionSetContext) {
  const stored = await readOwned(objects, name)
  if (JSON.stringify(stored?.value) !== JSON.stringify(entry))
    throw new RecordChangedError(ownedPermissionSets.at + name)
  return stored
}

async function putOff(input: PermissionSetInput, { obstacle }: Facts, context: PermissionSetContext): Promise<Came> {
  const { name, entry, learnt } = input
  const { managementAccount } = context
  const { arn } = entry ?? {}
  const done = { ...learnt, isPutOff: true, ...(obstacle && { obstacle }) } as const
  // The accounts that lack a former change have set the next attempt.
  const isSet = learnt?.isFormerTried === true && owesFormer(input)
  const later = (when: Date | 'later'): Came => ({
    learnt: done,
    ...(entry && !isSet && { entry: withNextAttempt(entry, when, context) }),
  })
  switch (obstacle?.is) {
    case 'refused': {
      const lack = arn && (await managementAccount.explain(obstacle.error, name, arn))
      return lack ? { learnt: { ...done, obstacle: { ...obstacle, lack } } } : later('later')
    }
    case 'held':
      // Its other open work waits with it.
      return entry?.openUntil === undefined ? { learnt: done } : later('later')
    case 'not everywhere':
      return later(obstacle.provisioned.outcome === 'failed' ? 'later' : obstacle.provisioned.until)
    default:
      return later('later')
  }
}

/** Before the creation, so that our own set never looks foreign. */
async function claim(
  { name, entry, learnt }: PermissionSetInput,
  { clock, permissionSets, log }: PermissionSetContext,
): Promise<Came> {
  const claimedAt = renderInstant(clock.now())
  const fresh = { ...learnt, actual: undefined, isFresh: true } as const
  if (entry === undefined) {
    if ((await permissionSets.lookUp(name)) !== undefined) await permissionSets.forget(name)
    return { entry: { v: 1, claimedAt }, learnt: fresh }
  }
  const { arn, openUntil, deletionAt } = entry
  const cause =
    deletionAt === undefined ? 'someone else deleted the permission set' : 'the file of a deleted set is back'
  log.warn(`${cause}; ssofile creates it again`, { permissionSet: name, arn })
  await permissionSets.forget(name)
  return { entry: { v: 1, claimedAt, isRecreated: true, openUntil }, learnt: fresh }
}

/** CreatePermissionSet itself says that a name is taken, so no listing is needed. */
async function create({ name, file, entry, learnt }: PermissionSetInput, context: PermissionSetContext): Promise<Came> {
  const { objects, ssoAdmin } = context
  if (file.is !== 'valid' || entry === undefined) return {}
  const { description, relayState, sessionDuration, tags } = definitionOf(file.body)
  const attributes = { sessionDuration, tags, description, relayState }
  try {
    const arn = await ssoAdmin.createPermissionSet({ name, ...attributes })
    const actual = { ...attributes, managedPolicyArns: [], customerManagedPolicies: [] }
    return { entry: { ...entry, arn }, learnt: { ...learnt, actual } }
  } catch (error) {
    const lack = await lackOfPermissionSets(ssoAdmin, error)
    if (lack) return { entry: 'none', learnt: { ...learnt, obstacle: { is: 'refused', ...lack } } }
    // Nothing of ours was created. If someone else creates it later, it is foreign.
    if (isServiceError(error, ...refusals))
      return { entry: 'none', learnt: { ...learnt, obstacle: { is: 'refused', error } } }
    if (!isNameTaken(error)) throw error
    // Our own call without an answer may have created it: then it is not older than our claim, by AWS's clocks.
    const existing = learnt?.isFresh ? undefined : await findExisting(name, context)
    const stored = existing && (await readOwned(objects, name))
    if (existing && stored && isOfClaim(stored, existing.createdAt)) {
      const actual = await readPermissionSet(ssoAdmin, existing.arn, entry)
      if (!actual) throw error
      return { entry: { ...entry, arn: existing.arn }, learnt: { ...learnt, actual } }
    }
    if (!learnt?.isFresh && !existing) throw error
    return { entry: 'none', learnt: { ...learnt, obstacle: { is: 'not ours' } } }
  }
}

function isNameTaken(error: unknown): boolean {
  return isServiceError(error, 'ConflictException') && /already exists/i.test(error.message)
}

/**
 * Explains a failed creation if the instance has no permission sets. AWS documents no error for that, so every failure asks, except the
 * known ones. `undefined`: it has them, or did not answer.
 */
async function lackOfPermissionSets(ssoAdmin: PermissionSetContext['ssoAdmin'], error: unknown) {
  const isKnown = isServiceError(error, 'ThrottlingException') || isNameTaken(error)
  if (!(error instanceof ServiceError) || isKnown) return undefined
  const has = await answerOrError(ssoAdmin.getPermissionSetsEnabled())
  if (!('is' in has) || has.is) return undefined
  const reason = `this instance of IAM Identity Center has no permission sets: they are switched off (${error.code}: ${error.message})`
  return { error, lack: { reason, remedy: remedyWithoutPermissionSets } }
}

async function askBrake(
  { head, arn, comparison: { edit } }: Definition,
  { name, told, learnt }: PermissionSetInput,
  { brake, log }: PermissionSetContext,
): Promise<Came> {
  if (edit === undefined) return {}
  const by = toldUploader(told, head)
  const answer = await brake.admitContents(edit)
  if ('admission' in answer) {
    if (answer.isReleased)
      log.info('a file that the brake held is released', { permissionSet: name, digest: edit.digest })
    return { learnt: { ...learnt, admission: answer.admission, loss: describeLoss(edit) } }
  }
  const { digest, since, etag, versionId } = answer
  const reason = describeContents(answer)
  return {
    history: { event: 'held', at: since, body: { arn, etag, versionId, digest, reason, by } },
    learnt: { ...learnt, obstacle: { is: 'held', reason, digest } },
  }
}

/** Records the change before the first call, so that the next process does not trust the former state. */
async function change(
  definition: Definition,
  { name, told, learnt }: PermissionSetInput,
  context: PermissionSetContext,
): Promise<Came> {
  const { head, entry, arn, comparison } = definition
  const { objects, clock, metrics, managementAccount, permissionSets } = context
  const { changes, wanted, actual } = comparison
  const isRestoring = isApplied(entry, head) && changes.length > 0
  const undoes = isRestoring ? await findEditor(arn, entry, context) : undefined
  // Once for each edit: the record names earlier changes.
  if (isRestoring) metrics.record('LoudByHand')
  const next = nextChange(definition, { at: renderInstant(clock.now()), takes: learnt?.loss, undoes })
  if (next !== entry.change) {
    const stored = await requireStored(name, entry, context)
    await writeOwned(objects, name, { ...entry, isRecreated: undefined, change: next }, stored)
  }
  const admission = learnt?.admission ?? exempt('nobody loses anything')
  try {
    for (const one of changes) await makePermissionSetChange(admission, arn, one, context)
  } catch (error) {
    if (!isRestoring && (await isRefusal(error, entry, context.ssoAdmin))) await undo(definition, name, context)
    throw error
  }
  if (changes.length > 0) await managementAccount.disprove(arn)
  await permissionSets.remember(name, arn)
  // AWS can change a description, but never empty it.
  const made = { ...wanted, description: wanted.description ?? actual.description }
  const { etag, versionId } = head
  const confirmedAt = renderInstant(clock.now())
  return {
    learnt: { ...learnt, actual: made, isChanged: true },
    ...(next && {
      // Uses an instant that a replay repeats.
      history: {
        event: next.event,
        at: next.at,
        by: next.undoes,
        body: { arn, etag, versionId, changes: next.changes, confirmedAt, by: told?.by, undoes: next.undoes },
      },
    }),
  }
}

/**
 * Identity Center refused the change, perhaps after some of its calls. Half of it may take away everything, which the brake has not judged, so
 * the permission set and its record become as they were. A change of a former file, which accounts may lack, is owed again.
 */
async function undo(
  { entry, arn, comparison: { actual } }: Definition,
  name: PermissionSetName,
  context: PermissionSetContext,
): Promise<void> {
  const half = await readPermissionSet(context.ssoAdmin, arn, entry)
  const changes = half ? planPermissionSetChanges(half, actual) : []
  for (const one of changes)
    await makePermissionSetChange(exempt('nobody loses anything'), arn, keepDenials(one, entry), context)
  // A request that ran meanwhile may have brought half of it to accounts.
  const { change } = entry
  const owed =
    change?.provisioning && changes.length > 0 ? beginProvisioning(change.provisioning) : change?.provisioning
  const stored = await readOwned(context.objects, name)
  const before = { ...entry, ...(change && { change: { ...change, provisioning: owed } }) }
  await writeOwned(context.objects, name, before, stored)
}

type Change = NonNullable<OwnedPermissionSet['change']>

/** The record while the permission set, or an account of it, may have the former state. */
function nextChange(
  { head: { etag }, entry, comparison }: Definition,
  begun: Pick<Change, 'at' | 'takes' | 'undoes'>,
): OwnedPermissionSet['change'] {
  const { applied, change, isRecreated } = entry
  const { changes, owed } = comparison
  if (!beginsChange(entry, comparison)) return change
  if (change?.etag === etag) return { ...change, provisioning: owed }
  const created = isRecreated || change?.event === 'recreated' ? 'recreated' : 'created'
  const changed = change === undefined && applied?.etag === etag ? 'restored' : 'changed'
  const event = applied === undefined ? created : changed
  return { event, etag, ...begun, changes: changes.map(renderChange), provisioning: owed }
}

async function provision(
  { head, arn, entry, comparison }: Definition,
  { key, name, learnt }: PermissionSetInput,
  context: PermissionSetContext,
): Promise<Came> {
  const { objects, clock } = context
  const { etag, versionId } = head
  const { change } = entry
  if (change?.provisioning === undefined) return {}
  const provisioned = await provisionPermissionSet(arn, change.provisioning, {
    ...provisioningContext(name, context),
    save: async (provisioning) => {
      const stored = await readOwned(objects, name)
      if (stored?.value.change) {
        const next = { ...stored.value.change, provisioning }
        await writeOwned(objects, name, { ...stored.value, change: next }, stored)
      }
    },
    onProgress: (accounts) => context.tell({ ...uploadOf(head), state: 'applying', permissionSetArn: arn, accounts }),
    isSuperseded: async () => (await objects.head(key))?.etag !== etag,
  })
  if (provisioned.outcome !== 'done') {
    const warnings = changeWarnings(comparison, entry, provisioned)
    return { learnt: { ...learnt, obstacle: { is: 'not everywhere', provisioned, warnings } } }
  }
  const { accounts } = provisioned
  const body = { arn, etag, versionId, accounts, changedAt: change.at }
  return {
    learnt: { ...learnt, provisioned },
    // Every account that has it now equals the file.
    ...(accounts > 0 && { history: { event: 'provisioned', at: renderInstant(clock.now()), body } }),
  }
}

/** Brings a begun change to all accounts, although its file is gone, or replaced by one that is not in force. */
async function provisionFormer(
  { key, name, head, learnt }: PermissionSetInput,
  context: PermissionSetContext,
): Promise<Came> {
  const { objects, ssoAdmin, clock } = context
  const tried: Came = { learnt: { ...learnt, isFormerTried: true } }
  const stored = await readOwned(objects, name)
  const { arn, change } = stored?.value ?? {}
  if (stored === undefined || arn === undefined || change?.provisioning === undefined) return tried
  let owned = stored
  const write = async (
    provisioning: Change['provisioning'],
    attempt: Pick<OwnedPermissionSet, 'openUntil' | 'attempts'> = {},
  ) => {
    const next = { ...owned.value, change: { ...change, provisioning }, ...attempt }
    owned = await writeOwned(objects, name, next, owned)
  }
  try {
    const provisioned = await provisionPermissionSet(arn, change.provisioning, {
      ...provisioningContext(name, context),
      save: (provisioning) => write(provisioning),
      onProgress: async () => {},
      isSuperseded: async () => (await objects.head(key))?.etag !== head?.etag,
    })
    if (provisioned.outcome !== 'done') {
      await deferPermissionSet(owned, provisioned.outcome === 'failed' ? 'later' : provisioned.until, context)
      return tried
    }
    const { accounts } = provisioned
    const body = { arn, etag: change.etag, accounts, changedAt: change.at }
    if (accounts > 0)
      await recordPermissionSetHistory(objects, name, { event: 'provisioned', at: renderInstant(clock.now()), body })
  } catch (error) {
    if (!isServiceError(error)) throw error
    if (await isRefusal(error, owned.value, ssoAdmin)) {
      await deferPermissionSet(owned, 'later', context)
      return tried
    }
    // Somebody deleted it, and its roles with it.
    if (!isServiceError(error, 'ResourceNotFoundException')) throw error
  }
  await write(undefined, { openUntil: undefined, attempts: undefined })
  return tried
}

async function reportDrift(
  { head, entry, arn, comparison: { changes } }: Definition,
  { name, learnt }: PermissionSetInput,
  context: PermissionSetContext,
): Promise<Came> {
  const { clock, log, metrics } = context
  const { lastModified } = uploadOf(head)
  const by = entry.drift?.by ?? (await findEditor(arn, entry, context))
  const isContestedNow = isContested(entry, clock.now()) ? true : undefined
  const differences = changes.map(renderChange)
  const drift = { at: renderInstant(clock.now()), lastModified, differences, by, isContested: isContestedNow }
  log.warn('someone else changed the permission set; ssofile only reports it', { permissionSet: name, ...drift })
  if (!entry.drift) metrics.record('LoudByHand')
  return { entry: { ...entry, drift }, learnt: { ...learnt, isReported: true } }
}

/** The author of an edit since the permission set was last known to equal its file. */
function findEditor(arn: PermissionSetArn, { applied }: OwnedPermissionSet, context: PermissionSetContext) {
  return findAuthor(context, arn, { deed: '', since: [applied?.at] })
}

/** The file is in force, in all accounts. */
async function settle(
  { head, entry, arn, comparison }: Definition,
  { name, learnt }: PermissionSetInput,
  context: PermissionSetContext,
): Promise<Came> {
  const { clock, log } = context
  const { claimedAt, change, sessions, applied: before } = entry
  const at = renderInstant(clock.now())
  const isMade = change?.event === 'created' || change?.event === 'recreated'
  // All links, even those that no longer wait: it exists before it is complete, so other access of theirs may have been
  // granted.
  if (isMade) await context.wakeLinks(name)
  if (change) log.info(`the permission set is ${change.event}`, { permissionSet: name, arn, changes: change.changes })
  const upload = uploadOf(head)
  const warnings = changeWarnings(comparison, entry, learnt?.provisioned)
  const applied = {
    etag: head.etag,
    ...identityOf(describeUpload(before, upload)),
    at,
    versionId: head.versionId,
    warnings: warnings.length > 0 ? warnings : undefined,
  }
  const isRestored = change?.event === 'restored' && change.changes.length > 0
  // A file counts as new if a person changed it or asked for it again.
  const isSame = isSameUpload(before, upload)
  const restoredAt = isSame ? [...restorationsBefore(entry, clock.now()), ...(isRestored ? [at] : [])] : []
  const settled = { v: 1, arn, claimedAt, applied, sessions, ...(restoredAt.length > 0 && { restoredAt }) } as const
  return { entry: settled, isNews: isMade }
}
