import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import type { Configuration } from '../../../../shared/domain/deployment/configuration.ts'
import type { Standing } from '../../../../shared/domain/links/describe-link.ts'
import type { Lack } from '../../../../shared/domain/links/lack.ts'
import { type Grant, renderGrant } from '../../../../shared/domain/links/link.ts'
import { type AccountId, accountId } from '../../../../shared/domain/organization/account-id.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import type { Status } from '../../../../shared/domain/statuses/status.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { mayName } from '../../../../shared/reconcile/assignments/standings.ts'
import { OrganizationCache } from '../../../../shared/reconcile/organization/organization-cache.ts'
import { Policies } from '../../../../shared/reconcile/records/policies.ts'
import { readLink } from '../../../../shared/reconcile/records/read-link.ts'
import { type GatherContext, gatherLink } from '../../../../shared/reconcile/statuses/gather-link.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const security = ['210000000001', '210000000002', '210000000003', '210000000004'].map((id) => accountId.parse(id))
const [first = accountId.parse('210000000001'), second = first, third = first] = security
const elsewhere = accountId.parse('220000000001')
const grant = 'Billing-ps%team-Accountants%GROUP%ssofile'
const linkTo = (scope: string) => `links_data/${scope}%${grant}`
const ofUnit = linkTo('ou_id%ou-acme-sec10000')
const ofAccount = linkTo(`account%${first}`)
const ofUser = 'links_data/ou_id%ou-acme-sec10000%Billing-ps%zoe%USER%ssofile'
const zoe = principalId.parse('21111111-2222-3333-4444-555555555555')
const uploadedAt = '2026-03-03T10:00:00.000Z'
const expired = '{"expiresAt":"2026-03-03T09:59:59Z"}'

type StandingsByAccount = Readonly<Partial<Record<AccountId, Standing>>>
type Situation = {
  readonly world?: World
  readonly configuration?: Partial<Configuration>
  /** `undefined`: the link was deleted, or never was. */
  readonly body?: string | undefined
  readonly present?: Partial<Status>
  /** In which accounts the ledger has access of `grant`. */
  readonly inLedger?: readonly AccountId[]
  /** How far that is; absent: it is not the dispatcher that asks. */
  readonly known?: StandingsByAccount
  readonly lack?: Lack | 'none'
  /** Where the list of the brake says that something is held; absent: it is not known. */
  readonly heldIn?: readonly AccountId[]
  readonly tagsUntilMs?: number
}

const standing = (state: Standing['state'], ...links: readonly string[]): Standing => ({
  state,
  principalId: zoe,
  links: links.map((key) => ({ key, etag: 'e' })),
})

/** `looked`: the accounts whose standings were read. */
async function gather(key: string, situation: Situation = {}) {
  const { world = new World(), present, known, inLedger = [], lack, heldIn, tagsUntilMs } = situation
  const body = 'body' in situation ? situation.body : ''
  if (body !== undefined) await world.objects.put(key, body)
  const looked: AccountId[][] = []
  const isMeant = (one: Grant) => renderGrant(one) === grant
  const context: GatherContext = {
    organization: new OrganizationCache(world.ports, []),
    configuration: { ...world.configuration, ...situation.configuration },
    tagsUntilMs,
    policies: new Policies(world.ports),
    accountsOf: async (one) => (isMeant(one) ? inLedger : []),
    progress: known && {
      lackOf: (link) => (link === key ? lack : undefined),
      of: async (one, accounts) => {
        looked.push([...accounts])
        return new Map(isMeant(one) ? standingsIn(known, accounts) : [])
      },
      leftOf: async (link, accounts) => {
        looked.push([...accounts])
        return standingsIn(known, accounts)
          .filter(([, one]) => one.state !== 'foreign' && mayName(one, link.key))
          .map(([account, one]) => ({ ...one, account }))
      },
      heldAccountsOf: async () => heldIn,
    },
  }
  const gatherNow = async () => gatherLink(await readLink(world.objects, key, context.configuration), before, context)
  const before: Status | undefined = present && { input: key, state: 'applied', updatedAt: uploadedAt, ...present }
  return { ...(await world.finish(gatherNow())), looked }
}

function standingsIn(known: StandingsByAccount, accounts: readonly AccountId[]): [AccountId, Standing][] {
  return accounts.flatMap((account): [AccountId, Standing][] => {
    const found = known[account]
    return found ? [[account, found]] : []
  })
}

const factsOf = async (key: string, situation: Situation = {}) => (await gather(key, situation)).facts

describe('a link in force', () => {
  test('is gathered with the upload that is there, its accounts, and its status until now', async () => {
    const present = { etag: 'of the upload before' }
    const { facts, reading, accounts } = await gather(ofUnit, { present, configuration: { onDrift: 'report' } })
    expect(reading.state).toBe('in-force')
    expect(accounts).toEqual(security)
    expect(facts).toMatchObject({
      state: 'in-force',
      present,
      object: { etag: expect.any(String), lastModified: new Date(uploadedAt) },
      link: { key: ofUnit },
      expansion: { found: 'accounts', accounts: security },
      progress: 'unknown',
      onDrift: 'report',
    })
  })

  test('to a user is bound to the user whom the status of this content, or of a file that is gone, names, others are not bound', async () => {
    const present = { etag: createHash('md5').digest('hex'), principalId: zoe }
    const boundTo = async (key: string, more: Situation = {}) => (await factsOf(key, { present, ...more })).boundTo
    expect(await boundTo(ofUser)).toBe(zoe)
    expect(await boundTo(ofUser, { body: expired })).toBeUndefined()
    expect(await boundTo(ofUser, { body: undefined })).toBe(zoe)
    expect(await boundTo(ofUser.replace('USER', 'user'))).toBeUndefined()
    expect(await boundTo(ofUser, { present: { ...present, lastModified: '2026-03-03T09:00:00.000Z' } })).toBe(zoe)
    expect(await boundTo(ofUser, { present: { ...present, etag: 'another' } })).toBeUndefined()
    expect(await boundTo(ofUnit)).toBeUndefined()
  })

  test('is gathered by the dispatcher with the access in its accounts, and with what it lacks', async () => {
    const lack = { reason: 'there is no group of this name', remedy: 'create it' }
    const known = { [first]: standing('granted', ofUnit), [second]: standing('foreign') }
    const { facts, looked } = await gather(ofUnit, { known, lack, heldIn: [] })
    expect(facts).toMatchObject({
      progress: {
        access: [
          { account: first, state: 'granted', principalId: zoe, links: [{ key: ofUnit, etag: 'e' }] },
          { account: second, state: 'foreign' },
        ],
        held: [],
        lack,
      },
    })
    expect(looked).toContainEqual(security)
  })

  test('has its held access looked for where the list of the brake says, else wherever the ledger has access', async () => {
    const known = {
      [first]: standing('held', ofAccount),
      [second]: standing('granted', ofUnit),
      [elsewhere]: standing('held', ofUnit),
    }
    const inLedger = [first, second, elsewhere]
    const ours = { ...known[elsewhere], account: elsewhere }
    const listed = await gather(ofUnit, { known, inLedger, heldIn: [first, elsewhere] })
    expect(listed.facts).toMatchObject({ progress: { held: [ours] } })
    expect(listed.looked).toContainEqual([first, elsewhere])
    expect(await factsOf(ofUnit, { known, inLedger, heldIn: [first] })).toMatchObject({ progress: { held: [] } })
    const unlisted = await gather(ofUnit, { known, inLedger })
    expect(unlisted.facts).toMatchObject({ progress: { held: [ours] } })
    expect(unlisted.looked).toContainEqual(inLedger)
  })
})

describe('a link that is not in force', () => {
  const known = {
    [first]: standing('granted', ofUnit),
    [second]: standing('granted', ofAccount),
    [third]: standing('foreign', ofUnit),
    [elsewhere]: { state: 'failed', reason: 'it cannot be read' } as const,
  }
  const inLedger = [first, second, third, elsewhere]

  test.each([
    ['deleted', undefined, 'absent'],
    ['expired', expired, 'expired'],
    ['not in force yet', '{"notBefore":"2026-03-03T10:00:01Z"}', 'not-yet'],
  ])('and is %s is gathered with the access that it granted, or may have granted', async (_, body, state) => {
    const { facts, accounts } = await gather(ofUnit, { body, known, inLedger })
    expect(accounts).toEqual(inLedger)
    expect(facts).toMatchObject({
      state,
      left: [
        { account: first, state: 'granted' },
        { account: elsewhere, state: 'failed' },
      ],
    })
  })

  test('and names one account is looked at there, whatever the ledger has', async () => {
    const { facts, accounts, looked } = await gather(ofAccount, { body: undefined, known, inLedger })
    expect([accounts, looked]).toEqual([[first], [[first]]])
    expect(facts).toMatchObject({ state: 'absent', left: [] })
    expect(await factsOf(ofAccount, { body: undefined })).toMatchObject({ left: 'unknown' })
  })

  test('has nothing left where the ledger has nothing; else only the dispatcher knows what is left', async () => {
    expect(await factsOf(ofUnit, { body: undefined })).toMatchObject({ state: 'absent', left: [] })
    expect(await factsOf(ofUnit, { body: undefined, inLedger })).toMatchObject({ left: 'unknown' })
    const misspelt = ofUnit.replace('GROUP', 'group')
    expect(await gather(misspelt, { body: undefined, inLedger })).toMatchObject({ accounts: [], facts: { left: [] } })
  })

  test('because it is rejected is gathered with what is wrong, and where its access may be left', async () => {
    const { facts, accounts } = await gather(ofUnit, { body: '[]', inLedger })
    expect(accounts).toEqual(inLedger)
    expect(facts).toMatchObject({ state: 'rejected', complaint: { object: ofUnit }, object: { key: ofUnit } })
    expect(facts).toHaveProperty('left', 'unknown')
    const misspelt = await gather(ofUnit.replace('GROUP', 'group'), { inLedger })
    expect(misspelt).toMatchObject({ accounts: [], facts: { state: 'rejected' } })
  })
})

describe('the scope of a link', () => {
  const expand = async (scope: string, situation: Situation = {}) => {
    const { facts, accounts } = await gather(linkTo(scope), situation)
    if (facts.state !== 'in-force') throw new Error(`the link is ${facts.state}`)
    return { expansion: facts.expansion, accounts }
  }
  const expansionOf = async (scope: string, situation: Situation = {}) => (await expand(scope, situation)).expansion

  test('is looked up in Organizations where the view does not have the account yet', async () => {
    const world = new World()
    const view = await world.finish(new OrganizationCache(world.ports, []).view())
    const accounts = view.accounts.filter(({ id }) => id !== first)
    await world.objects.put('state/organization.json', JSON.stringify({ ...view, accounts }))
    expect((await expand(`account%${first}`, { world })).accounts).toEqual([first])
  })

  test('is expanded without a call to Organizations where the view has the accounts and no tag is named', async () => {
    const calls: string[] = []
    const wrap = (ports: Ports) =>
      intercept(ports, async ({ port, operation, proceed }) => {
        if (port === 'organizations') calls.push(operation)
        return proceed()
      })
    const world = new World({ wrap })
    await gather(ofUnit, { world })
    // From now on tags matter.
    await world.objects.put(linkTo('account_tag%team^Security'), '')
    expect(calls).not.toEqual([])
    calls.length = 0
    expect((await gather(ofUnit, { world })).accounts).toEqual(security)
    expect(calls).toEqual([])
  })

  test('means no account where the unit, or the organization, has none', async () => {
    const configuration = { supportNestedOu: false }
    const none = { found: 'accounts', accounts: [] }
    expect(await expansionOf('ou_id%ou-acme-inf10000', { configuration })).toEqual(none)
    const world = new World()
    for (const { id } of world.organizations.accountsNow())
      if (id !== world.organizations.managementAccountIdNow) world.organizations.suspendAccount(id)
    expect(await expansionOf('root%all', { world })).toEqual(none)
  })

  test.each([
    ['a unit', 'ou_id%ou-acme-sec1000a', { kind: 'ou_id', id: 'ou-acme-sec1000a' }, 'ou-acme-sec10000'],
    ['a unit like no other', 'ou_id%ou-zzzz-zzzzzzzz', { kind: 'ou_id', id: 'ou-zzzz-zzzzzzzz' }, undefined],
    ['an account', 'account%210000000009', { kind: 'account', id: '210000000009' }, undefined],
    ['a tag', 'account_tag%team^Securety', { kind: 'account_tag', key: 'team', value: 'Securety' }, 'team^Security'],
  ])('means nothing where there is no such thing as %s, and tells which one is near', async (_, scope, meant, near) => {
    expect(await expand(scope)).toEqual({ expansion: { found: 'nothing', scope: meant, near }, accounts: [] })
  })

  test.each(['ou_id%ou-acme-sec1000a', 'account_tag%team^Securety'])(
    'of %s tells nothing near where a status may name nothing of others',
    async (scope) => {
      const found = await expansionOf(scope, { configuration: { privacy: 'folder' } })
      expect(found).toMatchObject({ found: 'nothing', near: undefined })
    },
  )

  test('means no account where the account is not active', async () => {
    const world = new World()
    world.organizations.suspendAccount(first)
    expect(await expand(`account%${first}`, { world })).toMatchObject({
      expansion: { found: 'inactive-account', account: { id: first, state: 'SUSPENDED' } },
      accounts: [],
    })
  })

  test('means the management account only where that is configured', async () => {
    const id = accountId.parse('111111111111')
    expect(await expand(`account%${id}`)).toEqual({
      expansion: { found: 'closed', because: 'management-account', id },
      accounts: [],
    })
    const configuration = { includeManagementAccount: true }
    expect((await expand(`account%${id}`, { configuration })).accounts).toEqual([id])
  })

  test('means the account in which ssofile runs only outside folders, and only where that is configured', async () => {
    const closed = { expansion: { found: 'closed', because: 'own-account', id: first }, accounts: [] }
    const own = { ownAccount: first, folders: ['team-a'] }
    expect(await expand(`account%${first}`, { configuration: own })).toEqual(closed)
    const configuration = { ...own, includeOwnAccount: true }
    expect((await expand(`account%${first}`, { configuration })).accounts).toEqual([first])
    expect(await expand(`team-a/account%${first}`, { configuration })).toEqual(closed)
  })

  test('is not known while tags are to be read, and is known when they are', async () => {
    const scope = 'account_tag%team^Security'
    const { expansion, accounts } = await expand(scope, { tagsUntilMs: 0 })
    expect(accounts).toEqual([])
    expect(expansion).toEqual({ found: 'unread-tags', unread: expect.any(Number), all: expect.any(Number) })
    if (expansion.found === 'unread-tags') expect(expansion.unread).toBe(expansion.all)
    expect((await expand(scope)).accounts).toEqual(security)
  })

  test('tells how many accounts have tags that are still to be read', async () => {
    const world = new World()
    const { accounts, ...view } = await world.finish(new OrganizationCache(world.ports, []).view())
    const read = accounts.map((account) => (security.includes(account.id) ? { ...account, tags: {} } : account))
    await world.objects.put('state/organization.json', JSON.stringify({ ...view, accounts: read }))
    expect(await expansionOf('account_tag%team^Security', { world, tagsUntilMs: 0 })).toEqual({
      found: 'unread-tags',
      unread: accounts.length - security.length,
      all: accounts.length,
    })
  })
})
