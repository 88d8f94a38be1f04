import { expect } from '@jest/globals'
import {
  parseRequestKey,
  type RequestDigest,
  requestDigest,
} from '../../../../../shared/domain/files/access-request.ts'
import { type Eligibility, parseEligibilityFile } from '../../../../../shared/domain/files/eligibility-file.ts'
import { principalId } from '../../../../../shared/domain/principals/identity-center-ids.ts'
import {
  type Approvals,
  decideRequest,
  type GivenDecision,
  type RequestEvent,
  type RequestFacts,
  type RequestReading,
  type RequestStep,
  type TemporaryLink,
  type UploadHistory,
} from '../../../../../shared/modules/requests/rules/decide-request.ts'
import { type GrantRecord, renderGrantedLink } from '../../../../../shared/modules/requests/rules/grant-record.ts'

const idOf = (digit: number) => principalId.parse(`${String(digit).repeat(8)}-1111-2222-3333-444444444444`)
export const [maria, tom, ada, eve] = [idOf(1), idOf(2), idOf(3), idOf(4)] as const
export const digest = requestDigest.parse('a'.repeat(32))
export const earlier = requestDigest.parse('b'.repeat(32))
export const third = requestDigest.parse('c'.repeat(32))
export const at = (minutes: number) => new Date(Date.parse('2026-11-22T10:00:00.000Z') + minutes * 60_000)
export const textAt = (minutes: number) => at(minutes).toISOString()

export const key = `requests/${maria}/account%111122223333%Admin-ps%maria%USER%ssofile`
const read = parseRequestKey(key)
if (!read.ok) throw new Error(read.complaint.received)
export const path = read.value

export function eligibility(name: string, said: object = {}): Eligibility {
  const document = {
    for: { users: ['maria'] },
    permissionSets: ['Admin-*'],
    scopes: ['root%all'],
    longest: 'PT8H',
    approvers: { groups: ['security'] },
    approvals: 2,
    ...said,
  }
  const parsed = parseEligibilityFile(`eligibility/${name}.json`, new TextEncoder().encode(JSON.stringify(document)))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.complaint))
  return parsed.value
}

export const record = (over: Partial<GrantRecord> = {}): GrantRecord => ({
  ...{ digest, key, link: path.link.key, user: maria, eligibility: 'admins' },
  approvedBy: [
    { user: tom, at: textAt(1) },
    { user: ada, at: textAt(2) },
  ],
  ...{ grantedAt: textAt(2), startsAt: textAt(2), expiresAt: textAt(62) },
  ...over,
})
const nothing: UploadHistory = { events: new Set(), approvedBy: new Set() }
export const events = (...list: RequestEvent[]): UploadHistory => ({ ...nothing, events: new Set(list) })
export const granted = (...list: RequestEvent[]): UploadHistory => ({
  ...events('asked', 'granted', ...list),
  granted: record(),
})
export const asked = events('asked')

export const valid: Extract<RequestReading, { state: 'valid' }> = {
  state: 'valid',
  request: { durationMs: 3_600_000 },
  digest,
  askedAt: at(0),
}
export const complaint = { object: key, received: 'x', expected: 'y', remedy: 'z' }
export const linkOf = (of: GrantRecord): TemporaryLink => ({
  ...{ found: 'own', etag: 'e', digest: of.digest, text: renderGrantedLink(of) },
})
export const says = (user: typeof tom, decision: 'approve' | 'deny', minutes = 1): GivenDecision => ({
  ...{ user, decision, at: textAt(minutes) },
})
export const approvals = (...given: GivenDecision[]): Approvals => ({ eligibility: 'admins', given })

export type Plain = Partial<Omit<RequestFacts, 'told' | 'approvals' | 'deletedAt'>> & {
  readonly deletedAt?: RequestFacts['deletedAt']
  readonly told?: Readonly<Record<string, UploadHistory>>
  readonly approvals?: Approvals | undefined
}
export function decide({ told = {}, approvals: known, ...facts }: Plain): RequestStep {
  return decideRequest({
    path,
    now: at(5),
    reading: valid,
    link: { found: 'none' },
    present: undefined,
    deletedAt: 'never',
    userName: 'maria',
    groups: new Set(),
    covers: () => true,
    eligibilities: [eligibility('admins')],
    broken: [],
    ...facts,
    told: (one) => told[one] ?? nothing,
    approvals: () => known,
  })
}
export const noted = (event: string, of: RequestDigest = digest) => ({ do: 'record', event: { event, digest: of } })
export const notedFor = (event: string, reason: string) => ({
  do: 'record',
  event: { event, digest, said: { reason } },
})
export const tells = (state: string, reason: string) => ({
  do: 'tell',
  status: { state, reason: expect.stringContaining(reason) },
})
export const deletes = { do: 'delete the link', etag: 'e' }
export const absent: RequestReading = { state: 'absent' }
export const waited = { state: 'waiting', request: { digest } } as const
// Who approved says so still, and who asks has no say.
const said = approvals(says(tom, 'approve'), says(maria, 'deny'))
export const inForce = { link: linkOf(record()), told: { [digest]: granted() }, approvals: said }
export const old = record({ digest: earlier })
export const oldTold = { ...granted(), granted: old }
export const approvedTwice = { approvals: approvals(says(tom, 'approve', 1), says(ada, 'approve', 2)) }
