import { Organizations } from '@aws-sdk/client-organizations'
import { expect, test } from '@jest/globals'
import { AwsOrganizations, parseAccount } from '../../../shared/aws/organizations-client.ts'

const path = 'o-abcdefghij/r-test/ou-test-workload/222222222222/'

test('the parents of an account are read from its path', () => {
  expect(parseAccount({ Id: '222222222222', Name: 'shop', State: 'ACTIVE', Paths: [path] })).toEqual({
    id: '222222222222',
    name: 'shop',
    state: 'ACTIVE',
    parents: ['r-test', 'ou-test-workload'],
  })
})

test.each([
  { what: 'has no State', account: { Id: '222222222222', Status: 'ACTIVE' as const, Paths: [path] } },
  { what: 'has no Paths', account: { Id: '222222222222', State: 'ACTIVE' as const } },
  {
    what: 'has a State that is not known here',
    account: Object.assign({ Id: '222222222222', Paths: [path] }, JSON.parse('{"State":"FROZEN"}')),
  },
])('an account that $what has no place', ({ account }) => {
  expect(parseAccount(account)).toEqual({ id: '222222222222', name: '', state: 'UNPLACED', parents: [] })
})

test('an account without an id is no answer', () => {
  expect(() => parseAccount({ State: 'ACTIVE', Paths: [path] })).toThrow('the id of an account')
})

test('a service that cannot be reached has not answered', async () => {
  const organizations = new AwsOrganizations(
    new Organizations({
      endpoint: 'http://127.0.0.1:1',
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      maxAttempts: 1,
    }),
  )
  await expect(organizations.managementAccountId()).rejects.toMatchObject({
    service: 'organizations',
    code: 'NoAnswer',
  })
})
