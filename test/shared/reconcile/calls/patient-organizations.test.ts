import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { patientOrganizations } from '../../../../shared/reconcile/calls/patient-organizations.ts'
import { type InterceptedCall, intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const account = accountId.parse('233000000002')
const throttled = new ServiceError('organizations', 'TooManyRequestsException', 'Rate exceeded')

/** The acme organization, and when each operation of it was called. */
function open(answer: (call: InterceptedCall, number: number) => Promise<unknown> = ({ proceed }) => proceed()) {
  const calls: { readonly operation: string; readonly ms: number }[] = []
  const world = new World()
  const ports = intercept(world.ports, (call) => {
    calls.push({ operation: call.operation, ms: world.clock.monotonicMs() })
    return answer(call, calls.length)
  })
  const atMs = (operation?: string) =>
    calls.filter((call) => operation === undefined || call.operation === operation).map(({ ms }) => ms)
  return { world, atMs, organizations: patientOrganizations(ports) }
}

describe('a patient organization', () => {
  test('answers what Organizations does', async () => {
    const { world, organizations } = open()
    const { managementAccountId, listAccounts, describeAccount, listTags, parentName } = organizations
    expect(await world.finish(managementAccountId())).toBe('111111111111')
    const first = await world.finish(listAccounts())
    expect(first.items.length).toBeGreaterThan(0)
    const second = await world.finish(listAccounts(first.nextToken))
    expect(second.items.map(({ id }) => id)).not.toContain(first.items[0]?.id)
    expect(await world.finish(describeAccount(account))).toMatchObject({ id: account, state: 'ACTIVE' })
    await world.organizations.tagResource(account, { project: 'apollo' })
    expect(await world.finish(listTags(account))).toMatchObject({ project: 'apollo' })
    expect(await world.finish(parentName('ou-acme-wrk3fina'))).toBe('Finance')
    expect(await world.finish(parentName('ou-acme-nothing1'))).toBeUndefined()
  })

  test.each([
    ['listAccounts', 7],
    ['describeAccount', 15],
    ['listTags', 9],
    ['parentName', 4],
  ] as const)('has %s called %i times a second at most, and as often', async (operation, most) => {
    const { world, atMs, organizations } = open(async () => undefined)
    const call = {
      listAccounts: () => organizations.listAccounts(),
      describeAccount: () => organizations.describeAccount(account),
      listTags: () => organizations.listTags(account),
      parentName: () => organizations.parentName('ou-acme-wrk3fina'),
    }[operation]
    await world.finish(Promise.all(Array.from({ length: 2 * most + 1 }, (): Promise<unknown> => call())), 10)
    const at = atMs(operation)
    for (const [index, ms] of at.entries()) expect((at[index + most] ?? Infinity) - ms).toBeGreaterThan(1_000)
    expect(Math.max(...at)).toBeLessThan(2_200)
  })

  test('is asked nine times where it is throttled, after pauses whose bound doubles up to twelve seconds', async () => {
    const { world, atMs, organizations } = open(async ({ proceed }, number) => {
      if (number < 9) throw throttled
      return proceed()
    })
    expect(await world.finish(organizations.describeAccount(account), 10)).toMatchObject({ id: account })
    const at = atMs()
    const gaps = at.slice(1).map((ms, index) => ms - (at[index] ?? 0))
    expect(gaps).toHaveLength(8)
    for (const [index, gap] of gaps.entries()) {
      expect(gap).toBeLessThanOrEqual(Math.min(12_000, 300 * 2 ** index) + 20)
    }
  })

  test('that is throttled all the time is told so after nine times', async () => {
    const { world, atMs, organizations } = open(async () => {
      throw throttled
    })
    await expect(world.finish(organizations.listTags(account))).rejects.toBe(throttled)
    expect(atMs()).toHaveLength(9)
    await expect(world.finish(organizations.managementAccountId())).rejects.toBe(throttled)
    expect(atMs()).toHaveLength(18)
  })

  test('lets the others of a throttled operation wait as well, and none of other operations', async () => {
    const { world, atMs, organizations } = open(async ({ operation, proceed }, number) => {
      if (operation === 'listTags' && number <= 4) throw throttled
      return proceed()
    })
    const tags = organizations.listTags(account)
    while (atMs('listTags').length < 4) await world.clock.advance(10)
    const refusedMs = atMs('listTags').at(-1) ?? 0
    const [other, described] = [organizations.listTags(account), organizations.describeAccount(account)]
    await world.finish(Promise.all([tags, other, described]), 10)
    // The fourth pause lasts at least 800 milliseconds.
    expect(
      atMs('listTags')
        .slice(4)
        .map((ms) => ms - refusedMs >= 800),
    ).toEqual([true, true])
    expect((atMs('describeAccount')[0] ?? 0) - refusedMs).toBeLessThan(100)
  })

  test('is asked once where it refuses for good, and goes on answering others', async () => {
    const denied = new ServiceError('organizations', 'AccessDeniedException', 'no')
    const { world, atMs, organizations } = open(async ({ proceed }, number) => {
      if (number <= 6) throw denied
      return proceed()
    })
    for (let call = 0; call < 6; call++)
      await expect(world.finish(organizations.parentName('ou-acme-wrk3fina'))).rejects.toBe(denied)
    expect(atMs()).toHaveLength(6)
    expect(await world.finish(organizations.parentName('ou-acme-wrk3fina'))).toBe('Finance')
  })
})
