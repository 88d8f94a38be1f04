import pLimit from 'p-limit'
import { renderNameInKey } from '../../domain/links/name-in-key.ts'
import { renderMembership } from '../../domain/people/membership-file.ts'
import { principalName } from '../../domain/principals/principal.ts'
import { buildManifest, type ReviewEvidence, renderReviewCsv } from '../../domain/reviews/manifest.ts'
import { filesOf, type ItemDigest, type ReviewItem, type Subject } from '../../domain/reviews/review-item.ts'
import type { ReviewOutcome, ReviewRun } from '../../domain/reviews/review-record.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { readStatus } from '../records/status-store.ts'
import { renderJson, spoiledAsAbsent } from '../records/stored-json.ts'
import { type Change, listChanges, renderChangeKey } from '../records/tell-event.ts'
import { folderOf, listItems, outcomeRecord, readOutcome } from './review-records.ts'

const readsAtOnce = 16

export async function readEvidence(objects: ObjectStore, review: string, run: ReviewRun): Promise<ReviewEvidence> {
  const folder = folderOf(review, run.run)
  const { frozen, added } = await listItems(objects, folder)
  const outcomes = new Map<ItemDigest, ReviewOutcome>()
  await pLimit(readsAtOnce).map([...frozen, ...added], async ({ digest }) => {
    const outcome = await readOutcome(objects, folder, digest)
    if (outcome) outcomes.set(digest, outcome)
  })
  return { review, run, frozen, added, outcomes }
}

/** Writes the manifest and its table, as the bucket is now. */
export async function writeManifest(objects: ObjectStore, evidence: ReviewEvidence): Promise<void> {
  const folder = folderOf(evidence.review, evidence.run.run)
  const manifest = buildManifest(evidence)
  await objects.put(`${folder}manifest.json`, renderJson(manifest))
  await objects.put(`${folder}items.csv`, renderReviewCsv(manifest))
}

type Proving = { readonly objects: ObjectStore; readonly identityStore: Pick<IdentityStore, 'getGroupMembershipId'> }

/** Looks for the proof of each revocation that has none yet. Returns the evidence afterwards. */
export async function proveOutcomes(evidence: ReviewEvidence, at: string, context: Proving): Promise<ReviewEvidence> {
  const { objects } = context
  const { review, run, frozen, added } = evidence
  const outcomes = new Map(evidence.outcomes)
  const open = [...frozen, ...added].filter(({ digest }) => isUnproven(outcomes.get(digest)))
  if (open.length === 0) return evidence
  const changes = await Array.fromAsync(listChanges(objects, run.run.slice(0, 10)))
  await pLimit(readsAtOnce).map(open, async (item) => {
    const outcome = outcomes.get(item.digest)
    if (outcome?.end === undefined || !(await isOver(item, outcome.end.is, context))) return
    const proof = proofOf(item.subject, outcome.end.at, changes)
    const next: ReviewOutcome = { ...outcome, proof: [...proof], provenAt: at }
    const written = await outcomeRecord(objects, folderOf(review, run.run), item.digest).revise((current) =>
      current?.end?.at === outcome.end?.at ? next : current,
    )
    if (written) outcomes.set(item.digest, written)
  })
  return { ...evidence, outcomes }
}

export function isUnproven(outcome: ReviewOutcome | undefined): boolean {
  return outcome?.provenAt === undefined && (outcome?.end?.is === 'deleted' || outcome?.end?.is === 'task')
}

/**
 * Whether nothing is left of the item.
 *
 * | item                       | is over when                                                              |
 * | -------------------------- | ------------------------------------------------------------------------- |
 * | a link, a membership by files | its files are absent, and have no status: the loops have finished      |
 * | another membership         | the directory has no such membership                                      |
 * | foreign access             | the access list has it nowhere                                            |
 * | a setting                  | never: a person looks at it                                               |
 */
async function isOver(
  { subject }: ReviewItem,
  end: NonNullable<ReviewOutcome['end']>['is'],
  { objects, identityStore }: Proving,
): Promise<boolean> {
  if (end === 'deleted') {
    for (const { key } of filesOf(subject))
      if ((await objects.head(key)) || (await spoiledAsAbsent(readStatus(objects, key)))) return false
    return true
  }
  if (subject.kind === 'membership')
    return (await identityStore.getGroupMembershipId(subject.groupId, subject.userId)) === undefined
  if (subject.kind !== 'foreign') return false
  const { accounts, permissionSet, principal, type } = subject
  for (const account of accounts)
    if (await objects.head(`access/account%${account}%${permissionSet}%${renderNameInKey(principal)}%${type}%foreign`))
      return false
  return true
}

/** The keys under `changes/` that tell the end of this access, from the decision on. S3 dates decisions in whole seconds. */
export function proofOf(subject: Subject, since: string, changes: readonly Change[]): readonly string[] {
  const from = Date.parse(since) - 1_000
  const isOf = ({ event, name }: Change): boolean => {
    switch (subject.kind) {
      case 'link':
      case 'foreign': {
        const { permissionSet, principal, type } = subject
        const isEnd = event === (subject.kind === 'link' ? 'revoked' : 'foreign-gone')
        return isEnd && name.endsWith(`%${permissionSet}%${renderNameInKey(principal)}%${type}%ssofile`)
      }
      case 'membership': {
        const group = principalName.parse(subject.group)
        const user = principalName.parse(subject.user)
        return event === 'membership-removed' && name === renderNameInKey(renderMembership({ group, user }))
      }
      default:
        return false
    }
  }
  return changes.filter((change) => Date.parse(change.at) >= from && isOf(change)).map(renderChangeKey)
}
