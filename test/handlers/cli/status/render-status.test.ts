import { describe, expect, test } from '@jest/globals'
import { renderStatus, renderStatusesAsCsv, renderSummary } from '../../../../handlers/cli/status/render-status.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import type { Status, StatusState } from '../../../../shared/domain/statuses/status.ts'

const updatedAt = '2026-03-03T10:00:00.000Z'
const link = (number: number) => `links_data/account%${String(number).padStart(12, '0')}%Read-ps%team%GROUP%ssofile`
const short = (number: number) => link(number).slice('links_data/'.length)
const status = (number: number, state: StatusState, more: Partial<Status> = {}): Status => {
  return { input: link(number), state, updatedAt, ...more }
}
const accounts = { desired: 3, applied: 2, open: 1, failed: [] }

const held = 'held by the brake; its access in 2 accounts stays until an operator decides'
test.each([
  ['deleted', { ...accounts, desired: 0, applied: 0, open: 2 }, /accounts +2 accounts with access left\n/, '2 left'],
  ['over a scope that is empty now', { ...accounts, desired: 0, applied: 0, open: 0 }, /why +held by the brake/, ''],
])('a held link that is %s does not say that it gives no access', (_, left, whole, short) => {
  const told = status(1, 'held', { reason: held, accounts: left })
  expect(renderStatus(told)).toMatch(whole)
  expect(renderStatus(told) + renderSummary([told])).not.toContain(`0 of 0`)
  expect(renderSummary([told])).toContain(short)
})

test('failed accounts that a status only counts are counted after the named ones', () => {
  const failed = [{ account: accountId.parse('233000000002'), reason: 'AWS says no' }]
  const told = status(1, 'failed', { accounts: { desired: 0, applied: 0, open: 0, failed, moreFailed: 49_900 } })
  expect(renderStatus(told)).toMatch(/failed +233000000002: AWS says no\n +failed +and 49,?900 accounts more\n/)
  expect(renderStatus(told)).toMatch(/accounts +49,?901 accounts with access left\n/)
  expect(renderStatusesAsCsv([told])).toMatch(/233000000002: AWS says no ; and 49,?900 accounts more/)
})

test('a rejection with two faults has a line for each', () => {
  const reason = 'received 5 at $.a, expected a text; received 6 at $.b, expected a list'
  expect(renderStatus(status(1, 'rejected', { reason }))).toMatch(
    /why +received 5 at \$\.a, expected a text;\n +received 6 at \$\.b, expected a list\n/,
  )
})

test('of a rule it is told how many people it means, and what became of them', () => {
  const people = { matching: 12, members: 9, waiting: 3, leaving: 0, held: 6, kept: 0 }
  const told = renderStatus({ input: 'rules/engineers.json', state: 'held', people, updatedAt })
  expect(told).toMatch(/people +9 of 12 are in, 3 wait, 6 are held\n/)
})

describe('the list of inputs', () => {
  test('has a line for each, what to do below it, and the figures last', () => {
    const remedy = 'create the group'
    const text = renderSummary([
      status(1, 'waiting', { reason: 'there is no group', remedy, accounts: { ...accounts, applied: 0 } }),
      status(2, 'applied', { accounts }),
    ])
    expect(text.split('\n')).toEqual([
      expect.stringMatching(/^STATE +ACCOUNTS +INPUT +WHY$/),
      `applied  2 of 3    ${short(2)}`,
      `waiting  0 of 3    ${short(1)}  there is no group`,
      '          do: create the group',
      '',
      '     1 applied   in force',
      expect.stringMatching(/^ {5}1 waiting {3}not in force yet/),
      '',
    ])
  })

  test('shows the first few of many that have state and reason in common, all of 20, and all where it is asked for', () => {
    const many = (number: number) => Array.from({ length: number }, (_, index) => status(index, 'applied'))
    const lines = (text: string) => text.split('\n').filter((line) => line.startsWith('applied')).length
    expect(lines(renderSummary(many(20)))).toBe(20)
    expect(lines(renderSummary(many(21)))).toBe(3)
    expect(renderSummary(many(1021))).toContain(
      'and 1,018 more like this; to see all, run ssofile status --state applied\n',
    )
    expect(renderSummary(many(1021))).toContain(' 1,021 applied')
    expect(lines(renderSummary(many(21), { isWhole: true }))).toBe(21)
  })

  test('takes reasons that differ in names and accounts for one, and hostile reasons for one of each state', () => {
    const told = (reason: (index: number) => string) =>
      renderSummary(Array.from({ length: 500 }, (_, index) => status(index, 'waiting', { reason: reason(index) })))
    const missing = told(
      (index) => `group 'team-${index}' does not exist; did you mean 'team'? in 2330000${10000 + index}`,
    )
    expect(missing.match(/^waiting/gm)).toHaveLength(3)
    expect(missing).toContain("group 'team-2' does not exist")
    expect(missing).toContain('and 497 more like this; to see all, run ssofile status --state waiting\n')
    expect(told((index) => `reason ${index}`).match(/^waiting/gm)).toHaveLength(3)
  })

  test('cuts no key on a terminal, and tells a reason once for all inputs that share it', () => {
    const reasons = ["group 'a' does not exist", "group 'b' does not exist"]
    const all = Array.from({ length: 6 }, (_, index) => status(index, 'waiting', { reason: reasons[index % 2] ?? '' }))
    const lines = renderSummary(all, { isTerminal: true }).split('\n')
    for (let index = 0; index < 6; index++)
      expect(lines.filter((line) => line.endsWith(link(index).replace('links_data/', '')))).toHaveLength(1)
    for (const reason of reasons) expect(lines.filter((line) => line.endsWith(`why: ${reason}`))).toHaveLength(1)
  })

  test('is CSV for machines', () => {
    const [, row] = renderStatusesAsCsv([status(2, 'applied', { accounts })]).split('\r\n')
    expect(row).toBe(`"${link(2)}","applied","3","2","1","","","","","","${updatedAt}"`)
  })
})
