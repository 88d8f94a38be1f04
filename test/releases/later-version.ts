import type { Ports } from '../../shared/ports/ports.ts'
import { intercept } from '../intercept.ts'

/** What people write; and links of requests, which each version writes again in its own words. */
const notOurs = /^(links_data\/|permission_sets\/|policies\/|selectors\/|eligibility\/|requests\/|approvals\/)/
/** Objects whose keys are names, not fields: no version adds a field there. */
const maps = new Set([
  ...['queueUrls', 'contents', 'etags', 'members', 'units', 'nameByArn', 'changes', 'inputs', 'receivers', 'counts'],
  ...['statuses', 'links', 'calls', 'difference', 'tags', 'configuration'],
])
const field = 'ofALaterVersion'

/** The same with one more field in each object, at every depth. */
export function withUnknownFields(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => withUnknownFields(one))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, one]) => [key, withUnknownFields(one, key)] as const)
  return Object.fromEntries(maps.has(name) ? entries : [...entries, [field, { is: ['unknown'] }]])
}

/** The text of a JSON object with such fields; any other text as it is. */
export function laterText(text: string): string {
  try {
    const read: unknown = JSON.parse(text)
    return typeof read === 'object' && read !== null ? JSON.stringify(withUnknownFields(read)) : text
  } catch {
    return text
  }
}

/** Ports of a process of a later version: its records and messages have fields that this version does not know. */
export function laterVersion(ports: Ports): Ports {
  return intercept(ports, async (call) => {
    const { port, operation, args } = call
    if (port === 'objects' && operation === 'put') {
      const [key, body, ...rest] = args as Parameters<Ports['objects']['put']>
      if (notOurs.test(key) || !isText(body)) return call.proceed()
      return ports.objects.put(key, laterText(textOf(body)), ...rest)
    }
    if (port === 'queues' && operation === 'send') {
      const [queue, messages] = args as Parameters<Ports['queues']['send']>
      return ports.queues.send(
        queue,
        messages.map((message) => ({ ...message, body: laterText(message.body) })),
      )
    }
    return call.proceed()
  })
}

function isText(body: string | Uint8Array): boolean {
  return body.length > 0
}

function textOf(body: string | Uint8Array): string {
  return typeof body === 'string' ? body : new TextDecoder().decode(body)
}
