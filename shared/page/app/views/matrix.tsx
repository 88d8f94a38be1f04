import { useMemo } from 'react'
import { addressOf } from '../../../modules/page/rules/address.ts'
import { filterOf } from '../../../modules/page/rules/filter-query.ts'
import { isCounted, mapReading, type Reading, valueIn } from '../../../modules/page/rules/reading.ts'
import { countMatrix, type MatrixRow, shadeOf, type WhoRow } from '../../../modules/page/rules/who-rows.ts'
import { type DataColumn, DataTable, TableFilter, useFiltered } from '../parts/data-table.tsx'
import { ViewLink } from '../parts/facts.tsx'

/** A table with more columns is slow and hard to read; a filter leaves fewer. */
const setsMost = 30
const nobody: readonly WhoRow[] = []
const asTheyAre = { isDescending: false }

type MatrixProps = {
  readonly rows: Reading<readonly WhoRow[]>
  readonly columns: readonly DataColumn<WhoRow>[]
  readonly date: string | undefined
}

/** How many people have which permission set where: the darker, the more. It has the filter of the table. */
export function AccessMatrix({ rows, columns, date }: MatrixProps) {
  const { filtered, index, query } = useFiltered(valueIn(rows) ?? nobody, columns, 'q', asTheyAre)
  const { rows: accounts, sets, most } = useMemo(() => countMatrix(filtered), [filtered])
  const nameOf = ({ accountName, account }: MatrixRow) => accountName || account
  const link = (row: MatrixRow) => (
    <ViewLink to={addressOf('who', `account/${row.account}`, { date })}>{nameOf(row)}</ViewLink>
  )
  const heat = ({ account, people }: MatrixRow, set: string) => {
    const number = people[set]
    if (number === undefined) return null
    const to = addressOf('who', '', { date, q: filterOf({ account, set }, query) })
    const style = {
      background: `rgb(0 108 224 / ${shadeOf(number, most)})`,
      padding: '2px 8px',
      textAlign: 'center',
    } as const
    return <div style={style} children={<ViewLink to={to}>{number}</ViewLink>} />
  }
  const columnOf = (set: string): DataColumn<MatrixRow> => {
    const value = ({ people }: MatrixRow) => people[set] ?? 0
    return { id: `set ${set}`, title: set, value, cell: (row) => heat(row, set), width: 120 }
  }
  const more = `The ${setsMost} most given of ${sets.length} permission sets. A filter leaves fewer.`
  return (
    <DataTable
      title="People by account and permission set"
      description={sets.length > setsMost && more}
      items={mapReading(rows, () => accounts)}
      keyOf={({ account }) => account}
      columns={[
        {
          id: 'account',
          title: 'Account',
          value: (row) => `${row.accountName} ${row.account}`,
          cell: link,
          width: 200,
        },
        ...sets.slice(0, setsMost).map(columnOf),
      ]}
      outerFilter={
        <TableFilter {...{ columns, index, query }} name="q" counted={isCounted(rows) ? filtered.length : undefined} />
      }
      isFirstSticky
      file="people-by-account-and-permission-set"
      sortedBy="account"
      empty="Nobody has access that the filter leaves."
    />
  )
}
