import { isServiceError, ServiceError } from './service-error.ts'

/**
 * Identity stores whose source is Active Directory by the older *AD sync* lack GetGroupId, GetUserId and the listings of memberships:
 * they answer this. Configurable AD sync has all. (aws-sdk issue 682: "as expected".)
 */
const lacked = 'UnknownOperationException'

/** What an identity store with the older AD sync can answer in another way. It is recognised by its first such answer. */
export class OlderAdSync {
  /** `undefined`: nothing has been asked yet. */
  #isThere: boolean | undefined

  /** `byName`: GetGroupId or GetUserId. `byFilter`: the same by ListGroups or ListUsers, whose filters are still answered. */
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
   * DescribeGroup answers there that some groups do not exist, although they do and have access (iambic issue 587). So only a
   * listing of all groups proves that one is gone. `anyName`: GetGroupId of any name, to recognise the older AD sync.
   */
  async describe<T>(
    group: T | undefined,
    { anyName, list }: { readonly anyName: () => Promise<unknown>; readonly list: () => Promise<T | undefined> },
  ): Promise<T | undefined> {
    if (group !== undefined) return group
    if (this.#isThere === undefined) await this.find(anyName, async () => undefined)
    return this.#isThere ? list() : undefined
  }

  /** ListGroupMemberships or ListGroupMembershipsForMember: nothing else tells them. */
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
  'the source of users is Active Directory with the older AD sync, which does not tell who is in which group; configurable AD sync does (docs/from-an-hr-system.md)'

/** True for what the older AD sync answers to a call that it lacks: then nobody can read memberships. */
export function lacksMemberships(error: unknown): error is ServiceError {
  return isServiceError(error, lacked) && error.service === 'identitystore'
}
