import { describe, expect, test } from '@jest/globals'
import { configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { OrganizationCache } from '../../../../shared/reconcile/organization/organization-cache.ts'
import { digestOf, readBrake, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { intercept } from '../../../intercept.ts'
import { Settling } from '../../../settling.ts'
import { acme, World, type WorldOptions } from '../../../world.ts'

const [ledgerProd, invoicingProd] = ['233000000001', '233000000002'].map((id) => accountId.parse(id))
const selector = 'selectors/finance.json'
const linkOf = (name = 'finance', folder = '') =>
  `links_data/${folder}select%${name}%Billing-ps%team-Accountants%GROUP%ssofile`
const link = linkOf()
const finance = { organizationalUnits: ['ou-acme-wrk3fina'] }

class Bench {
  readonly world: World

  constructor(options: WorldOptions = {}) {
    const permissionSets = [{ permissionSetName: 'Billing-ps' as never }]
    this.world = new World({ organization: { ...acme(), assignments: [], permissionSets }, ...options }).start()
  }

  say(document: unknown, name = selector) {
    return this.world.objects.put(name, typeof document === 'string' ? document : JSON.stringify(document))
  }

  async minutes(count: number): Promise<void> {
    for (let minute = 0; minute < count; minute++) {
      await this.world.finish(this.world.everyMinute())
      await this.world.clock.advance(20_000)
    }
  }

  get accounts(): readonly string[] {
    return this.world.ssoAdmin
      .assignments()
      .map((one) => one.accountId)
      .sort()
  }

  status(key = link) {
    return this.world.json(`status/${key}.json`)
  }
}

async function open(document: unknown = finance, options: WorldOptions = {}) {
  const bench = new Bench(options)
  await bench.say(document)
  await bench.world.objects.put(link, '')
  await bench.minutes(2)
  return bench
}

test('a link grants where its selector says, and its status counts these accounts', async () => {
  const bench = await open({ ...finance, except: [{ names: ['treasury-*'] }] })
  expect(bench.accounts).toEqual(['233000000001', '233000000002'])
  expect(await bench.status()).toMatchObject({ state: 'applied', accounts: { desired: 2, applied: 2 } })
})

test('a selector that asks for tags has the tags of all accounts read, though no link names a tag', async () => {
  const bench = await open({ tags: ['team^Accountants'], anyOf: [{ names: ['*-test'] }] })
  expect(bench.accounts).toEqual(['240000000006'])
})

test('a link waits until its selector is there, and is told which one may be meant', async () => {
  const bench = new Bench()
  await bench.say({ accounts: [] }, 'selectors/Finance.json')
  await bench.world.objects.put(link, '')
  await bench.minutes(2)
  expect(await bench.status()).toMatchObject({
    state: 'waiting',
    reason: "there is no selectors/finance.json; did you mean 'Finance'?",
  })
  await bench.say(finance)
  await bench.minutes(2)
  expect(bench.accounts).toHaveLength(3)
})

describe('a change of a selector', () => {
  test('grants what it selects besides and revokes what it selects no more, without any event', async () => {
    const bench = await open()
    await bench.say({ accounts: [ledgerProd, '210000000001'] })
    await bench.minutes(2)
    expect(bench.accounts).toEqual(['210000000001', '233000000001'])
    expect(await bench.status()).toMatchObject({ state: 'applied', accounts: { desired: 2, applied: 2 } })
  })

  test('revokes nothing that another link grants', async () => {
    const bench = await open()
    await bench.world.objects.put(`links_data/account%${invoicingProd}%Billing-ps%team-Accountants%GROUP%ssofile`, '')
    await bench.minutes(1)
    await bench.say({ accounts: [] })
    await bench.minutes(2)
    expect(bench.accounts).toEqual([invoicingProd])
    expect(await bench.status()).toMatchObject({
      state: 'waiting',
      reason: 'selectors/finance.json selects no active member account',
    })
  })

  test('counts as indirect, with a list of its own: beyond the limit its revocations are held', async () => {
    const brake = {
      indirect: { count: 2, percent: 0, most: 200, hours: 24 },
      own: { count: 20, percent: 10, minutes: 15 },
      people: { count: 5, minutes: 15 },
    }
    const bench = await open(finance, { configuration: { brake } })
    await bench.say({ accounts: [] })
    await bench.minutes(3)
    expect(bench.accounts).toHaveLength(1)
    const { lists } = (await bench.world.json('control/brake.json')) as { lists: readonly object[] }
    expect(lists).toMatchObject([{ rule: 'indirect', cause: 'selector', name: 'finance', limit: 2, passed: 2 }])
    expect(await bench.status()).toMatchObject({
      state: 'held',
      reason: expect.stringContaining("because of the selector 'finance'"),
    })
    await bench.say(finance)
    await bench.minutes(3)
    expect(bench.accounts).toHaveLength(3)
    expect(await bench.status()).toMatchObject({ state: 'applied' })
  })
})

test('a release lets access go also after ssofile could not read the selector for a while', async () => {
  const indirect = { count: 2, percent: 0, most: 200, hours: 24 }
  const bench = await open(finance, { configuration: configuration.parse({ brake: { indirect } }) })
  const { world } = bench
  await bench.say({ accounts: [] })
  await bench.minutes(3)
  const { lists: [list] = [] } = (await readBrake(world.objects)) ?? {}
  if (list === undefined) throw new Error('the brake holds nothing')
  await releaseList(world.objects, digestOf(list), 'olga')
  await bench.say('{')
  await bench.minutes(3)
  expect(bench.accounts).toHaveLength(1)
  await bench.say({ accounts: [] })
  await bench.minutes(3)
  expect(bench.accounts).toEqual([])
})

describe('a selector that is deleted', () => {
  test('selects nothing: its links wait, and what they granted is revoked as indirect', async () => {
    const bench = await open()
    await bench.world.objects.delete(selector)
    await bench.minutes(2)
    expect(bench.accounts).toEqual([])
    expect(await bench.status()).toMatchObject({ state: 'waiting', reason: 'there is no selectors/finance.json' })
    const { windows } = (await bench.world.json('control/brake.json')) as { windows: readonly { cause: string }[] }
    expect(windows.map(({ cause }) => cause).sort()).toEqual(['everything', 'folder', 'selector'])
  })
})

describe('a selector that cannot be used', () => {
  test('grants nothing new and revokes nothing, whatever looks; its status and that of its links say why', async () => {
    const bench = await open()
    await bench.say('{ "organizationalUnits": [')
    await bench.world.objects.put(linkOf('finance').replace('team-Accountants', 'team-Shop'), '')
    await bench.minutes(2)
    await bench.world.finish(bench.world.everyFiveMinutes())
    await bench.world.finish(bench.world.everyHour())
    await bench.world.clock.advance(30_000)
    expect(bench.accounts).toHaveLength(3)
    expect(await bench.status(selector)).toMatchObject({ state: 'rejected', reason: expect.stringContaining('line 1') })
    expect(await bench.status()).toMatchObject({
      state: 'waiting',
      reason: expect.stringContaining('selectors/finance.json cannot be used: received'),
      remedy: expect.stringContaining('its existing access stays'),
    })
    await bench.say(finance)
    await bench.minutes(2)
    expect(await bench.status()).toMatchObject({ state: 'applied' })
    expect(await bench.world.keys('attention/rejected/')).toEqual([])
  })

  test('lets other links of the same access go, but keeps the access as long as its own link may grant it', async () => {
    const bench = await open()
    const other = `links_data/account%${ledgerProd}%Billing-ps%team-Accountants%GROUP%ssofile`
    await bench.world.objects.put(other, '')
    await bench.minutes(1)
    await bench.say('[]')
    await bench.world.objects.delete(other)
    await bench.minutes(2)
    expect(bench.accounts).toHaveLength(3)
    await bench.world.objects.delete(link)
    await bench.minutes(3)
    expect(bench.accounts).toEqual([])
  })

  test('is one that S3 does not give, too, until it gives it again', async () => {
    let isArchived = false
    const wrap = (ports: Ports) =>
      intercept(ports, async ({ operation, args, proceed }) => {
        if (isArchived && operation === 'get' && args[0] === selector)
          throw new ServiceError('s3', 'InvalidObjectState', 'The object is archived')
        return proceed()
      })
    const bench = await open(finance, { wrap })
    isArchived = true
    await bench.say({ accounts: [] })
    await bench.minutes(2)
    expect(bench.accounts).toHaveLength(3)
    expect(await bench.status()).toMatchObject({
      state: 'waiting',
      reason: expect.stringContaining('S3 does not return'),
    })
    isArchived = false
    await bench.minutes(2)
    expect(bench.accounts).toEqual([])
  })
})

describe('the access of a selector follows its account', () => {
  test('when it moves', async () => {
    const bench = await open()
    await bench.world.organizations.moveAccount(ledgerProd as never, 'ou-acme-wrk3fina', 'ou-acme-sbx10000')
    await bench.world.finish(bench.world.everyHour())
    await bench.minutes(1)
    expect(bench.accounts).toEqual(['233000000002', '233000000003'])
  })

  test('when it is renamed: the reconcile sees it, and the revocation is judged by its live name', async () => {
    const bench = await open({ names: ['*-prod'], anyOf: [finance] })
    bench.world.organizations.renameAccount(ledgerProd as never, 'ledger-retired')
    bench.world.organizations.renameAccount(invoicingProd as never, 'invoicing-2-prod')
    await bench.world.finish(bench.world.everyHour())
    await bench.minutes(1)
    expect(bench.accounts).toEqual(['233000000002', '233000000003'])
  })

  test('but is not revoked by an old view, where the account is selected by now', async () => {
    const bench = await open({ names: ['ledger-*'] })
    const { organizations } = bench.world
    organizations.renameAccount(ledgerProd as never, 'books-prod')
    await bench.world.finish(bench.world.everyHour())
    await bench.minutes(1)
    expect(bench.accounts).toEqual(['240000000006'])
    await bench.say({ names: ['books-*'] })
    organizations.renameAccount('240000000006' as never, 'books-test')
    await bench.minutes(3)
    expect(bench.accounts).toEqual(['233000000001', '240000000006'])
  })
})

test('a grant lists the selectors only where one of the links that may grant it names one', async () => {
  const listings = async (...keys: readonly string[]) => {
    let count = 0
    const bench = new Settling({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'list' && args[0] === 'selectors/') count++
        return proceed()
      },
    })
    // Its tags are read: whether a selector asks for them is not looked for besides.
    await bench.world.objects.put('links_data/account_tag%no^body%Billing-ps%team-Shop%GROUP%ssofile', '')
    await bench.world.finish(new OrganizationCache(bench.world.ports, []).viewWithTags())
    await bench.world.objects.put(selector, JSON.stringify(finance))
    for (const key of keys.length > 0 ? keys : [bench.link]) await bench.world.objects.put(key, '')
    count = 0
    expect(await bench.settle()).toMatchObject({ result: 'applied' })
    return count
  }
  expect(await listings()).toBe(0)
  expect(await listings(link)).toBe(2)
})

test('a hundred selectors count; with one more, nobody knows which do: nothing changes', async () => {
  const bench = await open()
  for (let index = 1; index < 100; index++) await bench.say({ accounts: [] }, `selectors/s${index}.json`)
  await bench.minutes(1)
  expect(await bench.status()).toMatchObject({ state: 'applied' })
  await bench.say({ accounts: [] }, 'selectors/s100.json')
  await bench.minutes(2)
  expect(bench.accounts).toHaveLength(3)
  expect(await bench.status()).toMatchObject({
    state: 'waiting',
    reason: expect.stringContaining('one of 101 selectors'),
  })
})
