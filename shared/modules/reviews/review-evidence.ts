import pLimit from 'p-limit'
import * as z from 'zod'
import { decisionKey, type ItemDigest, parseDecisionFile } from '../../domain/files/decision-file.ts'
import { listUnknownFields } from '../../domain/json/unknown-fields.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { readStored, renderJson, spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { tellEvent } from '../../reconcile/records/tell-event.ts'
import { canGive, judgeOutcomes, readStories } from './judge-outcome.ts'
import {
  beginningOf,
  digestOf,
  folderOf,
  historyOfItem,
  historyOfReview,
  itemRecord,
  readItems,
  readRun,
  sealOf,
} from './review-records.ts'
import { wereIn } from './reviewing-groups.ts'
import { instantsOf } from './rules/decide-review.ts'
import { buildManifest, type ReviewEvidence, renderReviewCsv, sayGiven } from './rules/manifest.ts'
import {
  describeSubject,
  type GivenDecision,
  isDeleted,
  isUnproven,
  keepsOf,
  type ReviewItem,
  reviewItem,
} from './rules/review-item.ts'
import { type ReviewRun, reviewRun } from './rules/review-record.ts'
import { whoDecides } from './rules/reviewers.ts'

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
  const judged = await pLimit(readsAtOnce).map(evidence.items, async (item) => {
    const outcome = isUnproven(item) ? await judge(item) : undefined
    return { item, next: outcome && { ...item, ...outcome, provenAt: at } }
  })
  await tellStillGiven(
    evidence,
    judged.flatMap(({ next }) => (next?.given ? [next] : [])),
    { at, objects: context.objects },
  )
  const proven = await pLimit(readsAtOnce).map(judged, async ({ item, next }) =>
    next ? itemRecord(context.objects, folder, item.digest).revise(() => next) : item,
  )
  return { ...evidence, items: proven }
}

/** Tells the reviewers which revoked access is still there. Before the records say so: a process that dies in between tells it twice. */
async function tellStillGiven(
  { review, run }: ReviewEvidence,
  given: readonly ReviewItem[],
  { at, objects }: { readonly at: string; readonly objects: ObjectStore },
): Promise<void> {
  if (given.length === 0) return
  const reviewers = new Set(given.flatMap((item) => whoDecides(item, run)).map(({ name }) => name))
  const items = given.map((item) => `${describeSubject(item.subject)}: ${sayGiven(item.given ?? [])}`)
  const body = { review, run: run.run, reviewers: [...reviewers].sort(), items }
  await tellEvent(objects, historyOfReview(review), { event: 'still-given', named: 'review-still-given', at, body })
}

const begun = z.looseObject(reviewRun.pick({ items: true, hash: true, etag: true, terms: true, fallback: true }).shape)

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
  const last = await spoiledAsAbsent(readRun(objects, review))
  const isLast = last?.run === run.run
  // The terms are the whole file of the review. The beginning has them too.
  const unknown = isLast ? listUnknownFields(reviewRun.omit({ terms: true }), { ...last, terms: undefined }) : []
  const isOver = !isLast || run.phase === 'settling' || run.phase === 'done'
  return [
    ...(await verifyPopulation(objects, evidence)),
    ...unknown
      .filter((field) => field !== 'terms')
      .map((field) => `run.json has the field ${field}, which ssofile does not write`),
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
  const termsOf = ({ etag, terms, fallback }: typeof told | ReviewRun) => JSON.stringify([etag, terms, fallback])
  const others = termsOf(told) === termsOf(run) ? [] : [`the terms: the run has others than its beginning ${key}`]
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
  if (digestOf(folderOf(review, run.run), item) !== item.digest)
    faults.push('its question or its reviewers have another digest: somebody changed them')
  for (const field of listUnknownFields(reviewItem, item))
    faults.push(`it has the field ${field}, which ssofile does not write`)
  if (item.left && !(await hasHistory(listQuestions(item, evidence.items), evidence, objects)))
    faults.push('history does not say that its reviewers have left')
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
  { review, run, items }: ReviewEvidence,
  objects: ObjectStore,
): Promise<readonly string[]> {
  const { key, user: userId, verdict, etag, comment } = decision
  const { digest } = item
  // A revocation counts for what ssofile asked again after edits.
  const asked = verdict === 'keep' ? [digest] : listQuestions(item, items)
  if (!asked.some((one) => key === decisionKey({ userId, review, digest: one, verdict })))
    return [`the decision ${key} is not one on this item by ${userId}`]
  const faults: string[] = []
  const endedMs = run.endedAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(run.endedAt) + endingMostMs
  if (Date.parse(decision.at) + wholeSecondMs < Date.parse(run.run) || Date.parse(decision.at) > endedMs)
    faults.push(`the decision ${key} is not of the time of the run`)
  if (verdict === 'keep' && !(await wasAsked(userId, item, { review, run }, objects)))
    faults.push(`the decision ${key} keeps it, and ${userId} was no reviewer when the run began`)
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

/** Decisions count while a run ends, which takes minutes. */
const endingMostMs = 15 * 60_000
/** S3 dates decisions in whole seconds. */
const wholeSecondMs = 1_000

/** Whether the person could keep the item at any time of the run: the fallback after the escalation, too. */
async function wasAsked(
  user: PrincipalId,
  item: ReviewItem,
  { review, run }: Pick<ReviewEvidence, 'review' | 'run'>,
  objects: ObjectStore,
): Promise<boolean> {
  const asked = [item.reviewers, ...(item.next ?? []), run.fallback].flat()
  if (asked.some(({ type, id }) => type === 'USER' && id === user)) return true
  const groups = asked.flatMap(({ type, id }) => (type === 'GROUP' ? [id] : []))
  return (await wereIn(user, { folder: folderOf(review, run.run), groups }, objects)).size > 0
}

/** Whether history has the event that an item was passed on, or one of the items before its edits. */
async function hasHistory(
  digests: readonly ItemDigest[],
  { review }: ReviewEvidence,
  objects: ObjectStore,
): Promise<boolean> {
  for (const digest of digests)
    for await (const { key } of objects.list(historyOfItem(review, digest).folder))
      if (key.endsWith('%passed-on.json')) return true
  return false
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
