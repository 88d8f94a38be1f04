import type { GridCell } from './move-cell.ts'

type GridColumn = {
  readonly title: string
  /** CSS width. */
  readonly width: string
  /** Absent: the column cannot sort the rows. */
  readonly sorting?: 'ascending' | 'descending' | 'none'
}

export type GridContent = {
  readonly label: string
  readonly columns: readonly GridColumn[]
  readonly length: number
  /** The texts of a row, one a column. */
  readonly cells: (row: number) => readonly string[]
  /** A click or the enter key on a cell. */
  readonly open: (place: GridCell) => void
  readonly sort?: (column: number) => void
}
