import { openAgain } from '../../domain/requests-page/open-again.ts'
import { type Fault, faultsOf, isBusy } from './faults-of.ts'
import { pageClock } from './page-clock.ts'
import type { Told, ToldRequest } from './told-request.ts'

/** What the API, or the way to it, complains of. */
export class ApiFault extends Error {
  readonly faults: readonly Fault[]
  constructor(faults: readonly Fault[]) {
    super(faults[0]?.received)
    this.faults = faults
  }
}

const triesMost = 6
const pagesMost = 5
const pageLimit = 200
const keyName = 'key'

/** Calls the server of the page, which signs the call and passes it on. */
export class ApiCalls {
  /** Hears that the API is busy, and that it is tried again. */
  readonly #onBusy: () => void

  constructor(onBusy: () => void) {
    this.#onBusy = onBusy
  }

  /**
   * The address opens the page once. What it gets for that stays in this tab, so that it can be loaded again, and the
   * address loses its token.
   */
  async open(): Promise<void> {
    const token = location.hash.slice(1)
    if (token !== '') {
      history.replaceState(null, '', '/')
      const { key } = await this.#send('/session', { method: 'POST' }, token)
      sessionStorage.setItem(keyName, key)
    }
    if (sessionStorage.getItem(keyName) === null)
      throw new ApiFault([{ received: 'this address without its key', remedy: openAgain }])
  }

  async readAll(): Promise<Told> {
    const [me, waiting, mine] = await Promise.all([
      this.#get('/eligibility'),
      this.#list('waiting'),
      this.#list('mine'),
    ])
    const { name, eligible, unusable } = me
    const isCut = waiting.isCut || mine.isCut
    return { name, eligible, unusable, waiting: waiting.requests, mine: mine.requests, isCut }
  }

  async post(path: '/requests' | '/approvals', sent: object): Promise<void> {
    const headers = { 'content-type': 'application/json' }
    await this.#send(`/api${path}`, { method: 'POST', headers, body: JSON.stringify(sent) })
  }

  async #list(of: 'waiting' | 'mine'): Promise<{ requests: readonly ToldRequest[]; isCut: boolean }> {
    const requests: ToldRequest[] = []
    let next = ''
    for (let page = 0; page < pagesMost; page++) {
      const answer = await this.#get(`/requests?of=${of}&limit=${pageLimit}${next}`)
      requests.push(...answer.requests)
      if (!answer.nextToken) return { requests, isCut: false }
      next = `&nextToken=${encodeURIComponent(answer.nextToken)}`
    }
    return { requests, isCut: true }
  }

  #get(path: string) {
    return this.#send(`/api${path}`, {})
  }

  async #send(path: string, init: RequestInit, secret = sessionStorage.getItem(keyName) ?? '') {
    const headers = { ...init.headers, authorization: `Bearer ${secret}` }
    for (let attempt = 1; ; attempt++) {
      const answer = await fetch(path, { ...init, headers }).catch(() => {
        throw new ApiFault([{ received: 'no answer: what served this page has ended', remedy: openAgain }])
      })
      const body = await answer.json()
      if (answer.ok) return body
      if (!isBusy(answer.status) || attempt === triesMost) throw new ApiFault(faultsOf(answer.status, body))
      this.#onBusy()
      await pageClock.sleep(1000 * (Number(answer.headers.get('retry-after')) || attempt))
    }
  }
}
