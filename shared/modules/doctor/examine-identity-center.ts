import { settlingMs } from '../../domain/assignments/access-proof.ts'
import { type Finding, ok, skip, warn } from '../../domain/guardrails/finding.ts'
import type { Installation, Quota } from '../../ports/installation.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { type Answer, answerOrError } from '../../ports/service-error.ts'
import { type AssignmentRequest, type RequestKind, type RequestSummary, requestKinds } from '../../ports/sso-admin.ts'
import { listKnown } from '../../reconcile/records/foreign-assignments.ts'
import { unasked } from './unasked.ts'

const quotasCheck = 'quotas'
/** From this share on, somebody should request a higher quota. */
const fullFrom = 0.8

/** The present use. */
export type Use = {
  readonly permissionSets: number
  readonly permissionSetsOfOneAccount: number
  readonly accounts: number
}

/**
 * The quotas that AWS can raise: AWS's code, the documented default (IAM Identity Center User Guide, "Quotas and limits"), and the counted
 * objects. Rates and concurrent operations have no code, because AWS cannot raise them. AWS's pages do not list the codes. These come from
 * public Terraform code (tedilabs/terraform-aws-account, service-quota-requests), so if Service Quotas does not return one, the default
 * counts.
 */
const quotas = [
  { of: 'permissionSets', code: 'L-B44C7A29', most: 3_500, what: 'permission sets' },
  {
    of: 'permissionSetsOfOneAccount',
    code: 'L-89954265',
    most: 500,
    what: 'permission sets in one account, by the records of ssofile',
  },
  { of: 'accounts', code: 'L-0299121C', most: 7_000, what: 'accounts' },
] as const

/** Compares the present use with the quotas of this account. `accounts`: the number of accounts in the organization. */
export async function examineQuotas(
  { ssoAdmin, objects }: Pick<Ports, 'ssoAdmin' | 'objects'>,
  installation: Pick<Installation, 'quotasOf'>,
  accounts: number,
): Promise<readonly Finding[]> {
  const sets = await answerOrError(Array.fromAsync(listAll((token) => ssoAdmin.listPermissionSets(token))))
  if ('error' in sets) return [unasked(quotasCheck, sets.error, { needs: 'sso:ListPermissionSets' })]
  const ofOne = await answerOrError(permissionSetsOfOneAccount(objects))
  if ('error' in ofOne) return [unasked(quotasCheck, ofOne.error, { needs: 's3:ListBucket' })]
  const use = { permissionSets: sets.is.length, permissionSetsOfOneAccount: ofOne.is, accounts }
  return judgeQuotas(use, await answerOrError(installation.quotasOf('sso')))
}

/** The largest number of permission sets in one account. */
async function permissionSetsOfOneAccount(objects: Ports['objects']): Promise<number> {
  const names = new Map<string, Set<string>>()
  for await (const { assignment } of listKnown(objects)) {
    const { accountId, permissionSet } = assignment
    names.set(accountId, (names.get(accountId) ?? new Set()).add(permissionSet))
  }
  return Math.max(0, ...[...names.values()].map(({ size }) => size))
}

/** `told`: Service Quotas' answer about IAM Identity Center. */
export function judgeQuotas(use: Use, told: Answer<readonly Quota[]>): readonly Finding[] {
  return quotas.map(({ of, code, most, what }) => {
    const quota = 'is' in told ? told.is.find((one) => one.code === code)?.value : undefined
    const figures = { used: use[of], quota: quota ?? most }
    const said = `${figures.used} of ${figures.quota} ${what} (${sourceOf(quota, code, told)})`
    if (figures.used < fullFrom * figures.quota) return ok(quotasCheck, said, figures)
    return warn(quotasCheck, said, `ask AWS for more under Service Quotas, IAM Identity Center, ${code}`, figures)
  })
}

function sourceOf(quota: number | undefined, code: string, told: Answer<readonly Quota[]>): string {
  if (quota !== undefined) return `Service Quotas, ${code}`
  const why = 'error' in told ? `answered ${told.error.code}` : `says nothing of ${code}`
  return `AWS's documented default: Service Quotas ${why}`
}

const lagCheck = 'read lag'
/** Each look costs two calls, at four a second. */
const looksMost = 10
/** A page has up to 100 requests. */
const pagesMost = 20

type Ask = Pick<Ports, 'ssoAdmin' | 'clock'>
type Listed = RequestSummary & { readonly kind: RequestKind }
/** A change that Identity Center reported as made, and whether its listing shows it. */
export type Look = { readonly requestId: string; readonly ageMs: number; readonly isShown: boolean }

/**
 * Measures how far listings of assignments lag, without a write: it checks whether listings show the latest successful requests of any
 * caller. `isActive`: accounts in other states may lose their assignments without a request.
 */
export async function examineReadLag(ports: Ask, isActive: (accountId: string) => boolean): Promise<Finding> {
  const requests: Listed[] = []
  for (const kind of requestKinds) {
    const listed = await answerOrError(listRequests(ports, kind))
    if ('error' in listed) return unasked(lagCheck, listed.error, { needs: 'sso:ListAccountAssignment…Status' })
    if (listed.is === 'too many')
      return skip(lagCheck, `not measured: more than ${pagesMost * 100} requests are listed`)
    requests.push(...listed.is)
  }
  return judgeReadLag(await lookAtEach(ports, requests, isActive))
}

async function listRequests({ ssoAdmin }: Ask, kind: RequestKind): Promise<readonly Listed[] | 'too many'> {
  const requests: Listed[] = []
  const anyState = undefined
  for await (const request of listAll((token) => ssoAdmin.listAssignmentRequests(kind, anyState, token))) {
    requests.push({ ...request, kind })
    if (requests.length > pagesMost * 100) return 'too many'
  }
  return requests
}

/** From the newest back: the first request of a target decides its present state. */
async function lookAtEach(
  ports: Ask,
  requests: readonly Listed[],
  isActive: (accountId: string) => boolean,
): Promise<readonly Look[]> {
  const seen = new Set<string>()
  const looks: Look[] = []
  const newest = requests
    .flatMap((one) => (one.state === 'FAILED' || one.createdAt === undefined ? [] : [{ ...one, at: one.createdAt }]))
    .toSorted((a, b) => b.at.getTime() - a.at.getTime())
    .slice(0, looksMost)
  for (const { kind, requestId, state, at } of newest) {
    const described = await answerOrError(ports.ssoAdmin.describeAssignmentRequest(kind, requestId))
    const request = 'is' in described ? described.is : undefined
    const target = JSON.stringify(request?.target)
    if (request === undefined || seen.has(target)) continue
    seen.add(target)
    if (state !== 'SUCCEEDED' || !isActive(request.target.accountId)) continue
    const listed = await answerOrError(isListed(ports, request))
    if ('error' in listed) continue
    const ageMs = ports.clock.now().getTime() - at.getTime()
    looks.push({ requestId, ageMs, isShown: listed.is === (kind === 'creation') })
  }
  return looks
}

async function isListed({ ssoAdmin }: Ask, { target }: AssignmentRequest): Promise<boolean> {
  const { accountId, permissionSetArn, principalId, principalType } = target
  const list = (token?: string) => ssoAdmin.listAccountAssignments(accountId, permissionSetArn, token)
  for await (const one of listAll(list)) {
    if (one.principalId === principalId && one.principalType === principalType) return true
  }
  return false
}

/** Exported for its tests. */
export function judgeReadLag(looks: readonly Look[]): Finding {
  if (looks.length === 0)
    return skip(
      lagCheck,
      'not measured: Identity Center lists no request that succeeded lately; run ssofile doctor again soon after a change',
    )
  const seconds = (ms: number) => Math.round(ms / 1000)
  const shown = looks.filter(({ isShown }) => isShown).map(({ ageMs }) => ageMs)
  const [oldest] = looks.filter(({ isShown }) => !isShown).toSorted((a, b) => b.ageMs - a.ageMs)
  const figures = {
    changes: looks.length,
    shown: shown.length,
    ...(shown.length > 0 && { newestShownSeconds: seconds(Math.min(...shown)) }),
    ...(oldest && { oldestMissingSeconds: seconds(oldest.ageMs) }),
  }
  if (oldest === undefined)
    return ok(
      lagCheck,
      `listings show the last changes (${looks.length} checked), the newest made ${figures.newestShownSeconds} s ago: the lag is shorter`,
      figures,
    )
  const late = `listings do not show ${looks.length - shown.length} of ${looks.length} changes yet, the oldest made ${figures.oldestMissingSeconds} s ago: the lag is longer`
  if (oldest.ageMs < settlingMs)
    return ok(lagCheck, `${late}; ssofile trusts none until ${seconds(settlingMs)} s after a call`, figures)
  return warn(
    lagCheck,
    `${late}; ssofile trusts listings ${seconds(settlingMs)} s after a call`,
    `run ssofile doctor again; if that does not help, pause ssofile and ask AWS support about request ${oldest.requestId}`,
    figures,
  )
}
