import type { SimulatedWorld } from './simulated-world.ts'

/** An action and its effect on the world. */
export type Doing<Args> = (world: SimulatedWorld, args: Args) => unknown
/** One action of a table, with its arguments. */
export type ActionIn<Table> = {
  readonly [What in keyof Table & string]: Table[What] extends Doing<infer Args> ? { readonly do: What } & Args : never
}[keyof Table & string]

/** An action that loses something, kills a process, or causes no event. Only for lives with any mischief. */
export function disturbing<Args>(perform: Doing<Args>): Doing<Args> & { readonly isDisturbing: true } {
  return Object.assign((world: SimulatedWorld, args: Args) => perform(world, args), { isDisturbing: true as const })
}

export function performIn<ArgsBy, What extends keyof ArgsBy>(
  table: { readonly [What in keyof ArgsBy]: Doing<ArgsBy[What]> },
  action: { readonly do: What } & ArgsBy[What],
  world: SimulatedWorld,
): unknown {
  return table[action.do](world, action)
}

export function nthOf<Item>(items: readonly Item[], nth: number): Item | undefined {
  return items[nth % Math.max(items.length, 1)]
}
