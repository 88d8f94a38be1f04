import type { OpenTable } from '../../../shared/memory/table.ts'

/** Tables that outlast the models over them, as those on a disk do. */
export function lastingTables(): OpenTable {
  const tables = new Map<string, Map<string, unknown>>()
  return <V>(name: string) => {
    const table = tables.get(name) ?? new Map<string, unknown>()
    tables.set(name, table)
    return table as Map<string, V> // a name is always opened with one type
  }
}
