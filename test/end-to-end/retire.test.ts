import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { renderCsv } from '../../shared/domain/text/render-csv.ts'
import { LocalSystem } from './local-system.ts'
import { smallOrganization } from './small-organization.ts'
import { until } from './until.ts'

const shop = '200000000001'
const keyId = 'AKIAIOSFODNN7EXAMPLE'
const file = `retire/Data/account%${shop}%ci%${keyId}%ssofile`

let system: LocalSystem
beforeAll(async () => {
  // Five minutes take five seconds.
  const configuration = { hygieneRole: 'ssofile-hygiene' }
  system = await LocalSystem.start({ organization: smallOrganization(), configuration, timeScale: 60 })
  await system.upload('hygiene.json', JSON.stringify({ ownerTag: 'team', retireAfterDays: 2 }), 'governance')
  const user = { name: 'ci', madeAt: '2025-01-01T00:00:00Z', keys: [{ id: keyId, madeAt: '2025-01-01T00:00:00Z' }] }
  const { status } = await fetch(`${system.url}/_ssofile/accounts/${shop}/credentials`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ users: [user] }),
  })
  expect(status).toBe(204)
})
afterAll(() => system.stop(), 30_000)

async function untilTold(state: string): Promise<unknown> {
  return until(
    `the status of the file to say ${state}`,
    async () => {
      const told = await system.status(file)
      return told?.retirement?.state === state || told?.state === state ? told : undefined
    },
    { withinMs: 60_000, tell: async () => `${JSON.stringify(await system.status(file))}\n${system.lastLogLines()}` },
  )
}

test('a file makes a key inactive, in the account of its owner and in no other; without the file it is active again', async () => {
  const ofOthers = file.replace('retire/Data/', 'retire/Nobody/')
  await system.upload(ofOthers)
  await system.upload(file)
  expect(await untilTold('inactive')).toMatchObject({ state: 'applying' })
  await system.untilStatus(ofOthers, 'rejected')
  expect(await system.json(`retired/account%${shop}%ci%${keyId}%ssofile.json`)).toMatchObject({ state: 'watched' })
  const shown = await system.ssofile(['status', file], 'auditor')
  expect(shown.stdout).toContain('is inactive')
  await system.remove(file)
  await system.untilGone(file)
  expect(await system.keys('retired/account')).toEqual([])
})

test('ssofile retire writes files for what a report calls unused, and changes nothing', async () => {
  const titles =
    'account,owner,kind,name,access key,last used,unused days,password last used,password unused days,exception'
  const rows = [`${shop},Data,key,ci,${keyId},never,300,,,`, `${shop},,key,ci,AKIAIOSFODNN7EXAMPL2,never,300,,,`]
  const report = renderCsv([titles, ...rows].map((row) => row.split(',')))
  await system.upload('reports/credentials/2026-03-03/credentials.csv', report, 'ssofile')
  const folder = await mkdtemp(join(tmpdir(), 'ssofile-retire-'))
  try {
    const asked = ['retire', '--from-report', '2026-03-03', '--unused-for', '180d', '--to', folder]
    const { exitCode, stdout } = await system.ssofile(asked, 'auditor')
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`key ${keyId} of user ci in ${shop}: last used never, 300 days unused`)
    expect(stdout).toContain('no tag names the owner of its account')
    expect(await readdir(join(folder, 'retire', 'Data'))).toEqual([file.slice('retire/Data/'.length)])
  } finally {
    await rm(folder, { recursive: true })
  }
  const none = await system.ssofile(['retire', '--from-report', '2026-03-04', '--unused-for', '180d'], 'auditor')
  expect(none).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is not there') })
})

test('push, pull and validate know hygiene.json and the files under retire/, and leave alone what the folder lacks as a whole', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ssofile-retire-'))
  try {
    await mkdir(join(folder, 'retire/Data'), { recursive: true })
    await writeFile(join(folder, file), '')
    const pushed = await system.ssofile(['push', folder, '--only', 'credentials', '--yes'], 'uploader')
    expect(pushed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`adds ${file}`) })
    expect(await system.has('hygiene.json')).toBe(true)
    const pulled = join(folder, 'pulled')
    expect(await system.ssofile(['pull', pulled], 'auditor')).toMatchObject({ exitCode: 0 })
    expect(await readdir(join(pulled, 'retire/Data'))).toEqual([file.slice('retire/Data/'.length)])
    expect(await readdir(pulled)).toContain('hygiene.json')
    expect(await system.ssofile(['validate', pulled])).toMatchObject({ exitCode: 0 })

    await writeFile(join(pulled, 'hygiene.json'), '{"retireAfterDays":1}')
    await writeFile(join(pulled, 'retire/Data/README'), '')
    const { exitCode, stdout } = await system.ssofile(['validate', pulled])
    expect(exitCode).toBe(1)
    expect(stdout).toContain('retireAfterDays')
    expect(stdout).toContain('retire/Data/README')
    const denied = await system.ssofile(['push', pulled, '--only', 'governance', '--yes'], 'governance')
    expect(denied).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('hygiene.json') })

    await rm(join(folder, file))
    const undone = await system.ssofile(['push', folder, '--only', 'credentials', '--yes'], 'uploader')
    expect(undone).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('1 deleted') })
    expect(await system.has('hygiene.json')).toBe(true)
  } finally {
    await rm(folder, { recursive: true })
  }
})
