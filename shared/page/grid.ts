import type { GridContent } from '../modules/access-page/rules/grid-content.ts'
import { type GridCell, moveCell } from '../modules/access-page/rules/move-cell.ts'
import { make } from './element.ts'

/** Rows above and below the visible ones that are already in the document. */
const spare = 10
/** Browsers limit elements to about 17 million pixels in height. */
const highest = 15_000_000

/**
 * A table of any length in a box that scrolls: only the visible rows are in the document. Screen readers get the true numbers
 * (`aria-rowcount`, `aria-rowindex`). Arrow keys move from cell to cell.
 * Source: WAI-ARIA Authoring Practices, "Grid Pattern".
 */
export class Grid {
  readonly #box: HTMLElement
  readonly #shown = new Map<number, HTMLTableRowElement>()
  #content: GridContent | undefined
  #body = make('tbody')
  #head = make('thead')
  #above = make('tr', '', { 'aria-hidden': 'true' })
  #below = make('tr', '', { 'aria-hidden': 'true' })
  #active: GridCell = { row: 0, column: 0 }
  #rowHeight = 32
  #isWhole = false

  constructor(box: HTMLElement) {
    this.#box = box
    box.addEventListener('scroll', () => this.#draw(), { passive: true })
    box.addEventListener('keydown', (event) => this.#press(event))
    box.addEventListener('click', (event) => this.#click(event))
    new ResizeObserver(() => this.#draw()).observe(box)
  }

  /** Shows other rows, from the first on. */
  show(content: GridContent): void {
    this.#content = content
    this.#active = { row: 0, column: 0 }
    this.#box.replaceChildren(this.#makeTable(content))
    this.#shown.clear()
    this.#box.scrollTop = 0
    this.#draw()
    const height = this.#shown.get(0)?.getBoundingClientRect().height ?? 0
    if (height > 0 && height !== this.#rowHeight) {
      this.#rowHeight = height
      this.#draw()
    }
  }

  /** Shows every row up to this limit, for a printer; answers how many. */
  showAll(most: number): number {
    const length = Math.min(most, this.#length())
    this.#isWhole = true
    this.#drawRows(0, length)
    this.#below.style.height = '0'
    return length
  }

  /** Shows only the visible rows again. */
  showVisible(): void {
    this.#isWhole = false
    this.#draw()
  }

  #length(): number {
    return Math.min(this.#content?.length ?? 0, Math.floor(highest / this.#rowHeight))
  }

  #makeTable({ label, columns, length, sort }: GridContent): HTMLTableElement {
    const table = make('table', '', {
      role: 'grid',
      'aria-label': label,
      'aria-readonly': 'true',
      'aria-rowcount': String(length + 1),
      'aria-colcount': String(columns.length),
    })
    table.style.width = `calc(${columns.map(({ width }) => width).join(' + ')})`
    const widths = make('colgroup')
    const titles = make('tr', '', { 'aria-rowindex': '1' })
    columns.forEach(({ title, width, sorting }, index) => {
      const column = make('col')
      column.style.width = width
      widths.append(column)
      const cell = make('th', sorting === undefined ? title : '', { scope: 'col' })
      if (sorting !== undefined && sort) {
        cell.setAttribute('aria-sort', sorting)
        const button = make('button', title, { type: 'button' })
        button.addEventListener('click', () => sort(index))
        cell.append(button)
      }
      titles.append(cell)
    })
    this.#head = make('thead')
    this.#body = make('tbody')
    this.#head.append(titles)
    this.#body.append(this.#above, this.#below)
    table.append(widths, this.#head, this.#body)
    return table
  }

  #draw(): void {
    // On paper the box is as high as all its rows, so every row would count as visible.
    if (this.#isWhole) return
    const { scrollTop, clientHeight } = this.#box
    const first = Math.max(0, Math.floor(scrollTop / this.#rowHeight) - spare)
    const last = Math.min(this.#length(), Math.ceil((scrollTop + clientHeight) / this.#rowHeight) + spare)
    this.#drawRows(first, last)
  }

  #drawRows(first: number, last: number): void {
    const focused = document.activeElement
    for (const [row, element] of this.#shown) {
      if (row >= first && row < last) continue
      // Its keys still arrive here, and the next one brings the cell back.
      if (element.contains(focused)) this.#box.focus({ preventScroll: true })
      element.remove()
      this.#shown.delete(row)
    }
    let next: Element = this.#below
    for (let row = last - 1; row >= first; row--) {
      const element = this.#shown.get(row) ?? this.#makeRow(row)
      if (element.nextElementSibling !== next) next.before(element)
      this.#shown.set(row, element)
      next = element
    }
    this.#above.style.height = `${first * this.#rowHeight}px`
    this.#below.style.height = `${(this.#length() - last) * this.#rowHeight}px`
    const isAway = !this.#shown.has(this.#active.row)
    if (isAway && document.activeElement !== this.#box) this.#active = { ...this.#active, row: first }
    this.#markActive()
  }

  #makeRow(row: number): HTMLTableRowElement {
    const element = make('tr', '', { 'aria-rowindex': String(row + 2), ...(row % 2 === 1 ? { class: 'odd' } : {}) })
    for (const text of this.#content?.cells(row) ?? []) element.append(make('td', text, { tabindex: '-1' }))
    return element
  }

  /** The tab key reaches only one cell. */
  #markActive(): void {
    for (const cell of this.#body.querySelectorAll('td[tabindex="0"]')) cell.setAttribute('tabindex', '-1')
    this.#cellAt(this.#active)?.setAttribute('tabindex', '0')
  }

  #cellAt({ row, column }: GridCell): HTMLElement | undefined {
    const cell = this.#shown.get(row)?.cells[column]
    return cell ?? undefined
  }

  #press(event: KeyboardEvent): void {
    const { target } = event
    if (!this.#content || !(target instanceof HTMLElement) || target.closest('thead')) return
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      this.#content.open(this.#active)
      return
    }
    const size = { rows: this.#length(), columns: this.#content.columns.length }
    const page = Math.max(1, Math.floor(this.#box.clientHeight / this.#rowHeight) - 2)
    const moved = moveCell(this.#active, event, { ...size, page })
    if (!moved) return
    event.preventDefault()
    this.#goTo(moved)
  }

  #goTo(place: GridCell): void {
    this.#active = place
    const head = this.#head.getBoundingClientRect().height
    const top = place.row * this.#rowHeight
    const bottom = head + top + this.#rowHeight - this.#box.clientHeight
    if (this.#box.scrollTop > top) this.#box.scrollTop = top
    else if (this.#box.scrollTop < bottom) this.#box.scrollTop = bottom
    this.#draw()
    const cell = this.#cellAt(place)
    cell?.focus({ preventScroll: true })
    cell?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }

  #click(event: MouseEvent): void {
    const cell = event.target instanceof Element ? event.target.closest('td') : null
    const row = [...this.#shown].find(([, element]) => element === cell?.parentElement)?.[0]
    if (!cell || row === undefined) return
    this.#active = { row, column: cell.cellIndex }
    this.#markActive()
    cell.focus({ preventScroll: true })
    this.#content?.open(this.#active)
  }
}
