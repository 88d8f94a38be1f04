import { type Configuration, configuration } from '../../shared/domain/deployment/configuration.ts'
import { MemoryOrganizations } from '../../shared/memory/organizations/memory-organizations.ts'
import { hostileFolder, hostileGroups } from './hostile-actions.ts'
import { receivers } from './receivers.ts'
import { peopleOfRequests } from './request-actions.ts'
import { accounts, managementAccount, units } from './small-world.ts'

/** The settings of a world that a profile may change. */
export type WorldSettings = {
  readonly seed: number
  /** The median duration of an assignment request, default 300 ms, and its 99th percentile. */
  readonly latencyMs?: number
  readonly latencyP99Ms: number
  /** The most that listings of assignments lag, drawn for each write. Default: no lag. */
  readonly readLagMs?: number | undefined
  /** How long AWS's listing of all tags lags. Default: ssofile may not read it. */
  readonly bulkTagsLagMs?: number
  readonly outstanding: number
  /** The largest error of each process's clock. */
  readonly skewMs: number
  /** `refusals`: calls are refused or late, but nothing is lost and no process dies. `late`: calls are only late. */
  readonly mischief: 'any' | 'refusals' | 'late'
  /** The number of revocations that the brake lets pass, own and indirect. Default: the product's, which is more than there ever are. */
  readonly brakeCount?: number
  /** The number of people whom one uploader may suspend in a window. Default: the product's, which is more than there are. */
  readonly peopleCount?: number
  /** Provisionings at once, default 3. */
  readonly provisionings?: number
}

/** AWS does not document the order, so the seed draws it. A short page does not have all requests of a life. */
export const listingsOfRequests = [
  { requestOrder: 'newest-first' },
  { requestOrder: 'newest-first', requestPageMost: 2 },
  { requestOrder: 'oldest-first', requestPageMost: 2 },
] as const

export const organization = {
  managementAccountId: managementAccount,
  root: {
    id: 'r-sim0',
    accounts: [account(managementAccount)],
    organizationalUnits: [
      inUnit(0, [account(accounts[0], { team: 'a' })], [inUnit(1, [account(accounts[1], { team: 'b' })])]),
      inUnit(2, [account(accounts[2], { team: 'a' }), account(accounts[3])]),
    ],
  },
  groups: ['team one', 'team-2', ...hostileGroups, ...peopleOfRequests.groups],
  users: ['mia@example.com', ...peopleOfRequests.users],
  permissionSets: [{ permissionSetName: 'Console-ps' }],
  assignments: [{ account: accounts[3], permissionSet: 'Console-ps', principal: 'team one', type: 'GROUP' }],
}

function account(id: string, tags: Record<string, string> = {}) {
  return { id, name: `account-${id}`, email: `${id}@example.com`, tags }
}

function inUnit(nth: 0 | 1 | 2, accounts: readonly object[], organizationalUnits: readonly object[] = []) {
  return { id: units[nth], name: `Unit ${nth}`, accounts, organizationalUnits }
}

export function configure({
  outstanding,
  brakeCount: count,
  peopleCount,
  provisionings = 3,
}: WorldSettings): Configuration {
  const limits = { outstanding, provisionings }
  const tight = count === undefined ? {} : { own: { count }, indirect: { count, most: 2, hours: 2 } }
  const people = peopleCount === undefined ? {} : { people: { count: peopleCount } }
  return configuration.parse({
    directory: 'identity-center',
    hygieneRole: 'ssofile-hygiene',
    folders: ['folder-a', hostileFolder],
    limits,
    notifications: { receivers },
    brake: { ...tight, ...people },
  })
}

/** An account that the next `times` listings lack. */
type Unlisted = { readonly account: string; times: number }

/** Several pages although there are few accounts. Sometimes a listing lacks an existing account. */
export class ShortPages extends MemoryOrganizations {
  readonly unlisted: Unlisted[] = []

  override async listAccounts(nextToken?: string, most = 2): ReturnType<MemoryOrganizations['listAccounts']> {
    const page = await super.listAccounts(nextToken, most)
    const items = page.items.filter(({ id }) => !this.unlisted.some(({ account }) => account === id))
    if (page.nextToken === undefined) {
      for (const one of this.unlisted.splice(0)) if (--one.times > 0) this.unlisted.push(one)
    }
    return { ...page, items }
  }
}
