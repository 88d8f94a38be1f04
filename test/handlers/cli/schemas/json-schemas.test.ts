import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { renderJsonSchemas } from '../../../../handlers/cli/schemas/json-schemas.ts'
import { withTableOfKinds } from '../../../../handlers/cli/schemas/table-of-kinds.ts'
import { parseRuleFile } from '../../../../shared/domain/files/rule-file.ts'
import { badPermissionSetFiles } from '../../../shared/domain/bad-files.ts'
import { jsonSchemaFaults } from '../json-schema-faults.ts'

const root = new URL('../../../../', import.meta.url)
const schemas = renderJsonSchemas()
const schema = (name: string) => JSON.parse(schemas.get(`${name}.schema.json`) ?? '{}')
const permissionSet = (document: unknown) => jsonSchemaFaults(schema('permission-set'), document)
const linkBody = (document: unknown) => jsonSchemaFaults(schema('link-body'), document)

test.each([...schemas])('schemas/%s is up to date; else: npm run schemas', (name, text) => {
  expect(readFileSync(new URL(`schemas/${name}`, root), 'utf8')).toBe(text)
})

test('docs/statuses.md has a row for each kind of input; else: npm run schemas', () => {
  const page = readFileSync(new URL('docs/statuses.md', root), 'utf8')
  expect(withTableOfKinds(page)).toBe(page)
})

test('no other schema is published', () => {
  expect(readdirSync(new URL('schemas/', root)).sort()).toEqual([...schemas.keys(), 'openapi.json'].sort())
})

const acme = new URL('fixtures/acme/permission_sets/', root)
test.each(readdirSync(acme))('%s of acme is valid by the schema', (file) => {
  expect(permissionSet(JSON.parse(readFileSync(new URL(file, acme), 'utf8')))).toEqual([])
})

test('most files that the parser rejects for their content are invalid by the schema too', () => {
  const documents = badPermissionSetFiles.flatMap(({ title, body }) => {
    try {
      return [{ title, document: JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body)) }]
    } catch {
      return []
    }
  })
  const passed = documents.filter(({ document }) => permissionSet(document).length === 0)
  expect(documents.length).toBeGreaterThan(40)
  expect(passed.length / documents.length).toBeLessThan(0.5)
})

describe('invalid by the schema is', () => {
  test.each([
    ['an unknown field', { permissionSetName: 'a', colour: 'red' }],
    ['a missing name', {}],
    ['a session of twenty minutes', { permissionSetName: 'a', sessionDurationInMinutes: 20 }],
    ['a description with a dash of a word processor', { permissionSetName: 'a', description: 'a – b' }],
    ['a tag without a value', { permissionSetName: 'a', tags: [{ Key: 'a' }] }],
    ['a customer managed policy as an AWS managed one', { permissionSetName: 'a', managedPoliciesArnList: ['x'] }],
    ['a boundary of neither kind', { permissionSetName: 'a', permissionsBoundary: {} }],
    ['a list', []],
  ])('%s', (_, document) => {
    expect(permissionSet(document)).not.toEqual([])
  })

  test.each([
    ['an instant without an offset', { expiresAt: '2026-12-24T18:00:00' }],
    ['a date that does not exist', { expiresAt: '2026-02-30T18:00:00Z' }],
    ['an unknown field', { expires: '2026-12-24T18:00:00Z' }],
    ['a reason of two lines', { reason: 'a\nb' }],
  ])('in a link: %s', (_, document) => {
    expect(linkBody(document)).not.toEqual([])
  })
})

test.each([
  {},
  { reason: 'on call', ticket: 'INC-1', expiresAt: '2026-12-24T18:00:00+01:00', notBefore: '2026-01-01T00:00Z' },
])('a link may say %j', (document) => {
  expect(linkBody(document)).toEqual([])
})

const group = { department: ['Web'], anyOf: [{ title: ['*Engineer'], except: [{ userType: ['contractor'] }] }] }
test.each<[string, unknown, boolean]>([
  ['three levels of conditions', group, true],
  ['days and an owner', { department: ['Web'], moverGraceDays: 14, owner: 'team-web', reason: 'readers' }, true],
  ['a fourth level', { anyOf: [{ anyOf: [{ anyOf: [{ title: ['a'] }] }] }] }, false],
  ['an unknown attribute below', { anyOf: [{ allOf: [{ colour: ['red'] }] }] }, false],
  ['a value that is no list, below', { except: [{ title: 'a' }], department: ['Web'] }, false],
  ['an empty value', { department: [''] }, false],
  ['allOf of nothing', { allOf: [] }, false],
  ['days below', { anyOf: [{ title: ['a'], moverGraceDays: 1 }] }, false],
])('a rule with %s is valid by the schema exactly when the parser takes it', (_, document, isValid) => {
  const body = new TextEncoder().encode(JSON.stringify(document))
  expect(parseRuleFile('rules/web.json', body).ok).toBe(isValid)
  expect(jsonSchemaFaults(schema('rule'), document).length === 0).toBe(isValid)
})

test('what a group is may be said by description and owner', () => {
  expect(jsonSchemaFaults(schema('group'), { description: 'who is called', owner: 'team-platform' })).toEqual([])
  expect(jsonSchemaFaults(schema('group'), { members: [] })).not.toEqual([])
})

test('a configuration may be empty, and no key may be misspelt', () => {
  const configuration = schema('configuration')
  expect(jsonSchemaFaults(configuration, {})).toEqual([])
  expect(jsonSchemaFaults(configuration, { folders: ['team-a'], brake: { own: { count: 5 } } })).toEqual([])
  expect(jsonSchemaFaults(configuration, { folder: ['team-a'] })).not.toEqual([])
  expect(jsonSchemaFaults(configuration, { limits: { outstanding: 16 } })).not.toEqual([])
})
