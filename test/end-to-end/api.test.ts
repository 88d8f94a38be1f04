import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { readText } from '../house/source-files.ts'
import { bucket, LocalSystem } from './local-system.ts'
import { askedFor, type File, readBack } from './permission-set-reader.ts'
import { smallOrganization } from './small-organization.ts'
import { until } from './until.ts'

const accounts = ['200000000001', '200000000002', '200000000003']
const groups = ['team-CloudOperators', 'team-SecurityAuditors', 'team-DataScientists', 'team-Accountants', 'ops']
const ready = ['SecurityAuditor-ps', 'DataScientist-ps', 'Billing-ps', 'Breakglass-ps', 'ReadOnly-ps']

const configuration = { folders: ['team-a'] }

let system: LocalSystem
beforeAll(async () => {
  const permissionSets = ready.map((permissionSetName) => ({ permissionSetName }))
  const organization = smallOrganization({ groups, users: ['break-glass'], permissionSets })
  system = await LocalSystem.start({ organization, configuration })
})
afterAll(() => system.stop(), 60_000)

type Sent = { readonly as?: string | undefined; readonly contentType?: string; readonly method?: string }
type ApiError = { readonly key?: string; readonly path?: string; readonly received: string }
type Answered = {
  readonly status: number
  readonly body: {
    readonly message?: string
    readonly errors?: readonly ApiError[]
    readonly status?: { readonly state?: string; readonly etag?: string }
    readonly file?: { readonly etag: string }
    readonly links?: readonly { readonly link: string; readonly status: { readonly state: string } | null }[]
    readonly nextToken?: string
  }
  readonly headers: Headers
}

/** As IAM's access key id stands in a signed request; locally that is who calls. */
const signed = (as: string) =>
  `AWS4-HMAC-SHA256 Credential=${as}/20260303/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0`
const arnOf = (as: string) => `arn:aws:iam::000000000000:user/${as}`

async function send(path: string, body?: unknown, { as = 'maria', contentType, method }: Sent = {}): Promise<Answered> {
  const answered = await fetch(`${system.url}/api${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { authorization: signed(as), 'content-type': contentType ?? 'application/json' },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: answered.status, headers: answered.headers, body: JSON.parse((await answered.text()) || '{}') }
}

const payload = (name: string) => JSON.parse(readText(`fixtures/api/${name}.json`))
const link = (action: 'create' | 'delete', linkData: string, as?: string) =>
  send('/links', { action, linkData }, { as })
const kindOf = (name: string) => (name.includes('link') ? '/links' : '/permission-sets')

test("the reference's example payloads have their results in Identity Center", async () => {
  const links = ['root', 'ou', 'tag', 'account', 'user'].map((kind) => `create-link-${kind}`)
  for (const name of ['create-permission-set', ...links])
    expect(await send(kindOf(name), payload(name))).toMatchObject({ status: 202 })
  const keys = links.map((name) => `links_data/${payload(name).linkData}`)
  await system.untilStatuses(keys, 'applied')
  const all = ['Breakglass-ps%break-glass%USER', 'CloudOperator-ps%team-CloudOperators%GROUP']
  const data = ['DataScientist-ps%team-DataScientists%GROUP', 'SecurityAuditor-ps%team-SecurityAuditors%GROUP']
  expect(await Promise.all(accounts.map((account) => system.access.inAccount(account)))).toEqual([
    [...all, ...data],
    ['Billing-ps%team-Accountants%GROUP', ...all, ...data],
    all,
  ])

  const update = payload('update-permission-set')
  expect(await send('/permission-sets', update)).toMatchObject({ status: 202 })
  await until('the update in Identity Center', async () => {
    const { body } = await send('/permission-sets/CloudOperator-ps')
    return body.status?.state === 'applied' && body.status.etag === body.file?.etag ? true : undefined
  })
  const wanted = askedFor(update.permissionSetData as File)
  expect(await readBack(system, 'CloudOperator-ps')).toEqual({ ...wanted, tags: expect.arrayContaining(wanted.tags) })

  const remove = payload('delete-permission-set')
  expect(await send('/permission-sets', remove)).toMatchObject({ status: 202 })
  await system.untilStatus('permission_sets/CloudOperator-ps.json', 'blocked')
  expect(await link('delete', payload('create-link-root').linkData)).toMatchObject({ status: 202 })
  await system.untilGone('permission_sets/CloudOperator-ps.json')
  await expect(system.access.permissionSetArn('CloudOperator-ps')).rejects.toThrow('no permission set')
})

describe('a wrong one is refused, and nothing is written:', () => {
  test('links and permission sets, with the words of validate', async () => {
    const links = [
      { linkData: 'root%all%ReadOnly-ps%ops%group%ssofile' },
      { linkData: 'account%12%ReadOnly-ps%ops%GROUP%ssofile' },
      {
        linkData: 'account%200000000001%ReadOnly-ps%ops%GROUP%ssofile',
        linkDetails: { expires: 'soon', reason: 7 },
      },
    ].map((request) => ({
      key: `links_data/${request.linkData}`,
      content: request.linkDetails,
      path: '/links',
      request,
    }))
    const permissionSets = [
      { permissionSetName: 'Short-ps', sessionDurationInMinutes: 20, tags: [{ Key: 'aws:x' }] },
      { permissionSetName: 'Colour-ps', managedPoliciesArnList: ['ReadOnlyAccess'], colour: 1 },
      { permissionSetName: 'Has spaces', description: '' },
    ].map((content) => ({
      key: `permission_sets/${content.permissionSetName}.json`,
      content,
      path: '/permission-sets',
      request: { permissionSetData: content },
    }))
    const wrong = [...links, ...permissionSets]
    const expected = await validated(new Map(wrong.map(({ key, content }) => [key, content])))
    for (const { key, path, request } of wrong) {
      const answered = await send(path, { action: 'create', ...request })
      expect({ key, status: answered.status }).toEqual({ key, status: 400 })
      expect(answered.body.errors).toEqual(expected.filter((error) => error.key === key))
      expect(answered.body.errors?.length).toBeGreaterThan(0)
      expect(await system.has(key)).toBe(false)
    }
  })

  test.each<[string, string, unknown, number, string]>([
    ['a request that is cut off', '/links', '{"action":"create",', 400, 'a file that ends'],
    ['a field that comes twice', '/links', '{"action":"create","action":"delete"}', 400, "the field 'action' for"],
    ['an action that there is not', '/links', { action: 'update', linkData: 'x' }, 400, "'update'"],
    ['details of a deletion', '/links', { action: 'delete', linkData: 'x', linkDetails: {} }, 400, "'linkDetails'"],
    ['an update without a name', '/permission-sets', { action: 'update', permissionSetData: {} }, 400, 'nothing'],
    [
      'an undeclared folder',
      '/links',
      { action: 'create', linkData: 'team-b/root%all%ReadOnly-ps%ops%GROUP%ssofile' },
      400,
      "folder 'team-b'",
    ],
    ['too large a request', '/permission-sets', 'y'.repeat(300_000), 413, 'a request of 300000 bytes'],
  ])('%s', async (_, path, body, status, received) => {
    const answered = await send(path, body)
    expect(answered.status).toBe(status)
    expect(answered.body.errors?.[0]?.received).toContain(received)
  })

  test('another content type, another method, another path', async () => {
    expect(await send('/links', '{}', { contentType: 'text/plain' })).toMatchObject({ status: 415 })
    const method = await send('/links', '{}', { method: 'PUT' })
    expect([method.status, method.headers.get('allow')]).toEqual([405, 'GET, POST'])
    expect(await send('/groups')).toMatchObject({ status: 404 })
  })
})

/** What `ssofile validate` says of these files. */
async function validated(files: ReadonlyMap<string, object | undefined>): Promise<readonly ApiError[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ssofile-api-'))
  try {
    for (const [key, content] of files) {
      const file = join(folder, key)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, content === undefined ? '' : `${JSON.stringify(content, undefined, 2)}\n`)
    }
    const config = join(folder, 'configuration.json')
    await writeFile(config, JSON.stringify(configuration))
    const { stdout } = await system.ssofile(['validate', folder, '--config', config, '--json'])
    return JSON.parse(stdout).errors.map(({ line: _, column: __, ...error }: Record<string, unknown>) => error)
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('what exists is not created again, and what does not exist is neither updated nor deleted', async () => {
  const name = 'team-a/account%200000000003%ReadOnly-ps%ops%GROUP%ssofile'
  const permissionSetData = { permissionSetName: 'Twice-ps', description: 'first' }
  expect(await link('delete', name)).toMatchObject({ status: 404 })
  expect(await send('/permission-sets', { action: 'update', permissionSetData })).toMatchObject({ status: 404 })
  const both = await Promise.all([link('create', name), link('create', name)])
  expect(both.map(({ status }) => status).sort()).toEqual([202, 409])
  expect(await link('create', name)).toMatchObject({ status: 409 })
  for (const status of [202, 409])
    expect(await send('/permission-sets', { action: 'create', permissionSetData })).toMatchObject({ status })
  await system.untilStatus(`links_data/${name}`, 'applied')
  expect(await link('delete', name)).toMatchObject({ status: 202 })
  await system.untilGone(`links_data/${name}`)
  expect(await link('delete', name)).toMatchObject({ status: 404 })
})

test('of ten updates at once, each of another field, none is lost', async () => {
  const permissionSetName = 'Busy-ps'
  const create = { permissionSetName, description: 'before', relayState: 'before', tags: [] }
  expect(await send('/permission-sets', { action: 'create', permissionSetData: create })).toMatchObject({ status: 202 })
  const fields = {
    description: 'after',
    sessionDurationInMinutes: 120,
    relayState: null,
    tags: [{ Key: 'team', Value: 'a' }],
    managedPoliciesArnList: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    customerManagedPoliciesList: [{ Name: 'ours' }],
    inlinePolicyDocument: {},
    permissionsBoundary: { ManagedPolicyArn: 'arn:aws:iam::aws:policy/PowerUserAccess' },
  }
  const twice = [...Object.entries(fields), ...Object.entries(fields).slice(0, 2)]
  const answers = await Promise.all(
    twice.map(([field, value]) =>
      send('/permission-sets', { action: 'update', permissionSetData: { permissionSetName, [field]: value } }),
    ),
  )
  expect(answers.map(({ status }) => status)).toEqual(twice.map(() => 202))
  const { relayState: _, ...left } = fields
  expect(await system.json('permission_sets/Busy-ps.json')).toEqual({ permissionSetName, ...left })
})

test('the caller is named as who uploaded and who deleted, in status, ledger and history', async () => {
  const name = 'account%200000000001%ReadOnly-ps%ops%GROUP%ssofile'
  const linkDetails = { reason: 'on call', ticket: 'INC-1' }
  await send('/links', { action: 'create', linkData: name, linkDetails }, { as: 'zoe' })
  const by = { principalId: arnOf('zoe'), sourceIpAddress: '127.0.0.1' }
  expect(await system.untilStatus(`links_data/${name}`, 'applied')).toMatchObject({ by })
  expect(await system.recordOf(name)).toMatchObject({
    links: [{ by, reason: 'on call', ticket: 'INC-1' }],
  })
  expect(await link('delete', name, 'kenji')).toMatchObject({ status: 202 })
  await system.untilGone(`links_data/${name}`)
  const [granted = '', revoked = ''] = await system.historyKeys(name)
  expect(await system.json(granted)).toMatchObject({ links: [{ by }] })
  expect(JSON.stringify(await system.json(revoked))).toContain(`"deletedBy":{"principalId":"${arnOf('kenji')}"`)
})

test('whoever uploads himself cannot name another by the metadata that the API writes', async () => {
  const name = 'account%200000000002%ReadOnly-ps%ops%GROUP%ssofile'
  const Metadata = { 'ssofile-caller': arnOf('zoe'), 'ssofile-caller-address': '192.0.2.1' }
  const Key = `links_data/${name}`
  await system.s3('mallory').send(new PutObjectCommand({ Bucket: bucket, Key, Body: new Uint8Array(), Metadata }))
  expect(await system.untilStatus(Key, 'applied')).toMatchObject({ by: { principalId: 'AWS:mallory' } })
  expect(await system.recordOf(name)).toMatchObject({ links: [{ by: { principalId: 'AWS:mallory' } }] })
  const note = new PutObjectCommand({ Bucket: bucket, Key: 'state/deletions/x.json', Body: new Uint8Array() })
  await expect(system.s3('mallory').send(note)).rejects.toThrow('Access Denied')
  await system.remove(Key, 'mallory')
  await system.untilGone(Key)
  const [, revoked = ''] = await system.historyKeys(name)
  expect(JSON.stringify(await system.json(revoked))).toContain('"deletedBy":{"principalId":"AWS:mallory"')
})

test('links are listed page by page with their states, and read one by one by their encoded name', async () => {
  const names = ['a/b', 'c d', 'e%f', 'Ü+g', 'h?i'].map((group) => `root%all%ReadOnly-ps%${group}%GROUP%ssofile`)
  for (const name of names) expect(await link('create', name)).toMatchObject({ status: 202 })
  await system.untilStatuses(
    names.map((name) => `links_data/${name}`),
    'waiting',
  )
  const seen: string[] = []
  for (let query: string | undefined = '?limit=2'; query !== undefined; ) {
    const { body }: Answered = await send(`/links${query}`)
    expect(body.links?.length).toBeLessThanOrEqual(2)
    seen.push(...(body.links ?? []).map((one) => `${one.link} ${one.status?.state}`))
    query = body.nextToken === undefined ? undefined : `?limit=2&nextToken=${body.nextToken}`
  }
  expect(seen).toEqual(expect.arrayContaining(names.map((name) => `${name} waiting`)))
  expect(new Set(seen).size).toBe(seen.length)
  for (const name of names.filter((one) => !one.includes('?')))
    expect(await send(`/links/${encodeURIComponent(name)}`)).toMatchObject({ status: 200, body: { link: name } })
  // API Gateway loses what stands behind a question mark that it has decoded.
  const asked = encodeURIComponent(names[4] ?? '')
  expect(await send(`/links/${asked}`)).toMatchObject({ status: 404 })
  expect(await send(`/links/${encodeURIComponent(asked)}`)).toMatchObject({ status: 200, body: { link: names[4] } })
  expect(await send('/permission-sets/None-ps')).toMatchObject({ status: 404 })
  expect(await send('/links?limit=0')).toMatchObject({ status: 400 })
  expect(await send('/links?nextToken=x')).toMatchObject({ status: 400 })
})
