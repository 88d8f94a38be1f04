import pLimit from 'p-limit'
import * as z from 'zod'
import { decisionKey, type ItemDigest, parseDecisionFile } from '../../domain/files/decision-file.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { readStored, renderJson, spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { canGive, judgeOutcomes, readStories } from './judge-outcome.ts'
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
  type GivenDecision,
  isDeleted,
  isUnproven,
  keepsOf,
  type ReviewItem,
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

type Proving = { readonly objects: ObjectStore } & Parameters<typeof judgeOutcomes>[2]

/** Judges each revocation and task that has no outcome yet. Returns the evidence afterwards. */
export async function proveOutcomes(evidence: ReviewEvidence, at: string, context: Proving): Promise<ReviewEvidence> {
  const folder = folderOf(evidence.review, evidence.run.run)
  const { run } = evidence.run
  const judge = judgeOutcomes(evidence.items.filter(isUnproven), { at, run }, context)
  const proven = await pLimit(readsAtOnce).map(evidence.items, async (item) => {
    const outcome = isUnproven(item) ? await judge(item) : undefined
    const next = { ...item, ...outcome, provenAt: at }
    return outcome ? itemRecord(context.objects, folder, item.digest).revise(() => next) : item
  })
  return { ...evidence, items: proven }
}

const { etag, terms } = reviewRun.shape
const begun = z.looseObject({ items: z.int(), hash: z.string(), etag: etag.optional(), terms: terms.optional() })

/**
 * Recomputes everything that the evidence of a run says from the bucket: the population from its history, each decision from its file, each
 * end from the decisions, each outcome from the history of the access, and the manifest from all of them. Returns what does not match. Empty: all does.
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
  evidence: ReviewEvidence,
  objects: ObjectStore,
): Promise<readonly string[]> {
  const { review, run } = evidence
  const faults: string[] = []
  if (digestOf(folderOf(review, run.run), item.subject, item.replaces) !== item.digest)
    faults.push('its content has another digest: somebody changed it')
  for (const decision of item.decisions) faults.push(...(await verifyDecision(decision, item, evidence, objects)))
  const end = findBaselessEnd(item, run)
  if (end) faults.push(end)
  const { subject, givenSince = [] } = item
  const others = givenSince.filter(
    ({ key }) => !('permissionSet' in subject) || !key.includes(`%${subject.permissionSet}%`),
  )
  for (const { key } of others) faults.push(`the file ${key} is not one that gives the same permission set`)
  return [...faults, ...(await verifyOutcome(item, run, objects))]
}

/** Recomputes the proofs from the history of the access, by ids. */
async function verifyOutcome(item: ReviewItem, { run }: ReviewRun, objects: ObjectStore): Promise<readonly string[]> {
  const { subject, provenAt, given, proof = [] } = item
  if (provenAt === undefined) return proof.map((key) => `the proof ${key} is not one: nobody judged the outcome`)
  const stories = await readStories(item, { from: run, until: provenAt }, objects)
  const ends = stories.flatMap((story) => story.end ?? [])
  const others = (given ?? []).filter(({ key }) => !isDeleted(item) || !canGive(subject, key))
  const unproven = stories.filter((one) => (one.isThere ? given === undefined : one.end && !proof.includes(one.end)))
  return [
    ...proof.filter((key) => !ends.includes(key)).map((key) => `the proof ${key} is not one`),
    ...others.map(({ key }) => `the file ${key} is not one that gives the access`),
    ...unproven.map(({ of }) => `it has no proof that ${of} ended`),
  ]
}

/** Its file is as it was when it counted, and history has it. */
async function verifyDecision(
  decision: GivenDecision,
  item: ReviewItem,
  { review, items }: ReviewEvidence,
  objects: ObjectStore,
): Promise<readonly string[]> {
  const { key, user: userId, verdict, etag, comment } = decision
  const { digest } = item
  // A revocation counts for what ssofile asked again after edits.
  const asked = verdict === 'keep' ? [digest] : listQuestions(item, items)
  if (!asked.some((one) => key === decisionKey({ userId, review, digest: one, verdict })))
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

/** The digests of an item and of the items before its edits. */
function listQuestions({ digest, replaces }: ReviewItem, items: readonly ReviewItem[]): readonly ItemDigest[] {
  const before = replaces && items.find((one) => one.digest === replaces)
  return before ? [digest, ...listQuestions(before, items)] : [digest]
}

/** Why the decisions do not explain the end. */
function findBaselessEnd({ decisions, end }: ReviewItem, run: ReviewRun): string | undefined {
  const revocations = decisions.filter(({ verdict }) => verdict === 'revoke')
  const isSilence =
    run.terms.silence.means === 'revoke' && Date.parse(end?.at ?? '') >= instantsOf(run).endsAt.getTime()
  switch (end?.is) {
    case 'kept':
      return revocations.length === 0 && keepsOf({ decisions }).length >= run.terms.keeps
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
