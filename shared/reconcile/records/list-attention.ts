import pLimit from 'p-limit'
import { isOfPeople } from '../../domain/inputs/kinds.ts'
import type { AttentionState } from '../../domain/statuses/status.ts'
import type { Ports } from '../../ports/ports.ts'
import { readsAtOnce } from './list-heads.ts'
import { StatusStore } from './status-store.ts'
import { isSpoiled, unlessSpoiled } from './stored-json.ts'

const inputsMost = 100
/** The gravest state first. */
const order: readonly AttentionState[] = ['held', 'failed', 'rejected', 'blocked', 'stuck', 'waiting']

/**
 * Counts the inputs that need attention, and returns the reason and remedy of the first ones. Leaves out waiting and rejected requests:
 * they are no fault, and their approvers see them.
 */
export async function listAttention({ objects, clock }: Pick<Ports, 'objects' | 'clock'>) {
  const statuses = new StatusStore(objects, clock)
  const all: { readonly state: AttentionState; readonly input: string }[] = []
  for (const state of order)
    for await (const input of statuses.listAttention(state)) if (!isOfPeople(input)) all.push({ state, input })
  const told = await pLimit(readsAtOnce).map(all.slice(0, inputsMost), async ({ state, input }) => {
    const status = await unlessSpoiled(statuses.read(input))
    if (isSpoiled(status)) return { state, input, reason: status.message }
    const failed = status?.accounts?.failed[0]
    const reason = status?.reason ?? (failed && `${failed.account}: ${failed.reason}`)
    return { state, input, reason, remedy: status?.remedy }
  })
  return { all: all.length, inputs: told }
}
