import { describe, expect, test } from '@jest/globals'
import { findUndecided, writeDecision } from '../../handlers/cli/requests/decide-on-request.ts'
import { renderStatus } from '../../handlers/cli/status/render-status.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { principalId } from '../../shared/domain/principals/identity-center-ids.ts'
import type { Status } from '../../shared/domain/statuses/status.ts'
import { statusKey } from '../../shared/reconcile/records/status-store.ts'
import { Asking, account } from './asking.ts'

const others = ['222222222222', '333333333333'].map((id) => accountId.parse(id))
const unit = 'ou-acme-workload'

/** Maria asks for a scope that may grow. Tom and Ada approve. */
class Growing extends Asking {
  scope = 'select%databases'

  override key(user = 'maria', by = user): string {
    return `requests/${this.id(by)}/${this.scope}%Admin-ps%${user}%USER%ssofile`
  }

  async asks(scope: string): Promise<void> {
    const { organizations, objects } = this.world
    this.scope = scope
    await this.join('maria', 'developers')
    for (const approver of ['tom', 'ada']) await this.join(approver, 'security')
    for (const id of others) {
      organizations.addAccount({
        ...{ id, name: id, email: `${id}@example.com`, tags: { owner: 'nobody' }, parentId: 'r-acme' },
        ...{ state: 'ACTIVE' as const, joinedMethod: 'CREATED' as const, joinedAt: this.world.clock.now() },
      })
    }
    const eligibility = {
      ...{ for: { groups: ['developers'] }, permissionSets: ['Admin-ps'], scopes: [scope], longest: 'PT8H' },
      ...{ approvers: { groups: ['security'] }, approvals: 2 },
    }
    await objects.put('eligibility/admins.json', JSON.stringify(eligibility))
    await this.selects(account)
    await this.world.finish(this.world.everyHour())
    await this.ask()
  }

  async selects(...accounts: readonly string[]): Promise<void> {
    await this.world.objects.put('selectors/databases.json', JSON.stringify({ accounts }))
    await this.world.clock.advance(60_000)
  }

  async sweep(): Promise<void> {
    await this.world.finish(this.world.everyFiveMinutes())
    await this.world.clock.advance(3_000)
  }

  async told(): Promise<Status | undefined> {
    return (await this.world.json(statusKey(this.key()))) as Status | undefined
  }

  approval(user: string, digest: string) {
    return this.world.json(statusKey(`approvals/${this.id(user)}/${digest}`))
  }

  async accounts(): Promise<readonly string[]> {
    await this.world.until(() => this.has(), 'the access')
    await this.world.clock.advance(60_000)
    return this.world.ssoAdmin
      .assignments()
      .map(({ accountId: id }) => id)
      .sort()
  }
}

describe('a scope that has grown since an approval waits for approvals again', () => {
  test.each<[string, string, (growing: Growing) => Promise<unknown>]>([
    ['by a wider selector', 'select%databases', (growing) => growing.selects(account, ...others)],
    [
      'by accounts that move into the unit',
      `ou_id%${unit}`,
      async ({ world }) => {
        for (const id of others) await world.organizations.moveAccount(id, 'r-acme', unit)
        await world.clock.advance(120_000)
        await world.finish(world.everyHour())
      },
    ],
    [
      'by a tag',
      'account_tag%owner^tom',
      async ({ world }) => {
        for (const id of others) await world.organizations.tagResource(id, { owner: 'tom' })
        await world.clock.advance(120_000)
        await world.finish(world.everyHour())
      },
    ],
  ])('%s', async (_, scope, grow) => {
    const growing = new Growing()
    await growing.asks(scope)
    const digest = await growing.digest()
    expect(await growing.told()).toMatchObject({
      state: 'waiting',
      reason: expect.stringContaining('0 of 2, for 1 account,'),
      request: { scope: { count: 1, accounts: [account] } },
    })
    await growing.decide('tom')
    expect(await growing.approval('tom', digest)).toMatchObject({ state: 'applied' })
    await grow(growing)
    await growing.decide('ada')
    expect(await growing.granted()).toEqual([])
    expect(await growing.told()).toMatchObject({
      state: 'waiting',
      reason: expect.stringContaining(
        `0 of 2, for 3 accounts; somebody approved it before its scope had 2 accounts more (${others.join(', ')})`,
      ),
      request: { digest, scope: { count: 3 }, approvals: { given: [] } },
    })
    for (const user of ['tom', 'ada'])
      expect(await growing.approval(user, digest)).toMatchObject({
        state: 'waiting',
        remedy: 'look at the request and approve it again, or delete this file',
      })
    await growing.decide('tom')
    await growing.decide('ada')
    expect(await growing.accounts()).toEqual([account, ...others])
    for (const user of ['tom', 'ada']) expect(await growing.approval(user, digest)).toMatchObject({ state: 'applied' })
    // History names each approval, with its accounts.
    const history = await growing.world.keys(`history/requests/${growing.id('maria')}/${digest}%approved%`)
    expect(history.map((key) => key.split('%').length)).toEqual([4, 4, 4])
    expect(growing.world.errors).toEqual([])
  })
})

test('a scope that has shrunk keeps its approvals, and one that grows back to the same accounts does too', async () => {
  const growing = new Growing()
  await growing.asks('select%databases')
  await growing.selects(account, ...others)
  await growing.sweep()
  expect(await growing.told()).toMatchObject({ reason: expect.stringContaining('0 of 2, for 3 accounts,') })
  await growing.decide('tom')
  await growing.selects(account)
  await growing.sweep()
  expect(await growing.told()).toMatchObject({ reason: expect.stringContaining("1 of 2 (by 'tom'), for 1 account,") })
  await growing.selects(account, ...others)
  await growing.decide('ada')
  // Ada was shown one account when she approved.
  expect(await growing.told()).toMatchObject({ reason: expect.stringContaining("1 of 2 (by 'tom'), for 3 accounts;") })
  await growing.decide('ada')
  expect(await growing.accounts()).toEqual([account, ...others])
})

test('an approval that names the accounts is for exactly these, whenever it is uploaded', async () => {
  const growing = new Growing()
  await growing.asks('select%databases')
  const shown = (await growing.told())?.request?.scope?.digest
  await growing.selects(account, ...others)
  await growing.world.finish(growing.world.everyHour())
  const digest = await growing.digest()
  const approve = async (user: string, scope: string | undefined) => {
    const body = JSON.stringify({ decision: 'approve', scope })
    await growing.world.objects.put(`approvals/${growing.id(user)}/${digest}`, body)
    await growing.world.clock.advance(3_000)
  }
  // The first one looked before the selector was wider.
  await approve('tom', shown)
  await approve('ada', (await growing.told())?.request?.scope?.digest)
  expect(await growing.told()).toMatchObject({ reason: expect.stringContaining("1 of 2 (by 'ada'), for 3 accounts;") })
  await approve('tom', 'f'.repeat(32))
  expect(await growing.granted()).toEqual([])
  await growing.selects(account)
  await approve('tom', shown)
  expect(await growing.accounts()).toEqual([account])
})

test('the command approve writes the accounts that it showed, and says that they are more by now', async () => {
  const growing = new Growing()
  await growing.asks('select%databases')
  const { world } = growing
  const { read, digest } = await world.finish(findUndecided(world.ports, growing.key(), 'approve'))
  expect(renderStatus(read.status)).toContain(`accounts  1: ${account}\n`)
  await growing.selects(account, ...others)
  const scope = read.status.request?.scope?.digest
  const caller = { userId: principalId.parse(growing.id('tom')) }
  await writeDecision(world.ports, caller, { digest, decision: 'approve', scope })
  await world.clock.advance(3_000)
  expect(await growing.told()).toMatchObject({ reason: expect.stringContaining('0 of 2, for 3 accounts;') })
})

test('a request waits while nobody knows the accounts of its scope', async () => {
  const growing = new Growing()
  await growing.asks('select%databases')
  await growing.decide('tom')
  await growing.world.objects.put('selectors/databases.json', '{')
  await growing.world.clock.advance(60_000)
  await growing.decide('ada')
  expect(await growing.told()).toMatchObject({ state: 'waiting' })
  expect(await growing.granted()).toEqual([])
  await growing.selects(account)
  await growing.world.clock.advance(6 * 60_000)
  await growing.world.finish(growing.world.everyHour())
  expect(await growing.accounts()).toEqual([account])
})
