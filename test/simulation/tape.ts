import type { Call } from './chaos.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Rest, SimulatedWorld } from './simulated-world.ts'

type TakenCall = {
  readonly atMs: number
  readonly process: SimulatedProcess
  readonly call: Call
  readonly args: readonly unknown[]
}

const reads = /^(get|head|list|describe|receive|find|is|instance|parentName|managementAccountId)/
export const isWrite = ({ operation }: Call) => !reads.test(operation)

/** What was done when the world was at rest, before the action with the number `actions`. */
type Part = { readonly actions: number; readonly rest: Rest; readonly calls: readonly TakenCall[] }

/**
 * What the product's processes changed in a life until the world was at rest for the last time before an action. They have ended
 * then, and know nothing that is not in the world: a world to which the same is done at the same moments goes on from there in the
 * same way, and that takes a tenth of the time.
 */
export class Tape {
  readonly #most: number
  readonly #calls: TakenCall[] = []
  #part: Part | undefined
  #isOver = false

  /** It ends before the action with the number `most` at the latest. */
  constructor(most: number) {
    this.#most = most
  }

  /** False: it is being recorded, or there was no rest. */
  get isRecorded(): boolean {
    return this.#isOver && this.#part !== undefined
  }

  note(taken: TakenCall): void {
    if (this.#isOver || !isWrite(taken.call)) return
    // A signal that calls it off comes when it has had its effect.
    const args = taken.args.filter((arg) => !(arg instanceof Object && 'signal' in arg))
    this.#calls.push({ ...taken, args })
  }

  /** Before the action with the number `nth`. */
  reach(nth: number, world: SimulatedWorld): void {
    if (this.isRecorded && nth === this.#part?.actions) world.begin(this.#part.rest)
    if (this.#isOver) return
    const { rest } = world
    if (rest) this.#part = { actions: nth, rest, calls: [...this.#calls] }
    this.#isOver = nth >= this.#most
  }

  async play(world: SimulatedWorld): Promise<void> {
    const { objects, queues, ssoAdmin, identityStore, organizations, clock } = world
    const services = { s3: objects, sqs: queues, 'sso-admin': ssoAdmin, identitystore: identityStore, organizations }
    for (const { atMs, process, call, args } of this.#part?.calls ?? []) {
      await clock.sleep(atMs - clock.monotonicMs())
      world.observe(process, call, args)
      const service: object = services[call.service]
      const operation: unknown = Reflect.get(service, call.operation)
      if (typeof operation !== 'function') continue
      // What was refused is refused again.
      void Promise.resolve(Reflect.apply(operation, service, args)).catch(() => {})
    }
  }
}
