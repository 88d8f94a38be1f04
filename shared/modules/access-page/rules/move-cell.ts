/** A cell of a grid, from 0. */
export type GridCell = { readonly row: number; readonly column: number }

type Pressed = { readonly key: string; readonly ctrlKey: boolean }
type Size = { readonly rows: number; readonly columns: number; readonly page: number }

/**
 * The cell to which a key moves; `undefined`: the key has no meaning here.
 * Source: WAI-ARIA Authoring Practices, "Grid Pattern", keyboard interaction.
 */
export function moveCell({ row, column }: GridCell, { key, ctrlKey }: Pressed, size: Size): GridCell | undefined {
  const within = (to: GridCell): GridCell => ({
    row: Math.max(0, Math.min(size.rows - 1, to.row)),
    column: Math.max(0, Math.min(size.columns - 1, to.column)),
  })
  switch (key) {
    case 'ArrowDown':
      return within({ row: row + 1, column })
    case 'ArrowUp':
      return within({ row: row - 1, column })
    case 'ArrowRight':
      return within({ row, column: column + 1 })
    case 'ArrowLeft':
      return within({ row, column: column - 1 })
    case 'PageDown':
      return within({ row: row + size.page, column })
    case 'PageUp':
      return within({ row: row - size.page, column })
    case 'Home':
      return within({ row: ctrlKey ? 0 : row, column: 0 })
    case 'End':
      return within({ row: ctrlKey ? size.rows - 1 : row, column: size.columns - 1 })
    default:
      return undefined
  }
}
