/** One of these. The first ones are taken first. */
export type Choose = <T>(among: readonly T[]) => T

/**
 * Plays once for each sequence of choices that `play` can make, depth first: what it does not ask for makes no difference. `play`
 * must ask the same after the same answers. Returns how many there were. `allUpTo`: of what is asked after so many questions, only
 * one answer is taken, in turn.
 */
export function everyChoice(play: (choose: Choose) => void, allUpTo = Number.POSITIVE_INFINITY): number {
  const path: { taken: number; readonly of: number }[] = []
  for (let plays = 1; ; plays++) {
    let depth = 0
    play((among) => {
      const step = path[depth] ?? { taken: depth < allUpTo ? 0 : plays % among.length, of: among.length }
      path[depth++] = step
      const chosen = among[step.taken]
      if (step.of !== among.length) throw new Error('another question after the same answers')
      // An option may be `undefined`.
      return chosen as (typeof among)[number]
    })
    path.length = Math.min(depth, allUpTo)
    while (path.length > 0 && isLast(path)) path.pop()
    const last = path.at(-1)
    if (last === undefined) return plays
    last.taken++
  }
}

function isLast(path: readonly { readonly taken: number; readonly of: number }[]): boolean {
  const last = path.at(-1)
  return last !== undefined && last.taken + 1 === last.of
}

type Lazy = { readonly fields: Record<PropertyKey, () => unknown>; readonly made: Record<PropertyKey, unknown> }

const read = ({ fields, made }: Lazy, name: PropertyKey): unknown => {
  if (!(name in made)) made[name] = fields[name]?.()
  return made[name]
}

/** One for all: millions of objects are made. The last two are for copies (`...facts`), which read every field. */
const handler: ProxyHandler<Lazy> = {
  get: read,
  ownKeys: ({ fields }) => Reflect.ownKeys(fields),
  getOwnPropertyDescriptor: (lazy, name) => ({ value: read(lazy, name), enumerable: true, configurable: true }),
}

/** An object each of whose fields is made when it is read first. */
export function lazily<T extends object>(fields: { readonly [K in keyof T]-?: () => T[K] }): T {
  return new Proxy({ fields, made: {} }, handler) as unknown as T
}
