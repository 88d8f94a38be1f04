import { describeTemporary, type ToldLink } from '../../../domain/links/told-link.ts'
import type { RoleUse } from '../../usage/rules/role-use.ts'
import { type PageBlock, type PageValueKind, type PageValues, type RowColumn, rowColumns } from './page-data.ts'

type PageLink = Pick<ToldLink, 'key' | 'lastModified' | 'ticket' | 'reason' | 'owner' | 'expiresAt' | 'request'> & {
  readonly by?: { readonly principalId: string } | undefined
}

/** One person's access in one account, as `who` prints it. */
export type PageRow = {
  readonly person?: string | undefined
  readonly personId?: string | undefined
  /** Absent, together with its id: the person has the access directly. */
  readonly group?: string | undefined
  readonly groupId?: string | undefined
  readonly account: string
  readonly accountName?: string | undefined
  readonly accountState?: string | undefined
  readonly path?: string | undefined
  readonly pathIds?: string | undefined
  readonly permissionSet: string
  readonly state: string
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly links: readonly PageLink[]
  readonly remark?: string | undefined
  readonly use?: RoleUse | undefined
  readonly unusedDays?: number | undefined
}

/** The number of rows in a block. */
const blockLength = 2000

/** Makes blocks from rows. It keeps one copy of each value, and the rows of the present block. */
export class RowCollector {
  readonly #places = new Map<PageValueKind, Map<string, number>>()
  /** The places of lists of links. All members of a group have the same array of links. */
  readonly #placesOfLinks = new WeakMap<readonly PageLink[], number>()
  readonly #placesOfInstants = new Map<string, number>()
  #values: Partial<PageValues> = {}
  #rows = emptyRows()

  /** Adds a row. Returns the block if it is full now. */
  add(row: PageRow): PageBlock | undefined {
    const { person, personId, group, groupId, account, accountName = '', accountState = '' } = row
    const { path = '', pathIds = '' } = row
    const places: Readonly<Record<RowColumn, number>> = {
      person: this.#placeNamed('person', person, personId),
      group: this.#placeNamed('group', group, groupId),
      account: this.#place('account', [account, accountName, accountState, path, pathIds]),
      permissionSet: this.#place('permissionSet', row.permissionSet),
      state: this.#place('state', row.state),
      since: this.#placeInstant(row.since),
      until: this.#placeInstant(row.until),
      linkSet: this.#placeLinks(row.links),
      remark: row.remark === undefined ? 0 : this.#place('remark', row.remark),
      use: this.#placeUse(row),
    }
    for (const column of rowColumns) this.#rows[column].push(places[column])
    return this.#rows.person.length >= blockLength ? this.take() : undefined
  }

  /** Returns the rest as the last block. */
  take(): PageBlock {
    const block = { values: this.#values, rows: this.#rows }
    this.#values = {}
    this.#rows = emptyRows()
    return block
  }

  #placeNamed(kind: 'person' | 'group', name: string | undefined, id = ''): number {
    return name === undefined && id === '' ? 0 : this.#place(kind, [name ?? id, id])
  }

  #placeUse({ use, unusedDays }: PageRow): number {
    return use?.isKnown && unusedDays !== undefined ? this.#place('use', [use.lastUsedAt ?? 'never', unusedDays]) : 0
  }

  #placeLinks(links: readonly PageLink[]): number {
    if (links.length === 0) return 0
    const known = this.#placesOfLinks.get(links)
    if (known !== undefined) return known
    const places = links.map((link) => {
      const { key, by, lastModified, ticket = '', reason = '', expiresAt = '', owner = '' } = link
      const temporary = describeTemporary(link) ?? ''
      return this.#place('link', [
        key,
        by?.principalId ?? '',
        lastModified,
        ticket,
        reason,
        expiresAt,
        temporary,
        owner,
      ])
    })
    const place = this.#place('linkSet', places)
    this.#placesOfLinks.set(links, place)
    return place
  }

  /** Stores instants in UTC, so that text order is time order. Expiries in inputs have any offset. */
  #placeInstant(instant: string | undefined): number {
    if (instant === undefined) return 0
    const place = this.#placesOfInstants.get(instant) ?? this.#place('instant', new Date(instant).toISOString())
    this.#placesOfInstants.set(instant, place)
    return place
  }

  #place<K extends PageValueKind>(kind: K, value: PageValues[K][number]): number {
    const places = this.#places.get(kind) ?? new Map<string, number>()
    const name = typeof value === 'string' ? value : JSON.stringify(value)
    const known = places.get(name)
    if (known !== undefined) return known
    const place = places.size + 1
    this.#places.set(kind, places.set(name, place))
    const values: PageValues[K][number][] | undefined = this.#values[kind]
    if (values) values.push(value)
    else this.#values = { ...this.#values, [kind]: [value] }
    return place
  }
}

function emptyRows(): Record<RowColumn, number[]> {
  return {
    person: [],
    group: [],
    account: [],
    permissionSet: [],
    state: [],
    since: [],
    until: [],
    linkSet: [],
    remark: [],
    use: [],
  }
}
