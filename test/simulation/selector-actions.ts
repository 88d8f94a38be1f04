import type { SimulatedWorld } from './simulated-world.ts'
import type { selectorNames } from './small-world.ts'

type PlainAccount = {
  readonly id: string
  readonly name: string
  readonly parents: readonly string[]
  readonly tags: Readonly<Record<string, string>>
}

/** The selectors of the simulation, and their meaning in the plainest form. `broken`: nobody knows its meaning. */
const selectors = {
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

type Name = { readonly name: (typeof selectorNames)[number] }
type Body = { readonly body: keyof typeof selectors }

/** Governance's actions on selectors. */
export const selectorActions = {
  'write a selector': ({ objects }: SimulatedWorld, { name, body }: Name & Body) =>
    objects.as('governance').put(`selectors/${name}.json`, selectors[body].body),
  'delete a selector': ({ objects }: SimulatedWorld, { name }: Name) =>
    objects.as('governance').delete(`selectors/${name}.json`),
}

/** Whether the selector of this name selects the account. A missing selector selects none. */
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

/** Governance corrects unreadable selectors. */
export function mendSelectors(world: SimulatedWorld): void {
  for (const key of world.keys('selectors/'))
    if (world.textOf(key) === selectors.broken.body) void world.objects.as('governance').put(key, selectors.unit.body)
}
