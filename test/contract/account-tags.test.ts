import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { buildApp } from 'fauxqs'
import { addJsonServices } from '../../infra/local/json-services/json-services.ts'
import { addQueryServices } from '../../infra/local/query-services/add-query-services.ts'
import { signerOf } from '../../infra/local/request-signer.ts'
import { AwsAccountTags } from '../../shared/aws/aws-account-tags.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { MemoryIam } from '../../shared/memory/iam/memory-iam.ts'
import { SeededRandomness } from '../../shared/memory/seeded-randomness.ts'
import type { AccountTags } from '../../shared/ports/account-tags.ts'
import { listAll } from '../../shared/ports/page.ts'
import {
  account,
  type IdentityCenterWorld,
  management,
  openWorld,
  shop,
  smallOrganization,
  website,
} from './identity-center-world.ts'

const owner = accountId.parse(management)
const many = Array.from({ length: 150 }, (_, index) =>
  account(String(300_000_000_000 + index), `account-${index}`, { index: String(index) }),
)

type Opened = { readonly accountTags: AccountTags; close(): Promise<void> }

/** The service as a caller in an account sees it: with the role in the management account, or with credentials of another account. */
async function serve(
  world: IdentityCenterWorld,
  { role, tagReader }: { role: string; tagReader: string },
): Promise<Opened> {
  const { clock, ssoAdmin, organizations } = world
  const randomness = new SeededRandomness(7)
  const iam = new MemoryIam({ clock, randomness, ssoAdmin, organizations, auditorRole: 'ssofile-auditor', tagReader })
  const app = buildApp({ logger: false })
  const caller = { id: '' }
  app.addHook('onRequest', async (request) => {
    caller.id = signerOf(request)?.accessKeyId ?? ''
  })
  addQueryServices(app, { iam, accountOf: () => '000000000000' })
  addJsonServices(app, { ...world, isInManagementAccount: () => iam.sessionOf(caller.id)?.account === owner })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    accountTags: new AwsAccountTags(role, { url, accessKeyId: 'ssofile' }),
    close: async () => app.close(),
  }
}

const adapters: readonly {
  readonly adapter: string
  readonly open: (world: IdentityCenterWorld) => Promise<Opened>
}[] = [
  { adapter: 'memory', open: async ({ organizations: { accountTags } }) => ({ accountTags, close: async () => {} }) },
  {
    adapter: "AWS's protocol on the local system",
    open: async (world) => serve(world, { role: 'test-tags', tagReader: 'test-tags' }),
  },
]

describe.each(adapters)('the tags of accounts on $adapter', ({ open }) => {
  let world: IdentityCenterWorld
  let opened: Opened
  const list = async () =>
    new Map(
      (await Array.fromAsync(listAll((token) => opened.accountTags.list(owner, token)))).map((row) => [
        row.id,
        row.tags,
      ]),
    )

  beforeEach(async () => {
    const root = { ...smallOrganization.root, accounts: [...smallOrganization.root.accounts, ...many] }
    world = openWorld({}, { ...smallOrganization, root })
    opened = await open(world)
  })
  afterEach(() => opened.close())

  test('come a hundred a page, each once, with empty values', async () => {
    const first = await opened.accountTags.list(owner)
    expect(first.items.length).toBeLessThanOrEqual(100)
    const found = await list()
    expect(found.size).toBe(151)
    expect(found.get(accountId.parse('300000000149'))).toEqual({ index: '149' })
    expect(found.get(accountId.parse(website))).toEqual({ team: 'Web', env: '', 'cost centre': 'Sales / EMEA' })
  })

  test('have no row for an account that never had a tag, and an empty one for an account that lost its last tag', async () => {
    expect((await list()).has(accountId.parse(shop))).toBe(false)
    await world.organizations.tagResource(shop, { a: 'b' })
    await world.organizations.untagResource(shop, ['a'])
    expect((await list()).get(accountId.parse(shop))).toEqual({})
  })

  test('are refused beyond fifteen calls a second', async () => {
    const calls = Array.from({ length: 40 }, () => opened.accountTags.list(owner))
    const refused = (await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected')
    expect(refused.length).toBeGreaterThan(0)
    expect(refused[0]).toMatchObject({ reason: { service: 'tagging', code: 'ThrottledException' } })
  })
})

test('the tags of accounts need the role in the management account', async () => {
  const { accountTags, close } = await serve(openWorld(), { role: 'other-tags', tagReader: 'test-tags' })
  await expect(accountTags.list(owner)).rejects.toMatchObject({ service: 'sts', code: 'AccessDenied' })
  await close()
})

test('the model answers old tags, or no row, until its lag is over', async () => {
  const world = openWorld({ organizations: { bulkTagsLagMs: 60_000 } })
  const { organizations, clock } = world
  const tagsOf = async (id: string) =>
    (await organizations.accountTags.list(owner)).items.find((row) => row.id === id)?.tags
  await organizations.tagResource(shop, { a: 'b' })
  await organizations.tagResource(website, { team: 'Shop' })
  expect(await tagsOf(shop)).toBeUndefined()
  expect(await tagsOf(website)).toMatchObject({ team: 'Web' })
  await clock.advance(60_000)
  expect(await tagsOf(shop)).toEqual({ a: 'b' })
  expect(await tagsOf(website)).toMatchObject({ team: 'Shop' })
})
