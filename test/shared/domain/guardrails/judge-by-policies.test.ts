import { describe, expect, test } from '@jest/globals'
import {
  complainOfObjections,
  describeObjection,
  judgeLinkByPolicies,
  judgePermissionSetByPolicies,
  type LinkCase,
  type Objection,
  objectToRevocation,
} from '../../../../shared/domain/guardrails/judge-by-policies.ts'
import { type Guardrails, joinPolicies, parsePolicyFile } from '../../../../shared/domain/guardrails/policy-file.ts'
import { forbiddenActionsOf } from '../../../../shared/domain/iam-policies/forbidden-actions.ts'
import { parseLinkKey } from '../../../../shared/domain/links/link.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { parsePermissionSetFile } from '../../../../shared/domain/permission-sets/permission-set-file.ts'
import { slowed } from '../../../slowness.ts'

const uploadedAt = new Date('2026-03-03T10:00:00Z')
const admins = 'links_data/team-a/ou_id%ou-abcd-11111111%Admin-ps%team-a%GROUP%ssofile'

function guard(document: object): Guardrails {
  const policy = parsePolicyFile('policies/a.json', new TextEncoder().encode(JSON.stringify(document)))
  if (!policy.ok) throw new Error(JSON.stringify(policy.complaint))
  return joinPolicies([{ policy, size: 1 }])
}

function linkRules(must: object, more: object = {}): Guardrails {
  return guard({ contact: 'Ann', links: [{ id: 'r', control: 'AC-2', mode: 'enforce', must, ...more }] })
}

function about(key = admins, more: Partial<LinkCase> = {}): LinkCase {
  const link = parseLinkKey(key, ['team-a', 'temporary'])
  if (!link.ok) throw new Error(JSON.stringify(link.complaint))
  const known = { uploader: { name: 'AWS:AROA1:kim' }, accounts: [], overlaps: [] }
  return { link: link.value, body: {}, uploadedAt, ...known, ...more }
}

function isRefused(guardrails: Guardrails, one: LinkCase): boolean {
  return judgeLinkByPolicies(guardrails, one).refusals.length > 0
}

const accounts = ['111111111111', '222222222222'].map((id) => accountId.parse(id))
const user = admins.replace('GROUP', 'USER')
const hours = (count: number, ms = 0) => new Date(uploadedAt.getTime() + count * 3_600_000 + ms)

/** What was received, what is allowed and what to do, without the rule and whom to ask. */
function plain(objection: Objection): string {
  const told = describeObjection(objection)
  return told.replace(" (rule 'r' of policies/a.json, control 'AC-2')", '').replace(/^it has |, or ask Ann$/g, '')
}

describe('each demand on a link, met and not met by the least that there is', () => {
  const met = about()
  const one = about(admins, { accounts: accounts.slice(0, 1) })
  const both = about(admins, { accounts })
  const body = (said: LinkCase['body']) => about(admins, { body: said })
  const inScope = (scope: string) => about(admins.replace('ou_id%ou-abcd-11111111', scope))
  const outside = about(admins.replace('team-a/', ''))
  const of = (uploader: LinkCase['uploader']) => about(admins, { uploader })
  const another = about(admins.replace('Admin-ps', 'Admin-pss'))
  const team = about(admins.replace('%team-a', '%team'))
  const five = ['team-*', 'b', 'c', 'd', 'e']
  const reason = 'expected a reason with letters or digits; write { "reason": "…" } into the file'
  const owner = reason.replace('a reason', 'an owner').replace('"reason"', '"owner"')
  const temporary = about(user.replace('team-a/', 'temporary/'))
  const ticket = 'expected a ticket like \'#*\' (# is a digit); write { "ticket": "…" } into the file'
  const hours8 = 'expected an expiresAt within 8 hours of its upload; write'
  const narrow = 'use a narrower scope'
  const hidden = '\u200b\u2060\u3164'
  test.each<[string, object, LinkCase, LinkCase, string]>([
    [
      'permissionSets',
      { permissionSets: ['Admin-p?'] },
      met,
      another,
      "permission set 'Admin-pss', expected 'Admin-p?'; use another permission set",
    ],
    [
      'principals',
      { principals: five },
      met,
      team,
      "principal 'team', expected 'team-*' or 'b' or 'c' or 'd' or 'e'; use another principal",
    ],
    [
      'more principals than are told',
      { principals: [...five, 'f', 'g'] },
      met,
      team,
      "principal 'team', expected 'team-*' or 'b' or 'c' or 'd' or 'e' or one of 2 more; use another principal",
    ],
    ['types', { types: ['GROUP'] }, met, about(user), "type 'USER', expected 'GROUP'; use another type"],
    ['scopes', { scopes: ['ou*'] }, met, inScope('root%all'), "scope 'root%all', expected 'ou*'; use another scope"],
    ['folders', { folders: ['team-a'] }, met, outside, "folder '', expected 'team-a'; use another folder"],
    ['no folder', { folders: [''] }, outside, met, "folder 'team-a', expected ''; use another folder"],
    [
      'uploaders',
      { uploaders: ['*:kim'] },
      met,
      of({ name: 'AWS:tom' }),
      "the uploader 'AWS:tom', expected '*:kim'; have one of these people upload it",
    ],
    [
      'a known uploader',
      { uploaders: ['*'] },
      met,
      of('nobody knows'),
      "an upload by an unknown person, expected '*'; have one of these people upload it",
    ],
    ['accounts', { accounts: ['1*'] }, one, both, `the account 222222222222, expected '1*'; ${narrow}`],
    [
      'no accounts',
      { accounts: [] },
      met,
      both,
      `the account 111111111111 and 1 more, expected none at all; ${narrow}`,
    ],
    [
      'accountsNever',
      { accountsNever: ['2*'] },
      one,
      both,
      "the account 222222222222, expected no account like '2*'; use a scope without it",
    ],
    [
      'several of accountsNever',
      { accountsNever: ['*'] },
      met,
      both,
      "the account 111111111111 and 1 more, expected no account like '*'; use a scope without it",
    ],
    [
      'scopesNever',
      { scopesNever: ['root%*', 'account%2*'] },
      met,
      inScope('account%222222222222'),
      "scope 'account%222222222222', expected none like 'root%*' or 'account%2*'; use another scope",
    ],
    ['accountsMost', { accountsMost: 1 }, one, both, `2 accounts, expected at most 1; ${narrow}`],
    [
      'expireWithinHours',
      { expireWithinHours: 8 },
      body({ expiresAt: hours(8) }),
      body({ expiresAt: hours(8, 1) }),
      `an expiresAt 8.00 hours after its upload, ${hours8} an earlier expiresAt into the file`,
    ],
    [
      'an expiresAt',
      { expireWithinHours: 8 },
      body({ expiresAt: hours(1) }),
      met,
      `no expiresAt, ${hours8} { "expiresAt": "…" } into the file`,
    ],
    ['ticket', { ticket: '#*' }, body({ ticket: '7x' }), body({ ticket: 'x7' }), `the ticket 'x7', ${ticket}`],
    ['any ticket', { ticket: '#*' }, body({ ticket: '7' }), met, `no ticket, ${ticket}`],
    [
      'a ticket that somebody can read',
      { ticket: '*' },
      body({ ticket: '7' }),
      body({ ticket: '\u200b' }),
      `the ticket '\\u{200b}', ${ticket.replace('#*', '*')}`,
    ],
    ['reason', { reason: true }, body({ reason: 'x' }), body({ reason: ' ' }), `the reason ' ', ${reason}`],
    ['any reason', { reason: true }, body({ reason: '7' }), met, `no reason, ${reason}`],
    [
      'a reason that somebody can read',
      { reason: true },
      body({ reason: '\u200b障害' }),
      body({ reason: hidden }),
      `the reason '\\u{200b}\\u{2060}\u3164', ${reason}`,
    ],
    ['owner', { owner: true }, body({ owner: 'x' }), body({ owner: ' ' }), `the owner ' ', ${owner}`],
    ['any owner, but of temporary access', { owner: true }, temporary, met, `no owner, ${owner}`],
  ])('%s', (_, must, isMet, isNot, told) => {
    const objections = [isMet, isNot].map((link) => judgeLinkByPolicies(linkRules(must), link).refusals.map(plain))
    expect(objections).toEqual([[], [told]])
  })
})

test('an objection names rule, control, what was received, what is allowed and whom to ask', () => {
  const { refusals } = judgeLinkByPolicies(linkRules({ types: ['GROUP'], reason: true }), about(user))
  expect(complainOfObjections(user, refusals)).toEqual({
    object: user,
    received: "type 'USER'",
    expected: "'GROUP' (rule 'r' of policies/a.json, control 'AC-2') (and 1 more: policies/a.json#r)",
    remedy: 'use another type, or ask Ann',
  })
  const { refusals: asked } = judgeLinkByPolicies(linkRules({ types: ['GROUP'] }, { contact: 'Bo' }), about(user))
  expect(asked[0]?.remedy).toContain('ask Bo')
  expect(complainOfObjections(user, asked)?.expected).toBe("'GROUP' (rule 'r' of policies/a.json, control 'AC-2')")
  expect(complainOfObjections(user, [])).toBeUndefined()
})

describe('what a rule is about', () => {
  test('it leaves other links alone', () => {
    const guardrails = linkRules({ types: ['GROUP'] }, { for: { permissionSets: ['Admin*'] } })
    expect(isRefused(guardrails, about(user))).toBe(true)
    expect(isRefused(guardrails, about(user.replace('Admin-ps', 'ReadOnly-ps')))).toBe(false)
  })

  test('a rule for some uploaders is also for whom nobody knows', () => {
    const guardrails = linkRules({ types: ['GROUP'] }, { for: { uploaders: ['AWS:AROA1:*'] } })
    expect(isRefused(guardrails, about(user))).toBe(true)
    expect(isRefused(guardrails, about(user, { uploader: 'nobody knows' }))).toBe(true)
    expect(isRefused(guardrails, about(user, { uploader: { name: 'AWS:AROA2:x' } }))).toBe(false)
  })

  test('a rule that only warns refuses nothing', () => {
    const verdict = judgeLinkByPolicies(linkRules({ types: ['GROUP'] }, { mode: 'warn' }), about(user))
    expect([verdict.refusals.length, verdict.warnings.length]).toEqual([0, 1])
  })

  test('what is not known before the upload is judged later, and told', () => {
    const before = about(user, { uploader: 'later', accounts: 'later' })
    const laterOf = (guardrails: Guardrails) => judgeLinkByPolicies(guardrails, before)
    expect(laterOf(linkRules({ uploaders: [] }))).toEqual({ refusals: [], warnings: [], later: ['policies/a.json#r'] })
    expect(laterOf(linkRules({ accountsMost: 0 }))).toMatchObject({ refusals: [], later: ['policies/a.json#r'] })
    expect(laterOf(linkRules({ accountsNever: ['*'] }))).toMatchObject({ refusals: [], later: ['policies/a.json#r'] })
    const forSome = linkRules({ types: ['GROUP'] }, { for: { uploaders: ['x'] } })
    expect(laterOf(forSome)).toMatchObject({ refusals: [], later: ['policies/a.json#r'] })
    const ofAccounts = linkRules({ accounts: [], accountsNever: [] })
    expect(laterOf(ofAccounts)).toEqual({ refusals: [], warnings: [], later: ['policies/a.json#r'] })
    expect(laterOf(linkRules({ types: ['GROUP'] })).refusals).toHaveLength(1)
  })
})

describe('two permission sets that nobody may have together', () => {
  const [here, there] = accounts
  const separation = (notTogether: readonly (readonly string[])[], more: object = {}) =>
    guard({
      contact: 'Ann',
      separations: [{ id: 'r', control: 'AC-5', mode: 'enforce', must: { notTogether }, ...more }],
    })
  const having = (permissionSet: string, account = here) =>
    about(admins, { overlaps: account ? [{ permissionSet, account, person: 'kim', group: 'auditors' }] : [] })

  test.each<[string, readonly (readonly string[])[], string, boolean]>([
    ['the other one', [['Admin*'], ['Audit*']], 'Audit-ps', true],
    ['with the lists in the other order', [['Audit*'], ['Admin*']], 'Audit-ps', true],
    ['one that no list has', [['Admin*'], ['Audit-p']], 'Audit-ps', false],
    ['one of the same list', [['Admin*', 'Audit*'], ['Read*']], 'Audit-ps', false],
    ['two of one list that is on both sides', [['A*'], ['A*']], 'Audit-ps', true],
    ['the same one, by another link', [['A*'], ['A*']], 'Admin-ps', false],
    ['where the new one is in no list', [['Audit*'], ['Read*']], 'Read-ps', false],
  ])('%s', (_, lists, other, refused) => {
    expect(isRefused(separation(lists), having(other))).toBe(refused)
  })

  test('only in the accounts that the rule is about', () => {
    const rules = separation([['Admin*'], ['Audit*']], { for: { accounts: ['1*'] } })
    expect([isRefused(rules, having('Audit-ps', here)), isRefused(rules, having('Audit-ps', there))]).toEqual([
      true,
      false,
    ])
  })

  test('who has it, where and how is told, and how many more', () => {
    const rules = separation([['Admin*'], ['Audit*']])
    const [first] = having('Audit-ps').overlaps as readonly never[]
    const two = about(admins, { overlaps: first ? [first, first] : [] })
    expect(judgeLinkByPolicies(rules, two).refusals[0]).toMatchObject({
      received: "'kim', who has 'Audit-ps' in account 111111111111 through the group 'auditors' (and 1 more)",
      expected:
        "that nobody has both 'Admin*' and 'Audit*' in one account (rule 'r' of policies/a.json, control 'AC-5')",
      remedy: 'take the other one away first, or give this one to somebody else, or ask Ann',
    })
    const somebody = { permissionSet: 'Audit-ps', account: here ?? accountId.parse('111111111111') }
    expect(judgeLinkByPolicies(rules, about(admins, { overlaps: [somebody] })).refusals[0]?.received).toBe(
      "'somebody', who has 'Audit-ps' in account 111111111111 directly",
    )
  })

  test('what cannot be read refuses; what nobody has looked at is judged later, where the rule is about it', () => {
    const rules = separation([['Admin*'], ['Audit*']])
    expect(judgeLinkByPolicies(rules, about(admins, { overlaps: { unread: 'no right' } })).refusals).toMatchObject([
      {
        received: 'people whose other access is unknown (no right)',
        expected: expect.stringContaining("that nobody has both 'Admin*' and 'Audit*' in one account"),
        remedy: 'make sure that ssofile can read it; ssofile checks again within an hour, or ask Ann',
      },
    ])
    const other = admins.replace('Admin-ps', 'ReadOnly-ps')
    expect(judgeLinkByPolicies(rules, about(admins, { overlaps: 'later' })).later).toEqual(['policies/a.json#r'])
    expect(judgeLinkByPolicies(rules, about(other, { overlaps: 'later' })).later).toEqual([])
  })
})

test('a policy that is broken refuses whatever is new, and says why', () => {
  const policy = parsePolicyFile('policies/b.json', new TextEncoder().encode('{'))
  const verdict = judgeLinkByPolicies(joinPolicies([{ policy, size: 1 }]), about())
  expect(verdict.refusals).toEqual([
    {
      policy: 'policies/b.json',
      received: expect.stringMatching(/^new access while a policy is not valid \(policies\/b\.json: received .+\)$/),
      expected: 'policies that ssofile can read',
      remedy: 'ask the owners of the policies to correct it; existing access stays',
    },
  ])
  const three = complainOfObjections(
    user,
    [1, 2, 3].flatMap(() => verdict.refusals),
  )
  expect(three?.expected).toBe('policies that ssofile can read (and 2 more: policies/b.json, policies/b.json)')
})

test.each([
  [0, 1, 'nobody who would keep', '1 person'],
  [1, 2, 'only 1 person who would keep', '2 people'],
  [2, 3, 'only 2 people who would keep', '3 people'],
])('where %i people would be left of %i, who they are is told', (left, peopleLeast, who, least) => {
  const rule = { id: 'r', control: 'AC-2', mode: 'enforce' as const }
  const minimum = { ...rule, for: { permissionSets: ['Admin*'] }, must: { peopleLeast } }
  const [policy] = guard({ contact: 'Ann', minimums: [minimum] }).policies
  if (!policy) throw new Error('no policy')
  expect(objectToRevocation(policy, minimum, { left, account: accountId.parse('111111111111') })).toEqual({
    ...{ policy: 'policies/a.json', rule: 'r', control: 'AC-2' },
    received: `${who} 'Admin*' in account 111111111111`,
    expected: `at least ${least} (rule 'r' of policies/a.json, control 'AC-2')`,
    remedy: 'give it to somebody else first, or ask Ann',
  })
})

describe('each demand on a permission set, met and not met by the least that there is', () => {
  const arn = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
  const judgeFile = (must: object, fields: object, about: object = {}) => {
    const body = new TextEncoder().encode(JSON.stringify({ permissionSetName: 'A-ps', ...fields }))
    const file = parsePermissionSetFile('permission_sets/A-ps.json', body)
    if (!file.ok) throw new Error(JSON.stringify(file.complaint))
    const rules = [{ id: 'r', control: 'AC-2', mode: 'enforce', for: about, must }]
    const guardrails = guard({ contact: 'Ann', permissionSets: rules })
    return judgePermissionSetByPolicies(guardrails, file.value).refusals.map(plain)
  }
  const allow = (Action: string) => ({
    inlinePolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] },
  })
  const arns = (...managedPoliciesArnList: readonly string[]) => ({ managedPoliciesArnList })
  const own = (...customerManagedPoliciesList: readonly object[]) => ({ customerManagedPoliciesList })
  const bounded = { permissionsBoundary: { ManagedPolicyArn: arn } }
  const minutes = (sessionDurationInMinutes: number) => ({ sessionDurationInMinutes })
  const bound = 'set such a permissionsBoundary'
  test.each<[string, object, object, object, string]>([
    [
      'boundaries',
      { boundaries: ['/b/*'] },
      boundary('/b/', 'X'),
      boundary('/', 'X'),
      `the permissions boundary '/X', expected '/b/*'; ${bound}`,
    ],
    ['a boundary', { boundaries: ['a*'] }, bounded, {}, `no permissions boundary, expected 'a*'; ${bound}`],
    [
      'managedPolicies',
      { managedPolicies: ['*Only*'] },
      arns(arn),
      arns(arn, 'arn:aws:iam::aws:policy/Billing'),
      "the managed policy 'arn:aws:iam::aws:policy/Billing', expected '*Only*'; take it out",
    ],
    [
      'customerManagedPolicies',
      { customerManagedPolicies: ['/a/X'] },
      own({ Name: 'X', Path: '/a/' }),
      own({ Name: 'X' }),
      "the customer managed policy '/X', expected '/a/X'; take it out",
    ],
    [
      'forbiddenActions',
      { forbiddenActions: ['iam:Pass*'] },
      allow('iam:Put*'),
      allow('IAM:p*'),
      "an inline policy that allows 'IAM:p*', expected one that allows nothing of 'iam:Pass*'; take it out",
    ],
    [
      'sessionMinutesMost',
      { sessionMinutesMost: 120 },
      minutes(120),
      minutes(121),
      'sessions of 121 minutes, expected at most 120; write a shorter sessionDurationInMinutes',
    ],
    [
      'owner',
      { owner: true },
      { owner: 'team-platform' },
      {},
      'no owner, expected an owner with letters or digits; write { "owner": "…" } into the file',
    ],
  ])('%s', (_, must, isMet, isNot, told) => {
    expect([judgeFile(must, isMet), judgeFile(must, isNot)]).toEqual([[], [told]])
  })

  test('a rule for some names leaves the others alone', () => {
    const long = { ...minutes(121), ...arns(arn) }
    const refused = (names: readonly string[]) => judgeFile({ sessionMinutesMost: 120 }, long, { names }).length
    expect([refused(['A-*']), refused(['B-*'])]).toEqual([1, 0])
  })

  function boundary(Path: string, Name: string) {
    return { permissionsBoundary: { CustomerManagedPolicyReference: { Name, Path } } }
  }
})

describe('what an inline policy allows of forbidden actions', () => {
  const find = (statement: object | object[], forbidden: string) =>
    forbiddenActionsOf(JSON.stringify({ Statement: statement }), [forbidden]).map(({ allowed }) => allowed)

  test('a denial allows nothing', () => {
    expect(find({ Effect: 'Deny', Action: '*', Resource: '*' }, 'iam:*')).toEqual([])
  })

  test('NotAction allows all but what covers the forbidden action wholly', () => {
    expect(find({ Effect: 'Allow', NotAction: ['iam:*'], Resource: '*' }, 'iam:PassRole')).toEqual([])
    expect(find({ Effect: 'Allow', NotAction: 'iam:PassRole', Resource: '*' }, 'iam:*')).toHaveLength(1)
    expect(find({ Effect: 'Allow', NotAction: 's3:*', Resource: '*' }, 'iam:PassRole')).toHaveLength(1)
  })

  test('any of several statements may allow it', () => {
    const statements = [
      { Effect: 'Allow', Action: ['s3:GetObject', 'iam:GetRole'], Resource: '*' },
      { Effect: 'Allow', Action: '*', Resource: 'arn:aws:s3:::x' },
    ]
    expect(find(statements, 'iam:GetRole')).toEqual(['iam:GetRole'])
    expect(find(statements, 'ec2:RunInstances')).toEqual(['*'])
  })
})

describe('hostile policies and inputs are answered within a second', () => {
  test('each list full of globs that match late, and a long principal', () => {
    const slow = `${'*a'.repeat(95)}b`
    const full = Array(100).fill(slow)
    const links = ['a', 'b', 'c'].map((id) => ({ id, control: 'x', mode: 'enforce', must: { principals: full } }))
    const principal = 'a'.repeat(800)
    const one = about(`links_data/root%all%A-ps%${principal}%GROUP%ssofile`)
    const guardrails = guard({ contact: 'x', links })
    const started = performance.now()
    expect(judgeLinkByPolicies(guardrails, one).refusals).toHaveLength(3)
    expect(performance.now() - started).toBeLessThan(slowed(1_000))
  })

  test('separations full of globs that match late, and fifty permission sets with the longest names', () => {
    const slow = `${'*a'.repeat(60)}b`
    const side = Array(20).fill(slow)
    const separations = Array.from({ length: 20 }, (_, index) => ({
      ...{ id: `r${index}`, control: 'x', mode: 'enforce', must: { notTogether: [['*'], side] } },
    }))
    const overlaps = Array.from({ length: 50 }, (_, index) => ({
      permissionSet: `${'a'.repeat(30)}${index % 10}`,
      account: accounts[0] ?? accountId.parse('111111111111'),
    }))
    const guardrails = guard({ contact: 'x', separations })
    const started = performance.now()
    expect(judgeLinkByPolicies(guardrails, about(admins, { overlaps })).refusals).toEqual([])
    expect(performance.now() - started).toBeLessThan(slowed(1_000))
  })

  test('fifty forbidden actions against the longest inline policy', () => {
    const Action = Array.from({ length: 50 }, (_, index) => `iam:${'*a'.repeat(95)}${index}`)
    const inline = JSON.stringify({ Statement: { Effect: 'Allow', Action, Resource: '*' } })
    const forbidden = Array.from({ length: 50 }, (_, index) => `iam:${'*a'.repeat(28)}b${index}`.slice(0, 64))
    const started = performance.now()
    expect(forbiddenActionsOf(inline, forbidden)).toEqual([])
    expect(performance.now() - started).toBeLessThan(slowed(1_000))
  })
})
