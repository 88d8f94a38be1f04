import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import * as z from 'zod'
import { localAccountId, localRegion } from '../../infra/local/local-account.ts'
import { configuration } from '../../shared/domain/deployment/configuration.ts'
import { MemorySecrets } from '../../shared/memory/memory-secrets.ts'
import { memoryTables } from '../../shared/memory/table.ts'
import { notification } from '../../shared/modules/notifications/rules/notification.ts'
import { readText } from '../house/source-files.ts'
import { LocalSystem } from './local-system.ts'
import { until } from './until.ts'

const seen = z.object({
  outcomes: z.array(z.object({ sequence: z.int(), detail: notification })),
  next: z.int().optional(),
  mails: z.array(z.object({ receiver: z.string(), subject: z.string(), text: z.string() })),
})

const secrets = new MemorySecrets({ openTable: memoryTables, region: localRegion, account: localAccountId })
const webhookOf = (name: string) => ({ secretArn: secrets.arnOf(name), format: 'slack' as const })
const { notifications } = configuration.parse({
  notifications: {
    digestMinutes: 1,
    receivers: [
      { name: 'hangs', folders: ['team-a'], webhook: webhookOf('hangs') },
      { name: 'fails', folders: ['team-a'], webhook: webhookOf('fails') },
      { name: 'works', folders: ['team-a'], webhook: webhookOf('works') },
      { name: 'maria', uploaders: ['maria'], mail: ['maria@example.com'] },
      { name: 'approvers', approvers: ['lars.jensen@acme.example'], mail: ['lars.jensen@acme.example'] },
      { name: 'kenji', requesters: ['kenji.ito@acme.example'], mail: ['kenji.ito@acme.example'] },
      { name: 'platform', permissionSets: true, mail: ['platform@example.com'] },
    ],
  },
})

const posted = new Map<string, string[]>()
let server: Server
let system: LocalSystem
beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const path = request.url ?? ''
      posted.set(path, [...(posted.get(path) ?? []), Buffer.concat(chunks).toString()])
      if (path === '/hangs') return
      response.statusCode = path === '/fails' ? 500 : 200
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  system = await LocalSystem.start({ configuration: { folders: ['team-a'], notifications }, timeScale: 10 })
  const secret = (Name: string) => ({ Name, SecretString: `http://127.0.0.1:${port}/${Name}` })
  // As JSON: older AWS CLIs fetch a parameter that is a URL.
  await system.cli(['secretsmanager', 'create-secret', '--cli-input-json', JSON.stringify(secret('works'))])
  const { url: endpoint } = system
  const credentials = { accessKeyId: 'maria', secretAccessKey: 'any' }
  const manager = new SecretsManagerClient({ endpoint, region: localRegion, credentials })
  for (const name of ['hangs', 'fails']) await manager.send(new CreateSecretCommand(secret(name)))
  manager.destroy()
})
afterAll(async () => {
  await system?.stop()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const look = async (query = '') =>
  seen.parse(await (await fetch(`${system.url}/_ssofile/notifications${query}`)).json())
const tell = async () => JSON.stringify(await look())
const link = 'links_data/team-a/account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'
const invalid = 'links_data/team-a/account%233000000002%Billing-ps%team-Accountants%group%ssofile'

test('an upload is told to whoever uploaded it and to the owners of its folder, while other webhooks hang or answer 500', async () => {
  await system.upload('permission_sets/Billing-ps.json', readText('fixtures/acme/permission_sets/Billing-ps.json'))
  await system.upload(invalid)
  await system.upload(link)
  await system.untilStatus(link, 'applied')
  const outcomes = await until(
    'both outcomes',
    async () => {
      const told = (await look()).outcomes.flatMap(({ detail }) => (detail.kind === 'input' ? [detail] : []))
      return told.some(({ event }) => event === 'applied') && told.some(({ event }) => event === 'rejected')
        ? told
        : undefined
    },
    { tell },
  )
  expect(outcomes.filter(({ input }) => input === invalid)).toEqual([
    expect.objectContaining({
      event: 'rejected',
      folder: 'team-a',
      by: 'AWS:maria',
      reason: expect.stringContaining("'group'"),
    }),
  ])
  await until(
    'the digests',
    async () => {
      const { mails } = await look()
      const text = mails.filter(({ receiver }) => receiver === 'maria').map((mail) => mail.text)
      const both = [text.join(''), (posted.get('/works') ?? []).join('')]
      return both.every((one) => one.includes(invalid) && one.includes(link)) ? both : undefined
    },
    { tell },
  )
  // They were tried, and are tried again, while everything else went on.
  await until('the others', async () => (posted.has('/hangs') && posted.has('/fails') ? true : undefined))
  const isToldByMail = async () => (await look()).mails.some(({ receiver }) => receiver === 'platform')
  await until('the mail of the platform', async () => ((await isToldByMail()) ? true : undefined), { tell })
  expect((await system.untilStatus(link, 'applied')).state).toBe('applied')
  const told = (await look('?limit=1')).next
  expect((await look(`?after=${told}&limit=1000`)).outcomes[0]?.sequence).toBe((told ?? 0) + 1)
})

test('a request is told once to whom it waits for, and each of its outcomes once to whoever asked', async () => {
  const [kenji, lars] = ['kenji.ito@acme.example', 'lars.jensen@acme.example']
  const account = '233000000002'
  const eligibility = {
    for: { users: [kenji] },
    permissionSets: ['Billing-ps'],
    scopes: [`account%${account}`],
    longest: 'PT8H',
    approvers: { users: [lars] },
  }
  await system.upload('eligibility/billing.json', JSON.stringify(eligibility), 'governance')
  const request = `requests/${await system.userId(kenji)}/account%${account}%Billing-ps%${kenji}%USER%ssofile`
  // The bucket's owner writes for everybody: who may write where is not asked here.
  await system.upload(request, JSON.stringify({ duration: 'PT1H', reason: 'year end' }), 'ssofile')
  const told = async () =>
    (await look('?limit=1000')).outcomes.flatMap(({ detail }) => (detail.kind === 'request' ? [detail] : []))
  const mailsTo = async (name: string) =>
    (await look()).mails.flatMap(({ receiver, text }) => (receiver === name ? [text] : [])).join('')
  const untilMailed = (name: string, words: string) =>
    until(`a mail to ${name}: ${words}`, async () => ((await mailsTo(name)).includes(words) ? true : undefined), {
      tell,
    })
  const digest = (await system.untilStatus(request, 'waiting')).request?.digest
  await untilMailed('approvers', 'request-asked')
  const approval = `approvals/${await system.userId(lars)}/${digest}`
  await system.upload(approval, JSON.stringify({ decision: 'approve' }), 'ssofile')
  await system.untilStatus(request, 'applied')
  await system.remove(request, 'ssofile')
  await system.untilGone(request)
  await untilMailed('kenji', 'request-finished')
  await until('four outcomes', async () => ((await told()).length >= 4 ? true : undefined), { tell })
  const by = { id: await system.userId(kenji), name: kenji }
  // By name: S3's instants are whole seconds, and a test is fast.
  expect((await told()).sort((a, b) => (a.event < b.event ? -1 : 1))).toEqual([
    expect.objectContaining({ event: 'request-approved', digest, by: expect.objectContaining({ name: lars }) }),
    expect.objectContaining({ event: 'request-asked', digest, requester: by, approvers: [lars], reason: 'year end' }),
    expect.objectContaining({ event: 'request-finished', digest, requester: by }),
    expect.objectContaining({ event: 'request-granted', digest, eligibility: 'billing' }),
  ])
  const eventsIn = async (name: string) => (await mailsTo(name)).match(/request-\w+/g)?.sort()
  expect(await eventsIn('approvers')).toEqual(['request-asked'])
  expect(await eventsIn('kenji')).toEqual(['request-finished', 'request-granted'])
})

test('PutEvents takes ten entries a call, and refuses single ones of them', async () => {
  const entry = (Detail: string) => ({ Source: 'mine', DetailType: 'x', Detail, EventBusName: 'local-outcomes' })
  const put = (entries: readonly object[]) =>
    system.tryCli(['events', 'put-events', '--entries', JSON.stringify(entries)])
  const { stdout } = await put([entry('{}'), entry('no JSON')])
  expect(JSON.parse(stdout)).toMatchObject({
    FailedEntryCount: 1,
    Entries: [{ EventId: expect.any(String) }, { ErrorCode: 'MalformedDetail' }],
  })
  const { exitCode, stderr } = await put(Array.from({ length: 11 }, () => entry('{}')))
  expect({ exitCode, stderr }).toMatchObject({
    exitCode: expect.any(Number),
    stderr: expect.stringContaining('ValidationException'),
  })
})
