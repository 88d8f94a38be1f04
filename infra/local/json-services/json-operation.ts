import * as z from 'zod'

/** One operation of a JSON 1.1 service: checks the body of a request, and answers an output shape. */
export type JsonOperation = (input: unknown) => Promise<object>

/** The input has a member of a wrong JSON type: AWS refuses it before validation. */
export class SerializationFault extends Error {
  override readonly name = 'SerializationFault'
}

/** The input breaks the constraints of the service's model; the message has AWS's wording. */
export class ConstraintFault extends Error {
  override readonly name = 'ConstraintFault'
}

/** A text with AWS's pattern, of `least` to `most` characters. */
export function textOf(pattern: RegExp, most: number, least = 0): z.ZodString {
  return z.string().min(least).max(most).regex(pattern)
}

export type InputOf<S extends z.ZodRawShape> = z.output<z.ZodObject<S>>
/** Calls the model and answers the output shape. An operation without output answers an empty object. */
export type Answer<S extends z.ZodRawShape> = (input: InputOf<S>) => Promise<object> | Promise<void>

/** An operation: `shape` has AWS's patterns and limits. */
export function operation<S extends z.ZodRawShape>(shape: S, answer: Answer<S>): JsonOperation {
  const input = z.object(shape)
  return async (body) => {
    const result = input.safeParse(body)
    if (result.success) return (await answer(result.data)) ?? {}
    const { issues } = result.error
    const mistyped = issues.find((issue) => issue.code === 'invalid_type' && !isMissing(body, issue.path))
    if (mistyped !== undefined)
      throw new SerializationFault(`${mistyped.path.join('.') || 'The request body'} has a wrong type.`)
    throw new ConstraintFault(renderConstraints(issues, body))
  }
}

function isMissing(body: unknown, path: readonly PropertyKey[]): boolean {
  const value = valueAt(body, path)
  return value === undefined || value === null
}

/** JSON in AWS's form: instants in epoch seconds, members without a value omitted. */
export function renderOutput(output: object): string {
  return JSON.stringify(withEpochSeconds(output))
}

function withEpochSeconds(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000
  if (Array.isArray(value)) return value.map(withEpochSeconds)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withEpochSeconds(member)]))
}

type Issue = z.core.$ZodIssue

/** `1 validation error detected: Value '…' at 'maxResults' failed to satisfy constraint: Member must …` */
function renderConstraints(issues: readonly Issue[], body: unknown): string {
  const faults = issues.map((issue) => {
    const value = valueAt(body, issue.path)
    const shown = value === undefined || value === null ? 'null' : `'${renderValue(value)}'`
    return `Value ${shown} at '${renderMember(issue.path)}' failed to satisfy constraint: ${renderConstraint(issue)}`
  })
  const count = faults.length
  return `${count} validation error${count === 1 ? '' : 's'} detected: ${faults.join('; ')}`
}

/** The value at a path of a JSON value; `undefined`: none. */
function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
    body,
  )
}

function renderValue(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** `customerManagedPolicyReference.name`; list members count from 1. */
function renderMember(path: readonly PropertyKey[]): string {
  return path.map((step) => (typeof step === 'number' ? `${step + 1}.member` : lowerFirst(String(step)))).join('.')
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

function renderConstraint(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return 'Member must not be null'
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `Member must have value greater than or equal to ${issue.minimum}`
        : `Member must have length greater than or equal to ${issue.minimum}`
    case 'too_big':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `Member must have value less than or equal to ${issue.maximum}`
        : `Member must have length less than or equal to ${issue.maximum}`
    case 'invalid_format':
      return `Member must satisfy regular expression pattern: ${(issue.pattern ?? '').replace(/^\/\^?|\$?\/[a-z]*$/g, '')}`
    case 'invalid_value':
      return `Member must satisfy enum value set: [${issue.values.map(String).join(', ')}]`
    default:
      return issue.message
  }
}
