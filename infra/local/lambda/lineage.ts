import { createHash } from 'node:crypto'

/** How often each function (by the hash of its name) has been invoked in one chain of requests. */
export type Lineage = ReadonlyMap<string, number>

const invocationsMost = 16

/** The chain of a trace header; without one, a new chain. Source: AWS X-Ray Developer Guide, "Tracing header", Lineage. */
export function parseLineage(traceHeader: string | undefined): Lineage {
  const lineage = /(?:^|;)Lineage=([^;]*)/.exec(traceHeader ?? '')?.[1] ?? ''
  const parts = [...lineage.matchAll(/([0-9a-f]{8}):(\d+)/g)]
  return new Map(parts.map(([, hash = '', count = '0']) => [hash, Number(count)]))
}

export function renderTraceHeader(root: string, lineage: Lineage): string {
  return `Root=${root};Lineage=${[...lineage].map(([hash, count]) => `${hash}:${count}`).join('|')}`
}

/** The chain of what this function sends while it handles messages of these chains: the longest of each counts. */
export function extendLineage(lineages: readonly Lineage[], functionName: string): Lineage {
  const longest = new Map<string, number>()
  for (const [hash, count] of lineages.flatMap((lineage) => [...lineage]))
    longest.set(hash, Math.max(count, longest.get(hash) ?? 0))
  const own = hashOf(functionName)
  return longest.set(own, 1 + (longest.get(own) ?? 0))
}

/**
 * Whether Lambda stops the next invocation: the function has run 16 times in this chain. (Lambda Developer Guide, "Use
 * Lambda recursive loop detection to prevent infinite loops".)
 */
export function isLoop(lineage: Lineage, functionName: string): boolean {
  return (lineage.get(hashOf(functionName)) ?? 0) >= invocationsMost
}

function hashOf(functionName: string): string {
  return createHash('sha256').update(functionName).digest('hex').slice(0, 8)
}
