import * as z from 'zod'
import {
  givenApproval,
  parseRequestKey,
  parseUploadName,
  type UploadName,
  userInKey,
} from '../../domain/files/access-request.ts'
import { renderScope, type Scope } from '../../domain/scopes/scope.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { readOrganization } from '../../reconcile/organization/organization-file.ts'
import { requestHistoryPrefix } from '../../reconcile/records/ended-requests.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { StatusStore } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import type { Change } from '../../reconcile/records/tell-event.ts'
import { EligibilityFiles } from '../requests/eligibility-files.ts'
import { parseRequestEventKey, pickDetails, requestEventDetails } from '../requests/request-history.ts'
import type { RequestEvent } from '../requests/rules/decide-request.ts'
import type { RequestOutcome } from './rules/notification.ts'

/** The number of newest events to compare with a change, because those of earlier versions do not name the upload. */
const comparedMost = 20

const details = requestEventDetails.extend({ approvedBy: z.array(givenApproval).optional() })
type Details = z.infer<typeof details>
export type RequestChange = Omit<RequestOutcome, 'v' | 'id' | 'at' | 'bucket' | 'kind'>
/** `isComplete`: history, and for `request-asked` the status, say everything about it already. */
type DescribedRequest = { readonly described: RequestChange; readonly isComplete: boolean }
export type RequestPorts = Pick<Ports, 'objects' | 'clock'>

/** Before these events the name in a request is only its uploader's claim. */
const unchecked = new Set<RequestEvent>(['asked', 'refused', 'withdrawn'])

/** The change of a request for temporary access. `undefined`: the change is about something else. */
export async function describeRequestChange(
  { event, at, name }: Change,
  ports: RequestPorts,
): Promise<DescribedRequest | undefined> {
  const upload = parseUploadName(name)
  const { key } = upload
  const user = userInKey(key)
  const path = parseRequestKey(key)
  const happened = event.slice('request-'.length) as RequestEvent
  if (!event.startsWith('request-')) return undefined
  const said = await findDetails(ports.objects, { ...upload, user, event: happened, at })
  const asked =
    happened === 'asked' && said && path.ok ? await describeAsked(said, path.value.link.scope, ports) : undefined
  const isNameChecked = !unchecked.has(happened) || asked?.eligibility !== undefined
  const link = path.ok ? path.value.link : undefined
  const person = ({ user: id, name }: NonNullable<Details['by']>) => ({ id, name })
  const described: RequestChange = {
    event: `request-${happened}`,
    request: key,
    requester: { id: user, ...(link && isNameChecked ? { name: link.principal } : {}) },
    permissionSet: link?.permissionSet,
    scope: link && renderScope(link.scope),
    ...(said && {
      digest: said.digest,
      ...(said.by && { by: person(said.by) }),
      ...(said.approvedBy && { approvedBy: said.approvedBy.map(person) }),
      ...pickDetails(picked, said),
    }),
    ...asked,
  }
  const isAsked = happened === 'asked' && path.ok
  return { described, isComplete: said !== undefined && (!isAsked || asked !== undefined) }
}

const picked = ['eligibility', 'reason', 'ticket', 'incident', 'startsAt', 'expiresAt'] as const

type Sought = UploadName & { readonly user: string; readonly event: RequestEvent; readonly at: string }

async function findDetails(
  objects: ObjectStore,
  { user, digest, event, by, at, key }: Sought,
): Promise<Details | undefined> {
  const heads: ObjectHead[] = []
  for await (const head of objects.list(`${requestHistoryPrefix}${user}/${digest ?? ''}`)) {
    const listed = parseRequestEventKey(head.key)
    if (listed?.event === event && (by ?? listed.by) === listed.by) heads.push(head)
  }
  heads.sort((a, b) => b.lastModified.getTime() - a.lastModified.getTime())
  for (const head of heads.slice(0, comparedMost)) {
    const said = (await spoiledAsAbsent(new JsonRecord(objects, head.key, details).read()))?.value
    if (said?.at === at && said.key === key) return said
  }
  return undefined
}

/** If this upload waits for approvals: the eligibility and its approvers. `undefined`: its status is not written yet. */
async function describeAsked(
  { key, digest }: Details,
  scope: Scope,
  ports: RequestPorts,
): Promise<Pick<RequestChange, 'eligibility' | 'approvers'> | undefined> {
  const { objects, clock } = ports
  const { request } = (await spoiledAsAbsent(new StatusStore(objects, clock).read(key))) ?? {}
  if (request?.digest !== digest) return undefined
  if (request.eligibility === undefined) return {}
  const { eligibility } = request
  const found = await new EligibilityFiles(ports).readNow(eligibility)
  if (found === undefined || request.approvals === undefined) return { eligibility }
  const { groups, users, ownerTag } = found.approvers
  const owner = ownerTag === undefined ? undefined : await ownerOf(scope, ownerTag, ports)
  return { eligibility, approvers: [...groups, ...users, ...(owner === undefined ? [] : [owner])] }
}

async function ownerOf(scope: Scope, tag: string, { objects }: RequestPorts): Promise<string | undefined> {
  const view = await spoiledAsAbsent(readOrganization(objects))
  const account = scope.kind === 'account' ? view?.accounts.find(({ id }) => id === scope.id) : undefined
  return account?.tags?.[tag]
}
