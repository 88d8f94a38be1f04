import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { accountId } from '../../../shared/domain/account-id.ts'
import { type Assignment, parseAssignmentKey, renderAssignmentKey } from '../../../shared/domain/assignment.ts'
import { linkKeyMostBytes, parseLinkKey } from '../../../shared/domain/link.ts'
import { toAssignment } from '../../../shared/domain/plan.ts'
import { principalName } from '../../../shared/domain/principal.ts'
import { awkwardText, grants } from './arbitraries.ts'

const production = accountId.parse('012345678901')
const assignments = grants.map((grant): Assignment => toAssignment(grant, production))

test('an assignment key says account, permission set, principal and type', () => {
  const key = 'account%012345678901%ReadOnly%Support 24/7, 50%%GROUP%ssofile'
  const assignment = {
    accountId: '012345678901',
    permissionSet: 'ReadOnly',
    principal: 'Support 24/7, 50%',
    type: 'GROUP',
  }
  expect(parseAssignmentKey(key)).toEqual(assignment)
  expect(renderAssignmentKey(assignment as Assignment)).toBe(key)
})

test.each([
  '',
  'root%all%ReadOnly%team%GROUP%ssofile',
  'ou_id%ou-abcd-11111111%ReadOnly%team%GROUP%ssofile',
  'Account%012345678901%ReadOnly%team%GROUP%ssofile',
  'account%01234567890%ReadOnly%team%GROUP%ssofile',
  'account%012345678901%Read Only%team%GROUP%ssofile',
  'account%012345678901%ReadOnly%%GROUP%ssofile',
  'account%012345678901%ReadOnly%team%group%ssofile',
  'account%012345678901%ReadOnly%team%GROUP%ssofile.json',
  'account%012345678901%ReadOnly%team%GROUP',
  'team-a/account%012345678901%ReadOnly%team%GROUP%ssofile',
  'assignments/account%012345678901%ReadOnly%team%GROUP%ssofile',
])('%j is not an assignment key', (text) => {
  expect(parseAssignmentKey(text)).toBeUndefined()
})

test('an assignment key is a valid link name', () => {
  fc.assert(
    fc.property(assignments, (assignment) => {
      const key = renderAssignmentKey(assignment)
      fc.pre(key.normalize('NFC') === key)
      const { accountId: id, ...grant } = assignment
      expect(parseLinkKey(`links_data/${key}`, [])).toMatchObject({
        ok: true,
        value: { scope: { kind: 'account', id }, ...grant },
      })
    }),
  )
})

test('whatever is written to the ledger can be read from its listing', () => {
  const anyPrincipal = awkwardText.filter((text) => text !== '').map((text) => principalName.parse(text))
  fc.assert(
    fc.property(assignments, fc.option(anyPrincipal), (drawn, principal) => {
      const assignment = { ...drawn, ...(principal === null ? {} : { principal }) }
      expect(parseAssignmentKey(renderAssignmentKey(assignment))).toEqual(assignment)
    }),
  )
})

test('the longest root link has assignments whose keys are longer than a link may be, and they are read', () => {
  const link = parseLinkKey(`links_data/root%all%P%${'g'.repeat(linkKeyMostBytes - 36)}%GROUP%ssofile`, [])
  if (!link.ok) throw new Error('rejected')
  const assignment = toAssignment(link.value, production)
  const key = renderAssignmentKey(assignment)
  expect('links_data/'.length + key.length).toBe(912)
  expect(parseAssignmentKey(key)).toEqual(assignment)
})

test('no text makes the parser throw', () => {
  fc.assert(
    fc.property(awkwardText, (text) => {
      for (const key of [text, `account%012345678901%${text}`]) {
        const assignment = parseAssignmentKey(key)
        if (assignment) expect(renderAssignmentKey(assignment)).toBe(key)
      }
    }),
  )
})
