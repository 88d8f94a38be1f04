import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import type { ModelCredentials, ModelKey, ModelUser, Use } from '../../../../shared/memory/iam/memory-credentials.ts'
import { organizationFile } from '../../../../shared/memory/organization-file.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import type { RetiringAccount } from '../../../../shared/ports/retirer.ts'
import { brakeFile, digestOf, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { pauseChanges, resumeChanges } from '../../../../shared/reconcile/records/pause.ts'
import { runsOf } from '../../../depth.ts'
import { intercept, never } from '../../../intercept.ts'
import { World, type WorldOptions } from '../../../world.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const shop = accountId.parse('200000000001')
const bank = accountId.parse('200000000002')
const nobodys = accountId.parse('200000000003')
const keyId = 'AKIAIOSFODNN7EXAMPLE'
const organization = organizationFile.parse({
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
const longAgo = new Date('2025-01-01T00:00:00Z')
const fileOf = (user: string, what = keyId, account: string = shop, owner = 'team-shop') =>
  `retire/${owner}/account%${account}%${user}%${what}%ssofile`

function userWith(name: string, more: Partial<ModelUser> = {}): ModelUser {
  return { name, path: '/', madeAt: longAgo, hasMfa: false, keys: [], ...more }
}
const keyWith = (more: Partial<ModelKey> = {}): ModelKey => ({
  id: keyId,
  isActive: true,
  madeAt: longAgo,
  uses: [],
  ...more,
})

/** Everything of an account that files here speak of, and the clock. */
/** In the account of the shop, and nowhere else. */
const emergency = { users: [{ account: shop, name: 'alice-BREAK-GLASS' }], roles: [] }

class Retiring {
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
function listingAsActive(ports: Ports): Ports {
  return listing(ports, (_, list) => async (...asked) => {
    const page = await list(...asked)
    return { ...page, items: page.items.map((key) => ({ ...key, isActive: true })) }
  })
}

/** Ports that note each account whose keys are listed. */
function noting(ports: Ports, accounts: string[]): Ports {
  return listing(ports, (account, list) => (...asked) => {
    accounts.push(account)
    return list(...asked)
  })
}

describe('the life of a key that is retired', () => {
  test('inactive at once, watched for fourteen days, then deleted; its status and history say what there was', async () => {
    const retiring = await Retiring.open([userWith('ci', { keys: [keyWith({ uses: [{ at: longAgo }] })] })])
    const file = fileOf('ci')
    await retiring.ask(file)
    await retiring.look()
    expect(retiring.key()).toMatchObject({ isActive: false })
    const until = new Date(retiring.world.clock.now().getTime() + 14 * dayMs).toISOString().slice(0, 10)
    expect(await retiring.status(file)).toMatchObject({
      input: file,
      state: 'applying',
      reason: expect.stringContaining(`ssofile deletes it at ${until}`),
      retirement: { state: 'inactive', madeAt: longAgo.toISOString(), lastUsedAt: longAgo.toISOString() },
    })
    await retiring.pass(13.9 * dayMs, 6 * hourMs)
    expect(retiring.key()).toBeDefined()
    await retiring.pass(0.2 * dayMs)
    expect(retiring.user('ci')?.keys).toEqual([])
    expect(await retiring.status(file)).toMatchObject({ state: 'applied', retirement: { state: 'gone' } })
    expect(await retiring.events(file)).toEqual(['credential-inactive', 'credential-deleted'])
    expect((await retiring.keysUnder('changes/')).map((key) => key.split('%')[1])).toEqual([
      'credential-inactive',
      'credential-deleted',
    ])
    await retiring.world.objects.delete(file)
    await retiring.look()
    expect([...(await retiring.keysUnder('retired/')), ...(await retiring.keysUnder('status/retire/'))]).toEqual([])
  })

  test('undone by deleting the file: active again, and nothing is left but history', async () => {
    const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
    const file = fileOf('ci')
    await retiring.ask(file)
    await retiring.pass(5 * dayMs, 6 * hourMs)
    await retiring.world.objects.delete(file)
    await retiring.look()
    expect(retiring.key()).toMatchObject({ isActive: true })
    expect([...(await retiring.keysUnder('retired/')), ...(await retiring.keysUnder('status/retire/'))]).toEqual([])
    expect(await retiring.events(file)).toEqual(['credential-inactive', 'credential-kept'])
    await retiring.pass(20 * dayMs, 12 * hourMs)
    expect(retiring.key()).toMatchObject({ isActive: true })
  })

  test('a key is active again after an undo, although IAM still lists it as it was before ssofile made it inactive', async () => {
    const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
    const { ports, objects } = retiring.world
    await retiring.ask(fileOf('ci'))
    await retiring.look(listingAsActive(ports))
    expect(retiring.key()).toMatchObject({ isActive: false })
    await objects.delete(fileOf('ci'))
    await retiring.look(listingAsActive(ports))
    expect(retiring.key()).toMatchObject({ isActive: true })
    expect(await retiring.events(fileOf('ci'))).toEqual(['credential-inactive', 'credential-kept'])
  })

  test('undone, it stays inactive where it was before anybody asked', async () => {
    const retiring = await Retiring.open([userWith('ci', { keys: [keyWith({ isActive: false })] })])
    await retiring.ask(fileOf('ci'))
    await retiring.look()
    await retiring.world.objects.delete(fileOf('ci'))
    await retiring.look()
    expect(retiring.key()).toMatchObject({ isActive: false })
  })

  test('used in between, which IAM tells hours later: it stops, wants somebody, and is left as it is', async () => {
    const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
    const file = fileOf('ci')
    await retiring.ask(file)
    await retiring.world.clock.advance(2 * minuteMs)
    expect(retiring.use()).toBe(true)
    await retiring.pass(6 * hourMs)
    expect(await retiring.status(file)).toMatchObject({ retirement: { state: 'used since' } })
    await retiring.pass(30 * dayMs, 6 * hourMs)
    expect(retiring.key()).toMatchObject({ isActive: false })
    expect(await retiring.status(file)).toMatchObject({ state: 'blocked', retirement: { state: 'used since' } })
    expect(await retiring.keysUnder('attention/')).toEqual([`attention/blocked/${file}`])
    expect(await retiring.events(file)).toEqual(['credential-inactive', 'credential-used'])
    await retiring.world.objects.delete(file)
    await retiring.look()
    expect(retiring.key()).toMatchObject({ isActive: true })
    expect(await retiring.keysUnder('attention/')).toEqual([])
  })

  test('made active again by somebody: it stops, and is not made inactive again', async () => {
    const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
    await retiring.ask(fileOf('ci'))
    await retiring.pass(dayMs)
    retiring.changeKey('ci', { isActive: true })
    await retiring.pass(20 * dayMs, 6 * hourMs)
    expect(retiring.key()).toMatchObject({ isActive: true })
    expect(await retiring.status(fileOf('ci'))).toMatchObject({ retirement: { state: 'used since' } })
  })

  test.each([
    ['without a use', false],
    ['after a use that stopped the retirement', true],
  ])(
    'a key that somebody made active again %s stays inactive if others switch it off: an undo leaves it',
    async (_, isUsed) => {
      const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
      const file = fileOf('ci')
      await retiring.ask(file)
      if (isUsed) retiring.use()
      await retiring.pass(6 * hourMs)
      retiring.changeKey('ci', { isActive: true })
      await retiring.pass(2 * hourMs)
      expect(await retiring.status(file)).toMatchObject({ reason: expect.stringContaining('made it active again') })
      retiring.changeKey('ci', { isActive: false })
      await retiring.look()
      await retiring.world.objects.delete(file)
      await retiring.look()
      expect(retiring.key()).toMatchObject({ isActive: false })
      expect(await retiring.keysUnder('retired/')).toEqual([])
    },
  )

  test('deleted by somebody else, and a password made anew: that one is never touched', async () => {
    const old = { changedAt: longAgo, uses: [] }
    const retiring = await Retiring.open([userWith('ann', { password: old })])
    const file = fileOf('ann', 'password')
    await retiring.ask(file)
    await retiring.pass(dayMs)
    retiring.have(shop, [userWith('ann', { password: { changedAt: retiring.world.clock.now(), uses: [] } })])
    await retiring.pass(30 * dayMs, 6 * hourMs)
    expect(retiring.user('ann')?.password).toBeDefined()
    expect(await retiring.status(file)).toMatchObject({ reason: expect.stringContaining('by somebody else') })
  })

  test('a deleted password is remembered while its file may not ask, so a new password of that user stays', async () => {
    const retiring = await Retiring.open([userWith('ann', { password: { changedAt: longAgo, uses: [] } })])
    const file = fileOf('ann', 'password')
    await retiring.ask(file)
    await retiring.pass(15 * dayMs, 12 * hourMs)
    expect(retiring.user('ann')?.password).toBeUndefined()
    await retiring.govern({ neverRetire: ['ann'] })
    await retiring.look()
    expect(await retiring.status(file)).toMatchObject({ state: 'rejected' })
    await retiring.govern({})
    retiring.have(shop, [userWith('ann', { password: { changedAt: retiring.world.clock.now(), uses: [] } })])
    await retiring.pass(15 * dayMs, 12 * hourMs)
    expect(retiring.user('ann')?.password).toBeDefined()
    expect(await retiring.status(file)).toMatchObject({ state: 'applied', retirement: { state: 'gone' } })
    await retiring.world.objects.delete(file)
    await retiring.look()
    expect(await retiring.keysUnder('retired/')).toEqual([])
  })
})

describe('a user who got another name', () => {
  const password = { changedAt: longAgo, uses: [] }
  const files = [fileOf('ci'), fileOf('ci', 'password')]

  /** A key and a password are watched when the user `ci` is renamed, which keeps both. */
  async function rename(): Promise<Retiring> {
    const retiring = await Retiring.open([userWith('ci', { password, keys: [keyWith()] })])
    await retiring.ask(...files)
    await retiring.pass(3 * hourMs)
    const renamed = retiring.user('ci')
    retiring.have(shop, renamed ? [{ ...renamed, name: 'svc-ci' }] : [])
    return retiring
  }

  test('keeps key and password: nothing is said to be gone, and the statuses ask a person', async () => {
    const retiring = await rename()
    await retiring.pass(20 * dayMs, 12 * hourMs)
    expect(retiring.user('svc-ci')).toMatchObject({ password, keys: [{ isActive: false }] })
    for (const file of files) {
      expect(await retiring.status(file)).toMatchObject({
        state: 'blocked',
        reason: `there is no user ci in ${shop}: it was renamed or deleted. ssofile leaves its credentials as they are`,
      })
      expect(await retiring.events(file)).not.toContain('credential-gone')
    }
  })

  test.each([
    ['after ssofile saw that the name is gone', 2 * hourMs],
    ['before ssofile looked again', 0],
  ])('has an active key again when the file is deleted %s', async (_, ms) => {
    const retiring = await rename()
    if (ms > 0) await retiring.pass(ms)
    for (const file of files) await retiring.world.objects.delete(file)
    await retiring.look()
    expect(retiring.key('svc-ci')).toMatchObject({ isActive: true })
    expect(await retiring.events(fileOf('ci'))).toEqual(['credential-inactive', 'credential-kept'])
    expect([...(await retiring.keysUnder('retired/')), ...(await retiring.keysUnder('status/retire/'))]).toEqual([])
  })

  test('and cannot be found by the key keeps the record of the undo, until a person uploads the file again', async () => {
    const retiring = await rename()
    retiring.have(shop, [])
    await retiring.world.objects.delete(fileOf('ci'))
    await retiring.pass(3 * hourMs)
    expect(await retiring.status(fileOf('ci'))).toMatchObject({
      state: 'blocked',
      remedy: expect.stringContaining('upload this file and delete it again'),
    })
    expect(await retiring.keysUnder('retired/')).toHaveLength(2)
    await retiring.ask(fileOf('ci'))
    await retiring.look()
    expect(await retiring.status(fileOf('ci'))).toMatchObject({ state: 'applied' })
    for (const file of files) await retiring.world.objects.delete(file)
    await retiring.look()
    expect([...(await retiring.keysUnder('retired/')), ...(await retiring.keysUnder('status/retire/'))]).toEqual([])
  })

  test('comes back under the old name, and the days go on', async () => {
    const retiring = await rename()
    await retiring.pass(2 * hourMs)
    const [renamed] = retiring.world.iam.credentials.of(shop).users
    retiring.have(shop, renamed ? [{ ...renamed, name: 'ci' }] : [])
    await retiring.pass(2 * hourMs)
    expect(await retiring.status(fileOf('ci'))).toMatchObject({ state: 'applying', retirement: { state: 'inactive' } })
    await retiring.pass(14 * dayMs, 12 * hourMs)
    expect(retiring.user('ci')).toMatchObject({ keys: [], password: undefined })
  })
})

describe('an account that is closed', () => {
  async function close(): Promise<Retiring> {
    const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
    await retiring.ask(fileOf('ci'))
    await retiring.look()
    await retiring.world.organizations.closeAccount(shop)
    await retiring.read()
    return retiring
  }

  test('asks nobody to undo what cannot be undone there, and the key is active again once the account is', async () => {
    const retiring = await close()
    const { world } = retiring
    expect(await retiring.status(fileOf('ci'))).toMatchObject({
      state: 'waiting',
      reason: `account ${shop} is PENDING_CLOSURE, not ACTIVE`,
    })
    await world.clock.advance(30 * dayMs)
    await retiring.read()
    expect(await retiring.status(fileOf('ci'))).toMatchObject({ state: 'rejected' })
    await world.objects.delete(fileOf('ci'))
    await retiring.read()
    expect(await retiring.status(fileOf('ci'))).toMatchObject({
      state: 'waiting',
      reason: `account ${shop} is CLOSED, not ACTIVE`,
    })
    expect(await retiring.keysUnder('attention/')).toEqual([])
    world.organizations.reinstateAccount(shop)
    await retiring.read()
    expect(retiring.key()).toMatchObject({ isActive: true })
    expect(await retiring.events(fileOf('ci'))).toEqual(['credential-inactive', 'credential-kept'])
  })

  test('and gone from the organization leaves only history, an hour after that was first seen', async () => {
    const retiring = await close()
    await retiring.world.objects.delete(fileOf('ci'))
    await retiring.world.clock.advance(100 * dayMs)
    await retiring.read()
    expect(await retiring.status(fileOf('ci'))).toMatchObject({ reason: `the organization has no account ${shop}` })
    expect(await retiring.keysUnder('retired/')).toHaveLength(1)
    await retiring.pass(hourMs)
    expect([...(await retiring.keysUnder('retired/')), ...(await retiring.keysUnder('status/retire/'))]).toEqual([])
    expect(await retiring.events(fileOf('ci'))).toEqual(['credential-inactive', 'credential-gone'])
    expect(retiring.world.log.lines.filter(({ level }) => level === 'error')).toEqual([])
  })
})

test('an owner with many files takes no turn of an owner with one', async () => {
  const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
  retiring.have(bank, [userWith('ann')])
  const many = Array.from({ length: 40 }, (_, index) => `AKIA${String(index).padStart(16, '0')}`)
  await retiring.ask(...many.map((id) => fileOf('ann', id, bank, 'team-bank')), fileOf('ci'))
  const asked: string[] = []
  await retiring.look(noting(retiring.world.ports, asked))
  expect(asked).toHaveLength(42)
  expect(asked.indexOf(shop)).toBeLessThan(8)
})

test('a key that is not there is looked for once an hour, and found then or for a newer file', async () => {
  const retiring = await Retiring.open([userWith('ci')])
  const { world } = retiring
  const looksOf = async () => {
    const asked: string[] = []
    await retiring.look(noting(world.ports, asked))
    return asked.length
  }
  await retiring.ask(fileOf('ci'))
  expect(await looksOf()).toBe(1)
  expect(await retiring.status(fileOf('ci'))).toMatchObject({ state: 'applied' })
  await world.clock.advance(5 * minuteMs)
  expect(await looksOf()).toBe(0)
  expect(await retiring.status(fileOf('ci'))).toMatchObject({ state: 'applied' })
  await world.clock.advance(hourMs)
  expect(await looksOf()).toBe(1)
  retiring.have(shop, [userWith('ci', { keys: [keyWith()] })])
  await world.clock.advance(minuteMs)
  await retiring.ask(fileOf('ci'))
  await retiring.look()
  expect(retiring.key()?.isActive).toBe(false)
  await world.objects.delete(fileOf('ci'))
  await retiring.look()
  expect(await retiring.keysUnder('retired/')).toEqual([])
})

test('a key that somebody deleted has ended in history when its file is deleted', async () => {
  const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
  await retiring.ask(fileOf('ci'))
  await retiring.pass(hourMs)
  retiring.have(shop, [userWith('ci')])
  await retiring.world.objects.delete(fileOf('ci'))
  await retiring.look()
  expect(await retiring.events(fileOf('ci'))).toEqual(['credential-inactive', 'credential-gone'])
  expect(await retiring.keysUnder('retired/')).toEqual([])
})

describe('what stops it', () => {
  test('a pause: nothing is made inactive, deleted or made active again, and then everything goes on', async () => {
    const retiring = await Retiring.open([
      userWith('ci', { keys: [keyWith()] }),
      userWith('old', { keys: [keyWith()] }),
    ])
    const { world } = retiring
    await retiring.ask(fileOf('old'))
    await retiring.look()
    await pauseChanges(world.ports, { reason: 'a test', by: 'me' })
    await retiring.ask(fileOf('ci'))
    await world.objects.delete(fileOf('old'))
    await retiring.pass(20 * dayMs, 12 * hourMs)
    expect([retiring.key('ci')?.isActive, retiring.key('old')?.isActive]).toEqual([true, false])
    for (const file of [fileOf('ci'), fileOf('old')])
      expect(await retiring.status(file)).toMatchObject({ reason: expect.stringContaining('all changes are paused') })
    await resumeChanges(world.ports, 'me')
    await retiring.look()
    expect([retiring.key('ci')?.isActive, retiring.key('old')?.isActive]).toEqual([false, true])
  })

  test('the brake: the twenty-first of an owner waits for a person, and the other owner does not', async () => {
    const names = Array.from({ length: 21 }, (_, index) => `user-${String(index).padStart(2, '0')}`)
    const retiring = await Retiring.open(names.map((name) => userWith(name, { keys: [keyWith()] })))
    retiring.have(bank, [userWith('clerk', { keys: [keyWith()] })])
    await retiring.ask(...names.map((name) => fileOf(name)), fileOf('clerk', keyId, bank, 'team-bank'))
    await retiring.look()
    const active = names.filter((name) => retiring.key(name)?.isActive)
    expect(active).toHaveLength(1)
    expect(retiring.user('clerk', bank)?.keys).toMatchObject([{ isActive: false }])
    const [left = ''] = active
    expect(await retiring.status(fileOf(left))).toMatchObject({
      state: 'held',
      reason: "held by the brake: more than 20 credentials of the owner 'team-shop' would be retired within 24 hours",
    })
    expect(retiring.world.metrics.sumOf('BrakeHolds')).toBe(1)
    await retiring.pass(2 * dayMs)
    expect(retiring.key(left)?.isActive).toBe(true)
    const [list] = (await brakeFile(retiring.world.objects).read())?.value.lists ?? []
    if (!list) throw new Error('the brake holds nothing')
    await releaseList(retiring.world.objects, digestOf(list), 'a person')
    await retiring.look()
    expect(retiring.key(left)?.isActive).toBe(false)
  })

  test('what the brake holds stays held through a pause, however long it lasts', async () => {
    const names = Array.from({ length: 21 }, (_, index) => `user-${index}`)
    const retiring = await Retiring.open(names.map((name) => userWith(name, { keys: [keyWith()] })))
    await retiring.ask(...names.map((name) => fileOf(name)))
    await retiring.look()
    await pauseChanges(retiring.world.ports, { reason: 'a test', by: 'me' })
    await retiring.pass(2 * dayMs, 12 * hourMs)
    await resumeChanges(retiring.world.ports, 'me')
    await retiring.pass(hourMs)
    expect(names.filter((name) => retiring.key(name)?.isActive)).toHaveLength(1)
    expect((await brakeFile(retiring.world.objects).read())?.value.lists).toMatchObject([
      { items: [expect.anything()] },
    ])
  })

  test('IAM is not asked about keys that the brake holds, until a person releases them', async () => {
    const names = Array.from({ length: 25 }, (_, index) => `user-${index}`)
    const retiring = await Retiring.open(names.map((name) => userWith(name, { keys: [keyWith()] })))
    const { ports, objects } = retiring.world
    await retiring.ask(...names.map((name) => fileOf(name)))
    await retiring.look()
    const asked: string[] = []
    await retiring.look(noting(ports, asked))
    expect(asked).toEqual([])
    const [list] = (await brakeFile(objects).read())?.value.lists ?? []
    if (!list) throw new Error('the brake holds nothing')
    await releaseList(objects, digestOf(list), 'a person')
    await retiring.look(noting(ports, asked))
    expect(asked.length).toBeGreaterThanOrEqual(5)
    expect(names.some((name) => retiring.key(name)?.isActive)).toBe(false)
  })

  test('keys whose deletion the brake holds are looked at once an hour, so a use of one is seen', async () => {
    const names = Array.from({ length: 22 }, (_, index) => `user-${index}`)
    const retiring = await Retiring.open(names.map((name) => userWith(name, { keys: [keyWith()] })))
    const { ports, objects, clock } = retiring.world
    await retiring.govern({ retireAfterDays: 30 })
    await retiring.ask(...names.slice(0, 20).map((name) => fileOf(name)))
    await retiring.pass(2 * dayMs, 2 * dayMs)
    await retiring.ask(...names.slice(20).map((name) => fileOf(name)))
    await retiring.pass(3 * dayMs, 3 * dayMs)
    await retiring.govern({ retireAfterDays: 2 })
    await retiring.pass(hourMs)
    const held = names.filter((name) => retiring.key(name))
    expect(held).toHaveLength(2)
    const asked: string[] = []
    await clock.advance(5 * minuteMs)
    await retiring.look(noting(ports, asked))
    expect(asked).toEqual([])
    const [used = '', left = ''] = held
    retiring.changeKey(used, { isActive: true })
    await retiring.pass(hourMs)
    expect(await retiring.status(fileOf(used))).toMatchObject({ retirement: { state: 'used since' } })
    expect(await retiring.status(fileOf(left))).toMatchObject({ state: 'held', retirement: { state: 'due' } })
    const [list] = (await brakeFile(objects).read())?.value.lists ?? []
    if (!list) throw new Error('the brake holds nothing')
    await releaseList(objects, digestOf(list), 'a person')
    await retiring.look()
    expect(names.filter((name) => retiring.key(name))).toEqual([used])
  })

  test('what the brake holds leaves it with its file', async () => {
    const names = Array.from({ length: 21 }, (_, index) => `user-${index}`)
    const retiring = await Retiring.open(names.map((name) => userWith(name, { keys: [keyWith()] })))
    await retiring.ask(...names.map((name) => fileOf(name)))
    await retiring.look()
    for (const name of names) await retiring.world.objects.delete(fileOf(name))
    await retiring.look()
    expect((await brakeFile(retiring.world.objects).read())?.value.lists).toEqual([])
    expect(names.every((name) => retiring.key(name)?.isActive)).toBe(true)
  })

  test('a key whose file was deleted is active again before new files are looked at, however many they are', async () => {
    const names = ['zz', ...Array.from({ length: 40 }, (_, index) => `user-${index}`)]
    const retiring = await Retiring.open(names.map((name) => userWith(name, { keys: [keyWith()] })))
    await retiring.ask(fileOf('zz'))
    await retiring.look()
    await retiring.world.objects.delete(fileOf('zz'))
    await retiring.ask(...names.slice(1).map((name) => fileOf(name)))
    const looked: string[] = []
    const { ports } = retiring.world
    const { objects } = intercept(ports, async ({ operation, args: [key], proceed }) => {
      if (operation === 'get' && String(key).startsWith('status/retire/')) looked.push(String(key))
      return proceed()
    })
    await retiring.look({ ...ports, objects })
    expect(looked[0]).toContain('%zz%')
    expect(retiring.key('zz')?.isActive).toBe(true)
  })

  test.each([
    ['a hygiene.json that is not valid', 'hygiene.json is not valid', '{'],
    ['a hygiene.json without ownerTag', 'hygiene.json has no ownerTag', '{}'],
    ['a missing hygiene.json', 'there is no hygiene.json', undefined],
  ])('%s starts nothing and undoes nothing, and the statuses say so until it is there again', async (_, why, text) => {
    const retiring = await Retiring.open(
      ['ci', 'new', 'old', 'withdrawn'].map((name) => userWith(name, { keys: [keyWith()] })),
    )
    const { objects } = retiring.world
    await retiring.ask(fileOf('old'))
    await retiring.pass(14.5 * dayMs, 12 * hourMs)
    await retiring.ask(fileOf('ci'), fileOf('withdrawn'))
    await retiring.look()
    if (text === undefined) await objects.delete('hygiene.json')
    else await objects.put('hygiene.json', text)
    await retiring.ask(fileOf('new'))
    await objects.delete(fileOf('withdrawn'))
    await retiring.pass(20 * dayMs, 2 * dayMs)
    const active = () => ['ci', 'withdrawn', 'new'].map((name) => retiring.key(name)?.isActive)
    expect(active()).toEqual([false, false, true])
    for (const name of ['ci', 'withdrawn', 'new'])
      expect(await retiring.status(fileOf(name))).toMatchObject({
        state: 'failed',
        reason: `${why}, so ssofile retires and restores nothing`,
        remedy: expect.stringContaining('ownerTag'),
      })
    expect(await retiring.status(fileOf('ci'))).toMatchObject({ retirement: { state: 'inactive' } })
    expect(await retiring.status(fileOf('old'))).toMatchObject({ state: 'applied', retirement: { state: 'gone' } })
    await objects.delete(fileOf('new'))
    await retiring.look()
    expect(await retiring.status(fileOf('new'))).toBeUndefined()
    await retiring.govern({ retireAfterDays: 60 })
    await retiring.look()
    expect(active()).toEqual([false, true, true])
    expect(await retiring.status(fileOf('ci'))).toMatchObject({ state: 'applying' })
  })

  test('without a configured role nothing is looked at', async () => {
    const world = new World({ organization })
    await world.finish(world.everyHour())
    await world.objects.put(fileOf('ci'), '')
    await world.finish(world.runSchedule('retire'))
    expect(await Array.fromAsync(world.objects.list('status/retire/'))).toEqual([])
  })
})

describe('who may ask', () => {
  test('not for an account of somebody else, for the root user, for break-glass, or for a name on neverRetire', async () => {
    const users = ['ci', 'terraform', 'alice-BREAK-GLASS', 'root'].map((name) => userWith(name, { keys: [keyWith()] }))
    const retiring = await Retiring.open(users)
    for (const account of [bank, nobodys]) retiring.have(account, users)
    await retiring.govern({ neverRetire: ['terra*'] })
    const files = [
      fileOf('ci', keyId, bank),
      fileOf('ci', keyId, nobodys),
      fileOf('terraform'),
      fileOf('alice-BREAK-GLASS'),
      fileOf('root'),
      'retire/account%200000000001%ci%password%ssofile',
    ]
    await retiring.ask(...files)
    await retiring.pass(20 * dayMs, 12 * hourMs)
    for (const file of files) expect(await retiring.status(file)).toMatchObject({ state: 'rejected' })
    for (const account of [shop, bank, nobodys])
      for (const { name } of users) expect(retiring.user(name, account)).toMatchObject({ keys: [{ isActive: true }] })
  })

  test('not for a protected name that is written with other capitals: IAM does not distinguish them', async () => {
    const users = ['terraform', 'alice-BREAK-GLASS'].map((name) => userWith(name, { keys: [keyWith()] }))
    const retiring = await Retiring.open(users)
    await retiring.govern({ neverRetire: ['terra*'] })
    for (const name of ['Terraform', 'ALICE-break-glass']) {
      await retiring.ask(fileOf(name))
      await retiring.look()
      expect(await retiring.status(fileOf(name))).toMatchObject({ state: 'rejected' })
    }
  })

  test('for a user who only bears the name of a break-glass user: that one goes as any other', async () => {
    const mallory = userWith('mallory-BREAK-GLASS', { keys: [keyWith()] })
    const retiring = await Retiring.open([mallory])
    await retiring.ask(fileOf('mallory-BREAK-GLASS'))
    await retiring.pass(2 * hourMs)
    expect(retiring.user('mallory-BREAK-GLASS', shop)).toMatchObject({ keys: [{ isActive: false }] })
  })

  test('two owners at once, each in their own account; a file that stays keeps what another one undoes', async () => {
    const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
    retiring.have(bank, [userWith('ci', { keys: [keyWith()] })])
    const [ofShop, ofBank] = [fileOf('ci'), fileOf('ci', keyId, bank, 'team-bank')]
    await retiring.ask(ofShop, ofBank)
    await retiring.look()
    expect([retiring.key()?.isActive, retiring.user('ci', bank)?.keys[0]?.isActive]).toEqual([false, false])
    await retiring.world.objects.delete(ofShop)
    await retiring.look()
    expect([retiring.key()?.isActive, retiring.user('ci', bank)?.keys[0]?.isActive]).toEqual([true, false])
  })

  test('a name that comes onto neverRetire while it is watched is undone', async () => {
    const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
    await retiring.ask(fileOf('ci'))
    await retiring.look()
    await retiring.govern({ neverRetire: ['ci'] })
    await retiring.look()
    expect(retiring.key()?.isActive).toBe(true)
    expect(await retiring.status(fileOf('ci'))).toMatchObject({ state: 'rejected' })
  })
})

describe('passwords and users', () => {
  test('a password works while it is watched, is left when somebody signs in, and goes otherwise', async () => {
    const password = { changedAt: longAgo, uses: [] }
    const retiring = await Retiring.open([userWith('ann', { password }), userWith('bob', { password })])
    await retiring.ask(fileOf('ann', 'password'), fileOf('bob', 'password'))
    await retiring.pass(5 * dayMs, 6 * hourMs)
    expect(await retiring.status(fileOf('bob', 'password'))).toMatchObject({ retirement: { state: 'watched' } })
    const uses: readonly Use[] = [{ at: retiring.world.clock.now() }]
    const bob = retiring.user('bob')
    retiring.have(shop, [userWith('ann', { password: { ...password, uses } }), ...(bob ? [bob] : [])])
    await retiring.pass(10 * dayMs, 6 * hourMs)
    expect([retiring.user('ann')?.password === undefined, retiring.user('bob')?.password]).toEqual([false, undefined])
    expect(await retiring.status(fileOf('ann', 'password'))).toMatchObject({ retirement: { state: 'used since' } })
  })

  test('a user goes by a file of its own, and only once password, keys, groups and policies are gone', async () => {
    const user = userWith('old', { keys: [keyWith()], password: { changedAt: longAgo, uses: [] }, groups: ['admins'] })
    const retiring = await Retiring.open([user])
    const file = fileOf('old', 'user')
    await retiring.ask(file)
    await retiring.pass(20 * dayMs, 12 * hourMs)
    expect(retiring.user('old')).toEqual(user)
    expect(await retiring.status(file)).toMatchObject({
      state: 'blocked',
      reason: expect.stringContaining('AWS refuses'),
    })
    await retiring.ask(fileOf('old'), fileOf('old', 'password'))
    await retiring.pass(16 * dayMs, 12 * hourMs)
    expect(retiring.user('old')).toMatchObject({ keys: [], groups: ['admins'] })
    retiring.have(shop, [userWith('old')])
    await retiring.pass(dayMs)
    expect(retiring.user('old')).toBeUndefined()
    expect(await retiring.status(file)).toMatchObject({ retirement: { state: 'gone' } })
  })

  test('keys and passwords never take their user along', async () => {
    const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
    await retiring.ask(fileOf('ci'))
    await retiring.pass(15 * dayMs, 12 * hourMs)
    expect(retiring.user('ci')).toMatchObject({ keys: [] })
  })
})

test('an account without the role is told what to do, holds up no other, and is done once it has one', async () => {
  const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
  retiring.have(bank, [userWith('ci', { keys: [keyWith()] })])
  retiring.world.iam.removeRole(bank, 'ssofile-hygiene')
  const ofBank = fileOf('ci', keyId, bank, 'team-bank')
  await retiring.ask(fileOf('ci'), ofBank)
  await retiring.look()
  expect(retiring.key()?.isActive).toBe(false)
  expect(await retiring.status(ofBank)).toMatchObject({
    state: 'failed',
    remedy: expect.stringContaining('deploy the role ssofile-hygiene'),
  })
  retiring.world.iam.restoreRole(bank, 'ssofile-hygiene')
  await retiring.look()
  expect(await retiring.status(ofBank)).toMatchObject({ state: 'applying' })
})

/** Ports of a function that dies at a call to S3 or IAM, before or after it takes effect. */
function dying(ports: Ports, at: number, when: 'before' | 'after') {
  let calls = 0
  let isDead = false
  const around = <P extends object>(port: P): P =>
    new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function' || name === 'list') return value
        return async (...args: readonly unknown[]) => {
          if (isDead) return never
          isDead = ++calls === at
          if (isDead && when === 'before') return never
          const answer: unknown = await Reflect.apply(value, target, args)
          return isDead ? never : answer
        }
      },
    })
  const { retirer } = ports
  if (retirer === undefined) throw new Error('there is a retirer')
  const enter = async (...args: Parameters<typeof retirer.enter>): Promise<RetiringAccount> =>
    around(await retirer.enter(...args))
  return { ports: { ...ports, objects: around(ports.objects), retirer: { enter } }, isDead: () => isDead }
}

describe('a function that is killed at any call', () => {
  /** The call at which it dies grows until it gets to its end. */
  async function killEverywhere(
    when: 'before' | 'after',
    { prepare, holds }: { prepare: (one: Retiring) => Promise<void>; holds: (one: Retiring) => Promise<void> },
  ): Promise<number> {
    for (let at = 1; ; at++) {
      const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
      await prepare(retiring)
      const { ports, isDead } = dying(retiring.world.ports, at, when)
      let isOver = false
      void retiring.world.runSchedule('retire', ports).finally(() => {
        isOver = true
      })
      await retiring.world.until(() => isOver || isDead(), 'the end or the death of the function')
      await retiring.world.clock.advance(1_000)
      await retiring.look()
      await holds(retiring)
      if (isOver) return at
    }
  }

  test.each(['before', 'after'] as const)('while it makes a key inactive, %s the call takes effect', async (when) => {
    const calls = await killEverywhere(when, {
      prepare: (one) => one.ask(fileOf('ci')),
      async holds(one) {
        expect(one.key()?.isActive).toBe(false)
        expect(await one.status(fileOf('ci'))).toMatchObject({ retirement: { state: 'inactive' } })
        expect(await one.events(fileOf('ci'))).toEqual(['credential-inactive'])
        // The ledger knows that it was active before.
        await one.world.objects.delete(fileOf('ci'))
        await one.look()
        expect(one.key()?.isActive).toBe(true)
      },
    })
    expect(calls).toBeGreaterThan(10)
  })

  test.each(['before', 'after'] as const)('while it deletes, %s the call takes effect', async (when) => {
    await killEverywhere(when, {
      async prepare(one) {
        await one.ask(fileOf('ci'))
        await one.pass(13.99 * dayMs, 7 * dayMs)
        await one.world.clock.advance(hourMs)
      },
      async holds(one) {
        expect(one.user('ci')?.keys).toEqual([])
        expect(await one.status(fileOf('ci'))).toMatchObject({ retirement: { state: 'gone' } })
        expect(await one.events(fileOf('ci'))).toEqual(['credential-inactive', 'credential-deleted'])
      },
    })
  })

  test.each(['before', 'after'] as const)('while it undoes, %s the call takes effect', async (when) => {
    await killEverywhere(when, {
      async prepare(one) {
        await one.ask(fileOf('ci'))
        await one.look()
        await one.world.objects.delete(fileOf('ci'))
      },
      async holds(one) {
        expect(one.key()?.isActive).toBe(true)
        expect([...(await one.keysUnder('retired/')), ...(await one.keysUnder('status/retire/'))]).toEqual([])
        expect(await one.events(fileOf('ci'))).toEqual(['credential-inactive', 'credential-kept'])
      },
    })
  })
})

describe('over drawn histories of use', () => {
  const act = fc.oneof(
    { weight: 4, arbitrary: fc.record({ does: fc.constant('use' as const) }) },
    { weight: 1, arbitrary: fc.constantFrom({ does: 'ask' as const }, { does: 'withdraw' as const }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant('reactivate' as const) }) },
  )
  const history = fc.record({
    // IAM knows a use a day late at most.
    lateMs: fc.integer({ min: 0, max: dayMs }),
    retireAfterDays: fc.integer({ min: 2, max: 5 }),
    acts: fc.array(fc.record({ after: fc.integer({ min: 1, max: 2 * dayMs }), act }), { minLength: 1, maxLength: 12 }),
  })

  test('a key that was used while it was asked for is never deleted, and one that nobody used is', async () => {
    await fc.assert(
      fc.asyncProperty(history, async ({ lateMs, retireAfterDays, acts }) => {
        const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })], { iam: { lateMs } })
        await retiring.govern({ retireAfterDays })
        const file = fileOf('ci')
        await retiring.ask(file)
        let isAsked = true
        let isUsedSince = false
        let usedAt: Date | undefined
        for (const {
          after,
          act: { does },
        } of acts) {
          await retiring.live(after)
          if (retiring.key() === undefined) break
          const now = retiring.world.clock.now()
          if (does === 'use' && retiring.use()) {
            usedAt = now
            isUsedSince ||= isAsked
          } else if (does === 'reactivate' && retiring.key()?.isActive === false) {
            retiring.changeKey('ci', { isActive: true })
            isUsedSince ||= isAsked
          } else if (does === 'ask') {
            // Whoever asks again after a use that nobody has looked at asks for the first time. A look comes every five minutes.
            await retiring.look()
            await retiring.ask(file)
            isUsedSince &&= isAsked
            isAsked = true
            // Whether IAM records a use of just before as one of since depends on those before it.
            if (usedAt !== undefined && now.getTime() - usedAt.getTime() < hourMs) return
          } else if (does === 'withdraw') {
            await retiring.world.objects.delete(file)
            await retiring.look()
            isAsked = false
          }
        }
        if (retiring.key() === undefined) expect(isUsedSince).toBe(false)
        const isLeft = retiring.key() !== undefined && (isUsedSince || !isAsked)
        await retiring.live((retireAfterDays + 2) * dayMs)
        expect(retiring.key() !== undefined).toBe(isLeft)
      }),
      { numRuns: runsOf(25) },
    )
  }, 120_000)
})
