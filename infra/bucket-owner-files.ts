import type { Environment } from '../shared/domain/deployment/environment.ts'
import { notifiedPlaces, placesThatStart } from '../shared/domain/inputs/kinds.ts'
import { bucketPolicy } from './bucket-policy.ts'
import { notifiedEvents, versionDays } from './bucket-settings.ts'
import type { DeploymentNames } from './deployment-names.ts'

/**
 * The settings for the owner of an existing bucket, in the AWS CLI's form, by file name. ssofile does not change somebody else's bucket:
 * each of these settings replaces the present one.
 */
export function bucketOwnerFiles(environment: Environment, names: DeploymentNames): Readonly<Record<string, string>> {
  const files = {
    'policy.json': bucketPolicy(environment, names),
    'notifications.json': {
      QueueConfigurations: notifiedPlaces().map((prefix) => ({
        Id: `ssofile-${prefix.replace('/', '')}`,
        QueueArn: names.queueArn('uploads'),
        Events: notifiedEvents,
        Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: prefix }] } },
      })),
      ...(names.functions.includes('retire') && {
        LambdaFunctionConfigurations: placesThatStart().map((prefix) => ({
          Id: `ssofile-${prefix.replace('/', '')}`,
          LambdaFunctionArn: names.functionArn('retire'),
          Events: notifiedEvents,
          Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: prefix }] } },
        })),
      }),
    },
    'lifecycle.json': {
      Rules: Object.entries(versionDays).map(([prefix, days]) => ({
        ID: `ssofile-versions-of-${prefix.replace('/', '')}`,
        Status: 'Enabled',
        Filter: { Prefix: prefix },
        NoncurrentVersionExpiration: { NoncurrentDays: days },
        Expiration: { ExpiredObjectDeleteMarker: true },
      })),
    },
  }
  return Object.fromEntries(
    Object.entries(files).map(([name, content]) => [name, `${JSON.stringify(content, undefined, 2)}\n`]),
  )
}
