import * as z from 'zod'
import { type JsonRules, rule } from '../json/json-faults.ts'
import { parseJsonFile } from '../json/parse-json.ts'
import { record } from '../json/record.ts'
import { type Parsed, refused } from '../statuses/complaint.ts'

/** The one file of attributes for access control, at the root of the bucket. */
export const attributesKey = 'access_control_attributes.json'
export const attributesFileMostBytes = 64 * 1024
/** IAM Identity Center API Reference, "InstanceAccessControlAttributeConfiguration". */
export const attributesMost = 50

// IAM Identity Center API Reference, "AccessControlAttribute" and "AccessControlAttributeValue".
export const attributeKey = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u)
  .brand<'AttributeKey'>()
export type AttributeKey = z.infer<typeof attributeKey>
export const attributeSource = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@[\]{}$\\"]*$/u)
  .brand<'AttributeSource'>()
export type AttributeSource = z.infer<typeof attributeSource>

/** One attribute for access control: `aws:PrincipalTag/<key>` gets its value from there. */
export type Attribute = { readonly key: AttributeKey; readonly source: AttributeSource }

/** The attributes of the instance. A change takes seconds, and may fail. */
export type AttributeConfiguration = {
  readonly status: 'ENABLED' | 'CREATION_IN_PROGRESS' | 'CREATION_FAILED'
  /** Why it failed. */
  readonly reason?: string | undefined
  /** Ascending by key. */
  readonly attributes: readonly Attribute[]
}

/** As `describe-instance-access-control-attribute-configuration` answers it. */
export const attributesFileSchema = z.strictObject({
  /** Editors use it. */
  $schema: z.string().optional(),
  AccessControlAttributes: z
    .array(z.strictObject({ Key: attributeKey, Value: z.strictObject({ Source: z.array(attributeSource).length(1) }) }))
    .max(attributesMost),
})

/** The attributes of a file, ascending by key. */
export function parseAttributesFile(body: Uint8Array, sizeBytes = body.length): Parsed<readonly Attribute[]> {
  const limit = { mostBytes: attributesFileMostBytes, remedy: 'delete the fields that are not attributes' }
  const file = parseJsonFile({ key: attributesKey, body, sizeBytes }, limit, attributesFileSchema, attributesRules)
  if (!file.ok) return file
  const attributes = file.value.AccessControlAttributes.flatMap(({ Key, Value }) =>
    Value.Source.map((source) => ({ key: Key, source })),
  )
  const twice = Object.values(Object.groupBy(attributes, ({ key }) => foldKey(key))).find((same) => same?.[1])
  if (twice === undefined) return { ok: true, value: sortAttributes(attributes) }
  const keys = [...new Set(twice.map(({ key }) => `'${key}'`))]
  return refused({
    object: attributesKey,
    received: keys.length > 1 ? `the keys ${keys.join(' and ')}` : `the key ${keys[0]} more than once`,
    expected: 'each key once; AWS does not distinguish capitals in keys of session tags',
    remedy: 'keep the one with the right source; then upload the file again',
  })
}

/**
 * Session tags cannot have separate keys `Department` and `department`. (STS API Reference, "AssumeRole", Tags.) Policies compare them
 * without regard to case too.
 */
function foldKey(key: string): string {
  return key.toLowerCase()
}

/** The attribute with this key; without one, an attribute whose key differs only in capitals. */
export function findAttribute(attributes: readonly Attribute[], wanted: AttributeKey): Attribute | undefined {
  const same = attributes.filter(({ key }) => foldKey(key) === foldKey(wanted))
  return same.find(({ key }) => key === wanted) ?? same[0]
}

export function sortAttributes(attributes: readonly Attribute[]): readonly Attribute[] {
  return attributes.toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

export const attributesRules: JsonRules = {
  $: rule('one JSON object with the field AccessControlAttributes', 'write { "AccessControlAttributes": [ … ] }'),
  '$.$schema': rule('a text', 'write the path of the schema'),
  '$.AccessControlAttributes': rule(
    `a list of at most ${attributesMost} attributes`,
    'write a list such as [{ "Key": "…", "Value": { "Source": ["…"] } }]',
  ),
  '$.AccessControlAttributes.[]': rule(
    'a JSON object with the fields Key and Value',
    'write { "Key": "…", "Value": { "Source": ["…"] } }',
  ),
  '$.AccessControlAttributes.[].Key': rule(
    '1 to 128 letters, digits, spaces and _ . : / = + - @',
    'write the name of the attribute, such as "CostCenter"',
  ),
  '$.AccessControlAttributes.[].Value': rule('a JSON object with the field Source', 'write { "Source": ["…"] }'),
  '$.AccessControlAttributes.[].Value.Source': rule(
    'a list of exactly one source',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: AWS's form of a source
    'write a list such as ["${path:enterprise.costCenter}"]',
  ),
  '$.AccessControlAttributes.[].Value.Source.[]': rule(
    '1 to 256 letters, digits, spaces and _ . : / = + - @ [ ] { } $ \\ "',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: AWS's form of a source
    'write a source such as "${path:enterprise.costCenter}"',
  ),
}

const recorded = z.array(record({ key: attributeKey, source: attributeSource }))

/** The attributes that ssofile applied: one object. ssofile writes it before each call. */
export const ownedAttributesPrefix = 'owned_attributes/'
export const ownedAttributes = record({
  v: z.literal(1),
  /** The attributes in Identity Center when ssofile last found its own call done. Absent before the first call. */
  applied: recorded.optional(),
  /** The last request: its attributes, its time, and the attributes before. History gets it when it is enabled. */
  asked: record({ attributes: recorded, before: recorded, at: z.iso.datetime() }).optional(),
})
export type OwnedAttributes = z.infer<typeof ownedAttributes>
