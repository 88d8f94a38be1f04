import pLimit from 'p-limit'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { renderNameInKey } from '../../reconcile/records/name-in-key.ts'
import { readStatus } from '../../reconcile/records/status-store.ts'
import { renderJson, spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { type Change, listChanges, renderChangeKey } from '../../reconcile/records/tell-event.ts'
import { listPresent } from './carry-out.ts'
import { folderOf, itemRecord, readItems } from './review-records.ts'
import { buildManifest, type ReviewEvidence, renderReviewCsv } from './rules/manifest.ts'
import { filesOf, isUnproven, type ReviewItem, type Subject } from './rules/review-item.ts'
import type { ReviewRun } from './rules/review-record.ts'

export async function readEvidence(objects: ReadingObjects, review: string, run: ReviewRun): Promise<ReviewEvidence> {
  return { review, run, items: await readItems(objects, folderOf(review, run.run)) }
}

/** The manifest and its table, if they are absent or differ from the records of the run. */
export async function findStaleEvidence(objects: ReadingObjects, evidence: ReviewEvidence) {
  const manifest = buildManifest(evidence)
  const files = { 'manifest.json': renderJson(manifest), 'items.csv': renderReviewCsv(manifest) }
  const stale: { readonly key: string; readonly text: string; readonly isAbsent: boolean }[] = []
  for (const [file, text] of Object.entries(files)) {
    const key = folderOf(evidence.review, evidence.run.run) + file
    const found = await objects.get(key)
    if (found && Buffer.from(found.body).equals(Buffer.from(text))) continue
    stale.push({ key, text, isAbsent: found === undefined })
  }
  return stale
}

/** A task may wait for months: what is as it was is not written again. */
export async function writeEvidence(objects: ObjectStore, evidence: ReviewEvidence): Promise<void> {
  for (const { key, text } of await findStaleEvidence(objects, evidence)) await objects.put(key, text)
}

type Proving = {
  readonly objects: ObjectStore
  readonly identityStore: Pick<IdentityStore, 'getGroupMembershipId'>
  readonly configuration: Pick<Configuration, 'folders'>
}

/** Looks for the proof of each revocation that has none yet. Returns the evidence afterwards. */
export async function proveOutcomes(evidence: ReviewEvidence, at: string, context: Proving): Promise<ReviewEvidence> {
  const { objects } = context
  const { review, run } = evidence
  if (!evidence.items.some(isUnproven)) return evidence
  const checked = await pLimit(readsAtOnce).map(evidence.items.filter(isUnproven), async (item) => {
    const cameBack = item.end?.is === 'deleted' ? await listPresent(item.subject, context) : []
    const isToProve = cameBack.length > 0 || (await isOver(item, context))
    return isToProve ? [{ item, cameBack }] : []
  })
  const over = checked.flat()
  const changes = await listEnds(
    over.map(({ item }) => item),
    at,
    objects,
  )
  const proven = await pLimit(readsAtOnce).map(over, ({ item, cameBack }) => {
    const since = item.end?.at ?? at
    const proof = (changes.get(endOf(item.subject) ?? '') ?? []).filter((change) => isSince(change, since))
    const next = {
      ...item,
      proof: proof.map(renderChangeKey),
      provenAt: at,
      ...(cameBack.length > 0 && { cameBack }),
    }
    return itemRecord(objects, folderOf(review, run.run), item.digest).revise(() => next)
  })
  const byDigest = new Map(proven.map((item) => [item.digest, item]))
  return { ...evidence, items: evidence.items.map((item) => byDigest.get(item.digest) ?? item) }
}

/** The changes with the names of the ends of these items, since the first of them. There may be millions of others. */
async function listEnds(
  items: readonly ReviewItem[],
  at: string,
  objects: ObjectStore,
): Promise<ReadonlyMap<string, readonly Change[]>> {
  const ends = new Map<string, Change[]>(items.flatMap(({ subject }) => endOf(subject) ?? []).map((name) => [name, []]))
  if (ends.size === 0) return ends
  // Too many for the arguments of one call.
  const firstMs = items.reduce((ms, { end }) => Math.min(ms, Date.parse(end?.at ?? at)), Number.POSITIVE_INFINITY)
  const sinceMs = firstMs - wholeSecondMs
  for await (const change of listChanges(objects, renderInstant(new Date(sinceMs))))
    ends.get(nameOfEnd(change))?.push(change)
  return ends
}

/**
 * Whether nothing is left of the item.
 *
 * | item                       | is over when                                                              |
 * | -------------------------- | ------------------------------------------------------------------------- |
 * | a link, a membership by files | its files, which are absent, have no status: the loops have finished   |
 * | another membership         | the directory has no such membership                                      |
 * | foreign access             | the access list has it nowhere                                            |
 * | a setting                  | never: a person looks at it                                               |
 */
async function isOver({ subject, end }: ReviewItem, { objects, identityStore }: Proving): Promise<boolean> {
  if (end?.is === 'deleted') {
    for (const { key } of filesOf(subject)) if (await spoiledAsAbsent(readStatus(objects, key))) return false
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

/** Whether this change tells the end of the item's access, after the item was revoked. */
export function isProof(change: Change, { subject, end }: Pick<ReviewItem, 'subject' | 'end'>): boolean {
  return end !== undefined && nameOfEnd(change) === endOf(subject) && isSince(change, end.at)
}

/** S3 dates decisions in whole seconds. */
const wholeSecondMs = 1_000

function isSince(change: Change, at: string): boolean {
  return Date.parse(change.at) >= Date.parse(at) - wholeSecondMs
}

/** The change that ends an item's access: its event and its name, without the account. `undefined`: ssofile records none. */
function endOf(subject: Subject): string | undefined {
  if (subject.kind === 'membership') return `membership-removed ${renderNameInKey(`${subject.group}%${subject.user}`)}`
  if (subject.kind !== 'link' && subject.kind !== 'foreign') return undefined
  const event = subject.kind === 'link' ? 'revoked' : 'foreign-gone'
  return `${event} ${subject.permissionSet}%${renderNameInKey(subject.principal)}%${subject.type}%ssofile`
}

function nameOfEnd({ event, name }: Change): string {
  return `${event} ${event === 'membership-removed' ? name : name.split('%').slice(2).join('%')}`
}
