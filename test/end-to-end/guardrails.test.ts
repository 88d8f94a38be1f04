import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { LocalSystem } from './local-system.ts'
import { permissionSetFile, smallOrganization } from './small-organization.ts'
import { until } from './until.ts'

const link = (scope: string, group = 'ops') => `links_data/${scope}%Admin-ps%${group}%GROUP%ssofile`
const before = link('root%all')
const wide = link('root%all', 'team')
const narrow = link('account%200000000001', 'team')
const policyKey = 'policies/admins.json'
const policy = JSON.stringify({
  contact: 'the platform team',
  links: [
    {
      ...{ id: 'narrow', control: 'ISO 27001 A.8.2', mode: 'enforce' },
      ...{ for: { permissionSets: ['Admin*'] }, must: { scopes: ['account%*'], reason: true } },
    },
  ],
})
const tests = {
  tests: [
    { title: 'no root', input: wide, body: { reason: 'x' }, expect: 'refused', rules: [`${policyKey}#narrow`] },
    { title: 'one account', input: narrow, body: { reason: 'x' }, expect: 'accepted' },
  ],
}

const people = JSON.stringify({
  contact: 'the platform team',
  separations: [
    { id: 'four-eyes', control: 'SOX 404', mode: 'enforce', must: { notTogether: [['Pay-ps'], ['Approve-ps']] } },
  ],
  minimums: [
    {
      ...{ id: 'kept', control: 'AC-6', mode: 'enforce' },
      ...{ for: { permissionSets: ['Pay-ps'] }, must: { peopleLeast: 1 } },
    },
  ],
})

let system: LocalSystem
let folder: string
const write = async (key: string, text: string) => {
  await mkdir(dirname(join(folder, key)), { recursive: true })
  await writeFile(join(folder, key), text)
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssofile-guardrails-'))
  system = await LocalSystem.start({ organization: smallOrganization({ groups: ['ops', 'team'], users: ['ana'] }) })
  // A changed policy counts after five seconds: this one is needed by the last tests.
  await system.upload('policies/people.json', people, 'governance')
  await system.upload('permission_sets/Admin-ps.json', permissionSetFile('Admin-ps'))
  await system.upload(before, '')
  await system.untilQuiet()
})
afterAll(async () => {
  await system.stop()
  await rm(folder, { recursive: true })
})

test('only governance writes a policy', async () => {
  await expect(system.upload(policyKey, policy)).rejects.toThrow("use the access key id 'governance' for policies/")
  await system.upload(policyKey, policy, 'governance')
})

test('policies test judges as everything else does, and fails for a wrong expectation', async () => {
  await write(policyKey, policy)
  await write('policies/tests/admins.json', JSON.stringify(tests))
  expect(await system.ssofile(['policies', 'test', folder])).toMatchObject({ exitCode: 0 })
  const wrong = tests.tests.map((one) => ({ ...one, expect: 'accepted', rules: undefined }))
  await write('policies/tests/admins.json', JSON.stringify({ tests: wrong }))
  const { exitCode, stdout } = await system.ssofile(['policies', 'test', folder])
  expect(exitCode).toBe(1)
  expect(stdout).toContain(`it is refused by ${policyKey}#narrow, expected accepted`)
})

describe('a link that the policy refuses', () => {
  test('is told by validate and plan, and rejected with rule, control and whom to ask', async () => {
    await write(wide, '{"reason": "x"}')
    await write(narrow, '{"reason": "x"}')
    const validated = await system.ssofile(['validate', folder, '--policies', 's3://ssofile'])
    expect(validated.exitCode).toBe(1)
    const planned = await system.ssofile(['plan', folder, '--no-delete'])
    await untilPolicyRefuses(link('root%all', 'nobody'))
    await system.upload(wide, '{"reason": "x"}')
    await system.upload(narrow, '{"reason": "x"}')
    await system.untilQuiet()
    const { stdout } = await system.ssofile(['status', wide, '--json'])
    for (const told of [validated.stdout, planned.stdout, stdout]) {
      expect(told).toContain("(rule 'narrow' of policies/admins.json, control 'ISO 27001 A.8.2')")
      expect(told).toContain('ask the platform team')
    }
    expect(await accountsOf('team')).toEqual(['200000000001'])
  })

  test('gives nothing new where it gave access before, and keeps that; who --violations tells it', async () => {
    const had = await accountsOf('ops')
    expect(had.length).toBeGreaterThan(1)
    const { exitCode, stdout } = await system.ssofile(['who', '--violations', '--no-live'])
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`${before} stands against a policy`)
    expect(stdout).not.toContain(narrow)
    await system.upload(before, '')
    await system.untilQuiet()
    expect(await accountsOf('ops')).toEqual(had)
  })
})

/** A changed policy counts after five seconds. A link to a group that is not there gives nothing and shows when. */
async function untilPolicyRefuses(probe: string): Promise<void> {
  await until(`the policy refuses ${probe}`, async () => {
    await system.upload(probe, '{"reason": "x"}')
    await system.untilQuiet()
    return (await system.status(probe))?.state === 'rejected' ? true : undefined
  })
  await system.remove(probe)
  await system.untilGone(probe)
}

async function accountsOf(group: string): Promise<readonly string[]> {
  const names = await system.named('assignments/')
  return names.filter((name) => name.includes(`%${group}%`)).map((name) => name.split('%')[1] ?? '')
}

test('a folder with policies is judged by them, and pushed by who may write each part', async () => {
  const proposed = join(folder, 'proposed')
  const named = link('account%200000000002', 'team')
  const put = async (key: string, text: string) => {
    await mkdir(dirname(join(proposed, key)), { recursive: true })
    await writeFile(join(proposed, key), text)
  }
  const run = (as: string, ...words: readonly string[]) => system.ssofile([...words, '--no-delete'], as)
  await put(policyKey, policy.replace('"reason":true', '"ticket":"CHG###"'))
  await put(named, '{"reason": "x"}')
  // By the bucket's policies it would be granted.
  const judged = await run('maria', 'plan', proposed)
  expect(judged).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("a ticket like 'CHG###'") })
  expect(judged.stdout).toContain(`  replaces ${policyKey}`)
  const access = await run('maria', 'plan', proposed, '--only', 'access')
  expect(access.stdout).toContain(`+ ${named}`)
  expect(access.stdout).not.toContain('CHG')

  const refused = await run('maria', 'push', proposed, '--yes')
  expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('nothing was changed: Access Denied') })
  expect(refused.stderr).toContain('to push only some of it, use --only access,')
  expect(await system.keys(named)).toEqual([])

  expect(await run('governance', 'push', proposed, '--only', 'governance', '--yes')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('pushed to bucket ssofile: 1 file uploaded, 0 deleted'),
  })
  const pulled = join(folder, 'pulled')
  expect(await run('maria', 'pull', pulled, '--only', 'governance')).toMatchObject({ exitCode: 0 })
  expect(await readFile(join(pulled, policyKey), 'utf8')).toContain('CHG###')
  await system.upload(policyKey, policy, 'governance')
})

test('a policy that is not valid is told once, with its line, however many files it would judge', async () => {
  const many = join(folder, 'many')
  await mkdir(join(many, 'policies'), { recursive: true })
  await mkdir(join(many, 'links_data'))
  const rule = `{ "id": "a", "control": "c", "mode": "enforce", "must": { "reason": true, "resaon": true } }`
  await writeFile(join(many, policyKey), `{ "contact": "us",\n  "links": [\n    ${rule}\n  ]\n}`)
  for (let index = 0; index < 48; index++) await writeFile(join(many, link('root%all', `team-${index}`)), '')
  const { exitCode, stdout } = await system.ssofile(['validate', many])
  expect(exitCode).toBe(1)
  const told = stdout.split('\n').filter((line) => line.includes(policyKey))
  expect(told).toEqual([expect.stringContaining(`${policyKey}:3:`)])
  expect(stdout.length).toBeLessThan(3000)
})

describe('rules about people', () => {
  const of = (set: string, group: string) => `links_data/account%200000000001%${set}%${group}%GROUP%ssofile`
  const [pay, approve] = [of('Pay-ps', 'ops'), of('Approve-ps', 'team')]

  beforeAll(async () => {
    for (const set of ['Pay-ps', 'Approve-ps'])
      await system.upload(`permission_sets/${set}.json`, permissionSetFile(set))
    for (const group of ['ops', 'team']) await system.joinGroup('ana', group)
    await system.upload(pay, '')
    await system.untilStatus(pay, 'applied')
  })

  test('a link is refused to a group whose member would have both', async () => {
    await system.upload(approve, '')
    await system.untilStatus(approve, 'rejected')
    const { stdout } = await system.ssofile(['status', approve, '--json'])
    expect(stdout).toContain("received 'ana', who has 'Pay-ps' in account 200000000001 through the group 'ops'")
    expect(stdout).toContain("rule 'four-eyes' of policies/people.json, control 'SOX 404'")
  })

  test('the last person keeps an access: push refuses, a deletion is held, and a release lets it go', async () => {
    await mkdir(join(folder, 'last', 'links_data'), { recursive: true })
    await writeFile(join(folder, 'last', narrow), '{"reason": "x"}')
    const pushed = await system.ssofile(['push', join(folder, 'last'), '--yes'])
    expect(pushed.exitCode).toBe(2)
    expect(pushed.stderr).toContain(
      "a policy refuses this push; nothing was changed: it has nobody who would keep 'Pay-ps'",
    )
    await system.remove(pay)
    await system.untilStatus(pay, 'held')
    const shown = JSON.parse((await system.ssofile(['brake', '--json'])).stdout)
    expect(shown.lists).toEqual([expect.objectContaining({ rule: 'minimum', name: '200000000001' })])
    const released = await system.ssofile(['brake', '--release', shown.lists[0].digest], 'operator')
    expect(released.exitCode).toBe(0)
    await system.untilGone(pay)
    expect(await system.keys('assignments/account%200000000001%Pay-ps%')).toEqual([])
  })
})
