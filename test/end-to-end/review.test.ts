import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from './local-system.ts'
import { permissionSetFile, smallOrganization } from './small-organization.ts'

const account = '200000000001'
const people = ['ana', 'bo', 'cleo', 'dov', 'eve', 'finn'].map((name) => `${name}@tiny.example`)
const [ana = '', bo = '', cleo = ''] = people
const linkOf = (user: string) => `links_data/account%${account}%Read-ps%${user}%USER%ssofile`
const file = {
  reviewers: { named: { users: people }, fallback: { users: [ana] } },
  lastsDays: 14,
  silence: { escalateDays: 7, means: 'revoke' },
}
type Item = { readonly digest: string; readonly subject: { readonly principal?: string } }

let system: LocalSystem
const keys = new Map<string, string>()
beforeAll(async () => {
  system = await LocalSystem.start({ organization: smallOrganization({ groups: [], users: people }) })
  await system.upload('permission_sets/Read-ps.json', permissionSetFile('Read-ps'))
  for (const user of people) await system.upload(linkOf(user))
  for (const user of people) {
    await system.untilStatus(linkOf(user), 'applied')
    keys.set(user, await signIn(user))
  }
})
afterAll(() => system?.stop(), 30_000)

async function signIn(user: string): Promise<string> {
  const body = JSON.stringify({ user, permissionSet: 'Read-ps', account })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${system.url}/_ssofile/sessions`, { method: 'POST', headers, body })
  return ((await answer.json()) as { accessKeyId: string }).accessKeyId
}

const run = (user: string, ...args: readonly string[]) => system.ssofile(['review', ...args], keys.get(user) ?? user)

async function digestOf(user: string): Promise<string> {
  const { items } = JSON.parse((await run('auditor', 'show', 'quarter', '--json')).stdout) as { items: readonly Item[] }
  return items.findLast(({ subject }) => subject.principal === user)?.digest ?? ''
}

test('a review by AWS CLI and commands: begun, decided, revoked, closed and verified', async () => {
  await system.upload('reviews/quarter.json', JSON.stringify(file), 'governance')
  await system.untilStatus('reviews/quarter.json', 'applied')
  expect((await run('auditor', 'list')).stdout).toMatch(/quarter +open/)

  const [own, other, third] = [await digestOf(ana), await digestOf(bo), await digestOf(cleo)]
  expect(await run(ana, 'decide', 'quarter', 'keep', own, '--yes')).toMatchObject({ exitCode: 1 })
  const revoked = await run(ana, 'decide', 'quarter', 'revoke', other, '--reason', '=1+1 <b>left</b>', '--yes')
  expect(revoked).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/applied: revoked/) })
  await system.untilGone(linkOf(bo))
  expect(await run(ana, 'decide', 'quarter', 'keep', other, '--yes')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/it is 'revoking', as ana@tiny\.example decided; nothing was decided/),
  })
  // The same again, and then another content: each is told as its own upload was counted.
  for (const comment of [[], ['--reason', 'on duty']])
    for (let again = 0; again < 2; again++)
      expect(await run(ana, 'decide', 'quarter', 'keep', third, ...comment, '--yes')).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(/applied: it counts/),
      })
  expect(await run(bo, 'decide', 'quarter', 'keep', third.slice(0, 8), '--yes')).toMatchObject({ exitCode: 0 })
  // By AWS CLI, as oneself.
  const decision = `decisions/${await system.userId(bo)}/quarter/${own}%keep`
  await system.cli(['s3api', 'put-object', '--bucket', 'ssofile', '--key', decision], { as: keys.get(bo) ?? bo })
  await system.untilStatus(decision, 'applied')

  expect(await run('governance', 'close', 'quarter', '--yes')).toMatchObject({ exitCode: 0 })
  const isDone = async () => (await system.json('review-results/quarter/run.json'))?.phase === 'done'
  for (let second = 0; second < 60 && !(await isDone()); second++) await new Promise((done) => setTimeout(done, 1_000))
  expect((await run('auditor', 'verify', 'quarter')).stdout).toMatch(
    /the review quarter, its run of .*, which is done:\neverything matches/,
  )
  expect(await system.keys('links_data/')).toHaveLength(people.length - 1)
  const { run: begun } = (await system.json('review-results/quarter/run.json')) ?? {}
  expect((await run('auditor', 'verify', 'quarter', '--run', String(begun).slice(0, 16))).stdout).toMatch(/matches/)
  expect(await run('auditor', 'verify', 'quarter', '--run', '1999')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(String(begun)),
  })

  // Only the bucket's owner could change it for him.
  await system.upload(decision, '{ "comment": "another" }', 'ssofile')
  const verified = await run('auditor', 'verify', 'quarter')
  expect(verified).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/changed after it counted/) })
})
