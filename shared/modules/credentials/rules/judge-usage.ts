import type { SetUsage } from '../../../domain/iam-policies/set-usage.ts'
import type { AccountId } from '../../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../../domain/permission-sets/permission-set-name.ts'
import { count } from '../../../domain/text/count.ts'
import { renderTable, type TableColumn } from '../../../domain/text/render-csv.ts'
import { unusedDays } from './judge-credentials.ts'

/** In the order of reports: unread data comes first, because it limits all the rest. */
export const usageFindings = ['not read', 'unused', 'too new', 'used'] as const
export type UsageFinding = (typeof usageFindings)[number]

/** One row of a permission set's use: a service, an action of a used service, or an unread account. */
export type UsageRow = {
  readonly finding: UsageFinding
  readonly service?: string | undefined
  readonly serviceName?: string | undefined
  readonly action?: string | undefined
  readonly lastUsedAt?: string | undefined
  /** The account of the last use, or the unread account. */
  readonly account?: AccountId | undefined
  readonly unusedDays?: number | undefined
  readonly detail: string
}

/**
 * | a service, or an action that IAM tracks      | finding   |
 * | -------------------------------------------- | --------- |
 * | used within `days`, in any account           | `used`    |
 * | not used, and the oldest role is younger     | `too new` |
 * | not used                                     | `unused`  |
 *
 * If some accounts were not read, "unused" is about the others, and the row says so. `days`: from the standard.
 */
export function judgeUsage(usage: SetUsage, days: number): readonly UsageRow[] {
  const { services, unread, accounts, madeAt, asOf } = usage
  const missed = unread.map(({ account, why }): UsageRow => ({ finding: 'not read', account, detail: why }))
  if (madeAt === undefined || asOf === undefined) return missed
  const judge = (use: { readonly lastUsedAt?: string | undefined; readonly lastUsedIn?: AccountId | undefined }) => {
    const { lastUsedAt } = use
    const role = { madeAt: new Date(madeAt), lastUsedAt: lastUsedAt === undefined ? undefined : new Date(lastUsedAt) }
    const unused = unusedDays(role, new Date(asOf))
    const finding = unused >= days ? 'unused' : lastUsedAt === undefined ? 'too new' : 'used'
    return { finding, lastUsedAt, account: use.lastUsedIn, unusedDays: unused, detail: details[finding]() } as const
  }
  const details = {
    unused: () => `nobody used it in ${count(accounts, 'account')}${butFor(unread.length)}`,
    'too new': () => `the oldest role was created on ${madeAt.slice(0, 10)}: too new to judge`,
    used: () => '',
  }
  const rows = Object.entries(services).flatMap(([namespace, { name: serviceName, actions, ...use }]) => {
    const of = { service: namespace, serviceName }
    const whole: UsageRow = { ...of, ...judge(use) }
    if (whole.finding !== 'used') return [whole]
    const each = Object.entries(actions).map(([action, one]): UsageRow => ({ ...of, action, ...judge(one) }))
    return [whole, ...each]
  })
  return [...missed, ...rows].sort(byFinding)
}

function byFinding(a: UsageRow, b: UsageRow): number {
  const key = ({ finding, service, account, action = '' }: UsageRow) =>
    [usageFindings.indexOf(finding), service ?? account ?? '', action].join(' ')
  return key(a) < key(b) ? -1 : 1
}

const butFor = (unread: number) => (unread === 0 ? '' : `; ${count(unread, 'account')} could not be read`)

/** One line for each row, the titles first. */
export function renderUsage(name: PermissionSetName, rows: readonly UsageRow[], asOf: string | undefined): string {
  const columns: readonly TableColumn<UsageRow>[] = [
    { title: 'permission set', text: () => name },
    { title: 'finding', text: ({ finding }) => finding },
    { title: 'service', text: ({ service = '' }) => service },
    { title: 'service name', text: ({ serviceName = '' }) => serviceName },
    { title: 'action', text: ({ service, action }) => (action === undefined ? '' : `${service}:${action}`) },
    { title: 'last used', text: ({ service, lastUsedAt }) => lastUsedAt ?? (service === undefined ? '' : 'never') },
    { title: 'account', text: ({ account = '' }) => account },
    { title: 'unused days', text: ({ unusedDays = '' }) => String(unusedDays) },
    { title: 'detail', text: ({ detail }) => detail },
    { title: 'as of', text: () => asOf ?? '' },
  ]
  return renderTable(columns, rows)
}
