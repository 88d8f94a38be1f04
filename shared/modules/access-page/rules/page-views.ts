import { accessColumns } from './access-columns.ts'
import { type AccessTable, fold, textOf } from './access-table.ts'
import { countDifferent, countPeople } from './count-people.ts'
import { describeRow, type Facts } from './describe-row.ts'
import { filterRows } from './filter-rows.ts'
import type { GridContent } from './grid-content.ts'
import type { JoinedFacts } from './join-facts.ts'
import type { PageChange } from './page-data.ts'
import type { PageState } from './page-state.ts'
import { sortRows } from './sort-rows.ts'

/** The result of a click on a cell. */
export type Opened =
  | { readonly to: 'filter'; readonly filter: Partial<PageState['filter']> }
  | { readonly to: 'details'; readonly title: string; readonly facts: Facts }

export type View = Omit<GridContent, 'open' | 'sort'> & {
  /** In words, for everybody. */
  readonly count: string
  /** The rows of access that it shows. */
  readonly among: Int32Array
  readonly opened: (row: number, column: number) => Opened
  /** The sort key of each column. */
  readonly sortings?: readonly (PageState['sorting']['by'] | undefined)[]
}

const none = new Int32Array(0)
/** A document with more cells is slow; a filter leaves fewer. */
const setsMost = 100

/** Computes the views of one page. It caches sorted rows: sorting takes longer than everything else. */
export class PageViews {
  readonly #table: AccessTable
  readonly #facts: JoinedFacts
  readonly #isPhone: () => boolean
  readonly #hasDeployments: boolean
  #sorted: { readonly by: string; readonly order: Int32Array } | undefined

  constructor(table: AccessTable, facts: JoinedFacts, isPhone: () => boolean = () => false) {
    this.#isPhone = isPhone
    this.#table = table
    this.#facts = facts
    this.#hasDeployments = table.values.deployment.length > 1
  }

  make(state: PageState): View {
    switch (state.view) {
      case 'access':
        return this.#access(state, this.#fitting(state))
      case 'matrix':
        return this.#matrix(this.#fitting(state))
      case 'changes':
        return this.#facts.changes === undefined ? this.#begun(state) : this.#changes(state, this.#facts.changes)
      case 'attention':
        return this.#attention(state)
      default:
        return state.view satisfies never
    }
  }

  #fitting({ filter, sorting }: PageState): Int32Array {
    const by = `${sorting.by} ${sorting.isDescending}`
    if (this.#sorted?.by !== by) this.#sorted = { by, order: sortRows(this.#table, sorting) }
    return filterRows(this.#table, filter, this.#sorted.order)
  }

  #access({ sorting, filter }: PageState, among: Int32Array): View {
    const table = this.#table
    const isOnePerson = filter.person !== '' && countDifferent(table.rows.person, among) === 1
    const columns = accessColumns({ isOnePerson, isPhone: this.#isPhone(), hasDeployments: this.#hasDeployments })
    const directions = sorting.isDescending ? 'descending' : 'ascending'
    return {
      label: 'Access',
      columns: columns.map(({ title, width, sortedBy }) => ({
        title,
        width,
        ...(sortedBy === undefined ? {} : { sorting: sortedBy === sorting.by ? directions : 'none' }),
      })),
      length: among.length,
      count: renderCount(table, among),
      among,
      cells: (row) => columns.map(({ text }) => text(table, among[row] ?? 0)),
      sortings: columns.map(({ sortedBy }) => sortedBy),
      opened: (row, column) => this.#openAccess(among[row] ?? 0, columns[column]?.title),
    }
  }

  #openAccess(row: number, title: string | undefined): Opened {
    const person = textOf(this.#table, row, 'person')
    const account = textOf(this.#table, row, 'account')
    const deployment = textOf(this.#table, row, 'deployment')
    if (title === 'Deployment') return { to: 'filter', filter: { deployment } }
    if (title === 'Person' && person !== '') return { to: 'filter', filter: { deployment, person } }
    if (title === 'Account' || title === 'Name') return { to: 'filter', filter: { deployment, account } }
    return { to: 'details', title: person || account, facts: describeRow(this.#table, row) }
  }

  #matrix(among: Int32Array): View {
    const { values, permissionSets: told } = this.#table
    const deploymentOf = (set: number) => values.deployment[told[set]?.deployment ?? 0] ?? ''
    const { accounts, permissionSets, people } = countPeople(this.#table, among)
    const shown = permissionSets.slice(0, setsMost)
    const rest = permissionSets.length - shown.length
    return {
      label: 'How many people have a permission set in an account',
      columns: [
        { title: 'Account', width: '22rem' },
        ...shown.map((set) => ({
          title: `${this.#hasDeployments ? `${deploymentOf(set)}: ` : ''}${values.permissionSet[set] ?? ''}`,
          width: '9rem',
        })),
      ],
      length: accounts.length,
      count: `${renderCount(this.#table, among)}${rest > 0 ? `. The first ${setsMost} permission sets are shown, ${rest} are not: filter` : ''}`,
      among,
      cells: (row) => {
        const account = accounts[row] ?? 0
        const [id = '', name = ''] = values.account[account] ?? []
        return [`${id} ${name}`, ...shown.map((set) => String(people(account, set) ?? ''))]
      },
      opened: (row, column) => {
        const account = values.account[accounts[row] ?? 0]?.[0] ?? ''
        if (column === 0) return { to: 'filter', filter: { account } }
        const set = shown[column - 1] ?? 0
        const permissionSet = values.permissionSet[set] ?? ''
        return { to: 'filter', filter: { account, permissionSet, deployment: deploymentOf(set) } }
      },
    }
  }

  /** Access that began since the chosen day, the newest first, from the rows alone. */
  #begun(state: PageState): View {
    const sorting = { by: 'since', isDescending: true } as const
    const filter = { ...state.filter, since: state.filter.since || '0' }
    const among = this.#fitting({ ...state, filter, sorting })
    const view = this.#access({ ...state, sorting }, among)
    const { sortings: _, ...unsorted } = view
    const columns = view.columns.map(({ title, width }) => ({ title, width }))
    return { ...unsorted, columns, count: `${view.count} that began then and last. What ended stands under changes/` }
  }

  #changes({ filter }: PageState, changes: readonly PageChange[]): View {
    const isFitting = fitsWords(filter.words)
    const shown = changes
      .filter(({ deployment = '', at, event, what }) => {
        return at >= filter.since && isFitting(`${deployment} ${at} ${event} ${what}`) && isOf(filter, deployment)
      })
      .sort((a, b) => (a.at > b.at ? -1 : 1))
    return this.#list(shown, {
      label: 'What changed',
      columns: [
        { title: 'When', width: '15rem', text: ({ at = '' }) => at },
        { title: 'What', width: '13rem', text: ({ event = '' }) => event },
        { title: 'Of what', width: '50rem', text: ({ what = '' }) => what },
      ],
      heading: 'What',
      count: shown.length === 1 ? '1 change' : `${shown.length} changes`,
    })
  }

  #attention({ filter }: PageState): View {
    const isFitting = fitsWords(filter.words)
    const shown = this.#facts.attention.filter(({ deployment = '', input, state, reason, remedy }) => {
      return isFitting([deployment, state, input, reason, remedy].join(' ')) && isOf(filter, deployment)
    })
    return this.#list(shown, {
      label: 'What wants attention',
      columns: [
        { title: 'State', width: '7rem', text: ({ state = '' }) => state },
        { title: 'Input', width: '28rem', text: ({ input = '' }) => input },
        { title: 'Why', width: '30rem', text: ({ reason = '' }) => reason },
        { title: 'What to do', width: '30rem', text: ({ remedy = '' }) => remedy },
      ],
      heading: 'State',
      count: renderAttention(shown.length, this.#facts.attention.length),
    })
  }

  /** The column `heading` gives the title of the details. The other columns are their facts. */
  #list<T extends { readonly deployment?: string | undefined }>(
    shown: readonly T[],
    {
      columns,
      heading,
      ...told
    }: Pick<View, 'label' | 'count'> & { columns: readonly ListColumn<T>[]; heading: string },
  ): View {
    const deployment: ListColumn<T> = { title: 'Deployment', width: '8.5rem', text: (one) => one.deployment ?? '' }
    const all = this.#hasDeployments ? [deployment, ...columns] : columns
    const facts = (row: number) => columns.map(({ title, text }) => [title, text(shown[row] ?? {})] as const)
    return {
      ...told,
      columns: all.map(({ title, width }) => ({ title, width })),
      length: shown.length,
      among: none,
      cells: (row) => all.map(({ text }) => text(shown[row] ?? {})),
      opened: (row) => ({
        to: 'details',
        title: facts(row).find(([title]) => title === heading)?.[1] ?? '',
        facts: facts(row).filter(([title, text]) => title !== heading && text !== ''),
      }),
    }
  }
}

type ListColumn<T> = View['columns'][number] & { readonly text: (one: Partial<T>) => string }

function isOf({ deployment: wanted }: PageState['filter'], deployment: string): boolean {
  return fold(deployment).includes(fold(wanted))
}

function renderCount({ rows }: AccessTable, among: Int32Array): string {
  const people = countDifferent(rows.person, among)
  const accounts = countDifferent(rows.account, among)
  const number = (count: number, one: string, many: string) =>
    `${count.toLocaleString('en')} ${count === 1 ? one : many}`
  return `${number(among.length, 'row', 'rows')}: ${number(people, 'person', 'people')}, ${number(accounts, 'account', 'accounts')}`
}

function renderAttention(shown: number, all: number): string {
  if (all === 0) return 'Nothing wants attention'
  const inputs = all === 1 ? '1 input wants attention' : `${all} inputs want attention`
  return shown === all ? inputs : `${shown} of ${inputs}`
}

function fitsWords(text: string): (known: string) => boolean {
  const words = fold(text).split(/\s+/)
  return (known) => {
    const folded = fold(known)
    return words.every((word) => folded.includes(word))
  }
}

export function describeSources({ madeAt, sources, notes }: JoinedFacts): Facts {
  const meaning =
    'permission sets with the policy AdministratorAccess or with (almost) all actions on (almost) all resources, if ssofile has their files, and those with "admin" in their name'
  const told = notes.map((note) => ['Note', note] as const)
  return [['Page', `made at ${madeAt}`], ...sources, ...told, ['Administrator', meaning]]
}
