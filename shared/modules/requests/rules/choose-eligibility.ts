import type { AccessRequest } from '../../../domain/files/access-request.ts'
import type { Eligibility } from '../../../domain/files/eligibility-file.ts'
import { isAtTime } from '../../../domain/files/weekly-time.ts'
import type { Link } from '../../../domain/links/link.ts'
import type { Scope } from '../../../domain/scopes/scope.ts'
import { quote } from '../../../domain/statuses/complaint.ts'
import { compareText } from '../../../domain/text/compare-keys.ts'
import { fitsOne, matchesTicketPattern } from '../../../domain/text/glob.ts'
import { renderIsoDuration } from '../../../domain/text/iso-duration.ts'
import { saysSomething } from '../../../domain/text/says-something.ts'

/** The facts of a request that eligibilities test. */
export type Asking = {
  readonly link: Link
  readonly request: AccessRequest
  readonly askedAt: Date
  /** The time of this look, by S3's clock. A grant of this look begins no earlier. */
  readonly now: Date
  /** The user's name in links. */
  readonly userName: string
  /** The names of the groups in eligibilities that have the user as a member. */
  readonly groups: ReadonlySet<string>
  /** Whether a scope of an eligibility contains the requested scope. `undefined`: nobody knows now. */
  readonly covers: (scope: Scope) => boolean | undefined
}

/** `needed`: the number of approvals. */
export type Fit = { readonly eligibility: Eligibility; readonly needed: number }
export type Choice =
  | { readonly found: 'fit'; readonly fit: Fit }
  /** None fits, and this one cannot be judged now. */
  | { readonly found: 'unclear'; readonly eligibility: Eligibility }
  /** `nearest`: the one that lacks least, with its lacks. `isMeant`: it is for this user, permission set and scope. */
  | {
      readonly found: 'none'
      readonly nearest?: {
        readonly eligibility: Eligibility
        readonly lacks: readonly string[]
        readonly isMeant: boolean
      }
    }

/** Chooses the fitting eligibility that asks least: no approval, else fewer approvals, else fewer needs, else the first by name. */
export function chooseEligibility(eligibilities: readonly Eligibility[], asking: Asking): Choice {
  // Of perhaps ten thousand eligibilities, only few are for this person.
  const meant = eligibilities.filter((one) => isFor(one, asking) && isForPermissionSet(one, asking))
  const judged = judgeAll(meant, asking)
  const [fit] = judged.filter(({ lacks, isUnclear }) => lacks.length === 0 && !isUnclear).sort(compareByAsking)
  if (fit) return { found: 'fit', fit: { eligibility: fit.eligibility, needed: fit.needed } }
  const unclear = judged.find(({ lacks, isUnclear }) => lacks.length === 0 && isUnclear)
  if (unclear) return { found: 'unclear', eligibility: unclear.eligibility }
  const [nearest] = judgeAll(eligibilities, asking).sort(
    (a, b) => a.weight - b.weight || compareText(a.eligibility.name, b.eligibility.name),
  )
  if (nearest === undefined) return { found: 'none' }
  const { eligibility, lacks, weight } = nearest
  return { found: 'none', nearest: { eligibility, lacks, isMeant: weight < weightOfPlace } }
}

function judgeAll(eligibilities: readonly Eligibility[], asking: Asking): Judged[] {
  return eligibilities.map((eligibility) => ({ eligibility, ...judge(eligibility, asking) }))
}

/** Whether its `for` names this user or one of these groups. */
export function isFor(eligibility: Eligibility, { userName, groups }: Pick<Asking, 'userName' | 'groups'>): boolean {
  return eligibility.for.users.includes(userName) || eligibility.for.groups.some((name) => groups.has(name))
}

function isForPermissionSet({ permissionSets }: Eligibility, { link }: Asking): boolean {
  return fitsOne(permissionSets, link.permissionSet)
}

const weightOfPlace = 100

type Judged = {
  readonly eligibility: Eligibility
  readonly needed: number
  readonly lacks: readonly string[]
  /** If it lacks something: the smaller, the nearer. A wrong person weighs more than a lack that the person can correct. */
  readonly weight: number
  readonly isUnclear: boolean
}

function judge(eligibility: Eligibility, asking: Asking): Omit<Judged, 'eligibility'> {
  const covers = eligibility.scopes.map(asking.covers)
  const isUnclear = !covers.includes(true) && covers.includes(undefined)
  const needed = isApprovedByItself(eligibility, asking) ? 0 : eligibility.approvals
  const place = lacksOfPlace(eligibility, asking, covers.includes(true) || isUnclear)
  const terms = [...lacksOfTerms(eligibility, asking), ...lacksOfApprovers(eligibility, asking, needed)]
  return { needed, isUnclear, lacks: [...place, ...terms], weight: place.length * weightOfPlace + terms.length }
}

function lacksOfPlace(eligibility: Eligibility, asking: Asking, isCovered: boolean): string[] {
  return [
    ...(isFor(eligibility, asking) ? [] : [`it is not for '${quote(asking.userName)}'`]),
    ...(isForPermissionSet(eligibility, asking)
      ? []
      : [`it is not for the permission set '${asking.link.permissionSet}'`]),
    ...(isCovered ? [] : ['its scopes do not include the requested accounts']),
  ]
}

function lacksOfTerms(eligibility: Eligibility, { request, askedAt }: Asking): string[] {
  const { longestMs, needs, ticketPattern, mayStartLaterMs = 0 } = eligibility
  const missing = needs.filter((need) => !saysSomething(request[need]))
  const laterMs = (request.startsAt ?? askedAt).getTime() - askedAt.getTime()
  const fits = ticketPattern === undefined || matchesTicketPattern(ticketPattern)(request.ticket ?? '')
  return [
    ...(request.durationMs <= longestMs ? [] : [`it allows ${renderIsoDuration(longestMs)} at most`]),
    ...missing.map((need) => {
      const how = request[need] === undefined ? '' : ' with letters or digits'
      return `it needs ${need === 'incident' ? 'an' : 'a'} ${need}${how}`
    }),
    ...(fits || missing.includes('ticket') ? [] : [`its tickets are written as '${quote(ticketPattern ?? '')}'`]),
    ...(laterMs <= mayStartLaterMs ? [] : [laterLack(mayStartLaterMs)]),
  ]
}

function laterLack(mostMs: number): string {
  return mostMs === 0
    ? 'it allows no startsAt, since access begins at once'
    : `it allows a start at most ${renderIsoDuration(mostMs)} ahead`
}

/** The approvers may depend on the account. If nobody can approve, only access that approves itself is granted. */
function lacksOfApprovers(eligibility: Eligibility, asking: Asking, needed: number): string[] {
  const { approvals, approvers } = eligibility
  const { link } = asking
  if (approvals === 0 && !isApprovedByItself(eligibility, asking))
    return ['it is only for the groups or the times in its approvedByItself']
  const isByOwner = approvers.groups.length + approvers.users.length === 0
  return needed > 0 && isByOwner && link.scope.kind !== 'account'
    ? ['its approvers are the owners of single accounts, so ask for account%<account id>']
    : []
}

/**
 * This user needs no approval, or nobody does at the times of the upload and of the beginning of the access: nobody asks by day and waits
 * for the night, or asks at night for the day. A late look is a late beginning, and S3 dates a multipart upload at its initiation. So
 * whoever delays either does not choose when access begins.
 */
function isApprovedByItself({ approvedByItself }: Eligibility, { groups, ...asking }: Asking): boolean {
  if (approvedByItself === undefined) return false
  const isItsTime = [asking.askedAt, beginningOf(asking)].every((at) =>
    approvedByItself.times.some((time) => isAtTime(time, at)),
  )
  return isItsTime || approvedByItself.groups.some((name) => groups.has(name))
}

/** When the access begins if it is granted now. */
export function beginningOf({
  request: { startsAt },
  askedAt,
  now,
}: Pick<Asking, 'request' | 'askedAt' | 'now'>): Date {
  return new Date(Math.max(now.getTime(), startsAt?.getTime() ?? 0, askedAt.getTime()))
}

function compareByAsking(a: Judged, b: Judged): number {
  const [x, y] = [a.eligibility, b.eligibility]
  return a.needed - b.needed || x.needs.length - y.needs.length || compareText(x.name, y.name)
}
