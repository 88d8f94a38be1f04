import type { SimulatedWorld } from '../simulated-world.ts'

type Complaint = { readonly promise: 'record' | 'foreign'; readonly message: string }

/**
 * What a drift check writes down it has seen, by a look at this very assignment: a listing of many is seconds old when it is
 * compared, and what was granted or revoked meanwhile looks like somebody else's doing.
 */
export class LookWatch {
  readonly #world: SimulatedWorld
  /** By process, account and permission set: the ids that had it at the last look. */
  readonly #seen = new Map<string, ReadonlySet<string>>()
  /** By key: since when it is known to be missing. What could not be sent is taken back, and says so again. */
  readonly #missing = new Map<string, unknown>()

  constructor(world: SimulatedWorld) {
    this.#world = world
  }

  noteCall(process: string, operation: string, [first, second]: readonly unknown[]): void {
    if (operation !== 'listAccountAssignments') return
    const there = this.#world.ssoAdmin
      .assignments()
      .filter(({ accountId, permissionSetArn }) => accountId === first && permissionSetArn === second)
    this.#seen.set(
      `${process} ${String(first)} ${String(second)}`,
      new Set(there.map(({ principalId }) => principalId)),
    )
  }

  /** `key` has been written by `process`. */
  complain(process: string, key: string): Complaint | undefined {
    const [, accountId] = /^(?:assignments|foreign)\/account%(\d{12})%/.exec(key) ?? []
    if (accountId === undefined) return undefined
    const entry = this.#world.readJson(key) ?? {}
    const seen = this.#seen.get(`${process} ${accountId} ${String(entry.permissionSetArn)}`)
    const wasThere = seen?.has(String(entry.principalId))
    if (key.startsWith('foreign/'))
      return wasThere
        ? undefined
        : { promise: 'foreign', message: `${key} is recorded, and was not seen there just before` }
    const isNew = entry.missingSince !== undefined && this.#missing.get(key) !== entry.missingSince
    if (isNew) this.#missing.set(key, entry.missingSince)
    return isNew && wasThere !== false
      ? { promise: 'record', message: `${key} is recorded as missing, and was not seen missing just before` }
      : undefined
  }
}
