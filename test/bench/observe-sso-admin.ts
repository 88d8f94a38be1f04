import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'
import { CallGate } from '../../shared/memory/call-gate.ts'
import { MemorySsoAdmin } from '../../shared/memory/sso-admin/memory-sso-admin.ts'

/**
 * Loaded into the process of the local system before it starts: tells the benchmark of every call to SSO Admin as it
 * comes over the wire, of every one that the model turned away, and how many assignment requests were outstanding after
 * each that was accepted. Nothing in the product knows of it.
 */
export type Observation =
  | { readonly seen: 'call'; readonly operation: string; readonly atMs: number }
  | { readonly seen: 'throttled'; readonly operation: string }
  | { readonly seen: 'accepted'; readonly outstanding: number }

function tell(observation: Observation): void {
  process.send?.(observation)
}

subscribe('http.server.request.start', (message) => {
  const { request } = message as { request: IncomingMessage }
  const [service, operation] = String(request.headers['x-amz-target']).split('.')
  if (service === 'SWBExternalService' && operation !== undefined) {
    tell({ seen: 'call', operation, atMs: performance.now() })
  }
})

const { throttled } = CallGate.prototype
CallGate.prototype.throttled = function (this: CallGate, operation, refusal) {
  tell({ seen: 'throttled', operation })
  return throttled.call(this, operation, refusal)
}

for (const operation of ['createAccountAssignment', 'deleteAccountAssignment'] as const) {
  const call = MemorySsoAdmin.prototype[operation]
  MemorySsoAdmin.prototype[operation] = async function (this: MemorySsoAdmin, ...received) {
    const answer = await call.apply(this, received)
    tell({ seen: 'accepted', outstanding: this.outstandingRequests().length })
    return answer
  }
}
