import { type AccessTable, textOf } from './access-table.ts'

/** Names and texts of facts, in their order. */
export type Facts = readonly (readonly [string, string])[]

/** All facts about one row. */
export function describeRow(table: AccessTable, row: number): Facts {
  const { rows, values } = table
  const [, personId = ''] = values.person[rows.person[row] ?? 0] ?? []
  const [group = '', groupId = ''] = values.group[rows.group[row] ?? 0] ?? []
  const [account = '', accountName = '', accountState = '', path = '', pathIds = ''] =
    values.account[rows.account[row] ?? 0] ?? []
  const state = textOf(table, row, 'state')
  const facts: Facts = [
    ['Deployment', textOf(table, row, 'deployment')],
    ['Person', textOf(table, row, 'person')],
    ['Id of the person', personId],
    ['Remark', textOf(table, row, 'remark')],
    ['Account', [account, accountName].filter((part) => part !== '').join(', ')],
    ['State of the account', accountState],
    ['OUs above the account', path],
    ['Ids of these OUs', pathIds],
    ['Permission set', textOf(table, row, 'permissionSet')],
    ['Through', group === '' ? 'directly' : `the group ${group}`],
    ['Id of the group', groupId],
    ['State', state === 'foreign' ? 'foreign: ssofile did not give it and does not take it away' : state],
    [state === 'foreign' ? 'Known since' : 'Since', textOf(table, row, 'since')],
    ['Role last used', describeUse(values.use[rows.use[row] ?? 0])],
    ['Ends by itself', textOf(table, row, 'until')],
    ...(values.linkSet[rows.linkSet[row] ?? 0] ?? []).flatMap((link) => describeLink(values.link[link])),
  ]
  return facts.filter(([, text]) => text !== '')
}

/** Nobody knows the use by this person alone. */
function describeUse([at = '', days = 0]: readonly [string?, number?] = []): string {
  return at === '' ? '' : `${at}, by anybody who has it; this access is known to be unused for ${days} days`
}

function describeLink(link: AccessTable['values']['link'][number] | undefined): Facts {
  const [key = '', by = '', at = '', ticket = '', reason = '', expiresAt = '', temporary = '', owner = ''] = link ?? []
  return [
    ['Given by the link', key],
    ['Uploaded by', by || 'not known'],
    ['Uploaded at', at],
    ['Owner', owner],
    ['Ticket', ticket],
    ['Reason', reason],
    ['The link expires', expiresAt],
    ['Temporary', temporary],
  ]
}
