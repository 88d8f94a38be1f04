import { expect, test } from '@jest/globals'
import { bucketOwnerFiles } from '../../infra/bucket-owner-files.ts'
import { bucketPolicy } from '../../infra/bucket-policy.ts'
import { deploymentNames } from '../../infra/deployment-names.ts'
import { environment } from '../../shared/domain/deployment/environment.ts'
import { environments } from './environments.ts'

const existing = environment.parse(environments.existing)
const names = deploymentNames(existing)
const files = bucketOwnerFiles(existing, names)
const content = (name: string) => JSON.parse(files[name] ?? '')

test('the owner of an existing bucket gets its policy, notifications and lifecycle as files for the AWS CLI', () => {
  expect(Object.keys(files)).toEqual(['policy.json', 'notifications.json', 'lifecycle.json'])
  expect(content('policy.json')).toEqual(bucketPolicy(existing, names))
})

test('the notifications go to the queue of the deployment, for all that people upload', () => {
  const configurations: { Events: string[]; QueueArn: string; Filter: unknown }[] =
    content('notifications.json').QueueConfigurations
  expect(configurations.map(({ Filter }) => Filter)).toEqual(
    [
      'links_data/',
      'permission_sets/',
      'requests/',
      'approvals/',
      'decisions/',
      'reviews/',
      'suspended/',
      'people/',
      'groups/',
      'memberships/',
      'rules/',
      'access_control_attributes.json',
    ].map((Value) => ({
      Key: { FilterRules: [{ Name: 'prefix', Value }] },
    })),
  )
  for (const { QueueArn } of configurations) expect(QueueArn).toBe('arn:aws:sqs:eu-west-1:111122223333:ssofile-uploads')
  for (const { Events } of configurations)
    expect(Events).toEqual(['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:LifecycleExpiration:*'])
})

test('an upload and a deletion under retire/ start the function retire, if there is one', () => {
  const owned = environment.parse({ ...environments.existing, hygieneRole: 'ssofile-hygiene' })
  const told = JSON.parse(bucketOwnerFiles(owned, deploymentNames(owned))['notifications.json'] ?? '')
  expect(told.LambdaFunctionConfigurations).toEqual([
    {
      Id: 'ssofile-retire',
      LambdaFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:ssofile-retire',
      Events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:LifecycleExpiration:*'],
      Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'retire/' }] } },
    },
  ])
  expect(content('notifications.json').LambdaFunctionConfigurations).toBeUndefined()
})

test('the lifecycle removes old versions where ssofile writes often, and nothing else', () => {
  const rules: { Filter: { Prefix: string }; [action: string]: unknown }[] = content('lifecycle.json').Rules
  const places = ['control/', 'status/', 'attention/', 'state/', 'members/', 'usage/']
  expect(rules.map(({ Filter }) => Filter.Prefix)).toEqual(places)
  for (const rule of rules) expect(rule.Expiration).toEqual({ ExpiredObjectDeleteMarker: true })
})
