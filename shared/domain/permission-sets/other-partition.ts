import { awsPartitions } from '../iam-policies/resource-faults.ts'
import { describeJson, isJsonObject } from '../json/json-faults.ts'
import { type JsonValue, parseStrictJson } from '../json/strict-json.ts'
import type { JsonFault, JsonPath } from '../statuses/complaint.ts'
import type { PermissionSetFile } from './permission-set-file.ts'

type Named = { readonly arn: string; readonly path: JsonPath }

/**
 * The ARNs of a permission set that are in another partition than Identity Center. AWS refuses them: 'Partition "aws" is not valid for
 * resource "arn:aws:logs:*:*:*"' (aws/chalice issue 777, in China). An ARN with a wildcard as partition is in each. `partition`: such as
 * `aws-cn`; `undefined`: not known, so nothing is judged.
 */
export function otherPartitionFaults(
  file: Pick<PermissionSetFile, 'managedPolicyArns' | 'permissionsBoundary' | 'inlinePolicy'>,
  partition: string | undefined,
): readonly JsonFault[] {
  if (partition === undefined) return []
  return arnsOf(file).flatMap(({ arn, path }) => {
    const [, received = ''] = /^arn:([^:]*):/.exec(arn) ?? []
    if (received === partition || !awsPartitions.some((one) => one === received)) return []
    return [
      {
        path,
        received: `${describeJson(arn)}, which is in the partition ${received}`,
        expected: `an ARN of the partition ${partition}, as that of Identity Center`,
        remedy: `write arn:${partition}: at its beginning`,
      },
    ]
  })
}

/** The partition of an ARN. */
export function partitionOfArn(arn: string): string | undefined {
  return arn.split(':')[1]
}

function arnsOf({
  managedPolicyArns,
  permissionsBoundary: boundary,
  inlinePolicy,
}: Parameters<typeof otherPartitionFaults>[0]): readonly Named[] {
  const policy = parseStrictJson('', new TextEncoder().encode(inlinePolicy ?? '{}'))
  return [
    ...managedPolicyArns.map((arn, index) => ({ arn, path: ['managedPoliciesArnList', index] })),
    ...(boundary && 'ManagedPolicyArn' in boundary
      ? [{ arn: boundary.ManagedPolicyArn, path: ['permissionsBoundary', 'ManagedPolicyArn'] }]
      : []),
    ...(policy.ok ? resourcesOf(policy.value, ['inlinePolicyDocument']) : []),
  ]
}

/** Texts in `Resource` and `NotResource` of the statements. Conditions may name what AWS does not have. */
function resourcesOf(policy: JsonValue, path: JsonPath): readonly Named[] {
  if (!isJsonObject(policy)) return []
  return each(policy.Statement, [...path, 'Statement']).flatMap((statement) =>
    isJsonObject(statement.value)
      ? [
          ...each(statement.value.Resource, [...statement.path, 'Resource']),
          ...each(statement.value.NotResource, [...statement.path, 'NotResource']),
        ].flatMap((one) => (typeof one.value === 'string' ? [{ arn: one.value, path: one.path }] : []))
      : [],
  )
}

function each(value: JsonValue | undefined, path: JsonPath) {
  if (value === undefined) return []
  return Array.isArray(value) ? value.map((one, index) => ({ value: one, path: [...path, index] })) : [{ value, path }]
}
