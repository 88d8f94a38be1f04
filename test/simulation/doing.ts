import * as fc from 'fast-check'
import type { SimulatedWorld } from './simulated-world.ts'

/** Something that somebody does: how likely it is drawn (0: only canonical lives do it), with what, and what becomes of the world. */
export type Doing<Args> = {
  readonly weight: number
  readonly args: { readonly [Name in keyof Args]: fc.Arbitrary<Args[Name]> }
  readonly perform: (args: Args, world: SimulatedWorld) => unknown
  /** It loses something, kills somebody, or is told by no event: only where any mischief is allowed. */
  readonly isDisturbing?: true
}
/** By what they are called. */
export type Doings<ArgsBy> = { readonly [What in keyof ArgsBy]: Doing<ArgsBy[What]> }
type Told<ArgsBy> = { readonly [What in keyof ArgsBy & string]: { readonly do: What } & ArgsBy[What] }
/** One of them, with what it is done. */
export type ActionOf<ArgsBy> = Told<ArgsBy>[keyof ArgsBy & string]
export type ActionIn<Table> = ActionOf<{
  readonly [What in keyof Table]: Table[What] extends Doing<infer Args> ? Args : never
}>

export function doing<Args>(weight: number, args: Doing<Args>['args'], perform: Doing<Args>['perform']): Doing<Args> {
  return { weight, args, perform }
}

export function disturbing<Args>(...of: Parameters<typeof doing<Args>>): Doing<Args> {
  return { ...doing(...of), isDisturbing: true }
}

/** Those that are drawn, with their weights. */
export function drawn<ArgsBy>(table: Doings<ArgsBy>): fc.WeightedArbitrary<ActionOf<ArgsBy>>[] {
  const names = (Object.keys(table) as (keyof ArgsBy & string)[]).filter((what) => table[what].weight > 0)
  return names.map((what) => ({ weight: table[what].weight, arbitrary: drawnAs(what, table) }))
}

function drawnAs<ArgsBy, What extends keyof ArgsBy & string>(
  what: What,
  table: Doings<ArgsBy>,
): fc.Arbitrary<Told<ArgsBy>[What]> {
  // The compiler does not see that a record has what it is made of.
  const args = fc.record(table[what].args) as fc.Arbitrary<unknown> as fc.Arbitrary<ArgsBy[What]>
  return args.map((told) => ({ do: what, ...told }))
}

export function performIn<ArgsBy, What extends keyof ArgsBy>(
  table: Doings<ArgsBy>,
  action: { readonly do: What } & ArgsBy[What],
  world: SimulatedWorld,
): unknown {
  return table[action.do].perform(action, world)
}

export function nthOf<Item>(items: readonly Item[], nth: number): Item | undefined {
  return items[nth % Math.max(items.length, 1)]
}
