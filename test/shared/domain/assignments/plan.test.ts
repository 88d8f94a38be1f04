import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  type Assignment,
  parseAssignmentName,
  renderAssignmentName,
} from '../../../../shared/domain/assignments/assignment.ts'
import {
  type AssignmentSet,
  collectAssignments,
  desiredState,
  planAssignments,
  toAssignment,
} from '../../../../shared/domain/assignments/plan.ts'
import { type Link, parseLinkKey } from '../../../../shared/domain/links/link.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { organizationView } from '../../../../shared/domain/organization/organization-view.ts'
import { noSelectors } from '../../../../shared/domain/scopes/selector-file.ts'
import { grants } from '../arbitraries.ts'

const view = organizationView.parse({
  v: 1,
  managementAccountId: '111111111111',
  readAt: '2026-03-03T10:15:30.123Z',
  hasTags: true,
  accounts: [
    { id: '333333333333', name: 'shop', state: 'ACTIVE', parents: ['r-abcd', 'ou-abcd-shop'], tags: { team: 'Shop' } },
    { id: '222222222222', name: 'sandbox', state: 'ACTIVE', parents: ['r-abcd'], tags: {} },
  ],
})
const configuration = {
  supportNestedOu: true,
  includeManagementAccount: false,
  includeOwnAccount: false,
  selectors: noSelectors,
}

const linkOf = (name: string): Link => {
  const link = parseLinkKey(`links_data/${name}`, ['team-a'])
  if (!link.ok) throw new Error(`rejected: ${name}`)
  return link.value
}
const assignmentOf = (key: string): Assignment => {
  const assignment = parseAssignmentName(key)
  if (!assignment) throw new Error(`not an assignment: ${key}`)
  return assignment
}
const setOf = (...keys: string[]): AssignmentSet => collectAssignments(keys.map(assignmentOf))
const keysOf = (set: AssignmentSet): string[] =>
  [...set.values()].flatMap(({ grant, accounts }) =>
    [...accounts].map((id) => renderAssignmentName(toAssignment(grant, id))),
  )
const desiredBy = (...names: string[]) => keysOf(desiredState(names.map(linkOf), view, configuration)).sort()

describe('the desired state', () => {
  test('the desired state is empty without links, and without accounts', () => {
    expect(desiredBy()).toEqual([])
    expect(desiredBy('account%444444444444%ReadOnly%auditors%GROUP%ssofile')).toEqual([])
  })

  test('the desired state is the union of what the links grant, in whichever folder they lie', () => {
    expect(
      desiredBy(
        'root%all%ReadOnly%auditors%GROUP%ssofile',
        'team-a/account%333333333333%ReadOnly%auditors%GROUP%ssofile',
        'account_tag%team^Shop%ReadOnly%auditors%GROUP%ssofile',
        'ou_id%ou-abcd-shop%Admin%auditors%GROUP%ssofile',
      ),
    ).toEqual([
      'account%222222222222%ReadOnly%auditors%GROUP%ssofile',
      'account%333333333333%Admin%auditors%GROUP%ssofile',
      'account%333333333333%ReadOnly%auditors%GROUP%ssofile',
    ])
  })

  test('the desired state tells a user from a group, and a name from one that only looks like it', () => {
    expect(
      desiredBy(
        'account%222222222222%P%x%GROUP%ssofile',
        'account%222222222222%P%x%USER%ssofile',
        'account%222222222222%P%X%GROUP%ssofile',
        'account%222222222222%P%x%GROUP%GROUP%ssofile',
      ),
    ).toHaveLength(4)
  })
})

describe('the plan', () => {
  const key = 'account%222222222222%ReadOnly%auditors%GROUP%ssofile'
  const there = setOf(key)
  const none = setOf()

  test.each([
    ['desired, owned', there, there, none, 'nothing'],
    ['desired, owned and foreign', there, there, there, 'nothing'],
    ['desired, foreign', there, none, there, 'nothing'],
    ['desired only', there, none, none, 'grant'],
    ['owned only', none, there, none, 'revoke'],
    ['owned and foreign', none, there, there, 'revoke'],
    ['foreign only', none, none, there, 'nothing'],
    ['nowhere', none, none, none, 'nothing'],
  ])('for what is %s', (_, desired, owned, foreign, then) => {
    const assignment = [assignmentOf(key)]
    expect(planAssignments({ desired, owned, foreign })).toEqual({
      grants: then === 'grant' ? assignment : [],
      revocations: then === 'revoke' ? assignment : [],
    })
  })

  test('the plan is sorted by key', () => {
    const keys = [
      'account%333333333333%A%a%GROUP%ssofile',
      'account%222222222222%B%a%GROUP%ssofile',
      'account%222222222222%A%b%GROUP%ssofile',
      'account%222222222222%A%a%USER%ssofile',
    ]
    const plan = planAssignments({ desired: setOf(...keys), owned: none, foreign: none })
    expect(plan.grants.map(renderAssignmentName)).toEqual(keys.toSorted())
  })
})

describe('for any three sets', () => {
  const accounts = fc.constantFrom('222222222222', '333333333333', '444444444444').map((id) => accountId.parse(id))
  const principals = fc.array(grants, { minLength: 1, maxLength: 4 })
  const states = principals.chain((drawn) => {
    const set = fc.array(
      fc.tuple(fc.constantFrom(...drawn), accounts).map(([grant, id]) => toAssignment(grant, id)),
      { maxLength: 12 },
    )
    return fc.record({ desired: set, owned: set, foreign: set })
  })
  const keys = (assignments: readonly Assignment[]): Set<string> => new Set(assignments.map(renderAssignmentName))
  const collected = ({
    desired,
    owned,
    foreign,
  }: {
    desired: Assignment[]
    owned: Assignment[]
    foreign: Assignment[]
  }) => ({
    desired: collectAssignments(desired),
    owned: collectAssignments(owned),
    foreign: collectAssignments(foreign),
  })

  test('grants and revocations lead from owned to desired, but for what is foreign', () => {
    fc.assert(
      fc.property(states, (drawn) => {
        const { grants, revocations } = planAssignments(collected(drawn))
        const owned = keys(drawn.owned)
        for (const key of keys(revocations)) expect(owned.delete(key)).toBe(true)
        for (const key of keys(grants)) {
          expect(owned.has(key)).toBe(false)
          owned.add(key)
        }
        const onlyForeign = keys(drawn.foreign).difference(keys(drawn.owned))
        expect(owned).toEqual(keys(drawn.desired).difference(onlyForeign))
      }),
    )
  })

  test('a plan that was carried out leaves nothing to do', () => {
    fc.assert(
      fc.property(states, (drawn) => {
        const { grants, revocations } = planAssignments(collected(drawn))
        const revoked = keys(revocations)
        const owned = [...drawn.owned.filter((assignment) => !revoked.has(renderAssignmentName(assignment))), ...grants]
        expect(planAssignments(collected({ ...drawn, owned }))).toEqual({ grants: [], revocations: [] })
      }),
    )
  })

  test('a plan is sorted, names nothing twice and does not depend on the order of its sets', () => {
    fc.assert(
      fc.property(states, (drawn) => {
        const plan = planAssignments(collected(drawn))
        for (const assignments of [plan.grants, plan.revocations]) {
          const rendered = assignments.map(renderAssignmentName)
          expect(rendered).toEqual([...new Set(rendered)].sort())
        }
        const turned = {
          desired: drawn.desired.toReversed(),
          owned: drawn.owned.toReversed(),
          foreign: drawn.foreign.toReversed(),
        }
        expect(planAssignments(collected(turned))).toEqual(plan)
      }),
    )
  })
})
