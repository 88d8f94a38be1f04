import { expect, test } from '@jest/globals'
import { App, Stack } from 'aws-cdk-lib/core'
import { bucketPolicy } from '../../infra/bucket-policy.ts'
import { createDeploymentKey } from '../../infra/constructs/create-deployment-key.ts'
import { deploymentNames } from '../../infra/deployment-names.ts'
import { access, environment } from '../../shared/domain/deployment/environment.ts'
import { exampleDocument } from './environments.ts'

const foreign = '777788889999'
const keys = Object.keys(access.shape)
const roleOf = (key: string) => `arn:aws:iam::${foreign}:role/writer-of-${key}`
const foldered = { uploaders: '', memberships: '', accountOwners: 'team-a' }
const folderOf = (key: string) => Object.entries(foldered).find(([name]) => name === key)?.[1]

function entryOf(key: string): readonly unknown[] {
  if (key === 'requestAccounts') return [foreign]
  const folder = folderOf(key)
  return folder === undefined ? [roleOf(key)] : [{ folder, principals: [roleOf(key)] }]
}

const of = environment.parse({
  ...exampleDocument,
  folders: [],
  hygieneRole: 'ssofile-hygiene',
  access: Object.fromEntries(keys.map((key) => [key, entryOf(key)])),
})
const names = deploymentNames(of)
// templates.test.ts has the key judged.
const app = new App({ builtinCloudFormationValidation: false })
const stack = new Stack(app, 'stack', { env: { account: of.account, region: of.region } })
createDeploymentKey(stack, of, names)
const policies = {
  bucket: JSON.stringify(bucketPolicy(of, names)),
  key: JSON.stringify(app.synth().getStackByName('stack').template),
}

test.each(keys)('whom access.%s names in another account, both the bucket and its key let in', (name) => {
  const wanted = name === 'requestAccounts' ? foreign : roleOf(name)
  expect({ bucket: policies.bucket.includes(wanted), key: policies.key.includes(wanted) }).toEqual({
    bucket: true,
    key: true,
  })
})
