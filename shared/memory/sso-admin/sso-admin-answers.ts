import type { Page } from '../../ports/page.ts'
import type { AssignmentRequest, AssignmentTarget, Provisioning, RequestSummary } from '../../ports/sso-admin.ts'
import { type PageRequest, pageOfItems } from '../page-of.ts'
import type { RequestRecord } from './asynchronous-requests.ts'
import type { AssignmentRequestRecord, ProvisioningRecord } from './sso-admin-records.ts'
import { invalidToken } from './sso-admin-refusals.ts'

/** A page of items whose keys ascend. */
export function readPage<T>(items: Iterable<T>, keyOf: (item: T) => string, request: PageRequest): Page<T> {
  const page = pageOfItems(items, keyOf, request)
  if (page === undefined) throw invalidToken()
  return page
}

/** The caller's object may contain more than a target. */
export function copyTarget(target: AssignmentTarget): AssignmentTarget {
  const { accountId, permissionSetArn, principalId, principalType } = target
  return { accountId, permissionSetArn, principalId, principalType }
}

export function targetKey({ accountId, permissionSetArn: arn, principalType, principalId }: AssignmentTarget): string {
  return `${accountId} ${arn} ${principalId} ${principalType}`
}

export function describeRequest(record: AssignmentRequestRecord): AssignmentRequest {
  return { ...answerToRequest(record), createdAt: record.createdAt }
}

/** The answer to Create and Delete has no date. */
export function answerToRequest(record: AssignmentRequestRecord): AssignmentRequest {
  const { requestId, state, failureReason, target } = record
  return { requestId, state, target, failureReason }
}

export function describeProvisioning(record: ProvisioningRecord): Provisioning {
  return { ...answerToProvision(record), createdAt: record.createdAt }
}

/** The answer to ProvisionPermissionSet has no date. */
export function answerToProvision(record: ProvisioningRecord): Provisioning {
  const { requestId, state, failureReason, permissionSetArn, accountId } = record
  return { requestId, state, permissionSetArn, accountId, failureReason }
}

export function summarize(found: Page<RequestRecord> | undefined): Page<RequestSummary> {
  if (found === undefined) throw invalidToken()
  const items = found.items.map(({ requestId, state, createdAt }) => ({ requestId, state, createdAt }))
  return { items, nextToken: found.nextToken }
}
