import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parse } from 'csv-parse/sync'
import { definitionsOf } from '../../../infra/break-glass/definitions-of.ts'
import { bundleFunction } from '../../../infra/bundle-function.ts'
import { defaultConfiguration } from '../../../shared/domain/deployment/configuration.ts'
import { closedApi } from '../../../shared/domain/deployment/environment.ts'
import { LocalSystem } from '../local-system.ts'
import { deploy, kenji } from '../responder.ts'
import { runBundle } from '../run-program.ts'
import { until } from '../until.ts'

const security = '210000000002'
const ledger = '233000000001'
const mallory = 'mallory-BREAK-GLASS'
const keyIds = { [kenji]: 'AKIAIOSFODNN7EXAMPLE', [mallory]: 'AKIAIOSFODNN7EXAMPL2' }
const roles = { auditorRole: 'ssofile-auditor', hygieneRole: 'ssofile-hygiene' }

let system: LocalSystem
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'break-glass-names-'))
  bundleFunction('credentials', { ...defaultConfiguration, ...roles }, folder, closedApi, definitionsOf('111111111111'))
  // Five minutes take five seconds.
  system = await LocalSystem.start({ configuration: roles, timeScale: 60 })
  await deploy(system.url)
  await system.upload('hygiene.json', JSON.stringify({ ownerTag: 'team', retireAfterDays: 2 }), 'governance')
  await have(security, kenji)
  await have(ledger, kenji, mallory)
})
afterAll(async () => {
  await system.stop()
  await rm(folder, { recursive: true })
})

/** Users whose key nobody has used for years. */
async function have(account: string, ...names: readonly (keyof typeof keyIds)[]): Promise<void> {
  const madeAt = '2023-01-01T00:00:00Z'
  const users = names.map((name) => ({ name, madeAt, keys: [{ id: keyIds[name], madeAt }] }))
  const { status } = await fetch(`${system.url}/_ssofile/accounts/${account}/credentials`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ users }),
  })
  expect(status).toBe(204)
}

const fileOf = (owner: string, account: string, user: keyof typeof keyIds) =>
  `retire/${owner}/account%${account}%${user}%${keyIds[user]}%ssofile`

test('a user with the name of a break-glass user where no definition has it is reported at once, and as unused', async () => {
  const { exitCode, stderr } = await runBundle('credentials', folder, system)
  expect({ exitCode, said: stderr.slice(-500) }).toMatchObject({ exitCode: 0 })
  const table = (await system.keys('reports/')).find((key) => key.endsWith('/credentials.csv')) ?? ''
  const stdout = await system.cli(['s3', 'cp', `s3://ssofile/${table}`, '-'], { as: 'auditor' })
  const rows: Record<string, string>[] = parse(stdout, { columns: true, bom: true })
  const found = rows.filter(({ kind = '', name }) => kind === 'user' && /BREAK-GLASS$/.test(name ?? ''))
  expect(found.map(({ account, name, findings, urgency }) => [account, name, findings, urgency])).toEqual([
    ...[kenji, 'lars-BREAK-GLASS', 'ama-BREAK-GLASS'].map((name) => [security, name, '', '']),
    [ledger, kenji, 'break-glass-name unused-user', 'now'],
    [ledger, mallory, 'break-glass-name unused-user', 'now'],
  ])
})

test('a file retires such a user, and none retires the user of a definition in its security account', async () => {
  const [ofDefinition, ofNamesake] = [fileOf('Security', security, kenji), fileOf('Accountants', ledger, kenji)]
  await system.upload(ofDefinition)
  await system.upload(ofNamesake)
  expect((await system.untilStatus(ofDefinition, 'rejected', { withinMs: 60_000 })).reason).toContain('of break-glass')
  await until(
    'the key of the namesake to be inactive',
    async () => ((await system.status(ofNamesake))?.retirement?.state === 'inactive' ? true : undefined),
    {
      withinMs: 60_000,
      tell: async () => `${JSON.stringify(await system.status(ofNamesake))}\n${system.lastLogLines()}`,
    },
  )
})
