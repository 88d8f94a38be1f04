import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { isForm, parseRecordedCall } from './recorded-call.ts'

// Loaded into the local system's process (`node --import`) where RECORDED_CALLS names a file: each kind of call that a
// function makes becomes a line of it, once. `npm run permissions -- --check FILE` compares them with what is granted.
const file = process.env.RECORDED_CALLS ?? ''
const known = new Set<string>()
const bodies = new WeakMap<IncomingMessage, Buffer[]>()
const requestOf = (message: unknown) => (message as { request: IncomingMessage }).request

// (Node.js documentation, "Diagnostics Channel": http.server.request.start and http.server.response.finish.)
if (file !== '') {
  subscribe('http.server.request.start', (message) => keepBody(requestOf(message)))
  subscribe('http.server.response.finish', (message) => record(requestOf(message)))
}

/** SQS is told in the body which queue is meant, STS what to do. Seen as it comes in: a listener of our own would take it from the server. */
function keepBody(request: IncomingMessage): void {
  const { 'x-amz-target': target, 'content-type': type } = request.headers
  if (!String(target).startsWith('AmazonSQS.') && !isForm(type)) return
  const chunks: Buffer[] = []
  bodies.set(request, chunks)
  const push = request.push.bind(request)
  request.push = (chunk: unknown, encoding) => {
    if (chunk instanceof Buffer) chunks.push(chunk)
    return push(chunk, encoding)
  }
}

function record(request: IncomingMessage): void {
  const { method = '', url = '', headers } = request
  const call = parseRecordedCall({ method, url, headers, body: Buffer.concat(bodies.get(request) ?? []).toString() })
  const line = `${JSON.stringify(call)}\n`
  if (call === undefined || known.has(line)) return
  known.add(line)
  // At once: many of these processes are killed.
  appendFileSync(file, line)
}
