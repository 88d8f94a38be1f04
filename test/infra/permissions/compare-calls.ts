import * as z from 'zod'
import { matchesPattern } from '../../../shared/domain/iam-policies/evaluate-policy.ts'

/** A call of one function: to an object or a kind of objects, to a queue by its name, or to something else. */
export const recordedCall = z.strictObject({
  name: z.string(),
  action: z.string(),
  key: z.string().optional(),
  queue: z.string().optional(),
})
export type RecordedCall = z.infer<typeof recordedCall>

/** A right of one function; `resource` may have `*`. */
export type Right = { readonly name: string; readonly action: string; readonly resource: string }

/** Why rights that no call has used are granted. `of`: which they are, for a person. */
export type Unused = { readonly right: RegExp; readonly of: string; readonly reason: string }

export type Comparison = {
  readonly notGranted: readonly string[]
  /** Granted, never called, and without a reason. */
  readonly notCalled: readonly string[]
}

/**
 * What functions called, compared with what their policies grant. `resourceOf`: the ARN that a call is about; `undefined`
 * where the request does not say, and then the action alone is compared.
 */
export function compareCalls(
  calls: readonly RecordedCall[],
  rights: readonly Right[],
  unused: readonly Unused[],
  resourceOf: (call: RecordedCall) => string | undefined,
): Comparison {
  const used = new Set<Right>()
  const notGranted = calls.filter((call) => {
    const resource = resourceOf(call)
    const fitting = rights.filter(
      (right) =>
        right.name === call.name &&
        right.action === call.action &&
        (resource === undefined || matchesPattern(right.resource, resource)),
    )
    for (const right of fitting) used.add(right)
    return fitting.length === 0
  })
  const left = rights.filter((right) => !used.has(right)).map(renderRight)
  return {
    notGranted: [
      ...new Set(notGranted.map(({ name, action, key, queue }) => `${name}: ${action} ${key ?? queue ?? ''}`)),
    ],
    notCalled: left.filter((right) => !unused.some((one) => one.right.test(right))),
  }
}

function renderRight({ name, action, resource }: Right): string {
  return `${name}: ${action} ${resource}`
}
