import { isServiceError, ServiceError } from './service-error.ts'

/**
 * Identity stores with Active Directory as source, by the older *AD sync*, lack GetGroupId, GetUserId and the listings of memberships. They
 * answer these calls with this code. Configurable AD sync has all calls. (aws-sdk issue 682: "as expected".)
 */
const lacked = 'UnknownOperationException'

/** Replaces calls that an identity store with the older AD sync lacks. Recognizes the older AD sync by the first such answer. */
export class OlderAdSync {
  /** `undefined`: unknown, because there was no call yet. */
  #isThere: boolean | undefined

  /** `byName`: GetGroupId or GetUserId. `byFilter`: the same by ListGroups or ListUsers, whose filters still work. */
  async find<T>(byName: () => Promise<T>, byFilter: () => Promise<T>): Promise<T> {
    if (this.#isThere !== true) {
      try {
        const found = await byName()
        this.#isThere = false
        return found
      } catch (error) {
        if (!lacksMemberships(error)) throw error
        this.#isThere = true
      }
    }
    return byFilter()
  }

  /**
   * With the older AD sync, DescribeGroup says of some groups that they do not exist, although they do and have access (iambic issue 587).
   * So only a listing of all groups proves that a group is gone. `anyName`: GetGroupId of any name, to recognize the older AD sync.
   */
  async describe<T>(
    group: T | undefined,
    { anyName, list }: { readonly anyName: () => Promise<unknown>; readonly list: () => Promise<T | undefined> },
  ): Promise<T | undefined> {
    if (group !== undefined) return group
    if (this.#isThere === undefined) await this.find(anyName, async () => undefined)
    return this.#isThere ? list() : undefined
  }

  /** `list`: ListGroupMemberships or ListGroupMembershipsForMember. No other call lists memberships. */
  async listMemberships<T>(list: () => Promise<T>): Promise<T> {
    try {
      return await list()
    } catch (error) {
      if (!lacksMemberships(error)) throw error
      this.#isThere = true
      const { service, code, requestId, httpStatus } = error
      throw new ServiceError(service, code, unreadMemberships, { cause: error, requestId, httpStatus })
    }
  }
}

const unreadMemberships =
  'the source of users is Active Directory with the older AD sync, which does not show the members of groups; configurable AD sync does (docs/from-an-hr-system.md)'

/** Whether the error is the answer of the older AD sync to a call that it lacks. Then nobody can read memberships. */
export function lacksMemberships(error: unknown): error is ServiceError {
  return isServiceError(error, lacked) && error.service === 'identitystore'
}
