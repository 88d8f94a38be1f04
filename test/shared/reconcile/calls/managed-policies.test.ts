import { expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import type { AuditedAccount, Auditor } from '../../../../shared/ports/auditor.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { ManagedPolicies } from '../../../../shared/reconcile/calls/managed-policies.ts'
import { World } from '../../../world.ts'

const role = 'ssofile-auditor'
/** Active accounts of the fixture, in the order in which they are tried. */
const [first, second] = [accountId.parse('210000000003'), accountId.parse('233000000001')]
const s3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'
const base = { Name: 'base', Path: '/team/' }
const baseName = 'customer managed /team/base'
const document = JSON.stringify({ Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' } })

/** Reads through an auditor that counts what is asked, by `account operation`. */
function reading(world: World, around: (account: AuditedAccount) => Partial<AuditedAccount> = () => ({})) {
  const asked: string[] = []
  const auditor: Auditor = {
    async enter(account, name) {
      asked.push(`${account} enter`)
      const iam = await world.iam.enter(account, name)
      const answering = { ...iam, ...around(iam) }
      const policyDocument: AuditedAccount['policyDocument'] = async (policy) => {
        asked.push(`${account} ${typeof policy === 'string' ? policy : policy.Name}`)
        return answering.policyDocument(policy)
      }
      return { ...answering, policyDocument }
    },
  }
  const policies = new ManagedPolicies({ ...world.ports, auditor }, role)
  const read = async (...given: Parameters<ManagedPolicies['read']>) =>
    Object.fromEntries(await world.finish(policies.read(...given)))
  return { asked, read }
}

test('each policy is read once, with the account: one of AWS for all of them, one of an account for each', async () => {
  const world = new World()
  world.iam.tellPolicy(first, '/team/base', document)
  world.iam.tellPolicy(second, '/team/base', '{"Statement":[]}')
  const { asked, read } = reading(world)
  expect(await read([s3, base], [first])).toEqual({
    [s3]: { document: expect.stringContaining('"s3:Get*"'), account: first },
    [baseName]: { document, account: first },
  })
  expect(await read([s3, base], [second])).toEqual({
    [s3]: expect.objectContaining({ account: first }),
    [baseName]: { document: '{"Statement":[]}', account: second },
  })
  await read([s3, base], [first])
  expect(asked).toEqual([`${first} enter`, `${first} ${s3}`, `${first} base`, `${second} enter`, `${second} base`])
})

test('nobody is asked where there is nothing to read', async () => {
  const { asked, read } = reading(new World())
  expect(await read([], [first])).toEqual({})
  expect(asked).toEqual([])
})

test('the first account that lets the auditor in is asked, else the reason is told', async () => {
  const world = new World()
  world.iam.removeAuditorRole(first)
  expect(await reading(world).read([s3], [first, second])).toMatchObject({ [s3]: { account: second } })
  expect(await reading(world).read([s3], [first])).toEqual({
    [s3]: { why: `the auditor's role could not be assumed in account ${first} (AccessDenied)` },
  })
  const { read } = reading(world)
  await read([s3], [second])
  const other = 'arn:aws:iam::aws:policy/PowerUserAccess'
  expect(await read([other], [first])).toMatchObject({ [other]: { account: second } })
})

test('the role is tried in five accounts for one permission set, and in ten for a plan', async () => {
  const world = new World()
  const accounts = Array.from({ length: 12 }, (_, index) => accountId.parse(String(900_000_000_001 + index)))
  const { asked, read } = reading(world)
  await read([s3], accounts)
  expect(asked).toHaveLength(5)
  await read([s3], accounts.slice(5))
  expect(await read([s3], accounts.slice(10))).toEqual({
    [s3]: { why: "the auditor's role answered in none of 10 accounts" },
  })
  expect(asked).toHaveLength(10)
})

test.each<[string, () => Promise<string>, string]>([
  [
    'may not be read: no message of AWS is told, since it names sessions',
    async () => {
      throw new ServiceError('iam', 'AccessDenied', 'User: arn:aws:sts::1:assumed-role/x/run-17 is not authorized')
    },
    `the auditor's role in account ${first} could not read it (AccessDenied)`,
  ],
  [
    'has something that is not understood',
    async () => '{"Statement":[{"Effect":"Perhaps"}]}',
    `account ${first} has it, with something not understood here`,
  ],
])('a policy that %s is told with the reason', async (_, policyDocument, why) => {
  const { read } = reading(new World(), () => ({ policyDocument }))
  expect(await read([s3], [first])).toEqual({ [s3]: { why } })
})

test('a policy that is not there is told so; what is throttled is asked again', async () => {
  let throttled = 2
  const { read } = reading(new World(), (iam) => ({
    async policyDocument(policy) {
      if (throttled-- > 0) throw new ServiceError('iam', 'Throttling', 'Rate exceeded')
      return iam.policyDocument(policy)
    },
  }))
  expect(await read([s3, base], [first])).toEqual({
    [s3]: expect.objectContaining({ account: first }),
    [baseName]: { why: `account ${first} has no such policy` },
  })
})

test('fifty policies are read in one plan, and no more', async () => {
  const { asked, read } = reading(new World(), () => ({ policyDocument: async () => document }))
  const arns = Array.from({ length: 52 }, (_, index) => `arn:aws:iam::aws:policy/P${index}`)
  const texts = await read(arns, [first])
  expect(Object.values(texts).filter((text) => 'document' in text)).toHaveLength(50)
  expect(texts[arns[50] ?? '']).toEqual({ why: 'more than 50 managed policies in one plan' })
  expect(asked).toHaveLength(51)
})

test('after twenty seconds nobody waits for an answer, and nobody is asked any more', async () => {
  const world = new World()
  const { asked, read } = reading(world, () => ({
    async policyDocument() {
      await world.clock.sleep(60 * 60_000)
      return document
    },
  }))
  const startMs = world.clock.monotonicMs()
  const why = `the auditor's role in account ${first} could not read it (no answer in time)`
  expect(await read([s3, base], [first])).toEqual({ [s3]: { why }, [baseName]: { why } })
  expect(world.clock.monotonicMs() - startMs).toBe(20_000)
  expect(asked).toEqual([`${first} enter`, `${first} ${s3}`])
})
