import { isUntouched } from '../at-rest.ts'
import { Judge, type Seen } from './watched.ts'

/**
 * Promise 2, of what is told: what history has stands under `changes/` as well, from the first moment on; and the last word of a
 * name is no end while its access is in force. (That `changes/` has nothing else, and what is told
 * of foreign access: `trail.test.ts`.)
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
    // At one instant it ended first: it is told as gone in the moment in which it is given again.
    const atLast = known.filter(({ at }) => at === known.at(-1)?.at).map(({ event }) => event)
    if (!atLast.includes('granted') && !atLast.includes('adopted'))
      this.fail(`${key} is there, and its history ends in ${atLast.at(-1)}`)
  }
}
