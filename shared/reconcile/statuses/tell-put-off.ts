import { describePutOff, type PutOff } from '../../domain/statuses/put-off.ts'
import type { StatusStore } from '../records/status-store.ts'

/** Writes into the status of each input why its work was put off. */
export async function tellPutOff(statuses: StatusStore, inputs: Iterable<string>, putOff: PutOff): Promise<void> {
  for (const input of inputs) await statuses.revise(input, async (current) => describePutOff(current, putOff))
}
