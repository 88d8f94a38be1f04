import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const account = '200000000001'
const set = 'ReadOnly-ps'
const nameOf = (scope: string, group = 'team') => `${scope}%${set}%${group}%GROUP%ssofile`
const own = `links_data/${nameOf(`account%${account}`)}`
const inFolder = `links_data/team-b/${nameOf('root%all')}`
const accessOf = (group: string) => `${set}%${group}%GROUP`
const key = '0123456789abcdef0123456789abcdef'

let system: LocalSystem
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssofile-encrypted-'))
  await writeFile(join(folder, 'body.json'), '{"reason":"on call"}')
  const organization = smallOrganization({ groups: ['team', 'fresh', 'own'] })
  system = await LocalSystem.start({ organization, configuration: { folders: ['team-a', 'team-b'] } })
  await system.upload(`permission_sets/${set}.json`, permissionSetFile(set))
  await system.untilStatus(`permission_sets/${set}.json`, 'applied')
})
afterAll(async () => {
  await system.stop()
  await rm(folder, { recursive: true })
})

/** With a key that only the uploader knows, as the stock AWS CLI does it. Without a body: an empty object. */
async function encrypt(link: string, as: string, body?: string): Promise<void> {
  const customer = ['--sse-customer-algorithm', 'AES256', '--sse-customer-key', key]
  const file = body === undefined ? [] : ['--body', join(folder, body)]
  await system.cli(['s3api', 'put-object', '--bucket', 'ssofile', '--key', link, ...customer, ...file], { as })
}

const accessHere = () => system.access.inAccount(account)

test('S3 gives an object that is encrypted with a customer key to nobody who does not name the key', async () => {
  const link = `links_data/${nameOf('root%all', 'nobody')}`
  await encrypt(link, 'other', 'body.json')
  const get = ['s3api', 'get-object', '--bucket', 'ssofile', '--key', link]
  const customer = (own: string) => ['--sse-customer-algorithm', 'AES256', '--sse-customer-key', own]
  const out = join(folder, 'out')
  const refused = await system.tryCli([...get, out])
  expect(refused.stderr).toContain('(InvalidRequest) when calling the GetObject operation: ')
  expect(refused.stderr).toContain('The object was stored using a form of Server Side Encryption.')
  expect((await system.tryCli(['s3api', 'head-object', '--bucket', 'ssofile', '--key', link])).stderr).toContain(
    '(400)',
  )
  expect((await system.tryCli([...get, ...customer(key.toUpperCase()), out])).stderr).toContain('(AccessDenied)')
  expect((await system.tryCli([...get, ...customer(key), out])).exitCode).toBe(0)
  await system.remove(link)
  await system.untilGone(link)
})

test.each([{ body: undefined }, { body: 'body.json' }])(
  'an encrypted link ($body) is rejected, and the links of others grant and revoke as before',
  async ({ body }) => {
    const others = `links_data/team-a/${nameOf('root%all')}`
    await encrypt(others, 'other', body)
    const { reason, remedy } = await system.untilStatus(others, 'rejected')
    expect(reason).toContain('InvalidRequest')
    expect(remedy).toContain('upload it again without')
    expect(await system.keys('attention/')).toEqual([`attention/rejected/${others}`])
    await system.upload(own, '', 'me')
    await system.untilStatus(own, 'applied')
    expect(await accessHere()).toEqual([accessOf('team')])
    // One of two links goes, the other still grants.
    await system.upload(inFolder, '', 'me')
    await system.untilStatus(inFolder, 'applied')
    await system.remove(own, 'me')
    await system.untilGone(own)
    expect(await accessHere()).toEqual([accessOf('team')])
    // Only what nobody can read might still forbid this: it waits, and says for what.
    await system.remove(inFolder, 'me')
    const waiting = await system.untilStatus(inFolder, 'failed')
    expect(waiting.reason).toContain(others)
    expect(await accessHere()).toEqual([accessOf('team')])
    expect((await system.ssofile(['status', others.replace('links_data/', '')])).stdout).toContain('rejected')
    await system.remove(others, 'other')
    await system.untilGone(others, inFolder)
    expect(await accessHere()).toEqual([])
    expect(await system.keys('attention/')).toEqual([])
  },
  60_000,
)

test('a link that its own uploader encrypts later keeps what it gave, and one that is uploaded again counts', async () => {
  const link = `links_data/${nameOf(`account%${account}`, 'own')}`
  await system.upload(link, '', 'me')
  await system.untilStatus(link, 'applied')
  await encrypt(link, 'me', 'body.json')
  await system.untilStatus(link, 'rejected')
  await system.ssofile(['apply', 's3://ssofile', '--no-drift'], 'ssofile')
  expect(await accessHere()).toEqual([accessOf('own')])
  await system.upload(link, '', 'me')
  await system.untilStatus(link, 'applied')
  await encrypt(link, 'me')
  await system.untilStatus(link, 'rejected')
  await system.remove(link, 'me')
  await system.untilGone(link)
  await until('the end of its access', async () => ((await accessHere()).length === 0 ? true : undefined))
})

test('an encrypted permission set file is rejected, and what it said before stays in force', async () => {
  const file = `permission_sets/${set}.json`
  await encrypt(file, 'other', 'body.json')
  await system.untilStatus(file, 'rejected')
  const link = `links_data/${nameOf(`account%${account}`, 'fresh')}`
  await system.upload(link, '', 'me')
  await system.untilStatus(link, 'applied')
  await system.upload(file, permissionSetFile(set))
  await system.untilStatus(file, 'applied')
})

test('S3 describes an archived object and does not give it, so ssofile grants nothing by it', async () => {
  const link = `links_data/${nameOf(`account%${account}`, 'archived')}`
  await system
    .s3('maria')
    .send(new PutObjectCommand({ Bucket: 'ssofile', Key: link, Body: '{"reason":"on call"}', StorageClass: 'GLACIER' }))
  const place = { Bucket: 'ssofile', Key: link }
  expect(await system.s3().send(new HeadObjectCommand(place))).toMatchObject({ StorageClass: 'GLACIER' })
  const refusal = { name: 'InvalidObjectState', $metadata: { httpStatusCode: 403 } }
  await expect(system.s3().send(new GetObjectCommand(place))).rejects.toMatchObject(refusal)
  const { reason } = await system.untilStatus(link, 'rejected')
  expect(reason).toContain('InvalidObjectState')
  expect(await accessHere()).not.toContain(accessOf('archived'))
})
