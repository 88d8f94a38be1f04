import type * as z from 'zod'
import { renderConstraints, valueAt } from './render-constraints.ts'

/** What one operation of a JSON 1.1 service does with the body of a request: checks it, and answers an output shape. */
export type JsonOperation = (input: unknown) => Promise<object>

/** The input has a member of a wrong JSON type: AWS does not even get to validating it. */
export class SerializationFault extends Error {
  override readonly name = 'SerializationFault'
}

/** The input breaks the constraints of the service's model; the message is worded as AWS words it. */
export class ConstraintFault extends Error {
  override readonly name = 'ConstraintFault'
}

/** An operation: `input` has AWS's patterns and limits, `answer` calls the model and gives the output shape. */
export function operation<S extends z.ZodType>(
  input: S,
  answer: (input: z.output<S>) => Promise<object>,
): JsonOperation {
  return async (body) => {
    const result = input.safeParse(body)
    if (result.success) return answer(result.data)
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

/** JSON as AWS writes it: instants in epoch seconds, members without a value omitted. */
export function renderOutput(output: object): string {
  return JSON.stringify(withEpochSeconds(output))
}

function withEpochSeconds(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000
  if (Array.isArray(value)) return value.map(withEpochSeconds)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withEpochSeconds(member)]))
}
