import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from './local-system.ts'
import { permissionSetFile, smallOrganization } from './small-organization.ts'

const key = (group: string, folder = '') =>
  `links_data/${folder}account%200000000001%ReadOnly-ps%${group}%GROUP%ssofile`
const set = 'permission_sets/ReadOnly-ps.json'
const awkward = 'dev/ops: 50% é?'

let system: LocalSystem
let folder: string
beforeAll(async () => {
  const groups = ['dev', 'Dev', 'ops', 'team', awkward]
  system = await LocalSystem.start({
    organization: smallOrganization({ groups, users: ['mia'] }),
    configuration: { folders: ['team-a'] },
  })
  folder = await mkdtemp(join(tmpdir(), 'ssofile-push-'))
  await write(set, permissionSetFile('ReadOnly-ps'))
  for (const group of ['dev', 'ops']) await write(key(group), '')
})
afterAll(async () => {
  await system.stop()
  await rm(folder, { recursive: true })
})

async function write(name: string, body: string): Promise<void> {
  await mkdir(dirname(join(folder, name)), { recursive: true })
  await writeFile(join(folder, name), body)
}

const push = (...more: string[]) => system.ssofile(['push', folder, ...more])
const digestIn = (told: string): string => /plan ([0-9a-f]{32})/.exec(told)?.[1] ?? 'none'
const inputs = async () => [...(await system.keys('links_data/')), ...(await system.keys('permission_sets/'))]

test('a push shows the plan, and without a terminal and --yes refuses and changes nothing', async () => {
  const { exitCode, stdout, stderr } = await push()
  expect(exitCode).toBe(2)
  expect(stdout).toContain(`+ ${key('dev')}`)
  expect(stdout).toMatch(/files: 3 to upload\nplan [0-9a-f]{32}\n$/)
  expect(stderr).toContain(`add --yes, or --plan ${digestIn(stdout)}`)
  expect(await inputs()).toEqual([])
})

test('a push carries out the plan that was shown, by its digest, and no other', async () => {
  const shown = await system.ssofile(['plan', folder])
  const digest = digestIn(shown.stdout)
  expect(digestIn((await system.ssofile(['plan', folder])).stdout)).toBe(digest)
  await write(key('team', 'team-a/'), '')
  const refused = await push('--plan', digest)
  expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`received --plan '${digest}'`) })
  expect(await inputs()).toEqual([])
  await rm(join(folder, key('team', 'team-a/')))
  const short = await push('--plan', digest.slice(0, 7))
  expect(short).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('at least its first 8 letters') })
  expect(await inputs()).toEqual([])
  expect(await push('--plan', digest.slice(0, 8))).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('pushed to bucket ssofile: 3 files uploaded, 0 deleted'),
  })
  await system.untilQuiet()
  expect(await system.keys('assignments/')).toHaveLength(2)
})

test('a push deletes what the folder lacks, only in the folder that is named, and writes nothing but inputs', async () => {
  await system.upload(key('team', 'team-a/'))
  await system.untilQuiet()
  await rm(join(folder, key('ops')))
  await write(key('dev', 'team-a/'), '')
  const others = (await system.keys('')).filter((one) => one.startsWith('history/'))
  const inFolder = await push('--folder', 'team-a', '--yes', '--json')
  expect(JSON.parse(inFolder.stdout)).toMatchObject({ pushed: { uploaded: 1, deleted: 1 } })
  expect(await system.keys('links_data/')).toEqual([key('dev'), key('ops'), key('dev', 'team-a/')].sort())
  expect(await push('--no-delete', '--yes')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('nothing to push'),
  })
  expect(await push('--yes')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`deletes ${key('ops')}`) })
  expect(await system.keys('links_data/')).toEqual([key('dev'), key('dev', 'team-a/')].sort())
  await system.untilQuiet()
  expect(await system.keys('history/')).toEqual(expect.arrayContaining(others))
  expect(await push('--folder', 'team-z', '--yes')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("'team-a'"),
  })
})

test('a folder without permission_sets/ deletes none', async () => {
  await rm(join(folder, 'permission_sets'), { recursive: true })
  const { exitCode, stderr } = await push('--yes')
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: expect.stringContaining('there is no permission_sets/ here'),
  })
  expect(await system.has(set)).toBe(true)
})

test('a push of a file that is not valid is refused with what it would take away, unless the file is named', async () => {
  const link = key('team')
  await write(link, '')
  expect(await push('--yes')).toMatchObject({ exitCode: 0 })
  await system.untilStatus(link, 'applied')
  await write(link, '{ "reason": "a comma too many", }')
  const loss = "it takes ReadOnly-ps from group 'team' in 1 account: 200000000001"
  const planned = await system.ssofile(['plan', folder])
  expect(planned).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(loss) })
  expect(planned.stdout).toContain(`- ${link} (not valid any more)`)
  for (const how of [['--yes'], ['--plan', digestIn(planned.stdout)]])
    expect(await push(...how)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(loss) })
  await system.untilQuiet()
  expect(await system.status(link)).toMatchObject({ state: 'applied' })
  expect(await push('--yes', '--invalid', key('ops'))).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('expected the key of a file that is not valid'),
  })
  const passed = await push('--plan', digestIn(planned.stdout), '--invalid', link)
  expect(passed).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(loss) })
  expect(await system.untilStatus(link, 'rejected')).toMatchObject({
    reason: expect.stringContaining('the link was valid before'),
  })
  await system.untilQuiet()
  // The same file again is no change, and nothing is taken away by it.
  expect(await push('--yes')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('nothing to push') })
  // Corrected, it grants again; gone, it leaves nothing behind.
  await write(link, '')
  expect(await push('--yes')).toMatchObject({ exitCode: 0 })
  await system.untilStatus(link, 'applied')
  await rm(join(folder, link))
  expect(await push('--yes')).toMatchObject({ exitCode: 0 })
  await system.untilGone(link)
  await system.untilQuiet()
})

test('awkward names are pulled and pushed under names that file systems hold', async () => {
  await system.upload(key(awkward))
  await system.upload(key('Dev'))
  await system.untilQuiet()
  const before = await inputs()
  const copy = join(folder, 'copy')
  expect(await system.ssofile(['pull', copy])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('pulled: 5 files'),
  })
  const escaped = key('dev~2fops~3a 50% é~3f')
  expect(await readFile(join(copy, escaped), 'utf8')).toBe('')
  expect(await system.ssofile(['validate', copy, '--config', await configuration()])).toMatchObject({ exitCode: 0 })
  expect(await system.ssofile(['push', copy])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('nothing to push, 5 files'),
  })
  await system.remove(key(awkward))
  expect(await system.ssofile(['push', copy, '--yes'])).toMatchObject({ exitCode: 0 })
  expect(await inputs()).toEqual(before)
  // What would be lost here is asked about.
  await writeFile(join(copy, escaped), '{"reason":"mine"}')
  const asked = await system.ssofile(['pull', copy])
  expect(asked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`overwrites ${escaped}`) })
  expect(await readFile(join(copy, escaped), 'utf8')).toBe('{"reason":"mine"}')
  expect(await system.ssofile(['pull', copy, '--yes'])).toMatchObject({ exitCode: 0 })
  expect(await readFile(join(copy, escaped), 'utf8')).toBe('')
})

async function configuration(): Promise<string> {
  const file = join(folder, 'configuration.json')
  await writeFile(file, JSON.stringify({ folders: ['team-a'] }))
  return file
}

test('temporary access is in no plan: pushes leave it alone, and their digests hold while it begins and ends', async () => {
  const name = 'account%200000000001%ReadOnly-ps%mia%USER%ssofile'
  const temporary = `links_data/temporary/${name}`
  const request = `requests/${await system.userId('mia')}/${name}`
  const eligibility = {
    for: { users: ['mia'] },
    permissionSets: ['ReadOnly-ps'],
    scopes: ['account%200000000001'],
    longest: 'PT8H',
    approvals: 0,
    approvedByItself: { groups: ['team'] },
  }
  await system.joinGroup('mia', 'team')
  await system.upload('eligibility/mia.json', JSON.stringify(eligibility), 'governance')
  const checkout = join(folder, 'checkout')
  expect(await system.ssofile(['pull', checkout])).toMatchObject({ exitCode: 0 })
  const file = (group: string) => writeFile(join(checkout, key(group)), '')
  const plan = async () => (await system.ssofile(['plan', checkout])).stdout
  await file('ops')
  // A digest tells what is in force as well: what was pushed before may still be on its way.
  await system.untilQuiet()
  const before = await plan()

  await system.upload(request, JSON.stringify({ duration: 'PT1H', reason: 'disk full' }), 'ssofile')
  await system.untilStatus(temporary, 'applied')
  await system.untilQuiet()
  const during = await plan()
  expect(during).toMatch(/^1 assignment to grant, 0 to revoke/)
  expect(during).not.toContain('temporary/')
  expect(digestIn(during)).toBe(digestIn(before))
  const pushed = await system.ssofile(['push', checkout, '--plan', digestIn(before)])
  expect(pushed).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('pushed to bucket ssofile: 1 file uploaded, 0 deleted'),
  })
  expect(await system.has(temporary)).toBe(true)
  expect(await system.ssofile(['pull', checkout])).toMatchObject({ exitCode: 0 })
  expect(await system.ssofile(['push', checkout])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('nothing to push'),
  })

  await mkdir(join(checkout, 'links_data/temporary'))
  await writeFile(join(checkout, temporary), '')
  for (const command of ['push', 'validate'])
    expect(await system.ssofile([command, checkout])).toMatchObject({
      exitCode: command === 'push' ? 2 : 1,
      [command === 'push' ? 'stderr' : 'stdout']: expect.stringContaining('ssofile request'),
    })
  await rm(join(checkout, 'links_data/temporary'), { recursive: true })

  await file('team')
  const shown = digestIn(await plan())
  await system.remove(request, 'ssofile')
  await system.untilGone(temporary)
  await system.untilQuiet()
  expect(digestIn(await plan())).toBe(shown)
})
