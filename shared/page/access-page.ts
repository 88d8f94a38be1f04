import type { AccessTable } from '../modules/access-page/rules/access-table.ts'
import type { Facts } from '../modules/access-page/rules/describe-row.ts'
import { describeSubject } from '../modules/access-page/rules/describe-subject.ts'
import { type Filter, noFilter, readyFilters } from '../modules/access-page/rules/filter-rows.ts'
import type { JoinedFacts } from '../modules/access-page/rules/join-facts.ts'
import type { GridCell } from '../modules/access-page/rules/move-cell.ts'
import { firstState, type PageState, viewNames } from '../modules/access-page/rules/page-state.ts'
import { describeSources, PageViews, type View } from '../modules/access-page/rules/page-views.ts'
import { listNames, suggestNames } from '../modules/access-page/rules/suggest-names.ts'
import { find, make } from './element.ts'
import { Grid } from './grid.ts'
import { saveCsv } from './save-csv.ts'

const nameFields = ['deployment', 'person', 'group', 'account', 'permissionSet', 'unit'] as const
const fields = ['words', 'since', ...nameFields] as const
/** More rows on paper help nobody. */
const printedMost = 2000

/** The page: its fields set the state, and everything on the page follows from the state. */
export class AccessPage {
  readonly #table: AccessTable
  readonly #facts: JoinedFacts
  readonly #views: PageViews
  readonly #grid = new Grid(find('grid', HTMLElement))
  #state: PageState = firstState
  #shown: View | undefined

  constructor(table: AccessTable, facts: JoinedFacts) {
    this.#table = table
    this.#facts = facts
    this.#views = new PageViews(table, facts, () => matchMedia('(max-width: 40rem)').matches)
  }

  start(): void {
    find('people', HTMLElement).replaceChildren(make('h2', 'People this month'), makeList(this.#facts.lifecycle ?? []))
    const { madeAt, unread } = this.#facts
    find('made', HTMLElement).textContent = [
      ...(madeAt === '' ? [] : [`As of ${madeAt}`]),
      ...(unread.length === 0 ? [] : [`Could not be read: ${unread.join(', ')}`]),
    ].join('. ')
    find('about', HTMLElement).addEventListener('click', () => this.#showSources())
    find('csv', HTMLElement).addEventListener('click', () => this.#save())
    find('close', HTMLElement).addEventListener('click', () => find('details', HTMLDialogElement).close())
    this.#listenToFields()
    foldOnPhones()
    for (const button of document.querySelectorAll<HTMLElement>('nav button')) {
      const view = viewNames.find((name) => name === button.dataset.view)
      if (view) button.addEventListener('click', () => this.#set({ view }))
      if (view === 'attention') button.append(` (${this.#facts.attention.length})`)
    }
    window.addEventListener('beforeprint', () => this.#print())
    window.addEventListener('afterprint', () => this.#grid.showVisible())
    this.#show()
  }

  #listenToFields(): void {
    for (const field of fields) {
      const input = find(field, HTMLInputElement)
      input.addEventListener('input', () => this.#setFilter({ [field]: input.value.trim() }))
    }
    const names = listNames(this.#table)
    for (const field of nameFields) {
      const input = find(field, HTMLInputElement)
      const list = find(`${field}s`, HTMLDataListElement)
      const suggest = () =>
        list.replaceChildren(...suggestNames(names[field], input.value).map((value) => make('option', '', { value })))
      input.addEventListener('focus', suggest)
      input.addEventListener('input', suggest)
    }
    find('ready', HTMLElement).addEventListener('change', ({ target }) => {
      const ready = readyFilters.find((name) => target instanceof HTMLInputElement && name === target.value)
      if (ready) this.#setFilter({ ready })
    })
    // If no uses are known, an empty list would look as if all access were used.
    find('deployments-field', HTMLElement).hidden = this.#table.values.deployment.length === 1
    find('unused', HTMLElement).hidden = this.#table.values.use.length === 1
    find('clear', HTMLElement).addEventListener('click', () => this.#set({ filter: noFilter }))
  }

  #setFilter(filter: Partial<Filter>): void {
    this.#set({ filter: { ...this.#state.filter, ...filter } })
  }

  #set(changed: Partial<PageState>): void {
    this.#state = { ...this.#state, ...changed }
    this.#show()
  }

  #show(): void {
    const { view, filter } = this.#state
    for (const button of document.querySelectorAll<HTMLElement>('nav button'))
      button.setAttribute('aria-pressed', String(button.dataset.view === view))
    for (const field of fields) {
      const input = find(field, HTMLInputElement)
      if (input.value.trim() !== filter[field]) input.value = filter[field]
    }
    for (const radio of document.querySelectorAll<HTMLInputElement>('#ready input'))
      radio.checked = radio.value === filter.ready
    const shown = this.#views.make(this.#state)
    this.#shown = shown
    find('count', HTMLElement).textContent = shown.count
    find('people', HTMLElement).hidden = view !== 'access' || !this.#facts.lifecycle?.length
    this.#showSubject(shown)
    const { sortings } = shown
    const sort = (column: number) => this.#sort(sortings?.[column])
    this.#grid.show({ ...shown, open: (place) => this.#open(place), ...(sortings ? { sort } : {}) })
  }

  /** The view of one person or one account. */
  #showSubject({ among }: View): void {
    const section = find('subject', HTMLElement)
    const isShown = this.#state.view === 'access'
    const subject = isShown ? describeSubject(this.#table, this.#state.filter, among) : undefined
    section.hidden = subject === undefined
    section.replaceChildren(...(subject ? [make('h2', subject.title), makeList(subject.facts)] : []))
  }

  #sort(by: PageState['sorting']['by'] | undefined): void {
    const { sorting } = this.#state
    if (by === undefined) return
    this.#set({ sorting: { by, isDescending: sorting.by === by && !sorting.isDescending } })
    document.querySelector<HTMLElement>('th:not([aria-sort="none"]) button')?.focus()
  }

  #open({ row, column }: GridCell): void {
    const opened = this.#shown?.opened(row, column)
    if (opened?.to === 'filter') this.#set({ view: 'access', filter: { ...this.#state.filter, ...opened.filter } })
    else if (opened) this.#showDetails(opened.title, opened.facts)
  }

  /** The shown view with its filter. */
  #save(): void {
    const { label = '', columns = [], length = 0, cells = () => [] } = this.#shown ?? {}
    saveCsv(label, [columns.map(({ title }) => title), ...Array.from({ length }, (_, row) => cells(row))])
  }

  #showSources(): void {
    this.#showDetails('How old each part is', describeSources(this.#facts))
  }

  #showDetails(title: string, facts: Facts): void {
    find('details-title', HTMLElement).replaceChildren(make('span', title))
    find('details-body', HTMLElement).replaceChildren(makeList(facts))
    find('details', HTMLDialogElement).showModal()
  }

  #print(): void {
    const printed = this.#grid.showAll(printedMost)
    const all = this.#shown?.length ?? 0
    find('printed', HTMLElement).textContent =
      printed < all ? `The first ${printed} of ${all} rows are printed. A filter leaves fewer; access.csv has all.` : ''
  }
}

/** On a phone the filters would fill the screen. On a wider screen they are always visible: nothing could unfold them. */
function foldOnPhones(): void {
  const phone = matchMedia('(max-width: 40rem)')
  const fold = () => {
    find('fold', HTMLDetailsElement).open = !phone.matches
  }
  phone.addEventListener('change', fold)
  fold()
}

function makeList(facts: Facts): HTMLDListElement {
  const list = make('dl')
  for (const [name, text] of facts) {
    const entry = make('div')
    entry.append(make('dt', name), make('dd', text))
    list.append(entry)
  }
  return list
}
