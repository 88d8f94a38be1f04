import { describe, expect, test } from '@jest/globals'
import { type AccountId, accountId } from '../../../shared/domain/account-id.ts'
import type { Configuration } from '../../../shared/domain/configuration.ts'
import { principalId } from '../../../shared/domain/identity-center-ids.ts'
import { type Grant, renderGrant } from '../../../shared/domain/link.ts'
import type { Status } from '../../../shared/domain/status.ts'
import { type AssessContext, assessLink } from '../../../shared/reconcile/assess-link.ts'
import { OrganizationCache } from '../../../shared/reconcile/organization-cache.ts'
import type { Lack } from '../../../shared/reconcile/settlement.ts'
import type { Standing } from '../../../shared/reconcile/standings.ts'
import { World } from '../../world.ts'

const security = ['210000000001', '210000000002', '210000000003', '210000000004'].map((id) => accountId.parse(id))
const [first = '', second = '', third = '', fourth = ''] = security
const ofUnit = 'links_data/ou_id%ou-acme-sec10000%Billing-ps%team-Accountants%GROUP%ssofile'
const ofAccount = `links_data/account%${first}%Billing-ps%team-Accountants%GROUP%ssofile`
const ofUser = 'links_data/ou_id%ou-acme-sec10000%Billing-ps%zoe%USER%ssofile'
const accountants = principalId.parse('11111111-2222-3333-4444-555555555555')
const zoe = principalId.parse('21111111-2222-3333-4444-555555555555')
const otherZoe = principalId.parse('31111111-2222-3333-4444-555555555555')
const uploadedAt = '2026-03-03T10:00:00.000Z'
const by = { principalId: 'AWS:maria', at: uploadedAt }
const retried = 'remove the cause; it is tried again by itself, at least every hour'
const none = { desired: 0, applied: 0, open: 0, failed: [] }

/** `spoiled`: nobody can read the entry. */
type Known = Readonly<Record<string, Partial<Standing> | 'spoiled'>>
type Situation = {
  readonly world?: World
  readonly configuration?: Partial<Configuration>
  readonly body?: string
  /** The link was deleted, or never was. */
  readonly isAbsent?: boolean
  readonly current?: Partial<Status>
  /** How far the assignments are, by account; absent: it is not the dispatcher that asks. */
  readonly known?: Known
  readonly lack?: Lack | 'none'
  /** Where the brake says that it holds something; absent: it is not known. */
  readonly heldIn?: readonly string[]
  readonly tagsUntilMs?: number
}

/** What the dispatcher knows of the assignments of this link, which all are its own unless something else is said. */
function progressOf(key: string, known: Known, { lack, heldIn }: Situation): NonNullable<AssessContext['progress']> {
  const named = key.split('%').slice(2).join('%')
  const standing = (account: AccountId): [AccountId, Standing][] => {
    const links = [{ key, lastModified: uploadedAt }]
    const found = known[account]
    if (found === 'spoiled') return [[account, { state: 'failed', reason: 'it cannot be read' }]]
    return found ? [[account, { state: 'granted', principalId: accountants, links, ...found }]] : []
  }
  const isMeant = (grant: Grant) => renderGrant(grant) === named
  const accounts = Object.keys(known).map((id) => accountId.parse(id))
  return {
    lackOf: (link) => (link === key ? lack : undefined),
    of: async (grant, ids) => new Map(isMeant(grant) ? ids.flatMap(standing) : []),
    accountsOf: async (grant) => (isMeant(grant) ? accounts : []),
    heldAccountsOf: () => heldIn?.map((id) => accountId.parse(id)),
  }
}

async function assess(key: string, situation: Situation = {}) {
  const { world = new World(), body = '', isAbsent = false, current, known, tagsUntilMs } = situation
  if (!isAbsent) await world.objects.put(key, body)
  const context: AssessContext = {
    objects: world.objects,
    organization: new OrganizationCache(world.ports, []),
    configuration: { ...world.configuration, ...situation.configuration },
    ...(tagsUntilMs === undefined ? {} : { tagsUntilMs }),
    ...(known === undefined ? {} : { progress: progressOf(key, known, situation) }),
  }
  const before: Status | undefined = current && { input: key, state: 'applying', updatedAt: uploadedAt, ...current }
  return world.finish(assessLink(key, before, context))
}

async function statusOf(key: string, situation: Situation = {}) {
  return (await assess(key, situation)).status
}

const everywhere = (standing: Partial<Standing>): Known => Object.fromEntries(security.map((id) => [id, standing]))
const inForce = everywhere({ state: 'granted' })

describe('a link that is in force', () => {
  test('is being applied, as long as nobody knows how far that is; who uploaded it stays in its status', async () => {
    const { reading, accounts, status, isUnread } = await assess(ofUnit, { current: { by } })
    expect(reading.state).toBe('in-force')
    expect(accounts).toEqual(security)
    expect(status).toEqual({ state: 'applying', by, etag: expect.any(String), lastModified: uploadedAt })
    expect(isUnread).toBeUndefined()
    expect(await statusOf(ofUnit)).not.toHaveProperty('by')
  })

  test('tells the version of its object, where the bucket has versions', async () => {
    const world = new World()
    const status = await statusOf(ofUnit, { world })
    const { versionId } = (await world.objects.head(ofUnit)) ?? {}
    expect(status?.versionId).toBe(versionId)
  })

  test('is applied once it is granted everywhere, to the id that its principal has', async () => {
    expect(await statusOf(ofUnit, { known: inForce })).toEqual({
      state: 'applied',
      accounts: { desired: 4, applied: 4, open: 0, failed: [] },
      principalId: accountants,
      etag: expect.any(String),
      lastModified: uploadedAt,
    })
  })

  test('is being applied while one account is on its way, or was not looked at yet', async () => {
    for (const last of [{ [fourth]: { state: 'granting' as const } }, {}]) {
      const { [fourth]: _, ...others } = inForce
      expect(await statusOf(ofUnit, { known: { ...others, ...last } })).toMatchObject({
        state: 'applying',
        accounts: { desired: 4, applied: 3, open: 1, failed: [] },
      })
    }
  })

  test('says that access which was there before stays; where some of it is ours it says nothing of that', async () => {
    expect(await statusOf(ofUnit, { known: everywhere({ state: 'foreign' }) })).toMatchObject({
      state: 'applied',
      owned: false,
      reason: 'the access existed before this link; it stays when the link is deleted',
    })
    const mixed = await statusOf(ofUnit, { known: { ...inForce, [second]: { state: 'foreign' } } })
    expect(mixed).toMatchObject({ state: 'applied', accounts: { applied: 4 } })
    expect(mixed).not.toHaveProperty('owned')
    expect(mixed).not.toHaveProperty('reason')
  })

  test('has failed when nothing is under way any more, and says where and why', async () => {
    const failing: Known = {
      ...inForce,
      [second]: { state: 'failed', reason: 'AWS says no' },
      [third]: { state: 'stuck' },
    }
    expect(await statusOf(ofUnit, { known: failing })).toMatchObject({
      state: 'failed',
      reason: 'AWS says no',
      remedy: retried,
      accounts: {
        desired: 4,
        applied: 2,
        open: 0,
        failed: [
          { account: second, reason: 'AWS says no' },
          { account: third, reason: 'no reason is known' },
        ],
      },
    })
    const { [fourth]: _, ...notAll } = failing
    expect(await statusOf(ofUnit, { known: notAll })).toMatchObject({ state: 'applying', accounts: { open: 1 } })
  })

  test('tells how to have access back that someone else removed, where that is only reported', async () => {
    const known: Known = { ...inForce, [second]: { state: 'failed', isMissing: true } }
    const reported = await statusOf(ofUnit, { known, configuration: { onDrift: 'report' } })
    expect(reported?.remedy).toBe(
      'upload the link again to have it given anew, or delete the link ("onDrift": "restore" gives it anew by itself)',
    )
    expect((await statusOf(ofUnit, { known }))?.remedy).toBe(retried)
    const others: Known = { ...inForce, [second]: { state: 'failed' } }
    const other = await statusOf(ofUnit, { known: others, configuration: { onDrift: 'report' } })
    expect(other?.remedy).toBe(retried)
  })

  test('to the management account is rejected, unless that is configured; to another it is not', async () => {
    const key = 'links_data/account%111111111111%Billing-ps%team-Accountants%GROUP%ssofile'
    const rejected = await assess(key, { current: { by } })
    expect(rejected.accounts).toEqual([])
    expect(rejected.status).toMatchObject({
      by,
      state: 'rejected',
      reason:
        "received account 111111111111, the organization's management account, expected a member account (a delegated administrator cannot grant access to the management account)",
      remedy: 'grant it in the management account itself; set "includeManagementAccount" only where ssofile runs there',
    })
    const allowed = await assess(key, { configuration: { includeManagementAccount: true } })
    expect(allowed).toMatchObject({ accounts: ['111111111111'], status: { state: 'applying' } })
    expect(await assess(ofAccount)).toMatchObject({ accounts: [first], status: { state: 'applying' } })
  })

  test('to an account that is newer than the view is applied there', async () => {
    const world = new World()
    const view = await world.finish(new OrganizationCache(world.ports, []).view())
    const accounts = view.accounts.filter(({ id }) => id !== first)
    await world.objects.put('state/organization.json', JSON.stringify({ ...view, accounts }))
    expect((await assess(ofAccount, { world })).accounts).toEqual([first])
  })
})

describe('a link that names what is lacking', () => {
  const lack = { reason: 'there is no group of this name', remedy: 'create it' }
  const upload = async () => {
    const world = new World()
    const { etag = '', lastModified } = (await statusOf(ofUnit, { world })) ?? {}
    const counts = { ...none, desired: 4, open: 4 }
    return { world, waiting: { state: 'waiting' as const, ...lack, etag, lastModified, accounts: counts } }
  }

  test('waits, as this dispatcher found it', async () => {
    expect(await statusOf(ofUnit, { known: {}, lack })).toMatchObject({
      state: 'waiting',
      ...lack,
      accounts: { desired: 4, applied: 0, open: 4 },
    })
  })

  test('waits as its status says, where this dispatcher has not looked and it is the same upload', async () => {
    const { world, waiting } = await upload()
    expect(await statusOf(ofUnit, { world, known: {}, current: waiting })).toMatchObject({ state: 'waiting', ...lack })
    expect(await statusOf(ofUnit, { world, known: {}, current: waiting, lack: 'none' })).toMatchObject({
      state: 'applying',
    })
  })

  test('does not wait for what another upload, or another state, had to say', async () => {
    const { world, waiting } = await upload()
    const others: Partial<Status>[] = [
      { ...waiting, etag: 'another' },
      { ...waiting, lastModified: '2026-03-03T09:00:00.000Z' },
      { ...waiting, state: 'failed' },
      { ...waiting, accounts: none },
      { ...waiting, accounts: undefined },
      { ...waiting, reason: undefined },
      { ...waiting, remedy: undefined },
    ]
    for (const current of others)
      expect(await statusOf(ofUnit, { world, known: {}, current })).toMatchObject({ state: 'applying' })
  })
})

describe('a link to a user', () => {
  const known = everywhere({ principalId: zoe })

  test('tells to which user it was applied, and stays with that user as long as it is the same upload', async () => {
    expect(await statusOf(ofUser, { known })).toMatchObject({ state: 'applied', principalId: zoe })
    const bound = { lastModified: uploadedAt, principalId: otherZoe }
    expect(await statusOf(ofUser, { known, current: bound })).toMatchObject({
      state: 'waiting',
      reason: `user 'zoe' is no longer the user that this link was applied to (${otherZoe})`,
      principalId: otherZoe,
      accounts: { desired: 4, applied: 0, open: 4 },
    })
    const earlier = { ...bound, lastModified: '2026-03-03T09:00:00.000Z' }
    expect(await statusOf(ofUser, { known, current: earlier })).toMatchObject({ state: 'applied', principalId: zoe })
    expect(await statusOf(ofUser, { current: bound })).toMatchObject({ state: 'applying', principalId: otherZoe })
    expect(await statusOf(ofUser, { current: earlier })).not.toHaveProperty('principalId')
  })

  test('is bound by what is in force of this upload, and by nothing else', async () => {
    const links = [{ key: ofUser, lastModified: uploadedAt }]
    const rest = { [second]: {}, [third]: {}, [fourth]: {} }
    const ofOthers = Object.fromEntries(Object.keys(rest).map((id) => [id, { principalId: otherZoe, links: [] }]))
    const mixed = (one: Partial<Standing>) =>
      statusOf(ofUser, { known: { ...ofOthers, [first]: { principalId: zoe, links, ...one } } })
    for (const state of ['granted', 'foreign'] as const)
      expect(await mixed({ state })).toMatchObject({ state: 'waiting', principalId: zoe, accounts: { applied: 1 } })
    for (const one of [
      { state: 'granting' as const },
      { links: [{ key: ofUser, lastModified: '2026-03-03T09:00:00.000Z' }] },
      { links: [{ key: ofUnit, lastModified: uploadedAt }] },
    ])
      expect(await mixed(one)).not.toHaveProperty('principalId')
    const foreign = await statusOf(ofUser, { known: { ...ofOthers, [first]: { state: 'foreign', principalId: zoe } } })
    expect(foreign).toMatchObject({ state: 'waiting', principalId: zoe })
  })

  test('is being applied where it is not in force for another user', async () => {
    const pending = everywhere({ state: 'granting', principalId: zoe })
    const current = { lastModified: uploadedAt, principalId: zoe }
    expect(await statusOf(ofUser, { known: pending, current })).toMatchObject({ state: 'applying' })
  })
})

describe('a link whose access the brake holds', () => {
  const held = { state: 'held' as const, reason: 'more than 20 in a day' }

  test('is held when nothing else is under way', async () => {
    expect(await statusOf(ofUnit, { known: { ...inForce, [fourth]: held } })).toMatchObject({
      state: 'held',
      reason: 'more than 20 in a day; in 1 account its access stays until a person decides',
      accounts: { desired: 4, applied: 3, open: 1 },
    })
    const moving: Known = { ...inForce, [third]: { state: 'granting' }, [fourth]: held }
    expect(await statusOf(ofUnit, { known: moving })).toMatchObject({ state: 'applying' })
    const lack = { reason: 'r', remedy: 'm' }
    expect(await statusOf(ofUnit, { known: moving, lack })).toMatchObject({ state: 'held' })
  })

  test('stays held where its status says so of this upload, until it is evaluated', async () => {
    const moving: Known = { ...inForce, [third]: { state: 'granting' }, [fourth]: held }
    const { etag } = (await statusOf(ofUnit)) ?? {}
    const current = { state: 'held' as const, lastModified: uploadedAt, ...(etag === undefined ? {} : { etag }) }
    expect(await statusOf(ofUnit, { known: moving, current })).toMatchObject({ state: 'held' })
    expect(await statusOf(ofUnit, { known: moving, current, lack: 'none' })).toMatchObject({ state: 'applying' })
    const former = { ...current, etag: 'of the upload before' }
    expect(await statusOf(ofUnit, { known: moving, current: former })).toMatchObject({ state: 'applying' })
  })

  test('is held also where it covers that account no more, and only for its own access', async () => {
    const known = { ...inForce, '220000000001': held }
    expect(await statusOf(ofUnit, { known, heldIn: ['220000000001'] })).toMatchObject({
      state: 'held',
      accounts: { desired: 4, applied: 4, open: 0 },
    })
    expect(await statusOf(ofUnit, { known, heldIn: [] })).toMatchObject({ state: 'applied' })
    const ofAnother = { ...inForce, '220000000001': { ...held, links: [{ key: ofAccount, lastModified: uploadedAt }] } }
    expect(await statusOf(ofUnit, { known: ofAnother })).toMatchObject({ state: 'applied' })
  })

  test('is held where its scope is empty by now; who cannot know keeps what its status says', async () => {
    const key = 'links_data/ou_id%ou-acme-inf10000%Billing-ps%team-Accountants%GROUP%ssofile'
    const configuration = { supportNestedOu: false }
    expect(await statusOf(key, { configuration, known: { [first]: held } })).toMatchObject({
      state: 'held',
      accounts: none,
    })
    const current = { state: 'held', reason: 'as it was', remedy: 'look', accounts: { ...none, open: 2 } } as const
    expect(await statusOf(key, { configuration, current })).toMatchObject({ ...current, accounts: none })
    expect(await statusOf(key, { configuration, current, known: {} })).toMatchObject({ state: 'applied' })
    expect(await statusOf(key, { configuration, current: { ...current, state: 'applied' } })).toMatchObject({
      state: 'applied',
    })
  })
})

describe('a link that grants nothing (any more)', () => {
  const expired = '{"expiresAt":"2026-03-03T09:59:59Z"}'
  const later = '{"notBefore":"2026-03-03T10:00:01Z"}'

  test('is rejected with what is wrong, what was expected, and what to do', async () => {
    const { status, accounts } = await assess(ofUnit, { body: '[]', current: { by }, known: inForce })
    expect(accounts).toEqual([])
    expect(status).toMatchObject({ by, state: 'rejected', lastModified: uploadedAt })
    expect(status?.reason).toMatch(/^received .+, expected /)
    expect(status?.remedy).toMatch(/upload/)
    const misspelt = ofUnit.replace('GROUP', 'group')
    expect(await statusOf(misspelt)).toMatchObject({ state: 'rejected', reason: expect.stringContaining("'group'") })
  })

  test('has no status once it is deleted and nothing is left of it', async () => {
    expect(await statusOf(ofUnit, { isAbsent: true, known: {}, current: { by } })).toBeUndefined()
    expect(await statusOf(ofUnit, { isAbsent: true })).toBeUndefined()
    expect(await statusOf(ofUnit, { isAbsent: true, current: { state: 'rejected' } })).toBeUndefined()
    const misspelt = ofUnit.replace('GROUP', 'group')
    expect(await statusOf(misspelt, { isAbsent: true, current: { state: 'applied' } })).toBeUndefined()
  })

  test('is being revoked while access that it granted is left, and tells no version of a file that is gone', async () => {
    const current = { by, etag: 'e', lastModified: uploadedAt, principalId: accountants }
    expect(await statusOf(ofUnit, { isAbsent: true, current })).toEqual({ by, state: 'revoking' })
    expect(await statusOf(ofUnit, { isAbsent: true, current, known: inForce })).toEqual({
      by,
      state: 'revoking',
      accounts: { ...none, open: 4 },
    })
    expect(await statusOf(ofAccount, { isAbsent: true, known: inForce })).toMatchObject({ accounts: { open: 1 } })
  })

  test('leaves what was there before, and what other links grant', async () => {
    const foreign = everywhere({ state: 'foreign' })
    expect(await statusOf(ofUnit, { isAbsent: true, known: foreign })).toBeUndefined()
    const ofAnother = everywhere({ links: [{ key: ofAccount, lastModified: uploadedAt }] })
    expect(await statusOf(ofUnit, { isAbsent: true, known: ofAnother })).toBeUndefined()
  })

  test('has failed to be revoked when nothing is under way any more', async () => {
    const known: Known = { [first]: { state: 'stuck', reason: 'AWS says no' }, [second]: { state: 'failed' } }
    const failed = [
      { account: first, reason: 'AWS says no' },
      { account: second, reason: 'no reason is known' },
    ]
    expect(await statusOf(ofUnit, { isAbsent: true, known })).toEqual({
      state: 'failed',
      reason: 'the access could not be revoked: AWS says no',
      remedy: retried,
      accounts: { ...none, failed },
    })
    const moving: Known = { ...known, [third]: { state: 'revoking' } }
    expect(await statusOf(ofUnit, { isAbsent: true, known: moving })).toEqual({
      state: 'revoking',
      accounts: { ...none, open: 1, failed },
    })
  })

  test('has failed to be revoked where nobody can read the entry, which may be what it granted', async () => {
    const reason = 'it cannot be read'
    expect(await statusOf(ofUnit, { isAbsent: true, known: { [first]: 'spoiled' } })).toEqual({
      state: 'failed',
      reason: `the access could not be revoked: ${reason}`,
      remedy: retried,
      accounts: { ...none, failed: [{ account: first, reason }] },
    })
  })

  test('is held when the brake holds all that is left, and else being revoked', async () => {
    const known: Known = { [first]: { state: 'held' }, [second]: { state: 'held' } }
    expect(await statusOf(ofUnit, { isAbsent: true, known })).toMatchObject({
      state: 'held',
      reason: 'held by the brake; in 2 accounts its access stays until a person decides',
      accounts: { ...none, open: 2 },
    })
    const moving: Known = { ...known, [third]: { state: 'revoking' } }
    expect(await statusOf(ofUnit, { isAbsent: true, known: moving })).toMatchObject({ state: 'revoking' })
    const current = { state: 'held', reason: 'as it was', remedy: 'look' } as const
    expect(await statusOf(ofUnit, { isAbsent: true, current })).toEqual(current)
    expect(await statusOf(ofUnit, { isAbsent: true, current, known: {} })).toBeUndefined()
  })

  test('says when it expired, and when it will be in force', async () => {
    const over = { state: 'expired', reason: 'it expired at 2026-03-03T09:59:59.000Z' } as const
    const remedy = 'upload it again with a later expiresAt, or delete it'
    expect(await statusOf(ofUnit, { body: expired, known: {}, current: { by } })).toEqual({
      ...over,
      remedy,
      by,
      etag: expect.any(String),
      lastModified: uploadedAt,
    })
    const soon = { reason: 'it is not in force before 2026-03-03T10:00:01.000Z', remedy: 'nothing; it is applied then' }
    expect(await statusOf(ofUnit, { body: later, known: {}, current: { by } })).toEqual({
      ...soon,
      state: 'waiting',
      by,
      etag: expect.any(String),
      lastModified: uploadedAt,
    })
    expect((await assess(ofUnit, { body: expired, known: inForce })).accounts).toEqual([])
    for (const [body, told] of [
      [expired, over],
      [later, soon],
    ] as const)
      expect(await statusOf(ofUnit, { body, known: inForce })).toMatchObject({
        ...told,
        state: 'revoking',
        accounts: { ...none, open: 4 },
      })
  })
})

describe('a link whose scope has no account', () => {
  const link = (scope: string) => `links_data/${scope}%Billing-ps%team-Accountants%GROUP%ssofile`

  test('waits for the unit, and names one that is near', async () => {
    expect(await statusOf(link('ou_id%ou-acme-sec1000a'), { known: {} })).toMatchObject({
      state: 'waiting',
      accounts: none,
      reason:
        "organizational unit 'ou-acme-sec1000a' does not exist in the organization; did you mean 'ou-acme-sec10000'?",
      remedy: 'it is applied when the organizational unit exists; else delete the link',
    })
    expect((await statusOf(link('ou_id%ou-zzzz-zzzzzzzz')))?.reason).toBe(
      "organizational unit 'ou-zzzz-zzzzzzzz' does not exist in the organization",
    )
  })

  test('is applied where the unit, or the organization, has no account yet', async () => {
    expect(await statusOf(link('ou_id%ou-acme-inf10000'), { configuration: { supportNestedOu: false } })).toMatchObject(
      { state: 'applied', accounts: none, reason: "'ou-acme-inf10000' exists but holds no active account" },
    )
    const world = new World()
    for (const { id } of world.organizations.accountsNow())
      if (id !== world.organizations.managementAccountIdNow) world.organizations.suspendAccount(id)
    expect(await statusOf(link('root%all'), { world })).toMatchObject({
      state: 'applied',
      accounts: none,
      reason: 'the organization has no active member account',
    })
  })

  test('waits for an account that does not exist, or is not active', async () => {
    expect(await statusOf(link('account%210000000009'))).toMatchObject({
      state: 'waiting',
      accounts: none,
      reason: "account '210000000009' does not exist in the organization",
      remedy: 'it is applied when the account exists; else delete the link',
    })
    const world = new World()
    world.organizations.suspendAccount(accountId.parse(first))
    expect(await assess(ofAccount, { world })).toMatchObject({
      accounts: [],
      status: {
        state: 'waiting',
        accounts: none,
        reason: `account ${first} is SUSPENDED, not ACTIVE`,
        remedy:
          'delete the link, unless the account is to be reinstated: it is applied when the account is ACTIVE again',
      },
    })
  })

  test('waits for a tag that no account has, and names one that is near', async () => {
    expect(await statusOf(link('account_tag%team^Securety'))).toMatchObject({
      state: 'waiting',
      accounts: none,
      reason: "no active account has the tag 'team' with the value 'Securety'; did you mean 'team^Security'?",
      remedy: 'it is applied when an account gets the tag',
    })
  })

  test('waits for tags that are still to be read, and says how many', async () => {
    const key = link('account_tag%team^Security')
    const unread = await assess(key, { tagsUntilMs: 0, current: { by } })
    expect(unread).toMatchObject({
      accounts: [],
      isUnread: true,
      status: {
        by,
        state: 'waiting',
        accounts: none,
        reason: expect.stringMatching(/^the tags of (\d+) of \1 accounts are still to be read, which takes a second/),
        remedy: 'nothing; it is applied when all are read',
      },
    })
    const read = await assess(key)
    expect(read.accounts).toEqual(security)
    expect(read).not.toHaveProperty('isUnread')
  })
})
