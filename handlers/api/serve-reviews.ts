import { judgeAuthor } from '../../shared/domain/reviews/decide-decision.ts'
import { instantsOf } from '../../shared/domain/reviews/decide-review.ts'
import {
  decisionKey,
  parseDecisionFile,
  parseDecisionKey,
  renderDecisionFile,
} from '../../shared/domain/reviews/decision-file.ts'
import { buildManifest } from '../../shared/domain/reviews/manifest.ts'
import { isPrivileged, type ReviewItem } from '../../shared/domain/reviews/review-item.ts'
import { isRunning, type ReviewRun } from '../../shared/domain/reviews/review-record.ts'
import { renderInstant } from '../../shared/domain/text/instant.ts'
import { findReviewer } from '../../shared/reconcile/reviews/decision-controller.ts'
import { type KnownReviews, listOwnDecisions, listRuns } from '../../shared/reconcile/reviews/known-reviews.ts'
import { folderOf, readItem, readRun } from '../../shared/reconcile/reviews/review-records.ts'
import { type Answer, answer, refuse, refuseComplaint } from './answer.ts'
import { writeOnCondition } from './change-input.ts'
import { mayReadAll } from './read-requests.ts'
import type { DecisionsRequest } from './request-bodies.ts'
import type { RequestContext } from './request-context.ts'
import { findSignedIn, type SignedIn } from './signed-in-person.ts'

type ReviewContext = RequestContext & { readonly reviews: KnownReviews }
type Run = ReviewRun & { readonly review: string }

/** A function answers with at most 6 MB, compressed. (Lambda Developer Guide, "Lambda quotas".) */
const itemsMost = 20_000

/** Reviewers see the items that they may decide on; who reads everything sees all. `items`: what waits for the caller. */
export async function listReviews(context: ReviewContext): Promise<Answer> {
  const person = await findSignedIn(context)
  if ('statusCode' in person) return person
  const isAll = mayReadAll(context)
  const runs = (await listRuns(context.ports.objects)).filter(({ phase }) => isAll || phase !== 'done')
  const reviews = await Promise.all(runs.map((run) => tell(run, person, context, isAll)))
  const waiting = reviews.flatMap(({ review, items }) =>
    items
      .filter(({ mayDecide, own }) => mayDecide && (own === undefined || own.problem))
      .map((one) => ({ ...one, review })),
  )
  const summaries = reviews
    .filter(({ items }) => isAll || items.length > 0)
    .map(({ items: _, terms: __, ...one }) => one)
  return answer(200, { reviews: summaries, items: waiting.slice(0, itemsMost), isCut: waiting.length > itemsMost })
}

/** The result of one review: items, decisions, proofs and tasks. */
export async function readReview(review: string, context: ReviewContext): Promise<Answer> {
  const person = await findSignedIn(context)
  if ('statusCode' in person) return person
  const run = /^[\w-]{1,64}$/.test(review) ? await readRun(context.ports.objects, review) : undefined
  const told = run && (await tell({ review, ...run }, person, context, mayReadAll(context)))
  if (told === undefined || (told.items.length === 0 && !mayReadAll(context))) return refuseReview()
  return answer(200, { ...told, items: told.items.slice(0, itemsMost), isCut: told.items.length > itemsMost })
}

function refuseReview(): Answer {
  return refuse(404, 'a review that has nothing for you', 'one that has begun', 'send GET /reviews, which lists them')
}

async function tell(run: Run, { userId }: SignedIn, { ports, known, reviews }: ReviewContext, isAll: boolean) {
  const { review, phase } = run
  const all = await reviews.itemsOf(review, run)
  const { people, suspensions } = known
  const sources = { people, actorOf: (user: SignedIn['userId']) => people.actorOf(user, suspensions) }
  const [reviewer, own] = await Promise.all([
    findReviewer(userId, [{ run, items: all }], sources),
    listOwnDecisions(ports.objects, { userId, review }),
  ])
  const asked = new Set(all.filter((item) => judgeAuthor(item, run, reviewer) === 'may'))
  const isOpen = isRunning(phase)
  const items: readonly ReviewItem[] = isAll ? all : [...asked]
  const byDigest = new Map(items.map((item) => [item.digest as string, item]))
  const manifest = buildManifest({ review, run, items })
  const { dueAt, endsAt } = instantsOf(new Date(run.run), run.terms)
  return {
    ...manifest,
    dueAt: renderInstant(dueAt),
    endsAt: renderInstant(endsAt),
    decided: items.filter(({ decisions }) => decisions.length > 0).length,
    undecided: items.filter(
      ({ decisions, end }) => decisions.length === 0 && end?.is !== 'changed' && end?.is !== 'gone',
    ).length,
    items: manifest.items.map((one) => {
      const item = byDigest.get(one.digest)
      const mayDecide =
        isOpen && one.end === undefined && one.subject.kind !== 'unread' && item !== undefined && asked.has(item)
      return { ...one, mayDecide, own: own.get(one.digest) }
    }),
  }
}

/** Writes the caller's decisions under their own id. The statuses of the decisions say whether they count. */
export async function decideItems(
  { review, verdict, digests, comment }: DecisionsRequest,
  context: RequestContext,
): Promise<Answer> {
  const person = await findSignedIn(context)
  if ('statusCode' in person) return person
  const { objects } = context.ports
  const keys = digests.map((digest) => decisionKey({ userId: person.userId, review, digest, verdict }))
  const body = new TextEncoder().encode(renderDecisionFile({ comment }))
  for (const key of keys) {
    const parsed = [parseDecisionKey(key), parseDecisionFile(key, body)].find(({ ok }) => !ok)
    if (parsed && !parsed.ok) return refuseComplaint(parsed.complaint, key)
  }
  const run = await readRun(objects, review)
  if (run === undefined) return refuseReview()
  if (digests.length > 1) {
    const items = await Promise.all(digests.map((digest) => readItem(objects, folderOf(review, run.run), digest)))
    if (items.some((item) => item && isPrivileged(item.value.subject)))
      return refuse(
        400,
        'several items, one of them privileged',
        'privileged items one by one',
        'decide them one by one',
      )
  }
  const written = await Promise.all(
    keys.map((key) =>
      writeOnCondition(
        { ...context, action: verdict, key, statusPath: context.statusPath(review) },
        context.ports,
        async () => ({
          there: await objects.head(key),
          body,
        }),
      ),
    ),
  )
  return written.find(({ statusCode }) => statusCode !== 202) ?? answer(202, { action: verdict, keys })
}
