import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually, sdkClients } from '../../infra/local/local-process.ts'
import { KeptSystem } from '../kept-system.ts'
import { bundleTwoReleases } from '../two-releases.ts'

const set = 'Billing-ps'
const accounts = ['210000000001', '210000000002', '220000000001', '220000000002', '230000000001', '230000000002']
const linksOf = (group: string) => accounts.map((account) => `account%${account}%${set}%${group}%GROUP`)
const billing = readFileSync(new URL('../../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))

let directory: string
let kept: KeptSystem
let older: string
let newer: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ssofile-rollback-'))
  ;({ older, newer } = bundleTwoReleases(directory))
  kept = await KeptSystem.open()
})
afterAll(async () => {
  await kept?.close()
  await rm(directory, { recursive: true })
})

const start = (version: string) => kept.start('rollback', '--bundles', version, '--latency-ms', '1500')
const Bucket = 'ssofile'
const s3 = () => kept.clients.s3
const upload = async (links: readonly string[]) => {
  for (const link of links) await kept.put(`links_data/${link}%ssofile`)
}
const textOf = async (Key: string) =>
  (await s3().send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString() ?? ''
/** The control records, as the deployment of the next version would write them: with a key that this one does not know. */
const addKeys = async (url: string, Key: string) => {
  const record = JSON.parse(await textOf(Key))
  const { configuration } = record
  const told = { ...record, ...(configuration && { configuration: { ...configuration, later: 1 } }), later: { x: 1 } }
  const deploying = sdkClients(url, 'ssofile')
  await deploying.s3.send(new PutObjectCommand({ Bucket, Key, Body: JSON.stringify(told) }))
  deploying.destroy()
}
const recordsOf = async (prefix: string) => Promise.all((await kept.list(prefix)).map(textOf))

test('a version, the next one and the first one again: work in progress goes on, and nothing is lost', async () => {
  const [first, second, third] = ['team-security', 'team-Web', 'team-Shop'].map(linksOf) as [
    string[],
    string[],
    string[],
  ]
  let local = start(older)
  await local.ready()
  await kept.put('permission_sets/Billing-ps.json', billing)
  await upload(first)
  await eventually(async () => (await kept.granted()) > 0)
  // As in a deployment, where Lambda lets what runs come to its end.
  await local.kill('SIGTERM')

  local = start(newer)
  await local.ready()
  for (const key of ['control/owner.json', 'control/configuration.json']) await addKeys(local.url, key)
  await upload(second)
  await eventually(async () => (await kept.granted()) >= first.length + 2)
  await s3().send(new DeleteObjectCommand({ Bucket, Key: `links_data/${first[0]}%ssofile` }))
  await eventually(async () => (await recordsOf('assignments/')).some((text) => text.includes('ofALaterVersion')))
  await local.kill('SIGTERM')

  local = start(older)
  await local.ready()
  await upload(third)
  const wanted = [...first.slice(1), ...second, ...third]
  await eventually(async () => (await kept.statesOf(wanted)).every((state) => state === 'applied'))
  await eventually(async () => (await kept.accessNow(set)).length === wanted.length)
  expect((await kept.accessNow(set)).sort()).toEqual([...wanted].sort())
  await eventually(async () => (await kept.list('assignments/')).length === wanted.length)
  expect(local.output).not.toContain('this version of ssofile cannot read')
  expect(await textOf('control/owner.json')).toContain('later')
})
