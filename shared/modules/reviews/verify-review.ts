import pLimit from 'p-limit'
import * as z from 'zod'
import { decisionKey, parseDecisionFile } from '../../domain/files/decision-file.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { readStored, spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { parseChangeKey } from '../../reconcile/records/tell-event.ts'
import { findStaleEvidence, isProof, readEvidence } from './check-outcomes.ts'
import { beginningOf, digestOf, folderOf, historyOfItem, readRun, sealOf } from './review-records.ts'
import { instantsOf } from './rules/decide-review.ts'
import type { ReviewEvidence } from './rules/manifest.ts'
import { describeSubject, type GivenDecision, isFileOf, type ReviewItem } from './rules/review-item.ts'
import { type ReviewRun, reviewRun } from './rules/review-record.ts'

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
