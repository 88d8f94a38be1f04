import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { renderCsv, renderTable, type TableColumn } from '../../domain/text/render-csv.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { ObjectWriter } from '../../reconcile/records/object-writer.ts'

/** The rows of a row group of Parquet, and so the most rows in memory. */
const groupRows = 10_000

const types = {
  texts: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  instants: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
  numbers: { type: 'INT32' },
} as const

/** A title as SQL writes the names of columns, in small letters and without spaces. */
export function renderColumnName(title: string): string {
  return title.toLowerCase().replaceAll(' ', '_')
}

/**
 * Writes a table twice from the same rows: `NAME.csv`, and `NAME/NAME.parquet`, which has its own folder because Athena reads all
 * objects of a folder. (Athena User Guide, "Specify a table location in Amazon S3".) Parquet has the texts unescaped.
 */
export class TableWriter<Row> {
  readonly #columns: readonly TableColumn<Row>[]
  readonly #csv: ObjectWriter
  readonly #parquet: ObjectWriter
  readonly #bytes = new ByteWriter()
  readonly #file: ParquetWriter
  #rows: (readonly string[])[] = []

  private constructor(objects: ObjectStore, path: string, columns: readonly TableColumn<Row>[]) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    this.#columns = columns
    this.#csv = new ObjectWriter(objects, `${path}.csv`)
    this.#parquet = new ObjectWriter(objects, `${path}/${name}.parquet`)
    const leaves = columns.map(({ title, values }) => ({
      name: renderColumnName(title),
      ...types[values ?? 'texts'],
      repetition_type: 'OPTIONAL' as const,
    }))
    const schema = [{ name: 'schema', num_children: columns.length }, ...leaves]
    this.#file = new ParquetWriter({ writer: this.#bytes, schema, createdBy: 'ssofile' })
  }

  /** `path`: without the extension, such as `reports/2026-03-03/access`. */
  static async begin<Row>(objects: ObjectStore, path: string, columns: readonly TableColumn<Row>[]) {
    const writer = new TableWriter(objects, path, columns)
    await writer.#csv.write(renderTable(columns, []))
    return writer
  }

  async write(rows: readonly Row[]): Promise<void> {
    const texts = rows.map((row) => this.#columns.map(({ text }) => text(row)))
    await this.#csv.write(renderCsv(texts))
    for (const one of texts) {
      this.#rows.push(one)
      if (this.#rows.length === groupRows) await this.#sendGroup()
    }
  }

  async end(): Promise<void> {
    await this.#csv.end()
    await this.#sendGroup()
    await this.#file.finish()
    await this.#sendBytes()
    await this.#parquet.end()
  }

  async #sendGroup(): Promise<void> {
    const columnData = this.#columns.map(({ title, values }, at) => ({
      name: renderColumnName(title),
      data: this.#rows.map((row) => toValue(row[at] ?? '', values)),
    }))
    await this.#file.write({ columnData, rowGroupSize: groupRows })
    this.#rows = []
    await this.#sendBytes()
  }

  async #sendBytes(): Promise<void> {
    await this.#parquet.write(new Uint8Array(this.#bytes.getBuffer()))
    this.#bytes.index = 0
  }
}

/** A record may have an instant that is none: it is null, since a report must not fail for one cell. */
function toValue(text: string, values: TableColumn<never>['values']): string | number | Date | null {
  if (text === '') return null
  if (values === undefined) return text.toWellFormed()
  const value = values === 'instants' ? new Date(text) : Number(text)
  return Number.isNaN(value.valueOf()) ? null : value
}
