import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'

const account = '200000000001'
const grantOf = (group: string) => `ReadOnly-ps%${group}%GROUP`
const linkOf = (group: string) => `links_data/account%${account}%${grantOf(group)}%ssofile`
const crowd = Array.from({ length: 8 }, (_, index) => `crowd ${index + 1}`)
const crowdAccounts = Array.from({ length: 25 }, (_, index) => String(300_000_000_000 + index))
const times = 20

let system: LocalSystem
beforeAll(async () => {
  const groups = ['brief', 'returning', 'flickering, in the end there', 'flickering, in the end not', 'echo', ...crowd]
  const { root, ...organization } = smallOrganization({ groups })
  const accounts = crowdAccounts.map((id) => ({ id, name: `crowd-${id}`, email: `aws+${id}@tiny.example` }))
  system = await LocalSystem.start({
    organization: { ...organization, root: { ...root, accounts: [...(root.accounts ?? []), ...accounts] } },
  })
  await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
  await system.untilStatus('permission_sets/ReadOnly-ps.json', 'applied')
})
afterAll(() => system.stop(), 60_000)

test('a link that is deleted right after its upload leaves no access behind', async () => {
  await system.upload(linkOf('brief'))
  await system.remove(linkOf('brief'))
  await expectAbsent('brief')
})

test('a link that is uploaded right after its deletion grants access', async () => {
  await system.upload(linkOf('returning'))
  await system.untilStatus(linkOf('returning'), 'applied')
  await system.remove(linkOf('returning'))
  await system.upload(linkOf('returning'))
  await expectApplied('returning')
})

test(`the last of ${times} quick uploads and deletions decides`, async () => {
  const [there, gone] = ['flickering, in the end there', 'flickering, in the end not'] as const
  for (let time = 0; time < times; time++) {
    await Promise.all([system.remove(linkOf(there)), system.upload(linkOf(gone))])
    await Promise.all([system.upload(linkOf(there)), system.remove(linkOf(gone))])
  }
  await expectApplied(there)
  await expectAbsent(gone)
})

describe('one S3 event that is delivered three times more', () => {
  test('one S3 event that is delivered three times more grants once', async () => {
    const earlier = system.calls.length
    await system.upload(linkOf('echo'))
    await sendThrice('ObjectCreated:Put')
    await expectApplied('echo')
    expect(system.accepted('CreateAccountAssignment', earlier)).toBe(1)
    expect(await system.history(`account%${account}%${grantOf('echo')}`)).toEqual(['granted'])
  })

  test('changes nothing when it comes late, not even when it tells of a deletion that is over', async () => {
    const earlier = system.calls.length
    await sendThrice('ObjectCreated:Put')
    await sendThrice('ObjectRemoved:Delete')
    await expectApplied('echo')
    expect(system.accepted('CreateAccountAssignment', earlier)).toBe(0)
    expect(system.accepted('DeleteAccountAssignment', earlier)).toBe(0)
  })

  test('one S3 event that is delivered three times more revokes once', async () => {
    const earlier = system.calls.length
    await system.remove(linkOf('echo'))
    await sendThrice('ObjectRemoved:Delete')
    await expectAbsent('echo')
    expect(system.accepted('DeleteAccountAssignment', earlier)).toBe(1)
    expect(await system.history(`account%${account}%${grantOf('echo')}`)).toEqual(['granted', 'revoked'])
  })

  async function sendThrice(eventName: string): Promise<void> {
    for (let time = 0; time < 3; time++) await system.send('uploads', renderEvent(linkOf('echo'), eventName))
  }
})

test('200 links that are uploaded at once are all applied, each by one request', async () => {
  const links = crowd.flatMap((group) =>
    crowdAccounts.map((id) => `links_data/account%${id}%${grantOf(group)}%ssofile`),
  )
  const earlier = system.calls.length
  await Promise.all(links.map((link) => system.upload(link)))
  await system.untilQuiet()
  await system.untilStatuses(links, 'applied')
  expect((await system.named('assignments/')).filter((name) => name.includes('%crowd '))).toHaveLength(200)
  expect(await system.keys('attention/')).toEqual([])
  expect(system.accepted('CreateAccountAssignment', earlier)).toBe(200)
  const access = (await Promise.all(crowdAccounts.map((id) => system.access.inAccount(id)))).flat()
  expect(access.filter((one) => one.startsWith('ReadOnly-ps%crowd '))).toHaveLength(200)
})

async function expectApplied(group: string): Promise<void> {
  await system.untilQuiet()
  await system.untilStatus(linkOf(group), 'applied')
  expect(await system.recordOf(linkOf(group))).toMatchObject({ state: 'granted', links: [{ key: linkOf(group) }] })
  expect(await system.access.inAccount(account)).toContain(grantOf(group))
}

async function expectAbsent(group: string): Promise<void> {
  await system.untilQuiet()
  await system.untilGone(linkOf(group))
  expect(await system.recordOf(linkOf(group))).toBeUndefined()
  expect(await system.access.inAccount(account)).not.toContain(grantOf(group))
}

/** As S3 sends it (S3 User Guide, "Event message structure"); always the same bytes for the same event. */
function renderEvent(key: string, eventName: string): string {
  const record = {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: 'us-east-1',
    eventTime: '2026-03-03T10:15:30.123Z',
    eventName,
    userIdentity: { principalId: 'AWS:maria' },
    requestParameters: { sourceIPAddress: '127.0.0.1' },
    responseElements: { 'x-amz-request-id': 'C3D13FE58DE4C810', 'x-amz-id-2': 'one' },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'inputs',
      bucket: { name: 'ssofile', ownerIdentity: { principalId: 'A3NL1KOZZKExample' }, arn: 'arn:aws:s3:::ssofile' },
      object: {
        key: encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/'),
        sequencer: '0055AED6DCD90281E5',
      },
    },
  }
  return JSON.stringify({ Records: [record] })
}
