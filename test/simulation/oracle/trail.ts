import { isUntouched } from '../at-rest.ts'
import { Judge, type Seen } from './watched.ts'

/**
 * Promise 2, for reports: `changes/` has everything that history has, from the first moment on. The last event of a name is not an end
 * while its access is in force. (That `changes/` has nothing else, and the reports of foreign access: `trail.test.ts`.)
 */
export class TrailPromise extends Judge {
  protected readonly promise = 'record'

  override noteChange({ key, isRemoved }: Seen): void {
    if (!key.startsWith('history/') || isRemoved) return
    const { at, event } = this.world.readJson(key) ?? {}
    // `changes/<date>/<time>%<event>%…`; the event has more words there.
    const told = this.world.keys(`changes/${String(at).replace('T', '/')}%`)
    if (!told.some((change) => change.split('%')[1]?.endsWith(String(event))))
      this.fail(`${key} is written, and changes/ does not have it`)
  }

  override checkAtRest(): void {
    const { settings, chaos, unreadable } = this.world
    const isSpoiled = unreadable.counts['object spoiled'] !== 0
    if (chaos.struck.size > 0 || isSpoiled || !isUntouched(this.world) || settings.skewMs > 0) return
    for (const key of this.world.keys('assignments/'))
      if (this.world.readJson(key)?.state === 'granted') this.#checkLast(key)
  }

  #checkLast(key: string): void {
    const told = this.world.keys(`history/${key.slice('assignments/'.length)}/`)
    const known = told.flatMap((one) => {
      const [, at, event = ''] = /\/([^/%]*)%(granted|adopted|revoked|released)\.json$/.exec(one) ?? []
      return at === undefined ? [] : [{ at, event }]
    })
    // At one instant the end comes first: access is reported as gone at the moment when it is granted again.
    const atLast = known.filter(({ at }) => at === known.at(-1)?.at).map(({ event }) => event)
    if (!atLast.includes('granted') && !atLast.includes('adopted'))
      this.fail(`${key} is there, and its history ends in ${atLast.at(-1)}`)
  }
}
