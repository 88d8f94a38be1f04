import type { IKey } from 'aws-cdk-lib/aws-kms'
import { CfnOutput } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Environment } from '../../shared/domain/deployment/environment.ts'
import type { DeploymentNames } from '../deployment-names.ts'

type OutputsProps = { readonly environment: Environment; readonly names: DeploymentNames; readonly key: IKey }

/** The facts that people need next: where to upload, where to look, and which role to assume. The API has an output of its own. */
export function createOutputs(scope: Construct, { environment, names, key }: OutputsProps): void {
  const { name, region, bucket, provisioning, access } = environment
  const objects = (prefix: string) => `s3://${bucket.name}/${prefix}`
  const byS3 = (way: Environment['provisioning']['links']) => (way === 'api' ? ', only through the API' : '')
  const outputs = {
    Links: [objects('links_data/'), `Links${byS3(provisioning.links)}`],
    PermissionSets: [objects('permission_sets/'), `Permission sets${byS3(provisioning.permissionSets)}`],
    Statuses: [objects('status/'), 'The status of each file'],
    DashboardUrl: [
      `https://${region}.${names.consoleDomain}/cloudwatch/home?region=${region}#dashboards/dashboard/${name}`,
      'Dashboard of the deployment',
    ],
    KeyArn: [key.keyArn, 'The key, for policies of people in other accounts'],
    ...(access.operators.length === 0
      ? {}
      : { OperatorRole: [names.operatorRoleArns[0] ?? '', 'For import, release and restore'] as const }),
  } as const
  for (const [id, [value, description]] of Object.entries(outputs)) new CfnOutput(scope, id, { value, description })
}
