import { expect, test } from '@jest/globals'
import { AccessChecks, type InlinePolicies } from '../../../../shared/modules/access/access-checks.ts'
import type { PolicyChecker } from '../../../../shared/ports/policy-checker.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { World } from '../../../world.ts'

const policy = (...Action: readonly string[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] })

/** Checks by the model, or by what stands in place of a part of it. */
function checking(own: Partial<PolicyChecker> = {}) {
  const world = new World()
  const { policyChecker: model } = world.iam
  const checker: PolicyChecker = {
    validatePolicy: (document, token) => model.validatePolicy(document, token),
    checkNoNewAccess: (before, after) => model.checkNoNewAccess(before, after),
    ...own,
  }
  const checks = new AccessChecks({ ...world.ports, checker })
  return (policies: InlinePolicies) => world.finish(checks.check(policies))
}
const refuse = (code: string) => async () => {
  throw new ServiceError('access-analyzer', code, code)
}

test('what is wrong comes with the gravest first, and what allows more with its statement', async () => {
  const check = checking()
  expect(await check({ before: policy('s3:Get*'), after: policy('s3:Get*', 's3:Get*', 'iam:PassRole') })).toEqual({
    findings: [
      expect.objectContaining({ type: 'SECURITY_WARNING', code: 'PASS_ROLE_WITH_STAR_IN_RESOURCE' }),
      expect.objectContaining({ type: 'SUGGESTION', code: 'REDUNDANT_ACTION' }),
    ],
    newAccess: { isNew: true, reasons: ['New access in the statement with index: 0.'] },
  })
})

test('a first inline policy is not compared: all of it is new', async () => {
  const check = checking({ checkNoNewAccess: refuse('NotToBeAsked') })
  expect(await check({ after: policy('s3:Get*') })).toEqual({ findings: [] })
})

test('a right that is missing, and a rate that stays exceeded, are told and stop nothing', async () => {
  const denied = checking({ validatePolicy: refuse('AccessDeniedException') })
  expect(await denied({ before: policy('s3:*'), after: policy('s3:Get*') })).toEqual({
    findings: { why: 'these credentials lack access-analyzer:ValidatePolicy' },
    newAccess: { isNew: false, reasons: [] },
  })
  const throttled = checking({ checkNoNewAccess: refuse('ThrottlingException') })
  expect(await throttled({ before: policy('s3:*'), after: policy('s3:Get*') })).toMatchObject({
    findings: [],
    newAccess: { why: expect.stringContaining('ThrottlingException') },
  })
})

test('a call that is throttled once is repeated', async () => {
  let calls = 0
  const check = checking({
    checkNoNewAccess: async () => {
      if (++calls === 1) await refuse('ThrottlingException')()
      return { isNew: false, reasons: [] }
    },
  })
  expect(await check({ before: policy('s3:*'), after: policy('s3:Get*') })).toMatchObject({
    newAccess: { isNew: false },
  })
})

test('a call that hangs is left after a minute, and nothing else is asked then', async () => {
  const check = checking({ validatePolicy: () => new Promise(() => {}) })
  const hung = { why: 'no answer in time' }
  const policies = { before: policy('s3:*'), after: policy('s3:Get*') }
  expect(await check(policies)).toEqual({ findings: hung, newAccess: hung })
  expect(await check(policies)).toEqual({ findings: hung, newAccess: hung })
})

test('of more than 50 permission sets nothing is asked', async () => {
  const check = checking({ validatePolicy: async () => ({ items: [] }) })
  for (let count = 0; count < 50; count++) expect(await check({ after: policy('s3:*') })).toEqual({ findings: [] })
  expect(await check({ after: policy('s3:*') })).toEqual({
    findings: { why: 'more than 50 permission sets in one plan' },
  })
})
