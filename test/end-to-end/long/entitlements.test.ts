import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { SignedApi } from '../../../shared/aws/signed-api.ts'
import { LocalSystem } from '../local-system.ts'
import { smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const account = '200000000001'
const group = 'operators'

let system: LocalSystem
let aam: SignedApi
beforeAll(async () => {
  system = await LocalSystem.start({
    organization: smallOrganization({ groups: [group], users: ['ana@tiny.example'] }),
  })
  const credentials = { accessKeyId: 'management', secretAccessKey: 'any' }
  aam = new SignedApi(new URL(system.url), { credentials, region: 'us-east-1' }, 'account-access')
})
afterAll(() => system.stop(), 60_000)

/** Neither the AWS CLI that is installed nor the SDK has account access manager yet. */
async function post(path: string, body: object): Promise<Record<string, unknown>> {
  const asked = { method: 'POST', path, query: {}, body: JSON.stringify(body) } as const
  const reply = await aam.call(asked, AbortSignal.timeout(10_000))
  expect({ path, status: reply.status, body: reply.status === 200 ? '' : reply.body }).toEqual({
    path,
    status: 200,
    body: '',
  })
  return JSON.parse(reply.body)
}

const store = () => system.access.identityStoreId()

describe('an existing role that somebody gives by account access manager', () => {
  test('is seen with its event, stands in foreign/, access/, who and its page, and goes again, with who gave it', async () => {
    const groupId = await system.groupId(group)
    await system.joinGroup('ana@tiny.example', group)
    const identitySource = { identityCenter: { instanceArn: await system.access.instanceArn() } }
    const { applicationArn } = await post('/applications', { identitySource })
    const roleArn = `arn:aws:iam::${account}:role/ops/Deploy`
    const principalRole = { principal: { identityCenter: { groupId } }, roleArn }
    const { entitlementId } = await post('/entitlements', { applicationArn, entitlement: { principalRole } })

    const key = `foreign/account%${account}%role:Deploy%${groupId}%GROUP`
    const seen = { withinMs: 40_000, tell: () => system.lastLogLines(40) }
    await until('the entitlement in foreign/', () => system.json(key).catch(() => undefined), seen)
    const [found] = await system.keys(`history/account%${account}%role:Deploy%${groupId}%GROUP/`)
    expect(await system.json(found ?? '')).toMatchObject({
      event: 'foreign-found',
      by: { name: 'management', call: 'CreateEntitlement' },
    })
    const applied = await system.ssofile(['apply', 's3://ssofile'], 'ssofile')
    expect(applied).toMatchObject({ exitCode: 0 })
    expect(await system.keys('access/')).toContain(`access/account%${account}%role:Deploy%${group}%GROUP%foreign`)
    expect(await system.json(key)).toMatchObject({ principal: group, roleArn, application: applicationArn })
    const told = await system.ssofile(['who', '--user', 'ana@tiny.example'], 'auditor')
    expect(told).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/role:Deploy +operators +known /) })
    expect(told.stdout).toMatch(/\nroles +as of the drift check begun .*account access manager gives\n/)
    expect(await (await fetch(`${system.url}/_ssofile/access`)).text()).toContain('role:Deploy')

    const taken = {
      method: 'DELETE',
      path: `/entitlements/${entitlementId}`,
      query: { applicationArn: String(applicationArn) },
    }
    expect((await aam.call({ ...taken, method: 'DELETE' }, AbortSignal.timeout(10_000))).status).toBe(204)
    await until('its end', async () => ((await system.keys('foreign/')).length === 0 ? true : undefined), seen)
    await until(
      'the end of access/',
      async () => ((await system.keys('access/')).length === 0 ? true : undefined),
      seen,
    )
    expect([await system.keys('foreign/'), await system.keys('access/')]).toEqual([[], []])
  })
})

test('doctor tells that the identity store admits only some networks, and the refusal of a link says where to look', async () => {
  const IdentityStoreId = await store()
  const update = async (NetworkConfiguration?: object) => {
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSIdentityStore.UpdateIdentityStore',
      authorization: 'AWS4-HMAC-SHA256 Credential=management/20260303/us-east-1/identitystore/aws4_request',
    }
    const body = JSON.stringify({ IdentityStoreId, NetworkConfiguration })
    expect((await fetch(system.url, { method: 'POST', headers, body })).status).toBe(200)
  }
  const check = async () => (await system.ssofile(['doctor'], 'ssofile')).stdout
  await update({ VpceAccessRequired: true, ApiAllowSourceIps: ['127.0.0.1/32'] })
  expect(await check()).toMatch(
    /warn +directory network +the identity store answers only through VPC endpoints and to 127/,
  )
  await update({ VpceAccessRequired: true, ApiAllowSourceIps: ['198.51.100.0/24'] })
  const who = await system.ssofile(['who', '--user', 'ana@tiny.example'], 'auditor')
  expect(who.stdout).toContain('the identity store admits only some VPCs and addresses: ssofile doctor says which')
  await update()
})
