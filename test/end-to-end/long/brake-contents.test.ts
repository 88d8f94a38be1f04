import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { defaultConfiguration } from '../../../shared/domain/deployment/configuration.ts'
import { LocalSystem } from '../local-system.ts'
import { readBack } from '../permission-set-reader.ts'
import { smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const set = 'Work-ps'
const file = `permission_sets/${set}.json`
const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
const billing = 'arn:aws:iam::aws:policy/job-function/Billing'
const fileOf = (...managedPoliciesArnList: readonly string[]) =>
  JSON.stringify({ permissionSetName: set, managedPoliciesArnList })
const emptied = JSON.stringify({ permissionSetName: set, sessionDurationInMinutes: 120 })
/** Each in three accounts. */
const groups = Array.from({ length: 7 }, (_, index) => `team ${index}`)
const linkOf = (group: string) => `links_data/root%all%${set}%${group}%GROUP%ssofile`

let system: LocalSystem
let folder: string
beforeAll(async () => {
  system = await LocalSystem.start({
    organization: smallOrganization({ groups: [...groups, 'newcomers'] }),
    configuration: { brake: { ...defaultConfiguration.brake, own: { count: 3, percent: 10, minutes: 15 } } },
  })
  folder = await mkdtemp(join(tmpdir(), 'ssofile-brake-contents-'))
  await mkdir(join(folder, 'permission_sets'))
  await system.upload(file, fileOf(readOnly, billing))
  await system.uploadAll(groups.map(linkOf))
  await system.untilStatuses([file, ...groups.map(linkOf)], 'applied')
})
afterAll(async () => {
  await system.stop()
  await rm(folder, { recursive: true })
})

/** With the stock AWS CLI, as people do. */
async function copy(body: string): Promise<void> {
  await writeFile(join(folder, file), body)
  await system.cli(['s3', 'cp', join(folder, file), `s3://ssofile/${file}`])
}

async function policies(): Promise<readonly string[]> {
  return (await readBack(system, set)).managed
}

type Held = { readonly digest: string; readonly name: string }
async function held(): Promise<readonly Held[]> {
  return JSON.parse((await system.ssofile(['brake', '--json'])).stdout).contents
}

test('plan foretells that an emptied file would be held, in words and for a comment', async () => {
  await writeFile(join(folder, file), fileOf())
  const plan = await system.ssofile(['plan', folder])
  expect(plan.stdout).toContain('brake: 1 permission set file would be held until a person releases it (ssofile brake)')
  expect(plan.stdout).toContain(
    `${set}: held by the brake: the file takes away almost everything that the permission set allows (2: ${readOnly}; ${billing}), on 21 account assignments`,
  )
  const comment = await system.ssofile(['plan', folder, '--markdown'])
  expect(comment.stdout.split('\n')[0]).toContain(
    '**The brake would hold 1 permission set file** until a person releases it.',
  )
})

test('plan --config tells what a configuration that revokes would do, and what the brake would hold of it', async () => {
  const config = join(folder, 'next.json')
  const brake = { ...defaultConfiguration.brake, indirect: { count: 5, percent: 0, most: 200, hours: 24 } }
  await writeFile(config, JSON.stringify({ brake, principalSuffix: '@example.com' }))
  const plan = await system.ssofile(['plan', 's3://ssofile', '--config', config])
  expect([plan.exitCode, plan.stderr]).toEqual([
    0,
    expect.stringContaining('uses its own configuration until you deploy this one'),
  ])
  expect(plan.stdout).toContain('0 assignments to grant, 21 to revoke')
  expect(plan.stdout).toContain('(nobody has its name with the principalSuffix)')
  expect(plan.stdout).toContain('brake: 16 revocations would be held until a person releases them')
  const pushed = await system.ssofile(['push', folder, '--config', config])
  expect([pushed.exitCode, pushed.stderr]).toEqual([2, expect.stringContaining('leave out --config')])
})

test('an emptied file is held with an alarm: nobody loses anything, and new access is granted as before', async () => {
  await copy(fileOf())
  const status = await system.untilStatus(file, 'held')
  const [list] = await held()
  expect(status.reason).toMatch(/takes away almost everything .*, on 21 account assignments/)
  expect(status.remedy).toContain(`ssofile brake --release ${list?.digest}`)
  expect(await system.keys('attention/')).toEqual([`attention/held/${file}`])
  expect(system.log).toContain('the brake holds files of permission sets')
  expect(await policies()).toEqual([readOnly, billing].sort())
  const shown = await system.ssofile(['brake'])
  process.stdout.write(shown.stdout)
  expect(shown.exitCode).toBe(1)
  expect(shown.stdout).toContain('1 permission set file held; the permission sets are unchanged')
  expect(shown.stdout).toContain(`rule contents: ${file} since `)
  await system.upload(linkOf('newcomers'))
  await system.untilStatus(linkOf('newcomers'), 'applied')
  expect(await policies()).toEqual([readOnly, billing].sort())
})

test('the digest of another content releases nothing, and a corrected file is held no more', async () => {
  const [before] = await held()
  await copy(emptied)
  await until('the other content held', async () => {
    const [now] = await held()
    return now !== undefined && now.digest !== before?.digest ? now : undefined
  })
  const wrong = await system.ssofile(['brake', '--release', String(before?.digest)], 'operator')
  expect(wrong.exitCode).toBe(2)
  expect(wrong.stderr).toContain(`the file of ${set}`)
  await copy(fileOf(readOnly, billing))
  await system.untilStatus(file, 'applied')
  expect(await held()).toEqual([])
  expect(await system.keys('attention/')).toEqual([])
  const shown = await system.ssofile(['brake'])
  expect([shown.exitCode, shown.stdout]).toEqual([0, 'the brake holds nothing\n'])
})

test('an emptied file is in force once a person has released it', async () => {
  await copy(emptied)
  const status = await system.untilStatus(file, 'held')
  expect(status.reason).toMatch(/takes away almost everything .*, on 24 account assignments/)
  const [list] = await held()
  const released = await system.ssofile(['brake', '--release', String(list?.digest)], 'operator')
  expect([released.exitCode, released.stdout]).toEqual([
    0,
    `released ${file} for one hour; ssofile carries it out within about a minute\n`,
  ])
  // The schedule looks every minute for what was released.
  await system.untilStatus(file, 'applied', { withinMs: 100_000 })
  expect(await policies()).toEqual([])
  expect(await held()).toEqual([])
})

test('a policy that goes from a set that many have is in force at once; plan and status say what goes, from how many', async () => {
  await copy(fileOf(readOnly, billing))
  await system.untilStatus(file, 'applied')
  await writeFile(join(folder, file), fileOf(readOnly))
  const plan = await system.ssofile(['plan', folder])
  const loss = `may take away what the permission set allows (1: ${billing}), on 24 account assignments`
  expect(plan.stdout).toContain(`1 permission set file that takes something away\n    ${set}: ${loss}`)
  await copy(fileOf(readOnly))
  const { warnings } = await until('the other policy gone', async () => {
    const status = await system.status(file)
    return status?.state === 'applied' && status.warnings ? status : undefined
  })
  expect(warnings).toEqual([`compared with the former version, the file ${loss}`])
  expect([await policies(), await held()]).toEqual([[readOnly], []])
})

test('a policy of AWS that denies everything is held beside others, plan says that it denies, and a release lets it through', async () => {
  const denyAll = 'arn:aws:iam::aws:policy/AWSDenyAll'
  await writeFile(join(folder, file), fileOf(readOnly, denyAll))
  const loss = `takes away almost everything that the permission set allows (1: whatever ${denyAll} denies), on 24 account assignments`
  const plan = await system.ssofile(['plan', folder])
  expect(plan.stdout).toContain(`gets a policy that denies: ${denyAll}`)
  expect(plan.stdout).toContain(`${set}: held by the brake: the file ${loss}`)
  await copy(fileOf(readOnly, denyAll))
  const { reason } = await system.untilStatus(file, 'held')
  expect(reason).toContain(loss)
  expect((await system.ssofile(['brake'])).stdout).toContain(loss)
  expect(await policies()).toEqual([readOnly])
  const [list] = await held()
  await system.ssofile(['brake', '--release', String(list?.digest)], 'operator')
  await system.untilStatus(file, 'applied', { withinMs: 100_000 })
  expect((await policies()).toSorted()).toEqual([denyAll, readOnly])
})

test('of the sets that lose something, one too many is held, whoever edits it', async () => {
  const names = ['One-ps', 'Two-ps', 'Three-ps', 'Four-ps'] as const
  const fileOfSet = (name: string) => `permission_sets/${name}.json`
  const edit = (name: string, by: string, ...managedPoliciesArnList: readonly string[]) =>
    system.upload(fileOfSet(name), JSON.stringify({ permissionSetName: name, managedPoliciesArnList }), by)
  const links = names.map((name) => `links_data/account%200000000001%${name}%newcomers%GROUP%ssofile`)
  for (const name of names) await edit(name, 'maria', readOnly, billing)
  await system.uploadAll(links)
  await system.untilStatuses(links, 'applied')
  for (const name of ['One-ps', 'Two-ps']) {
    await edit(name, 'zoe', readOnly)
    await until(`${name} edited`, async () => ((await readBack(system, name)).managed.length === 1 ? true : undefined))
  }
  await edit('Three-ps', 'zoe', readOnly)
  const { reason } = await system.untilStatus(fileOfSet('Three-ps'), 'held')
  expect(reason).toContain('more than 3 permission sets would lose something within 15 minutes')
  await edit('Four-ps', 'tom', readOnly)
  await system.untilStatus(fileOfSet('Four-ps'), 'held')
  const list = (await held()).find(({ name }) => name === 'Three-ps')
  expect(await system.ssofile(['brake', '--release', String(list?.digest)], 'operator')).toMatchObject({ exitCode: 0 })
  await system.untilStatus(fileOfSet('Three-ps'), 'applied', { withinMs: 100_000 })
  expect((await readBack(system, 'Three-ps')).managed).toEqual([readOnly])
})
