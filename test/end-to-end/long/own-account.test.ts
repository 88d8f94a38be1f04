import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { accountId } from '../../../shared/domain/organization/account-id.ts'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'

const own = accountId.parse('200000000001')
const other = '200000000002'
const link = (folder: string, scope: string, group = 'Team') =>
  `links_data/${folder}${scope}%Admin-ps%${group}%GROUP%ssofile`
const access = (group: string) => `Admin-ps%${group}%GROUP`

const start = (includeOwnAccount: boolean) =>
  LocalSystem.start({
    organization: smallOrganization({ groups: ['Team', 'Platform'] }),
    configuration: { folders: ['team-a'], ownAccount: own, includeOwnAccount },
  })

describe.each([false, true])('with "includeOwnAccount": %s', (isOpen) => {
  let system: LocalSystem
  beforeAll(async () => {
    system = await start(isOpen)
    await system.upload('permission_sets/Admin-ps.json', permissionSetFile('Admin-ps'))
    await system.untilStatus('permission_sets/Admin-ps.json', 'applied')
  })
  afterAll(() => system?.stop(), 30_000)

  test('who uploads to a folder does not reach the account in which ssofile runs, by no scope', async () => {
    const wide = ['root%all', 'ou_id%ou-tiny-workload', 'account_tag%team^Data'].map((scope) => link('team-a/', scope))
    await system.uploadAll([...wide, link('team-a/', `account%${own}`)])
    await system.untilStatuses(wide, 'applied')
    const { reason } = await system.untilStatus(link('team-a/', `account%${own}`), 'rejected')
    expect(reason).toContain('in which ssofile runs')
    expect(await system.access.inAccount(other)).toEqual([access('Team')])
    expect(await system.access.inAccount(own)).toEqual([])
  })

  test(`a link outside folders ${isOpen ? 'reaches it, and plan tells so' : 'does not either'}`, async () => {
    const root = link('', 'root%all', 'Platform')
    const folder = mkdtempSync(join(tmpdir(), 'own-account-'))
    mkdirSync(join(folder, 'links_data'))
    writeFileSync(join(folder, root), '')
    const { stdout } = await system.ssofile(['plan', folder, '--no-delete'], 'ssofile')
    rmSync(folder, { recursive: true })
    await system.upload(root)
    await system.untilStatus(root, 'applied')
    expect(await system.access.inAccount(own)).toEqual(isOpen ? [access('Platform')] : [])
    const told = expect.stringContaining(`1 grant in ${own}, the account in which ssofile runs`)
    expect(stdout).toEqual(isOpen ? told : expect.not.stringContaining('1 grant in'))
  })
})
