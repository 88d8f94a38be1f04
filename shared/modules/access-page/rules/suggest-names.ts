import { type AccessTable, fold } from './access-table.ts'

/** Thousands of suggestions make a browser slow, and nobody reads them. */
const most = 30

/** Names that contain the typed text, for the list below a field. */
export function suggestNames(names: readonly string[], typed: string): readonly string[] {
  const wanted = fold(typed)
  const fitting: string[] = []
  for (const name of names) {
    if (name !== '' && fold(name).includes(wanted)) fitting.push(name)
    if (fitting.length === most) break
  }
  return fitting
}

/** The possible values of each field. */
export function listNames({ values }: AccessTable) {
  const paths = new Set(values.account.map(([, , , path]) => path))
  const ids = new Set(values.account.flatMap(([, , , , ids]) => ids.split('/')))
  return {
    deployment: values.deployment,
    person: values.person.map(([name]) => name),
    group: values.group.map(([name]) => name),
    account: values.account.flatMap((account) => account.slice(0, 2)),
    permissionSet: values.permissionSet,
    unit: [...[...new Set([...paths].flatMap(listAbove))].sort(), ...[...ids].sort()],
  }
}

/** `a`, `a/b` and `a/b/c` of `a/b/c`. */
function listAbove(path: string): readonly string[] {
  const names = path.split('/')
  return names.map((_, index) => names.slice(0, index + 1).join('/'))
}
