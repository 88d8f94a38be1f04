import { accountId } from '../../shared/domain/organization/account-id.ts'
import { isIdle } from './at-rest.ts'
import type { Call } from './chaos.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { SimulatedWorld } from './simulated-world.ts'

type TakenCall = {
  readonly atMs: number
  readonly process: SimulatedProcess
  readonly call: Call
  readonly args: readonly unknown[]
}

const reads =
  /^(get|head|list|describe|receive|find|is|instance|parentName|user|password|accessKeyLastUsed|managementAccountId)/
export const isWrite = ({ operation }: Call) => !reads.test(operation)

/** The calls of the product's processes until the world was at rest, before action number `actions`. */
export type Part = {
  readonly actions: number
  readonly calls: readonly TakenCall[]
  /** Lets the processes continue in this world. */
  readonly begin: (world: SimulatedWorld) => void
}

/**
 * Records a life without a fault. When the world is at rest, the processes have ended and know nothing that is not in the world. So another
 * world that gets the same calls at the same moments continues in the same way, in a tenth of the time.
 */
export class Tape {
  readonly #calls: TakenCall[] = []
  /** The calls until the last rest. `undefined`: there was none. */
  part: Part | undefined

  note(taken: TakenCall): void {
    if (!isWrite(taken.call)) return
    // Leave out the signal: an abort would come after the effect.
    const args = taken.args.filter((arg) => !(arg instanceof Object && 'signal' in arg))
    this.#calls.push({ ...taken, args })
  }

  /** Notes a rest before action number `actions`. */
  reach(actions: number, world: SimulatedWorld): void {
    const isTold = world.queues.queue('digests').messages().length === 0
    if (isIdle(world) && isTold) this.part = { actions, begin: world.deployment.left, calls: [...this.#calls] }
  }
}

/** Replays the recorded calls in this world. */
export async function playPart({ calls }: Part, world: SimulatedWorld): Promise<void> {
  const { objects, queues, ssoAdmin, identityStore, organizations, iam, receivers, clock } = world
  const access = { 'sso-admin': ssoAdmin, identitystore: identityStore, organizations }
  const services = { s3: objects, sqs: queues, ...access, events: receivers, sns: receivers }
  for (const { atMs, process, call, args } of calls) {
    await clock.sleep(atMs - clock.monotonicMs())
    world.deployment.observe(process, call, args)
    // The calls in an account name it first.
    const [account, ...inAccount] = call.service === 'iam' ? args : []
    const service: object = call.service === 'iam' ? iam.retireIn(accountId.parse(account)) : services[call.service]
    const operation: unknown = Reflect.get(service, call.operation)
    if (typeof operation !== 'function') continue
    // A refused call is refused again.
    void Promise.resolve(Reflect.apply(operation, service, call.service === 'iam' ? inAccount : args)).catch(() => {})
  }
}
