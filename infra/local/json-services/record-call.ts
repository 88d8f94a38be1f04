import * as z from 'zod'
import type { ApiCall } from '../events/api-call.ts'
import { currentRequest, type LocalRequest } from '../local-request.ts'

type AnsweredCall = {
  readonly operation: string
  readonly userAgent: string
  /** As received. */
  readonly body: unknown
  readonly answer: { readonly status: number; readonly body: string }
}

const jsonObject = z.record(z.string(), z.json())
const refusal = z.object({ __type: z.string(), Message: z.string().default('') })
const reads = /^(Describe|Get|IsMember|List)/
/** A member account's own trail records its calls. (Organizations User Guide, "Logging API calls with AWS CloudTrail".) */
const ofMembers = /^(AcceptHandshake|LeaveOrganization)$/

/**
 * The served call, for CloudTrail; `undefined` for reads, which EventBridge does not get, and for a body that is no JSON object, which has
 * no parameters to record. (EventBridge User Guide, "AWS service events delivered via AWS CloudTrail": read-only management events are left
 * out.) `from`: the caller; default: that of the served request.
 */
export function recordCall(
  service: ApiCall['service'],
  call: AnsweredCall,
  at: Date,
  from?: Pick<LocalRequest, 'accessKeyId' | 'sourceIpAddress' | 'person'>,
): ApiCall | undefined {
  const { operation, userAgent, body, answer } = call
  const input = parseText(body instanceof Uint8Array ? new TextDecoder().decode(body) : body)
  if (reads.test(operation) || ofMembers.test(operation) || input === undefined) return undefined
  const { accessKeyId = 'unsigned', sourceIpAddress, person } = from ?? currentRequest()
  const caller = { accessKeyId, sourceIpAddress, userAgent, person }
  return { service, operation, input, caller, at, answer: parseAnswer(answer) }
}

function parseAnswer({ status, body }: AnsweredCall['answer']): ApiCall['answer'] {
  if (status === 200) return { output: jsonObject.parse(JSON.parse(body)) }
  const { __type: errorCode, Message: errorMessage } = refusal.parse(JSON.parse(body))
  return { errorCode, errorMessage }
}

function parseText(body: unknown): ApiCall['input'] | undefined {
  try {
    return jsonObject.parse(typeof body === 'string' ? JSON.parse(body) : body)
  } catch {
    return undefined
  }
}
