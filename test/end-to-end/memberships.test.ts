import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from './local-system.ts'
import { until } from './until.ts'

const kenji = 'kenji.ito@acme.example'
const lars = 'lars.jensen@acme.example'
const account = '233000000002'
const group = 'groups/oncall.json'
const member = `memberships/oncall%${kenji}%ssofile`
const ofLars = `memberships/oncall%${lars}%ssofile`
const link = `links_data/account%${account}%Support-ps%oncall%GROUP%ssofile`

const policy = {
  contact: 'the platform team',
  links: [
    {
      ...{ id: 'shifts', control: 'AC-2', mode: 'enforce' },
      ...{ for: { permissionSets: ['Support-*'], principals: ['chen.*'] }, must: { ticket: 'CHG###' } },
    },
  ],
}

let system: LocalSystem
let user: string

beforeAll(async () => {
  system = await LocalSystem.start()
  // Long before it is asked: a changed policy counts after five seconds.
  await system.upload('policies/people.json', JSON.stringify(policy), 'governance')
  user = await system.userId(kenji)
})
afterAll(() => system.stop(), 60_000)

const groupsOf = () => system.access.groupsOf(user)

const untilMember = async (id: string, expected: boolean) =>
  until(`member: ${expected}`, async () => ((await groupsOf()).includes(id) === expected ? true : undefined), {
    tell: async () => `${JSON.stringify(await system.status(member))}\n${system.lastLogLines()}`,
  })

test('only governance makes a group by a file, and a file puts a user into it, with all its access', async () => {
  const denied = await system.tryCli(['s3', 'cp', 'package.json', `s3://ssofile/${group}`], { as: 'maria' })
  expect(denied.stderr).toContain("use the access key id 'governance' for groups/")
  await system.upload(member, '{ "reason": "shift" }')
  await system.untilStatus(member, 'waiting')
  await system.upload(group, '{ "description": "who is called" }', 'governance')
  await system.untilStatus(group, 'applied')
  await system.untilStatus(member, 'applied')
  await untilMember(await system.groupId('oncall'), true)
  await system.upload(group, '{ "description": "who is called at night" }', 'governance')
  await until('the new description', async () =>
    (await system.keys('changes/')).some((key) => key.includes('%group-changed%')) ? true : undefined,
  )
  await system.upload('permission_sets/Support-ps.json', '{ "permissionSetName": "Support-ps" }')
  await system.upload(link)
  await system.untilStatus(link, 'applied')
  const explained = await system.ssofile(['explain', account, 'Support-ps', kenji], 'auditor')
  expect(explained.stdout).toContain(`the user is in the group through ${member}`)
})

test('a folder of memberships alone is planned with the access that they bring, and pushed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ssofile-memberships-'))
  try {
    await mkdir(join(folder, 'memberships'))
    await writeFile(join(folder, ofLars), '{ "reason": "holiday" }')
    const planned = await system.ssofile(['plan', folder], 'maria')
    expect(planned.stdout).toContain(`puts in: user '${lars}', group 'oncall', and grants 'Support-ps' in 1 account`)
    expect(planned.stdout).toContain(
      `takes out: user '${kenji}', group 'oncall', and revokes 'Support-ps' in 1 account`,
    )
    await writeFile(join(folder, member), '{ "reason": "shift" }')
    const told = await system.ssofile(['plan', folder, '--json'], 'maria')
    const { memberships } = JSON.parse(told.stdout) as { memberships: { added: unknown[]; removed: unknown[] } }
    expect(memberships).toMatchObject({ added: [{ group: 'oncall', user: lars }], removed: [] })
    const comment = await system.ssofile(['plan', folder, '--markdown'], 'maria')
    expect(comment.stdout).toContain('1 membership to add')
    const pushed = await system.ssofile(['push', folder, '--only', 'memberships', '--yes'], 'maria')
    expect(pushed.stdout).toContain('pushed to bucket ssofile: 1 file uploaded, 0 deleted')
    await system.untilStatus(ofLars, 'applied')
  } finally {
    await rm(folder, { recursive: true })
  }
  const who = await system.ssofile(['who', '--group', 'oncall', '--json'], 'auditor')
  const { rows } = JSON.parse(who.stdout) as { rows: readonly { person: string; memberships?: readonly string[] }[] }
  expect(rows.map(({ person, memberships }) => [person, memberships])).toEqual([
    [kenji, [member]],
    [lars, [ofLars]],
  ])
})

test('a policy about the access of a group is asked of a file that puts somebody into it', async () => {
  const file = 'memberships/oncall%chen.wei@acme.example%ssofile'
  await system.upload(file)
  await system.untilStatus(file, 'rejected')
  expect(await system.status(file)).toMatchObject({ reason: expect.stringContaining("rule 'shifts'") })
  await system.remove(file)
  await system.untilGone(file)
})

test('a lost record of a membership is brought back from history, as the directory has it', async () => {
  const [group, id] = [await system.groupId('oncall'), await system.userId(lars)]
  const record = `owned_memberships/${group}%${id}`
  await system.remove(record, 'ssofile')
  const restored = await system.ssofile(['restore', '--yes'], 'ssofile-operator')
  expect(restored.stdout).toContain('brought back: 1 record of a group or membership')
  expect(await system.has(record)).toBe(true)
  await system.remove(ofLars)
  await system.untilGone(ofLars)
  expect(await system.has(record)).toBe(false)
})

test('while a file suspends the user, the membership is gone, and then it is given back', async () => {
  const id = await system.groupId('oncall')
  await system.upload(`suspended/${kenji}`, '', 'hr')
  await untilMember(id, false)
  await system.untilStatus(member, 'waiting')
  await system.remove(`suspended/${kenji}`, 'hr')
  await untilMember(id, true)
})

test('deleting the file takes the user out, and a group is deleted when nothing refers to it any more', async () => {
  const id = await system.groupId('oncall')
  await system.remove(group, 'governance')
  await system.untilStatus(group, 'blocked')
  await system.remove(link)
  await system.untilGone(link)
  await system.remove(member)
  await untilMember(id, false)
  await system.untilGone(member, group)
  const changes = await system.keys('changes/')
  const told = changes.flatMap((key) => /%((?:group|membership)-[a-z]+)%/.exec(key)?.[1] ?? [])
  // Of one second they stand in the order of their names.
  expect(told.toSorted()).toEqual([
    ...['group-changed', 'group-created', 'group-deleted'],
    ...['membership-added', 'membership-added', 'membership-added'],
    ...['membership-removed', 'membership-removed', 'membership-removed'],
  ])
})

test('a group that a provider keeps is never written', async () => {
  await system.createGroup('from-provider')
  await fetch(`${system.url}/_ssofile/groups/from-provider/provision`, { method: 'POST' })
  await system.upload('groups/from-provider.json', '{ "description": "ours" }', 'governance')
  await system.untilStatus('groups/from-provider.json', 'rejected')
  const file = `memberships/from-provider%${kenji}%ssofile`
  await system.upload(file)
  await system.untilStatus(file, 'rejected')
  expect(await groupsOf()).not.toContain(await system.groupId('from-provider'))
})
