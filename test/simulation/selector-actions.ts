import * as fc from 'fast-check'
import type { SimulatedWorld } from './simulated-world.ts'

type PlainAccount = {
  readonly id: string
  readonly name: string
  readonly parents: readonly string[]
  readonly tags: Readonly<Record<string, string>>
}

/** What selectors say here, and what that means, by the plainest reading. `broken`: nobody knows what it means. */
export const selectors = {
  unit: {
    body: '{"organizationalUnits":["ou-sim0-11111111"]}',
    selects: ({ parents }: PlainAccount) => parents.includes('ou-sim0-11111111'),
  },
  tag: { body: '{"tags":["team^a"]}', selects: ({ tags }: PlainAccount) => tags.team === 'a' },
  names: {
    body: '{"names":["account-*1","*renamed"]}',
    selects: ({ name }: PlainAccount) => /^account-.*1$|renamed$/.test(name),
  },
  rest: {
    body: '{"names":["*"],"except":[{"accounts":["200000000002"]},{"tags":["team^b"]}]}',
    selects: ({ id, tags }: PlainAccount) => id !== '200000000002' && tags.team !== 'b',
  },
  nobody: { body: '{"accounts":[]}', selects: () => false },
  broken: { body: '{"accounts":', selects: undefined },
} as const
export type SelectorBody = keyof typeof selectors

const selectorNames = ['pick', 'other'] as const

/** What governance does with selectors, and what happens to the names of accounts. */
export type SelectorAction =
  | {
      readonly do: 'write a selector'
      readonly name: (typeof selectorNames)[number]
      readonly body: SelectorBody
    }
  | { readonly do: 'delete a selector'; readonly name: (typeof selectorNames)[number] }
  /** No event tells of it. */
  | { readonly do: 'rename an account'; readonly account: string; readonly to: 'renamed' | 'another' }

const names: ReadonlySet<string> = new Set<SelectorAction['do']>([
  'write a selector',
  'delete a selector',
  'rename an account',
])

export function isSelectorAction(action: { readonly do: string }): action is SelectorAction {
  return names.has(action.do)
}

export const selectorScopes = selectorNames.map((name) => `select%${name}`)

export const selectorActions = (account: fc.Arbitrary<string>): readonly fc.WeightedArbitrary<SelectorAction>[] => [
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('write a selector' as const),
      name: fc.constantFrom(...selectorNames),
      body: fc.constantFrom(...(Object.keys(selectors) as SelectorBody[])),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('delete a selector' as const), name: fc.constantFrom(...selectorNames) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('rename an account' as const),
      account,
      to: fc.constantFrom('renamed' as const, 'another' as const),
    }),
  },
]

export function performSelectorAction(action: SelectorAction, world: SimulatedWorld): void {
  const { objects, organizations, checker } = world
  if (action.do === 'write a selector')
    return void objects.as('governance').put(`selectors/${action.name}.json`, selectors[action.body].body)
  if (action.do === 'delete a selector') return void objects.as('governance').delete(`selectors/${action.name}.json`)
  const known = organizations.accountsNow().find(({ id }) => id === action.account)
  if (!known) return
  // Only a reconcile finds it.
  world.wasDisturbed = true
  organizations.renameAccount(known.id, action.to)
  checker.noteDesired()
}

/** Whether the selector of this name means the account. Absent: it means none. */
export function selectsNow(
  { objects }: Pick<SimulatedWorld, 'objects'>,
  name: string,
  account: PlainAccount,
): boolean | 'nobody knows' {
  const found = objects.model.find(`selectors/${name}.json`)
  if (found === undefined) return false
  const body = Buffer.from(found.body).toString()
  const known = Object.values(selectors).find((one) => one.body === body)
  return known?.selects === undefined ? 'nobody knows' : known.selects(account)
}

/** Governance corrects what nobody can read. */
export function mendSelectors({ objects }: Pick<SimulatedWorld, 'objects'>): void {
  for (const key of objects.model.listPage({ prefix: 'selectors/', most: 1000 }).objects.map((one) => one.key))
    if (Buffer.from(objects.model.find(key)?.body ?? []).toString() === selectors.broken.body)
      void objects.as('governance').put(key, selectors.unit.body)
}
