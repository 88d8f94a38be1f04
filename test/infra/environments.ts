import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { environment } from '../../shared/domain/deployment/environment.ts'

const document = z.record(z.string(), z.unknown())

function read(path: string) {
  return document.parse(JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')))
}

export const exampleDocument = read('infra/environments/example.json')
export const example = environment.parse(exampleDocument)

function inPartition(partition: string, region: string) {
  const text = JSON.stringify(exampleDocument)
    .replaceAll('arn:aws:', `arn:${partition}:`)
    .replaceAll('eu-west-1', region)
  return document.parse(JSON.parse(text))
}

export function identityCenterKeyOf(partition: string, region: string): string {
  return `arn:${partition}:kms:${region}:444455556666:key/mrk-1234abcd12ab34cd56ef1234567890ab`
}

const withOperators = (operators: readonly string[]) => ({
  ...exampleDocument,
  access: { ...example.access, operators },
})

const mixedOperators = ['arn:aws:iam::111122223333:user/ana', 'arn:aws:iam::777788889999:role/on-call']

const receivers = [
  { name: 'platform', mail: ['platform@example.com'], operators: true },
  {
    name: 'team-a',
    mail: ['platform@example.com', 'ana@example.com'],
    webhook: {
      secretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:ssofile/slack-AbCdEf',
      format: 'slack',
    },
  },
]

/** A deployment of every kind. At home: without operators; API: with some of two kinds, and temporary access. China: with a key of the customer's for IAM Identity Center, an auditor's role, and one that retires credentials. */
export const environments = {
  // First, since it has resources of every type: for a type that is new the CDK's validation reads all its rules again.
  api: {
    ...exampleDocument,
    access: { ...example.access, operators: mixedOperators, requestAccounts: ['111122223333', '777788889999'] },
    provisioning: { links: 'api', permissionSets: 'both', requests: 'both' },
    notifications: { receivers },
    page: {
      signIn: {
        issuer: 'https://example.okta.com',
        clientId: 'ssofile',
        clientSecretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:ssofile-page-a1B2c3',
      },
      domain: 'access.example.com',
      certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/12345678-1234-1234-1234-123456789012',
    },
  },
  delegated: exampleDocument,
  'at-home': { ...withOperators([]), region: 'us-east-1' },
  management: read('fixtures/environments/management-account.json'),
  'management-at-home': { ...read('fixtures/environments/management-account.json'), region: 'us-east-1' },
  existing: read('fixtures/environments/existing-bucket.json'),
  'twenty-folders': read('fixtures/environments/twenty-folders.json'),
  china: {
    ...inPartition('aws-cn', 'cn-north-1'),
    identityCenterKeyArn: identityCenterKeyOf('aws-cn', 'cn-north-1'),
    auditorRole: 'audit/ssofile-auditor',
    hygieneRole: 'audit/ssofile-hygiene',
    alarmWarmUp: false,
  },
  'us-gov': inPartition('aws-us-gov', 'us-gov-east-1'),
}
