import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compareOwnInputs } from '../../../../shared/modules/requests/compare-own-inputs.ts'
import { compareTold } from '../../../../shared/modules/requests/list-requests.ts'
import type { ObjectStore } from '../../../../shared/ports/object-store.ts'
import { World } from '../../../world.ts'

const place = 'approvals/'
const person = fc.constantFrom('ana', 'ana-b', 'ana%', 'ben', '\u{1F600}', '\uFF5E')
const file = fc.constantFrom('1', '1%2', '1.json', 'é', 'a/b', 'a-/b', '~', 'folder/')
const key = fc.oneof(
  fc.tuple(person, file).map((parts) => place + parts.join('/')),
  person.map((one) => place + one),
)
const sorted = (keys: readonly string[]) => [...keys].sort()

/** Counts the keys that are listed. */
function counted({ objects }: World) {
  const count = { keys: 0 }
  const list: ObjectStore['list'] = async function* (...asked) {
    for await (const head of objects.list(...asked)) {
      count.keys++
      yield head
    }
  }
  return { count, objects: Object.assign(Object.create(objects), { list }) }
}

test('a comparison person by person finds what a comparison of everything at once finds, whatever the keys are', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ key, isFile: fc.boolean(), laterMs: fc.constantFrom(0, 5_000) }), { maxLength: 30 }),
      async (puts) => {
        const { objects, clock } = new World()
        for (const { key, isFile, laterMs } of puts) {
          await clock.advance(laterMs)
          await objects.put(isFile ? key : `status/${key}.json`, '')
        }
        const own = await Array.fromAsync(compareOwnInputs(objects, place))
        const { untold, outdated } = await compareTold(objects, [place])
        expect(sorted(own.flatMap((one) => one.untold))).toEqual(sorted(untold))
        expect(sorted(own.flatMap(({ stale, gone }) => [...stale, ...gone]))).toEqual(sorted(outdated))
        expect(own.filter(({ isCut }) => isCut)).toEqual([])
      },
    ),
    { numRuns: 40 },
  )
})

test('of a person with more files than are compared the others are not listed, and other people are compared in whole', async () => {
  const world = new World()
  for (const user of ['ana', 'ben', 'eve'])
    for (let nth = 0; nth < (user === 'ben' ? 500 : 2); nth++)
      await world.objects.put(`${place}${user}/${String(nth).padStart(3, '0')}${nth % 2 === 0 ? '' : '/'}`, '')
  const { count, objects } = counted(world)
  const own = await Array.fromAsync(compareOwnInputs(objects, place, 10))
  const ofPeople = own.filter(({ untold }) => untold.length > 0)
  expect(ofPeople.map(({ person, untold, isCut }) => [person, untold.length, isCut])).toEqual([
    ['ana', 1, false],
    ['ben', 5, true],
    ['eve', 1, false],
  ])
  expect(count.keys).toBe(2 + 11 + 2)
})

test('a person with too many files has every deletion found, and only certain other differences', async () => {
  const { objects } = new World()
  for (let nth = 10; nth < 30; nth++) {
    await objects.put(`${place}files/${nth}`, '')
    await objects.put(`status/${place}statuses/${nth}.json`, '')
  }
  for (const nth of [10, 29, 50]) {
    await objects.put(`status/${place}files/${nth}.json`, '')
    await objects.put(`${place}statuses/${nth}`, '')
  }
  const own = await Array.fromAsync(compareOwnInputs(objects, place, 5))
  const told = Object.fromEntries(own.map(({ person, ...one }) => [person, one]))
  expect(told).toMatchObject({
    files: { isCut: true, untold: [11, 12, 13, 14].map((nth) => `${place}files/${nth}`), gone: [`${place}files/50`] },
    statuses: { isCut: true, untold: [], gone: [11, 12, 13, 14].map((nth) => `${place}statuses/${nth}`) },
  })
})
