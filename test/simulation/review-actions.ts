import { nthOf } from './doing.ts'
import type { SimulatedWorld } from './simulated-world.ts'

const reviewers = ['ann', 'bob'] as const
const file = JSON.stringify({
  reviewers: { named: reviewers, fallback: ['ann'] },
  lastsDays: 2,
  remindDays: [1],
  silence: { escalateDays: 1, means: 'not-done' },
})

type Decision = {
  readonly by: (typeof reviewers)[number]
  readonly nth: number
  readonly verdict: 'keep' | 'revoke'
}

/** Governance begins a review and ends it, and reviewers decide on its links. */
export const reviewActions = {
  'begin a review': ({ objects }: SimulatedWorld) => objects.as('governance').put('reviews/quarter.json', file),
  'decide in a review': (world: SimulatedWorld, { by, nth, verdict }: Decision) => {
    const { objects, identityStore } = world
    const digest = nthOf(
      listItems(world).filter((key) => linkOfItem(world, key) !== undefined),
      nth,
    )?.match(/([0-9a-f]{32})\.json$/)?.[1]
    const user = identityStore.idOf('USER', by)
    if (digest && user) return objects.as(by).put(`decisions/${user}/quarter/${digest}%${verdict}`, '')
    return undefined
  },
  'close the review': ({ objects }: SimulatedWorld) => objects.as('governance').delete('reviews/quarter.json'),
}

/** The keys of all items of reviews. */
export function listItems(world: SimulatedWorld): readonly string[] {
  return world.keys('review-results/').filter((key) => key.includes('/items/'))
}

/** The link that an item of a review asks about. */
export function linkOfItem(world: SimulatedWorld, key: string): string | undefined {
  const { subject } = (world.readJson(key) ?? {}) as { subject?: { file?: { key?: string } } }
  return subject?.file?.key
}
