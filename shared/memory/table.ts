/**
 * Opens the durable state of a model by name. Values are immutable and suit `structuredClone`: a change is a `set` of a new value, so that
 * the provider of the Map can write it through to a disk.
 */
export type OpenTable = <V>(name: string) => Map<string, V>

/** State that ends with the process: every call opens a new Map. */
export const memoryTables: OpenTable = () => new Map()
