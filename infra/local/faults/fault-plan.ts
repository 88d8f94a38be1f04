import { SeededRandomness } from '../../../shared/memory/seeded-randomness.ts'
import type { CalledService } from '../../../shared/ports/service-error.ts'
import type { FaultFile, FaultRule } from './fault-file.ts'

export type ServiceCall = {
  readonly service: CalledService
  readonly operation: string
  /** Absent: the call is not signed. */
  readonly caller: string | undefined
}

/** Chooses the fault of each call. Every rule counts every matching call, whichever rule strikes. */
export class FaultPlan {
  readonly #rules: readonly { readonly rule: FaultRule; matched: number; struck: number }[]
  readonly #randomness: SeededRandomness

  constructor({ seed, rules }: FaultFile) {
    this.#rules = rules.map((rule) => ({ rule, matched: 0, struck: 0 }))
    this.#randomness = new SeededRandomness(seed)
  }

  /** The fault of this call; `undefined`: none. */
  next(call: ServiceCall): FaultRule | undefined {
    let first: FaultRule | undefined
    for (const counted of this.#rules) {
      const { rule } = counted
      if (!isMeant(rule, call)) continue
      counted.matched += 1
      if (first !== undefined || counted.matched <= rule.skip || counted.struck >= (rule.times ?? Infinity)) continue
      if (rule.probability < 1 && this.#randomness.fraction() >= rule.probability) continue
      counted.struck += 1
      first = rule
    }
    return first
  }

  /** The rules in order, each with its number of matching calls and of struck calls. */
  counts(): readonly (FaultRule & { readonly matched: number; readonly struck: number })[] {
    return this.#rules.map(({ rule, matched, struck }) => ({ ...rule, matched, struck }))
  }
}

function isMeant(rule: FaultRule, call: ServiceCall): boolean {
  return (
    rule.service === call.service &&
    (rule.operation === undefined || rule.operation === call.operation) &&
    (rule.caller === undefined || rule.caller === call.caller)
  )
}
