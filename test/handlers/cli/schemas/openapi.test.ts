import { readdirSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { Validator } from '@seriousme/openapi-schema-validator'
import { apiChanges, routesOf } from '../../../../handlers/api/routes.ts'
import { renderOpenApi } from '../../../../handlers/cli/schemas/openapi.ts'
import { readText } from '../../../house/source-files.ts'
import { jsonSchemaFaults } from '../json-schema-faults.ts'

const document = JSON.parse(renderOpenApi())

test('schemas/openapi.json is up to date; else: npm run schemas', () => {
  expect(readText('schemas/openapi.json')).toBe(renderOpenApi())
})

test('it is valid OpenAPI 3.1, and no reference in it leads nowhere', async () => {
  const validator = new Validator()
  expect(await validator.validate(document)).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
  expect(() => validator.resolveRefs()).not.toThrow()
})

test('it has every route of the API', () => {
  const routes = routesOf(apiChanges).filter((route) => !route.startsWith('ANY'))
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(described.sort()).toEqual(routes.map((route) => route.replace('+}', '}')).sort())
})

test.each(readdirSync(new URL('../../../../fixtures/api/', import.meta.url)))(
  'the example %s is a request of it',
  (name) => {
    const { LinkRequest, PermissionSetRequest } = document.components.schemas
    const schema = name.includes('link') ? LinkRequest : PermissionSetRequest
    const { action, ...rest } = JSON.parse(readText(`fixtures/api/${name}`))
    expect(jsonSchemaFaults(schema, { action, ...rest })).toEqual([])
    expect(jsonSchemaFaults(schema, { action: 'other', ...rest })).not.toEqual([])
  },
)
