import { renderNameInKey } from '../../../shared/domain/links/name-in-key.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { type Fail, promises } from './violation.ts'

/** What `changes/` calls the events of this object of history, by date, and what it is about. Of a request its body says when. */
function changeOf(
  world: SimulatedWorld,
  historyKey: string,
): { readonly date: string; readonly event: string; readonly name: string } {
  if (historyKey.startsWith('history/suspensions/') || historyKey.startsWith('history/leavers/')) {
    const { at, event, name } = world.readJson(historyKey) ?? {}
    const [date = '', time = ''] = String(at).split('T')
    return { date, event: `${time}%person-${event}`, name: String(name) }
  }
  if (historyKey.startsWith('history/memberships/') || historyKey.startsWith('history/groups/')) {
    const { at, event, group, names } = world.readJson(historyKey) ?? {}
    const [date = '', time = ''] = String(at).split('T')
    const kind = names ? 'membership' : 'group'
    const said = names as { readonly group: string; readonly user: string } | undefined
    const name = renderNameInKey(said ? `${said.group}%${said.user}` : String(group))
    return { date, event: `${time}%${kind}-${event}`, name }
  }
  if (historyKey.startsWith('history/requests/')) {
    const { at, event, key } = world.readJson(historyKey) ?? {}
    const [date = '', time = ''] = String(at).split('T')
    return { date, event: `${time}%request-${event}`, name: String(key) }
  }
  const [, folder = '', date = '', time = '', event = ''] =
    /^history\/(.*)\/([^/]*)T([^/%]*)%([^/%]*)\.json$/su.exec(historyKey) ?? []
  const [kind = '', rest = ''] = split(folder)
  const names: Readonly<Record<string, string>> = { pause: 'all', restore: 'all', configuration: kind }
  const about = kind === 'account' ? namedIn(world, historyKey, folder) : (names[kind] ?? rest)
  return { date, event: `${time}%${kind === 'permission-set' ? `${kind}-` : ''}${event}`, name: about }
}

/** By the name that the principal had then, which stands in the object. */
function namedIn(world: SimulatedWorld, historyKey: string, folder: string): string {
  const { principal } = world.readJson(historyKey) ?? {}
  const [scope, account, set, , type] = folder.split('%')
  return [scope, account, set, renderNameInKey(String(principal)), type, 'ssofile'].join('%')
}

function split(text: string): readonly string[] {
  const at = text.indexOf('%')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

const accessEvents = ['granted', 'adopted', 'revoked', 'released']

/**
 * Promise 2, of what is told: what history has stands under `changes/` as well, from the first moment on; where nothing has
 * failed both say the same; and the last word of a name is no end while its access is in force.
 */
export class TrailPromise {
  readonly #world: SimulatedWorld
  readonly #fail: (message: string) => void

  constructor(world: SimulatedWorld, fail: Fail) {
    this.#world = world
    this.#fail = (message) => fail(promises.record, message)
    world.objects.onChange(({ key, eventName }) => {
      if (key.startsWith('history/') && !eventName.startsWith('ObjectRemoved')) this.#checkTold(key)
    })
  }

  #checkTold(key: string): void {
    const { date, event, name } = changeOf(this.#world, key)
    const change = `changes/${date}/${event}%${name}`
    if (this.#world.keys(change).length === 0) this.#fail(`${key} is written, and ${change} is not there`)
  }

  checkAtRest(): void {
    const told = new Set(
      this.#world.keys('history/').map((key) => {
        const { date, event, name } = changeOf(this.#world, key)
        return `changes/${date}/${event}%${name}`
      }),
    )
    // A process that dies between the two tells again, under another instant where it had not written it down; so does one that
    // finds an entry as it was before, brought back by hand, and by the name of now.
    const { chaos, wasInterrupted, unreadable } = this.#world
    if (chaos.struck.size === 0 && !wasInterrupted && unreadable.counts['object spoiled'] === 0) {
      // Of two that look at a request at once, the one that is slower has told it as well.
      const alone = this.#world.keys('changes/').find((key) => !told.has(key) && !key.includes('%request-'))
      if (alone !== undefined) this.#fail(`${alone} stands there, and history has no such event`)
    }
    const { isUntouched, skewMs } = this.#world
    if (isUntouched && skewMs === 0 && this.#world.chaos.struck.size === 0) this.#checkLastWords()
  }

  #checkLastWords(): void {
    for (const key of this.#world.keys('assignments/')) {
      const entry = this.#world.readJson(key)
      if (entry?.state !== 'granted') continue
      const last = this.#told(key.slice('assignments/'.length), accessEvents).at(-1) ?? ''
      if (!['granted', 'adopted'].includes(eventOf(last)))
        this.#fail(`${key} is granted, and its history ends in ${last}`)
    }
    for (const key of this.#world.keys('foreign/')) {
      const last = this.#told(key.slice('foreign/'.length), ['foreign-found', 'foreign-gone']).at(-1) ?? ''
      if (eventOf(last) !== 'foreign-found') this.#fail(`${key} stands there, and its history ends in ${last}`)
    }
  }

  /** The events of its history, in order. */
  #told(assignment: string, events: readonly string[]): readonly string[] {
    return this.#world.keys(`history/${assignment}/`).filter((told) => events.includes(eventOf(told)))
  }
}

function eventOf(historyKey: string): string {
  return historyKey.slice(historyKey.lastIndexOf('%') + 1, -'.json'.length)
}
