import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'

const [shop, management] = ['200000000001', '111111111111'] as const
const role = 'ssofile-operator'
const there = 'also assigned in the management account'

let system: LocalSystem

beforeAll(async () => {
  const readers = { principal: 'readers', type: 'GROUP' as const }
  system = await LocalSystem.start({
    options: ['--delegated-administrator'],
    organization: smallOrganization({
      groups: ['readers', 'admins'],
      permissionSets: [{ permissionSetName: 'Shared' }, { permissionSetName: 'Own' }],
      assignments: [
        { ...readers, permissionSet: 'Shared', account: shop },
        { ...readers, permissionSet: 'Shared', account: management },
        { ...readers, permissionSet: 'Own', account: shop },
      ],
    }),
  })
})
afterAll(() => system.stop(), 60_000)

test('an import leaves out a permission set that the management account has, and access by it, with the reason', async () => {
  const sets = await system.ssofile(['import', '--permission-sets'], role)
  expect(sets.exitCode).toBe(1)
  expect(sets.stdout).toMatch(/^adopted +Own/m)
  expect(sets.stdout).toMatch(new RegExp(`^refused .*'Shared'.*${there}`, 'm'))
  expect(await system.keys('owned_permission_sets/')).toEqual(['owned_permission_sets/Own'])
  expect(await system.keys('permission_sets/')).toEqual(['permission_sets/Own.json'])

  const access = await system.ssofile(['import', '--assignments'], role)
  expect(access.exitCode).toBe(1)
  expect(access.stdout).toMatch(new RegExp(`account%${shop}%Shared%readers%GROUP.*${there}`))
  expect(await system.keys('links_data/')).toEqual([`links_data/account%${shop}%Own%readers%GROUP%ssofile`])
})

test('a plan of a link for it says that it waits, and doctor warns of it', async () => {
  await system.upload(`links_data/account%${shop}%Shared%admins%GROUP%ssofile`)
  await system.upload('permission_sets/Other.json', permissionSetFile('Other'))
  const plan = await system.ssofile(['plan', 's3://ssofile', '--json'], 'ssofile')
  expect(plan.exitCode).toBe(0)
  const { waiting, grants } = JSON.parse(plan.stdout)
  expect(grants).toEqual([])
  expect(waiting).toEqual([expect.objectContaining({ reason: expect.stringContaining(there) })])
  const doctor = await system.ssofile(['doctor', '--json'], 'ssofile')
  const found = (JSON.parse(doctor.stdout) as { check: string }[]).find(({ check }) => check === 'management account')
  expect(found).toMatchObject({ level: 'warn', told: expect.stringContaining('Shared') })
})
