import { describe, expect, test } from '@jest/globals'
import aws from '../../../../shared/domain/iam-policies/aws-managed-policy-names.json' with { type: 'json' }
import { judgeManagedPolicy, listPolicyNames } from '../../../../shared/domain/iam-policies/judge-managed-policy.ts'

const partition = 'arn:aws:iam::aws:policy/'
const judge = (name: string) => judgeManagedPolicy(partition + name)

test.each([
  ['ReadOnlyAcess', 'ReadOnlyAccess'],
  ['AdministratorAcces', 'AdministratorAccess'],
  ['AdminstratorAccess', 'AdministratorAccess'],
  ['PowerUserAccses', 'PowerUserAccess'],
  ['readonlyaccess', 'ReadOnlyAccess'],
  ['ViewOnlyAccess', 'job-function/ViewOnlyAccess'],
  ['job-function/ReadOnlyAccess', 'ReadOnlyAccess'],
])('%s is no policy of AWS, and %s is meant', (name, meant) => {
  expect(judge(name)).toEqual({ verdict: 'misspelt', meant: partition + meant })
})

test('a policy of the list is known, and so is each of a partition without a list', () => {
  expect(judge('job-function/Billing')).toEqual({ verdict: 'known' })
  expect(judgeManagedPolicy('arn:aws-cn:iam::aws:policy/ReadOnlyAcess')).toEqual({ verdict: 'known' })
})

test.each(['AmazonXSFullAccess', 'CloudWatchFullAccessV3', 'SomethingNew', 'x'])(
  '%s is not called misspelt: AWS may have added it',
  (name) => {
    expect(judge(name)).toEqual({ verdict: 'unknown' })
  },
)

describe('had AWS added it after the list was made,', () => {
  // Each tenth: a list is made again for each.
  const some = aws.names.filter((_, index) => index % 10 === 0)
  test('no policy of today would be called misspelt', () => {
    const wrong = some.filter((name) => {
      const older = listPolicyNames(aws.names.filter((one) => one !== name))
      return judgeManagedPolicy(partition + name, older).verdict === 'misspelt'
    })
    expect(wrong).toEqual([])
  })
})
