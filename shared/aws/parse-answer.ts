import type * as z from 'zod'
import { ServiceError, type ServiceName } from '../ports/service-error.ts'

/** Where a value stands in an answer of a service, for the error that tells that it is not as documented. */
export type AnswerMember = { readonly service: ServiceName; readonly member: string }

/**
 * A member of an answer as a domain value. What a service answers against its own documentation counts as no answer:
 * the call may have taken effect, and nothing may be concluded from it.
 */
export function parseAnswer<S extends z.ZodType>(
  { service, member }: AnswerMember,
  schema: S,
  value: unknown,
): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const told = value === undefined ? 'nothing' : `'${String(value)}'`
  throw new ServiceError(service, 'NoAnswer', `${service} answered ${told} as ${member}: ${result.error.message}`, {
    cause: result.error,
  })
}
