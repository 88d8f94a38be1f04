import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import type { OrganizationsChange, Tags } from '../../../../shared/memory/organizations/organization-records.ts'
import { openModels, openWorld, shop, start, suspended, website } from '../../../contract/identity-center-world.ts'
import { DurableTables } from '../durable-tables.ts'

const minute = 60_000
const day = 24 * 60 * minute
const websiteId = accountId.parse(website)
const shopId = accountId.parse(shop)

function openObserved() {
  const changes: OrganizationsChange[] = []
  const world = openWorld({ organizations: { onChange: (change) => changes.push(change) } })
  return { ...world, changes }
}

describe('an account that is closed', () => {
  test('an account that is closed is closing, then closed, and after ninety days gone', async () => {
    const { organizations, clock, changes } = openObserved()
    await organizations.closeAccount(websiteId)
    expect((await organizations.describeAccount(websiteId))?.state).toBe('PENDING_CLOSURE')
    expect(organizations.nextDueAt()).toEqual(new Date(start.getTime() + minute))
    await clock.advance(minute)
    expect((await organizations.describeAccount(websiteId))?.state).toBe('CLOSED')
    await clock.advance(90 * day)
    expect(await organizations.describeAccount(websiteId)).toBeUndefined()
    expect(changes.map(({ event, at }) => [event, at.getTime() - start.getTime()])).toEqual([
      ['CloseAccount', 0],
      ['CloseAccountResult', minute],
      ['AccountDepartedOrganization', minute + 90 * day],
    ])
  })

  test('an account that is closed comes back when it is reinstated, and stays', async () => {
    const { organizations, clock } = openObserved()
    await organizations.closeAccount(websiteId)
    await clock.advance(minute)
    organizations.reinstateAccount(websiteId)
    await clock.advance(100 * day)
    expect((await organizations.describeAccount(websiteId))?.state).toBe('ACTIVE')
    expect(organizations.nextDueAt()).toBeUndefined()
  })

  test('an account that is closed goes on closing in a model that is opened over kept tables', async () => {
    const tables = new DurableTables()
    const before = openWorld({ openTable: tables.open })
    await before.organizations.closeAccount(websiteId)
    await before.organizations.createAccount({ accountName: 'new', email: 'new@example.com' })
    const after = openModels({ openTable: tables.open, clock: before.clock })
    await after.clock.advance(minute)
    expect((await after.organizations.describeAccount(websiteId))?.state).toBe('CLOSED')
    expect(after.organizations.accountsNow().map(({ name }) => name)).toContain('new')
  })

  test('an account that is closed cannot be closed again', async () => {
    const { organizations } = openObserved()
    await organizations.closeAccount(websiteId)
    await expect(organizations.closeAccount(websiteId)).rejects.toMatchObject({ code: 'AccountAlreadyClosedException' })
  })
})

test('suspending and reinstating an account tells nobody, as in AWS', async () => {
  const { organizations, changes } = openObserved()
  organizations.suspendAccount(websiteId)
  organizations.reinstateAccount(accountId.parse(suspended))
  expect(organizations.accountState(websiteId)).toBe('SUSPENDED')
  expect(organizations.accountState(accountId.parse(suspended))).toBe('ACTIVE')
  expect(changes).toEqual([])
})

test('a new account is told as created and as joined, at the instant it was ready', async () => {
  const { organizations, clock, changes } = openObserved()
  const request = await organizations.createAccount({
    accountName: 'new',
    email: 'new@example.com',
    tags: { team: 'Web' },
  })
  await clock.advance(5000)
  organizations.settle()
  const at = new Date(start.getTime() + 1000)
  const { requestId, accountId: id } = request
  expect(changes).toEqual([
    { event: 'CreateAccount', requestId, at: start },
    { event: 'CreateAccountResult', requestId, state: 'SUCCEEDED', accountId: id, requestedAt: start, at },
    { event: 'AccountJoinedOrganization', accountId: id, joinedMethod: 'Created', at },
  ])
  expect(organizations.tagsNow(id)).toEqual({ team: 'Web' })
})

test('a second account of an email address fails', async () => {
  const { organizations, clock } = openObserved()
  const request = await organizations.createAccount({ accountName: 'again', email: 'shop@example.com' })
  await clock.advance(5000)
  expect(await organizations.describeCreateAccountStatus(request.requestId)).toMatchObject({
    state: 'FAILED',
    failureReason: 'EMAIL_ALREADY_EXISTS',
  })
})

test('a move tells where from and where to', async () => {
  const { organizations, changes } = openObserved()
  await organizations.moveAccount(shopId, 'ou-test-shopshop', 'r-test')
  expect(changes).toEqual([
    {
      event: 'MoveAccount',
      accountId: shopId,
      sourceParentId: 'ou-test-shopshop',
      destinationParentId: 'r-test',
      at: start,
    },
  ])
  expect(organizations.accountDetails(shopId).path).toBe(`${organizations.organizationId}/r-test/${shop}/`)
})

test.each([
  { from: 'r-test', to: 'ou-test-emptyone', code: 'SourceParentNotFoundException' },
  { from: 'ou-test-shopshop', to: 'ou-test-nowhere1', code: 'DestinationParentNotFoundException' },
  { from: 'ou-test-shopshop', to: 'ou-test-shopshop', code: 'DuplicateAccountException' },
])('a move from $from to $to is refused: $code', async ({ from, to, code }) => {
  const { organizations } = openObserved()
  await expect(organizations.moveAccount(shopId, from, to)).rejects.toMatchObject({ code })
})

test('tagging tells which keys changed and all tags after it', async () => {
  const { organizations, changes } = openObserved()
  await organizations.tagResource(website, { env: 'prod', owner: '' })
  await organizations.untagResource(website, ['team'])
  const resourceArn = organizations.accountDetails(websiteId).arn
  const tags = { env: 'prod', 'cost centre': 'Sales / EMEA', owner: '' }
  expect(changes).toEqual([
    {
      event: 'TagResource',
      resourceId: website,
      resourceArn,
      changedTagKeys: ['env', 'owner'],
      tags: { ...tags, team: 'Web' },
      at: start,
    },
    { event: 'UntagResource', resourceId: website, resourceArn, changedTagKeys: ['team'], tags, at: start },
  ])
})

test('children are listed by their kind', async () => {
  const { organizations } = openObserved()
  const page = { most: 20 }
  expect((await organizations.listChildren('ou-test-workload', 'ACCOUNT', page)).items).toEqual([website])
  expect((await organizations.listChildren('ou-test-workload', 'ORGANIZATIONAL_UNIT', page)).items).toEqual([
    'ou-test-emptyone',
    'ou-test-shopshop',
  ])
})

test('a second organizational unit of a name under one parent is refused', async () => {
  const { organizations } = openObserved()
  await expect(organizations.createOrganizationalUnit('ou-test-workload', 'Shop')).rejects.toMatchObject({
    code: 'DuplicateOrganizationalUnitException',
  })
  const { id } = await organizations.createOrganizationalUnit('r-test', 'Shop')
  expect(id).toMatch(/^ou-test-[0-9a-z]{8}$/)
})

test('an account that is not in an organization is told so', async () => {
  const { organizations } = openModels()
  await expect(organizations.listAccounts()).rejects.toMatchObject({ code: 'AWSOrganizationsNotInUseException' })
})

test('an account that was created leaves after four days at the earliest', async () => {
  const { organizations, clock } = openWorld()
  const { accountId: id } = await organizations.createAccount({ accountName: 'new', email: 'new@example.com' })
  await clock.advance(minute)
  const tooSoon = { code: 'ConstraintViolationException', details: { Reason: 'WAIT_PERIOD_ACTIVE' } }
  await expect(organizations.removeAccountFromOrganization(id)).rejects.toMatchObject(tooSoon)
  await expect(organizations.leaveOrganization(id)).rejects.toMatchObject(tooSoon)
  await clock.advance(4 * day)
  await organizations.removeAccountFromOrganization(id)
  expect(await organizations.describeAccount(id)).toBeUndefined()
})

describe('tags', () => {
  const tagsOf = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${index}`, '']))
  const { organizations } = openWorld()
  const invited = { type: 'ACCOUNT', id: '900000000001' } as const

  test.each([
    ['an account', (tags: Tags) => organizations.createAccount({ accountName: 'new', email: 'new@example.com', tags })],
    ['an organizational unit', (tags: Tags) => organizations.createOrganizationalUnit('r-test', 'new', tags)],
    ['an account that is invited', (tags: Tags) => organizations.inviteAccountToOrganization(invited, tags)],
    ['an account that is there', (tags: Tags) => organizations.tagResource(websiteId, tags)],
  ])('of %s are at most fifty, and none of AWS’s own: else nothing is done', async (_, call) => {
    await expect(call(tagsOf(51))).rejects.toMatchObject({ details: { Reason: 'MAX_TAG_LIMIT_EXCEEDED' } })
    for (const key of ['aws:x', 'AWS:x'])
      await expect(call({ [key]: '' })).rejects.toMatchObject({ details: { Reason: 'INVALID_SYSTEM_TAGS_PARAMETER' } })
    await expect(call({ 'laws:x': '' })).resolves.not.toThrow()
  })
})
