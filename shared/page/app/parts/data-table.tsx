import Button from '@cloudscape-design/components/button'
import CollectionPreferences from '@cloudscape-design/components/collection-preferences'
import Header from '@cloudscape-design/components/header'
import Pagination from '@cloudscape-design/components/pagination'
import PropertyFilter from '@cloudscape-design/components/property-filter'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import { Fragment, type ReactNode, useMemo, useState } from 'react'
import { addressWith, parseRoute } from '../../../modules/page/rules/address.ts'
import { type FilterQuery, parseFilter, renderFilter } from '../../../modules/page/rules/filter-query.ts'
import { isCounted, type Reading, valueIn } from '../../../modules/page/rules/reading.ts'
import {
  findRows,
  indexRows,
  type RowIndex,
  type RowOrder,
  suggestValues,
} from '../../../modules/page/rules/row-index.ts'
import { saveCsv } from '../../save-csv.ts'
import { replaceAddress, useHash } from '../route.ts'
import { Line } from './layout.tsx'
import { Empty, Stands } from './reading.tsx'

export type DataColumn<T> = {
  readonly id: string
  readonly title: string
  /** What filters, sorting and the CSV file use. Absent: a column of buttons. */
  readonly value?: (item: T) => string | number
  readonly cell?: (item: T) => ReactNode
  readonly width?: number
  /** `hidden`: shown when somebody chooses it. `first`: the only columns on a phone. */
  readonly shown?: 'hidden' | 'first'
  readonly isFilter?: boolean
  /** The value lists several: a filter looks for a part of it. */
  readonly isList?: boolean
  /** Days or numbers: a filter may ask for those from or before a value. */
  readonly isOrdered?: boolean
}

type DataTableProps<T> = {
  readonly title: string
  /** `empty` is said only if this is a complete answer. */
  readonly items: Reading<readonly T[]>
  readonly columns: readonly DataColumn<T>[]
  readonly keyOf: (item: T) => string
  readonly description?: ReactNode
  readonly actions?: ReactNode
  readonly empty: ReactNode
  /** The parameter of the address that holds the filter. Absent: the table has no filter. */
  readonly filter?: string
  readonly placeholder?: string
  readonly selection?: {
    readonly items: readonly T[]
    readonly onChange: (items: readonly T[]) => void
    readonly labelOf: (item: T) => string
    readonly type?: 'single' | 'multi'
  }
  /** The name of the CSV file. Absent: the table has none. */
  readonly file?: string
  readonly sortedBy?: string
  readonly isDescending?: boolean
  /** In place of the filter of its own rows. */
  readonly outerFilter?: ReactNode
  readonly isFirstSticky?: boolean
  /** Rows on a page at first. Default: 25. */
  readonly pageSize?: number
}

const none: readonly never[] = []
const phoneMost = 130
const isPhone = () => matchMedia('(max-width: 40rem)').matches

/** A table as in AWS's console: filter in the address, sorting, pages, columns to choose, and a CSV file of what is filtered. */
export function DataTable<T>(props: DataTableProps<T>) {
  const { items: reading, columns, keyOf, filter, sortedBy, isDescending = false, outerFilter } = props
  const all: readonly T[] = valueIn(reading) ?? none
  const [preferences, setPreferences] = useState(() => ({
    pageSize: props.pageSize ?? 25,
    visible: visibleAtFirst(columns),
  }))
  const [order, setOrder] = useState({ by: sortedBy, isDescending })
  const { text, filtered, ...filterBy } = useFiltered(all, columns, filter ?? '', order)
  const shown = `${text} ${order.by} ${order.isDescending}`
  const [turned, setTurned] = useState({ shown, page: 1 })
  const { pageSize, visible } = preferences
  const pages = Math.max(1, Math.ceil(filtered.length / pageSize))
  const page = Math.min(turned.shown === shown ? turned.page : 1, pages)
  const hasFilter = filter !== undefined && (all.length > 0 || text !== '' || reading.is === 'loading')
  const counted = isCounted(reading) ? filtered.length : undefined
  const ownFilter = hasFilter && <TableFilter {...props} {...filterBy} counted={counted} name={filter} />
  return (
    <Table<T>
      {...selectionOf(props, all)}
      items={filtered.slice((page - 1) * pageSize, page * pageSize)}
      trackBy={keyOf}
      loading={reading.is === 'loading'}
      loadingText="Reading…"
      wrapLines
      empty={<Empty reading={reading}>{all.length === 0 ? props.empty : 'Nothing matches the filter.'}</Empty>}
      columnDefinitions={columns.map(columnOf<T>)}
      columnDisplay={columns.map(({ id }) => ({ id, visible: visible.includes(id) }))}
      sortingColumn={{ sortingField: order.by ?? '' }}
      sortingDescending={order.isDescending}
      onSortingChange={({ detail: { sortingColumn, isDescending = false } }) =>
        setOrder({ by: sortingColumn.sortingField, isDescending })
      }
      header={<TableHeader {...props} all={all.length} counted={counted} save={() => download(props, filtered)} />}
      filter={outerFilter ?? ownFilter}
      stickyColumns={{ first: props.isFirstSticky ? 1 : 0 }}
      pagination={
        all.length > pageSize && (
          <Pagination
            currentPageIndex={page}
            pagesCount={pages}
            onChange={({ detail }) => setTurned({ shown, page: detail.currentPageIndex })}
          />
        )
      }
      preferences={hasFilter && <TablePreferences {...{ columns, preferences }} onChange={setPreferences} />}
    />
  )
}

/** The rows that the filter in the address leaves, in this order. */
export function useFiltered<T>(all: readonly T[], columns: readonly DataColumn<T>[], name: string, order: RowOrder) {
  const index = useMemo(() => indexRows(all, columns), [all, columns])
  const text = parseRoute(useHash()).query.get(name) ?? ''
  const query = useMemo(() => parseFilter(text), [text])
  const filtered = useMemo(() => findRows(all, index, query, order), [all, index, query, order])
  return { text, index, query, filtered }
}

function selectionOf<T>({ title, selection, keyOf }: DataTableProps<T>, all: readonly T[]): Partial<TableProps<T>> {
  if (selection === undefined) return { ariaLabels: { tableLabel: title } }
  const { items, onChange, labelOf, type = 'multi' } = selection
  const keys = new Set(items.map(keyOf))
  return {
    selectionType: type,
    selectedItems: all.filter((item) => keys.has(keyOf(item))),
    onSelectionChange: ({ detail }) => onChange(detail.selectedItems),
    ariaLabels: {
      selectionGroupLabel: `Selection: ${title}`,
      allItemsSelectionLabel: () => 'select all',
      itemSelectionLabel: (_, item) => labelOf(item),
      tableLabel: title,
    },
  }
}

type Preferences = { readonly pageSize: number; readonly visible: readonly string[] }

function visibleAtFirst<T>(columns: readonly DataColumn<T>[]): readonly string[] {
  const isSmall = isPhone() && columns.some(({ shown }) => shown === 'first')
  return columns.filter(({ shown }) => (isSmall ? shown === 'first' : shown !== 'hidden')).map(({ id }) => id)
}

function columnOf<T>({ id, title, value, cell, width }: DataColumn<T>): TableProps.ColumnDefinition<T> {
  return {
    id,
    header: title,
    cell: (item) => (cell ?? value)?.(item),
    ...(value && { sortingField: id }),
    ...(width === undefined || (isPhone() && width > phoneMost) ? {} : { minWidth: width }),
  }
}

type HeaderProps<T> = DataTableProps<T> & {
  readonly all: number
  readonly counted: number | undefined
  readonly save: () => void
}

function TableHeader<T>(props: HeaderProps<T>) {
  const { title, items, all, counted, description, actions, file, save } = props
  const say = (number: number) => number.toLocaleString('en-US')
  const more = items.is === 'read' && items.missing !== undefined ? '+' : ''
  const counter = counted === undefined ? '' : `(${counted === all ? '' : `${say(counted)}/`}${say(all)}${more})`
  const csv = file !== undefined && all > 0 && <Button iconName="download" onClick={save} children="CSV" />
  const both = <Line children={[<Fragment key="csv">{csv}</Fragment>, <Fragment key="acts">{actions}</Fragment>]} />
  return (
    <Header
      variant="h2"
      counter={counter}
      description={<Stands reading={items}>{description}</Stands>}
      actions={both}
      children={title}
    />
  )
}

type FilterProps<T> = Pick<DataTableProps<T>, 'columns' | 'placeholder'> & {
  readonly name: string
  readonly index: RowIndex
  readonly query: FilterQuery
  /** Absent: not all rows are known. */
  readonly counted: number | undefined
}

const operators = [':', '!:', '=', '!=', '^'] as const

export function TableFilter<T>(props: FilterProps<T>) {
  const { name, columns, index, query, counted, placeholder = 'Find by any text, or choose a property' } = props
  const [typed, setTyped] = useState<{ readonly text: string; readonly property?: string | undefined }>({ text: '' })
  const options = useMemo(() => suggestValues(index, typed.text, typed.property), [index, typed])
  const filters = columns.filter(({ isFilter = true, value }) => isFilter && value !== undefined)
  return (
    <PropertyFilter
      query={query}
      onChange={({ detail }) =>
        replaceAddress(addressWith(location.hash, name, detail.tokens.length > 0 ? renderFilter(detail) : ''))
      }
      filteringProperties={filters.map(({ id, title, isOrdered, isList }) => ({
        key: id,
        propertyLabel: title,
        groupValuesLabel: `${title}: values`,
        operators: isList ? [':', '!:'] : isOrdered ? [...operators, '>=', '<'] : operators,
      }))}
      filteringOptions={options}
      onLoadItems={({ detail }) => setTyped({ text: detail.filteringText, property: detail.filteringProperty?.key })}
      filteringAriaLabel={placeholder}
      filteringPlaceholder={placeholder}
      countText={
        counted === undefined ? '' : `${counted.toLocaleString('en-US')} ${counted === 1 ? 'match' : 'matches'}`
      }
      expandToViewport
    />
  )
}

type TablePreferencesProps<T> = {
  readonly columns: readonly DataColumn<T>[]
  readonly preferences: Preferences
  readonly onChange: (preferences: Preferences) => void
}

function TablePreferences<T>({ columns, preferences, onChange }: TablePreferencesProps<T>) {
  return (
    <CollectionPreferences
      title="Columns and pages"
      confirmLabel="Confirm"
      cancelLabel="Cancel"
      preferences={{ pageSize: preferences.pageSize, visibleContent: preferences.visible }}
      pageSizePreference={{
        title: 'Rows on a page',
        options: [10, 25, 50, 100].map((value) => ({ value, label: `${value}` })),
      }}
      visibleContentPreference={{
        title: 'Columns',
        options: [{ label: 'Columns', options: columns.map(({ id, title }) => ({ id, label: title })) }],
      }}
      onConfirm={({ detail }) => onChange({ pageSize: detail.pageSize ?? 25, visible: detail.visibleContent ?? [] })}
    />
  )
}

function download<T>({ columns, file = 'rows' }: DataTableProps<T>, rows: readonly T[]): void {
  const told = columns.filter(({ value }) => value !== undefined)
  const lines = rows.map((row) => told.map(({ value }) => String(value?.(row) ?? '')))
  saveCsv(file, [told.map(({ title }) => title), ...lines])
}
