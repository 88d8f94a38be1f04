import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { deserialize, serialize } from 'node:v8'
import { memoryTables, type OpenTable } from '../../../shared/memory/table.ts'

/** The place of the models' tables. */
export type DataDirectory = {
  readonly openTable: OpenTable
  /**
   * Makes every change so far survive the process. Call it before a change is answered; other changes are written at the end of the event
   * loop's turn. Changes without an `await` between them are kept together or not at all.
   */
  flush(): void
  /** Writes the rest and lets another process in. */
  close(): void
}

/** The directory is not usable; the message has the reason and the remedy. */
export class DataDirectoryError extends Error {
  override readonly name = 'DataDirectoryError'
}

/** Rises when a table's records change their shape: an older directory is then refused, not misread. */
const dataFormat = 1
const fileName = 'ssofile-local.sqlite'
// SQLite, "Result and Error Codes".
const busy = 5
const notADatabase = 26

/** Tables that end with the process. */
export const inMemory: DataDirectory = { openTable: memoryTables, flush: () => {}, close: () => {} }

/**
 * Opens a directory for this process alone, and creates it if it is missing. Throws DataDirectoryError.
 * One SQLite file in WAL mode: a commit is a write to the log, which outlives a `kill -9` of this process; with synchronous=NORMAL the last
 * commits may be lost if the machine itself fails. (SQLite, "Write-Ahead Logging".)
 */
export async function openDataDirectory(directory: string): Promise<DataDirectory> {
  const database = await openDatabase(directory)
  const read = database.prepare('SELECT key, value FROM entries WHERE tab = ? ORDER BY rowid')
  // Keys keep the order in which they came, like in a Map: an upsert leaves the rowid alone.
  const write = database.prepare(
    'INSERT INTO entries (tab, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  )
  const remove = database.prepare('DELETE FROM entries WHERE tab = ? AND key = ?')
  const tables = new Map<string, Map<string, unknown>>()
  const changed = new Map<string, Set<string>>()
  let isScheduled = false
  const flush = () => {
    if (changed.size === 0) return
    database.exec('BEGIN')
    for (const [name, keys] of changed) {
      const table = tables.get(name)
      for (const key of keys) {
        if (table?.has(key)) write.run(name, key, serialize(table.get(key)))
        else remove.run(name, key)
      }
    }
    database.exec('COMMIT')
    changed.clear()
  }
  const note = (name: string, key: string) => {
    const keys = changed.get(name) ?? new Set()
    changed.set(name, keys.add(key))
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      flush() // throws if the disk is full: the process ends, because it could not keep its changes
    })
  }
  const openTable = <V>(name: string): Map<string, V> => {
    if (tables.has(name)) throw new Error(`the table ${name} is open already`)
    const table = new WrittenThroughMap<V>(keptIn<V>(read.iterate(name)), (key) => note(name, key))
    tables.set(name, table)
    return table
  }
  const close = () => {
    flush()
    database.close()
  }
  return { openTable, flush, close }
}

async function openDatabase(directory: string): Promise<DatabaseSync> {
  const file = join(directory, fileName)
  try {
    await mkdir(directory, { recursive: true })
    // Imported only here: Node 20 has no SQLite, and everything else of ssofile runs on it.
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(file)
    try {
      prepareDatabase(database, file)
    } catch (error) {
      database.close()
      throw error
    }
    return database
  } catch (error) {
    if (error instanceof DataDirectoryError) throw error
    throw explain(directory, file, error)
  }
}

function prepareDatabase(database: DatabaseSync, file: string): void {
  // The lock belongs to the operating system: it ends with the process, however that ends. (SQLite, "PRAGMA locking_mode".)
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  database.exec('BEGIN IMMEDIATE')
  const format = Number(database.prepare('PRAGMA user_version').get()?.user_version)
  const isNew = database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined
  if (!isNew && format !== dataFormat) {
    throw new DataDirectoryError(
      `${file} was written by another version of ssofile: received data format ${format}, expected ${dataFormat}; name another directory, or delete that file to start empty`,
    )
  }
  database.exec(`CREATE TABLE IF NOT EXISTS entries (
    rowid INTEGER PRIMARY KEY AUTOINCREMENT, tab TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, UNIQUE (tab, key))`)
  database.exec(`PRAGMA user_version = ${dataFormat}; COMMIT`)
}

function explain(directory: string, file: string, cause: unknown): DataDirectoryError {
  const code = typeof cause === 'object' && cause !== null && 'errcode' in cause ? cause.errcode : undefined
  if (code === busy) {
    return new DataDirectoryError(
      `${directory} is used by another running process; stop that one first, or name another directory`,
      { cause },
    )
  }
  if (code === notADatabase) {
    return new DataDirectoryError(
      `${file} was not written by ssofile: it is not an SQLite file; name another directory, or delete that file to start empty`,
      { cause },
    )
  }
  const told = cause instanceof Error ? cause.message : String(cause)
  return new DataDirectoryError(`${directory} cannot be used: ${told}; name a directory that can be written to`, {
    cause,
  })
}

function* keptIn<V>(rows: Iterable<Record<string, unknown>>): Generator<readonly [string, V]> {
  for (const { key, value } of rows) {
    if (typeof key !== 'string' || !(value instanceof Uint8Array)) throw new Error('a row without key or value')
    // A cast: the table contains only values that were set under its name, and the data format guarantees their shape.
    yield [key, deserialize(value) as V]
  }
}

/** A Map that reports its changes by key, so that its owner can write them to disk. */
class WrittenThroughMap<V> extends Map<string, V> {
  readonly #changed: (key: string) => void

  constructor(kept: Iterable<readonly [string, V]>, changed: (key: string) => void) {
    super()
    for (const [key, value] of kept) super.set(key, value)
    this.#changed = changed
  }

  override set(key: string, value: V): this {
    super.set(key, value)
    this.#changed(key)
    return this
  }

  override delete(key: string): boolean {
    const had = super.delete(key)
    if (had) this.#changed(key)
    return had
  }

  override clear(): void {
    for (const key of [...this.keys()]) this.delete(key)
  }
}
