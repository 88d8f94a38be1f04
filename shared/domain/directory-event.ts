import * as z from 'zod'
import { type PrincipalId, principalId } from './identity-center-ids.ts'
import type { PrincipalType } from './principal.ts'

/** Somebody in the directory may have changed. Without an id: anybody of this type. */
export type DirectoryChange = { readonly type: PrincipalType; readonly id?: PrincipalId }

const named = z.looseObject({
  'detail-type': z.string(),
  source: z.string(),
  resources: z.array(z.string()).catch([]),
  detail: z.looseObject({}).catch({}),
})
const apiCall = z.looseObject({ eventSource: z.string(), eventName: z.string() })

// IAM Identity Center User Guide, "Set up event notifications".
const notified = /^(User|Group) (Created|Updated|Deleted)$/
// User Guide, "Logging IAM Identity Center API calls with AWS CloudTrail" and "Logging IAM Identity Center SCIM API calls
// with AWS CloudTrail": the public API, the console, SCIM, whose updates are Put and Patch.
const sources = ['identitystore.amazonaws.com', 'sso-directory.amazonaws.com', 'identitystore-scim.amazonaws.com']
const called = /^(?:Create|Update|Put|Patch|Delete)(User|Group)(?!Membership)/
/** How deep ids are looked for: the console answers with the whole user or group as a member. */
const depthMost = 3

/**
 * Who is to be looked at again after an EventBridge event; `undefined`: it is not about users or groups. Names in it are
 * masked, and of the rest only an id is of use: what is not as documented widens what is looked at.
 */
export function parseDirectoryEvent(event: unknown): DirectoryChange | undefined {
  const parsed = named.safeParse(event)
  if (!parsed.success) return undefined
  const { 'detail-type': detailType, source, resources, detail } = parsed.data
  const notification = source === 'aws.identitystore' ? notified.exec(detailType) : null
  if (notification) return toChange(notification[1], idIn(detail, notification[1]) ?? idAmong(resources))
  const call = apiCall.safeParse(detail)
  if (!call.success || !sources.includes(call.data.eventSource)) return undefined
  const noun = called.exec(call.data.eventName)?.[1]
  const { requestParameters, responseElements } = call.data
  return noun === undefined ? undefined : toChange(noun, idIn(requestParameters, noun) ?? idIn(responseElements, noun))
}

function toChange(noun: string | undefined, id: PrincipalId | undefined): DirectoryChange {
  return { type: noun === 'User' ? 'USER' : 'GROUP', ...(id === undefined ? {} : { id }) }
}

/** `groupId`, `group-id` or, as SCIM has it, `id`; never that of the other type. */
function idIn(value: unknown, noun: string | undefined, depth = 1): PrincipalId | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const own = noun === 'User' ? ['userid', 'user-id', 'id'] : ['groupid', 'group-id', 'id']
  const members = Object.entries(value)
  for (const name of own) {
    const found = members.find(([member]) => member.toLowerCase() === name)?.[1]
    const id = principalId.safeParse(found).data
    if (id !== undefined) return id
  }
  if (depth === depthMost) return undefined
  return members.map(([, member]) => idIn(member, noun, depth + 1)).find((id) => id !== undefined)
}

/** `arn:aws:identitystore:::group/<id>` */
function idAmong(resources: readonly string[]): PrincipalId | undefined {
  return resources.map((arn) => principalId.safeParse(arn.split('/').at(-1)).data).find((id) => id !== undefined)
}
