import type { Page } from '../../ports/page.ts'
import type { RequestState } from '../../ports/sso-admin.ts'
import { firstAfter, type PageRequest, pageOf } from '../page-of.ts'

/** The record of any asynchronous request. Its completion is an instant, not a timer, so it outlives the process. */
export type RequestRecord = {
  readonly requestId: string
  readonly kind: string
  readonly state: RequestState
  readonly failureReason?: string
  readonly createdAt: Date
  readonly dueAt: Date
}

export type RequestOutcome =
  | { readonly state: 'SUCCEEDED' }
  | { readonly state: 'FAILED'; readonly failureReason: string }

/** AWS does not document the order. A service that keeps requests for long uses the first. */
export const requestOrders = ['newest-first', 'oldest-first'] as const
export type RequestOrder = (typeof requestOrders)[number]

/** Requests in progress and remembered finished ones, over one table. */
export class AsynchronousRequests<R extends RequestRecord> {
  readonly #table: Map<string, R>
  readonly #inProgress = new Map<string, R>()
  /** Per kind, the sort keys of all requests. */
  readonly #order = new Map<string, string[]>()

  readonly #isNewestFirst: boolean

  constructor(table: Map<string, R>, listed: RequestOrder) {
    this.#table = table
    this.#isNewestFirst = listed === 'newest-first'
    const records = [...table.values()].sort(compareCreated)
    for (const record of records) this.#index(record)
  }

  get(requestId: string): R | undefined {
    return this.#table.get(requestId)
  }

  add(record: R): void {
    this.#table.set(record.requestId, record)
    this.#index(record)
  }

  /** The requests in progress, in no particular order; at most a few. */
  inProgress(): readonly R[] {
    return [...this.#inProgress.values()]
  }

  /** The request that completes first; of equals, the one created first. */
  nextDue(): R | undefined {
    return this.inProgress().reduce<R | undefined>(
      (first, record) => (first === undefined || compareDue(record, first) < 0 ? record : first),
      undefined,
    )
  }

  finish(record: R, outcome: RequestOutcome): void {
    this.#inProgress.delete(record.requestId)
    this.#table.set(record.requestId, { ...record, ...outcome })
  }

  /** Forgets finished requests that were due before `instant`. */
  forgetBefore(instant: Date): void {
    for (const order of this.#order.values()) {
      const isOld = (key: string) => {
        const record = this.#table.get(requestIdOf(key))
        return record === undefined || (record.state !== 'IN_PROGRESS' && record.dueAt < instant)
      }
      for (let key = this.#oldest(order); key !== undefined && isOld(key); key = this.#oldest(order)) {
        this.#table.delete(requestIdOf(key))
        if (this.#isNewestFirst) order.pop()
        else order.shift()
      }
    }
  }

  /** `undefined`: the model did not issue the token. */
  list(kind: string, state: RequestState | undefined, page: PageRequest): Page<R> | undefined {
    const found = pageOf(this.#sortKeys(kind, state), page)
    if (found === undefined) return undefined
    const items = found.items.flatMap((key) => this.#table.get(requestIdOf(key)) ?? [])
    return { items, nextToken: found.nextToken }
  }

  #oldest(order: readonly string[]): string | undefined {
    return this.#isNewestFirst ? order.at(-1) : order[0]
  }

  #sortKeys(kind: string, state: RequestState | undefined): readonly string[] {
    if (state === 'IN_PROGRESS') {
      const records = this.inProgress().filter((record) => record.kind === kind)
      return records.map((record) => this.#sortKey(record)).sort()
    }
    const order = this.#order.get(kind) ?? []
    return state === undefined ? order : order.filter((key) => this.#table.get(requestIdOf(key))?.state === state)
  }

  #index(record: R): void {
    const order = this.#order.get(record.kind) ?? []
    const key = this.#sortKey(record)
    order.splice(firstAfter(order, key), 0, key)
    this.#order.set(record.kind, order)
    if (record.state === 'IN_PROGRESS') this.#inProgress.set(record.requestId, record)
  }

  /** Lists are ascending by it. */
  #sortKey({ createdAt, requestId }: R): string {
    const ms = this.#isNewestFirst ? lastInstantMs - createdAt.getTime() : createdAt.getTime()
    return `${String(ms).padStart(lastInstantMs.toString().length, '0')} ${requestId}`
  }
}

/** The last instant that a Date can hold. */
const lastInstantMs = 8.64e15

export function compareDue(a: RequestRecord, b: RequestRecord): number {
  return a.dueAt.getTime() - b.dueAt.getTime() || compareCreated(a, b)
}

function compareCreated(a: RequestRecord, b: RequestRecord): number {
  return a.createdAt.getTime() - b.createdAt.getTime() || (a.requestId < b.requestId ? -1 : 1)
}

function requestIdOf(key: string): string {
  return key.slice(key.indexOf(' ') + 1)
}
