import {
  type AccessTable,
  readTable,
  type TablePart,
  textOf,
} from '../../../../../shared/modules/access-page/rules/access-table.ts'
import { type PageRow, RowCollector } from '../../../../../shared/modules/access-page/rules/collect-rows.ts'

/** Bob has Admin in account 1 by the group ops; what is given differs. */
export function row(given: Partial<PageRow> = {}): PageRow {
  const { person = 'bob' } = given
  return {
    person,
    personId: `id-${person}`,
    group: 'ops',
    groupId: 'id-ops',
    account: '100000000001',
    accountName: 'prod',
    accountState: 'ACTIVE',
    path: 'Root/Prod',
    pathIds: 'r-1/ou-1',
    permissionSet: 'Admin-ps',
    state: 'granted',
    since: '2026-03-03T10:00:00.000Z',
    links: [{ key: 'links_data/root%all%Admin-ps%ops%GROUP%ssofile', lastModified: '2026-03-03T09:59:00.000Z' }],
    ...given,
  }
}

/** As the browser reads it. */
export function tableOf(...rows: readonly PageRow[]): AccessTable {
  return readTable([partOf(rows)])
}

export function partOf(rows: readonly PageRow[], given: Partial<TablePart> = {}): TablePart {
  const collector = new RowCollector()
  const blocks = rows.flatMap((one) => collector.add(one) ?? [])
  return { blocks: [...blocks, collector.take()], administratorSets: [], ...given }
}

export function peopleOf(table: AccessTable, rows: Int32Array): readonly string[] {
  return [...rows].map((one) => textOf(table, one, 'person'))
}

export const inOrder = (table: AccessTable): Int32Array =>
  Int32Array.from({ length: table.length }, (_, index) => index)
