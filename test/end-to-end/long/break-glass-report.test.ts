import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { definitionsOf } from '../../../infra/break-glass/definitions-of.ts'
import { bundleFunction } from '../../../infra/bundle-function.ts'
import { defaultConfiguration } from '../../../shared/domain/deployment/configuration.ts'
import { closedApi } from '../../../shared/domain/deployment/environment.ts'
import { LocalSystem } from '../local-system.ts'
import { aws, deploy } from '../responder.ts'
import { runBundle } from '../run-program.ts'

const place = 'accounts/233000000001'
const rule = 'break-glass-administrator-role-changed'
const attentionTo = [
  'attention/failed/break-glass/example/roles/233000000001/BREAK-GLASS-administrator',
  `attention/failed/break-glass/example/roles/233000000001/us-east-1/${rule}`,
]

let system: LocalSystem
let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'break-glass-report-'))
  const settings = { ...defaultConfiguration, auditorRole: 'ssofile-auditor' }
  bundleFunction('report', settings, directory, closedApi, definitionsOf('111111111111'))
  system = await LocalSystem.start()
  await deploy(system.url)
})
afterAll(async () => {
  await system.stop()
  await rm(directory, { recursive: true })
})

async function night(): Promise<void> {
  const { exitCode, stderr } = await runBundle('report', directory, system)
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
}

const found = async () =>
  (await system.keys('attention/failed/break-glass/')).filter((key) => key.includes('/roles/233000000001/'))

test('a role and a rule that somebody changed are found at night, and are gone when they are as rendered again', async () => {
  const change = (path: string) => fetch(`${system.url}/_ssofile/${place}/${path}`, { method: 'PUT' })
  expect((await change('break-glass-roles/BREAK-GLASS-administrator')).status).toBe(204)
  expect((await change(`break-glass-rules/${rule}`)).status).toBe(204)
  await night()
  expect(await found()).toEqual(attentionTo)
  expect(await system.status('break-glass/example/roles/233000000001/BREAK-GLASS-administrator')).toMatchObject({
    state: 'failed',
    reason: 'BREAK-GLASS-administrator in 233000000001 was changed: it trusts others',
  })
  const table = (await system.keys('reports/')).find((key) => key.endsWith('/break-glass.csv')) ?? ''
  const { stdout } = await aws(system.url, 'auditor', 's3', 'cp', `s3://ssofile/${table}`, '-')
  expect(stdout).toContain(`the rule ${rule} in 233000000001/us-east-1 was changed: it is switched off`)
  await deploy(system.url)
  await night()
  expect(await found()).toEqual([])
  // Nobody in this test signs in or drills.
  expect(await system.keys('attention/failed/break-glass/example/drills/')).toHaveLength(3)
})
