import { openAgain } from '../../domain/requests-page/open-again.ts'
import { type Fault, faultsOf, isBusy } from './faults-of.ts'
import { pageClock } from './page-clock.ts'
import type { PageContents, ToldAbout, ToldAccess, ToldBesides, ToldRequest } from './told-request.ts'

/** The faults that the API, or the way to it, reports. */
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
const slowMs = 60_000

/** Whether people sign in here by a provider; otherwise `ssofile browse` serves the page to one person. */
export const isHosted = document.querySelector('script[src]') !== null

/** Calls the page's server, which signs the call and passes it on. */
export class ApiCalls {
  /** Called when the API is busy and the page retries. */
  readonly #onBusy: () => void
  /** The last answer, by path: an unchanged one is not sent again. */
  readonly #known = new Map<string, { readonly etag: string; readonly body: unknown }>()
  #besides: { readonly told: Seldom; readonly me: Me; readonly atMs: number } | undefined

  constructor(onBusy: () => void) {
    this.#onBusy = onBusy
  }

  /**
   * The address opens the page once. The resulting key stays in this tab, so that the page can be reloaded, and the address loses its
   * token.
   */
  async open(): Promise<void> {
    if (isHosted) return void (await this.#get('/me'))
    const token = location.hash.slice(1)
    if (token !== '') {
      history.replaceState(null, '', '/')
      const { key } = await this.#send('/session', { method: 'POST' }, token)
      sessionStorage.setItem(keyName, key)
    }
    if (sessionStorage.getItem(keyName) === null)
      throw new ApiFault([{ received: 'this address without its key', remedy: openAgain }])
  }

  async readAll(): Promise<PageContents> {
    const [{ told, me }, now] = await Promise.all([this.#readSlowly(), isHosted ? this.#get('/now') : undefined])
    const [waiting, mine] = await Promise.all([this.#list('waiting', now?.waiting), this.#list('mine', now?.mine)])
    const isCut = waiting.isCut || mine.isCut
    const besides = told && { ...told, access: now.access }
    return { ...me, waiting: waiting.requests, mine: mine.requests, isCut, besides }
  }

  /** Facts that change seldom: each minute on a hosted page, which otherwise reads every few seconds. */
  async #readSlowly(): Promise<{ readonly told: Seldom | undefined; readonly me: Me }> {
    if (!isHosted) return { told: undefined, me: await this.#get('/eligibility') }
    const nowMs = pageClock.nowMs()
    if (this.#besides && nowMs - this.#besides.atMs < slowMs) {
      const { told, me } = this.#besides
      const operations =
        told.operations && (await this.#get('/operations').catch((error: unknown) => this.#forget(error)))
      return { me, told: { ...told, operations } }
    }
    const calls = ['/eligibility', '/me', '/choices'].map((path) => this.#get(path))
    const [me, { isAuditor, isOperator }, chosen] = await Promise.all(calls)
    const told = { isAuditor, operations: isOperator ? await this.#get('/operations') : undefined, ...chosen }
    this.#besides = { told, me, atMs: nowMs }
    return { told, me }
  }

  /** After a refusal, the next read checks again what the person may see. */
  #forget(error: unknown): never {
    this.#besides = undefined
    throw error
  }

  async about({ key }: ToldRequest): Promise<ToldAbout> {
    return this.#get(`/about?request=${encodeURIComponent(key.slice('requests/'.length))}`)
  }

  async everybody(words: string): Promise<Everybody> {
    return this.#get(`/everybody?words=${encodeURIComponent(words)}`)
  }

  async signOut(): Promise<void> {
    const isEnded = await fetch('/sign-out', { method: 'POST' }).then(
      ({ ok }) => ok,
      () => false,
    )
    if (!isEnded)
      throw new ApiFault([{ received: 'no answer to signing out: you are still signed in', remedy: 'try again' }])
    location.replace('/#signed-out')
    location.reload()
  }

  async post(path: PostPath, sent: object): Promise<void> {
    const headers = { 'content-type': 'application/json' }
    await this.#send(`/api${path}`, { method: 'POST', headers, body: JSON.stringify(sent) })
  }

  async #list(
    of: 'waiting' | 'mine',
    first?: RequestsAnswer,
  ): Promise<{ requests: readonly ToldRequest[]; isCut: boolean }> {
    const path = `/requests?of=${of}&limit=${pageLimit}`
    const requests: ToldRequest[] = []
    let answer: RequestsAnswer = first ?? (await this.#get(path))
    for (let page = 1; ; page++) {
      requests.push(...answer.requests)
      if (!answer.nextToken || page === pagesMost) return { requests, isCut: Boolean(answer.nextToken) }
      answer = await this.#get(`${path}&nextToken=${encodeURIComponent(answer.nextToken)}`)
    }
  }

  #get(path: string) {
    return this.#send(`/api${path}`, {})
  }

  async #send(path: string, init: RequestInit, secret = isHosted ? '' : (sessionStorage.getItem(keyName) ?? '')) {
    const known = init.method === undefined ? this.#known.get(path) : undefined
    const headers = {
      ...init.headers,
      ...(isHosted ? {} : { authorization: `Bearer ${secret}` }),
      ...(known === undefined ? {} : { 'if-none-match': known.etag }),
    }
    for (let attempt = 1; ; attempt++) {
      const answer = await fetch(path, { ...init, headers }).catch(() => {
        throw new ApiFault([{ received: 'no answer: what served this page has ended', remedy: openAgain }])
      })
      if (known !== undefined && answer.status === 304) return known.body
      const body = await answer.json()
      const etag = answer.headers.get('etag')
      if (answer.ok && etag !== null) this.#known.set(path, { etag, body })
      if (answer.ok) return body
      if (isHosted && answer.status === 401) signIn(answer.headers.get('x-sign-in') === 'fresh')
      if (!isBusy(answer.status) || attempt === triesMost) throw new ApiFault(faultsOf(answer.status, body))
      this.#onBusy()
      await pageClock.sleep(1000 * (Number(answer.headers.get('retry-after')) || attempt))
    }
  }
}

export type PostPath = '/requests' | '/approvals' | '/release' | '/pause' | '/resume'
type RequestsAnswer = { readonly requests: readonly ToldRequest[]; readonly nextToken?: string }
type Seldom = Omit<ToldBesides, 'access'>
type Me = Pick<PageContents, 'name' | 'eligible' | 'unusable' | 'unreadGroups'>
export type Everybody = {
  readonly rows: readonly ToldAccess[]
  readonly all: number
  readonly accounts: Readonly<Record<string, string>>
}

/** Signs in by the provider, and returns to the same view. A person who has just signed out is not signed in automatically. */
function signIn(isFresh: boolean): void {
  const view = location.hash.slice(1)
  if (view === 'signed-out') return
  location.assign(`/sign-in?to=${encodeURIComponent(view)}${isFresh ? '&fresh' : ''}`)
}
