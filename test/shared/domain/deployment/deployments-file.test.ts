import { expect, test } from '@jest/globals'
import { deploymentsFile } from '../../../../shared/domain/deployment/deployments-file.ts'

const acme = { name: 'acme', bucket: 'acme-ssofile', region: 'eu-west-1', profile: 'acme' }
const tiny = { name: 'tiny', bucket: 'tiny-ssofile', region: 'us-east-1', profile: 'tiny' }

test.each([
  ['two organizations', [acme, tiny], true],
  ['one without a profile, by the credentials of the caller', [acme, { ...tiny, profile: undefined }], true],
  ['one name twice', [acme, { ...tiny, name: 'acme' }], false],
  ['one profile twice, so one Identity Center for two buckets', [acme, { ...tiny, profile: 'acme' }], false],
  [
    'two without a profile',
    [
      { ...acme, profile: undefined },
      { ...tiny, profile: undefined },
    ],
    false,
  ],
  [
    'two local systems',
    [acme, tiny].map((one, at) => ({ ...one, profile: undefined, endpoint: `http://a:${at}` })),
    true,
  ],
  ['none', [], false],
  ['a field that is unknown', [{ ...acme, role: 'auditor' }], false],
  ['a name that a terminal would obey', [{ ...acme, name: '\u001b[2J' }], false],
  ['a bucket with a key', [{ ...acme, bucket: 'acme/x' }], false],
])('%s : valid or not', (_, deployments, isValid) => {
  expect(deploymentsFile.safeParse({ deployments }).success).toBe(isValid)
})
