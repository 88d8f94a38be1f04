import {
  type CredentialRow,
  type FindingKind,
  findingKinds,
  type Urgency,
  urgencies,
  urgencyOf,
} from './credential-row.ts'

/** Counts rows as they pass, and keeps only the most urgent ones in memory. */
export class CredentialTally {
  readonly findings: Partial<Record<FindingKind, number>> = {}
  readonly urgent: Record<Urgency, number> = { now: 0, soon: 0, later: 0 }
  rows = 0
  users = 0
  keys = 0
  excepted = 0
  readonly #accounts = new Set<string>()
  readonly #unread = new Set<string>()
  readonly #most: number
  #top: CredentialRow[] = []

  constructor(most: number) {
    this.#most = most
  }

  add(row: CredentialRow): void {
    this.rows++
    this.#accounts.add(row.account)
    if (row.kind === 'user') this.users++
    if (row.kind === 'key') this.keys++
    if (row.findings.some(({ kind }) => kind === 'not-read')) this.#unread.add(row.account)
    if (row.exception !== undefined) this.excepted++
    const urgency = urgencyOf(row)
    if (urgency === undefined) return
    this.urgent[urgency]++
    for (const { kind } of row.findings) this.findings[kind] = (this.findings[kind] ?? 0) + 1
    this.#top.push(row)
    if (this.#top.length > 2 * this.#most) this.#top = firstOf(this.#top, this.#most)
  }

  get accounts(): number {
    return this.#accounts.size
  }

  get unread(): number {
    return this.#unread.size
  }

  /** The rows that need somebody, the most urgent first. */
  get top(): readonly CredentialRow[] {
    return firstOf(this.#top, this.#most)
  }
}

function firstOf(rows: readonly CredentialRow[], most: number): CredentialRow[] {
  return [...rows].sort(compareUrgency).slice(0, most)
}

/** The most urgent first. Among equals, the longest unused comes first. */
export function compareUrgency(a: CredentialRow, b: CredentialRow): number {
  return rankOf(a) < rankOf(b) ? -1 : 1
}

function rankOf(row: CredentialRow): string {
  const { unusedDays = 0, account, name, key = '' } = row
  const urgency = urgencies.indexOf(urgencyOf(row) ?? 'later')
  const kinds = new Set(row.findings.map(({ kind }) => kind))
  const finding = findingKinds.findIndex((kind) => kinds.has(kind))
  const numbers = [urgency, finding, 1_000_000 - unusedDays].map((one) => String(one).padStart(7, '0'))
  return [...numbers, account, name, key].join(' ')
}
