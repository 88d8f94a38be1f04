import type { Environment } from '../shared/domain/deployment/environment.ts'
import { permissionSetRolePath } from '../shared/domain/permission-sets/permission-set-role.ts'
import { bucketPolicy } from './bucket-policy.ts'
import type { DeploymentNames } from './deployment-names.ts'
import { bytesOfPolicy, policyBytesMost } from './policy-statements.ts'

/** Remarks on this environment for the person who deploys, one line each. */
export function remarksOn(environment: Environment, names: DeploymentNames): readonly string[] {
  const { access, bucket } = environment
  const bytes = bytesOfPolicy(bucketPolicy(environment, names))
  const bySso = access.operators.filter((arn) => arn.includes(`:role${permissionSetRolePath}`))
  return [
    `the policy of the bucket ${bucket.name} has ${bytes} bytes of at most ${policyBytesMost}`,
    ...(access.operators.length > 0 && bySso.length === access.operators.length
      ? [
          'access.operators has only roles of IAM Identity Center, whose access ssofile itself may revoke: name an IAM user or another role as well',
        ]
      : []),
  ]
}
