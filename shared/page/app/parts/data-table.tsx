import { useCollection } from '@cloudscape-design/collection-hooks'
import Button from '@cloudscape-design/components/button'
import CollectionPreferences from '@cloudscape-design/components/collection-preferences'
import Header from '@cloudscape-design/components/header'
import Pagination from '@cloudscape-design/components/pagination'
import PropertyFilter, { type PropertyFilterProps } from '@cloudscape-design/components/property-filter'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import { Fragment, type ReactNode, useEffect, useMemo, useState } from 'react'
import { parseFilter, renderFilter } from '../../../domain/page/filter-query.ts'
import { saveCsv } from '../../save-csv.ts'
import { parseRoute, replaceAddress } from '../route.ts'
import { Line, Nothing } from './layout.tsx'

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
}

type DataTableProps<T> = {
  readonly title: string
  readonly items: readonly T[]
  readonly columns: readonly DataColumn<T>[]
  readonly keyOf: (item: T) => string
  readonly description?: ReactNode
  readonly actions?: ReactNode
  readonly empty: ReactNode
  readonly isLoading?: boolean
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
  /** Gets the filtered rows. */
  readonly onFiltered?: (rows: readonly T[]) => void
}

const phoneMost = 130
const isPhone = () => matchMedia('(max-width: 40rem)').matches

/** A table as in AWS's console: filter in the address, sorting, pages, columns to choose, and a CSV file of what is filtered. */
export function DataTable<T>(props: DataTableProps<T>) {
  const { items: all, columns, keyOf, filter, sortedBy, isDescending = false, onFiltered } = props
  const [preferences, setPreferences] = useState(() => ({ pageSize: 25, visible: visibleAtFirst(columns) }))
  const filters = useMemo(
    () => columns.filter(({ isFilter = true, value }) => isFilter && value !== undefined),
    [columns],
  )
  const rows = useMemo(
    () => all.map((item) => ({ item, ...Object.fromEntries(filters.map(({ id, value }) => [id, value?.(item)])) })),
    [all, filters],
  )
  const sorted = columns.find(({ id }) => id === sortedBy)
  const { items, allPageItems, collectionProps, propertyFilterProps, paginationProps, filteredItemsCount } =
    useCollection<Row<T>>(rows, {
      propertyFiltering: {
        filteringProperties: filters.map(({ id, title, isList }) => ({
          key: id,
          propertyLabel: title,
          groupValuesLabel: `${title}: values`,
          operators: isList ? [':', '!:'] : [':', '!:', '=', '!=', '^'],
        })),
        defaultQuery: parseFilter(filter && parseRoute(location.hash).query.get(filter)),
        empty: props.empty,
        noMatch: <Nothing>Nothing matches the filter.</Nothing>,
      },
      pagination: { pageSize: preferences.pageSize },
      sorting: sorted ? { defaultState: { sortingColumn: columnOf(sorted), isDescending } } : {},
      selection: {},
    })
  const filtered = useMemo(() => allPageItems.map(({ item }) => item), [allPageItems])
  useEffect(() => onFiltered?.(filtered), [filtered, onFiltered])
  const hasFilter = filter !== undefined && all.length > 0
  const counts = { counted: filteredItemsCount ?? all.length }
  return (
    <Table<Row<T>>
      {...collectionProps}
      {...selectionOf(props, rows)}
      items={items}
      trackBy={({ item }) => keyOf(item)}
      loading={props.isLoading ?? false}
      loadingText="Reading…"
      wrapLines
      columnDefinitions={columns.map(columnOf<T>)}
      columnDisplay={columns.map(({ id }) => ({ id, visible: preferences.visible.includes(id) }))}
      header={<TableHeader {...props} {...counts} save={() => download(props, filtered)} />}
      filter={hasFilter && <TableFilter {...counts} name={filter} {...props} filterProps={propertyFilterProps} />}
      pagination={all.length > preferences.pageSize && <Pagination {...paginationProps} />}
      preferences={hasFilter && <TablePreferences {...{ columns, preferences }} onChange={setPreferences} />}
    />
  )
}

function selectionOf<T>(
  { title, selection, keyOf }: DataTableProps<T>,
  rows: readonly Row<T>[],
): Partial<TableProps<Row<T>>> {
  if (selection === undefined) return { ariaLabels: { tableLabel: title } }
  const { items, onChange, labelOf, type = 'multi' } = selection
  const keys = new Set(items.map(keyOf))
  return {
    selectionType: type,
    selectedItems: rows.filter(({ item }) => keys.has(keyOf(item))),
    onSelectionChange: ({ detail }) => onChange(detail.selectedItems.map(({ item }) => item)),
    ariaLabels: {
      selectionGroupLabel: `Selection: ${title}`,
      allItemsSelectionLabel: () => 'select all',
      itemSelectionLabel: (_, { item }) => labelOf(item),
      tableLabel: title,
    },
  }
}

type Row<T> = { readonly item: T }
type Preferences = { readonly pageSize: number; readonly visible: readonly string[] }

function visibleAtFirst<T>(columns: readonly DataColumn<T>[]): readonly string[] {
  const isSmall = isPhone() && columns.some(({ shown }) => shown === 'first')
  return columns.filter(({ shown }) => (isSmall ? shown === 'first' : shown !== 'hidden')).map(({ id }) => id)
}

function columnOf<T>({ id, title, value, cell, width }: DataColumn<T>): TableProps.ColumnDefinition<Row<T>> {
  return {
    id,
    header: title,
    cell: ({ item }) => (cell ?? value)?.(item),
    ...(value === undefined
      ? {}
      : {
          sortingField: id,
          sortingComparator: ({ item: a }: Row<T>, { item: b }: Row<T>) => compare(value(a), value(b)),
        }),
    ...(width === undefined || (isPhone() && width > phoneMost) ? {} : { minWidth: width }),
  }
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0
}

type HeaderProps<T> = DataTableProps<T> & { readonly counted: number; readonly save: () => void }

function TableHeader<T>({ title, items, counted, description, actions, file, save }: HeaderProps<T>) {
  const say = (number: number) => number.toLocaleString('en-US')
  const counter = counted === items.length ? `(${say(counted)})` : `(${say(counted)}/${say(items.length)})`
  const csv = file !== undefined && items.length > 0 && <Button iconName="download" onClick={save} children="CSV" />
  const both = <Line children={[<Fragment key="csv">{csv}</Fragment>, <Fragment key="acts">{actions}</Fragment>]} />
  return <Header variant="h2" counter={counter} description={description} actions={both} children={title} />
}

type FilterProps = {
  readonly name: string
  readonly placeholder?: string | undefined
  readonly counted: number
  readonly filterProps: Omit<PropertyFilterProps, 'i18nStrings'>
}

function TableFilter({
  name,
  placeholder = 'Find by any text, or choose a property',
  counted,
  filterProps,
}: FilterProps) {
  const onChange: PropertyFilterProps['onChange'] = (event) => {
    writeQuery(name, event.detail)
    filterProps.onChange(event)
  }
  return (
    <PropertyFilter
      {...filterProps}
      onChange={onChange}
      filteringAriaLabel={placeholder}
      filteringPlaceholder={placeholder}
      countText={`${counted.toLocaleString('en-US')} ${counted === 1 ? 'match' : 'matches'}`}
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

function writeQuery(name: string, { tokens, operation }: PropertyFilterProps.Query): void {
  const [path = '', query = ''] = location.hash.split('?')
  const filters = new URLSearchParams(query)
  filters.delete(name)
  if (tokens.length > 0) filters.set(name, renderFilter({ operation, tokens }))
  replaceAddress(`${path || '#/'}${filters.size > 0 ? `?${filters.toString().replaceAll('+', '%20')}` : ''}`)
}

function download<T>({ columns, file = 'rows' }: DataTableProps<T>, rows: readonly T[]): void {
  const told = columns.filter(({ value }) => value !== undefined)
  const lines = rows.map((row) => told.map(({ value }) => String(value?.(row) ?? '')))
  saveCsv(file, [told.map(({ title }) => title), ...lines])
}
