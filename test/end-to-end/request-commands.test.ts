import { afterAll, beforeAll, expect, test } from '@jest/globals'
import * as z from 'zod'
import { LocalSystem } from './local-system.ts'
import { permissionSetFile, smallOrganization } from './small-organization.ts'

const account = '200000000001'
const people = ['kenji@tiny.example', 'lea@tiny.example', 'bo@tiny.example'] as const
const [kenji, lea, bo] = people
const asked = `account%${account}%Admin-ps`
const permanent = (user: string, set = 'Base-ps') => `links_data/account%${account}%${set}%${user}%USER%ssofile`
const eligibility = {
  for: { users: [kenji, lea] },
  permissionSets: ['Admin-ps'],
  scopes: ['ou_id%ou-tiny-workload'],
  longest: 'PT8H',
  approvers: { groups: ['security'] },
  needs: ['reason'],
}

let system: LocalSystem
/** The access key of a session, by user. */
const keys = new Map<string, string>()
beforeAll(async () => {
  system = await LocalSystem.start({ organization: smallOrganization({ groups: ['security'], users: [...people] }) })
  for (const set of ['Admin-ps', 'Base-ps']) await system.upload(`permission_sets/${set}.json`, permissionSetFile(set))
  for (const user of people) await system.upload(permanent(user))
  await system.upload('eligibility/admins.json', JSON.stringify(eligibility), 'governance')
  for (const user of people) {
    await system.untilStatus(permanent(user), 'applied')
    keys.set(user, await signIn(user))
  }
  for (const user of [kenji, lea]) await system.joinGroup(user, 'security')
})
afterAll(() => system?.stop(), 30_000)

async function signIn(user: string): Promise<string> {
  const body = JSON.stringify({ user, permissionSet: 'Base-ps', account })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${system.url}/_ssofile/sessions`, { method: 'POST', headers, body })
  return z.object({ accessKeyId: z.string() }).parse(await answer.json()).accessKeyId
}

const run = (user: string, ...args: readonly string[]) => system.ssofile(args, keys.get(user) ?? user)
const told = z.looseObject({
  key: z.string(),
  status: z.looseObject({ state: z.string(), request: z.looseObject({ digest: z.string() }) }),
})
const listed = z.array(z.looseObject({ state: z.string(), request: z.looseObject({ digest: z.string() }) }))
const tellOf = (stdout: string) => told.parse(JSON.parse(stdout))
const listOf = (stdout: string) => listed.parse(JSON.parse(stdout)).map(({ request }) => request.digest)

test('a person asks by command, sees why it is not granted, asks again, is approved by another, and ends it; a permanent link survives', async () => {
  await system.upload(permanent(kenji, 'Admin-ps'))
  const refused = await run(kenji, 'request', asked, '--for', '4h')
  expect(refused).toMatchObject({
    exitCode: 1,
    stdout: expect.stringMatching(/nearest is 'admins': it needs a reason/),
  })
  const waiting = await run(kenji, 'request', asked, '--for', '4h', '--reason', 'disk', '--incident', 'INC-7', '--json')
  expect(waiting.exitCode).toBe(0)
  const { key, status } = tellOf(waiting.stdout)
  const { digest } = status.request
  expect(status.state).toBe('waiting')
  expect(listOf((await run(lea, 'requests', '--waiting-for-me', '--json')).stdout)).toEqual([digest])
  expect(listOf((await run(bo, 'requests', '--json')).stdout)).toEqual([])

  // Also as a member of the approvers' group nobody approves their own.
  expect(await run(kenji, 'approve', digest, '--yes')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/your own/),
  })
  expect(await run(lea, 'approve', digest)).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/add --yes/) })
  // What completion offers.
  expect((await run(lea, 'offer', 'requests', digest.slice(0, 4))).stdout).toBe(`${digest}\n`)
  const approved = await run(lea, 'approve', digest, '--reason', 'fine', '--yes', '--json')
  expect(approved.exitCode).toBe(0)
  expect(tellOf(approved.stdout)).toMatchObject({ status: { state: 'applied' } })
  const link = key.replace(/^requests\/[^/]*\//, 'links_data/temporary/')
  await system.untilStatus(link, 'applied')
  const explained = await system.ssofile(['explain', account, 'Admin-ps', kenji], 'auditor')
  expect(explained.stdout).toMatch(new RegExp(`by eligibility 'admins', approved by '${lea}', request ${digest}`))

  const finished = await run(kenji, 'finish', digest)
  expect(finished).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/is withdrawn/) })
  await system.untilGone(link)
  const who = await system.ssofile(['who', '--user', kenji, '--permission-set', 'Admin-ps', '--json'], 'auditor')
  expect(JSON.parse(who.stdout)).toMatchObject({ rows: [{ account, links: [{ key: permanent(kenji, 'Admin-ps') }] }] })

  const incident = await system.ssofile(['incident', 'INC-7', '--json'], 'auditor')
  expect(JSON.parse(incident.stdout)).toMatchObject({
    requests: [{ digest, outcome: 'finished', userName: kenji, lookupEvents: expect.stringContaining(kenji) }],
    athena: expect.stringContaining(`recipientaccountid = '${account}'`),
  })
  const audit = await system.ssofile(['requests', '--since', '2026-01-01', '--approver', lea, '--json'], 'auditor')
  expect(JSON.parse(audit.stdout)).toMatchObject([
    { digest, events: [{ event: 'asked' }, { event: 'approved', comment: 'fine' }, {}, {}] },
  ])
})

test('a denial is for good, an approver ends what was granted, and an operator too', async () => {
  // The same content within the same second is the same upload: S3 says when in whole seconds.
  const ask = async (reason: string) =>
    tellOf((await run(lea, 'request', asked, '--for', '1h', '--reason', reason, '--json')).stdout)
  const first = await ask('first')
  expect(await run(kenji, 'deny', first.key, '--yes', '--reason', 'not now')).toMatchObject({ exitCode: 0 })
  expect(await run(kenji, 'approve', first.key, '--yes')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/denied/),
  })
  const second = await ask('second')
  expect(await run(kenji, 'approve', second.key, '--yes')).toMatchObject({ exitCode: 0 })
  const ended = await run(kenji, 'finish', second.key)
  expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/is denied/) })
  const third = await ask('third')
  expect(await system.ssofile(['finish', third.key], 'operator')).toMatchObject({ exitCode: 0 })
  expect(await system.json(third.key)).toBeUndefined()
})

test('an extension does not shorten what runs, is withdrawn or denied by itself, and ends with it', async () => {
  const extend = (time: string, ...more: readonly string[]) =>
    run(lea, 'request', asked, '--for', time, '--reason', `for ${time}`, ...more)
  const { key } = tellOf((await extend('4h', '--json')).stdout)
  await run(kenji, 'approve', key, '--yes')
  const { request } = await system.untilStatus(key, 'applied')
  const until = request?.expiresAt ?? 'no end'
  const link = key.replace(/^requests\/[^/]*\//, 'links_data/temporary/')
  const before = await system.json(link)

  const shorter = await extend('1h')
  expect(shorter).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`an end after ${until}`) })
  // A file that is uploaded without the command is refused the same way.
  await system.upload(key, JSON.stringify({ duration: 'PT2H', reason: 'disk' }), keys.get(lea))
  const refused = await system.untilStatus(key, 'rejected')
  expect(refused).toMatchObject({ reason: expect.stringContaining(until), request: { runsUntil: until } })
  expect(await run(kenji, 'finish', key, '--extension')).toMatchObject({ exitCode: 2 })
  expect(await run(lea, 'finish', key, '--extension')).toMatchObject({ exitCode: 0 })
  expect(await system.status(key)).toMatchObject({ state: 'applied', request: { expiresAt: until } })
  expect(await run(lea, 'finish', key, '--extension')).toMatchObject({ exitCode: 2 })

  const longer = await extend('6h')
  expect(longer).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining(`the access that you have until ${until} stays`),
  })
  const denied = await run(kenji, 'finish', key)
  expect(denied).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`continues until ${until}`) })
  expect(await system.json(link)).toEqual(before)
  await extend('8h')
  expect(await run(lea, 'finish', key)).toMatchObject({ exitCode: 0 })
  await system.untilGone(link)
})

test('credentials that are nobody in particular ask for nothing, and what people may ask for is told', async () => {
  const nobody = await system.ssofile(['request', asked, '--for', '1h'], 'maria')
  expect(nobody).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/expected a session of IAM Identity Center/),
  })
  const eligible = await run(lea, 'who', '--eligible', '--user', lea, '--account', account, '--json')
  expect(JSON.parse(eligible.stdout)).toMatchObject({ eligible: [{ name: 'admins' }], notes: [] })
  expect((await run(bo, 'who', '--eligible', '--user', bo)).exitCode).toBe(1)
})

test('a request that nobody can approve is refused before its upload', async () => {
  const file = 'eligibility/nobody.json'
  const unapprovable = { ...eligibility, permissionSets: ['Base-ps'], approvers: { groups: ['approvers-gone'] } }
  await system.upload(file, JSON.stringify(unapprovable), 'governance')
  const refused = await run(kenji, 'request', `account%${account}%Base-ps`, '--for', '1h', '--reason', 'disk')
  expect(refused).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("nobody can approve it: group 'approvers-gone' does not exist"),
  })
  expect((await system.keys('requests/')).filter((key) => key.includes('Base-ps'))).toEqual([])
})
