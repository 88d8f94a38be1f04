import type { SimulatedWorld } from '../../simulated-world.ts'
import type { KindFiles } from '../part.ts'

export const selectorFiles = {
  keys: { pick: 'selectors/pick.json', other: 'selectors/other.json' },
  valid: {
    unit: '{"organizationalUnits":["ou-sim0-11111111"]}',
    tag: '{"tags":["team^a"]}',
    names: '{"names":["account-*1","*renamed"]}',
    rest: '{"names":["*"],"except":[{"accounts":["200000000002"]},{"tags":["team^b"]}]}',
    nobody: '{"accounts":[]}',
  },
  invalid: { broken: '{"accounts":', 'with nothing but an exception': '{"except":[{"accounts":["200000000002"]}]}' },
} as const satisfies KindFiles

type PlainAccount = {
  readonly id: string
  readonly name: string
  readonly parents: readonly string[]
  readonly tags: Readonly<Record<string, string>>
}

/** The meaning of each valid content, in the plainest form. */
const meanings: Readonly<Record<keyof typeof selectorFiles.valid, (account: PlainAccount) => boolean>> = {
  unit: ({ parents }) => parents.includes('ou-sim0-11111111'),
  tag: ({ tags }) => tags.team === 'a',
  names: ({ name }) => /^account-.*1$|renamed$/.test(name),
  rest: ({ id, tags }) => id !== '200000000002' && tags.team !== 'b',
  nobody: () => false,
}
const byText = new Map(Object.entries(meanings).map(([name, selects]) => [textOf(name), selects]))

function textOf(name: string): string | undefined {
  return Object.entries(selectorFiles.valid).find(([one]) => one === name)?.[1]
}

/** Whether the selector of this name selects the account. A missing selector selects none. */
export function selectsNow(
  { objects }: Pick<SimulatedWorld, 'objects'>,
  name: string,
  account: PlainAccount,
): boolean | 'nobody knows' {
  const found = objects.model.find(`selectors/${name}.json`)
  if (found === undefined) return false
  return byText.get(Buffer.from(found.body).toString())?.(account) ?? 'nobody knows'
}

/** Governance corrects selectors that are not valid. */
export function mendSelectors(world: SimulatedWorld): void {
  for (const key of world.keys('selectors/'))
    if (!byText.has(world.textOf(key))) void world.objects.as('governance').put(key, selectorFiles.valid.unit)
}
