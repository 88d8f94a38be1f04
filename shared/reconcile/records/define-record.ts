import type * as z from 'zod'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { JsonRecord } from './json-record.ts'
import { readStored, type Stored } from './stored-json.ts'

/** What an object of ssofile's own is. It says what a loss costs. `of`, `until`: in the table of docs/statuses.md. */
export type RecordSource =
  /** Nobody can compute it. `ssofile restore` brings it back from versions or history. */
  | { readonly is: 'primary' }
  /** Computed from other records. A comparison writes it again. */
  | { readonly is: 'index'; readonly of: string }
  /** A reading of AWS, or of files. ssofile reads again. */
  | { readonly is: 'cache'; readonly of: string }
  /** For people: no decision reads it back. */
  | { readonly is: 'text' }
  /** How far a job is. Without it, the job begins again. */
  | { readonly is: 'progress'; readonly of: string }
  /** It goes by itself. Without it, a message to people says less. */
  | { readonly is: 'note'; readonly until: string }

/** All that is said about a kind of ssofile's own objects. */
export type RecordPlace = {
  /** The beginning of its keys, with `/` at the end, or its only key. The only place where its key is written. */
  readonly at: string
  /** One line of the table in docs/statuses.md. */
  readonly meaning: string
  readonly source: RecordSource
}

/** A kind of objects without a JSON body: empty, lines of CSV, or a text. */
export function definePlace(place: RecordPlace): RecordPlace {
  return place
}

type Declared<Id, Value> = RecordPlace & {
  /** The rest of the key. */
  readonly key: (id: Id) => string
  readonly value: z.ZodType<Value>
}

/** A kind of JSON objects. Only this has their keys and their form. */
export type RecordKind<Id, Value> = Declared<Id, Value> & {
  readonly keyOf: (id: Id) => string
  /** For a writer, or for one who keeps the last reading. */
  readonly of: (objects: ObjectStore, id: Id) => JsonRecord<Value>
  /** For a caller that only reads. `undefined`: it does not exist. Throws SpoiledObjectError. */
  readonly read: (objects: ReadingObjects, id: Id) => Promise<Stored<Value> | undefined>
  /** The same, by a key from a listing. */
  readonly readListed: (objects: ReadingObjects, key: string) => Promise<Stored<Value> | undefined>
}

/** A kind of JSON objects below a prefix: `key` makes the rest of a key from the id. */
export function defineRecords<Id, Value>(declared: Declared<Id, Value>): RecordKind<Id, Value> {
  const { at, key, value } = declared
  const keyOf = (id: Id) => at + key(id)
  return {
    ...declared,
    keyOf,
    of: (objects, id) => new JsonRecord(objects, keyOf(id), value),
    read: (objects, id) => readStored(objects, keyOf(id), value),
    readListed: (objects, listed) => readStored(objects, listed, value),
  }
}

/** One JSON object. */
export function defineRecord<Value>(declared: Omit<Declared<void, Value>, 'key'>): RecordKind<void, Value> {
  return defineRecords({ ...declared, key: () => '' })
}
