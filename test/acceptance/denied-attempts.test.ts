import { describe, expect, test } from '@jest/globals'
import { bucketPolicy } from '../../infra/bucket-policy.ts'
import { deploymentNames } from '../../infra/deployment-names.ts'
import { localBucketPolicy } from '../../infra/local/s3/local-bucket-policy.ts'
import type { PolicyJson } from '../../infra/policy-statements.ts'
import { evaluatePolicy } from '../../shared/domain/iam-policies/evaluate-policy.ts'
import { example } from '../infra/environments.ts'
import { type Attempt, attemptsOf, denialsOf, notTried } from './denied-attempts.ts'

const local = { policy: localBucketPolicy(), account: '000000000000', bucketArn: 'arn:aws:s3:::ssofile' }
/** What a policy says to an attempt of somebody with these rights in its account. */
function judge(policy: PolicyJson, { by, action, key }: Attempt): string {
  const names = {
    bucketAdministrator: 'role/Administrator',
    bucketAdministratorSession: 'role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Administrator_0123456789abcdef',
    uploader: 'user/maria',
  } as const
  const principal = `arn:aws:iam::${local.account}:${names[by]}`
  const context = by === 'bucketAdministratorSession' ? { 'identitystore:UserId': 'their-own' } : {}
  const resource = key === '' ? local.bucketArn : `${local.bucketArn}/${key}`
  return evaluatePolicy(policy, { principal, action: `s3:${action}`, resource, context })
}

const attempts = attemptsOf('acc-x')

describe('the attempts of an administrator of the bucket', () => {
  test('are all denied by the policy', () => {
    expect(attempts.filter((one) => judge(local.policy, one) !== 'denied')).toEqual([])
  })

  test.each([...denialsOf(local.policy)].filter((sid) => !(sid in notTried)))(
    'show that %s is missing: without it one of them is not denied',
    (sid) => {
      const Statement = local.policy.Statement.filter((one) => (one.Sid ?? 'folder') !== sid || one.Effect !== 'Deny')
      const open = attempts.filter((one) => judge({ ...local.policy, Statement }, one) !== 'denied')
      expect(open.map(({ denial }) => denial)).toContain(sid)
    },
  )

  test('know every denial of the example, too', () => {
    const known = new Set([...attempts.map(({ denial }) => denial), ...Object.keys(notTried)])
    const denials = denialsOf(bucketPolicy(example, deploymentNames(example)))
    expect([...denials].filter((sid) => !known.has(sid))).toEqual([])
  })
})
