import { withoutSlashes } from '../links/name-in-key.ts'

/**
 * The names of the units above an account, from the root down: `Root/Workloads/Prod`. A `/` within a name is written as in keys, `%2F`.
 * Characters that look like `/` are written as their UTF-8 bytes, so no name looks like two. A unit whose name is unknown appears with its
 * id. Organizational units may have any name. (Organizations API Reference, "OrganizationalUnit".)
 */
export function renderUnitPath(ids: readonly string[], names: ReadonlyMap<string, string>): string {
  return ids.map((id) => withoutSlashes(names.get(id) ?? id).replace(slashLike, encodeURIComponent)).join('/')
}

/** Fraction slash, division slash, box drawings diagonal, two operators, and the wide form. */
const slashLike = /[\u2044\u2215\u2571\u29f8\u27cb\uff0f]/g
