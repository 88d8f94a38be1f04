import { decisionKey, renderDecisionFile, type Verdict } from '../../shared/domain/files/decision-file.ts'
import type { PrincipalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { selectorName } from '../../shared/domain/scopes/selector-name.ts'
import { renderInstant } from '../../shared/domain/text/instant.ts'
import { isAwaited } from '../../shared/modules/page/rules/review-rows.ts'
import { foretellRefusal } from '../../shared/modules/reviews/decision-controller.ts'
import { findReviewer } from '../../shared/modules/reviews/find-reviewer.ts'
import { folderOf, listOwnDecisions, listRuns, readItem, readRun } from '../../shared/modules/reviews/review-records.ts'
import { compareColleagues } from '../../shared/modules/reviews/rules/colleagues.ts'
import { judgeAuthor } from '../../shared/modules/reviews/rules/decide-decision.ts'
import { instantsOf } from '../../shared/modules/reviews/rules/decide-review.ts'
import { inFewAccounts } from '../../shared/modules/reviews/rules/in-few-accounts.ts'
import { buildManifest } from '../../shared/modules/reviews/rules/manifest.ts'
import {
  accountsOf,
  isDecided,
  isPrivileged,
  isUnseen,
  type ReviewItem,
} from '../../shared/modules/reviews/rules/review-item.ts'
import { isRunning, type ReviewRun } from '../../shared/modules/reviews/rules/review-record.ts'
import { sayAsked, sayOnlyRevokes } from '../../shared/modules/reviews/rules/say-asked.ts'
import { readWatched } from '../../shared/modules/usage/use-records.ts'
import type { ReadingObjects } from '../../shared/ports/object-store.ts'
import { type Answer, answer, refusal, refuse } from './answer.ts'
import type { ApiEvent } from './api-request.ts'
import { writeOnCondition } from './change-input.ts'
import { firstThatFit } from './first-that-fit.ts'
import { readBody } from './read-body.ts'
import { type Parameters, parsePage, refuseParameter } from './read-inputs.ts'
import { mayReadAll } from './read-requests.ts'
import { type DecisionsRequest, decisionsRequest, decisionsRules } from './request-bodies.ts'
import type { RequestContext } from './request-context.ts'
import { findSignedIn } from './signed-in-person.ts'

type Run = ReviewRun & { readonly review: string }
type ShownReview = Awaited<ReturnType<typeof tell>>

/** A function answers with at most 6 MB, in which an answer of the API is a JSON string. (Lambda Developer Guide, "Lambda quotas".) */
const apiMost = 5_000_000
/** The page gets items compressed, in base64: about 4 MB if each has another digest and other accounts. */
const pageMost = 12_000_000
/** The lists of `GET /reviews/{review}/items`. */
export const itemLists = ['waiting', 'all'] as const

/** Reviews over signed HTTPS: the page's answers, with items in pages. */
export async function serveReviews(event: ApiEvent, called: Omit<RequestContext, 'statusPath'>): Promise<Answer> {
  const [method = '', path = ''] = event.routeKey.split(' ')
  const context = { ...called, statusPath: () => event.rawPath }
  const isDecision = path === '/decisions'
  if (method !== (isDecision ? 'POST' : 'GET')) {
    const allow = isDecision ? 'POST' : 'GET'
    return refuse(405, 'another method', allow, 'send GET /reviews to read, POST /decisions to decide', { allow })
  }
  if (isDecision) {
    const asked = readBody(event, decisionsRequest, decisionsRules)
    return 'statusCode' in asked ? asked : decideItems(asked, context)
  }
  const { review } = event.pathParameters ?? {}
  const told = await look(context, review)
  if ('statusCode' in told) return told
  const [one] = told
  if (one === undefined || review === undefined) return answer(200, { reviews: told.map(withoutItems) })
  return path.endsWith('/items') ? listItems(one, event.queryStringParameters ?? {}) : answer(200, withoutItems(one))
}

/** One page of the items, ascending by digest. */
function listItems({ items }: ShownReview, { of = 'waiting', ...page }: Parameters): Answer {
  const asked = parsePage(page, '')
  if ('statusCode' in asked) return asked
  if (!itemLists.some((one) => one === of))
    return refuseParameter('of', of, "'waiting' or 'all'", 'write one of the two')
  const { after = '', most } = asked
  const left = items.filter((one) => one.digest > after && (of === 'all' || isAwaited(one)))
  const told = firstThatFit(left.slice(0, most), apiMost, (one) => bytesOf(JSON.stringify(one)))
  const last = left.length > told.length ? told.at(-1) : undefined
  return answer(200, { items: told, nextToken: last && Buffer.from(last.digest).toString('base64url') })
}

const bytesOf = (document: object | string) => Buffer.byteLength(JSON.stringify(document))

const withoutItems = ({ items: _, ...review }: ShownReview) => review

/** `accounts`: those that the items are about. The page tells their names, and no others: comments are anybody's text. */
export type ToldReviews = { readonly told: Answer; readonly accounts: readonly string[] }

/** For the page: each review, and what waits for the caller. */
export async function listReviews(context: RequestContext): Promise<ToldReviews> {
  const told = await look(context)
  if ('statusCode' in told) return { told, accounts: [] }
  const waiting = told.flatMap(({ items }) => items.filter(isAwaited))
  return tellItems({ reviews: told.map(withoutItems) }, waiting)
}

/** For the page: the result of one review, with items, decisions, proofs and tasks. */
export async function readReview(review: string, context: RequestContext): Promise<ToldReviews> {
  const told = await look(context, review)
  if ('statusCode' in told) return { told, accounts: [] }
  const [{ items = [], ...one } = {}] = told
  return tellItems(one, items)
}

function tellItems(about: object, all: ShownReview['items']): ToldReviews {
  const items = firstThatFit(all.map(inFewAccounts), pageMost, bytesOf)
  return {
    told: answer(200, { ...about, items, isCut: items.length < all.length }),
    accounts: items.flatMap(({ subject }) => accountsOf(subject)),
  }
}

/** Reviewers see the items that they may decide on; who reads everything sees all. A review without such items is not there. */
async function look(context: RequestContext, review?: string): Promise<readonly ShownReview[] | Answer> {
  const { objects } = context.ports
  const isAll = mayReadAll(context)
  const person = await findSignedIn(context)
  if ('statusCode' in person && !isAll) return person
  const runs =
    review === undefined
      ? (await listRuns(objects)).filter(({ phase }) => isAll || phase !== 'done')
      : await findRun(objects, review)
  const userId = 'userId' in person ? person.userId : undefined
  const told = await Promise.all(runs.map((run) => tell(run, userId, context, isAll)))
  const seen = told.filter(({ items }) => isAll || items.length > 0)
  return review === undefined || seen.length > 0 ? seen : refuseReview()
}

async function findRun(objects: ReadingObjects, review: string): Promise<readonly Run[]> {
  const run = selectorName.safeParse(review).success ? await readRun(objects, review) : undefined
  return run === undefined ? [] : [{ review, ...run }]
}

function refuseReview(): Answer {
  return refuse(404, 'a review that has nothing for you', 'one that has begun', 'send GET /reviews, which lists them')
}

/** `userId`: absent if the caller is no person, who decides nothing. */
async function tell(run: Run, userId: PrincipalId | undefined, { ports, known }: RequestContext, isAll: boolean) {
  const { review, phase } = run
  const all = await known.reviews.itemsOf(review, run)
  const [{ countedSince: usesSince }, reviewer, own] = await Promise.all([
    readWatched(ports),
    userId && findReviewer(userId, { folder: folderOf(review, run.run), run, items: all }, sourcesOf(ports, known)),
    userId && listOwnDecisions(ports.objects, { userId, review }, all),
  ])
  const who = (verdict: Verdict) =>
    new Set(all.filter((item) => reviewer && judgeAuthor(item, { run, verdict }, reviewer) === 'may'))
  const [revokers, keepers] = [who('revoke'), who('keep')]
  const isOpen = isRunning(phase)
  const items: readonly ReviewItem[] = isAll ? all : [...revokers]
  const byDigest = new Map(items.map((item) => [item.digest as string, item]))
  const manifest = buildManifest({ review, run, items })
  const colleaguesOf = compareColleagues(all)
  const { dueAt, endsAt } = instantsOf(run)
  return {
    ...manifest,
    dueAt: renderInstant(dueAt),
    endsAt: renderInstant(endsAt),
    usesSince,
    decided: items.filter((item) => isDecided(item, run.terms)).length,
    undecided: items.filter(
      (item) => !isDecided(item, run.terms) && item.end?.is !== 'changed' && item.end?.is !== 'gone',
    ).length,
    items: manifest.items.map((one) => {
      const item = byDigest.get(one.digest)
      const mayDecide =
        isOpen && one.end === undefined && one.subject.kind !== 'unread' && item !== undefined && revokers.has(item)
      const mayKeep = mayDecide && keepers.has(item) && !isUnseen(item.subject)
      const asked = mayDecide && reviewer && { why: sayAsked(item, run, reviewer) }
      const onlyRevokes = mayDecide && !mayKeep && reviewer && { onlyRevokes: sayOnlyRevokes(item, reviewer) }
      const about = { colleagues: colleaguesOf(one.subject) || undefined, ...asked, ...onlyRevokes }
      return { ...one, review, mayDecide, mayKeep, ...about, own: own?.get(one.digest) }
    }),
  }
}

function sourcesOf({ objects }: RequestContext['ports'], { people, suspensions }: RequestContext['known']) {
  return { objects, people, actorOf: (user: PrincipalId) => people.actorOf(user, suspensions) }
}

const codes: Partial<Record<NonNullable<Awaited<ReturnType<typeof foretellRefusal>>>['tell'], number>> = {
  'no review': 404,
  'no item': 404,
  barred: 403,
  own: 403,
  'no reviewer': 403,
  'only revokes': 403,
}

/** Writes the caller's decisions under their own id, if each would count now. Their statuses say whether they do. */
export async function decideItems(
  { review, verdict, digests, comment }: DecisionsRequest,
  context: RequestContext,
): Promise<Answer> {
  const person = await findSignedIn(context)
  if ('statusCode' in person) return person
  const { objects } = context.ports
  const { userId } = person
  const keys = digests.map((digest) => decisionKey({ userId, review, digest, verdict }))
  const run = await readRun(objects, review)
  const items = await Promise.all(
    digests.map(async (digest) => run && (await readItem(objects, folderOf(review, run.run), digest))?.value),
  )
  const refused = await foretellRefusal(
    { userId, review, verdict },
    { run, items },
    sourcesOf(context.ports, context.known),
  )
  if (refused) {
    const { at, tell, ...complaint } = refused
    return refusal(codes[tell] ?? 409, [{ key: keys[at] ?? '', ...complaint }])
  }
  if (items.length > 1 && items.some((item) => item && isPrivileged(item.subject)))
    return refuse(400, 'several items, one of them privileged', 'privileged items one by one', 'decide them one by one')
  const body = new TextEncoder().encode(renderDecisionFile({ comment }))
  const written = await Promise.all(
    keys.map((key) =>
      writeOnCondition(
        { ...context, action: verdict, key, statusPath: context.statusPath(review) },
        context.ports,
        async () => ({ there: await objects.head(key), body }),
      ),
    ),
  )
  return written.find(({ statusCode }) => statusCode !== 202) ?? answer(202, { action: verdict, keys })
}
