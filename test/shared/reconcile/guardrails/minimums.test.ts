import { describe, expect, test } from '@jest/globals'
import { brakeFile, digestOf, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { account, GuardedPeople, linkOf } from '../assignments/guarded-people.ts'

const least = (peopleLeast = 1, more: object = {}) => ({
  minimums: [
    {
      ...{ id: 'an-administrator', control: 'AC-6', mode: 'enforce' },
      ...{ for: { permissionSets: ['Pay*', 'Approve*'] }, must: { peopleLeast } },
      ...more,
    },
  ],
})
const pay = linkOf('Pay-ps', 'payers')
const approve = linkOf('Approve-ps', 'approvers')
const direct = linkOf('Pay-ps', 'kim', 'USER')

async function open(...links: readonly string[]): Promise<GuardedPeople> {
  const people = new GuardedPeople()
  await people.join('payers', 'ana')
  await people.join('approvers', 'ben')
  await people.upload(...links)
  await people.govern(least())
  return people
}

const listsOf = async ({ world }: GuardedPeople) => (await brakeFile(world.objects).read())?.value.lists ?? []

async function releaseAll(people: GuardedPeople): Promise<void> {
  for (const list of await listsOf(people)) await releaseList(people.world.objects, digestOf(list), 'me')
  await people.settle()
  await people.settle()
}

describe('the last person who has a permission set', () => {
  test('keeps it when the link is deleted, until a person releases it; the alarm rings', async () => {
    const people = await open(pay)
    await people.remove(pay)
    expect(await people.assigned()).toEqual(['Pay-ps payers'])
    expect(await people.status(pay)).toMatchObject({
      state: 'held',
      reason: `held by a policy: it has nobody who would keep 'Pay*' or 'Approve*' in account ${account}, expected at least 1 person (rule 'an-administrator' of policies/a.json, control 'AC-6'); give it to somebody else first, or ask Ann; its access in 1 account stays until an operator decides`,
    })
    expect(people.world.log.lines.some(({ message }) => message.startsWith('the brake holds revocations'))).toBe(true)
    await people.sweep()
    expect(await people.assigned()).toEqual(['Pay-ps payers'])
    await releaseAll(people)
    expect(await people.assigned()).toEqual([])
    expect(await people.status(pay)).toBeUndefined()
  })

  test('loses it once somebody else has been given one of these permission sets', async () => {
    const people = await open(pay)
    await people.remove(pay)
    await people.upload(approve)
    await people.sweep()
    expect(await people.assigned()).toEqual(['Approve-ps approvers'])
    expect([await listsOf(people), await people.status(pay)]).toEqual([[], undefined])
  })

  test('loses it once the policy asks for it no more', async () => {
    const people = await open(pay)
    await people.remove(pay)
    await people.govern({})
    await people.sweep()
    expect(await people.assigned()).toEqual([])
  })

  test('keeps it when the link is uploaded again, and nothing is held any more', async () => {
    const people = await open(pay)
    await people.remove(pay)
    await people.upload(pay)
    expect([await people.assigned(), await listsOf(people)]).toEqual([['Pay-ps payers'], []])
  })
})

describe('of several who are deleted at the same time', () => {
  test.each([
    ['two groups', [pay, approve], 1],
    ['a group and a user', [pay, direct], 1],
    ['three', [pay, approve, direct], 1],
  ])('%s: so many keep it as the policy demands', async (_, links, kept) => {
    const people = await open(...links)
    await people.remove(...links)
    await people.sweep()
    expect(await people.assigned()).toHaveLength(kept)
    expect(people.world.ssoAdmin.assignments()).toHaveLength(kept)
    await releaseAll(people)
    expect(await people.assigned()).toEqual([])
  })

  test('exactly as many stay as are demanded: of three, two', async () => {
    const people = await open(pay, approve, direct)
    await people.govern(least(2))
    await people.remove(pay, approve, direct)
    expect(await people.assigned()).toHaveLength(2)
  })
})

describe('who counts', () => {
  test('a group without members does not', async () => {
    const people = await open(pay, linkOf('Pay-ps', 'readers'))
    await people.remove(pay)
    expect(await people.status(pay)).toMatchObject({ state: 'held' })
  })

  test('one person counts once, by whatever groups; what takes nobody away passes', async () => {
    const people = await open(pay, linkOf('Pay-ps', 'ana', 'USER'))
    await people.govern(least(2))
    await people.remove(pay)
    expect(await people.assigned()).toEqual(['Pay-ps ana'])
  })

  test('access that somebody else gave does not: ssofile cannot keep it', async () => {
    const people = await open(pay)
    const { ssoAdmin, identityStore } = people.world
    const principalId = identityStore.idOf('GROUP', 'approvers')
    const permissionSetArn = ssoAdmin.permissionSetArnOf('Approve-ps')
    ssoAdmin.addAssignment({ accountId: account, permissionSetArn, principalId, principalType: 'GROUP' } as never)
    await people.remove(pay)
    expect(await people.status(pay)).toMatchObject({ state: 'held' })
  })

  test('access in another account, or by another permission set, is not under the rule', async () => {
    const read = linkOf('Read-ps', 'payers')
    const people = await open(pay, read)
    await people.remove(read)
    expect(await people.assigned()).toEqual(['Pay-ps payers'])
    await people.govern(least(1, { for: { permissionSets: ['Pay*'], accounts: ['9*'] } }))
    await people.remove(pay)
    expect(await people.assigned()).toEqual([])
  })

  test('a rule that only warns holds nothing', async () => {
    const people = await open(pay)
    await people.govern(least(1, { mode: 'warn' }))
    await people.remove(pay)
    expect(await people.assigned()).toEqual([])
  })
})

describe('temporary access', () => {
  /** Ben has it for an hour. */
  async function lend(people: GuardedPeople): Promise<void> {
    await people.letAsk()
    await people.ask('ben')
  }

  /** The hour is over. */
  async function outlast(people: GuardedPeople): Promise<void> {
    await people.world.clock.advance(3_700_000)
    await people.world.finish(people.world.everyMinute())
    await people.settle()
  }

  test('does not count: the last standing person is held, and its own end is not', async () => {
    const people = await open(pay)
    await lend(people)
    expect(await people.assigned()).toEqual(['Pay-ps ben', 'Pay-ps payers'])
    await people.remove(pay)
    expect(await people.status(pay)).toMatchObject({ state: 'held' })
    await outlast(people)
    expect(await people.assigned()).toEqual(['Pay-ps payers'])
    expect((await listsOf(people)).flatMap(({ held }) => [...held])).toEqual([people.world.keyOf(pay)])
  })

  test('does not count where a link that gave the same is deleted at the same time', async () => {
    const standing = linkOf('Pay-ps', 'ben', 'USER')
    const people = await open(pay, standing)
    await lend(people)
    await people.remove(standing, pay)
    await outlast(people)
    expect(await people.assigned()).toEqual(['Pay-ps payers'])
  })

  test('does not hide that a link is deleted that gave the last person the same: when it ends, the deletion is held', async () => {
    const standing = linkOf('Pay-ps', 'ben', 'USER')
    const people = await open(standing)
    await lend(people)
    await people.remove(standing)
    await people.sweep()
    expect(await people.assigned()).toEqual(['Pay-ps ben'])
    expect(await people.status(standing)).toMatchObject({ state: 'revoking' })
    await outlast(people)
    expect(await people.assigned()).toEqual(['Pay-ps ben'])
    expect(await people.status(standing)).toMatchObject({
      state: 'held',
      reason: expect.stringContaining(`nobody who would keep 'Pay*' or 'Approve*' in account ${account}`),
    })
    await people.upload(approve)
    await people.sweep()
    expect(await people.assigned()).toEqual(['Approve-ps approvers'])
    expect(await people.status(standing)).toBeUndefined()
  })

  test('ends without a hold where the link that gave the same is deleted first, and somebody else stands', async () => {
    const standing = linkOf('Pay-ps', 'ben', 'USER')
    const people = await open(pay, standing)
    await lend(people)
    await people.remove(standing)
    await people.sweep()
    await outlast(people)
    expect(await people.assigned()).toEqual(['Pay-ps payers'])
    expect([await listsOf(people), await people.status(standing)]).toEqual([[], undefined])
  })

  test('does not hide either that such a link has ended by itself', async () => {
    const standing = linkOf('Pay-ps', 'ben', 'USER')
    const people = await open()
    const expiresAt = new Date(people.world.clock.now().getTime() + 1_200_000).toISOString()
    await people.world.objects.put(standing, JSON.stringify({ expiresAt }))
    await people.settle()
    await lend(people)
    await people.world.clock.advance(1_300_000)
    await people.sweep()
    await outlast(people)
    expect(await people.assigned()).toEqual(['Pay-ps ben'])
    expect((await listsOf(people)).map(({ rule }) => rule)).toEqual(['minimum'])
  })

  test('counts where a link gives the same besides', async () => {
    const people = await open(pay, linkOf('Pay-ps', 'ben', 'USER'))
    await lend(people)
    await people.remove(pay)
    await outlast(people)
    expect(await people.assigned()).toEqual(['Pay-ps ben'])
  })

  test('is not held for a minimum when something else takes it away', async () => {
    const people = await open(pay)
    await people.govern(least(2))
    await lend(people)
    const { identityStore } = people.world
    const id = identityStore.idOf('USER', 'ben') ?? ''
    await identityStore.updateUser(id, [{ path: 'userName', value: 'benjamin' }])
    await people.world.finish(people.world.everyHour())
    await people.settle()
    expect(await people.assigned()).toEqual(['Pay-ps payers'])
  })
})

test('what a released list of another rule lets go is held for the minimum all the same', async () => {
  const people = new GuardedPeople({ configuration: { brake: { own: { count: 0, percent: 0 } } } as never })
  await people.join('payers', 'ana')
  await people.upload(pay)
  await people.remove(pay)
  expect((await listsOf(people)).map(({ rule }) => rule)).toEqual(['own'])
  await people.govern(least())
  await releaseAll(people)
  expect((await listsOf(people)).map(({ rule }) => rule)).toEqual(['minimum'])
  await releaseAll(people)
  expect(await people.assigned()).toEqual([])
})

test('memberships that cannot be read hold the revocation, with the reason, until they can', async () => {
  const people = new GuardedPeople()
  for (const [group, user] of [
    ['payers', 'ana'],
    ['approvers', 'ben'],
  ] as const)
    await people.join(group, user)
  await people.upload(pay, approve)
  await people.govern(least())
  people.membershipsRefused = true
  await people.remove(pay)
  expect(await people.status(pay)).toMatchObject({
    state: 'held',
    reason: expect.stringContaining(
      `ssofile does not know who would keep 'Pay*' or 'Approve*' in account ${account} (not you)`,
    ),
  })
  people.membershipsRefused = false
  await people.sweep()
  expect(await people.assigned()).toEqual(['Approve-ps approvers'])
})
