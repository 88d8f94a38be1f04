import { accountId } from '../../../../../shared/domain/organization/account-id.ts'
import type { ModelCredentials, ModelKey, ModelUser } from '../../../../../shared/memory/iam/memory-credentials.ts'
import { organizationFile } from '../../../../../shared/memory/organization-file.ts'
import type { Ports } from '../../../../../shared/ports/ports.ts'
import type { RetiringAccount } from '../../../../../shared/ports/retirer.ts'
import { World, type WorldOptions } from '../../../../world.ts'

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs
export const shop = accountId.parse('200000000001')
export const bank = accountId.parse('200000000002')
export const nobodys = accountId.parse('200000000003')
export const keyId = 'AKIAIOSFODNN7EXAMPLE'
export const organization = organizationFile.parse({
  managementAccountId: '111111111111',
  root: {
    id: 'r-tiny',
    accounts: [
      ['111111111111', {}],
      [shop, { owner: 'team-shop' }],
      [bank, { owner: 'team-bank' }],
      [nobodys, {}],
    ].map(([id, tags]) => ({ id, name: `account-${id}`, email: `${id}@x.example`, tags })),
    organizationalUnits: [],
  },
})
export const longAgo = new Date('2025-01-01T00:00:00Z')
export const fileOf = (user: string, what = keyId, account: string = shop, owner = 'team-shop') =>
  `retire/${owner}/account%${account}%${user}%${what}%ssofile`

export function userWith(name: string, more: Partial<ModelUser> = {}): ModelUser {
  return { name, path: '/', madeAt: longAgo, hasMfa: false, keys: [], ...more }
}
export const keyWith = (more: Partial<ModelKey> = {}): ModelKey => ({
  id: keyId,
  isActive: true,
  madeAt: longAgo,
  uses: [],
  ...more,
})

/** In the account of the shop, and nowhere else. */
const emergency = { users: [{ account: shop, name: 'alice-BREAK-GLASS' }], roles: [] }

/** Everything of an account that files here speak of, and the clock. */
export class Retiring {
  readonly world: World

  constructor(options: Pick<WorldOptions, 'iam'> = {}) {
    this.world = new World({ organization, ...options, configuration: { hygieneRole: 'ssofile-hygiene' } })
  }

  static async open(users: readonly ModelUser[], options: Pick<WorldOptions, 'iam'> = {}): Promise<Retiring> {
    const one = new Retiring(options)
    await one.world.finish(one.world.everyHour())
    one.have(shop, users)
    await one.govern({})
    return one
  }

  have(account: typeof shop, users: readonly ModelUser[]): void {
    const root: ModelCredentials['root'] = { hasPassword: false, hasMfa: false, activeKeys: 0 }
    this.world.iam.credentials.tell(account, { root, users, roles: [] })
  }

  async govern(hygiene: object): Promise<void> {
    await this.world.objects.put('hygiene.json', JSON.stringify({ ownerTag: 'owner', ...hygiene }))
  }

  async ask(...files: readonly string[]): Promise<void> {
    for (const file of files) await this.world.objects.put(file, '')
  }

  look(ports: Ports = this.world.ports): Promise<void> {
    return this.world.finish(this.world.runSchedule('retire', { ...ports, emergency: () => emergency }))
  }

  /** Reads the organization again, and looks. */
  async read(): Promise<void> {
    await this.world.finish(this.world.everyHour())
    await this.look()
  }

  /** Looks, and looks again each so often until the time is over. */
  async pass(ms: number, everyMs = hourMs): Promise<void> {
    const end = this.world.clock.now().getTime() + ms
    await this.look()
    while (this.world.clock.now().getTime() < end) {
      await this.world.clock.advance(Math.min(everyMs, end - this.world.clock.now().getTime()))
      await this.look()
    }
  }

  /** Looks each three hours, and not at the end: what comes then happens between two looks. */
  async live(ms: number): Promise<void> {
    const everyMs = 3 * hourMs
    for (let left = ms; left > 0; left -= everyMs) {
      await this.world.clock.advance(Math.min(left, everyMs))
      if (left >= everyMs) await this.look()
    }
  }

  user(name: string, account = shop): ModelUser | undefined {
    return this.world.iam.credentials.of(account).users.find((one) => one.name === name)
  }

  key(name = 'ci'): ModelKey | undefined {
    return this.user(name)?.keys[0]
  }

  /** Somebody uses the key now, if that can be. */
  use(name = 'ci'): boolean {
    const key = this.key(name)
    if (!key?.isActive) return false
    this.changeKey(name, { uses: [...key.uses, { at: this.world.clock.now(), service: 's3' }] })
    return true
  }

  changeKey(name: string, more: Partial<ModelKey>): void {
    const users = this.world.iam.credentials
      .of(shop)
      .users.map((user) =>
        user.name === name ? { ...user, keys: user.keys.map((key) => ({ ...key, ...more })) } : user,
      )
    this.have(shop, users)
  }

  async status(file: string): Promise<unknown> {
    const object = await this.world.objects.get(`status/${file}.json`)
    return object && JSON.parse(new TextDecoder().decode(object.body))
  }

  async events(file: string): Promise<readonly string[]> {
    const folder = `history/retire/${file.slice(file.lastIndexOf('/') + 1)}/`
    const heads = await Array.fromAsync(this.world.objects.list(folder))
    return heads.map(({ key }) => key.split('%').at(-1)?.replace('.json', '') ?? '')
  }

  async keysUnder(prefix: string): Promise<readonly string[]> {
    return (await Array.fromAsync(this.world.objects.list(prefix))).map(({ key }) => key)
  }
}

type ListKeys = RetiringAccount['listAccessKeys']

/** Ports of a caller to whom the listing of keys goes through `around`. */
function listing(ports: Ports, around: (account: string, list: ListKeys) => ListKeys): Ports {
  const { retirer } = ports
  if (retirer === undefined) throw new Error('there is a retirer')
  const enter: typeof retirer.enter = async (account, role) => {
    const iam = await retirer.enter(account, role)
    return { ...iam, listAccessKeys: around(account, iam.listAccessKeys) }
  }
  return { ...ports, retirer: { enter } }
}

/** IAM is eventually consistent: to this caller it lists every key as active. */
export function listingAsActive(ports: Ports): Ports {
  return listing(ports, (_, list) => async (...asked) => {
    const page = await list(...asked)
    return { ...page, items: page.items.map((key) => ({ ...key, isActive: true })) }
  })
}

/** Ports that note each account whose keys are listed. */
export function noting(ports: Ports, accounts: string[]): Ports {
  return listing(ports, (account, list) => (...asked) => {
    accounts.push(account)
    return list(...asked)
  })
}
