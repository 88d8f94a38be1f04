import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { ProposedObjects } from '../../../handlers/cli/proposed-objects.ts'
import { accountId } from '../../../shared/domain/account-id.ts'
import { permissionSetName } from '../../../shared/domain/permission-set-name.ts'
import { principalName } from '../../../shared/domain/principal.ts'
import { type Answer, explainAccess } from '../../../shared/reconcile/explain-access.ts'
import { World } from '../../world.ts'

const billing = readFileSync(new URL('../../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))
const invoicing = '233000000002'
const ofGroup = (principal: string, scope = `account%${invoicing}`) =>
  `links_data/${scope}%Billing-ps%${principal}%GROUP%ssofile`
const kenji = 'kenji.ito@acme.example'

/** A world that runs, with these links uploaded by maria, until nothing is left to do. */
async function worldWith(...links: readonly string[]): Promise<World> {
  const world = new World().start({ dispatcher: false })
  await world.objects.as('maria').put('permission_sets/Billing-ps.json', billing)
  for (const key of links) await world.objects.as('maria').put(key, '')
  await settle(world)
  return world
}

async function settle(world: World): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await world.look()
    await world.finish(world.slice())
  }
}

function explain(
  world: World,
  principal: string,
  { account = invoicing, permissionSet = 'Billing-ps' } = {},
): Promise<Answer> {
  const objects = new ProposedObjects(world.objects, world.clock.now())
  const question = {
    account: accountId.parse(account),
    permissionSet: permissionSetName.parse(permissionSet),
    principal: principalName.parse(principal),
  }
  return world.finish(explainAccess(question, { ...world.ports, objects }, world.configuration))
}

describe('access is explained', () => {
  test('that a link grants: since when, by whom, and what happened', async () => {
    const world = await worldWith(ofGroup('team-Accountants'), ofGroup('team-Accountants', 'ou_id%r-acme'))
    const { account, direct, near } = await explain(world, 'team-Accountants')
    expect(account).toMatchObject({ name: 'invoicing-prod' })
    expect(near).toEqual([])
    expect(direct).toMatchObject([
      {
        state: 'granted',
        isInForce: true,
        since: expect.stringMatching(/^2026-03-03T10:/),
        history: [{ event: 'granted' }],
      },
    ])
    expect(direct[0]?.links.map(({ key, by, grants }) => [key, by?.principalId, grants]).sort()).toEqual([
      [ofGroup('team-Accountants'), 'AWS:maria', true],
      [ofGroup('team-Accountants', 'ou_id%r-acme'), 'AWS:maria', true],
    ])
  })

  test('that a user has through a group, by the ids of both', async () => {
    const world = await worldWith(ofGroup('team-Accountants'))
    const group = world.identityStore.idOf('GROUP', 'team-Accountants') ?? ''
    await world.identityStore.createGroupMembership(group, world.identityStore.idOf('USER', kenji) ?? '')
    const { direct, throughGroups } = await explain(world, kenji)
    expect(direct).toMatchObject([{ state: 'none', assignment: { type: 'USER' } }])
    expect(throughGroups).toMatchObject([{ state: 'granted', assignment: { principal: 'team-Accountants' } }])
  })

  test('that was there before', async () => {
    const key = `links_data/account%220000000003%AdministratorAccess%team-Platform%GROUP%ssofile`
    const world = await worldWith(key)
    const { direct } = await explain(world, 'team-Platform', {
      account: '220000000003',
      permissionSet: 'AdministratorAccess',
    })
    expect(direct).toMatchObject([{ state: 'foreign', isInForce: true, links: [{ key }] }])
  })

  test('that waits, with what it waits for', async () => {
    const world = await worldWith(ofGroup('team-accountants'))
    const { direct } = await explain(world, 'team-accountants')
    expect(direct).toMatchObject([
      { state: 'wanted', isInForce: false, reason: expect.stringContaining("did you mean 'team-Accountants'?") },
    ])
  })

  test('that is gone: what happened to it', async () => {
    const world = await worldWith(ofGroup('team-Accountants'))
    await world.objects.as('maria').delete(ofGroup('team-Accountants'))
    await settle(world)
    const { direct } = await explain(world, 'team-Accountants')
    expect(direct).toMatchObject([
      { state: 'none', isInForce: false, history: [{ event: 'granted' }, { event: 'revoked' }] },
    ])
  })

  test('of a name that a group and a user have, for both', async () => {
    const world = await worldWith(ofGroup(kenji))
    await world.identityStore.createGroup({ displayName: kenji })
    const { direct } = await explain(world, kenji)
    expect(direct.map(({ assignment }) => assignment.type)).toEqual(['GROUP', 'USER'])
  })
})

test('what a drift check and the directory found is remarked', async () => {
  const world = await worldWith(ofGroup('team-Accountants'))
  const key = `assignments/${ofGroup('team-Accountants').slice('links_data/'.length)}`
  const at = '2026-03-03T10:00:00.000Z'
  await world.objects.put(key, JSON.stringify({ ...(await world.json(key)), orphanedAt: at, missingSince: at }))
  const { direct } = await explain(world, 'team-Accountants')
  expect(direct[0]?.remarks).toEqual([
    `the principal is gone since ${at}; its access is kept for a while`,
    `a drift check misses it in Identity Center since ${at}`,
  ])
})

describe('where nothing grants it, the links that are near are named', () => {
  test('those that differ in one of account, permission set and principal', async () => {
    const world = await worldWith(
      ofGroup('team-Accountants', 'account%250000000003'),
      `links_data/account%${invoicing}%ReadOnly-ps%team-Accountants%GROUP%ssofile`,
      ofGroup('Team-Accountants'),
      ofGroup('team-Shop', 'account%250000000003'),
    )
    const { near } = await explain(world, 'team-Accountants')
    expect(near).toEqual([
      { key: ofGroup('Team-Accountants'), differs: "it names the group 'Team-Accountants'" },
      { key: ofGroup('team-Accountants', 'account%250000000003'), differs: 'it does not mean this account' },
      {
        key: `links_data/account%${invoicing}%ReadOnly-ps%team-Accountants%GROUP%ssofile`,
        differs: "it names the permission set 'ReadOnly-ps'",
      },
    ])
  })

  test('and an account that does not exist is said', async () => {
    const world = await worldWith()
    const { notes, direct } = await explain(world, 'team-Accountants', { account: '999999999999' })
    expect(notes).toEqual(['the organization has no account 999999999999'])
    expect(direct).toMatchObject([{ state: 'none' }])
  })
})

test('explaining writes nothing', async () => {
  const world = await worldWith(ofGroup('team-Accountants'))
  const before = await Array.fromAsync(world.objects.list(''))
  await explain(world, 'team-Accountants')
  expect(await Array.fromAsync(world.objects.list(''))).toEqual(before)
})
