import * as z from 'zod'
import { renderNameInKey } from '../../../shared/domain/links/name-in-key.ts'
import { Judge, type Watched } from './watched.ts'

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
      const change = this.#changeOf(key)
      if (this.world.keys(change).length === 0) this.fail(`${key} is written, and ${change} is not there`)
    })
  }

  checkAtRest(): void {
    const { isUntouched, skewMs, chaos, wasInterrupted, unreadable } = this.world
    if (chaos.struck.size > 0 || wasInterrupted || unreadable.counts['object spoiled'] !== 0) return
    // A process that dies between the two tells again, and one that finds an entry as it was before, brought back by hand; of two
    // that look at a request at once, the slower one has told it as well; as of two files that name one person, by either name.
    const told = new Set(this.world.keys('history/').map((key) => withoutPerson(this.#changeOf(key))))
    const isTold = (key: string) => told.has(withoutPerson(key)) || key.includes('%request-')
    const alone = this.world.keys('changes/').find((key) => !isTold(key))
    if (alone !== undefined) this.fail(`${alone} stands there, and history has no such event`)
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

  /** Where the same event stands by its date. Of access by the name that the principal had then, which stands in the object. */
  #changeOf(key: string): string {
    const said = this.world.readJson(key) ?? {}
    const at = String(said.at).replace('T', '/')
    const [, room = ''] = /^history\/([a-z]+)\//.exec(key) ?? []
    if (room === 'requests') return `changes/${at}%request-${said.event}%${said.key}`
    if (room === 'suspensions' || room === 'leavers') return `changes/${at}%person-${said.event}%${said.name}`
    if (room === 'memberships' || room === 'groups') {
      const names = z.object({ group: z.string(), user: z.string() }).safeParse(said.names).data
      const name = renderNameInKey(names ? `${names.group}%${names.user}` : String(said.group))
      return `changes/${at}%${names ? 'membership' : 'group'}-${said.event}%${name}`
    }
    const [, folder = '', date, time, event] = /^history\/(.*)\/([^/]*)T([^/%]*)%([^/%]*)\.json$/su.exec(key) ?? []
    const [kind = '', ...rest] = folder.split('%')
    const [account, set, , type] = rest
    const access = [kind, account, set, renderNameInKey(String(said.principal)), type, 'ssofile'].join('%')
    const named: Readonly<Record<string, string>> = {
      account: access,
      pause: 'all',
      restore: 'all',
      configuration: kind,
    }
    const prefix = kind === 'permission-set' ? `${kind}-` : ''
    return `changes/${date}/${time}%${prefix}${event}%${named[kind] ?? rest.join('%')}`
  }
}

function withoutPerson(change: string): string {
  return change.replace(/(%person-\w+)%.*$/su, '$1')
}
