import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'

export type ReportedCall = { readonly operation: string; readonly caller?: string; readonly status: number }

// Loaded into the local system's process (`node --import`): tells the test of each call to SSO Admin, by
// whom and how it was answered, and ends with the test's process.
// (Node.js documentation, "Diagnostics Channel": http.server.response.finish.)
subscribe('http.server.response.finish', (message) => {
  const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
  const { headers } = request
  const [service, operation] = String(headers['x-amz-target'] ?? '').split('.')
  const caller = /Credential=([^/]+)\//.exec(headers.authorization ?? '')?.[1]
  if (service !== 'SWBExternalService' || operation === undefined || !process.connected) return
  const call: ReportedCall = { operation, caller, status: response.statusCode }
  process.send?.(call)
})
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
// The listener must not keep the process alive.
process.channel?.unref()
