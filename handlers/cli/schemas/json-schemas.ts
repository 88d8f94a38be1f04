import * as z from 'zod'
import { attributesFileSchema, attributesRules } from '../../../shared/domain/attributes/attributes-file.ts'
import { breakGlassFileSchema, breakGlassRules } from '../../../shared/domain/break-glass/break-glass-file.ts'
import { hygieneFileSchema, hygieneRules } from '../../../shared/domain/credentials/hygiene-file.ts'
import { configuration } from '../../../shared/domain/deployment/configuration.ts'
import { environment } from '../../../shared/domain/deployment/environment.ts'
import { environmentRules } from '../../../shared/domain/deployment/environment-rules.ts'
import { policyFileSchema, policyRules } from '../../../shared/domain/guardrails/policy-file.ts'
import { policyTestFileSchema } from '../../../shared/domain/guardrails/policy-test.ts'
import type { JsonRules } from '../../../shared/domain/json/json-faults.ts'
import { linkBodyRules, linkBodySchema } from '../../../shared/domain/links/link-body.ts'
import { notification } from '../../../shared/domain/notifications/notification.ts'
import { groupFileSchema, groupRules } from '../../../shared/domain/people/group-file.ts'
import { personFileSchema, personRules } from '../../../shared/domain/people/person-file.ts'
import { ruleFileSchema, ruleRules } from '../../../shared/domain/people/rule-file.ts'
import { permissionSetFileSchema } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import { permissionSetRules } from '../../../shared/domain/permission-sets/permission-set-rules.ts'
import { accessRequestRules, accessRequestSchema } from '../../../shared/domain/requests/access-request.ts'
import { approvalRules, approvalSchema } from '../../../shared/domain/requests/approval-file.ts'
import { eligibilityFileSchema, eligibilityRules } from '../../../shared/domain/requests/eligibility-file.ts'
import { selectorFileSchema, selectorRules } from '../../../shared/domain/scopes/selector-file.ts'
import { exportHeader, exportLine } from '../../../shared/domain/take-over/export-line.ts'

type Schema = z.core.JSONSchema.BaseSchema

/**
 * JSON Schemas for editors, by file name: the zod schemas with the rules' texts. Draft 7, which editors support best.
 * Rules over several values (each tag key once, the limits of policies) are left to `ssofile validate`.
 */
export function renderJsonSchemas(): ReadonlyMap<string, string> {
  return new Map([
    [
      'permission-set.schema.json',
      render('A permission set, permission_sets/<permissionSetName>.json', permissionSetFileSchema, permissionSetRules),
    ],
    [
      'link-body.schema.json',
      render('What the file of a link may say; it may also be empty', linkBodySchema, linkBodyRules),
    ],
    [
      'policy.schema.json',
      render('What governance demands of links and permission sets', policyFileSchema, policyRules),
    ],
    [
      'selector.schema.json',
      render('Which accounts a name means, selectors/<name>.json', selectorFileSchema, selectorRules),
    ],
    ['rule.schema.json', render('Who is in a group by attributes, rules/<group>.json', ruleFileSchema, ruleRules)],
    [
      'hygiene.schema.json',
      render('What credentials are measured by, and who is told, hygiene.json', hygieneFileSchema, hygieneRules),
    ],
    [
      'access-control-attributes.schema.json',
      render('Attributes for access control, access_control_attributes.json', attributesFileSchema, attributesRules),
    ],
    ['group.schema.json', render('A group, groups/<group>.json; it may also be empty', groupFileSchema, groupRules)],
    ['person.schema.json', render('A person, people/<user name>.json', personFileSchema, personRules)],
    [
      'eligibility.schema.json',
      render('Who may ask for what, eligibility/<name>.json', eligibilityFileSchema, eligibilityRules),
    ],
    [
      'request.schema.json',
      render('A request for temporary access, requests/<user id>/<link>', accessRequestSchema, accessRequestRules),
    ],
    [
      'approval.schema.json',
      render('An approval, approvals/<user id>/<digest of the request>', approvalSchema, approvalRules),
    ],
    ['policy-tests.schema.json', render('Tests of policies, policies/tests/<name>.json', policyTestFileSchema, {})],
    ['export-header.schema.json', render('The first line of what ssofile export writes', exportHeader, {})],
    ['notification.schema.json', render('The detail of an event on the bus of outcomes', notification, {})],
    ['export-line.schema.json', render('Every other line of what ssofile export writes', exportLine, {})],
    ['configuration.schema.json', render('The configuration of ssofile; every key is optional', configuration, {})],
    [
      'environment.schema.json',
      render('A deployment of ssofile, infra/environments/<name>.json', environment, environmentRules),
    ],
    [
      'break-glass.schema.json',
      render(
        'Who comes in when nothing else works, infra/break-glass/<name>.json',
        breakGlassFileSchema,
        breakGlassRules,
      ),
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
  /** Those definitions that were referred to, with the words of where that was first: beside a `$ref` nothing counts. */
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
