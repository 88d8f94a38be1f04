import { describe, expect, test } from '@jest/globals'
import { alarmTopicArn, userName } from '../../../../../shared/domain/account-facts/break-glass-names.ts'
import type {
  DeployedRole,
  DeployedRule,
  DeployedUser,
} from '../../../../../shared/domain/account-facts/deployed-break-glass.ts'
import { playbooksIn } from '../../../../../shared/domain/files/break-glass-file.ts'
import type { Finding } from '../../../../../shared/domain/guardrails/finding.ts'
import { accountId } from '../../../../../shared/domain/organization/account-id.ts'
import { roleRules, securityRules } from '../../../../../shared/modules/break-glass/rules/alarm-rules.ts'
import {
  type DrillRecord,
  drillKey,
  drillRecord,
  isAlarmOf,
  isPassed,
} from '../../../../../shared/modules/break-glass/rules/drill-record.ts'
import {
  judgeDrills,
  judgeLeavers,
  judgePasswordPolicy,
  judgeRoles,
  judgeRules,
  judgeSecurityRules,
  judgeSubscriptions,
  judgeTopic,
  judgeUsers,
} from '../../../../../shared/modules/break-glass/rules/judge-break-glass.ts'
import {
  type RenderedRole,
  renderRole,
  renderSender,
} from '../../../../../shared/modules/break-glass/rules/render-role.ts'
import {
  renderBusStatement,
  renderTopicPolicy,
} from '../../../../../shared/modules/break-glass/rules/render-templates.ts'
import { renderUserPolicy } from '../../../../../shared/modules/break-glass/rules/render-user-policy.ts'
import { definition, example, playbookOf } from './definitions.ts'

const now = new Date('2026-06-01T00:00:00Z')
const account = '230000000001'
const recovery = definition('recovery')
const [playbook] = recovery.playbooks
if (playbook === undefined) throw new Error('fixtures/break-glass/recovery.json has a playbook')
const rendered = renderRole(recovery, playbook)
const told = (found: readonly Finding[]) => found.map((one) => `${one.level} ${one.told}`)

/** As IAM gives it back: lists of one as texts, fields in another order. */
const role: DeployedRole = {
  name: rendered.name,
  maxSessionSeconds: rendered.maxSessionSeconds,
  trust: JSON.stringify({
    Statement: rendered.trust.Statement.map((one) => Object.fromEntries(Object.entries(one).reverse())),
    Version: '2012-10-17',
  }),
  inline: Object.fromEntries(Object.entries(rendered.inline).map(([name, policy]) => [name, JSON.stringify(policy)])),
  managedPolicies: [],
  permissionsBoundary: `arn:aws:iam::${account}:policy/boundaries/no-production-data`,
}
const asDeployed = ({ trust, inline, ...one }: RenderedRole): DeployedRole => ({
  ...one,
  trust: JSON.stringify(trust),
  inline: Object.fromEntries(Object.entries(inline).map(([name, policy]) => [name, JSON.stringify(policy)])),
})
const sender = asDeployed(renderSender(recovery, playbook.name))
const judge = (...roles: DeployedRole[]) =>
  told(judgeRoles(recovery, { account, playbooks: [playbook], roles: [sender, ...roles] }))
const open = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }],
})

test('a role as it is rendered is no finding, in whatever form IAM gives it back, nor is the one that sends its alarms', () => {
  expect(judge(role)).toEqual([])
})

test('a role that sends alarms is told where it is gone, and where it sends nothing any more', () => {
  const of = (...roles: DeployedRole[]) =>
    judgeRoles(recovery, { account, playbooks: [playbook], roles: [role, ...roles] }).map((one) => one.told)
  expect(of()).toEqual(['230000000001 has no role BREAK-GLASS-recovery-operator-alarms'])
  expect(of({ ...sender, inline: {} })).toEqual([
    'BREAK-GLASS-recovery-operator-alarms in 230000000001 was changed: its inline policies differ',
  ])
})

describe('rules of EventBridge', () => {
  const wanted = roleRules('recovery-operator')
  const rules = wanted.map(
    ({ pattern, ...rule }): DeployedRule => ({ ...rule, pattern: JSON.stringify(pattern), sends: true }),
  )
  const [first, ...others] = rules
  if (first === undefined) throw new Error('a playbook has rules')
  const judgeFirst = (...changed: DeployedRule[]) =>
    judgeRules('roles', `${account}/us-east-1`, { wanted, found: [...others, ...changed] })

  test('as they are rendered are no finding', () => {
    expect(judgeFirst(first)).toEqual([])
  })

  test.each<[string, DeployedRule[], string]>([
    ['is gone', [], 'it is gone'],
    ['is switched off', [{ ...first, state: 'DISABLED' }], 'it is switched off'],
    [
      'is switched on for all reads',
      [{ ...first, state: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS' }],
      'its state is ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS, expected ENABLED',
    ],
    ['has another pattern', [{ ...first, pattern: '{"source":["aws.none"]}' }], 'its pattern differs'],
    ['sends to something else', [{ ...first, sends: false }], 'it does not send to the alarms'],
  ])('one that %s is told, with its account and Region', (_, changed, what) => {
    expect(judgeFirst(...changed)).toMatchObject([
      {
        level: 'fail',
        subject: `${account}/us-east-1/${first.name}`,
        told: `the rule ${first.name} in ${account}/us-east-1 was changed: ${what}`,
      },
    ])
  })
})

test.each<[string, DeployedRole[], string]>([
  ['is gone', [], 'fail 230000000001 has no role BREAK-GLASS-recovery-operator'],
  ['trusts others', [{ ...role, trust: open }], 'it trusts others'],
  [
    'trusts the id of a user who is gone',
    [{ ...role, trust: role.trust.replace(/"arn:aws:iam::\d+:user[^"]*"/, '"AIDAEXAMPLE"') }],
    'it trusts a user who is gone',
  ],
  ['may do more', [{ ...role, inline: { ...role.inline, more: open } }], 'its inline policies differ'],
  [
    'lost its protection',
    [{ ...role, inline: { playbook: role.inline.playbook ?? '' } }],
    'its inline policies differ',
  ],
  [
    'has another managed policy',
    [{ ...role, managedPolicies: ['arn:aws:iam::aws:policy/AdministratorAccess'] }],
    'its managed policies differ',
  ],
  ['has longer sessions', [{ ...role, maxSessionSeconds: 12 * 3600 }], 'its sessions last up to 12 h, expected'],
  ['has no boundary any more', [{ ...role, permissionsBoundary: undefined }], 'its boundary differs'],
  [
    'has a neighbour that looks like one that sends alarms',
    [role, { ...role, name: 'BREAK-GLASS-own-alarms' }],
    'fail 230000000001 has the role BREAK-GLASS-own-alarms',
  ],
  [
    'has a neighbour that no file knows',
    [role, { ...role, name: 'BREAK-GLASS-own' }],
    'fail 230000000001 has the role BREAK-GLASS-own',
  ],
])('a role that %s is told', (_, roles, expected) => {
  expect(judge(...roles).join()).toContain(expected)
})

describe('which playbooks an account has', () => {
  const names = (id: string, ...parents: string[]) =>
    playbooksIn(example, { id: accountId.parse(id), parents }).map(({ name }) => name)

  test('those of its organizational units, at any depth, and those that name it', () => {
    expect(names('233000000001', 'r-acme', 'ou-acme-wrk10000', 'ou-acme-wrk2prod')).toHaveLength(7)
    expect(names('210000000003', 'r-acme', 'ou-acme-sec10000')).toEqual([
      'security-investigator',
      'administrator',
      'identity-responder',
    ])
    expect(names('260000000001', 'r-acme', 'ou-acme-sbx10000')).toEqual(['security-investigator', 'identity-responder'])
  })

  test('the management account has those that name it alone, since no StackSet reaches it', () => {
    expect(names(example.managementAccount, 'r-acme')).toEqual(['organization-administrator'])
  })
})

const users = example.responders.map(
  (responder): DeployedUser => ({
    name: userName(responder.name),
    attached: [JSON.stringify(renderUserPolicy(example, responder))],
    more: [],
    devices: 2,
    keys: 0,
    hasPassword: true,
    passwordChangedAt: new Date('2026-01-01T00:00:00Z'),
    passwordUsedAt: new Date('2026-05-31T00:00:00Z'),
  }),
)
const [kenji] = users
if (kenji === undefined) throw new Error('kenji is a responder of the example')
const others = users.slice(1)
const judgeKenji = (change: Partial<DeployedUser>) =>
  told(judgeUsers(example, [{ ...kenji, ...change }, ...others], now)).filter((one) => one.includes('kenji'))

test('a user as the file has it, with two devices, is in order', () => {
  expect(judgeKenji({})).toEqual(['ok kenji-BREAK-GLASS: 2 MFA devices, no key, last signed in 2026-05-31'])
})

test.each<[string, Partial<DeployedUser>, string]>([
  ['one device', { devices: 1 }, 'fail kenji-BREAK-GLASS has 1 MFA device, expected at least 2'],
  [
    'no password',
    { hasPassword: false, passwordChangedAt: undefined, passwordUsedAt: undefined },
    "fail kenji-BREAK-GLASS has no password, by IAM's report of the last four hours",
  ],
  [
    'a password that IAM does not report yet',
    { hasPassword: undefined, passwordChangedAt: undefined, passwordUsedAt: undefined },
    'warn it is not known yet whether kenji-BREAK-GLASS has a password',
  ],
  [
    'a permissions boundary',
    { permissionsBoundary: 'arn:aws:iam::230000000001:policy/nothing' },
    'fail kenji-BREAK-GLASS has the permissions boundary arn:aws:iam::230000000001:policy/nothing, which the file does not give',
  ],
  ['a key', { keys: 1 }, 'fail kenji-BREAK-GLASS has an access key'],
  [
    'an inline policy or a group',
    { more: ['admins'] },
    'fail kenji-BREAK-GLASS has other policies than the file gives',
  ],
  ['another policy', { attached: [open] }, 'fail kenji-BREAK-GLASS has other policies than the file gives'],
  [
    'a second policy',
    { attached: [...kenji.attached, undefined] },
    'fail kenji-BREAK-GLASS has other policies than the file gives',
  ],
  [
    'a password of more than a year',
    { passwordChangedAt: new Date('2025-05-30T00:00:00Z') },
    'warn the password of kenji-BREAK-GLASS is 367 days old',
  ],
])('a user with %s is told', (_, change, expected) => {
  expect(judgeKenji(change)).toEqual([expected])
})

test('a user who is missing, and one whom no file knows, are told', () => {
  expect(told(judgeUsers(example, [...others, { ...kenji, name: 'mallory-BREAK-GLASS' }], now))).toEqual(
    expect.arrayContaining([
      'fail there is no user kenji-BREAK-GLASS',
      'fail there is a user mallory-BREAK-GLASS, who is not in the file',
    ]),
  )
})

test('a responder whose time is over is told', () => {
  const file = definition('identity')
  const found = told(judgeUsers(file, [], new Date('2027-07-01T00:00:00Z')))
  expect(found).toEqual(['fail there is no user lars-BREAK-GLASS', 'fail there is no user ama-BREAK-GLASS'])
  const ama = file.responders.flatMap((one) => (one.name === 'ama' ? one : []))
  const deployed = ama.map((one) => ({
    ...kenji,
    name: userName('ama'),
    attached: [JSON.stringify(renderUserPolicy(file, one))],
  }))
  expect(told(judgeUsers(file, deployed, new Date('2027-07-01T00:00:00Z')))).toContain(
    'warn ama-BREAK-GLASS has had no permissions since 2027-06-30T00:00:00Z',
  )
})

test.each([
  [undefined, 'fail'],
  [{ minimumLength: 23, isMixed: true }, 'fail'],
  [{ minimumLength: 24, isMixed: false }, 'fail'],
  [{ minimumLength: 24, isMixed: true }, 'ok'],
] as const)('a password policy of %j is %s', (policy, level) => {
  expect(judgePasswordPolicy(example, policy).level).toBe(level)
})

test('an address that has not confirmed, or is not there, gets no alarm', () => {
  const address = 'security@acme.example'
  expect(told(judgeSubscriptions(example, 'us-east-1', [{ address, isConfirmed: true }]))).toEqual([
    'ok us-east-1: 1 confirmed',
  ])
  for (const found of [[], [{ address, isConfirmed: false }]])
    expect(told(judgeSubscriptions(example, 'us-east-1', found))).toEqual([`fail us-east-1: ${address} gets no alarm`])
})

test('an address whose subscription has a filter gets only what the filter lets through', () => {
  const judged = (filter: string) =>
    told(judgeSubscriptions(example, 'us-east-1', [{ address: 'security@acme.example', isConfirmed: true, filter }]))
  expect(judged('{"nothing":["ever"]}')).toEqual([
    'fail us-east-1: security@acme.example gets only the alarms that a filter lets through: {"nothing":["ever"]}',
  ])
  expect(judged('{}')).toEqual(['ok us-east-1: 1 confirmed'])
})

test('a topic that other people may use, or that is encrypted, is told', () => {
  const rendered = renderTopicPolicy(alarmTopicArn(example.securityAccount, 'us-east-1'))
  const judged = (Statement: readonly object[], key?: string) =>
    told(judgeTopic(example, 'us-east-1', { policy: JSON.stringify({ ...rendered, Statement }), key }))
  expect(judged(rendered.Statement)).toEqual([])
  const [rules] = rendered.Statement
  expect(judged([...rendered.Statement, { ...rules, Sid: 'Nobody', Effect: 'Deny' }])).toEqual([
    'fail the topic break-glass-alarms in us-east-1 was changed: its policy differs',
  ])
  expect(judged([], 'alias/other')).toEqual([
    'fail the topic break-glass-alarms in us-east-1 was changed: its policy differs, it is encrypted with the key alias/other',
  ])
})

describe('the bus of the security account', () => {
  const rulesIn = (region: string) =>
    securityRules(example, region).map(({ pattern, ...rule }) => ({
      ...rule,
      pattern: JSON.stringify(pattern),
      sends: true,
    }))
  const judged = (busPolicy: string | undefined, region = 'us-east-1') =>
    told(judgeSecurityRules(example, region, { rules: rulesIn(region), busPolicy }))
  const own = renderBusStatement(example)
  const policy = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement })
  const ok = `ok us-east-1: ${rulesIn('us-east-1').length} as rendered`

  test.each([
    ['is as rendered', policy(own), ok],
    ['names everybody in the other way', policy({ ...own, Principal: { AWS: '*' } }), ok],
    ['is gone', undefined, 'fail the policy of the bus break-glass-alarms in 210000000002/us-east-1 is gone'],
    [
      'has a denial too',
      policy(own, { ...own, Sid: 'No', Effect: 'Deny' }),
      'fail the policy of the bus break-glass-alarms in 210000000002/us-east-1 was changed',
    ],
    [
      'names another organization',
      policy({ ...own, Condition: {} }),
      'fail the policy of the bus break-glass-alarms in 210000000002/us-east-1 was changed',
    ],
  ])('has a policy that %s', (_, found, expected) => {
    expect(judged(found)).toEqual([expected])
  })

  test('is in the Region of IAM alone', () => {
    expect(judged(undefined, 'eu-west-1')).toEqual([`ok eu-west-1: ${rulesIn('eu-west-1').length} as rendered`])
  })
})

test('a responder who has left the directory is told', () => {
  expect(told(judgeLeavers([]))).toEqual(['ok every responder is in the directory'])
  expect(judgeLeavers([{ name: 'kenji', email: 'kenji.ito@acme.example' }])).toMatchObject([
    { level: 'warn', subject: 'kenji', told: 'not in the directory: kenji (kenji.ito@acme.example)' },
  ])
})

describe('drills', () => {
  const record = (endedAt: string, isGood = true): DrillRecord =>
    drillRecord.parse({
      v: 1,
      responder: 'kenji',
      definition: 'example',
      startedAt: endedAt,
      endedAt,
      roles: [],
      isPassed: isGood,
    })
  const judgeKenjis = (...drills: DrillRecord[]) =>
    told(judgeDrills(example, drills, now)).filter((one) => one.includes('kenji'))

  test('the last one that passed counts, for as many days as the file says', () => {
    expect(judgeKenjis(record('2026-03-01T00:00:00Z'))).toEqual(['ok kenji: 92 days ago'])
    expect(judgeKenjis(record('2026-02-28T00:00:00Z'))).toEqual([
      'warn kenji drilled 93 days ago, expected every 92 days',
    ])
    expect(judgeKenjis(record('2026-02-01T00:00:00Z'), record('2026-05-01T00:00:00Z'))).toEqual([
      'ok kenji: 31 days ago',
    ])
    expect(judgeKenjis(record('2026-05-01T00:00:00Z', false))).toEqual(['warn no drill of kenji has passed'])
    expect(judgeKenjis(record('2099-01-01T00:00:00Z'))).toEqual(['warn no drill of kenji has passed'])
    expect(judgeKenjis()).toEqual(['warn kenji has never drilled'])
  })

  test('one passes when each call came out as expected, and the alarm rang', () => {
    const good = {
      role: 'r',
      account,
      assumedInMs: 5,
      calls: [{ call: 'stop-trail' as const, expected: 'refused' as const, came: 'refused' }],
    }
    const alarm = { code: 'c', afterMs: 1 }
    expect(isPassed({ roles: [good], alarm })).toBe(true)
    expect(isPassed({ roles: [good] })).toBe(false)
    expect(isPassed({ roles: [], alarm })).toBe(false)
    expect(isPassed({ roles: [good, { ...good, refusal: 'AccessDenied' }], alarm })).toBe(false)
    expect(
      isPassed({ roles: [{ ...good, calls: good.calls.map((one) => ({ ...one, came: 'allowed' })) }], alarm }),
    ).toBe(false)
  })

  test('its code counts only if it is of a role that this responder assumed in this drill', () => {
    const code = '1e509cdd-037f-42a4-9c03-c4018f939f4e'
    const drilled = {
      ...record('2026-05-01T10:00:30.500Z'),
      startedAt: '2026-05-01T10:00:00.900Z',
      alarm: { code, afterMs: 1 },
    }
    const use = {
      id: code,
      at: '2026-05-01T10:00:00Z',
      name: 'AssumeRole',
      by: 'kenji-BREAK-GLASS',
      from: '192.0.2.1',
      region: 'eu-west-1',
    }
    expect(isAlarmOf(drilled, use)).toBe(true)
    for (const change of [
      { id: 'another' },
      { at: '2026-05-01T09:59:59Z' },
      { at: '2026-05-01T10:00:31Z' },
      { name: 'ConsoleLogin' },
      { by: 'lars-BREAK-GLASS' },
    ])
      expect(isAlarmOf(drilled, { ...use, ...change })).toBe(false)
  })

  test('a record stands under its date and its responder', () => {
    expect(drillKey(record('2026-05-01T23:59:59Z'))).toBe('drills/2026-05-01/kenji.json')
  })
})

test('a playbook of our own has its rights alone, and proves that it does not widen itself', () => {
  const own = playbookOf(definition('organization'), 'ledger-reader')
  expect(own).toMatchObject({
    managedPolicies: [],
    may: [],
    mayNot: ['widen-own-role', 'switch-off-alarms', 'stop-trail'],
  })
  expect(own.statements.map(({ Sid }) => Sid)).toEqual(['Reads'])
})
