import { describe, expect, test } from '@jest/globals'
import type { DirectoryChange } from '../../../../shared/domain/principals/directory-event.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import type { Lane } from '../../../../shared/ports/queues.ts'
import { reconcile } from '../../../../shared/reconcile/differences/reconcile.ts'
import { followDirectoryEvents } from '../../../../shared/reconcile/directory/follow-directory-events.ts'
import { brakeFile } from '../../../../shared/reconcile/records/brake-file.ts'
import { PrincipalNames } from '../../../../shared/reconcile/records/principal-names.ts'
import { intercept } from '../../../intercept.ts'
import { Settling } from '../../../settling.ts'
import { World } from '../../../world.ts'
import { holding } from '../brake/holding.ts'

const nobody = principalId.parse('99999999-2222-3333-4444-555555555555')
const [old, next] = ['team-Accountants', 'team-Bookkeepers']

/** Hints as `lane: account principal`, by name or id, and inputs as their keys, in the order of urgency. */
function sent({ world }: Settling): readonly string[] {
  return (['work-urgent', 'work', 'work-bulk', 'links'] as const).flatMap((queue) =>
    world.queues
      .queue(queue)
      .messages()
      .map(({ body }) => JSON.parse(body))
      .map((about) => {
        expect(about.cause ?? about.event).toBe('directory')
        return about.key ?? `${queue}: ${about.account} ${about.principal ?? about.principalId}`
      }),
  )
}

function open() {
  const bench = new Settling()
  const { world } = bench
  const id = bench.target().principalId
  const follow = (...changes: readonly DirectoryChange[]) =>
    world.finish(followDirectoryEvents(world.ports, world.configuration, changes))
  const changed = () => follow({ type: 'GROUP', id })
  const note = async (name: string, of = id) => {
    await new PrincipalNames(world.objects).note({ type: 'GROUP', id: of, name: principalName.parse(name) })
    await world.clock.advance(1_000)
  }
  /** The ledger has access of this id, noted under this name. */
  const have = async (name = old, of = id) => {
    await note(name, of)
    await world.objects.put(bench.ledgerKey.replace(id, of), '{}')
  }
  const rename = (name: string) => world.identityStore.updateGroup(id, [{ path: 'displayName', value: name }])
  const wait = (key: string) => world.objects.put(`attention/waiting/${key}`, '')
  return { bench, world, id, follow, changed, note, have, rename, wait }
}

const looks = {
  event: ({ follow }: ReturnType<typeof open>) => follow({ type: 'USER', id: nobody }),
  'event without an id': ({ follow }: ReturnType<typeof open>) => follow({ type: 'USER' }),
  reconcile: ({ world }: ReturnType<typeof open>) => world.finish(reconcile(world.ports, world.configuration)),
}

/** The ledger has access of a user who is gone. Returns its key. */
async function leave({ bench, world, id }: ReturnType<typeof open>, state = 'granted'): Promise<string> {
  await new PrincipalNames(world.objects).note({ type: 'USER', id: nobody, name: principalName.parse('ida') })
  const key = bench.ledgerKey.replace(id, nobody).replace('GROUP', 'USER')
  const ids = { principal: 'ida', principalId: nobody, permissionSetArn: bench.target().permissionSetArn }
  const at = world.clock.now().toISOString()
  const entry = { v: 1, state, ...ids, links: [], attempts: 0, updatedAt: at, grantedAt: at }
  await world.objects.put(key, JSON.stringify(entry))
  return key.slice('assignments/'.length)
}

const causes = ({ world }: ReturnType<typeof open>, queue: Lane) =>
  world.queues
    .queue(queue)
    .messages()
    .map(({ body }) => JSON.parse(body))
    .filter(({ principalId }) => principalId === nobody)
    .map(({ cause }) => cause)

test('an event about somebody who never had access does not list the ledger', async () => {
  const listed: unknown[] = []
  const world = new World({
    wrap: (ports) =>
      intercept(ports, async ({ operation, args: [prefix], proceed }) => {
        if (operation === 'list') listed.push(prefix)
        return proceed()
      }),
  })
  const { items } = await world.identityStore.listPrincipals('USER')
  const events = [
    ...items.map(({ id }): DirectoryChange => ({ type: 'USER', id })),
    { type: 'USER', id: nobody } as const,
  ]
  expect(await world.finish(followDirectoryEvents(world.ports, world.configuration, events))).toBe(0)
  expect(listed).not.toContain('assignments/')
})

test.each(['event', 'event without an id', 'reconcile'] as const)(
  'the access of a deleted user goes before all other work after: %s',
  async (by) => {
    const opened = open()
    await leave(opened)
    await looks[by](opened)
    expect(causes(opened, 'work-urgent')).toContain('user-has-left')
  },
)

test.each(['event without an id', 'reconcile'] as const)(
  'the access of a deleted user that the brake holds goes with other work after: %s',
  async (by) => {
    const opened = open()
    await brakeFile(opened.world.objects).write(holding(await leave(opened, 'held')), undefined)
    await looks[by](opened)
    expect(causes(opened, 'work-urgent')).toEqual([])
    expect(causes(opened, 'work')).toEqual([by === 'reconcile' ? 'reconcile' : 'directory'])
  },
)

describe('after an event about a group', () => {
  test('nothing is looked at where its name is the one that the ledger has it under', async () => {
    const { bench, changed, have } = open()
    await bench.upload()
    await have()
    expect(await changed()).toBe(0)
    expect(sent(bench)).toEqual([])
  })

  test('nothing is looked at of other ids, names and types', async () => {
    const { bench, world, id, changed, have, wait } = open()
    const names = new PrincipalNames(world.objects)
    await have()
    await have('team-Web', nobody)
    await names.note({ type: 'USER', id, name: principalName.parse('ida') })
    await names.note({ type: 'USER', id: nobody, name: principalName.parse(old) })
    await world.objects.put(bench.ledgerKey.replace('GROUP', 'USER'), '{}')
    await wait(bench.link.replace(old, 'team-Web'))
    expect(await changed()).toBe(0)
  })

  test('that is new, what links ask for under its name is looked at', async () => {
    const { bench, changed, world } = open()
    await bench.upload()
    await bench.upload(bench.link.replace('GROUP', 'USER'))
    await bench.upload(bench.link.replace(old, next))
    await world.objects.put('links_data/notes.txt', '')
    expect(await changed()).toBe(1)
    expect(sent(bench)).toEqual([`work: ${bench.account} ${old}`])
  })

  test('that is new and that no link names, nothing is looked at, nor the organization read', async () => {
    const { bench, changed, wait, world } = open()
    await wait(bench.link.replace(old, next))
    expect(await changed()).toBe(0)
    expect(sent(bench)).toEqual([])
    expect(await world.json('state/organization.json')).toBeUndefined()
  })

  test('that has another name, its access is looked at first, then what links ask for by both names', async () => {
    const { bench, id, changed, have, rename } = open()
    await have()
    await bench.upload(bench.link.replace(old, next))
    await rename(next)
    expect(await changed()).toBe(2)
    expect(sent(bench)).toEqual([`work-urgent: ${bench.account} ${id}`, `work: ${bench.account} ${next}`])
  })

  test('that is gone, its access is looked at, not urgently: it has its grace', async () => {
    const { bench, world, changed, have, id, wait } = open()
    await have()
    await wait(bench.link)
    await world.objects.put('assignments/notes.txt', '')
    await world.identityStore.deleteGroup(id)
    expect(await changed()).toBe(1)
    expect(sent(bench)).toEqual([`work: ${bench.account} ${id}`])
  })

  test('that nobody has or had, the links that wait for a group are looked at', async () => {
    const { bench, follow, wait } = open()
    await wait(bench.link)
    await wait(bench.link.replace('GROUP', 'USER'))
    await wait('permission_sets/Billing-ps.json')
    await wait('links_data/notes.txt')
    expect(await follow({ type: 'GROUP', id: nobody })).toBe(0)
    expect(sent(bench)).toEqual([bench.link])
  })

  test('that a link waits for, what asks for it is looked at, and its access, although the ledger has its name', async () => {
    const { bench, id, changed, have, wait } = open()
    await bench.upload()
    await have()
    await wait(bench.link.replace('GROUP', 'USER'))
    expect(await changed()).toBe(0)
    await wait(bench.link)
    expect(await changed()).toBe(2)
    expect(sent(bench)).toEqual([`work: ${bench.account} ${id}`, `work: ${bench.account} ${old}`])
  })

  test('whose name another id had before, the access of both is looked at', async () => {
    const { bench, id, changed, have } = open()
    await have()
    await have(old, nobody)
    expect(await changed()).toBe(2)
    expect(sent(bench)).toEqual([`work-urgent: ${bench.account} ${nobody}`, `work: ${bench.account} ${id}`])
  })

  test('that had another name before, its access is looked at urgently', async () => {
    const { bench, id, changed, note, have } = open()
    await note(next)
    await have()
    expect(await changed()).toBe(1)
    expect(sent(bench)).toEqual([`work-urgent: ${bench.account} ${id}`])
  })
})

describe('after an event that says no id', () => {
  test('all that differs from the directory is looked at, and what waits, of that type only', async () => {
    const { bench, follow, have, rename, wait } = open()
    await have()
    await rename(next)
    await wait(bench.link)
    await wait(bench.link.replace('GROUP', 'USER'))
    expect(await follow({ type: 'USER' })).toBe(0)
    expect(sent(bench)).toEqual([bench.link.replace('GROUP', 'USER')])
    const again = open()
    await again.have()
    await again.rename(next)
    await again.wait(again.bench.link)
    expect(await again.follow({ type: 'GROUP' })).toBe(2)
    const { account, link } = again.bench
    expect(sent(again.bench)).toEqual([`work: ${account} ${again.id}`, `work: ${account} ${old}`, link])
  })
})
