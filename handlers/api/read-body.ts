import type * as z from 'zod'
import type { JsonRules } from '../../shared/domain/json/json-faults.ts'
import { parseJson } from '../../shared/domain/json/parse-json.ts'
import { permissionSetFileMostBytes } from '../../shared/domain/permission-sets/permission-set-file.ts'
import { type Answer, refuse, refuseComplaint } from './answer.ts'
import { bodyOf, mediaTypeOf, type SentBody } from './api-request.ts'

/** Room for a permission set that reaches every limit, and for the JSON around it. */
const requestMostBytes = permissionSetFileMostBytes + 16 * 1024

export function readBody<T extends object>(event: SentBody, schema: z.ZodType<T>, rules: JsonRules): T | Answer {
  const type = mediaTypeOf(event)
  if (type !== 'application/json')
    return refuse(
      415,
      type === '' ? 'no content type' : `the content type '${type.slice(0, 100)}'`,
      'application/json',
      "send the header 'content-type: application/json'",
    )
  const body = bodyOf(event)
  if (body.byteLength > requestMostBytes)
    return refuse(
      413,
      `a request of ${body.byteLength} bytes`,
      `at most ${requestMostBytes} bytes, which is more than a permission set can fill`,
      'check that the right file was sent',
    )
  const request = parseJson('the request', body, schema, rules)
  if (request.ok) return request.value
  return refuseComplaint(request.complaint)
}
