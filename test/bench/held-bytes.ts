import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** The memory in use, without garbage. Takes about a second for each gigabyte. */
export function heldBytes(): number {
  collect()
  return process.memoryUsage().heapUsed
}
