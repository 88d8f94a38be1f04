import { beforeEach, describe, expect, test } from '@jest/globals'
import { buildApp } from 'fauxqs'
import { addQueryServices } from '../../infra/local/query-services/add-query-services.ts'
import { openAwsRetirer } from '../../shared/aws/aws-retirer.ts'
import { iamUserName } from '../../shared/domain/files/retire-file.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { MemoryIam } from '../../shared/memory/iam/memory-iam.ts'
import { SeededRandomness } from '../../shared/memory/seeded-randomness.ts'
import type { Retirer } from '../../shared/ports/retirer.ts'
import { openWorld, shop as shopId, start } from './identity-center-world.ts'

const shop = accountId.parse(shopId)
const [auditorRole, hygieneRole] = ['ssofile-auditor', 'path/ssofile-hygiene']
const ci = iamUserName.parse('ci')
const nobody = iamUserName.parse('nobody')
const keys = ['AKIAIOSFODNN7EXAMPL1', 'AKIAIOSFODNN7EXAMPL2']
const [first = '', second = ''] = keys

type Opened = { readonly retirer: Retirer; close(): Promise<void> }
const adapters: readonly { readonly adapter: string; readonly open: (iam: MemoryIam) => Promise<Opened> }[] = [
  { adapter: 'memory', open: async ({ retirer }) => ({ retirer, close: async () => {} }) },
  {
    adapter: 'AWS SDK on the local system',
    async open(iam) {
      const app = buildApp({ logger: false })
      addQueryServices(app, { iam, accountOf: () => '000000000000' })
      const url = await app.listen({ host: '127.0.0.1', port: 0 })
      return { retirer: openAwsRetirer({ url, accessKeyId: 'ssofile' }), close: async () => app.close() }
    },
  },
]

describe.each(adapters)('the retirer on $adapter', ({ open }) => {
  let iam: MemoryIam
  const hours = (count: number) => new Date(start.getTime() - count * 3_600_000)
  const password = { changedAt: hours(900), uses: [{ at: hours(40) }, { at: hours(1) }] }

  beforeEach(() => {
    const { ssoAdmin, organizations, clock } = openWorld()
    const randomness = new SeededRandomness(7)
    iam = new MemoryIam({ clock, randomness, ssoAdmin, organizations, auditorRole, hygieneRole })
    const user = { name: 'ci', path: '/', madeAt: hours(1_000), password, hasMfa: false, groups: ['admins'] }
    iam.credentials.tell(shop, {
      root: { hasPassword: false, hasMfa: false, activeKeys: 0 },
      users: [{ ...user, keys: keys.map((id) => ({ id, isActive: true, madeAt: hours(1_000), uses: [] })) }],
      roles: [],
    })
  })

  async function retiring(ask: (retirer: Retirer) => Promise<void>): Promise<void> {
    const { retirer, close } = await open(iam)
    await ask(retirer).finally(close)
  }
  const keysNow = () => iam.credentials.of(shop).users[0]?.keys.map(({ id, isActive }) => [id, isActive])

  test('a user and its password are told, as late as IAM knows of uses', () =>
    retiring(async (retirer) => {
      const account = await retirer.enter(shop, hygieneRole)
      expect(await account.user(ci)).toEqual({ madeAt: hours(1_000), passwordLastUsedAt: hours(40) })
      expect(await account.password(ci)).toEqual({ madeAt: hours(900) })
      for (const ask of [account.user(nobody), account.password(nobody)])
        await expect(ask).rejects.toMatchObject({ service: 'iam', code: 'NoSuchEntity' })
    }))

  test('the user of a key is named by its present name', () =>
    retiring(async (retirer) => {
      const account = await retirer.enter(shop, hygieneRole)
      expect(await account.userOfKey(first)).toBe('ci')
      const { users, ...more } = iam.credentials.of(shop)
      iam.credentials.tell(shop, { ...more, users: users.map((user) => ({ ...user, name: 'svc-ci' })) })
      expect(await account.userOfKey(first)).toBe('svc-ci')
    }))

  test('a key is made inactive and active, which is no error twice, and deleted once', () =>
    retiring(async (retirer) => {
      const account = await retirer.enter(shop, hygieneRole)
      for (const isActive of [false, false, true, false]) {
        await account.updateAccessKey(ci, first, isActive)
        expect(keysNow()).toEqual([
          [first, isActive],
          [second, true],
        ])
      }
      await account.deleteAccessKey(ci, first)
      expect(keysNow()).toEqual([[second, true]])
      for (const again of [account.deleteAccessKey(ci, first), account.updateAccessKey(ci, first, true)])
        await expect(again).rejects.toMatchObject({ service: 'iam', code: 'NoSuchEntity' })
    }))

  test('a user is refused while it has anything, as AWS refuses, and goes then', () =>
    retiring(async (retirer) => {
      const account = await retirer.enter(shop, hygieneRole)
      const refused = { service: 'iam', code: 'DeleteConflict' }
      await expect(account.deleteUser(ci)).rejects.toMatchObject(refused)
      await account.deletePassword(ci)
      await expect(account.deletePassword(ci)).rejects.toMatchObject({ code: 'NoSuchEntity' })
      await expect(account.deleteUser(ci)).rejects.toMatchObject(refused)
      for (const key of keys) await account.deleteAccessKey(ci, key)
      await expect(account.deleteUser(ci)).rejects.toMatchObject(refused)
      const { users, ...more } = iam.credentials.of(shop)
      iam.credentials.tell(shop, { ...more, users: users.map((user) => ({ ...user, groups: [] })) })
      await account.deleteUser(ci)
      expect(iam.credentials.of(shop).users).toEqual([])
      await expect(account.deleteUser(ci)).rejects.toMatchObject({ code: 'NoSuchEntity' })
    }))

  test("the auditor's role changes nothing", () =>
    retiring(async (retirer) => {
      const before = iam.credentials.of(shop)
      const account = await retirer.enter(shop, auditorRole)
      for (const change of [
        account.updateAccessKey(ci, first, false),
        account.deleteAccessKey(ci, first),
        account.deletePassword(ci),
        account.deleteUser(ci),
      ])
        await expect(change).rejects.toMatchObject({ service: 'iam', code: 'AccessDenied' })
      expect(iam.credentials.of(shop)).toEqual(before)
    }))

  test('nobody enters by a role that is not there', () =>
    retiring(async (retirer) => {
      iam.removeRole(shop, hygieneRole)
      await expect(retirer.enter(shop, hygieneRole)).rejects.toMatchObject({ service: 'sts', code: 'AccessDenied' })
      await expect(retirer.enter(shop, 'other')).rejects.toMatchObject({ service: 'sts', code: 'AccessDenied' })
    }))
})
