import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { operatorRole, plannerRole } from '../../../infra/local/add-roles-of-people.ts'
import { RecordedForge } from '../../infra/integrations/recorded-forge.ts'
import { LocalSystem } from '../local-system.ts'
import { checkout, runProgram } from '../run-program.ts'

const billing = 'permission_sets/Billing-ps.json'
const kept = 'links_data/account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'
const wide = 'links_data/root%all%Billing-ps%team-Web%GROUP%ssofile'
const broken = 'links_data/root%all%Billing-ps%team-Web%group%ssofile'

const passRole = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'iam:PassRole', Resource: '*' }],
}

let system: LocalSystem
let folder: string
beforeAll(async () => {
  system = await LocalSystem.start({ configuration: { auditorRole: 'ssofile-auditor', folders: ['team-a'] } })
  folder = await mkdtemp(join(tmpdir(), 'ssofile-pull-request-'))
  await write(billing, await readFile(join(checkout, 'fixtures/acme', billing), 'utf8'))
  await write(kept, '')
  await system.ssofile(['push', folder, '--yes'])
  await system.untilStatus(kept, 'applied')
  await system.untilQuiet()
})
afterAll(async () => {
  await system.stop()
  await rm(folder, { recursive: true })
})

async function write(key: string, body: string): Promise<void> {
  await mkdir(dirname(join(folder, key)), { recursive: true })
  await writeFile(join(folder, key), body)
}

/** What the job of a pull request prints, with the rights of docs/pull-requests.md only. */
async function comment(as = plannerRole, expected = 0): Promise<string> {
  const { exitCode, stdout } = await system.ssofile(['plan', folder, '--markdown'], as)
  expect(exitCode).toBe(expected)
  return stdout
}

const digestIn = (told: string) => /^Plan `([0-9a-f]{32})`/m.exec(told)?.[1] ?? 'none'

test('a role that only reads makes the comment of a pull request, byte for byte the same each time', async () => {
  await write(wide, '')
  await write(broken, '')
  const told = await comment(plannerRole, 2)
  expect(told).toMatch(
    /^\*\*39 assignments to grant, 0 to revoke, 1 link without effect\.\*\* The brake would hold nothing\./,
  )
  expect(told).toContain(`- **39 accounts**: \`Billing-ps\` to group \`team-Web\` in 39 accounts`)
  expect(told).toContain(`- **rejected**: \`${broken}\``)
  expect(told).toContain('**1 file to upload is not valid: a push is refused.**')
  expect(await comment(plannerRole, 2)).toBe(told)
  await rm(join(folder, broken))
})

test('that role may not push', async () => {
  const { exitCode } = await system.ssofile(['push', folder, '--yes'], plannerRole)
  expect(exitCode).toBe(2)
  expect(await system.has(wide)).toBe(false)
})

test('what managed policies say is read through the auditor’s role, in another account where one has no such role, and told by name where nothing is found', async () => {
  const before = await readFile(join(folder, billing), 'utf8')
  const [s3, unknown] = ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess', 'arn:aws:iam::aws:policy/NewInAws']
  const body = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '*' }],
  })
  const url = `${system.url}/_ssofile/accounts/233000000002/policies/team/invoices`
  expect((await fetch(url, { method: 'PUT', body: '{"Statement":' })).status).toBe(400)
  expect((await fetch(url, { method: 'PUT', body })).status).toBe(204)
  await write(
    billing,
    JSON.stringify({
      ...JSON.parse(before),
      managedPoliciesArnList: [s3, unknown],
      customerManagedPoliciesList: [{ Name: 'invoices', Path: '/team/' }],
    }),
  )
  const told = await comment()
  expect(told).toContain('- gains Write: `sqs:SendMessage`')
  expect(told).toMatch(/- gains Read: .*`s3:Describe/)
  expect(told).toContain(
    `- judged with the policies in account 233000000002: \`${s3}\`, \`customer managed /team/invoices\``,
  )
  expect(told).toContain(`\`${unknown}: account 233000000002 has no such policy\``)
  expect(await comment()).toBe(told)
  expect(await comment(operatorRole)).toBe(told)
  const role = `${system.url}/_ssofile/accounts/233000000002/missing-auditor-role`
  expect((await fetch(role, { method: 'PUT' })).status).toBe(204)
  const elsewhere = await comment()
  expect(elsewhere).toContain('- gains Read:')
  expect(elsewhere).toContain(`- judged with the policies in account 210000000001: \`${s3}\``)
  expect(elsewhere).toContain('`customer managed /team/invoices: account 210000000001 has no such policy`')
  expect((await fetch(role, { method: 'DELETE' })).status).toBe(204)
  await write(billing, before)
})

test('a merge is refused by its digest after somebody else gave the permission set to more, and does what a new plan shows', async () => {
  await write(
    billing,
    JSON.stringify({ ...JSON.parse(await readFile(join(folder, billing), 'utf8')), inlinePolicyDocument: passRole }),
  )
  const shown = await comment()
  expect(shown).toContain('- gains Write: `iam:PassRole`')
  const other = kept.replace('233000000002', '233000000001')
  await system.upload(other)
  await system.untilStatus(other, 'applied')
  await system.untilQuiet()
  await write(other, '')
  const refused = await system.ssofile(['push', folder, '--plan', digestIn(shown)])
  expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('nothing was pushed') })
  expect(await system.has(wide)).toBe(false)
  const merged = await system.ssofile(['push', folder, '--plan', digestIn(await comment())])
  expect(merged).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('pushed to bucket ssofile: 2 files uploaded, 0 deleted'),
  })
  expect(await system.has(wide)).toBe(true)
})

test('the job of a pull request comments its plan, and the job of the merge pushes it only while it is what was shown', async () => {
  const forge = new RecordedForge()
  try {
    const head = 'a'.repeat(40)
    const event = join(folder, 'event.json')
    await writeFile(event, JSON.stringify({ pull_request: { number: 7, head: { sha: head } } }))
    const job = async (COMMAND: string, as: string) => {
      const github = { GITHUB_API_URL: url, GITHUB_REPOSITORY: 'acme/access', GITHUB_TOKEN: 'secret' }
      const given = { COMMAND, TOOL: checkout, FOLDER: folder, SSOFILE_BUCKET: 'ssofile', GITHUB_EVENT_PATH: event }
      const env = { ...system.env(as), ...github, ...given, GITHUB_SHA: 'c'.repeat(40) }
      return runProgram('bash', [join(checkout, 'infra/integrations/run.sh')], { env })
    }
    const url = await forge.listen()
    forge.mergedHead = head
    const added = kept.replace('233000000002', '250000000003')
    await write(added, '')
    expect(await job('plan', plannerRole)).toMatchObject({ exitCode: 0 })
    expect(forge.comments).toMatchObject([{ body: expect.stringContaining(`uploads \`${added}\``) }])

    await system.upload(added, '{"reason":"somebody else was first"}')
    expect(await job('push', 'maria')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('nothing was pushed'),
    })
    expect(await job('plan', plannerRole)).toMatchObject({ exitCode: 0 })
    expect(forge.comments).toHaveLength(1)
    const { exitCode, stdout } = await job('push', 'maria')
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: expect.stringContaining('pushed to bucket ssofile: 1 file uploaded'),
    })

    const ofTeam = kept.replace('links_data/', 'links_data/team-a/')
    await write(ofTeam, '')
    const { exitCode: code, stdout: validated } = await job('plan', plannerRole)
    expect({ code, validated }).toEqual({ code: 0, validated: expect.stringContaining('valid: ') })
    const undeclared = ofTeam.replace('team-a', 'team-b')
    await write(undeclared, '')
    expect((await job('plan', plannerRole)).exitCode).toBeGreaterThan(0)
    for (const one of [ofTeam, undeclared]) await rm(join(folder, one))

    const valid = await readFile(join(folder, kept), 'utf8')
    await write(kept, '{ "reason": "on call", }')
    const refused = await job('plan', plannerRole)
    expect(refused.exitCode).toBeGreaterThan(0)
    expect(refused.stderr).toContain("it takes Billing-ps from group 'team-Accountants' in 1 account: 233000000002")
    const [told] = forge.comments
    expect(told?.body).toContain('**1 file to upload is not valid: a push is refused.**')
    expect(told?.body).toContain("it takes Billing-ps from group 'team-Accountants' in 1 account: 233000000002")
    expect(await job('push', 'maria')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is not valid') })
    expect((await system.status(kept))?.state).toBe('applied')
    await write(kept, valid)
  } finally {
    await forge.close()
  }
})

test('of a pull request whose files are links nothing is told that they lead to, and a device does not stop the job', async () => {
  const proposed = join(folder, 'proposed')
  const token = 'ghs_0123456789abcdefghijklmnopqrstuvwxyz'
  await write('checkout/.git/config', token)
  const links = [
    ['policies/rules.json', '../../checkout/.git/config'],
    ['policies/tests', '../../checkout/.git'],
    ['selectors/production.json', '../../checkout/.git/config'],
    ['links_data/secret', '../../checkout/.git/config'],
    ['permission_sets/Billing-ps.json', '/dev/zero'],
  ] as const
  for (const [path, target] of links) {
    await mkdir(dirname(join(proposed, path)), { recursive: true })
    await symlink(target, join(proposed, path))
  }
  const commands = [
    {
      command: ['validate', proposed],
      exitCode: 1,
      told: links.map(([path]) => path).filter((path) => !/tests/.test(path)),
    },
    { command: ['policies', 'test', proposed], exitCode: 1, told: ['policies/rules.json', 'policies/tests'] },
    { command: ['plan', folder, '--selectors', proposed], exitCode: 2, told: ['selectors/production.json'] },
  ]
  for (const { command, exitCode, told } of commands) {
    const ended = await system.ssofile(command, plannerRole)
    const all = ended.stdout + ended.stderr
    expect({ command, exitCode: ended.exitCode, all }).toMatchObject({ command, exitCode })
    for (const path of told) expect(all).toContain(path)
    expect(all).toContain('a symbolic link')
    expect(all).not.toContain(token.slice(0, 8))
  }
  await rm(proposed, { recursive: true })
  await rm(join(folder, 'checkout'), { recursive: true })
})
