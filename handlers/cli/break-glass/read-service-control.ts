import { readFile } from 'node:fs/promises'
import * as z from 'zod'
import type { EvaluatedPolicy } from '../../../shared/domain/iam-policies/evaluate-policy.ts'
import { parseStrictJson } from '../../../shared/domain/json/strict-json.ts'
import { renderComplaint } from '../../../shared/domain/statuses/complaint.ts'
import type { ServiceControlPolicy } from '../../../shared/modules/break-glass/rules/judge-service-control.ts'
import { Refusal } from '../arguments/refusal.ts'

const texts = z.union([z.string(), z.array(z.string())])
const statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: texts.optional(),
  NotAction: texts.optional(),
  Resource: texts.optional(),
  NotResource: texts.optional(),
  Condition: z.record(z.string(), z.record(z.string(), texts)).optional(),
})
const policy = z.object({ Statement: z.union([z.array(statement), statement.transform((one) => [one])]) })

/** A service control policy as attached. Throws Refusal: an unreadable policy would look harmless. */
export function parseServiceControl(file: string, body: Uint8Array): EvaluatedPolicy {
  const document = parseStrictJson(file, body)
  if (!document.ok) throw new Refusal(renderComplaint(document.complaint))
  const read = policy.safeParse(document.value)
  if (read.success) return read.data
  throw new Refusal(
    `${file}: received something else, expected a service control policy; ${z.prettifyError(read.error)}`,
  )
}

export function readServiceControl(paths: readonly string[]): Promise<readonly ServiceControlPolicy[]> {
  return Promise.all(
    paths.map(async (file) => {
      const body = await readFile(file).catch((cause: unknown) => {
        throw new Refusal(`${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`)
      })
      return { file, policy: parseServiceControl(file, body) }
    }),
  )
}
