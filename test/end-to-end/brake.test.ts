import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { defaultConfiguration } from '../../shared/domain/deployment/configuration.ts'
import { LocalSystem } from './local-system.ts'
import { permissionSetFile, smallOrganization } from './small-organization.ts'
import { until } from './until.ts'

const accounts = ['200000000001', '200000000002', '200000000003']
const groups = Array.from({ length: 14 }, (_, index) => `team ${index} / 50%`)
const set = 'ReadOnly-ps'
/** Each of one account assignment. Of links that go at once twenty lose their access, and the rest is held. */
const links = accounts.flatMap((account) =>
  groups.map((group) => `links_data/account%${account}%${set}%${group}%GROUP%ssofile`),
)
const [all, passing] = [links.length, 20]
const held = all - passing
/** In a folder, whose links are counted apart. */
const everyone = `links_data/team-a/root%all%${set}%everyone%GROUP%ssofile`
/** A hundred requests at AWS's pace take a minute, and nothing is seen by waiting for them. */
const timeScale = 3
const patiently = { withinMs: 180_000 }

let system: LocalSystem
let folder: string
beforeAll(async () => {
  const organization = smallOrganization({ groups: [...groups, 'everyone'] })
  system = await LocalSystem.start({
    organization,
    configuration: { brake: defaultConfiguration.brake, folders: ['team-a'] },
    timeScale,
  })
  folder = await mkdtemp(join(tmpdir(), 'ssofile-brake-'))
  for (const [name, body] of [
    [`permission_sets/${set}.json`, permissionSetFile(set)],
    ...links.map((link) => [link, '']),
  ]) {
    await mkdir(dirname(join(folder, name ?? '')), { recursive: true })
    await writeFile(join(folder, name ?? ''), body ?? '')
  }
})
afterAll(async () => {
  await system.stop()
  await rm(folder, { recursive: true })
})

async function granted(): Promise<number> {
  const found = await Promise.all(accounts.map((account) => system.access.inAccount(account)))
  return found.flat().length
}

async function untilHeld(count: number): Promise<Record<string, unknown>> {
  return until(
    `${count} revocations held`,
    async () => {
      const { lists } = (await system.json('control/brake.json')) ?? {}
      const attention = await system.keys('attention/held/')
      const [list] = Array.isArray(lists) ? lists : []
      return list?.held.length === count && attention.length === count ? list : undefined
    },
    { ...patiently, tell: () => system.lastLogLines() },
  )
}

async function untilEntries(count: number): Promise<void> {
  await until(
    `${count} ledger entries`,
    async () => ((await system.keys('assignments/')).length === count ? true : undefined),
    { ...patiently, tell: () => system.lastLogLines() },
  )
}

test('a root link over all accounts that is deleted alone is not held', async () => {
  await system.upload(`permission_sets/${set}.json`, await readFile(join(folder, `permission_sets/${set}.json`)))
  await system.upload(everyone)
  await system.untilStatus(everyone, 'applied')
  expect(await granted()).toBe(accounts.length)
  await system.remove(everyone)
  await system.untilGone(everyone)
  expect(await granted()).toBe(0)
})

test('after a sync with --delete from an empty folder twenty links lose their access, and the rest is held', async () => {
  await system.cli(['s3', 'sync', join(folder, 'links_data'), 's3://ssofile/links_data/', '--no-progress'])
  await untilEntries(all)
  await system.untilQuiet()
  const empty = await mkdtemp(join(folder, 'empty-'))
  await system.cli(['s3', 'sync', empty, 's3://ssofile/links_data/', '--delete', '--no-progress'])
  expect(await untilHeld(held)).toMatchObject({ rule: 'own', figure: all, limit: passing })
  await untilEntries(held)
  await system.untilQuiet()
  expect(await granted()).toBe(held)
  expect(system.log).toContain('the brake holds revocations')
})

test('a person understands what is held, and why, and cannot release what another looked at', async () => {
  const { digest } = await untilHeld(held)
  const [first = ''] = await system.keys('attention/held/')
  const one = await system.ssofile(['status', first.replace('attention/held/', '')])
  expect(one.stdout).toContain(
    `more than ${passing} of the ${all} links directly under links_data/ were withdrawn within 15 minutes`,
  )
  const shown = await system.ssofile(['brake'])
  process.stdout.write(
    `${shown.stdout.split('\n').slice(0, 12).join('\n')}\n…\n${shown.stdout.split('\n').slice(-6).join('\n')}\n`,
  )
  expect(shown.exitCode).toBe(1)
  expect(shown.stdout).toMatch(
    /^22 revocations held; the access is still there\n {2}rule own: 42 links directly under links_data\/ withdrawn since \S+; at most 20 of 42 pass in 15 minutes\n/,
  )
  expect(shown.stdout).toContain(`ssofile brake --release ${digest}`)
  expect(shown.stdout).toContain('deleted by AWS:maria')
  expect(shown.stdout).toMatch(/A release takes 22 accesses in \d+ accounts? from \d+ groups? \(\d+ (person|people)\)/)
  const keeping = await system.ssofile(['brake', '--keep', String(digest), '--dry-run'], 'operator')
  expect(keeping.stdout).toContain('files: 22 to upload')
  const json = JSON.parse((await system.ssofile(['brake', '--json'])).stdout)
  expect(json).toMatchObject({ lists: [{ digest, rule: 'own', figure: all, limit: passing }] })
  expect(json.lists[0].held).toHaveLength(held)
  const wrong = await system.ssofile(['brake', '--release', '0123456789abcdef'], 'operator')
  expect({ exitCode: wrong.exitCode, stderr: wrong.stderr }).toEqual({
    exitCode: 2,
    stderr: expect.stringContaining(
      `the held list has the digest ${digest} (${held} revocations); nothing was released`,
    ),
  })
  const denied = await system.ssofile(['brake', '--release', String(digest)], 'maria')
  expect({ exitCode: denied.exitCode, stderr: denied.stderr }).toEqual({
    exitCode: 2,
    stderr: expect.stringContaining('AWS_ACCESS_KEY_ID=operator'),
  })
})

test('a link that is restored keeps its access and leaves the list', async () => {
  const [first = ''] = await system.keys('attention/held/')
  const earlier = system.calls.length
  await system.upload(first.replace('attention/held/', ''))
  await system.untilStatus(first.replace('attention/held/', ''), 'applied')
  await untilHeld(held - 1)
  expect(system.accepted('CreateAccountAssignment', earlier)).toBe(0)
  expect(system.accepted('DeleteAccountAssignment', earlier)).toBe(0)
})

test('released by its digest, exactly what was held goes', async () => {
  const { digest } = await untilHeld(held - 1)
  const released = await system.ssofile(['brake', '--release', String(digest)], 'operator')
  expect({ exitCode: released.exitCode, stdout: released.stdout }).toEqual({
    exitCode: 0,
    stdout: expect.stringContaining(`released ${held - 1} revocations for one hour`),
  })
  await untilEntries(1)
  await system.untilQuiet()
  expect(await granted()).toBe(1)
  expect(await system.keys('attention/')).toEqual([])
  const shown = await system.ssofile(['brake'])
  expect({ exitCode: shown.exitCode, stdout: shown.stdout }).toEqual({
    exitCode: 0,
    stdout: expect.stringContaining('the brake holds nothing'),
  })
  const again = await system.ssofile(['brake', '--release', String(digest)], 'operator')
  expect({ exitCode: again.exitCode, stdout: again.stdout }).toEqual({
    exitCode: 0,
    stdout: expect.stringContaining('already released'),
  })
})
