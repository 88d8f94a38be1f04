import { awsManagedPoliciesOf } from '../../../shared/domain/iam-policies/aws-managed-policy-names.ts'
import { judgeManagedPolicy } from '../../../shared/domain/iam-policies/judge-managed-policy.ts'
import { placeOf, renderJsonPath } from '../../../shared/domain/json/json-path.ts'
import type { InputJudgement } from '../../../shared/domain/links/judge-input.ts'
import { parsePermissionSetFile } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import { type JsonPath, quote } from '../../../shared/domain/statuses/complaint.ts'

/**
 * The AWS managed policies of a permission set file that AWS does not have: faults where a name is misspelt, warnings where
 * the list may be older than the policy. Here only: ingestion leaves it to AWS, which knows.
 */
export function judgeManagedPolicies(key: string, body: Uint8Array): Pick<InputJudgement, 'faults' | 'warnings'> {
  const file = parsePermissionSetFile(key, body)
  if (!file.ok) return { faults: [], warnings: [] }
  const { managedPolicyArns, permissionsBoundary: boundary } = file.value
  const named: readonly { readonly arn: string; readonly path: JsonPath }[] = [
    ...managedPolicyArns.map((arn, index) => ({ arn, path: ['managedPoliciesArnList', index] })),
    ...(boundary && 'ManagedPolicyArn' in boundary
      ? [{ arn: boundary.ManagedPolicyArn, path: ['permissionsBoundary', 'ManagedPolicyArn'] }]
      : []),
  ]
  const judged = named.map((one) => ({ ...one, ...judgeManagedPolicy(one.arn) }))
  const text = new TextDecoder().decode(body)
  return {
    faults: judged.flatMap((one) => {
      if (one.verdict !== 'misspelt') return []
      return {
        path: renderJsonPath(one.path),
        place: placeOf(text, one.path),
        received: `'${quote(one.arn, 300)}', which AWS does not have`,
        expected: 'the ARN of a policy that AWS manages',
        remedy: `write '${one.meant}'`,
      }
    }),
    warnings: judged.flatMap(({ arn, verdict }) =>
      verdict === 'unknown'
        ? [
            `${quote(arn, 300)} is not among the managed policies that AWS had on ${awsManagedPoliciesOf}: if AWS has not added it since, the permission set will fail`,
          ]
        : [],
    ),
  }
}
