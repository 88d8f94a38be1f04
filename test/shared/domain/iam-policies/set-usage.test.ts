import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  mergeUsages,
  noUsage,
  type SetUsage,
  unreadUsage,
  usageOf,
} from '../../../../shared/domain/iam-policies/set-usage.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { judgeUsage, renderUsage } from '../../../../shared/modules/credentials/rules/judge-usage.ts'

const [first, second] = [accountId.parse('200000000001'), accountId.parse('200000000002')]
const now = new Date('2026-03-03T10:00:00Z')
const ago = (days: number) => new Date(now.getTime() - days * 86_400_000)
const s3 = (lastUsedAt?: Date, actions: Readonly<Record<string, Date | undefined>> = {}) => ({
  name: 'Amazon S3',
  namespace: 's3',
  lastUsedAt,
  actions: Object.entries(actions).map(([name, at]) => ({ name, lastUsedAt: at })),
})
const role = { madeAt: ago(500), asOf: now }
const findings = (usage: SetUsage) =>
  judgeUsage(usage, 90).map(
    (one) => `${one.finding} ${one.service ?? one.account}${one.action ? `:${one.action}` : ''}`,
  )

test('a service is used where one account used it, whichever was merged first', () => {
  const used = usageOf([s3(ago(3))], { ...role, account: first })
  const unused = usageOf([s3(ago(200))], { ...role, account: second })
  for (const merged of [mergeUsages(used, unused), mergeUsages(unused, used)])
    expect(judgeUsage(merged, 90)).toMatchObject([{ finding: 'used', account: first, unusedDays: 2 }])
})

test('actions are judged one by one where the service is used, and not at all where it is not', () => {
  const actions = { CreateBucket: ago(3), DeleteBucket: ago(120), PutBucketPolicy: undefined }
  expect(findings(usageOf([s3(ago(3), actions)], { ...role, account: first }))).toEqual([
    'unused s3:DeleteBucket',
    'unused s3:PutBucketPolicy',
    'used s3',
    'used s3:CreateBucket',
  ])
  expect(findings(usageOf([s3(ago(120), actions)], { ...role, account: first }))).toEqual(['unused s3'])
})

describe('a service that nobody used is unused', () => {
  // Uses of the last day may not be known yet.
  test.each([
    { days: 91, finding: 'unused' },
    { days: 90, finding: 'too new' },
  ])('from the 90th whole day on after the oldest role was made: $days days are $finding', ({ days, finding }) => {
    const old = usageOf([s3()], { madeAt: ago(days), asOf: now, account: first })
    const young = usageOf([s3()], { madeAt: ago(1), asOf: now, account: second })
    expect(findings(mergeUsages(young, old))).toEqual([`${finding} s3`])
  })

  test('where it was read, and the accounts that were not stand before it', () => {
    const usage = mergeUsages(usageOf([s3()], { ...role, account: first }), unreadUsage(second, 'no role'))
    expect(judgeUsage(usage, 90)).toMatchObject([
      { finding: 'not read', account: second, detail: 'no role' },
      { finding: 'unused', detail: 'nobody used it in 1 account; 1 account could not be read' },
    ])
  })
})

test('of a permission set that could be read nowhere only that is told', () => {
  expect(findings(unreadUsage(first, 'no role'))).toEqual([`not read ${first}`])
  expect(judgeUsage(noUsage, 90)).toEqual([])
})

test('a name that begins like a formula, or has a line end, stays text in the report', () => {
  const usage = usageOf([{ ...s3(), name: '=1+1\n' }], { ...role, account: first })
  const csv = renderUsage(permissionSetName.parse('=SUM'), judgeUsage(usage, 90), usage.asOf)
  expect(csv.split('\r\n')).toHaveLength(3)
  expect(csv).toContain(`"'=SUM"`)
  expect(csv).toContain(`"'=1+1\\u{a}"`)
})

test('the order in which accounts are merged changes nothing', () => {
  const service = fc.record({
    namespace: fc.constantFrom('s3', 'ec2'),
    name: fc.constant('one'),
    lastUsedAt: fc.option(fc.integer({ min: 0, max: 400 }).map(ago), { nil: undefined }),
    actions: fc.array(fc.record({ name: fc.constantFrom('A', 'B'), lastUsedAt: fc.constantFrom(ago(1), undefined) })),
  })
  const drawn = fc.array(fc.array(service, { maxLength: 3 }), { minLength: 2, maxLength: 5 })
  fc.assert(
    fc.property(drawn, (all) => {
      const usages = all.map((services, index) =>
        usageOf(services, { ...role, account: accountId.parse(String(300_000_000_000 + index)) }),
      )
      const merge = (some: readonly SetUsage[]) => judgeUsage(some.reduce(mergeUsages, noUsage), 90)
      const told = (some: readonly SetUsage[]) => merge(some).map(({ account: _, ...row }) => row)
      expect(told(usages.toReversed())).toEqual(told(usages))
    }),
  )
})
