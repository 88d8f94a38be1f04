import { beforeEach, describe, expect, test } from '@jest/globals'
import { buildApp } from 'fauxqs'
import { addAccessAnalyzer } from '../../infra/local/access-analyzer-service.ts'
import { openAwsPolicyChecker } from '../../shared/aws/aws-policy-checker.ts'
import { MemoryIam } from '../../shared/memory/iam/memory-iam.ts'
import { SeededRandomness } from '../../shared/memory/seeded-randomness.ts'
import { listAll } from '../../shared/ports/page.ts'
import type { PolicyChecker } from '../../shared/ports/policy-checker.ts'
import { openWorld } from './identity-center-world.ts'

type Opened = { readonly checker: PolicyChecker; close(): Promise<void> }
const adapters: readonly { readonly adapter: string; readonly open: (iam: MemoryIam) => Promise<Opened> }[] = [
  { adapter: 'memory', open: async (iam) => ({ checker: iam.policyChecker, close: async () => {} }) },
  {
    adapter: 'AWS SDK on the local system',
    async open(iam) {
      const app = buildApp({ logger: false })
      addAccessAnalyzer(app, iam)
      const url = await app.listen({ host: '127.0.0.1', port: 0 })
      return { checker: openAwsPolicyChecker({ url, accessKeyId: 'ana' }), close: async () => app.close() }
    },
  },
]
const policy = (...Statement: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement })
const allow = (Action: string | readonly string[], more: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource: '*',
  ...more,
})

describe.each(adapters)('the checks of IAM Access Analyzer on $adapter', ({ open }) => {
  let iam: MemoryIam
  beforeEach(() => {
    const { ssoAdmin, organizations, clock } = openWorld()
    iam = new MemoryIam({ clock, randomness: new SeededRandomness(7), ssoAdmin, organizations, auditorRole: 'auditor' })
  })

  async function asking<T>(ask: (checker: PolicyChecker) => Promise<T>): Promise<T> {
    const { checker, close } = await open(iam)
    return ask(checker).finally(close)
  }
  const validated = async (document: string) =>
    asking((checker) => Array.fromAsync(listAll((token) => checker.validatePolicy(document, token))))
  const codesOf = async (document: string) => (await validated(document)).map(({ type, code }) => `${type} ${code}`)

  test('a policy that is well written has no findings', async () => {
    expect(await validated(policy(allow('s3:GetObject')))).toEqual([])
  })

  test('all findings are told, of however many pages', async () => {
    const document = JSON.stringify({
      Statement: [
        { Effect: 'Maybe', Action: 's3:GetObject', Resource: '*' },
        { Effect: 'Allow' },
        allow(['iam:Pass*', 'iam:Pass*']),
        { Effect: 'Deny', NotAction: 's3:*', NotResource: 'arn:aws:s3:::a' },
        { Effect: 'Allow', Action: 7, Resource: '*' },
      ],
    })
    expect(await codesOf(document)).toEqual([
      'ERROR INVALID_EFFECT',
      'ERROR MISSING_ACTION',
      'ERROR MISSING_RESOURCE',
      'SECURITY_WARNING PASS_ROLE_WITH_STAR_IN_RESOURCE',
      'SUGGESTION REDUNDANT_ACTION',
      'ERROR DATA_TYPE_MISMATCH',
      'WARNING MISSING_VERSION',
    ])
  })

  test('what is no policy has one finding', async () => {
    expect(await codesOf('{"Statement":')).toEqual(['ERROR JSON_SYNTAX_ERROR'])
    expect(await codesOf('{}')).toEqual(['ERROR MISSING_STATEMENT'])
  })

  test('a token that nobody gave out, and an empty policy, are refused', async () => {
    for (const call of [
      (checker: PolicyChecker) => checker.validatePolicy('{}', 'token'),
      (checker: PolicyChecker) => checker.validatePolicy(''),
    ])
      await expect(asking(call)).rejects.toMatchObject({ service: 'access-analyzer', code: 'ValidationException' })
  })

  test.each([
    { name: 'the same policy', before: [allow('s3:Get*')], after: [allow('s3:Get*')], reasons: undefined },
    { name: 'fewer actions', before: [allow('s3:*')], after: [allow('s3:GetObject')], reasons: undefined },
    { name: 'a wider pattern', before: [allow('s3:Get*')], after: [allow('s3:*')], reasons: [0] },
    { name: 'everything', before: [allow('s3:*')], after: [allow('*')], reasons: [0] },
    {
      name: 'another statement',
      before: [allow('s3:Get*')],
      after: [allow('s3:Get*'), allow('sqs:SendMessage')],
      reasons: [1],
    },
    {
      name: 'NotAction',
      before: [allow('s3:*')],
      after: [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }],
      reasons: [0],
    },
  ])('$name is compared by actions, with the statement that allows more', async ({ before, after, reasons }) => {
    expect(await asking((checker) => checker.checkNoNewAccess(policy(...before), policy(...after)))).toEqual({
      isNew: reasons !== undefined,
      reasons: (reasons ?? []).map((index) => `New access in the statement with index: ${index}.`),
    })
  })

  test('what the model does not weigh it does not judge', async () => {
    const narrow = policy(allow('s3:GetObject', { Resource: 'arn:aws:s3:::a/*' }))
    const compared = asking((checker) => checker.checkNoNewAccess(narrow, policy(allow('s3:GetObject'))))
    await expect(compared).rejects.toMatchObject({ code: 'UnprocessableEntityException' })
    const broken = asking((checker) => checker.checkNoNewAccess('{}', policy(allow('s3:GetObject'))))
    await expect(broken).rejects.toMatchObject({ code: 'InvalidParameterException' })
  })

  test('too many calls are throttled', async () => {
    const many = asking((checker) => Promise.all(Array.from({ length: 30 }, () => checker.validatePolicy('{}'))))
    await expect(many).rejects.toMatchObject({ code: 'ThrottlingException' })
  })
})
