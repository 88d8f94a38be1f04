import * as z from 'zod'
import { type AccountId, accountId } from './account-id.ts'
import { type Grant, grant, renderGrant } from './link.ts'
import { splitLinkFields } from './link-fields.ts'

/** Account × permission set × principal × type: what access is. */
export type Assignment = Grant & { readonly accountId: AccountId }

/** `account%<account id>%<permission set>%<principal>%<TYPE>%ssofile`: reads like input, and is a valid link name. */
export const assignmentKey = z.string().brand<'AssignmentKey'>()
export type AssignmentKey = z.infer<typeof assignmentKey>

export function renderAssignmentKey(assignment: Assignment): AssignmentKey {
  return assignmentKey.parse(`account%${assignment.accountId}%${renderGrant(assignment)}`)
}

const assignment = z.object({ accountId, ...grant.shape })

/**
 * `undefined`: not an assignment key. Every key that renderAssignmentKey wrote is one: it is a dozen bytes longer than
 * the `root` link that caused it, so the limits of uploads do not hold here.
 */
export function parseAssignmentKey(text: string): Assignment | undefined {
  const fields = splitLinkFields(text)
  if (fields?.scope !== 'account' || fields.suffix !== 'ssofile') return undefined
  return assignment.safeParse({ ...fields, accountId: fields.value }).data
}

/** An AssignmentKey was rendered from an assignment, or was parsed as one before. */
export function assignmentOf(key: AssignmentKey): Assignment {
  const found = parseAssignmentKey(key)
  if (!found) throw new Error(`received '${key}', expected the key of an assignment`)
  return found
}
