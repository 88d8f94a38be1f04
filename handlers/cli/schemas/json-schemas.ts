import * as z from 'zod'
import { configuration } from '../../../shared/domain/deployment/configuration.ts'
import { deploymentsFile, deploymentsRules } from '../../../shared/domain/deployment/deployments-file.ts'
import { environment } from '../../../shared/domain/deployment/environment.ts'
import { environmentRules } from '../../../shared/domain/deployment/environment-rules.ts'
import { breakGlassFileSchema, breakGlassRules } from '../../../shared/domain/files/break-glass-file.ts'
import { allKinds } from '../../../shared/domain/inputs/kinds.ts'
import type { JsonRules } from '../../../shared/domain/json/json-faults.ts'
import { notification } from '../../../shared/modules/notifications/rules/notification.ts'
import { exportHeader, exportLine } from '../../../shared/modules/take-over/rules/export-line.ts'

type Schema = z.core.JSONSchema.BaseSchema

/**
 * JSON Schemas for editors, by file name: the zod schemas with the rules' texts. Draft 7, which editors support best.
 * Rules over several values (each tag key once, the limits of policies) are left to `ssofile validate`.
 */
export function renderJsonSchemas(): ReadonlyMap<string, string> {
  return new Map([
    ...allKinds().flatMap(({ document }): [string, string][] =>
      document ? [[`${document.file}.schema.json`, render(document.title, document.schema, document.rules)]] : [],
    ),
    ['export-header.schema.json', render('The first line of a file of ssofile export', exportHeader, {})],
    ['notification.schema.json', render('The detail of an event on the bus of outcomes', notification, {})],
    ['export-line.schema.json', render('Every other line of a file of ssofile export', exportLine, {})],
    ['configuration.schema.json', render('The configuration of ssofile; every key is optional', configuration, {})],
    [
      'environment.schema.json',
      render('A deployment of ssofile, infra/environments/<name>.json', environment, environmentRules),
    ],
    ['deployments.schema.json', render('Deployments for ssofile who --all', deploymentsFile, deploymentsRules)],
    [
      'break-glass.schema.json',
      render('Emergency access, infra/break-glass/<name>.json', breakGlassFileSchema, breakGlassRules),
    ],
  ])
}

function render(title: string, schema: z.ZodType, rules: JsonRules): string {
  const { $schema, definitions, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' })
  const words: Words = { rules, definitions: isObject(definitions) ? definitions : {}, told: {} }
  const document = { $schema, title, ...withWords(rest, '$', words) }
  const shared = Object.keys(words.told).length > 0 && { definitions: words.told }
  return `${JSON.stringify({ ...document, ...shared }, undefined, 2)}\n`
}

type Words = {
  readonly rules: JsonRules
  readonly definitions: Schema
  /** Referenced definitions, described at their first use: tools ignore text beside a `$ref`. */
  readonly told: Record<string, Schema>
}

/** The schema with the expected value as its description, which editors show. */
function withWords(schema: Schema, shape: string, words: Words): Schema {
  const { properties, items, $ref } = schema
  const name = $ref?.slice('#/definitions/'.length)
  const definition = name === undefined ? undefined : words.definitions[name]
  if (name !== undefined && isObject(definition)) {
    words.told[name] ??= withWords(definition, shape, words)
    return schema
  }
  const expected = shape === '$' ? undefined : words.rules[shape]?.expected
  return {
    ...schema,
    description: expected,
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, one]) => [name, wordsIn(one, `${shape}.${name}`, words)]),
          ),
        }),
    ...(items === undefined || Array.isArray(items) ? {} : { items: wordsIn(items, `${shape}.[]`, words) }),
  }
}

function wordsIn<T extends Schema | boolean>(schema: T, shape: string, words: Words): Schema | T {
  return typeof schema === 'object' ? withWords(schema, shape, words) : schema
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null
}
