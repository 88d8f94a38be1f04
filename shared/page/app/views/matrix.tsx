import { useMemo } from 'react'
import { countMatrix, type MatrixRow, type WhoRow } from '../../../domain/page/who-rows.ts'
import { type DataColumn, DataTable, renderQuery } from '../parts/data-table.tsx'
import { ViewLink } from '../parts/facts.tsx'
import { Nothing } from '../parts/layout.tsx'
import { addressOf } from '../route.ts'

/** A table with more columns is slow and hard to read; a filter leaves fewer. */
const setsMost = 30

/** How many people have which permission set where: the darker, the more. */
export function AccessMatrix({ rows, date }: { readonly rows: readonly WhoRow[]; readonly date: string | undefined }) {
  const { rows: accounts, sets, most } = useMemo(() => countMatrix(rows), [rows])
  const shown = sets.slice(0, setsMost)
  const columns: readonly DataColumn<MatrixRow>[] = [
    {
      id: 'account',
      title: 'Account',
      value: ({ accountName, account }) => `${accountName} ${account}`,
      cell: ({ accountName, account }) => (
        <ViewLink to={addressOf('who', `account/${account}`, { date })}>{accountName || account}</ViewLink>
      ),
    },
    ...shown.map(
      (set): DataColumn<MatrixRow> => ({
        id: `set ${set}`,
        title: set,
        value: ({ people }) => people[set] ?? 0,
        cell: (row) => <Heat row={row} set={set} most={most} date={date} />,
        isFilter: false,
      }),
    ),
  ]
  return (
    <DataTable
      title="People by account and permission set"
      description={
        sets.length > setsMost
          ? `The ${setsMost} most given of ${sets.length} permission sets. A filter on the table leaves fewer.`
          : undefined
      }
      items={accounts}
      keyOf={({ account }) => account}
      columns={columns}
      filter="m"
      file="people-by-account-and-permission-set"
      sortedBy="account"
      empty={<Nothing>Nobody has access.</Nothing>}
    />
  )
}

function Heat({
  row: { account, people },
  set,
  most,
  date,
}: {
  readonly row: MatrixRow
  readonly set: string
  readonly most: number
  readonly date: string | undefined
}) {
  const number = people[set]
  if (number === undefined) return null
  const share = 0.08 + 0.32 * (Math.log(number + 1) / Math.log(most + 1))
  const to = addressOf('who', '', {
    date,
    q: renderQuery([
      ['account', '=', account],
      ['set', '=', set],
    ]),
  })
  return (
    <div style={{ background: `rgb(0 108 224 / ${share})`, padding: '2px 8px', textAlign: 'center' }}>
      <ViewLink to={to}>{number}</ViewLink>
    </div>
  )
}
