import * as z from 'zod'
import { type Author, findAuthor, recordedCall } from '../by-hand/author.ts'
import { type PrincipalId, principalId } from './identity-center-ids.ts'
import type { PrincipalType } from './principal.ts'

/**
 * This user or group may have changed. Without an id: any user or group of this type. `mayMoveUsers`: users may have joined or left groups
 * too.
 */
export type DirectoryChange = {
  readonly type: PrincipalType
  readonly id?: PrincipalId
  readonly mayMoveUsers?: true
}

/** Somebody may have joined or left a group. Absent ids: the event does not name them. `author`: the caller. */
export type MembershipChange = {
  readonly type: 'MEMBERSHIP'
  readonly isCreation: boolean
  readonly group?: PrincipalId | undefined
  readonly user?: PrincipalId | undefined
  readonly membershipId?: string | undefined
  readonly author?: Author | undefined
}

export type DirectoryEvent = DirectoryChange | MembershipChange

const named = z.looseObject({
  'detail-type': z.string(),
  source: z.string(),
  resources: z.array(z.string()).catch([]),
  detail: z.looseObject({}).catch({}),
})
const apiCall = z.looseObject({ eventSource: z.string(), eventName: z.string() })

// IAM Identity Center User Guide, "Set up event notifications".
const notified = /^(User|Group) (Created|Updated|Deleted)$/
// User Guide, "Logging IAM Identity Center API calls with AWS CloudTrail" and "Logging IAM Identity Center SCIM API
// calls with AWS CloudTrail": the public API, the console, SCIM, whose updates are Put and Patch.
const sources = ['identitystore.amazonaws.com', 'sso-directory.amazonaws.com', 'identitystore-scim.amazonaws.com']
const called = /^(?:Create|Update|Put|Patch|Delete|Enable|Disable)(User|Group)(?!Membership)/
// SCIM changes members with the group.
const ofMembersToo = /^(?:Create|Put|Patch)Group$/
const scim = 'identitystore-scim.amazonaws.com'
// The public API and the console.
const ofMembers = /^((Create|Delete)GroupMembership|AddMemberToGroup|RemoveMemberFromGroup)$/
const notifiedOfMembers = /^Group Membership (Created|Deleted)$/
/** How deep to search for ids: the console answers with the whole user or group as a member. */
const depthMost = 3

/**
 * The users or groups to look at again after an EventBridge event. `undefined`: the event is not about the directory. Names in events are
 * masked, so only ids are of use. If the shape is not as documented, ssofile looks at more.
 */
export function parseDirectoryEvent(event: unknown): DirectoryEvent | undefined {
  const parsed = named.safeParse(event)
  if (!parsed.success) return undefined
  const { 'detail-type': detailType, source, resources, detail } = parsed.data
  if (source === 'aws.identitystore' && notifiedOfMembers.test(detailType)) return toMembership(detailType, [detail])
  const notification = source === 'aws.identitystore' ? notified.exec(detailType) : null
  if (notification) return toChange(notification[1], idIn(detail, notification[1]) ?? idAmong(resources))
  const call = apiCall.safeParse(detail)
  if (!call.success || !sources.includes(call.data.eventSource)) return undefined
  const { requestParameters, responseElements } = call.data
  if (ofMembers.test(call.data.eventName)) {
    const recorded = recordedCall.safeParse(detail).data
    return {
      ...toMembership(call.data.eventName, [requestParameters, responseElements]),
      author: recorded && findAuthor(recorded),
    }
  }
  const noun = called.exec(call.data.eventName)?.[1]
  if (noun === undefined) return undefined
  const change = toChange(noun, idIn(requestParameters, noun) ?? idIn(responseElements, noun))
  const mayMoveUsers = call.data.eventSource === scim && ofMembersToo.test(call.data.eventName)
  return mayMoveUsers ? { ...change, mayMoveUsers } : change
}

/** The users who may have joined a group, or left the named one. `all`: an event does not name who joined. */
export function usersWhoMoved(events: readonly DirectoryEvent[]): ReadonlySet<PrincipalId> | 'all' {
  const users = new Set<PrincipalId>()
  for (const event of events) {
    if (event.type !== 'MEMBERSHIP') {
      if (event.mayMoveUsers) return 'all'
    } else if (event.user !== undefined) users.add(event.user)
    else if (event.isCreation) return 'all'
  }
  return users
}

function toChange(noun: string | undefined, id: PrincipalId | undefined): DirectoryChange {
  return { type: noun === 'User' ? 'USER' : 'GROUP', id }
}

function toMembership(name: string, places: readonly unknown[]): MembershipChange {
  const find = (...names: readonly string[]) => places.map((one) => idNamed(one, names)).find((id) => id !== undefined)
  return {
    type: 'MEMBERSHIP',
    isCreation: /Created$|^Create|^Add/.test(name),
    group: find('groupid', 'group-id'),
    // The console calls the user a member: `"member": {"memberId": "<id>"}`.
    user: find('userid', 'user-id', 'memberid', 'member-id', 'member'),
    membershipId: find('membershipid', 'membership-id'),
  }
}

/** Reads `groupId`, `group-id` or SCIM's `id`, never the id of the other type. */
function idIn(value: unknown, noun: string | undefined): PrincipalId | undefined {
  return idNamed(value, noun === 'User' ? ['userid', 'user-id', 'id'] : ['groupid', 'group-id', 'id'])
}

function idNamed(value: unknown, own: readonly string[], depth = 1): PrincipalId | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const members = Object.entries(value)
  const ids = own.map((name) => members.find(([member]) => member.toLowerCase() === name)?.[1])
  const id = ids.map((found) => principalId.safeParse(found).data).find((found) => found !== undefined)
  if (id !== undefined) return id
  if (depth === depthMost) return undefined
  return members.map(([, member]) => idNamed(member, own, depth + 1)).find((id) => id !== undefined)
}

/** `arn:aws:identitystore:::group/<id>` */
function idAmong(resources: readonly string[]): PrincipalId | undefined {
  return resources.map((arn) => principalId.safeParse(arn.split('/').at(-1)).data).find((id) => id !== undefined)
}
