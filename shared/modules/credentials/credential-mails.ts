import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { Receiver } from '../../domain/deployment/notification-settings.ts'
import { type Hygiene, weekdays } from '../../domain/files/hygiene-file.ts'
import { idOf } from '../notifications/find-outcomes.ts'
import { type DigestMessage, digestLinesMost, waysOf } from '../notifications/rules/digest.ts'
import { type CredentialRow, urgencyOf } from './rules/credential-row.ts'
import { compareUrgency } from './rules/credential-tally.ts'
import { describeThing, remedyOf, toldOf } from './rules/render-credentials.ts'

type Collected = { readonly counts: Record<string, number>; rows: CredentialRow[] }

/**
 * Findings for their owners: one message for each owner, and one with everything for security. Owners without findings get
 * nothing. Each message keeps only the most urgent rows.
 */
export class CredentialMails {
  readonly #mail: Hygiene['mail']
  readonly #receivers: ReadonlyMap<string, Receiver>
  readonly #collected = new Map<string, Collected>()
  readonly #isDay: boolean
  readonly #unknown = new Set<string>()

  constructor({ mail }: Hygiene, { receivers }: Configuration['notifications'], now: Date) {
    this.#mail = mail
    this.#receivers = new Map(receivers.map((receiver) => [receiver.name, receiver]))
    const today = weekdays[now.getUTCDay()]
    this.#isDay = today !== undefined && mail.on.includes(today)
  }

  add(row: CredentialRow): void {
    if (!this.#isDay || urgencyOf(row) === undefined) return
    const { security, owners } = this.#mail
    const owner = Object.hasOwn(owners, row.owner) ? owners[row.owner] : undefined
    // An owner who is also security hears of it once.
    for (const name of new Set([owner, security])) if (name !== undefined) this.#collect(name, row)
  }

  /** Names without a receiver in the configuration. */
  get notes(): readonly string[] {
    return [...this.#unknown]
      .sort()
      .map((name) => `no receiver for '${name}' in hygiene.json: notifications.receivers has no such name`)
  }

  /** `date`: of the report; the same day makes the same message. */
  messages(date: string): readonly DigestMessage[] {
    return [...this.#collected].flatMap(([name, { counts, rows }]) => {
      const receiver = this.#receivers.get(name)
      const lines = rows.map((row) => ({
        id: idOf(date, row.account, row.kind, row.name, row.key ?? ''),
        at: row.asOf,
        event: row.findings[0]?.kind ?? row.kind,
        subject: describeThing(row),
        reason: toldOf(row),
        remedy: remedyOf(row),
      }))
      const more = `The whole report: reports/credentials/${date}/index.html in the bucket, and credentials.csv beside it.`
      return (receiver === undefined ? [] : waysOf(receiver)).map((way): DigestMessage => {
        const id = idOf('credentials', date, name, way)
        return { v: 1, id, receiver: name, way, counts, lines, more }
      })
    })
  }

  #collect(name: string, row: CredentialRow): void {
    if (!this.#receivers.has(name)) {
      this.#unknown.add(name)
      return
    }
    const known = this.#collected.get(name) ?? { counts: {}, rows: [] }
    const kind = row.findings[0]?.kind ?? row.kind
    known.counts[kind] = (known.counts[kind] ?? 0) + 1
    known.rows = [...known.rows, row].sort(compareUrgency).slice(0, digestLinesMost)
    this.#collected.set(name, known)
  }
}
