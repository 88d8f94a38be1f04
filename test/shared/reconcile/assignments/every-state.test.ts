import { expect, test } from '@jest/globals'
import { isShallow, isWhole } from '../../../depth.ts'
import { type Bounds, explore } from './explore.ts'

const none: Bounds = { changes: 0, deaths: 0, lost: 0, failures: 0, waits: 0 }

/** Each kind of fault beside changes of links and by others; more of them at once: `npm run simulate -- --every-state`. */
const bounds: readonly Partial<Bounds>[] = [
  { changes: 3, failures: 1, waits: 1 },
  { changes: 2, deaths: 1, waits: 2 },
  { changes: 2, lost: 1, waits: 1 },
  { changes: 2, deaths: 1, lost: 1, waits: 1 },
  { changes: 1, deaths: 1, lost: 1, failures: 1, waits: 2 },
]

// CI plays the last two, which have the most kinds of faults, and `npm test` their first 2,500 states: the shortest lives.
test.each(isWhole ? bounds : bounds.slice(-2))(
  'one access, with every order of %j: nothing is wrong, and it comes to rest from every state',
  (some) => {
    const { states, wrong } = explore({ ...none, ...some }, isShallow ? 2_500 : undefined)
    expect(Object.fromEntries(wrong)).toEqual({})
    expect(states).toBeGreaterThan(isShallow ? 2_000 : 5_000)
  },
)
