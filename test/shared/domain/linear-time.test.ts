import { describe, expect, test } from '@jest/globals'
import { collectAssignments, desiredState, planAssignments } from '../../../shared/domain/assignments/plan.ts'
import { defaultConfiguration } from '../../../shared/domain/deployment/configuration.ts'
import { parseStrictJson } from '../../../shared/domain/json/strict-json.ts'
import { parseLinkKey } from '../../../shared/domain/links/link.ts'
import { accountId } from '../../../shared/domain/organization/account-id.ts'
import { parsePermissionSetFile } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import { noSelectors } from '../../../shared/domain/scopes/selector-file.ts'
import { nearMatch } from '../../../shared/domain/text/near-match.ts'
import { isShallow } from '../../depth.ts'
import { growthOf, linearMost } from '../../growth.ts'
import { allow } from './permission-set-of.ts'

const inlinePolicy = (Statement: readonly object[]) => ({ inlinePolicyDocument: { Statement } })

// Measuring takes long.
const describeInDepth = isShallow ? describe.skip : describe

describeInDepth('in time that grows with the size and no faster', () => {
  test.each([
    ['percent signs', '%'],
    ['slashes', '/'],
    ['spaces', ' '],
    ['hyphens', '-'],
    ['carets', '^'],
    ['lone surrogates', '\ud800'],
    ['combining accents', '\u0301'],
    ['suffixes', '%ssofile'],
    ['digits', '1'],
  ])('a link of many %s is parsed', (_, unit) => {
    const parse = (size: number) => {
      const text = unit.repeat(size)
      for (let run = 0; run < 20; run += 1) parseLinkKey(`links_data/ou_id%${text}%${text}`, ['team-a'])
    }
    expect(growthOf(parse, 1_000)).toBeLessThan(linearMost)
  })

  test('many candidates, alike but for their ends, are searched for a near match', () => {
    const search = (size: number) => {
      const candidates = Array.from({ length: size }, (_, index) => `x${'ab'.repeat(500)}${index}`)
      nearMatch(`y${'ba'.repeat(500)}zz`, candidates)
    }
    expect(growthOf(search, 50)).toBeLessThan(linearMost)
  })

  test.each<[string, (size: number) => object]>([
    ['wrong policies', (size) => ({ managedPoliciesArnList: Array.from({ length: size }, () => 'a') })],
    [
      'unknown fields',
      (size) => Object.fromEntries(Array.from({ length: size }, (_, index) => [`field${index}`, 1] as const)),
    ],
    [
      'slashes in a path',
      (size) => ({ customerManagedPoliciesList: [{ Name: 'a', Path: `x${'/'.repeat(10 * size)}x` }] }),
    ],
    ['steps in a path', (size) => ({ customerManagedPoliciesList: [{ Name: 'a', Path: '/a'.repeat(10 * size) }] })],
    ['steps in an ARN', (size) => ({ managedPoliciesArnList: [`arn:aws:iam::aws:policy${'/a'.repeat(10 * size)}/`] })],
    [
      'dashes in a policy',
      (size) => ({ inlinePolicyDocument: { Statement: Array.from({ length: size }, () => '–') } }),
    ],
    [
      'statements with one Sid',
      (size) => inlinePolicy(Array.from({ length: size }, () => ({ ...allow('*'), Sid: 'A' }))),
    ],
    ['braces of variables that do not end', (size) => inlinePolicy([allow('*', { Resource: '${'.repeat(5 * size) })])],
    ['colons in an ARN', (size) => inlinePolicy([allow('*', { Resource: `arn${':'.repeat(10 * size)}` })])],
    ['colons in an action', (size) => inlinePolicy([allow(':'.repeat(10 * size))])],
    [
      'condition keys and operators',
      (size) => {
        const names = Array.from({ length: size }, (_, index) => `StringEqual${index}` as const)
        const keys = Object.fromEntries(names.map((name) => [name, null] as const))
        return inlinePolicy([allow('*', { Condition: { ...keys, StringLike: keys } })])
      },
    ],
  ])('a permission set file with many %s is told', (_, fieldsOf) => {
    const tell = (size: number) => {
      const body = new TextEncoder().encode(JSON.stringify({ permissionSetName: 'Some-ps', ...fieldsOf(size) }))
      parsePermissionSetFile('permission_sets/Some-ps.json', body, body.length)
    }
    expect(growthOf(tell, 1_000)).toBeLessThan(linearMost)
  })

  test('many accounts under many links are planned', () => {
    const links = Array.from({ length: 10 }, (_, index) => {
      const link = parseLinkKey(`links_data/root%all%ReadOnly%team ${index}%GROUP%ssofile`, [])
      if (!link.ok) throw new Error(link.complaint.received)
      return link.value
    })
    const none = collectAssignments([])
    const plan = (size: number) => {
      const accounts = Array.from({ length: size }, (_, index) => ({
        id: accountId.parse(String(200_000_000_000 + index)),
        name: `account ${index}`,
        state: 'ACTIVE' as const,
        parents: ['r-abcd'],
      }))
      const managementAccountId = accountId.parse('100000000000')
      const view = {
        v: 1 as const,
        managementAccountId,
        readAt: '2026-03-03T10:00:00Z',
        revision: 0,
        hasTags: false,
        accounts,
      }
      const desired = desiredState(links, view, { ...defaultConfiguration, selectors: noSelectors })
      const { grants } = planAssignments({ desired, owned: none, foreign: none })
      expect(grants).toHaveLength(10 * size)
    }
    expect(growthOf(plan, 300)).toBeLessThan(linearMost)
  })

  test.each<[string, (size: number) => string]>([
    ['one long text', (size) => `"${'a'.repeat(10 * size)}"`],
    ['one text of escapes', (size) => `"${'\\n'.repeat(5 * size)}"`],
    ['one long list', (size) => `[${'1,'.repeat(size)}1]`],
    ['many fields', (size) => `{${Array.from({ length: size }, (_, index) => `"f${index}":0`).join()}}`],
    ['much space', (size) => `${' \n'.repeat(5 * size)}1`],
    ['many levels', (size) => '[{"a":'.repeat(size)],
  ])('%s of JSON is read', (_, textOf) => {
    const read = (size: number) => void parseStrictJson('a file', new TextEncoder().encode(textOf(size)))
    expect(growthOf(read, 3_000)).toBeLessThan(linearMost)
  })
})
