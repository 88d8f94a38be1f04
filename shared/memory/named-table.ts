import { AscendingKeys } from './s3/ascending-keys.ts'

/** Rows by id, the ids ascending, and the index of the rows' names, which are unique. A row may have several. */
export class NamedTable<Row, Id extends string> {
  readonly #table: Map<string, Row>
  readonly #idOf: (row: Row) => Id
  readonly #namesOf: (row: Row) => readonly string[]
  readonly #missing: (id: string) => Error
  readonly #ids: AscendingKeys
  readonly #idByName = new Map<string, Id>()

  /** `missing`: the refusal of an id that is not there. */
  constructor(
    table: Map<string, Row>,
    idOf: (row: Row) => Id,
    namesOf: (row: Row) => readonly string[],
    missing: (id: string) => Error,
  ) {
    this.#table = table
    this.#idOf = idOf
    this.#namesOf = namesOf
    this.#missing = missing
    this.#ids = new AscendingKeys(table.keys())
    for (const row of table.values()) this.#index(row)
  }

  get size(): number {
    return this.#table.size
  }

  /** Ascending. */
  ids(): readonly string[] {
    return this.#ids.sorted()
  }

  find(id: string): Row | undefined {
    return this.#table.get(id)
  }

  get(id: string): Row {
    const row = this.#table.get(id)
    if (row === undefined) throw this.#missing(id)
    return row
  }

  idOf(name: string): Id | undefined {
    return this.#idByName.get(name)
  }

  /** Adds or replaces a row. */
  put(row: Row): void {
    const id = this.#idOf(row)
    this.#forgetName(id)
    this.#table.set(id, row)
    this.#ids.add(id)
    this.#index(row)
  }

  delete(id: string): Row {
    const row = this.get(id)
    this.#forgetName(id)
    this.#table.delete(id)
    this.#ids.delete(id)
    return row
  }

  #index(row: Row): void {
    for (const name of this.#namesOf(row)) this.#idByName.set(name, this.#idOf(row))
  }

  #forgetName(id: string): void {
    const row = this.#table.get(id)
    for (const name of row ? this.#namesOf(row) : []) this.#idByName.delete(name)
  }
}
