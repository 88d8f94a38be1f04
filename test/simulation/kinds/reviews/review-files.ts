import type { SimulatedWorld } from '../../simulated-world.ts'
import type { KindFiles } from '../part.ts'

const render = (said: object) =>
  JSON.stringify({
    reviewers: { named: { users: ['ann', 'bob'] }, fallback: { users: ['ann'] } },
    lastsDays: 2,
    remindDays: [1],
    silence: { escalateDays: 1, means: 'not-done' },
    ...said,
  })

export const reviewFiles = {
  keys: { quarter: 'reviews/quarter.json', month: 'reviews/month.json' },
  valid: {
    'of two days': render({}),
    'of two days, and two must keep': render({ keeps: 2 }),
    'that begins soon': (at) => render({ begins: at(60_000) }),
  },
  invalid: { 'without a fallback': render({ reviewers: { named: { users: ['ann'] } } }), broken: '{ "reviewers": {' },
} as const satisfies KindFiles

/** A link of the review `quarter`, in the order of its items, and a verdict on it. */
const decides = (who: string, nth: number, verdict: 'keep' | 'revoke') => (world: SimulatedWorld) => {
  const items = listItems(world).filter((key) => key.includes('/quarter/') && linkOfItem(world, key) !== undefined)
  const [, digest] = /([0-9a-f]{32})\.json$/.exec(items[nth] ?? '') ?? []
  const user = world.identityStore.idOf('USER', who)
  return digest && user && `decisions/${user}/quarter/${digest}%${verdict}`
}

export const decisionFiles = {
  keys: {
    'ann keeps the first': decides('ann', 0, 'keep'),
    'ann revokes the first': decides('ann', 0, 'revoke'),
    'ann revokes the second': decides('ann', 1, 'revoke'),
    'bob revokes the first': decides('bob', 0, 'revoke'),
    'bob revokes the second': decides('bob', 1, 'revoke'),
  },
  valid: { empty: '', comment: '{ "comment": "seen" }' },
  invalid: { 'with an unknown field': '{ "verdict": "keep" }' },
} as const satisfies KindFiles

/** The keys of all items of reviews. */
export function listItems(world: SimulatedWorld): readonly string[] {
  return world.keys('review-results/').filter((key) => key.includes('/items/'))
}

/** The link that an item of a review asks about. */
export function linkOfItem(world: SimulatedWorld, key: string): string | undefined {
  const { subject } = (world.readJson(key) ?? {}) as { subject?: { file?: { key?: string } } }
  return subject?.file?.key
}
