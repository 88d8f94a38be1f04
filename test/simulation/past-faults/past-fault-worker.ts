import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { type Edit, editFile } from './edit.ts'
import type { Sought } from './seek.ts'

/** `edits`: none: the product as it is. */
export type PastFaultWork = Sought & { readonly edits: readonly Edit[] }

const { edits, ...sought }: PastFaultWork = workerData
const files = new Set(edits.map(({ file }) => file))

// The product is loaded below, with the faults in it. Nothing is written to a file.
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    const file = [...files].find((one) => url.endsWith(`/${one}`))
    if (file === undefined) return loaded
    return { ...loaded, source: editFile(readFileSync(new URL(url), 'utf8'), file, edits) }
  },
})
const { seek } = await import('./seek.ts')
parentPort?.postMessage(await seek(sought))
