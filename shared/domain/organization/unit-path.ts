import { renderNameInKey } from '../links/name-in-key.ts'

/**
 * Where an account stands, in names, from the root down: `Root/Workloads/Prod`. A `/` within a name is written as in
 * keys, `%2F`, and signs that look like one as their UTF-8 bytes, so that no name looks like two. A unit whose name is not
 * known stands there with its id. Organizational units may have any name. (Organizations API Reference, "OrganizationalUnit".)
 */
export function renderUnitPath(ids: readonly string[], names: ReadonlyMap<string, string>): string {
  return ids.map((id) => renderNameInKey(names.get(id) ?? id).replace(slashLike, encodeURIComponent)).join('/')
}

/** Fraction slash, division slash, box drawings diagonal, two operators, and the wide form. */
const slashLike = /[\u2044\u2215\u2571\u29f8\u27cb\uff0f]/g
