import * as z from 'zod'
import { instantsOf } from '../../domain/reviews/decide-review.ts'
import { parseDecisionFile, parseDecisionKey } from '../../domain/reviews/decision-file.ts'
import { buildManifest, type ReviewEvidence } from '../../domain/reviews/manifest.ts'
import { describeSubject, type ReviewItem } from '../../domain/reviews/review-item.ts'
import type { GivenDecision, ReviewOutcome, ReviewRun } from '../../domain/reviews/review-record.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { readStored, renderJson } from '../records/stored-json.ts'
import { parseChangeKey } from '../records/tell-event.ts'
import { proofOf, readEvidence } from './check-outcomes.ts'
import { digestOf, folderOf, hashOf, historyOfReview } from './review-records.ts'

const begun = z.looseObject({ items: z.int(), hash: z.string() })
const stored = z.looseObject({ items: z.array(z.looseObject({ digest: z.string() })) })

/**
 * Recomputes everything that the evidence of a run says from the bucket: the population from its history, each decision from its file, each
 * end from the decisions, each proof from `changes/`, and the manifest from all of them. Returns what does not match. Empty: all does.
 */
export async function verifyReview(objects: ObjectStore, review: string, run: ReviewRun): Promise<readonly string[]> {
  const evidence = await readEvidence(objects, review, run)
  const faults = [...(await verifyPopulation(objects, evidence))]
  for (const item of [...evidence.frozen, ...evidence.added]) {
    const outcome = evidence.outcomes.get(item.digest)
    for (const fault of await verifyItem(item, outcome, evidence, objects))
      faults.push(`${item.digest} (${describeSubject(item.subject)}): ${fault}`)
  }
  if (run.phase === 'settling' || run.phase === 'done') faults.push(...(await verifyManifest(objects, evidence)))
  return faults
}

async function verifyPopulation(
  objects: ObjectStore,
  { review, run, frozen }: ReviewEvidence,
): Promise<readonly string[]> {
  const key = `${historyOfReview(review).folder}${run.run}%begun.json`
  const told = (await readStored(objects, key, begun))?.value
  if (told === undefined) return [`${key}: received nothing, expected the beginning of the run`]
  const now = { items: frozen.length, hash: hashOf(frozen.map(({ digest }) => digest)) }
  const said = [
    ['the items', now],
    ['run.json', run],
  ] as const
  return said.flatMap(([what, { items, hash }]) =>
    items === told.items && hash === told.hash
      ? []
      : [
          `the population: ${what} received ${items} items with the hash ${hash}, expected ${told.items} with ${told.hash}`,
        ],
  )
}

async function verifyItem(
  item: ReviewItem,
  outcome: ReviewOutcome | undefined,
  evidence: ReviewEvidence,
  objects: ObjectStore,
): Promise<readonly string[]> {
  const { review, run } = evidence
  const faults: string[] = []
  if (digestOf(folderOf(review, run.run), item.subject, item.replaces) !== item.digest)
    faults.push('its content has another digest: somebody changed it')
  for (const decision of outcome?.decisions ?? [])
    faults.push(...(await verifyDecision(decision, item, review, objects)))
  const end = outcome?.end && findBaselessEnd(outcome, run)
  if (end) faults.push(end)
  for (const key of outcome?.proof ?? []) {
    const change = parseChangeKey(key)
    const isOf = change && proofOf(item.subject, outcome?.end?.at ?? '', [change]).length > 0
    if (!isOf || (await objects.head(key)) === undefined) faults.push(`the proof ${key} is not one`)
  }
  return faults
}

/** Its file is as it was when it counted, and history has it. */
async function verifyDecision(
  decision: GivenDecision,
  { digest }: ReviewItem,
  review: string,
  objects: ObjectStore,
): Promise<readonly string[]> {
  const { key, user, verdict, etag, comment } = decision
  const path = parseDecisionKey(key)
  const isOf =
    path.ok &&
    path.value.userId === user &&
    path.value.review === review &&
    path.value.digest === digest &&
    path.value.verdict === verdict
  if (!isOf) return [`the decision ${key} is not one on this item by ${user}`]
  const faults: string[] = []
  const found = await objects.get(key)
  const file = found && parseDecisionFile(key, found.body, found.size)
  if (found === undefined) faults.push(`the decision ${key} is gone`)
  else if (found.etag !== etag || (file?.ok && file.value.comment !== comment))
    faults.push(`the decision ${key} changed after it counted`)
  const history: string[] = []
  for await (const one of objects.list(`${historyOfReview(review).folder}${digest}/${user}/`)) history.push(one.key)
  if (!history.some((one) => one.endsWith(`%${verdict}.json`))) faults.push(`history does not have the decision ${key}`)
  return faults
}

/** Why the decisions do not explain the end. */
function findBaselessEnd({ decisions, end }: ReviewOutcome, run: ReviewRun): string | undefined {
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
  const key = `${folderOf(evidence.review, evidence.run.run)}manifest.json`
  const told = (await readStored(objects, key, stored))?.value
  if (told === undefined) return [`${key}: received nothing, expected the evidence of the run`]
  const now = z.looseObject(stored.shape).parse(JSON.parse(JSON.stringify(buildManifest(evidence))))
  const before = new Map(told.items.map((item) => [item.digest, item]))
  const after = new Map(now.items.map((item) => [item.digest, item]))
  const differing = [...new Set([...before.keys(), ...after.keys()])].filter(
    (digest) => !isEqual(before.get(digest), after.get(digest)),
  )
  const { items: _, ...toldRest } = told
  const { items: __, ...nowRest } = now
  return [
    ...differing.map((digest) => `${key}: its item ${digest} differs from the records in the bucket`),
    ...(differing.length > 0 || isEqual(toldRest, nowRest)
      ? []
      : [`${key}: its summary differs from the records in the bucket`]),
  ]
}

function isEqual(a: unknown, b: unknown): boolean {
  return renderJson(a) === renderJson(b)
}
