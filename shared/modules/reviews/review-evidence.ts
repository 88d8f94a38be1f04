import pLimit from 'p-limit'
import * as z from 'zod'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { decisionKey, parseDecisionFile } from '../../domain/files/decision-file.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { renderNameInKey } from '../../reconcile/records/name-in-key.ts'
import { readStatus } from '../../reconcile/records/status-store.ts'
import { readStored, renderJson, spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { type Change, listChanges, parseChangeKey, renderChangeKey } from '../../reconcile/records/tell-event.ts'
import { listPresent } from './carry-out.ts'
import {
  beginningOf,
  digestOf,
  folderOf,
  historyOfItem,
  itemRecord,
  readItems,
  readRun,
  sealOf,
} from './review-records.ts'
import { instantsOf } from './rules/decide-review.ts'
import { buildManifest, type ReviewEvidence, renderReviewCsv } from './rules/manifest.ts'
import {
  describeSubject,
  filesOf,
  type GivenDecision,
  isFileOf,
  isUnproven,
  type ReviewItem,
  type Subject,
} from './rules/review-item.ts'
import { type ReviewRun, reviewRun } from './rules/review-record.ts'

export async function readEvidence(objects: ReadingObjects, review: string, run: ReviewRun): Promise<ReviewEvidence> {
  return { review, run, items: await readItems(objects, folderOf(review, run.run)) }
}

/** The manifest and its table, if they are absent or differ from the records of the run. */
async function findStaleEvidence(objects: ReadingObjects, evidence: ReviewEvidence) {
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
  const items = over.map(({ item }) => item)
  const changes = await listEnds(items, at, objects)
  const proven = await pLimit(readsAtOnce).map(over, ({ item, cameBack }) => {
    const since = item.end?.at ?? at
    const proof = (changes.get(endOf(item.subject) ?? '') ?? []).filter((change) => isSince(change, since))
    const next = { ...item, proof: proof.map(renderChangeKey), provenAt: at, ...(cameBack.length > 0 && { cameBack }) }
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
function isProof(change: Change, { subject, end }: Pick<ReviewItem, 'subject' | 'end'>): boolean {
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

const { etag, terms } = reviewRun.shape
const begun = z.looseObject({ items: z.int(), hash: z.string(), etag: etag.optional(), terms: terms.optional() })

/**
 * Recomputes everything that the evidence of a run says from the bucket: the population from its history, each decision from its file, each
 * end from the decisions, each proof from `changes/`, and the manifest from all of them. Returns what does not match. Empty: all does.
 */
export async function verifyReview(objects: ObjectStore, review: string, run: ReviewRun): Promise<readonly string[]> {
  const evidence = await readEvidence(objects, review, run)
  const ofItems = await pLimit(readsAtOnce).map(evidence.items, async (item) => {
    const faults = await verifyItem(item, evidence, objects)
    return faults.map((fault) => `${item.digest} (${describeSubject(item.subject)}): ${fault}`)
  })
  const isLast = (await spoiledAsAbsent(readRun(objects, review)))?.run === run.run
  const isOver = !isLast || run.phase === 'settling' || run.phase === 'done'
  return [
    ...(await verifyPopulation(objects, evidence)),
    ...ofItems.flat(),
    ...(isOver ? await verifyManifest(objects, evidence) : []),
  ]
}

async function verifyPopulation(
  objects: ObjectStore,
  { review, run, items: all }: ReviewEvidence,
): Promise<readonly string[]> {
  const key = beginningOf(review, run.run)
  const told = (await readStored(objects, key, begun))?.value
  if (told === undefined) return [`${key}: received nothing, expected the beginning of the run`]
  const said = [
    ['the items', sealOf(all)],
    ['the run', run],
  ] as const
  const isOther = told.terms && JSON.stringify([told.etag, told.terms]) !== JSON.stringify([run.etag, run.terms])
  const others = isOther ? [`the terms: the run has others than its beginning ${key}`] : []
  const populations = said.flatMap(([what, { items, hash }]) =>
    items === told.items && hash === told.hash
      ? []
      : [
          `the population: ${what} received ${items} items with the hash ${hash}, expected ${told.items} with ${told.hash}`,
        ],
  )
  return [...others, ...populations]
}

async function verifyItem(
  item: ReviewItem,
  { review, run }: ReviewEvidence,
  objects: ObjectStore,
): Promise<readonly string[]> {
  const faults: string[] = []
  if (digestOf(folderOf(review, run.run), item.subject, item.replaces) !== item.digest)
    faults.push('its content has another digest: somebody changed it')
  for (const decision of item.decisions) faults.push(...(await verifyDecision(decision, item, review, objects)))
  const end = findBaselessEnd(item, run)
  if (end) faults.push(end)
  for (const key of item.proof ?? []) {
    const change = parseChangeKey(key)
    const isGood = change && isProof(change, item) && (await objects.head(key)) !== undefined
    if (!isGood) faults.push(`the proof ${key} is not one`)
  }
  for (const { key } of item.cameBack ?? [])
    if (item.end?.is !== 'deleted' || !isFileOf(item.subject, key))
      faults.push(`the file ${key} is not one that gives the access again`)
  return faults
}

/** Its file is as it was when it counted, and history has it. */
async function verifyDecision(
  decision: GivenDecision,
  { digest }: ReviewItem,
  review: string,
  objects: ObjectStore,
): Promise<readonly string[]> {
  const { key, user: userId, verdict, etag, comment } = decision
  if (key !== decisionKey({ userId, review, digest, verdict }))
    return [`the decision ${key} is not one on this item by ${userId}`]
  const faults: string[] = []
  const found = await objects.get(key)
  const file = found && parseDecisionFile(key, found.body, found.size)
  if (found === undefined) faults.push(`the decision ${key} is gone`)
  else if (found.etag !== etag || (file?.ok && file.value.comment !== comment))
    faults.push(`the decision ${key} changed after it counted`)
  const history = await Array.fromAsync(objects.list(historyOfItem(review, digest, userId).folder))
  if (!history.some((one) => one.key.endsWith(`%${verdict}.json`)))
    faults.push(`history does not have the decision ${key}`)
  return faults
}

/** Why the decisions do not explain the end. */
function findBaselessEnd({ decisions, end }: ReviewItem, run: ReviewRun): string | undefined {
  const revocations = decisions.filter(({ verdict }) => verdict === 'revoke')
  const isSilence =
    run.terms.silence.means === 'revoke' &&
    Date.parse(end?.at ?? '') >= instantsOf(new Date(run.run), run.terms).endsAt.getTime()
  switch (end?.is) {
    case 'kept':
      return revocations.length === 0 && decisions.length >= run.terms.keeps
        ? undefined
        : 'it is kept without enough decisions'
    case 'deleted':
    case 'task': {
      const isDecided = revocations.some(({ user }) => user === end.by)
      return isDecided || (end.by === undefined && isSilence) ? undefined : 'it was revoked without a decision'
    }
    default:
      return undefined
  }
}

async function verifyManifest(objects: ObjectStore, evidence: ReviewEvidence): Promise<readonly string[]> {
  return (await findStaleEvidence(objects, evidence)).map(({ key, isAbsent }) =>
    isAbsent
      ? `${key}: received nothing, expected the evidence of the run`
      : `${key}: differs from the records in the bucket`,
  )
}
