type Schema = { readonly [keyword: string]: unknown }

/**
 * What a document breaks of a JSON Schema (draft 7), as far as our schemas go; an unknown keyword throws, so that none is
 * passed over. Empty: it is valid.
 */
export function jsonSchemaFaults(schema: Schema, document: unknown, at = '$', whole = schema): readonly string[] {
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    const check = checks[keyword]
    if (check === undefined) throw new Error(`the schema has the keyword ${keyword}, which this check does not know`)
    return check(rule, document, at, { schema, whole })
  })
}

/** `whole`: where references lead. */
type SchemaPlace = { readonly schema: Schema; readonly whole: Schema }
type Check = (rule: unknown, document: unknown, at: string, place: SchemaPlace) => readonly string[]

const passes = (holds: boolean, at: string, rule: unknown): readonly string[] =>
  holds ? [] : [`${at}: ${JSON.stringify(rule)}`]
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const size = (value: unknown) => (isObject(value) ? Object.keys(value).length : undefined)
const onText =
  (holds: (rule: never, text: string) => boolean): Check =>
  (rule, document, at) =>
    passes(typeof document !== 'string' || holds(rule as never, document), at, rule)
const onNumber =
  (holds: (rule: number, number: number) => boolean): Check =>
  (rule, document, at) =>
    passes(typeof document !== 'number' || holds(rule as number, document), at, rule)
const says: Check = () => []

const checks: Readonly<Record<string, Check>> = {
  $schema: says,
  title: says,
  description: says,
  default: says,
  format: says,
  type: (rule, document, at) => passes(typeOf(document, rule) === rule, at, { type: rule }),
  pattern: onText((rule: string, text) => new RegExp(rule, 'u').test(text)),
  minLength: onText((rule: number, text) => [...text].length >= rule),
  maxLength: onText((rule: number, text) => [...text].length <= rule),
  minimum: onNumber((rule, number) => number >= rule),
  maximum: onNumber((rule, number) => number <= rule),
  exclusiveMinimum: onNumber((rule, number) => number > rule),
  const: (rule, document, at) => passes(document === rule, at, rule),
  enum: (rule, document, at) => passes((rule as unknown[]).includes(document), at, rule),
  minItems: (rule, document, at) => passes(!Array.isArray(document) || document.length >= (rule as number), at, rule),
  maxItems: (rule, document, at) => passes(!Array.isArray(document) || document.length <= (rule as number), at, rule),
  minProperties: (rule, document, at) =>
    passes((size(document) ?? Number.POSITIVE_INFINITY) >= (rule as number), at, rule),
  maxProperties: (rule, document, at) => passes((size(document) ?? 0) <= (rule as number), at, rule),
  required: (rule, document, at) =>
    isObject(document)
      ? (rule as string[]).flatMap((name) => passes(Object.hasOwn(document, name), at, `lacks ${name}`))
      : [],
  additionalProperties: (rule, document, at, { schema: { properties = {} } }) =>
    isObject(document) && rule === false
      ? Object.keys(document).flatMap((name) =>
          passes(Object.hasOwn(properties as object, name), at, `unknown ${name}`),
        )
      : [],
  definitions: says,
  $ref: (rule, document, at, { schema, whole }) => {
    const name = String(rule).slice('#/definitions/'.length)
    const referred = (whole.definitions as Record<string, Schema> | undefined)?.[name]
    if (referred === undefined || Object.keys(schema).length > 1)
      throw new Error(`received ${JSON.stringify(schema)}, expected a reference to a definition, and nothing beside it`)
    return jsonSchemaFaults(referred, document, at, whole)
  },
  allOf: (rule, document, at, { whole }) =>
    (rule as Schema[]).flatMap((one) => jsonSchemaFaults(one, document, at, whole)),
  properties: (rule, document, at, { whole }) =>
    Object.entries(rule as Record<string, Schema>).flatMap(([name, inner]) =>
      isObject(document) && Object.hasOwn(document, name)
        ? jsonSchemaFaults(inner, document[name], `${at}.${name}`, whole)
        : [],
    ),
  items: (rule, document, at, { whole }) =>
    Array.isArray(document)
      ? document.flatMap((item, index) => jsonSchemaFaults(rule as Schema, item, `${at}[${index}]`, whole))
      : [],
  oneOf: (rule, document, at, { whole }) =>
    passes(
      (rule as Schema[]).filter((one) => jsonSchemaFaults(one, document, at, whole).length === 0).length === 1,
      at,
      rule,
    ),
  anyOf: (rule, document, at, { whole }) =>
    passes(
      (rule as Schema[]).some((one) => jsonSchemaFaults(one, document, at, whole).length === 0),
      at,
      rule,
    ),
}

function typeOf(value: unknown, wanted: unknown): unknown {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (wanted === 'integer' && Number.isInteger(value)) return 'integer'
  return typeof value
}
