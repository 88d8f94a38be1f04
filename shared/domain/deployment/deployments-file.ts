import * as z from 'zod'
import { type JsonRules, required } from '../json/json-faults.ts'
import { bucketName, region } from './environment.ts'

const named = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  bucket: bucketName,
  region,
  profile: z.string().min(1).optional(),
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
})
export type NamedDeployment = z.infer<typeof named>

const twice = 'a name, and credentials, that no other deployment of the file has'

/**
 * Deployments of several organizations, for one answer. Each has credentials of its own: with the same credentials, the second bucket
 * would be read with the Identity Center of the first.
 */
export const deploymentsFile = z
  .strictObject({ $schema: z.string().optional(), deployments: z.array(named).min(1).max(100) })
  .superRefine(({ deployments }, context) => {
    const before = new Set<string>()
    deployments.forEach(({ name, profile, endpoint }, index) => {
      const keys = [`name ${name}`, `credentials ${profile ?? ''} ${endpoint ?? ''}`]
      if (keys.some((key) => before.has(key)))
        context.addIssue({ code: 'custom', path: ['deployments', index], message: twice })
      for (const key of keys) before.add(key)
    })
  })

/** The message for each field that breaks a rule of the schema. */
export const deploymentsRules: JsonRules = {
  $: required('a JSON object with the field deployments', '{ "deployments": [] }'),
  '$.$schema': required('the path of the schema', '"deployments.schema.json"'),
  '$.deployments': required('a list of 1 to 100 deployments', '[{ "name": "acme", "bucket": "acme-ssofile", … }]'),
  '$.deployments.[]': required(
    `an object with the fields name, bucket, region, profile, endpoint, and ${twice}`,
    '{ "name": "acme", "bucket": "acme-ssofile", "region": "eu-west-1", "profile": "acme-auditor" }',
  ),
  '$.deployments.[].name': required('1 to 63 small letters, digits or hyphens', '"acme"'),
  '$.deployments.[].bucket': required('the name of a bucket', '"acme-ssofile"'),
  '$.deployments.[].region': required('the Region of the deployment', '"eu-west-1"'),
  '$.deployments.[].profile': required(
    'a profile of the AWS configuration file; it may assume a role',
    '"acme-auditor"',
  ),
  '$.deployments.[].endpoint': required('the address of a local system', '"http://127.0.0.1:4566"'),
}
