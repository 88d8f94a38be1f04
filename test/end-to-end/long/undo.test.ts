import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const link = 'links_data/account%200000000001%ReadOnly-ps%dev%GROUP%ssofile'

let system: LocalSystem
let folder: string
beforeAll(async () => {
  system = await LocalSystem.start({ organization: smallOrganization({ groups: ['dev'], users: ['mia'] }) })
  folder = await mkdtemp(join(tmpdir(), 'ssofile-undo-'))
  for (const name of ['links_data', 'permission_sets']) await mkdir(join(folder, name))
  await writeFile(join(folder, 'permission_sets/ReadOnly-ps.json'), permissionSetFile('ReadOnly-ps'))
  await writeFile(join(folder, link), '')
})
afterAll(async () => {
  await system.stop()
  await rm(folder, { recursive: true })
})

test('undo refuses a bucket to which nothing was pushed', async () => {
  const { exitCode, stderr } = await system.ssofile(['undo', '--yes'])
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('nobody has pushed') })
})

test('undo shows the plan and changes nothing without --yes; with it the files and their access go', async () => {
  expect((await system.ssofile(['push', folder, '--yes'])).exitCode).toBe(0)
  await system.untilStatus(link, 'applied')
  const shown = await system.ssofile(['undo'])
  expect(shown.exitCode).toBe(2)
  expect(shown.stdout).toMatch(/the last push: 2 files, .*; undone: 2 files of maria\n/)
  expect(shown.stdout).toContain(`- ${link}`)
  const asJson = await system.ssofile(['undo', '--dry-run', '--json'])
  expect(asJson.exitCode).toBe(0)
  expect(JSON.parse(asJson.stdout)).toMatchObject({ revocations: [{ permissionSet: 'ReadOnly-ps' }] })
  expect(await system.has(link)).toBe(true)

  const done = await system.ssofile(['undo', '--yes'])
  expect({ exitCode: done.exitCode, stderr: done.stderr }).toEqual({ exitCode: 0, stderr: expect.any(String) })
  await system.untilGone(link)
  expect(await system.keys('links_data/')).toEqual([])
  expect(await system.named('assignments/')).toEqual([])
})

test('undo leaves the files of others alone, and says whose they are', async () => {
  expect((await system.ssofile(['push', folder, '--yes'])).exitCode).toBe(0)
  await system.untilStatus(link, 'applied')
  const stranger = await system.ssofile(['undo', '--yes'], 'kenji')
  expect(stranger).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/is yours: 2 files of maria; nothing/) })
  await system.upload(link, '{ "reason": "audit" }', 'kenji')
  const reads = async () => ((await system.json(`status/${link}.json`))?.by as { principalId?: string })?.principalId
  await until('the new uploader', async () => ((await reads()) === 'AWS:kenji' ? true : undefined))
  const shown = await system.ssofile(['undo', '--dry-run'], 'kenji')
  expect(shown.stdout).toContain('undone: 1 file of kenji')
  expect(shown.stdout + shown.stderr).toContain('left as they are: 1 file of maria; --of NAME or --everybody')
  const late = await system.ssofile(['undo', '--yes', '--within', new Date().toISOString()])
  expect(late).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('; nothing was changed. If you mean it, add --within'),
  })
  const others = await system.ssofile(['undo', '--yes', '--of', 'kenji'])
  expect(others.exitCode).toBe(0)
  expect(await system.has(link)).toBe(false)
  expect(await system.has('permission_sets/ReadOnly-ps.json')).toBe(true)
})
