import * as z from 'zod'
import { deploymentNames } from '../../../infra/deployment-names.ts'
import { functionPolicy, operatorPolicy } from '../../../infra/function-policy.ts'
import type { Environment } from '../../../shared/domain/deployment/environment.ts'
import { oneOrMore } from '../../../shared/domain/iam-policies/policy-statement.ts'
import { functionNames } from '../../../shared/ports/deployment-settings.ts'
import type { RecordedCall, Right } from './compare-calls.ts'

const policySchema = z.object({ Statement: z.array(z.object({ Action: oneOrMore, Resource: oneOrMore })) })

/** Every right of every function and of operators, by its policy: one for each action, and of S3 and SQS for each resource. */
export function grantedRights(environment: Environment): readonly Right[] {
  const context = { environment, names: deploymentNames(environment), keyArns: ['key'], logGroupArn: 'logs' }
  const policies = functionNames.map((name) => ({ name: name as string, policy: functionPolicy(name, context) }))
  return [...policies, { name: 'operator', policy: operatorPolicy(context) }].flatMap(({ name, policy }) =>
    policySchema.parse(policy.toJSON()).Statement.flatMap(({ Action, Resource }) =>
      Action.flatMap((action) => {
        const told = /^(s3|sqs):/.test(action) ? Resource : ['']
        return told.map((resource) => ({ name, action, resource }))
      }),
    ),
  )
}

/** What a call is about, as a deployment of this environment names it; `undefined`: the request does not say. */
export function resourceOf({ key, queue }: RecordedCall, environment: Environment): string | undefined {
  const names = deploymentNames(environment)
  if (queue !== undefined) return `arn:${names.partition}:sqs:${environment.region}:${environment.account}:${queue}`
  if (key === undefined) return undefined
  return key === '' ? names.bucketArn : `${names.bucketArn}/${key}`
}
