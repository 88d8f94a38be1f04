import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from './local-system.ts'
import { permissionSetFile, smallOrganization } from './small-organization.ts'
import { until } from './until.ts'

const account = '200000000001'
const people = ['ana', 'bo', 'cleo', 'dov', 'eve', 'finn'].map((name) => `${name}@tiny.example`)
const [ana = '', bo = '', cleo = '', dov = '', eve = ''] = people
const linkOf = (user: string) => `links_data/account%${account}%Read-ps%${user}%USER%ssofile`
const file = {
  reviewers: { named: { users: people }, fallback: { users: [ana] } },
  lastsDays: 14,
  silence: { escalateDays: 7, means: 'revoke' },
}
type Item = {
  readonly digest: string
  readonly result: string
  readonly subject: { readonly kind: string; readonly principal?: string; readonly scope?: string }
  readonly given?: readonly { readonly key: string }[]
}

let system: LocalSystem
const keys = new Map<string, string>()
beforeAll(async () => {
  system = await LocalSystem.start({ organization: smallOrganization({ groups: ['team-old'], users: people }) })
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

async function itemOf(principal: string, scope = `account%${account}`): Promise<Item | undefined> {
  const { items } = JSON.parse((await run('auditor', 'show', 'quarter', '--json')).stdout) as { items: readonly Item[] }
  return items.findLast(
    ({ subject }) => subject.principal === principal && (subject.scope === scope || subject.kind === 'foreign'),
  )
}

const digestOf = async (user: string) => (await itemOf(user))?.digest ?? ''

/** By the AWS CLI, as others do it. */
async function giveToGroup(id: string): Promise<void> {
  const instance = await system.access.instanceArn()
  const set = String((await system.json('owned_permission_sets/Read-ps'))?.arn)
  const what = ['--instance-arn', instance, '--target-type', 'AWS_ACCOUNT', '--target-id', account]
  const who = ['--permission-set-arn', set, '--principal-type', 'GROUP', '--principal-id', id]
  await system.cli(['sso-admin', 'create-account-assignment', ...what, ...who])
  await until('foreign access', async () => ((await system.named('foreign/')).length > 0 ? true : undefined))
}

async function renameGroup(id: string, name: string): Promise<void> {
  const store = await system.access.identityStoreId()
  const operations = JSON.stringify([{ AttributePath: 'displayName', AttributeValue: name }])
  const about = ['--identity-store-id', store, '--group-id', id, '--operations', operations]
  await system.cli(['identitystore', 'update-group', ...about])
}

/** What a reviewer writes into the table of the review, by whom an item is about. */
async function decideFrom(user: string, decisions: Readonly<Record<string, 'keep' | 'revoke'>>) {
  const { stdout } = await run(user, 'show', 'quarter', '--open', '--output', 'csv')
  const lines = stdout.split('\r\n').map((line) => {
    const found = Object.entries(decisions).find(([about]) => line.includes(about))
    return found ? line.replace(/^""/, `"${found[1]}"`) : line
  })
  const folder = await mkdtemp(path.join(tmpdir(), 'ssofile-'))
  const table = path.join(folder, 'decisions.csv')
  await writeFile(table, `\uFEFF${lines.join('\r\n')}`)
  const ended = await run(user, 'decide', 'quarter', '--from', table, '--yes')
  await rm(folder, { recursive: true })
  return ended
}

test('a review by AWS CLI and commands: begun, decided, revoked, closed and verified', async () => {
  const [everywhere, group] = [linkOf(dov).replace(`account%${account}`, 'root%all'), await system.groupId('team-old')]
  await system.upload(everywhere)
  await system.untilStatus(everywhere, 'applied')
  await giveToGroup(group)
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
  const table = {
    [`${(await itemOf(dov))?.digest}`]: 'revoke',
    'for team-old': 'revoke',
    [`for ${eve}`]: 'keep',
  } as const
  expect(await decideFrom(ana, table)).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/1 to keep, 2 to revoke; \d+ lines without a decision/),
  })
  await system.untilGone(linkOf(dov))
  await renameGroup(group, 'team-new')
  // By AWS CLI, as oneself.
  const decision = `decisions/${await system.userId(bo)}/quarter/${own}%keep`
  await system.cli(['s3api', 'put-object', '--bucket', 'ssofile', '--key', decision], { as: keys.get(bo) ?? bo })
  await system.untilStatus(decision, 'applied')

  expect(await run('governance', 'close', 'quarter', '--yes')).toMatchObject({ exitCode: 0 })
  // The task stays open for 30 days.
  const results = async () => [(await itemOf(bo))?.result, (await itemOf(dov))?.result].join(', ')
  await until('the results', async () => ((await results()) === 'revoked, still given' ? true : undefined), {
    tell: results,
  })
  expect((await run('auditor', 'verify', 'quarter')).stdout).toMatch(
    /the review quarter, its run of .*, which is settling:\neverything matches/,
  )
  expect((await system.keys('links_data/')).toSorted()).toEqual([
    ...[ana, cleo, eve, people[5] ?? ''].map(linkOf),
    everywhere,
  ])
  // The same access by another link, and access of a group that has another name now.
  expect(await itemOf(dov)).toMatchObject({ result: 'still given', given: [{ key: everywhere }] })
  expect(await itemOf('team-old')).toMatchObject({ result: 'task' })
  const { run: begun } = (await system.json('review-results/quarter/run.json')) ?? {}
  expect((await run('auditor', 'verify', 'quarter', '--run', String(begun).slice(0, 16))).stdout).toMatch(/matches/)
  expect(await run('auditor', 'verify', 'quarter', '--run', '1999')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(String(begun)),
  })

  const proven = `review-results/quarter/${begun}/items/${other}.json`
  const told = await system.json(proven)
  await system.upload(proven, JSON.stringify({ ...told, proof: [] }), 'ssofile')
  expect(await run('auditor', 'verify', 'quarter')).toMatchObject({
    exitCode: 1,
    stdout: expect.stringMatching(/proof/),
  })
  // Only the bucket's owner could change it for him.
  await system.upload(decision, '{ "comment": "another" }', 'ssofile')
  const verified = await run('auditor', 'verify', 'quarter')
  expect(verified).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/changed after it counted/) })
})
