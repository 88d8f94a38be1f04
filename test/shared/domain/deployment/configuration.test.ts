import { expect, test } from '@jest/globals'
import { configuration, defaultConfiguration } from '../../../../shared/domain/deployment/configuration.ts'

test('every key is optional, with these defaults', () => {
  expect(defaultConfiguration).toEqual({
    supportNestedOu: true,
    folders: [],
    urgentPermissionSets: [],
    auditorRole: '',
    hygieneRole: '',
    principalSuffix: '',
    includeManagementAccount: false,
    includeOwnAccount: false,
    orphanGraceMinutes: 60,
    onDrift: 'restore',
    directory: 'external',
    privacy: 'open',
    usageDays: 400,
    brake: {
      indirect: { count: 20, percent: 10, most: 200, hours: 24 },
      own: { count: 20, percent: 10, minutes: 15 },
      people: { count: 5, minutes: 15 },
    },
    limits: { outstanding: 15, callsPerSecond: 20, provisionings: 3, notValidFiles: 1_000 },
    notifications: { digestMinutes: 5, administratorAccounts: 10, receivers: [] },
  })
})

test('a key that is given leaves the others of its group at their defaults', () => {
  expect(configuration.parse({ brake: { indirect: { count: 5 } }, limits: { outstanding: 1 } })).toEqual({
    ...defaultConfiguration,
    brake: { ...defaultConfiguration.brake, indirect: { count: 5, percent: 10, most: 200, hours: 24 } },
    limits: { outstanding: 1, callsPerSecond: 20, provisionings: 3, notValidFiles: 1_000 },
  })
})

test.each([
  ['a folder in a folder', { folders: ['sync/upstream'] }],
  ['a folder with spaces and letters of any alphabet', { folders: ['Équipe A', '財務'] }],
  ['20 folders', { folders: Array.from({ length: 20 }, (_, index) => `team-${index}`) }],
  ['no brake at all', { brake: { indirect: { percent: 100, count: 0 } } }],
  ['the quotas used up', { limits: { outstanding: 15, callsPerSecond: 20, provisionings: 3, notValidFiles: 1_000 } }],
  ['slower than the quotas', { limits: { outstanding: 1, callsPerSecond: 0.5, provisionings: 1 } }],
  [
    'a receiver by mail and by a webhook',
    {
      notifications: {
        receivers: [
          {
            name: 'platform',
            mail: ['platform@example.com'],
            webhook: {
              secretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:ssofile/slack-AbCdEf',
              format: 'slack',
            },
            operators: true,
          },
        ],
      },
    },
  ],
  ['drift only reported', { onDrift: 'report' }],
  ['statuses that name nothing of others', { privacy: 'folder' }],
  ['the name of a role', { auditorRole: 'ssofile-auditor' }],
  ['the name of a role with its path', { auditorRole: `audit/by/${'x'.repeat(64)}` }],
])('%s is allowed', (_, given) => {
  expect(configuration.safeParse(given).success).toBe(true)
})

test.each([
  ['an unknown key', { supportNestedOU: true }],
  ['an unknown key within another', { brake: { indirect: { minutes: 15 } } }],
  ['an empty folder', { folders: [''] }],
  ['the folder that is always there', { folders: ['temporary'] }],
  ['a folder in it', { folders: ['temporary/team-a'] }],
  ['a folder that begins with /', { folders: ['/team-a'] }],
  ['a folder that ends in /', { folders: ['team-a/'] }],
  ['a folder with %', { folders: ['root%all'] }],
  ['a folder in NFD, in which no link is valid', { folders: ['Équipe'.normalize('NFD')] }],
  ['a folder with a control character, in which no link is valid', { folders: ['team-a\n'] }],
  ['a folder twice', { folders: ['team-a', 'team-a'] }],
  ['21 folders', { folders: Array.from({ length: 21 }, (_, index) => `team-${index}`) }],
  ['a permission set name that AWS does not allow', { urgentPermissionSets: ['Break Glass'] }],
  ['more than 100 percent', { brake: { own: { percent: 101 } } }],
  ['a negative count', { brake: { own: { count: -1 } } }],
  ['the ARN of a role, which has one account', { auditorRole: 'arn:aws:iam::111122223333:role/auditor' }],
  ['any role', { auditorRole: '*' }],
  ['two receivers of one name', { notifications: { receivers: [{ name: 'a' }, { name: 'a' }] } }],
  [
    'the URL of a webhook, which is a secret',
    { notifications: { receivers: [{ name: 'a', webhook: { url: 'https://x' } }] } },
  ],
  ['a digest each second', { notifications: { digestMinutes: 0 } }],
  ['a role without a name', { auditorRole: 'audit/' }],
  ['a name of a role that is longer than AWS allows', { auditorRole: 'x'.repeat(65) }],
  ['half a revocation', { brake: { own: { count: 0.5 } } }],
  ['16 assignment requests outstanding', { limits: { outstanding: 16 } }],
  ['no assignment request outstanding', { limits: { outstanding: 0 } }],
  ['21 calls per second', { limits: { callsPerSecond: 21 } }],
  ['no calls per second', { limits: { callsPerSecond: 0 } }],
  ['4 provisionings', { limits: { provisionings: 4 } }],
  ['another answer to drift', { onDrift: 'ignore' }],
  ['another privacy', { privacy: 'closed' }],
  ['true as a text', { supportNestedOu: 'true' }],
])('%s is refused', (_, given) => {
  expect(configuration.safeParse(given).success).toBe(false)
})

test('an unknown key is named', () => {
  expect(configuration.safeParse({ supportNestedOU: true }).error?.issues).toEqual([
    expect.objectContaining({ code: 'unrecognized_keys', keys: ['supportNestedOU'] }),
  ])
})
