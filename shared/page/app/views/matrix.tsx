import { useMemo } from 'react'
import { filterOf } from '../../../domain/page/filter-query.ts'
import { countMatrix, type MatrixRow, type WhoRow } from '../../../domain/page/who-rows.ts'
import { type DataColumn, DataTable } from '../parts/data-table.tsx'
import { ViewLink } from '../parts/facts.tsx'
import { Nothing } from '../parts/layout.tsx'
import { addressOf } from '../route.ts'

/** A table with more columns is slow and hard to read; a filter leaves fewer. */
const setsMost = 30

/** How many people have which permission set where: the darker, the more. */
export function AccessMatrix({ rows, date }: { readonly rows: readonly WhoRow[]; readonly date: string | undefined }) {
  const { rows: accounts, sets, most } = useMemo(() => countMatrix(rows), [rows])
  const nameOf = ({ accountName, account }: MatrixRow) => accountName || account
  const link = (row: MatrixRow) => (
    <ViewLink to={addressOf('who', `account/${row.account}`, { date })}>{nameOf(row)}</ViewLink>
  )
  const heat = ({ account, people }: MatrixRow, set: string) => {
    const number = people[set]
    if (number === undefined) return null
    const share = 0.08 + 0.32 * (Math.log(number + 1) / Math.log(most + 1))
    const style = { background: `rgb(0 108 224 / ${share})`, padding: '2px 8px', textAlign: 'center' } as const
    const to = addressOf('who', '', { date, q: filterOf({ account, set }) })
    return <div style={style} children={<ViewLink to={to}>{number}</ViewLink>} />
  }
  const columnOf = (set: string): DataColumn<MatrixRow> => {
    const value = ({ people }: MatrixRow) => people[set] ?? 0
    return { id: `set ${set}`, title: set, value, cell: (row) => heat(row, set), isFilter: false }
  }
  const more = `The ${setsMost} most given of ${sets.length} permission sets. A filter on the table leaves fewer.`
  return (
    <DataTable
      title="People by account and permission set"
      description={sets.length > setsMost && more}
      items={accounts}
      keyOf={({ account }) => account}
      columns={[
        { id: 'account', title: 'Account', value: (row) => `${row.accountName} ${row.account}`, cell: link },
        ...sets.slice(0, setsMost).map(columnOf),
      ]}
      filter="m"
      file="people-by-account-and-permission-set"
      sortedBy="account"
      empty={<Nothing>Nobody has access.</Nothing>}
    />
  )
}
