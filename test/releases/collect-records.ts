import { requestDigest } from '../../shared/domain/files/access-request.ts'
import { findRequest } from '../../shared/modules/requests/request-controller.ts'
import type { ObjectStore } from '../../shared/ports/object-store.ts'
import { JsonRecord } from '../../shared/reconcile/records/json-record.ts'
import { intercept } from '../intercept.ts'
import { RecordsLife } from './play-records.ts'

type Written = { readonly key: string; readonly text: string }
const longer = (one: string, other: string | undefined) => other === undefined || one.length > other.length

/**
 * Of each kind of record that a short life leaves the one that says most, and every message of it. `openers`: how the product
 * opens the records of a kind; with the way to put another text in its place and read that.
 */
export async function collectRecords() {
  const records = new Map<string, Written>()
  const messages = new Map<string, string[]>()
  const openers = new Map<string, JsonRecord<unknown>>()
  const restore = watchRecords((record) => openers.set(kindOf(record.key), record))
  try {
    const life = new RecordsLife((ports) =>
      intercept(ports, async (call) => {
        if (call.operation === 'put') note(call.args)
        if (call.operation === 'send') noteMessages(call.args)
        return call.proceed()
      }),
    )
    await life.grant()
    await life.act()
    await life.hold()
    const read = async (kind: string, { text }: Written): Promise<unknown> => {
      const record = openers.get(kind)
      if (kind === 'state/requests') return readPointer(text, life.world.objects)
      if (record === undefined) return undefined
      await life.world.objects.put(record.key, text)
      return record.read()
    }
    return { records, messages, kinds: new Set(openers.keys()), read }
  } finally {
    restore()
  }

  function note([key, body]: readonly unknown[]): void {
    if (typeof key !== 'string' || typeof body !== 'string' || !body.startsWith('{')) return
    const kind = kindOf(key)
    if (longer(body, records.get(kind)?.text)) records.set(kind, { key, text: body })
  }

  function noteMessages([queue, sent]: readonly unknown[]): void {
    if (typeof queue !== 'string' || !Array.isArray(sent)) return
    const bodies = messages.get(queue) ?? []
    messages.set(queue, bodies)
    const shapes = new Set(bodies.map(shapeOf))
    for (const { body } of sent as readonly { body: string }[]) {
      if (!shapes.has(shapeOf(body))) bodies.push(body)
      shapes.add(shapeOf(body))
    }
  }
}

/** Of which request a digest is: a plan reads it too, so no record that can be written is opened for it. */
async function readPointer(text: string, objects: ObjectStore): Promise<unknown> {
  const digest = requestDigest.parse('0'.repeat(32))
  await objects.put(`state/requests/${digest}`, text)
  return findRequest(objects, digest)
}

/** Messages of one shape say the same fields. */
function shapeOf(body: string): string {
  const read: Record<string, unknown> = JSON.parse(body)
  return `${String(read.kind)} ${Object.keys(read).sort().join(' ')}`
}

/** What a record is, by its key: without the names, ids and instants in it. */
export function kindOf(key: string): string {
  const [first = '', second = ''] = key.split('/')
  if (first === 'history') return `history/${second.split('%')[0]}${key.replace(/^.*%([a-z-]+)(%.*)?\.json$/s, ' $1')}`
  if (first === 'control') return key
  if (first === 'state') return /^[a-z-]+\.json$/.test(second) ? key : `state/${second}`
  if (first === 'status' || first === 'links_data') return `${first}/${second}`
  return first
}

/** Hears of each record that the product opens; the answer ends that. */
function watchRecords(onOpen: (record: JsonRecord<unknown>) => void): () => void {
  const { prototype } = JsonRecord
  const names = ['read', 'readIfChanged', 'write', 'overwrite', 'revise'] as const
  const before = names.map((name) => [name, Object.getOwnPropertyDescriptor(prototype, name)] as const)
  for (const [name, descriptor] of before) {
    const method: unknown = descriptor?.value
    if (typeof method !== 'function') throw new Error(`a record has no method ${name}`)
    const watched = function (this: JsonRecord<unknown>, ...args: readonly unknown[]): unknown {
      onOpen(this)
      return Reflect.apply(method, this, args)
    }
    Object.defineProperty(prototype, name, { ...descriptor, value: watched })
  }
  return () => {
    for (const [name, descriptor] of before) if (descriptor) Object.defineProperty(prototype, name, descriptor)
  }
}
