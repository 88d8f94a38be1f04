import { expect, test } from '@jest/globals'
import { reconcilePeople } from '../../../../shared/modules/people/reconcile-people.ts'
import { statusKey } from '../../../../shared/reconcile/records/status-store.ts'
import { intercept } from '../../../intercept.ts'
import { Grouping, kenji } from './grouping.ts'

const ana = 'ana.ruiz@acme.example'
const mia = 'mia.lang@acme.example'
const fileOf = (name: string) => `people/${name}.json`
const file = fileOf(ana)
const names = { displayName: 'A B', givenName: 'A', familyName: 'B' }

/** Ana has a user by a file, Mia had one and has ended, Lou is not to begin yet, and a policy lets no file take Kenji over. */
async function begin(): Promise<Grouping> {
  const grouping = new Grouping({ directory: 'identity-center' })
  const { world } = grouping
  await grouping.put(file, { ...names, department: 'Web' })
  await grouping.put(fileOf(mia), names)
  await grouping.put(fileOf('lou'), { ...names, startsAt: '2030-01-01T00:00:00Z' })
  await grouping.put(fileOf(kenji), names)
  for (const [key, state] of [
    [file, 'applied'],
    [fileOf(mia), 'applied'],
    [fileOf('lou'), 'waiting'],
    [fileOf(kenji), 'rejected'],
  ] as const)
    await grouping.until(key, state)
  await grouping.delete(fileOf(mia))
  await grouping.until(fileOf(mia), undefined)
  for (let minute = 0; minute < 120; minute++) {
    await world.finish(world.everyMinuteOfLinks())
    await world.clock.advance(60_000)
  }
  return grouping
}

/** The inputs that an hour's comparison sends to be looked at, and how often it asks the directory. */
async function compare({ world }: Grouping, untilMs = Number.POSITIVE_INFINITY) {
  const sent: string[] = []
  const asked = new Map<string, number>()
  const ports = intercept(world.ports, ({ port, operation, args, proceed }) => {
    if (port === 'identityStore') asked.set(operation, (asked.get(operation) ?? 0) + 1)
    if (port === 'queues')
      for (const { body } of args[1] as { readonly body: string }[]) sent.push(JSON.parse(body).key)
    return proceed()
  })
  const count = await world.finish(reconcilePeople(ports, world.configuration, untilMs))
  expect(count).toBe(sent.length)
  return { sent: sent.sort(), asked: Object.fromEntries(asked) }
}

test('an hour without changes lists the users, and sends nothing', async () => {
  const { sent, asked } = await compare(await begin())
  expect(sent).toEqual([])
  // One listing answers whether a provider manages the users.
  expect(asked).toEqual({ listPeople: 1, listPrincipals: 1 })
})

type Case = { readonly what: string; readonly change: (of: Grouping) => unknown; readonly sent: readonly string[] }

/** Changes that others make in the directory and in the bucket, without an event. */
const cases: readonly Case[] = [
  {
    what: 'a user whose department somebody changed',
    change: (of) =>
      of.world.identityStore.updateUser(of.id('USER', ana), [
        { path: 'aws:identitystore:enterprise.department', value: 'Sales' },
      ]),
    sent: [file],
  },
  {
    what: 'a renamed user',
    change: (of) => of.world.identityStore.updateUser(of.id('USER', ana), [{ path: 'userName', value: 'other' }]),
    sent: [file],
  },
  {
    what: 'a renamed user whom a policy protects',
    change: async (of) => {
      await of.put('policies/people.json', { contact: 'hr', neverSuspend: [ana] })
      await of.put(file, { ...names, department: 'Ops' })
      await of.until(file, 'rejected')
      await of.world.identityStore.updateUser(of.id('USER', ana), [{ path: 'userName', value: 'other' }])
    },
    sent: [file],
  },
  {
    what: 'a user whom somebody deleted',
    change: (of) => of.world.identityStore.deleteUser(of.id('USER', ana)),
    sent: [file],
  },
  {
    what: 'a user whom somebody made again',
    change: async (of) => {
      await of.world.identityStore.deleteUser(of.id('USER', ana))
      await of.world.identityStore.createUser({ userName: ana, attributes: {} })
    },
    sent: [file],
  },
  {
    what: 'a user whom a provider manages now',
    change: (of) =>
      of.world.identityStore.setExternalIdOfUser(of.id('USER', ana), { issuer: 'https://sync.example', id: '1' }),
    sent: [file],
  },
  {
    what: 'a person who has ended, and is not suspended',
    change: (of) => {
      of.answer = ({ operation, args, proceed }) =>
        operation === 'head' && args[0] === `suspended/${mia}` ? Promise.resolve(undefined) : proceed()
    },
    sent: [fileOf(mia)],
  },
  {
    what: 'a person who has ended, and whose user is gone',
    change: (of) => of.world.identityStore.deleteUser(of.id('USER', mia)),
    sent: [fileOf(mia)],
  },
  { what: 'a person without a status', change: (of) => of.delete(statusKey(file)), sent: [file] },
  {
    what: 'a person whose record cannot be read, and nobody else',
    change: (of) => of.world.objects.put(`owned_people/${ana}`, '{'),
    sent: [file],
  },
  {
    what: 'a person whose user now may be taken over',
    change: (of) => of.put('policies/people.json', { contact: 'hr', adoptPeople: ['*'] }),
    sent: [fileOf(kenji)],
  },
]

test.each(cases)('$what is looked at', async ({ change, sent }) => {
  const grouping = await begin()
  await change(grouping)
  const { sent: found } = await compare(grouping)
  expect(found).toEqual(sent)
})

test('a person whose file is new is looked at, whatever became of its event', async () => {
  const grouping = await begin()
  grouping.answer = ({ port, operation, proceed }) =>
    port === 'queues' && operation === 'send' ? Promise.resolve(undefined) : proceed()
  await grouping.put(fileOf('new'), names)
  expect((await compare(grouping)).sent).toContain(fileOf('new'))
})

test('a comparison that is out of time goes on in the next hour', async () => {
  const grouping = await begin()
  const ended = Array.from({ length: 1_200 }, (_, nth) => fileOf(`past-${nth}`))
  await Promise.all(ended.map((key) => grouping.put(key, { ...names, endsAt: '2020-01-01T00:00:00Z' })))
  await grouping.world.until(
    async () => (await grouping.world.keys('status/people/past-')).length === ended.length,
    'told',
  )
  await Promise.all(ended.map((key) => grouping.delete(statusKey(key))))
  const first = (await compare(grouping, 0)).sent
  const second = (await compare(grouping, 0)).sent
  expect([first.length, new Set([...first, ...second]).size]).toEqual([996, ended.length])
})
