import { Judge, type Watched } from './watched.ts'

/** What both say: the instant, and the event, which has more words under `changes/`. */
type Told = { readonly at: unknown; readonly event: unknown }
type Change = { readonly at: string; readonly named: string }

/**
 * Promise 2, of what is told: what history has stands under `changes/` as well, from the first moment on; and the last word of a
 * name is no end while its access is in force.
 */
export class TrailPromise extends Judge {
  protected readonly promise = 'record'
  constructor(watched: Watched) {
    super(watched)
    this.world.objects.onChange(({ key, eventName }) => {
      if (!key.startsWith('history/') || eventName.startsWith('ObjectRemoved')) return
      const told = this.#toldIn(key)
      if (!this.#changes(String(told.at).replace('T', '/')).some((change) => isSame(told, change)))
        this.fail(`${key} is written, and changes/ does not have it`)
    })
  }

  checkAtRest(): void {
    const { isUntouched, skewMs, chaos, wasInterrupted, unreadable } = this.world
    if (chaos.struck.size > 0 || wasInterrupted || unreadable.counts['object spoiled'] !== 0) return
    // A process that dies between the two tells again, and one that finds an entry as it was before, brought back by hand; of two
    // that look at a request at once, the slower one has told it as well.
    const told = Map.groupBy(
      this.world.keys('history/').map((key) => this.#toldIn(key)),
      ({ at }) => at,
    )
    const isAlone = (change: Change) => !told.get(change.at)?.some((one) => isSame(one, change))
    const alone = this.#changes().find((change) => isAlone(change) && !change.named.startsWith('request-'))
    if (alone !== undefined) this.fail(`changes/ has '${alone.named}' at ${alone.at}, and history has no such event`)
    if (!isUntouched || skewMs > 0) return
    for (const key of this.world.keys('assignments/'))
      if (this.world.readJson(key)?.state === 'granted')
        this.#checkLast(key, ['granted', 'adopted', 'revoked', 'released'], ['granted', 'adopted'])
    for (const key of this.world.keys('foreign/'))
      this.#checkLast(key, ['foreign-found', 'foreign-gone'], ['foreign-found'])
  }

  #checkLast(key: string, events: readonly string[], isThere: readonly string[]): void {
    const told = this.world.keys(`history/${key.slice(key.indexOf('/') + 1)}/`)
    const known = told.flatMap((one) => {
      const [, at = '', event = ''] = /\/([^/%]*)%([^/%]*)\.json$/.exec(one) ?? []
      return events.includes(event) ? [{ at, event }] : []
    })
    // At one instant it ended first: it is told as gone in the moment in which it is given again.
    const atLast = known.filter(({ at }) => at === known.at(-1)?.at).map(({ event }) => event)
    const last = atLast.find((event) => isThere.includes(event)) ?? atLast.at(-1)
    if (last === undefined || !isThere.includes(last)) this.fail(`${key} is there, and its history ends in ${last}`)
  }

  #toldIn(historyKey: string): Told {
    const { at, event } = this.world.readJson(historyKey) ?? {}
    return { at, event }
  }

  #changes(from = ''): readonly Change[] {
    return this.world.keys(`changes/${from}`).map((key) => {
      const [, date, time, named = ''] = /^changes\/([^/]*)\/([^%]*)%([^%]*)/.exec(key) ?? []
      return { at: `${date}T${time}`, named }
    })
  }
}

function isSame({ at, event }: Told, change: Change): boolean {
  return change.at === at && change.named.endsWith(String(event))
}
