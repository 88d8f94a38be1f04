import { expect, test } from '@jest/globals'
import { canonicalLives } from './canonical-lives.ts'
import { listFaults, playFault } from './every-fault.ts'

const lives = canonicalLives.map((life) => ({ name: life.name, life }))

test.each(lives)('$name: nothing is violated without a fault, nor by the first and the last', async ({ life }) => {
  // Throws what is violated without a fault.
  const { faults } = await listFaults(life)
  expect(faults.length).toBeGreaterThan(100)
  const struck = [faults[0], faults.at(-1)].flatMap((fault) => fault ?? [])
  expect(await Promise.all(struck.map((fault) => playFault(fault)))).toEqual([undefined, undefined])
})
