import { expect, test } from '@jest/globals'
import { renderPlan } from '../../../../handlers/cli/plan/render-plan.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { previewChanges } from '../../../../shared/modules/plan/preview.ts'
import { ProposedObjects } from '../../../../shared/modules/plan/proposed-objects.ts'
import { StatusStore } from '../../../../shared/reconcile/records/status-store.ts'
import { World } from '../../../world.ts'

async function plan(world: World, options?: { readonly isVerbose: boolean }): Promise<string> {
  const objects = new ProposedObjects(world.objects, world.clock.now())
  return renderPlan(
    await world.finish(previewChanges({ ...world.ports, objects }, world.configuration, { looksMost: 300 })),
    options,
  )
}

test('where nothing differs the plan says so, and only of what ssofile gave', async () => {
  expect(await plan(new World())).toContain('Nothing to change: what ssofile gave is what the files say.')
})

test('where something waits the plan does not say that all is as the files say', async () => {
  const world = new World()
  await world.objects.put('links_data/account%233000000002%Nobodys-ps%team-Accountants%GROUP%ssofile', '')
  const told = await plan(world)
  expect(told).toContain('Nothing to change right now.')
  expect(told).toContain('1 waiting')
  expect(told).not.toContain('what the files say')
})

test('where a file is not valid the plan does not say that nothing is to be done', async () => {
  const world = new World()
  await world.objects.put('links_data/root%all%Nobodys-ps%team-Accountants%group%ssofile', '')
  await world.objects.put('permission_sets/Bad-ps.json', '{')
  expect(await plan(world)).toContain('Nothing to change, but 2 files are not valid and grant nothing.\n')
})

test('the plan names accounts in which nothing is granted or revoked, since nobody knows their place', async () => {
  const world = new World()
  world.organizations.withholdPlace(accountId.parse('233000000002'))
  await world.objects.put('links_data/root%all%ReadOnly-ps%team-Accountants%GROUP%ssofile', '')
  const told = await plan(world)
  expect(told).toContain(
    'whose State or Paths Organizations does not say: nothing is granted or revoked in 233000000002',
  )
})

const set = JSON.stringify({ permissionSetName: 'Read-ps' })

test('the figures come first, and a permission set that has only a file is to be created', async () => {
  const world = new World()
  await world.objects.put('permission_sets/Read-ps.json', set)
  await world.objects.put('links_data/account%233000000002%Read-ps%team-Accountants%GROUP%ssofile', '')
  const [figures, empty, next] = (await plan(world)).split('\n')
  expect(figures).toBe('1 assignment to grant, 0 to revoke, 1 permission set to create')
  expect([empty, next]).toEqual(['', expect.stringContaining('* permission set Read-ps')])
})

test('links with a former name or an id are all told, each with the key that has the present name', async () => {
  const world = new World()
  await world.objects.put('permission_sets/Read-ps.json', set)
  const users = Array.from({ length: 25 }, (_, index) => `user-${index}@old.example`)
  const links = users.map((name) => `links_data/root%all%Read-ps%${name}%USER%ssofile`)
  const statuses = new StatusStore(world.objects, world.clock)
  for (const [index, userName] of users.entries()) {
    const [link = ''] = links.slice(index)
    const principalId = await world.identityStore.createUser({ userName })
    await world.objects.put(link, '')
    await statuses.revise(link, async () => ({ state: 'applied', principalId }))
    const value = userName.replace('old.example', 'new.example')
    await world.identityStore.updateUser(principalId, [{ path: 'userName', value }])
    await world.clock.advance(1_000)
  }
  const byId = `links_data/root%all%Read-ps%${world.identityStore.idOf('GROUP', 'team-Web')}%USER%ssofile`
  await world.objects.put(byId, '')
  const told = await plan(world)
  expect(told).toContain(
    '26 links with a former name or an id; upload each with the present name, then delete the former:',
  )
  for (const link of links)
    expect(told).toContain(`    ${link}\n      as ${link.replace('old.example', 'new.example')}\n`)
  expect(told).toContain(`    ${byId}\n      as links_data/root%all%Read-ps%team-Web%GROUP%ssofile\n`)
  expect(told).not.toContain('waits to grant')
})

test('of a link three accounts are told, and with --verbose every one', async () => {
  const world = new World()
  await world.objects.put('permission_sets/Read-ps.json', set)
  await world.objects.put('links_data/root%all%Read-ps%team-Accountants%GROUP%ssofile', '')
  const accountsIn = (told: string) => told.match(/^ {4}\d{12} {2}/gm)?.length ?? 0
  const brief = await plan(world)
  expect(accountsIn(brief)).toBe(3)
  expect(brief).toMatch(/\n {4}and \d+ more accounts \(--verbose shows all\)\n/)
  const whole = await plan(world, { isVerbose: true })
  expect(accountsIn(whole)).toBe(Number(/in (\d+) accounts/.exec(whole)?.[1]))
  expect(whole).not.toContain('--verbose')
})

test('up to twenty links of one kind are told, of more the first five, and with --verbose every one', async () => {
  const world = new World()
  await world.objects.put('permission_sets/Read-ps.json', set)
  const put = (index: number) =>
    world.objects.put(`links_data/account%233000000002%Read-ps%nobody-${index}%GROUP%ssofile`, '')
  for (let index = 0; index < 20; index++) await put(index)
  const linksIn = (told: string) => told.match(/^… /gm)?.length ?? 0
  expect(linksIn(await plan(world))).toBe(20)
  await put(20)
  const brief = await plan(world)
  expect(linksIn(brief)).toBe(5)
  expect(brief).toContain('\n  and 16 more links (--verbose shows all)\n')
  expect(linksIn(await plan(world, { isVerbose: true }))).toBe(21)
})

test('permission sets that are rejected for the same reason stand together, three of them by name', async () => {
  const world = new World()
  const names = ['A-ps', 'B-ps', 'C-ps', 'D-ps', 'E-ps']
  const body = (permissionSetName: string) => JSON.stringify({ permissionSetName, sessionDurationInMinutes: 1 })
  for (const name of names) await world.objects.put(`permission_sets/${name}.json`, body(name))
  await world.objects.put('permission_sets/Other-ps.json', '{}')
  const brief = await plan(world)
  const told = names.slice(0, 3).map((name) => `* permission set ${name}  rejected\n`)
  expect(brief).toContain(`${told.join('')}  and 2 more (--verbose shows all)\n    why: received 1 at `)
  expect(brief).toMatch(/^\* permission set Other-ps {2}rejected\n {4}why: /m)
  expect(brief.match(/why: /g)).toHaveLength(2)
})

test('links that wait for the same thing stand together, three of them by name, and the reason once', async () => {
  const world = new World()
  await world.objects.put('permission_sets/Read-ps.json', set)
  for (const account of ['233000000001', '233000000002', '231000000001', '231000000002'])
    await world.objects.put(`links_data/account%${account}%Read-ps%nobody%GROUP%ssofile`, '')
  const brief = await plan(world)
  expect(brief.match(/^… /gm)).toHaveLength(3)
  expect(brief).toContain("  and 1 more link (--verbose shows all)\n    why: group 'nobody' does not exist")
  expect(brief.match(/why: /g)).toHaveLength(1)
})

test('links that grant nothing for the same reason are told together, three of them by name', async () => {
  const world = new World()
  for (let index = 0; index < 5; index++)
    await world.objects.put(`links_data/account%999999999999%Read-ps%team-${index}%GROUP%ssofile`, '')
  const brief = await plan(world)
  expect(brief.match(/^… links_data\//gm)).toHaveLength(3)
  expect(brief).toContain('\n  and 2 more links (--verbose shows all)\n')
  expect((await plan(world, { isVerbose: true })).match(/^… links_data\//gm)).toHaveLength(5)
})

test('a grant in the account in which ssofile runs is told, since its administrators can change all access', async () => {
  const own = { ownAccount: accountId.parse('233000000002'), includeOwnAccount: true }
  const world = new World({ configuration: own })
  await world.objects.put('permission_sets/Read-ps.json', set)
  await world.objects.put('links_data/root%all%Read-ps%team-Accountants%GROUP%ssofile', '')
  expect(await plan(world)).toContain(
    '! 1 grant in 233000000002, the account in which ssofile runs: administrators there can change all access',
  )
  const closed = new World({ configuration: { ...own, includeOwnAccount: false } })
  await closed.objects.put('links_data/root%all%Read-ps%team-Accountants%GROUP%ssofile', '')
  expect(await plan(closed)).not.toContain('233000000002')
})
