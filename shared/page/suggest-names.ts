import { type AccessTable, fold } from './access-table.ts'

/** A browser that gets thousands of suggestions is slow, and nobody reads them. */
const most = 30

/** Names that contain what was typed, for the list below a field. */
export function suggestNames(names: readonly string[], typed: string): readonly string[] {
  const wanted = fold(typed)
  const fitting: string[] = []
  for (const name of names) {
    if (name !== '' && fold(name).includes(wanted)) fitting.push(name)
    if (fitting.length === most) break
  }
  return fitting
}

/** What can stand in each field. */
export function listNames({ values }: AccessTable) {
  const units = new Set(values.account.flatMap(([, , , path]) => path.split('/')))
  return {
    person: values.person.map(([name]) => name),
    group: values.group.map(([name]) => name),
    account: values.account.flatMap((account) => account.slice(0, 2)),
    permissionSet: values.permissionSet,
    unit: [...units].sort(),
  }
}
