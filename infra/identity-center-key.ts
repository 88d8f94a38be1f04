import type { Environment } from '../shared/domain/deployment/environment.ts'
import type { DeploymentNames } from './deployment-names.ts'
import type { Statement } from './people-policies.ts'

/**
 * If a customer's key encrypts IAM Identity Center, its callers need that key: only through these services, and only for this instance and
 * the identity store of its organization. So the roles of functions and people get it with their calls. (IAM Identity Center User Guide,
 * "Baseline KMS key and IAM policy statements" and "Advanced KMS key policy statements".)
 */
export function identityCenterKeyStatements(
  { identityCenterKeyArn: key, instanceArn, managementAccount }: Environment,
  names: DeploymentNames,
  asks: { readonly identityCenter: boolean; readonly directory: boolean },
): readonly Statement[] {
  if (key === undefined) return []
  const decrypt = (sid: string, service: string, context: NonNullable<Statement['Condition']>): Statement => ({
    Sid: sid,
    Effect: 'Allow',
    Action: ['kms:Decrypt'],
    Resource: [key],
    Condition: { ...context, StringEquals: { 'kms:ViaService': names.viaService(service), ...context.StringEquals } },
  })
  const identityStores = `arn:${names.partition}:identitystore::${managementAccount}:identitystore/d-*`
  const ofInstance = { StringEquals: { 'kms:EncryptionContext:aws:sso:instance-arn': instanceArn } }
  const ofStores = { StringLike: { 'kms:EncryptionContext:aws:identitystore:identitystore-arn': identityStores } }
  return [
    ...(asks.identityCenter ? [decrypt('IdentityCenterKey', 'sso', ofInstance)] : []),
    ...(asks.directory ? [decrypt('IdentityStoreKey', 'identitystore', ofStores)] : []),
  ]
}
