import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  type Assignment,
  assignmentKey,
  assignmentOf,
  isAssignmentKey,
  nameAssignment,
  parseAssignmentKey,
  parseAssignmentName,
  renderAssignmentKey,
  renderAssignmentName,
} from '../../../../shared/domain/assignments/assignment.ts'
import { toAssignment } from '../../../../shared/domain/assignments/plan.ts'
import { linkKeyMostBytes, parseLinkKey } from '../../../../shared/domain/links/link.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { awkwardText, grants } from '../arbitraries.ts'

const production = accountId.parse('012345678901')
const assignments = grants.map((grant): Assignment => toAssignment(grant, production))

const ids = fc
  .tuple(fc.uuid(), fc.option(fc.constant('1234567890-'), { nil: '' }))
  .map(([uuid, prefix]) => principalId.parse(`${prefix}${uuid}`))

describe('an assignment key', () => {
  const id = '11111111-2222-3333-4444-555555555555'
  const key = `account%012345678901%ReadOnly%${id}%GROUP`
  const longest = `account%012345678901%${'P'.repeat(32)}%1234567890-${id}%GROUP`

  test('says account, permission set, principal id and type', () => {
    const assignment = assignmentOf(assignmentKey.parse(key))
    expect(assignment).toEqual({
      accountId: '012345678901',
      permissionSet: 'ReadOnly',
      principalId: id,
      type: 'GROUP',
    })
    expect(renderAssignmentKey(assignment)).toBe(key)
  })

  test('is at most 107 bytes', () => {
    expect(parseAssignmentKey(longest)).toBeDefined()
    expect(Buffer.byteLength(longest)).toBe(107)
  })

  test.each([
    '',
    `root%all%ReadOnly%${id}%GROUP`,
    `Account%012345678901%ReadOnly%${id}%GROUP`,
    `account%01234567890%ReadOnly%${id}%GROUP`,
    `account%012345678901%Read Only%${id}%GROUP`,
    'account%012345678901%ReadOnly%team%GROUP',
    'account%012345678901%ReadOnly%%GROUP',
    `account%012345678901%ReadOnly%${id}%group`,
    `account%012345678901%ReadOnly%${id}`,
    `account%012345678901%ReadOnly%${id}%GROUP%ssofile`,
    `assignments/account%012345678901%ReadOnly%${id}%GROUP`,
  ])('is not %j', (text) => {
    expect(parseAssignmentKey(text)).toBeUndefined()
    expect(isAssignmentKey(text)).toBe(false)
  })

  test('is told apart from other text as it is parsed, with a character more or less too', () => {
    const change = fc.record({ at: fc.nat(longest.length), less: fc.nat(1), more: fc.oneof(awkwardText, fc.string()) })
    fc.assert(
      fc.property(fc.constantFrom(key, longest), fc.option(change, { nil: undefined }), (of, changed) => {
        const { at, less, more } = changed ?? { at: 0, less: 0, more: '' }
        const text = of.slice(0, at) + more + of.slice(at + less)
        expect(isAssignmentKey(text)).toBe(parseAssignmentKey(text) !== undefined)
      }),
      { numRuns: 2_000 },
    )
  })

  test('is read as what it was rendered from, whatever the principal is called', () => {
    fc.assert(
      fc.property(assignments, ids, (assignment, of) => {
        const { principal, ...rest } = assignment
        const access = { ...rest, principalId: of }
        expect(parseAssignmentKey(renderAssignmentKey(access))).toEqual(access)
        expect(nameAssignment(access, principal)).toEqual(assignment)
      }),
    )
  })
})

describe('the name of an assignment', () => {
  test('says account, permission set, principal and type', () => {
    const name = 'account%012345678901%ReadOnly%Support 24/7, 50%%GROUP%ssofile'
    const assignment = {
      accountId: '012345678901',
      permissionSet: 'ReadOnly',
      principal: 'Support 24/7, 50%',
      type: 'GROUP',
    }
    expect(parseAssignmentName(name)).toEqual(assignment)
    expect(renderAssignmentName(assignment as Assignment)).toBe(name)
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
  ])('is not %j', (text) => {
    expect(parseAssignmentName(text)).toBeUndefined()
  })

  test('is a valid link name', () => {
    fc.assert(
      fc.property(assignments, (assignment) => {
        const name = renderAssignmentName(assignment)
        fc.pre(name.normalize('NFC') === name)
        const { accountId: id, ...grant } = assignment
        expect(parseLinkKey(`links_data/${name}`, [])).toMatchObject({
          ok: true,
          value: { scope: { kind: 'account', id }, ...grant },
        })
      }),
    )
  })

  test('is read as what it was rendered from, whatever the principal is called', () => {
    const anyPrincipal = awkwardText.filter((text) => text !== '').map((text) => principalName.parse(text))
    fc.assert(
      fc.property(assignments, fc.option(anyPrincipal), (drawn, principal) => {
        const assignment = { ...drawn, ...(principal === null ? {} : { principal }) }
        expect(parseAssignmentName(renderAssignmentName(assignment))).toEqual(assignment)
      }),
    )
  })

  test('is longer than a link may be where the longest root link asks for it, and is read', () => {
    const link = parseLinkKey(`links_data/root%all%P%${'g'.repeat(linkKeyMostBytes - 36)}%GROUP%ssofile`, [])
    if (!link.ok) throw new Error('rejected')
    const assignment = toAssignment(link.value, production)
    const name = renderAssignmentName(assignment)
    expect('links_data/'.length + name.length).toBe(912)
    expect(parseAssignmentName(name)).toEqual(assignment)
  })
})

test('no text makes a parser throw', () => {
  fc.assert(
    fc.property(awkwardText, (text) => {
      for (const one of [text, `account%012345678901%${text}`]) {
        const assignment = parseAssignmentName(one)
        if (assignment) expect(renderAssignmentName(assignment)).toBe(one)
        const access = parseAssignmentKey(one)
        if (access) expect(renderAssignmentKey(access)).toBe(one)
      }
    }),
  )
})
