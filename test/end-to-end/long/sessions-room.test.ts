import { GetInlinePolicyForPermissionSetCommand } from '@aws-sdk/client-sso-admin'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import * as z from 'zod'
import { operatorRole } from '../../../infra/local/add-roles-of-people.ts'
import { LocalSystem } from '../local-system.ts'
import { mayCall } from '../may-call.ts'
import { smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const file = 'permission_sets/Support-ps.json'
const record = 'control/ended-sessions.json'
const accounts = Array.from({ length: 64 }, (_, number) => `2100000000${String(number + 10)}`)
const [account = ''] = accounts
const users = Array.from({ length: 40 }, (_, number) => `user.${number + 1}@acme.example`)
const [many, lars, ama] = ['many.ends@acme.example', 'lars.jensen@acme.example', 'ama.osei@acme.example']
const issued = z.object({ accessKeyId: z.string() })

/** An inline policy of about so many characters. */
const policyOf = (characters: number) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['s3:*', `s3:${'a'.repeat(characters - 100)}`], Resource: '*' }],
})

async function start(characters: number, timeScale?: number): Promise<LocalSystem> {
  const small = smallOrganization({ users: [...users, many, lars, ama], groups: ['everybody'] })
  const more = accounts.map((id) => ({ id, name: `account ${id}`, email: `aws+${id}@acme.example`, tags: {} }))
  const organization = { ...small, root: { ...small.root, accounts: [...(small.root.accounts ?? []), ...more] } }
  const system = await LocalSystem.start({ organization, timeScale })
  await system.upload(
    file,
    JSON.stringify({ permissionSetName: 'Support-ps', inlinePolicyDocument: policyOf(characters) }),
  )
  const links = [lars, ama].map((user) => `links_data/account%${account}%Support-ps%${user}%USER%ssofile`)
  await system.uploadAll(links)
  await system.untilStatuses(links, 'applied')
  return system
}

async function signIn({ url }: LocalSystem, user: string, where = account): Promise<string> {
  const answer = await fetch(`${url}/_ssofile/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user, permissionSet: 'Support-ps', account: where }),
  })
  return issued.parse(await answer.json()).accessKeyId
}

async function inlinePolicy({ access, ssoAdmin }: LocalSystem): Promise<string> {
  const PermissionSetArn = await access.permissionSetArn('Support-ps')
  const asked = { InstanceArn: await access.instanceArn(), PermissionSetArn }
  return (await ssoAdmin.send(new GetInlinePolicyForPermissionSetCommand(asked))).InlinePolicy ?? ''
}

const end = (system: LocalSystem, ...args: readonly string[]) =>
  system.ssofile(['sessions', 'end', ...args, '--permission-set', 'Support-ps', '--yes'], operatorRole)

type AskedAccess = { readonly user: string; readonly where: string }

/** Asks for temporary access, which is given by itself. Answers the keys of the requests. */
async function ask(system: LocalSystem, asked: readonly AskedAccess[]): Promise<readonly string[]> {
  const requests: string[] = []
  for (const { user, where } of asked) {
    const request = `requests/${await system.userId(user)}/account%${where}%Support-ps%${user}%USER%ssofile`
    await system.upload(request, JSON.stringify({ duration: 'PT8H' }), 'ssofile')
    requests.push(request)
  }
  await system.untilStatuses(requests, 'applied')
  return requests
}

/** S3 tells the time in seconds, and it keeps real time. */
const nextSecond = () => nextOf('second', 1_000)
/** Sessions are ended before a full minute: two ends in one minute have one instant. */
const nextMinute = () => nextOf('minute', 60_000)

async function nextOf(unit: string, ms: number): Promise<void> {
  const now = Math.floor(Date.now() / ms)
  await until(`the next ${unit}`, async () => (Math.floor(Date.now() / ms) > now ? true : undefined))
}

describe('many ends of temporary access in one permission set', () => {
  let system: LocalSystem
  beforeAll(async () => {
    system = await start(2_000, 10)
    const eligibility = {
      for: { users: [...users, many] },
      permissionSets: ['Support-ps'],
      scopes: ['root%all'],
      longest: 'PT8H',
      approvers: { users: [ama] },
      approvals: 1,
      approvedByItself: { groups: ['everybody'] },
      endsSessions: true,
    }
    for (const user of [...users, many]) await system.joinGroup(user, 'everybody')
    await system.upload('eligibility/support.json', JSON.stringify(eligibility), 'governance')
  })
  afterAll(() => system.stop())

  test("64 of one person and one each of 40 others, second after second, leave room for an operator's", async () => {
    const ofOne = await ask(
      system,
      accounts.map((where) => ({ user: many, where })),
    )
    const ofOthers = await ask(
      system,
      users.map((user) => ({ user, where: account })),
    )
    for (const [index, request] of ofOne.entries()) {
      await nextSecond()
      const other = ofOthers[index]
      await Promise.all([request, ...(other === undefined ? [] : [other])].map((key) => system.remove(key, 'ssofile')))
    }
    await system.untilGone(...ofOne, ...ofOthers)
    const old = await signIn(system, lars)
    expect(await mayCall(system, old)).toBe(true)
    expect(await end(system, lars, '--json')).toMatchObject({ exitCode: 0 })
    expect(await mayCall(system, old)).toBe(false)
    const ids = await Promise.all([...users, many, lars].map((user) => system.userId(user)))
    const tell = () => system.lastLogLines()
    await until(
      'all denials',
      async () => {
        const policy = await inlinePolicy(system)
        return ids.every((id) => policy.includes(id)) ? true : undefined
      },
      { tell },
    )
    await system.untilStatus(file, 'applied')
  })
})

describe('a permission set with room for two users at different instants', () => {
  let system: LocalSystem
  beforeAll(async () => {
    system = await start(9_770, 10)
  })
  afterAll(() => system.stop())

  test('an entry that an operator forged keeps nobody from signing in, and is told', async () => {
    const [before, until2099] = ['2099-01-01T00:00:00.000Z', '2099-01-01T12:00:00.000Z']
    const about = { user: await system.userId(lars), name: lars, permissionSet: 'Support-ps', by: 'x' }
    const ended = [{ ...about, before, until: until2099 }]
    await system.upload(record, JSON.stringify({ v: 1, ended }), 'operator')
    const { reason } = await system.untilStatus(file, 'failed')
    expect(reason).toMatch(/entries of control\/ended-sessions.json are not valid.*lars.*lies in the future/)
    expect(await system.has(`attention/failed/${file}`)).toBe(true)
    expect(await mayCall(system, await signIn(system, lars))).toBe(true)
    expect(await inlinePolicy(system)).not.toContain('SsofileEnded')
    const { stdout } = await system.ssofile(['sessions'])
    expect(stdout).toMatch(/spoiled.*lars.*lies in the future/)
  })

  test('the sessions of others can be ended beside it, and ending those of that user takes its place', async () => {
    const sessions = [await signIn(system, ama), await signIn(system, lars)]
    for (const user of [ama, lars]) {
      if (user === lars) await nextMinute()
      const { exitCode, stderr } = await end(system, user)
      expect({ exitCode, stderr }).toMatchObject({
        exitCode: 0,
        stderr: expect.stringMatching(/sign in again after .*:00Z/),
      })
    }
    expect(await Promise.all(sessions.map((session) => mayCall(system, session)))).toEqual([false, false])
    await system.untilStatus(file, 'applied')
  })

  test('one too many is told at once and on attention, and those that were denied stay', async () => {
    const ids = await Promise.all(users.slice(0, 8).map((user) => system.userId(user)))
    const nowMs = Date.now()
    const { ended } = z.object({ ended: z.array(z.looseObject({ by: z.string() })) }).parse(await system.json(record))
    const by = ended[0]?.by
    const more = ids.map((user, number) => {
      const beforeMs = Math.floor(nowMs / 60_000 - number) * 60_000
      const [before, ends] = [beforeMs, beforeMs + 12 * 3_600_000].map((ms) => new Date(ms).toISOString())
      return { user, name: users[number], permissionSet: 'Support-ps', before, until: ends, by }
    })
    await system.upload(record, JSON.stringify({ v: 1, ended: [...ended, ...more] }), 'operator')
    const { reason } = await system.untilStatus(file, 'failed')
    expect(reason).toMatch(/no room for them: .*user.\d+@acme.example/)
    const policy = await inlinePolicy(system)
    for (const user of [lars, ama]) expect(policy).toContain(await system.userId(user))
    await nextMinute()
    const other = users[20] ?? ''
    const told = await end(system, other, '--json')
    expect(told).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/no room .*Support-ps/) })
    expect(told.stderr).toContain('--everywhere')
    expect(JSON.parse(told.stdout).sessions).toMatchObject([{ name: other, state: 'no room' }])
  })
})
