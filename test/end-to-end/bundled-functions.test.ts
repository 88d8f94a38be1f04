import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { bundleFunctions } from '../../infra/bundle-function.ts'
import { ExecutionEnvironment } from '../../infra/local/lambda/execution-environment.ts'
import { openBundledFunction } from '../../infra/local/lambda/start-functions.ts'
import { defaultConfiguration } from '../../shared/domain/deployment/configuration.ts'
import { apiSettings } from '../../shared/domain/deployment/environment.ts'
import { LocalSystem } from './local-system.ts'
import { permissionSetFile, smallOrganization } from './small-organization.ts'

const [one, two] = ['200000000001', '200000000002'] as const
const keyOf = (scope: string, group: string) => `links_data/${scope}%ReadOnly-ps%${group}%GROUP%ssofile`
const file = 'permission_sets/ReadOnly-ps.json'

let directory: string
let system: LocalSystem
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ssofile-bundled-'))
  const principals = ['arn:aws:iam::000000000000:user/maria']
  const api = apiSettings.parse({ access: { uploaders: [{ folder: '', principals }] }, changes: ['links'] })
  bundleFunctions(defaultConfiguration, directory, api)
  const organization = smallOrganization({ groups: ['Auditors', 'Ops', 'Api'] })
  system = await LocalSystem.start({ organization, options: ['--bundles', directory] })
})
afterAll(async () => {
  await system?.stop()
  await rm(directory, { recursive: true })
})

const accessIn = (account: string) => system.access.inAccount(account)
type Metrics = Readonly<Record<string, Readonly<Record<string, number>>>>

test('links in any order are granted by the bundles, and a deleted one is revoked, with its history', async () => {
  const root = keyOf('root%all', 'Auditors')
  await system.upload(root)
  await system.untilStatus(root, 'waiting')
  await system.upload(file, permissionSetFile('ReadOnly-ps'))
  await system.untilStatus(root, 'applied')
  await system.untilStatus(file, 'applied')
  expect(await accessIn(one)).toEqual(['ReadOnly-ps%Auditors%GROUP'])
  expect(await accessIn(two)).toEqual(['ReadOnly-ps%Auditors%GROUP'])
  await system.remove(root)
  await system.untilGone(root)
  expect([await accessIn(one), await accessIn(two)]).toEqual([[], []])
  const history = await system.history(`account%${one}%ReadOnly-ps%Auditors%GROUP%ssofile`)
  expect(history).toEqual(['granted', 'revoked'])
})

test('a wrong link is rejected, and a permission set that links use is kept until the last one goes', async () => {
  const wrong = 'links_data/root%all%ReadOnly-ps%Auditors%group%ssofile'
  await system.upload(wrong)
  await system.untilStatus(wrong, 'rejected')
  const link = keyOf(`account%${one}`, 'Ops')
  await system.upload(link)
  await system.untilStatus(link, 'applied')
  await system.remove(file)
  await system.untilStatus(file, 'blocked')
  const longer = { ...JSON.parse(permissionSetFile('ReadOnly-ps')), sessionDurationInMinutes: 120 }
  await system.upload(file, JSON.stringify(longer))
  await system.untilStatus(file, 'applied')
  await system.remove(link)
  await system.untilGone(link)
})

test('a tag of an account that changes brings its access, by its event', async () => {
  const link = keyOf('account_tag%stage^test', 'Ops')
  await system.upload(link)
  await system.untilStatus(link, 'waiting')
  await system.cli(['organizations', 'tag-resource', '--resource-id', two, '--tags', 'Key=stage,Value=test'])
  await system.untilStatus(link, 'applied')
  expect(await accessIn(two)).toEqual(['ReadOnly-ps%Ops%GROUP'])
})

test('a link by the API is granted for whom the environment lets upload', async () => {
  const linkData = `account%${one}%ReadOnly-ps%Api%GROUP%ssofile`
  const send = (as: string) =>
    fetch(`${system.url}/api/links`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `AWS4-HMAC-SHA256 Credential=${as}/20260303/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify({ action: 'create', linkData }),
    })
  expect((await send('mallory')).status).toBe(403)
  expect((await send('maria')).status).toBe(202)
  const status = await system.untilStatus(`links_data/${linkData}`, 'applied')
  expect(JSON.stringify(status)).toContain('user/maria')
})

test('each function kept to its time and memory, its rights and the bounds of the table', async () => {
  const metrics = (await (await fetch(`${system.url}/_ssofile/functions`)).json()) as Metrics
  for (const name of ['router', 'links', 'permission-sets', 'events', 'dispatcher', 'hourly', 'minute-links', 'api'])
    expect([name, metrics[name]]).toEqual([name, expect.objectContaining({ errors: 0, timeouts: 0 })])
  for (const name of ['router', 'links', 'permission-sets', 'events', 'dispatcher', 'hourly', 'api'])
    expect(metrics[name]?.invocations).toBeGreaterThan(0)
  expect(metrics.dispatcher?.concurrentExecutions).toBe(1)
  expect(system.log).not.toContain('AccessDenied')
})

test.each([
  ['answers what its handler does', 'async (event) => ({ had: event.had })', { had: 1 }],
  [
    'takes more memory than the table gives it',
    "async () => { globalThis.kept = Buffer.alloc(300e6, 'x') }",
    /^the function router took \d+ MB of memory, and has 256$/,
  ],
  ['throws', "async () => { throw new Error('no') }", /^Error: no/],
  ['ends its process', 'async () => process.exit(7)', /^the process of the function router ended with 7$/],
] as const)(
  'a bundled function that %s',
  async (_, handler, expected) => {
    const folder = await mkdtemp(join(tmpdir(), 'ssofile-bundle-'))
    await mkdir(join(folder, 'router'))
    await writeFile(join(folder, 'router', 'index.mjs'), `export const handler = ${handler}`)
    const environment = new ExecutionEnvironment('router', 'one')
    const invoke = openBundledFunction({ directory: folder, name: 'router', environment, variables: {} })
    try {
      const invoked = invoke({ had: 1 })
      if (expected instanceof RegExp) await expect(invoked).rejects.toThrow(expected)
      else expect(await invoked).toEqual(expected)
      expect(environment.isDead).toBe(/took|ended/.test(String(expected)))
    } finally {
      environment.kill()
      await rm(folder, { recursive: true })
    }
  },
  30_000,
)
