import type { AccessTable } from './access-table.ts'

export type Matrix = {
  /** Indexes of the present accounts and permission sets, in the order of their ids and names; sets of administrators come first. */
  readonly accounts: readonly number[]
  readonly permissionSets: readonly number[]
  /** How many people have this permission set in this account; groups without known members count as nobody. */
  readonly people: (account: number, permissionSet: number) => number | undefined
}

/** Accounts × permission sets of these rows, and the number of people for each pair. */
export function countPeople({ rows, values, permissionSets: told }: AccessTable, among: Int32Array): Matrix {
  const sets = values.permissionSet.length
  const counts = new Map<number, number>()
  const seen = new Set<number>()
  for (const row of among) {
    const cell = (rows.account[row] ?? 0) * sets + (rows.permissionSet[row] ?? 0)
    const person = rows.person[row] ?? 0
    const known = counts.get(cell) ?? 0
    const one = cell * values.person.length + person
    const isCounted = person !== 0 && !seen.has(one)
    if (isCounted) seen.add(one)
    counts.set(cell, isCounted ? known + 1 : known)
  }
  const cells = [...counts.keys()]
  const accountIds = values.account.map(([id]) => id)
  const rank = (set: number) => (told[set]?.isAdministrator ? 0 : 1)
  const [places, setPlaces] = [cells.map((cell) => Math.floor(cell / sets)), cells.map((cell) => cell % sets)]
  return {
    accounts: listUsed(places, accountIds),
    permissionSets: listUsed(setPlaces, values.permissionSet).toSorted((a, b) => rank(a) - rank(b)),
    people: (account, permissionSet) => counts.get(account * sets + permissionSet),
  }
}

/** How many different values these rows have, without absent ones. `places`: of one column. */
export function countDifferent(places: Int32Array, among: Int32Array): number {
  const seen = new Uint8Array(places.length + 1)
  let count = 0
  for (const row of among) {
    const place = places[row] ?? 0
    if (place === 0 || seen[place] === 1) continue
    seen[place] = 1
    count++
  }
  return count
}

function listUsed(places: readonly number[], names: readonly string[]): readonly number[] {
  return [...new Set(places)].sort((a, b) => {
    const [one = '', other = ''] = [names[a], names[b]]
    if (one === other) return a - b
    return one < other ? -1 : 1
  })
}
