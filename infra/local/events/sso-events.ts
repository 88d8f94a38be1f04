import type { ApiCall } from './api-call.ts'
import type { EventBridgeEvent, EventStamp } from './event-bridge-event.ts'
import { renderApiCall, toCloudTrailNames } from './render-api-call.ts'

/**
 * Parameters and answers are ids and policies, and are shown. Source: IAM Identity Center User Guide, "Logging IAM Identity
 * Center API calls with AWS CloudTrail".
 */
export function renderSsoCall(call: ApiCall, stamp: EventStamp): EventBridgeEvent {
  const output = 'output' in call.answer ? toCloudTrailNames(call.answer.output) : {}
  const responseElements = Object.keys(output).length === 0 ? null : output
  return renderApiCall(call, { requestParameters: toCloudTrailNames(call.input), responseElements }, stamp)
}
