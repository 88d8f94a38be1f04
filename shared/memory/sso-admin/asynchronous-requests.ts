import type { Page } from '../../ports/page.ts'
import type { RequestState } from '../../ports/sso-admin.ts'
import { firstAfter, type PageRequest, pageOf } from '../page-of.ts'

/** What any asynchronous request keeps. Its completion is an instant, not a timer, so it outlives the process. */
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

/** Requests in progress and those finished that are still remembered, over one table; lists are ascending by creation. */
export class AsynchronousRequests<R extends RequestRecord> {
  readonly #table: Map<string, R>
  readonly #inProgress = new Map<string, R>()
  /** Per kind, the sort keys of all requests. */
  readonly #order = new Map<string, string[]>()

  constructor(table: Map<string, R>) {
    this.#table = table
    const records = [...table.values()].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
    for (const record of records) this.#index(record)
  }

  get(requestId: string): R | undefined {
    return this.#table.get(requestId)
  }

  add(record: R): void {
    this.#table.set(record.requestId, record)
    this.#index(record)
  }

  /** Those in progress, in no particular order; at most a few. */
  inProgress(): readonly R[] {
    return [...this.#inProgress.values()]
  }

  /** The one in progress that completes first; of equals, the one created first. */
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
      let count = 0
      for (const key of order) {
        const record = this.#table.get(requestIdOf(key))
        if (record !== undefined && (record.state === 'IN_PROGRESS' || record.dueAt >= instant)) break
        this.#table.delete(requestIdOf(key))
        count += 1
      }
      if (count > 0) order.splice(0, count)
    }
  }

  /** `undefined`: the token is not ours. */
  list(kind: string, state: RequestState | undefined, page: PageRequest): Page<R> | undefined {
    const found = pageOf(this.#sortKeys(kind, state), page)
    if (found === undefined) return undefined
    const items = found.items.flatMap((key) => this.#table.get(requestIdOf(key)) ?? [])
    return { items, nextToken: found.nextToken }
  }

  #sortKeys(kind: string, state: RequestState | undefined): readonly string[] {
    if (state === 'IN_PROGRESS') {
      const records = this.inProgress().filter((record) => record.kind === kind)
      return records.map(sortKey).sort()
    }
    const order = this.#order.get(kind) ?? []
    return state === undefined ? order : order.filter((key) => this.#table.get(requestIdOf(key))?.state === state)
  }

  #index(record: R): void {
    const order = this.#order.get(record.kind) ?? []
    const key = sortKey(record)
    // Nearly always the last: only a wall clock that was set back puts it elsewhere.
    order.splice(firstAfter(order, key), 0, key)
    this.#order.set(record.kind, order)
    if (record.state === 'IN_PROGRESS') this.#inProgress.set(record.requestId, record)
  }
}

export function compareDue(a: RequestRecord, b: RequestRecord): number {
  return a.dueAt.getTime() - b.dueAt.getTime() || (sortKey(a) < sortKey(b) ? -1 : 1)
}

function sortKey(record: RequestRecord): string {
  return `${record.createdAt.toISOString()} ${record.requestId}`
}

function requestIdOf(key: string): string {
  return key.slice(key.indexOf(' ') + 1)
}
