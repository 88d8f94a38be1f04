import { expect, test } from '@jest/globals'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { NameIndex, PrincipalNames } from '../../../../shared/reconcile/records/principal-names.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const id = principalId.parse('11111111-2222-3333-4444-555555555555')
const pairs = [
  { type: 'GROUP' as const, name: principalName.parse('50% of/the team'), id },
  { type: 'USER' as const, name: principalName.parse('kenji.ito@acme.example'), id },
]

test('pairs of name and id are listed as they were noted, until they are forgotten', async () => {
  const { objects } = new World()
  const names = new PrincipalNames(objects)
  for (const pair of pairs) await names.note(pair)
  const lastModified = new Date('2026-03-03T10:00:00Z')
  expect(await Array.fromAsync(names.list())).toEqual(pairs.map((pair) => ({ ...pair, lastModified })))
  for (const pair of pairs.slice(0, 1)) await names.forget(pair)
  expect((await Array.fromAsync(names.list())).map(({ type }) => type)).toEqual(['USER'])
})

test('a name that is too long for a key is listed whole, and forgotten', async () => {
  const { objects } = new World()
  const names = new PrincipalNames(objects)
  const pair = { type: 'GROUP' as const, name: principalName.parse('経理部の全員'.repeat(170)), id }
  await names.note(pair)
  expect(await Array.fromAsync(names.list())).toMatchObject([pair])
  await names.forget(pair)
  expect(await Array.fromAsync(names.list())).toEqual([])
})

test('what is no pair is passed over', async () => {
  const { objects } = new World()
  for (const key of [`TEAM%${id}%name`, 'GROUP%no-id%name', `GROUP%${id}%`, `GROUP%${id}`, ''])
    await objects.put(`state/principals/${key}`, '')
  expect(await Array.fromAsync(new PrincipalNames(objects).list())).toEqual([])
})

test('the name that an id got last is its present one; those before stay known', async () => {
  const { objects, clock } = new World()
  const names = new PrincipalNames(objects)
  const [former, present] = ['team', 'team of Mia'].map((name) => principalName.parse(name))
  const other = principalId.parse('22222222-2222-3333-4444-555555555555')
  if (!former || !present) throw new Error('two names')
  for (const name of [former, present]) {
    await names.note({ type: 'GROUP', id, name })
    await clock.advance(1_000)
  }
  await names.note({ type: 'GROUP', id: other, name: former })
  const index = await NameIndex.read(objects)
  expect(index.namesOf('GROUP', id)).toEqual([present])
  expect(index.everNamesOf('GROUP', id)).toEqual([former, present])
  expect(index.idsOf('GROUP', former)).toEqual([other])
  expect(index.everIdsOf('GROUP', former)).toEqual([id, other])
  expect(index.namesOf('USER', id)).toEqual([])
})

test('of two names of one second, both are present ones, until one is set', async () => {
  const { objects } = new World()
  const names = new PrincipalNames(objects)
  const [one, two] = ['b', 'a'].map((name) => principalName.parse(name))
  if (!one || !two) throw new Error('two names')
  for (const name of [one, two]) await names.note({ type: 'GROUP', id, name })
  const index = await NameIndex.read(objects)
  expect([...index.namesOf('GROUP', id)].sort()).toEqual([two, one])
  index.set({ type: 'GROUP', id, name: one })
  expect(index.namesOf('GROUP', id)).toEqual([one])
})

test('a pair is written once in a process, once that has worked', async () => {
  let puts = 0
  const world = new World({
    wrap: (ports) =>
      intercept(ports, async ({ operation, proceed }) => {
        if (operation === 'put' && ++puts === 1) throw new Error('no answer')
        return proceed()
      }),
  })
  const names = new PrincipalNames(world.ports.objects)
  for (const pair of pairs) {
    await names.note(pair).catch(() => undefined)
    await names.note(pair)
    await names.note(pair)
  }
  expect(puts).toBe(3)
})
