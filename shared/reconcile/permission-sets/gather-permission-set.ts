import { unansweredMs } from '../../domain/assignments/access-proof.ts'
import { judgePermissionSetByPolicies, type Objection } from '../../domain/guardrails/judge-by-policies.ts'
import { findExcess } from '../../domain/iam-policies/inline-policy.ts'
import { renderJsonPath } from '../../domain/json/json-path.ts'
import { isSameUpload, type Upload } from '../../domain/links/upload.ts'
import type { DefinitionFacts } from '../../domain/permission-sets/decide-permission-set.ts'
import { otherPartitionFaults, partitionOfArn } from '../../domain/permission-sets/other-partition.ts'
import {
  definitionOf,
  isOfRoles,
  type PermissionSetChange,
  planPermissionSetChanges,
} from '../../domain/permission-sets/permission-set-changes.ts'
import type { PermissionSetDefinition, PermissionSetFile } from '../../domain/permission-sets/permission-set-file.ts'
import { isServiceError } from '../../ports/service-error.ts'
import type { ReadingSsoAdmin } from '../../ports/sso-admin.ts'
import { readEndedOrLog } from '../records/ended-sessions.ts'
import {
  isAccepted,
  type OwedProvisioning,
  type OwnedPermissionSet,
  ownedPermissionSets,
} from '../records/owned-permission-sets.ts'
import type { InputHead } from '../records/read-input.ts'
import { isDenialDue, keepDenials, wishesFor } from './deny-ended-sessions.ts'
import { contentsReach, findEdit } from './find-edit.ts'
import { describeReferences } from './permission-set-references.ts'
import {
  type Comparison,
  type PermissionSetInput,
  type PermissionSetObstacle,
  type PermissionSetTypes,
  type ReadingPermissionSets,
  refusals,
} from './permission-set-settlement.ts'
import { beginProvisioning } from './plan-provisioning.ts'
import { listStale, splitByReach } from './provision-permission-set.ts'
import { readPermissionSet } from './read-permission-set.ts'

type Facts = PermissionSetTypes['facts']
type Owned = OwnedPermissionSet | undefined

const contestedMs = 60 * 60_000
/** ssofile restores a permission set at most this often within an hour. */
const restorationsMost = 3

export async function gatherPermissionSet(input: PermissionSetInput, context: ReadingPermissionSets): Promise<Facts> {
  const { file, head, entry } = input
  const common = {
    hasDenials: await hasDenials(input, context),
    entry: entry === undefined ? 'none' : entry.arn === undefined ? 'claimed' : 'named',
    owesFormer: owesFormer(input) && !input.learnt?.isFormerTried,
  } as const
  if (common.hasDenials || file.is === 'invalid') return { ...common, wish: 'invalid' }
  if (file.is === 'none' || head === undefined) return { ...common, ...(await gatherDeletion(input, context)) }
  return { ...common, ...(await gatherDefinition(file.body, head, input, context)) }
}

/** Whether accounts may lack a change that a former file began, and this file did not take over. */
export function owesFormer({ file, head, entry }: Pick<PermissionSetInput, 'file' | 'head' | 'entry'>): boolean {
  if (entry?.arn === undefined || entry.change?.provisioning === undefined) return false
  return file.is !== 'valid' || entry.change.etag !== head?.etag
}

async function hasDenials(
  { name, entry, learnt }: PermissionSetInput,
  context: ReadingPermissionSets,
): Promise<boolean> {
  if (learnt?.isDenied) return false
  const read = await readEndedOrLog(context)
  if (read === undefined) return false
  const wish = wishesFor(name, read)
  return wish.isOver || (entry !== undefined && isDenialDue(entry, wish, context))
}

async function gatherDeletion(
  { name, entry, learnt }: PermissionSetInput,
  context: ReadingPermissionSets,
): Promise<Pick<Facts, 'wish' | 'references' | 'comesUntil'>> {
  const { objects, clock } = context
  const references = entry && (await describeReferences(name, context))
  const isClaimed = entry !== undefined && entry.arn === undefined && entry.deletionAt === undefined
  const claim = isClaimed ? await objects.head(ownedPermissionSets.at + name) : undefined
  const comesUntil = claim && new Date(claim.lastModified.getTime() + unansweredMs)
  const wish = {
    isReferenced: references !== undefined,
    isMissing: learnt?.isMissing === true,
    // If ssofile forgets it too early, a late creation looks foreign for ever.
    mayCome: comesUntil !== undefined && clock.now() < comesUntil,
    isBegun: entry?.deletionAt !== undefined,
  }
  return { wish, references, comesUntil }
}

async function gatherDefinition(
  file: PermissionSetFile,
  head: InputHead,
  input: PermissionSetInput,
  context: ReadingPermissionSets,
): Promise<Omit<Facts, 'hasDenials' | 'entry' | 'owesFormer'>> {
  const { entry, learnt } = input
  const isNew = entry === undefined || !isAccepted(entry, head)
  const byPolicies = judgePermissionSetByPolicies(await context.policies.read(), file)
  const objections = isNew
    ? { ...byPolicies, refusals: [...(await judgePartition(file, context)), ...byPolicies.refusals] }
    : byPolicies
  const wish: DefinitionFacts = {
    isObjected: isNew && objections.refusals.length > 0,
    isInForce: isApplied(entry, head) && !context.isDriftCheck,
    obstacle: learnt?.obstacle?.is ?? 'none',
    isPutOff: learnt?.isPutOff === true || learnt?.obstacle?.is === 'not ours',
    live: 'unread',
    drift: 'none',
    isAdmitted: true,
    isChanged: false,
    isOwed: false,
    isSettled: false,
  }
  const known = { objections, obstacle: learnt?.obstacle }
  if (wish.isObjected || wish.isInForce || learnt?.obstacle) return { wish, ...known }
  try {
    const actual = await readLive(input, context)
    if (typeof actual === 'string') return { wish: { ...wish, live: actual }, ...known }
    const comparison = await compare({ file, head, actual }, input, context)
    const excess = learnt?.isChanged ? undefined : findTooLarge(comparison.changes)
    const isAdmitted = comparison.edit === undefined || learnt?.admission !== undefined
    const isLarge = excess !== undefined && isAdmitted && !isOnlyReported(head, comparison, input, context)
    const obstacle: PermissionSetObstacle | undefined = isLarge ? { is: 'too large', excess } : undefined
    return {
      objections,
      obstacle,
      comparison,
      wish: { ...wish, obstacle: obstacle?.is ?? 'none', isAdmitted, ...judge(head, comparison, input, context) },
    }
  } catch (error) {
    if (!isServiceError(error) || !(await isRefusal(error, entry, context.ssoAdmin))) throw error
    return { objections, obstacle: { is: 'refused', error }, wish: { ...wish, obstacle: 'refused' } }
  }
}

/** AWS itself would refuse it, for a policy only after it changed other parts of the permission set. */
async function judgePartition(
  file: PermissionSetFile,
  { ssoAdmin }: ReadingPermissionSets,
): Promise<readonly Objection[]> {
  const { instanceArn } = await ssoAdmin.instance()
  return otherPartitionFaults(file, partitionOfArn(instanceArn)).map(({ path, received, expected, remedy }) => ({
    policy: renderJsonPath(path),
    received: `${received}, at ${renderJsonPath(path)}`,
    expected,
    remedy,
  }))
}

async function readLive(
  { name, entry, learnt }: PermissionSetInput,
  { ssoAdmin, permissionSets }: ReadingPermissionSets,
): Promise<PermissionSetDefinition | 'gone' | 'others' | 'unread'> {
  if (entry === undefined) {
    const known = await permissionSets.lookUp(name)
    return known !== undefined && (await ssoAdmin.describePermissionSet(known)) ? 'others' : 'gone'
  }
  if (entry.arn === undefined) return 'unread'
  return learnt?.actual ?? (await readPermissionSet(ssoAdmin, entry.arn, entry)) ?? 'gone'
}

async function compare(
  {
    file,
    head,
    actual,
  }: { readonly file: PermissionSetFile; readonly head: InputHead; readonly actual: PermissionSetDefinition },
  { entry, learnt }: PermissionSetInput,
  context: ReadingPermissionSets,
): Promise<Comparison> {
  const wanted = definitionOf(file)
  const changes = planPermissionSetChanges(actual, wanted).map((change) => keepDenials(change, entry))
  const isStale = learnt?.isStale ?? (await findStale(entry, changes, context))
  return {
    wanted,
    actual,
    changes,
    isStale,
    owed: findOwed(entry, changes, isStale),
    edit:
      entry && learnt?.admission === undefined
        ? await findEdit({ file, object: head }, { owned: entry, actual }, contentsReach(context))
        : undefined,
  }
}

/** A listing alone does not prove that accounts are up to date, but it names accounts to provision. */
async function findStale(
  entry: Owned,
  changes: readonly PermissionSetChange[],
  { isDriftCheck, ssoAdmin, organization }: ReadingPermissionSets,
): Promise<boolean | undefined> {
  if (!isDriftCheck || entry?.arn === undefined || entry.change?.provisioning || changes.some(isOfRoles))
    return undefined
  const { reachable } = splitByReach(await listStale(ssoAdmin, entry.arn), await organization.view())
  return reachable.length > 0
}

function findOwed(
  entry: Owned,
  changes: readonly PermissionSetChange[],
  isStale: boolean | undefined,
): OwedProvisioning | undefined {
  if (changes.some(isOfRoles)) return beginProvisioning(entry?.change?.provisioning)
  return entry?.change?.provisioning ?? (isStale ? { askedAt: entry?.applied?.at } : undefined)
}

function judge(
  head: InputHead,
  comparison: Comparison,
  input: PermissionSetInput,
  context: ReadingPermissionSets,
): Pick<DefinitionFacts, 'live' | 'drift' | 'isChanged' | 'isOwed' | 'isSettled'> {
  const { entry, learnt } = input
  const isReported = isOnlyReported(head, comparison, input, context)
  return {
    live: 'there',
    drift: !isReported ? 'none' : learnt?.isReported ? 'reported' : 'to report',
    isChanged: learnt?.isChanged === true || (entry?.change === undefined && !beginsChange(entry, comparison)),
    isOwed: entry?.change?.provisioning !== undefined && learnt?.provisioned?.outcome !== 'done',
    isSettled: isApplied(entry, head) && entry?.drift === undefined && entry?.openUntil === undefined,
  }
}

/** Whether the record must say that a change of this file begins. */
export function beginsChange(entry: Owned, { changes, owed }: Pick<Comparison, 'changes' | 'owed'>): boolean {
  const isNew = entry?.applied === undefined && entry?.change === undefined
  return changes.length > 0 || owed !== entry?.change?.provisioning || isNew
}

function isOnlyReported(
  head: InputHead,
  { changes }: Comparison,
  { entry }: PermissionSetInput,
  { configuration, clock }: ReadingPermissionSets,
): boolean {
  const isMeant = configuration.onDrift === 'report' || isContested(entry, clock.now())
  return isMeant && isApplied(entry, head) && changes.length > 0
}

/**
 * False if ssofile began to delete it: that call may have taken effect without an answer. Also false after reported drift if a person uploads
 * other content or asks the file to count as new: that asks ssofile to apply it.
 */
export function isApplied(entry: Owned, upload: Upload): boolean {
  return (
    entry?.arn !== undefined &&
    entry.change === undefined &&
    entry.deletionAt === undefined &&
    entry.applied !== undefined &&
    isSameUpload(entry.applied, upload)
  )
}

export function restorationsBefore(entry: Owned, now: Date): readonly string[] {
  return (entry?.restoredAt ?? []).filter((at) => now.getTime() - Date.parse(at) < contestedMs)
}

/** Somebody changes it as often as ssofile restores it, such as Terraform: leave it until a person asks for it. */
export function isContested(entry: Owned, now: Date): boolean {
  return entry?.drift?.isContested === true || restorationsBefore(entry, now).length >= restorationsMost
}

/** A policy that is valid alone, but too large together with the denial of ended sessions. */
function findTooLarge(changes: readonly PermissionSetChange[]): string | undefined {
  return changes.flatMap((change) => (change.kind === 'put-inline' ? (findExcess(change.policy) ?? []) : []))[0]
}

/**
 * Whether Identity Center refuses the call for good, so that a retry does not help. Also for ResourceNotFoundException, if the permission
 * set itself exists: then a policy that it names does not.
 */
export async function isRefusal(error: unknown, entry: Owned, ssoAdmin: ReadingSsoAdmin): Promise<boolean> {
  if (isServiceError(error, ...refusals)) return true
  if (!isServiceError(error, 'ResourceNotFoundException') || entry?.arn === undefined) return false
  return (await ssoAdmin.describePermissionSet(entry.arn)) !== undefined
}
