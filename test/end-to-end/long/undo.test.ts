import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'

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
  expect(shown.stdout).toContain('the last push: 2 files')
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
