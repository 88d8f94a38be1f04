import type { S3Client } from '@aws-sdk/client-s3'
import { ServiceError } from '../ports/service-error.ts'

/** The Date headers of answers, by the output object that the SDK made of each. */
const dates = new WeakMap<object, Date>()

/** Makes `servedAt` work for what this client answers; the SDK's outputs themselves leave the Date header out. */
export function keepDates(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const date = dateHeaderOf(result.response)
      if (date !== undefined && result.output !== undefined) dates.set(result.output, date)
      return result
    },
    // Before the SDK's own deserializer in the stack, so after it on the way back: the output is there.
    { name: 'keepDates', step: 'deserialize', priority: 'high', override: true },
  )
}

/** S3's clock when it gave this answer, to the second. */
export function servedAt(output: object): Date {
  const date = dates.get(output)
  if (date === undefined) throw new ServiceError('s3', 'NoDate', 'S3 answered without a Date header')
  return date
}

function dateHeaderOf(response: unknown): Date | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return undefined
  const { headers } = response
  if (typeof headers !== 'object' || headers === null || !('date' in headers)) return undefined
  const date = new Date(String(headers.date))
  return Number.isNaN(date.getTime()) ? undefined : date
}
