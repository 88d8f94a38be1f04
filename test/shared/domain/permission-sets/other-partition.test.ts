import { expect, test } from '@jest/globals'
import { awsPartitions } from '../../../../shared/domain/iam-policies/resource-faults.ts'
import { otherPartitionFaults } from '../../../../shared/domain/permission-sets/other-partition.ts'

const china = 'arn:aws-cn:s3:::reports'
const inline = (statement: object) => ({
  managedPolicyArns: [],
  inlinePolicy: JSON.stringify({ Version: '2012-10-17', Statement: statement }),
})
const statement = 'inlinePolicyDocument.Statement'

test.each([
  ['a managed policy', { managedPolicyArns: [china] }, 'managedPoliciesArnList.0'],
  [
    'a permissions boundary',
    { managedPolicyArns: [], permissionsBoundary: { ManagedPolicyArn: china } },
    'permissionsBoundary.ManagedPolicyArn',
  ],
  ['a resource', inline({ Resource: china }), `${statement}.Resource`],
  ['a resource in lists', inline([{}, { Resource: ['*', china] }]), `${statement}.1.Resource.1`],
  ['what a statement leaves out', inline({ NotResource: [china] }), `${statement}.NotResource.0`],
])('%s of another partition is a fault at its path', (_, set, path) => {
  expect(otherPartitionFaults(set, 'aws').map((fault) => fault.path.join('.'))).toEqual([path])
  expect(otherPartitionFaults(set, 'aws-cn')).toEqual([])
  expect(otherPartitionFaults(set, undefined)).toEqual([])
})

test.each(awsPartitions)('ARNs of %s are faults in each other partition of AWS', (partition) => {
  const set = inline({ Resource: `arn:${partition}:s3:::reports` })
  for (const own of awsPartitions) expect(otherPartitionFaults(set, own)).toHaveLength(own === partition ? 0 : 1)
})

test('a wildcard as partition, a condition and a customer managed policy are in no partition', () => {
  const condition = { ArnLike: { 'aws:SourceArn': china } }
  expect(otherPartitionFaults(inline({ Resource: ['arn:*:s3:::x', '*'], Condition: condition }), 'aws')).toEqual([])
  expect(otherPartitionFaults({ managedPolicyArns: [] }, 'aws')).toEqual([])
})
