import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import type { OrganizationEvent } from '../../../../shared/domain/organization/organization-event.ts'
import { followOrganizationEvents } from '../../../../shared/reconcile/organization/follow-organization-events.ts'
import { OrganizationCache } from '../../../../shared/reconcile/organization/organization-cache.ts'
import type { Interceptor } from '../../../intercept.ts'
import { Settling } from '../../../settling.ts'

const ten = '2026-03-03T10:00:00.000Z'
const unit = 'ou-acme-wrk3fina'
const elsewhere = 'ou-acme-sec10000'

/** Hints as `lane, account or principal, cause`, in the order of urgency. */
function sent({ world }: Settling): readonly string[] {
  return (['work-urgent', 'work', 'work-bulk'] as const).flatMap((lane) =>
    world.queues
      .queue(lane)
      .messages()
      .map(({ body }) => JSON.parse(body))
      .map(
        ({ account, principal, principalId, cause }) =>
          `${lane}: ${account} ${principal ?? world.identityStore.nameOf('GROUP', principalId)}, ${cause}`,
      ),
  )
}

/** A world whose view was read, as an event finds it. */
async function open(interceptor?: Interceptor) {
  const bench = new Settling(interceptor === undefined ? {} : { interceptor })
  const { world, account } = bench
  const read = () => new OrganizationCache(world.ports, [])
  await world.finish(read().view())
  const follow = (...events: readonly OrganizationEvent[]) =>
    world.finish(
      followOrganizationEvents(events, {
        ports: world.ports,
        configuration: world.configuration,
        organization: read(),
      }),
    )
  const moved = (name = 'MoveAccount', accounts = [account]) => follow({ name, look: 'accounts', accounts })
  const move = () => world.organizations.moveAccount(account, parentOf(bench), elsewhere)
  return { bench, world, follow, moved, move }
}

function parentOf({ world, account }: Settling): string {
  const found = world.organizations.accountsNow().find(({ id }) => id === account)
  return found?.parents.at(-1) ?? ''
}

const linkOf = (bench: Settling, scope: string, principal = bench.principal) =>
  `links_data/${scope}%Billing-ps%${principal}%GROUP%ssofile`

describe('after an event about an account', () => {
  test('what no link and no entry is about has no hint', async () => {
    const { bench, world, moved } = await open()
    await world.objects.put('links_data/', '')
    await world.objects.put('links_data/notes.txt', '')
    await world.objects.put(linkOf(bench, `ou_id%${elsewhere}`), '')
    await world.objects.put(linkOf(bench, 'account%210000000001'), '')
    expect(await moved()).toEqual({ accounts: 1, inputs: 0, hints: 0 })
    expect(sent(bench)).toEqual([])
  })

  test('what a link grants and nobody has is looked at', async () => {
    const { bench, moved } = await open()
    await bench.upload(linkOf(bench, `ou_id%${parentOf(bench)}`))
    expect(await moved()).toEqual({ accounts: 1, inputs: 0, hints: 1 })
    expect(sent(bench)).toEqual([`work: ${bench.account} team-Accountants, MoveAccount`])
  })

  test('what is granted by the same links has no hint; by others, or unfinished, it has', async () => {
    const { bench, moved } = await open()
    const link = await bench.upload()
    await bench.own({ links: [link] })
    expect(await moved()).toMatchObject({ hints: 0 })
    for (const change of [
      { links: [] },
      { links: [{ ...link, key: `${link.key}x` }] },
      { links: [link, { ...link, key: `${link.key}x` }] },
      { links: [link], state: 'granting' as const },
      { links: [link], state: 'failed' as const },
    ]) {
      await bench.own(change)
      expect(await moved()).toMatchObject({ hints: 1 })
    }
  })

  test('what was there before is settled by the links that it is recorded with', async () => {
    const { bench, world, moved } = await open()
    const link = await bench.upload()
    const { principalId, permissionSetArn } = bench.target()
    const foreign = { v: 1, principal: bench.principal, principalId, permissionSetArn, seenAt: ten }
    await bench.noteName()
    const key = bench.ledgerKey.replace('assignments/', 'foreign/')
    await world.objects.put(key, JSON.stringify({ ...foreign, links: [link] }))
    expect(await moved()).toMatchObject({ hints: 0 })
    await world.objects.put(key, JSON.stringify({ ...foreign, links: [] }))
    expect(await moved()).toMatchObject({ hints: 1 })
  })

  test.each(['assignments/', 'foreign/'])('what goes from %s meanwhile is looked at', async (prefix) => {
    const { bench, world, moved } = await open(async ({ operation, args, proceed }) => {
      if (operation === 'get' && String(args[0]).startsWith(prefix)) await world.objects.delete(String(args[0]))
      return proceed()
    })
    await bench.upload()
    await bench.noteName()
    await world.objects.put(bench.ledgerKey.replace('assignments/', prefix), '{}')
    expect(await moved()).toMatchObject({ hints: 1 })
  })

  test('what the ledger has and no link grants is looked at urgently', async () => {
    const { bench, world, moved } = await open()
    await bench.own()
    await world.objects.put(bench.ledgerKey.replace(bench.account, '210000000001'), '{}')
    await world.objects.put(`assignments/account%${bench.account}%notes.txt`, '')
    expect(await moved()).toEqual({ accounts: 1, inputs: 0, hints: 1 })
    expect(sent(bench)).toEqual([`work-urgent: ${bench.account} team-Accountants, MoveAccount`])
  })

  test('a link that lost or won the account has a hint of its own, so that its status is told', async () => {
    const { bench, moved, move } = await open()
    const [lost, won] = [linkOf(bench, `ou_id%${parentOf(bench)}`), linkOf(bench, `ou_id%${elsewhere}`, 'team-Web')]
    const link = await bench.upload(lost)
    await bench.upload(won)
    await bench.own({ links: [link] })
    await move()
    expect(await moved('MoveAccount')).toEqual({ accounts: 1, inputs: 0, hints: 4 })
    const { account } = bench
    expect(sent(bench)).toEqual([
      `work-urgent: ${account} team-Accountants, MoveAccount`,
      `work-urgent: ${account} team-Accountants, ${lost}`,
      `work: ${account} team-Web, MoveAccount`,
      `work: ${account} team-Web, ${won}`,
    ])
  })

  test('a link that names it and cannot be applied tells in which state it is', async () => {
    const { bench, world, moved } = await open()
    const all = linkOf(bench, 'root%all', 'team-Web')
    await bench.upload()
    world.organizations.suspendAccount(bench.account)
    await moved('CloseAccount')
    expect(sent(bench)).toEqual([`work: ${bench.account} team-Accountants, ${bench.link}`])
    await bench.upload(all)
    expect(await moved('CloseAccount')).toMatchObject({ hints: 1 })
  })

  test('each account is looked at once, and the hints name all events', async () => {
    const { bench, follow } = await open()
    await bench.own()
    const [one, other] = [bench.account, accountId.parse('210000000001')]
    expect(
      await follow(
        { name: 'MoveAccount', look: 'accounts', accounts: [one, other] },
        { name: 'TagResource', look: 'accounts', accounts: [one] },
        { name: 'MoveAccount', look: 'accounts', accounts: [one] },
        { name: 'ListRoots', look: 'nothing', reason: 'the call reads' },
      ),
    ).toEqual({ accounts: 2, inputs: 0, hints: 1 })
    expect(sent(bench)).toEqual([`work-urgent: ${one} team-Accountants, MoveAccount, TagResource, ListRoots`])
  })
})

describe('after an event about an organizational unit', () => {
  test('the links to it are looked at, and no others', async () => {
    const { bench, world, follow } = await open()
    const links = [linkOf(bench, `ou_id%${unit}`), linkOf(bench, `ou_id%${unit}`, 'team-Web')]
    for (const key of [...links, linkOf(bench, `ou_id%${elsewhere}`), linkOf(bench, 'root%all'), bench.link])
      await bench.upload(key)
    const event = { name: 'DeleteOrganizationalUnit', look: 'organizational-units' } as const
    expect(await follow({ ...event, organizationalUnits: [unit] })).toEqual({ accounts: 0, inputs: 2, hints: 0 })
    const messages = world.queues.queue('links').messages()
    expect(messages.map(({ body }) => JSON.parse(body))).toMatchObject(
      links.map((key) => ({ key, event: 'an organizational unit came or went' })),
    )
    expect(sent(bench)).toEqual([])
  })

  test('accounts and units are looked at together', async () => {
    const { bench, follow } = await open()
    await bench.upload(linkOf(bench, `ou_id%${unit}`))
    await bench.own()
    expect(
      await follow(
        { name: 'MoveAccount', look: 'accounts', accounts: [bench.account] },
        { name: 'CreateOrganizationalUnit', look: 'organizational-units', organizationalUnits: [unit] },
      ),
    ).toMatchObject({ accounts: 1, inputs: 1 })
  })
})

test('events that say to look at nothing cost no call', async () => {
  let calls = 0
  const { follow } = await open(({ proceed }) => {
    calls++
    return proceed()
  })
  const before = calls
  expect(await follow({ name: 'ListRoots', look: 'nothing', reason: 'the call reads' })).toEqual({
    accounts: 0,
    inputs: 0,
    hints: 0,
  })
  expect(calls).toBe(before)
})
