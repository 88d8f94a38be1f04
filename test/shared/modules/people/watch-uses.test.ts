import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { organizationFile } from '../../../../shared/memory/organization-file.ts'
import { watchUses } from '../../../../shared/modules/people/watch-uses.ts'
import { recordUses, recordWatching } from '../../../../shared/modules/usage/use-records.ts'
import { changesByDate, readHand } from '../../../../shared/reconcile/records/tell-event.ts'
import { permissionSetFile, smallOrganization } from '../../../end-to-end/small-organization.ts'
import { World } from '../../../world.ts'

const account = accountId.parse('200000000001')
const organization = organizationFile.parse(
  smallOrganization({ groups: ['ops'], users: ['ana', 'bo'], permissionSets: [] }),
)

async function open(watch: readonly object[]): Promise<World> {
  const world = new World({ organization }).start({ dispatcher: false })
  await world.identityStore.createGroupMembership(idOf(world, 'GROUP', 'ops'), idOf(world, 'USER', 'ana'))
  const power = {
    ...JSON.parse(permissionSetFile('Power-ps')),
    managedPoliciesArnList: ['arn:aws:iam::aws:policy/AdministratorAccess'],
  }
  for (const [name, body] of [
    ['Read-ps', permissionSetFile('Read-ps')],
    ['Power-ps', JSON.stringify(power)],
  ] as const) {
    await world.objects.as('maria').put(`permission_sets/${name}.json`, body)
    await world.objects.as('maria').put(`links_data/account%${account}%${name}%ops%GROUP%ssofile`, '')
  }
  await world.objects.put('policies/uses.json', JSON.stringify({ contact: 'security', watch }))
  for (let round = 0; round < 3; round++) {
    await world.look()
    await world.finish(world.slice())
  }
  return world
}

function idOf(world: World, type: 'GROUP' | 'USER', name: string) {
  const id = world.identityStore.idOf(type, name)
  if (id === undefined) throw new Error(`received ${name}`)
  return id
}

/** As the function does for one event. */
async function use(world: World, name: string, set: string, minutes = 1): Promise<void> {
  await world.clock.advance(minutes * 60_000)
  const user = idOf(world, 'USER', name)
  const permissionSet = permissionSetName.parse(set)
  const one = {
    user,
    account,
    permissionSet,
    at: world.clock.now().toISOString(),
    by: 'cli',
    from: '203.0.113.7',
  } as const
  await world.finish(watchUses(world.ports, world.configuration)(user, [one]))
  await recordUses(world.ports, user, [one])
}

async function countSince(world: World, days: number): Promise<void> {
  await recordWatching(world.ports, [new Date(world.clock.now().getTime() - days * 24 * 3_600_000)])
}

async function toldIn(world: World): Promise<readonly string[]> {
  const keys = (await Array.fromAsync(world.objects.list(changesByDate.at))).map(({ key }) => key)
  const told = keys.filter((key) => key.includes('%use-watched%'))
  return Promise.all(
    told.map(async (key) => `${key.split('%use-watched%')[1]}: ${(await readHand(world.objects, key)).reason}`),
  )
}

const first = 'the first known use, by this person, of a permission set that allows everything'
const of = (set: string, name: string) => `account%${account}%${set}%${name}%USER%ssofile`
const how = 'by cli from 203.0.113.7 (policies/uses.json)'

describe('a use that a policy watches is told at once:', () => {
  test('each use of a named permission set', async () => {
    const world = await open([{ permissionSets: ['Read-*'], uses: ['any'] }])
    await use(world, 'ana', 'Read-ps')
    await use(world, 'ana', 'Power-ps')
    expect(await toldIn(world)).toEqual([`${of('Read-ps', 'ana')}: a use, ${how}`])
  })

  test('the first use by each person of a permission set that allows everything, and no later one', async () => {
    const world = await open([{ uses: ['first-administrator'] }])
    await countSince(world, 31)
    await use(world, 'ana', 'Read-ps')
    await use(world, 'ana', 'Power-ps')
    await use(world, 'ana', 'Power-ps', 90)
    await use(world, 'bo', 'Power-ps')
    expect(await toldIn(world)).toEqual([
      `${of('Power-ps', 'ana')}: ${first}, ${how}`,
      `${of('Power-ps', 'bo')}: ${first}, ${how}`,
    ])
  })

  test('no first use while uses are not counted for 30 days: until then everybody’s next use is the first one', async () => {
    const world = await open([{ uses: ['first', 'first-administrator'] }])
    await use(world, 'ana', 'Power-ps')
    await countSince(world, 29)
    await use(world, 'bo', 'Power-ps')
    expect(await toldIn(world)).toEqual([])
    await countSince(world, 31)
    await use(world, 'bo', 'Read-ps')
    expect(await toldIn(world)).toHaveLength(1)
  })

  test('a use by somebody who is disabled or suspended', async () => {
    const world = await open([{ uses: ['suspended'] }])
    await use(world, 'ana', 'Read-ps')
    world.identityStore.setUserStatus(idOf(world, 'USER', 'ana'), 'DISABLED')
    await world.objects.put('suspended/bo', '')
    await use(world, 'ana', 'Read-ps')
    await use(world, 'bo', 'Read-ps')
    const reason = 'a use by somebody who is suspended, disabled or gone'
    expect(await toldIn(world)).toEqual(['ana', 'bo'].map((name) => `${of('Read-ps', name)}: ${reason}, ${how}`))
  })

  test('a use after the access was revoked, also through a group, and not before', async () => {
    const world = await open([{ uses: ['without-access'] }])
    await use(world, 'ana', 'Read-ps')
    await world.objects.as('maria').delete(`links_data/account%${account}%Read-ps%ops%GROUP%ssofile`)
    for (let round = 0; round < 3; round++) {
      await world.look()
      await world.finish(world.slice())
    }
    await use(world, 'ana', 'Read-ps')
    await use(world, 'ana', 'Power-ps')
    const reason = 'a use without access on record: it was revoked, others gave it, or the event is forged'
    expect(await toldIn(world)).toEqual([`${of('Read-ps', 'ana')}: ${reason}, ${how}`])
    await use(world, 'ana', 'Never-ps')
    expect((await toldIn(world)).at(-1)).toBe(
      `${of('Never-ps', 'ana')}: ${reason}, of access not known to ssofile, ${how}`,
    )
  })

  test('of several reasons the gravest, and nothing without a policy', async () => {
    const world = await open([{ uses: ['any', 'suspended'] }])
    await world.objects.put('suspended/ana', '')
    await use(world, 'ana', 'Read-ps')
    expect(await toldIn(world)).toEqual([expect.stringMatching(/: a use by somebody who is suspended/)])
    const silent = await open([{ permissionSets: ['*'] }])
    await use(silent, 'ana', 'Read-ps')
    expect(await toldIn(silent)).toEqual([])
  })
})
