import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeleteObjectsCommand } from '@aws-sdk/client-s3'
import { afterEach, describe, expect, test } from '@jest/globals'
import { defaultConfiguration } from '../../../shared/domain/deployment/configuration.ts'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const accounts = ['200000000001', '200000000002'] as const
const timeScale = 60
const grant = 'ReadOnly-ps%kept%GROUP'
const everywhere = `links_data/root%all%${grant}%ssofile`
const ofOne = `links_data/account%${accounts[0]}%ReadOnly-ps%other%GROUP%ssofile`

let system: LocalSystem
afterEach(() => system.stop(), 60_000)

/** Each has access in three accounts. */
const many = Array.from({ length: 11 }, (_, nth) => `group ${nth}`)

async function start(...options: string[]): Promise<void> {
  const organization = smallOrganization({ groups: ['kept', 'other'] })
  system = await LocalSystem.start({ organization, timeScale, options })
  await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
  await system.upload(everywhere)
  await system.upload(ofOne)
  await system.untilStatus(everywhere, 'applied')
  await system.untilStatus(ofOne, 'applied')
  await system.untilDispatcherRests()
}

const cli = (...args: string[]) => system.ssofile(args, 'ssofile')
/** With the rights that operators have in a deployment. */
const restore = (...args: string[]) => system.ssofile(['restore', ...args], 'ssofile-operator')
const access = async () => (await Promise.all(accounts.map((account) => system.access.inAccount(account)))).flat()
/** The doctor tries calls that are refused. */
const changes = () =>
  system.calls.filter((call) => call.isAccepted && /^(Create|Delete)AccountAssignment$/.test(call.operation)).length

/** A minute of the product is a second here. */
async function untilStopped(): Promise<void> {
  await until('a stop', async () => ((await system.json('control/pause.json'))?.lost ? true : undefined), {
    withinMs: 20_000,
  })
}

async function untilResumed(): Promise<void> {
  await until('work goes on', async () => ((await system.has('state/paused.json')) ? undefined : true), {
    withinMs: 30_000,
  })
  await system.untilStatus(everywhere, 'applied')
  await system.untilStatus(ofOne, 'applied')
  await system.untilQuiet()
}

async function emptyBucket(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ssofile-empty-'))
  try {
    const synced = await system.tryCli(['s3', 'sync', '--delete', folder, 's3://ssofile'], { as: 'ssofile' })
    expect(synced.exitCode).toBe(0)
  } finally {
    await rm(folder, { recursive: true })
  }
}

const contents = async () => {
  const keys = [...(await system.keys('assignments/')), ...(await system.keys('links_data/'))]
  return { keys, files: await system.keys('permission_sets/'), owned: await system.keys('owned_permission_sets/') }
}

describe('a sync of an empty folder to the root of the bucket', () => {
  test('stops everything within a minute, and one command brings all back; access never changes', async () => {
    await start()
    const selector = 'selectors/first.json'
    await system.upload(selector, JSON.stringify({ accounts: [accounts[0]] }), 'governance')
    const before = {
      access: await access(),
      contents: await contents(),
      changes: changes(),
      configured: await system.has('control/configuration.json'),
    }
    await emptyBucket()
    await untilStopped()
    const told = await cli('status')
    expect(told.exitCode).toBe(1)
    expect(told.stdout).toMatch(/^THE LEDGER WAS LOST: control\/owner\.json is gone/)
    expect((await cli('doctor')).stdout).toMatch(/^FAIL +ledger +.*control\/owner\.json is gone/)
    expect((await cli('resume')).exitCode).toBe(2)
    const metrics = await (await fetch(`${system.url}/_ssofile/metrics`)).text()
    expect(metrics).toContain('LedgerLost')

    expect((await restore('--dry-run')).stdout).toContain('to restore: 4 entries of the ledger')
    const restored = await restore('--yes')
    expect(restored).toMatchObject({ exitCode: 1 })
    expect(restored.stdout).toContain(`left to governance, HR or account owners: 1 file\n  ${selector}\n`)
    // Run again without the file, it ends nothing.
    expect(await restore('--yes')).toMatchObject({ exitCode: 1 })
    expect((await cli('status')).stdout).toMatch(/^THE LEDGER WAS LOST/)
    const at = /--at (\S+)/.exec(restored.stdout)?.[1] ?? ''
    const back = ['restore', '--inputs', '--at', at, '--only', 'governance', '--yes']
    expect(await system.ssofile(back, 'governance')).toMatchObject({ exitCode: 0 })
    // The stop may have come in the middle of the sync: the rest counts as deleted later.
    expect(await restore('--yes', '--at', at)).toMatchObject({ exitCode: 0 })
    await untilResumed()
    expect(await contents()).toEqual(before.contents)
    expect(await system.has(selector)).toBe(true)
    expect(await access()).toEqual(before.access)
    expect(changes()).toBe(before.changes)
    expect((await restore('--yes')).stdout).toContain('nothing to restore')
    // What the command line works by is there again, where it was before.
    expect(await system.has('control/configuration.json')).toBe(before.configured)
    expect((await cli('plan')).stderr).not.toContain('deploy again')

    await system.remove(ofOne)
    await system.untilGone(ofOne)
    expect(await access()).not.toContain('ReadOnly-ps%other%GROUP')
  })

  test('without versions stops everything too, and says that nothing tells whose the bucket was', async () => {
    await start('--no-versioned')
    const before = { access: await access(), changes: changes() }
    await emptyBucket()
    await untilStopped()
    const restored = await restore('--yes')
    expect(restored).toMatchObject({ exitCode: 1 })
    expect(restored.stdout).toContain('no record names the owner of this bucket')
    expect(await access()).toEqual(before.access)
    expect(changes()).toBe(before.changes)
    expect((await cli('resume', '--accept-loss')).exitCode).toBe(0)
    expect(await system.has('control/owner.json')).toBe(true)
  })
})

test('without versions the ledger and its owner come back from history', async () => {
  await start('--no-versioned')
  const before = { access: await access(), contents: await contents(), changes: changes() }
  for (const prefix of ['assignments/', 'owned_permission_sets/', 'control/'])
    await system.tryCli(['s3', 'rm', '--recursive', `s3://ssofile/${prefix}`], { as: 'ssofile' })
  await untilStopped()
  expect(await restore('--yes')).toMatchObject({ exitCode: 0 })
  await untilResumed()
  expect(await contents()).toEqual(before.contents)
  expect(await access()).toEqual(before.access)
  expect(changes()).toBe(before.changes)
})

test('the files of an instant come back after a bad sync, and what was uploaded since goes', async () => {
  await start()
  const selector = 'selectors/first.json'
  await system.upload(selector, JSON.stringify({ accounts: [accounts[0]] }), 'governance')
  await system.upload('suspended/kenji.ito@acme.example', '', 'hr')
  const at = new Date(Date.now())
  await until('a later second', async () => (Date.now() - at.getTime() > 1_500 ? true : undefined))
  const added = `links_data/account%${accounts[1]}%ReadOnly-ps%other%GROUP%ssofile`
  await system.remove(ofOne)
  await system.remove(selector, 'governance')
  await system.remove('suspended/kenji.ito@acme.example', 'hr')
  await system.upload('suspended/ama.osei@acme.example', '', 'hr')
  await system.upload(added)
  await system.untilStatus(added, 'applied')
  const asked = await restore('--inputs', '--at', at.toISOString())
  expect(asked).toMatchObject({ exitCode: 2 })
  const refused = await system.ssofile(['restore', '--inputs', '--at', at.toISOString(), '--yes'], 'maria')
  expect(refused.stderr).toContain('--only access')
  for (const [part, who] of [
    ['access', 'ssofile-operator'],
    ['governance', 'governance'],
    ['people', 'hr'],
  ] as const) {
    const back = await system.ssofile(['restore', '--inputs', '--at', at.toISOString(), '--only', part, '--yes'], who)
    expect({ part, ...back }).toMatchObject({ exitCode: 0 })
  }
  expect(await system.has(selector)).toBe(true)
  expect(await system.keys('suspended/')).toEqual([
    'suspended/ama.osei@acme.example',
    'suspended/kenji.ito@acme.example',
  ])
  await system.untilStatus(ofOne, 'applied')
  await system.untilGone(added)
  expect((await system.access.inAccount(accounts[1])).includes('ReadOnly-ps%other%GROUP')).toBe(false)
})

test('a ledger that is lost right after its access was granted stops everything within a minute, and is restored', async () => {
  const { brake } = defaultConfiguration
  system = await LocalSystem.start({ organization: smallOrganization({ groups: many }), configuration: { brake } })
  const links = many.map((group) => `links_data/root%all%ReadOnly-ps%${group}%GROUP%ssofile`)
  await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
  await system.uploadAll(links)
  await system.untilStatuses(links, 'applied')
  const entries = await system.keys('assignments/')
  expect(entries).toHaveLength(3 * many.length)
  expect((await system.json('control/ledger.json'))?.settled).not.toBe(entries.length)
  const Objects = entries.map((Key) => ({ Key }))
  const lost = await system.s3('ssofile').send(new DeleteObjectsCommand({ Bucket: 'ssofile', Delete: { Objects } }))
  expect(lost.Errors ?? []).toEqual([])
  await until('a stop', async () => ((await system.json('control/pause.json'))?.lost ? true : undefined), {
    withinMs: 90_000,
    tell: async () =>
      `${JSON.stringify(await system.json('control/ledger.json'))}\n${await system.keys('assignments/')}\n${system.lastLogLines()}`,
  })
  // As many as were gone at the look: S3 deletes one after the other.
  expect((await system.json('control/pause.json'))?.lost).toMatch(
    new RegExp(`^\\d+ of ${entries.length} entries under assignments/ are gone, and history does not say why$`),
  )
  expect(await restore('--yes')).toMatchObject({ exitCode: 0 })
  expect(await system.keys('assignments/')).toEqual(entries)
})
