import { type Configuration, configuration } from '../../shared/domain/deployment/configuration.ts'
import { MemoryOrganizations } from '../../shared/memory/organizations/memory-organizations.ts'
import { hostileFolder, hostileGroups } from './hostile-actions.ts'
import { peopleOfRequests } from './request-actions.ts'
import { accounts, managementAccount, units } from './small-world.ts'

/** What a profile may change about the world. */
export type WorldSettings = {
  readonly seed: number
  /** Median of an assignment request, default 300 ms, and its 99th percentile. */
  readonly latencyMs?: number
  readonly latencyP99Ms: number
  /** How far listings of assignments lag behind at most, drawn for each write; default: not at all. */
  readonly readLagMs?: number | undefined
  readonly outstanding: number
  /** Each process's clock is off by up to this much. */
  readonly skewMs: number
  /** `refusals`: calls are refused or late, but nothing is lost and nobody dies; `late`: not even refused. */
  readonly mischief: 'any' | 'refusals' | 'late'
  /** How many revocations the brake lets pass, own and indirect; default: as the product's, more than there ever are. */
  readonly brakeCount?: number
  /** Provisionings at a time, default 3. */
  readonly provisionings?: number
}

/** AWS does not document the order. Drawn with the seed; on a short page the requests of a life do not all stand. */
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

export function configure({ outstanding, brakeCount: count, provisionings = 3 }: WorldSettings): Configuration {
  const limits = { outstanding, provisionings }
  const brake = { own: { count }, indirect: { count, most: 2, hours: 2 } }
  return configuration.parse({
    folders: ['folder-a', hostileFolder],
    limits,
    ...(count === undefined ? {} : { brake }),
  })
}

/** What so many listings lack. */
type Unlisted = { readonly account: string; times: number }

/** Few accounts, and several pages of them all the same; now and then a listing lacks one that is there. */
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
