import { expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { World } from '../../../world.ts'

const account = accountId.parse('233000000001')
const roleArn = `arn:aws:iam::${account}:role/ssofile-auditor`
const day = 24 * 60 * 60_000

async function lastUse(world: World): Promise<Date | undefined> {
  const [role] = world.iam.listRoles(account, '/').items
  const job = world.iam.generateServiceLastAccessedDetails(account, role?.arn ?? '')
  await world.clock.advance(500)
  const uses: Date[] = []
  let token: string | undefined
  do {
    const { page } = world.iam.getServiceLastAccessedDetails(account, job, token)
    uses.push(...page.items.flatMap(({ lastUsedAt }) => lastUsedAt ?? []))
    token = page.nextToken
  } while (token !== undefined)
  return uses[0]
}

test('a use is kept for 400 days', async () => {
  const world = new World()
  const usedAt = new Date(world.clock.now().getTime() - 399 * day)
  expect(world.iam.tell(account, 'ViewOnlyAccess', { usedAt })).toBe(true)
  expect(await lastUse(world)).toEqual(usedAt)
  await world.clock.advance(day)
  expect(await lastUse(world)).toBeUndefined()
})

test('a role that comes back is another one, and nothing is known of the one before', async () => {
  const world = new World()
  world.iam.tell(account, 'ViewOnlyAccess', { usedAt: world.clock.now() })
  const [target] = world.ssoAdmin.assignments().filter(({ accountId: id }) => id === account)
  if (target === undefined) throw new Error('not in the fixture')
  world.ssoAdmin.removeAssignment(target)
  expect(world.iam.listRoles(account, '/').items).toEqual([])
  expect(world.iam.tell(account, 'ViewOnlyAccess', { usedAt: world.clock.now() })).toBe(false)
  await world.clock.advance(day)
  world.ssoAdmin.addAssignment(target)
  expect(world.iam.listRoles(account, '/').items).toMatchObject([{ createdAt: world.clock.now() }])
  expect(await lastUse(world)).toBeUndefined()
})

test('credentials end after an hour, and the role can be taken away from one account', async () => {
  const world = new World()
  const { accessKeyId } = world.iam.assumeRole(roleArn, 'test')
  expect(world.iam.sessionOf(accessKeyId)).toMatchObject({ account, roleName: 'ssofile-auditor' })
  await world.clock.advance(60 * 60_000)
  expect(() => world.iam.sessionOf(accessKeyId)).toThrow(expect.objectContaining({ code: 'ExpiredToken' }))
  world.iam.removeAuditorRole(account)
  expect(() => world.iam.assumeRole(roleArn, 'test')).toThrow(/not authorized to perform: sts:AssumeRole/)
  world.iam.restoreAuditorRole(account)
  expect(world.iam.assumeRole(roleArn, 'test')).toMatchObject({ account })
})
