import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from '@jest/globals'
import { settlingMs } from '../../../shared/domain/assignments/access-proof.ts'
import { assignByHand } from '../assign-by-hand.ts'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const account = '200000000001'
const name = `account%${account}%ReadOnly-ps%kept%GROUP%ssofile`
const link = `links_data/${name}`

const timeScale = 30

let system: LocalSystem
afterEach(() => system.stop(), 60_000)

async function start(onDrift: 'restore' | 'report'): Promise<void> {
  await grant(onDrift, timeScale)
  // A listing that contradicts our own grant counts only five minutes after it: what is awaited is the time itself.
  await sleep(settlingMs / timeScale)
}

async function grant(onDrift: 'restore' | 'report', timeScale: number): Promise<void> {
  system = await LocalSystem.start({
    organization: smallOrganization({ groups: ['kept', 'outsiders'], users: ['uma@tiny.example'] }),
    configuration: { onDrift },
    timeScale,
  })
  await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
  await system.upload(link)
  await system.untilStatus(link, 'applied')
}

/** Somebody works in the console, or with the AWS CLI, and its event is lost. */
async function byHand(operation: 'create' | 'delete', type: 'GROUP' | 'USER', principal: string): Promise<void> {
  await assignByHand(system, operation, { account, permissionSet: 'ReadOnly-ps', type, principal }, 'silent')
  const isThere = operation === 'create'
  await until(`${principal} ${isThere ? 'with' : 'without'} access`, async () => {
    const has = (await system.access.inAccount(account)).includes(`ReadOnly-ps%${principal}%${type}`)
    return has === isThere ? true : undefined
  })
}

const apply = (...options: string[]) => system.ssofile(['apply', 's3://ssofile', ...options], 'ssofile')

describe('access that others changed in Identity Center', () => {
  test('is restored by apply where ssofile had given it, and listed under foreign/ where it had not', async () => {
    await start('restore')
    await byHand('delete', 'GROUP', 'kept')
    await byHand('create', 'GROUP', 'outsiders')
    await byHand('create', 'USER', 'uma@tiny.example')

    const without = await apply('--no-drift')
    expect(without).toMatchObject({ exitCode: 0 })
    expect(without.stderr).not.toContain('drift check')
    expect(await system.access.inAccount(account)).not.toContain('ReadOnly-ps%kept%GROUP')

    const applied = await apply()
    expect({ exitCode: applied.exitCode, stderr: applied.stderr }).toMatchObject({ exitCode: 0 })
    expect(applied.stderr).toMatch(/drift check: 1 assignment checked, 1 missing, 2 foreign found/)
    expect(await system.access.inAccount(account)).toEqual([
      'ReadOnly-ps%kept%GROUP',
      'ReadOnly-ps%outsiders%GROUP',
      'ReadOnly-ps%uma@tiny.example%USER',
    ])
    expect(await system.named('foreign/')).toEqual([
      `account%${account}%ReadOnly-ps%outsiders%GROUP%ssofile`,
      `account%${account}%ReadOnly-ps%uma@tiny.example%USER%ssofile`,
    ])
    expect(await system.named('assignments/')).toEqual([name])
    expect(await system.history(name)).toEqual(['granted', 'revoked', 'granted'])
    expect((await system.status(link))?.state).toBe('applied')

    await byHand('delete', 'GROUP', 'outsiders')
    expect(await apply()).toMatchObject({ exitCode: 0 })
    expect(await system.named('foreign/')).toEqual([`account%${account}%ReadOnly-ps%uma@tiny.example%USER%ssofile`])
    expect(system.log).toContain('the drift check has ended')
  })

  test('is only told where the configuration says so, until its link is asked to count as new', async () => {
    await start('report')
    await byHand('delete', 'GROUP', 'kept')
    const applied = await apply()
    expect(applied.exitCode).toBe(1)
    const status = await system.untilStatus(link, 'failed')
    expect(status.reason).toMatch(/^someone removed it in Identity Center/)
    expect(status.remedy).toMatch(/ssofile touch.* --rebind/)
    expect(await system.access.inAccount(account)).toEqual([])
    expect(await system.keys('attention/')).toEqual([`attention/failed/${link}`])
    expect(system.log).toContain('someone else removed access of ssofile')
    expect(await system.ssofile(['touch', link, '--rebind'])).toMatchObject({ exitCode: 0 })
    await system.untilStatus(link, 'applied')
    expect(await system.access.inAccount(account)).toEqual(['ReadOnly-ps%kept%GROUP'])
    expect(await system.keys('attention/')).toEqual([])
  })
})

/** Not with `--wait`: it waits by S3's clock, which runs as fast as the machine's whatever the scale (`wait-until.test.ts`). */
test('what somebody removes within five minutes of the grant is told with the time when a listing counts, and exit code 1; apply gives it again then', async () => {
  const slower = 10
  await grant('restore', slower)
  await byHand('delete', 'GROUP', 'kept')
  const given = system.accepted('CreateAccountAssignment', 0)
  const early = await apply()
  expect(`${early.exitCode} ${early.stderr}`).toMatch(
    /^1 (?:.|\n)*does not list 1 assignment of ssofile, .* a listing counts from \d{4}-\d\d-\d\dT\S+Z on; run ssofile apply again then, or with --wait/,
  )
  expect(system.accepted('CreateAccountAssignment', 0)).toBe(given)

  await sleep(settlingMs / slower)
  const { exitCode, stderr } = await apply()
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.not.stringContaining('a listing counts from') })
  expect(system.accepted('CreateAccountAssignment', 0)).toBe(given + 1)
  expect(await system.access.inAccount(account)).toEqual(['ReadOnly-ps%kept%GROUP'])
})
