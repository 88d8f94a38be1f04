import { type Fault, faultsOf, isBusy } from '../../modules/page/rules/faults-of.ts'
import { openAgain } from '../../modules/page/rules/open-again.ts'
import type { ToldRequest } from '../../modules/page/rules/told.ts'
import { pageClock } from './page-clock.ts'

/** The faults that the API, or the way to it, reports. */
export class ApiFault extends Error {
  readonly faults: readonly Fault[]
  constructor(faults: readonly Fault[]) {
    super(faults.map(({ received, remedy }) => `received ${received}; ${remedy}`).join('. '))
    this.faults = faults
  }
}

const triesMost = 6
const pagesMost = 5
const pageLimit = 200
const keyName = 'key'
const pendingName = 'pending'

/** Whether people sign in here by a provider; otherwise `ssofile browse` serves the page to one person. */
export const isHosted = !('browse' in document.documentElement.dataset)

export type PostPath = '/requests' | '/approvals' | '/decisions' | '/release' | '/pause' | '/resume'
/** What the person sent. `done`: what to say when it is written. `what`: named if it fails, where there are several. */
export type Sent = {
  readonly path: PostPath
  readonly body: object
  readonly done: string
  readonly what?: string
  /** How many items it is about: the page says one number for all that have the same `done`. */
  readonly items?: number
  /** It goes on after a sign-in: another one would not help. */
  readonly isAgain?: true
}
type RequestsAnswer = { readonly requests: readonly ToldRequest[]; readonly nextToken?: string }
export type RequestList = { readonly requests: readonly ToldRequest[]; readonly isCut: boolean }

/** The last answer, by path: an unchanged one is not sent again. */
const known = new Map<string, { readonly etag: string; readonly text: string }>()

/**
 * `ssofile browse` opens the page once by its address. The resulting key stays in this tab, so that the page can be reloaded, and the
 * address loses its token.
 */
export async function openSession(): Promise<void> {
  if (isHosted) return
  const token = location.hash.slice(1)
  if (/^[\w-]{43}$/.test(token)) {
    history.replaceState(null, '', '/')
    const { key } = await send<{ key: string }>('/session', { method: 'POST' }, token)
    sessionStorage.setItem(keyName, key)
  }
  if (sessionStorage.getItem(keyName) === null)
    throw new ApiFault([{ received: 'this address without its key', remedy: openAgain }])
}

export function get<T>(path: string): Promise<T> {
  return send<T>(`/api${path}`, {})
}

/** If the act needs a newer sign-in, the tab remembers it and what comes after it: they go on afterwards. */
export async function post(sent: Sent, later: readonly Sent[]): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const all = [sent, ...later].map((one) => ({ ...one, isAgain: true }))
  const remember = () => sessionStorage.setItem(pendingName, JSON.stringify({ all, atMs: pageClock.nowMs() }))
  const init = { method: 'POST', headers, body: JSON.stringify(sent.body) }
  await send(`/api${sent.path}`, init, undefined, sent.isAgain ? undefined : remember)
}

const pendingMs = 10 * 60_000

/** What waits for the sign-in from which the person has come back: once, and not for long. Who goes back instead has given it up. */
export function takePending(): readonly Sent[] {
  const text = sessionStorage.getItem(pendingName)
  sessionStorage.removeItem(pendingName)
  const [way] = performance.getEntriesByType('navigation')
  if (text === null || (way instanceof PerformanceNavigationTiming && way.type !== 'navigate')) return []
  const { atMs, all } = JSON.parse(text)
  return pageClock.nowMs() - atMs < pendingMs ? all : []
}

export async function listRequests(of: 'waiting' | 'mine', first?: RequestsAnswer): Promise<RequestList> {
  const path = `/requests?of=${of}&limit=${pageLimit}`
  const requests: ToldRequest[] = []
  let answer = first ?? (await get<RequestsAnswer>(path))
  for (let page = 1; ; page++) {
    requests.push(...answer.requests)
    if (!answer.nextToken || page === pagesMost) return { requests, isCut: Boolean(answer.nextToken) }
    answer = await get(`${path}&nextToken=${encodeURIComponent(answer.nextToken)}`)
  }
}

export async function signOut(): Promise<void> {
  const isEnded = await fetch('/sign-out', { method: 'POST' }).then(
    ({ ok }) => ok,
    () => false,
  )
  if (!isEnded)
    throw new ApiFault([{ received: 'no answer to signing out: you are still signed in', remedy: 'try again' }])
  sessionStorage.clear()
  location.replace('/#/signed-out')
  location.reload()
}

const noAnswer = { received: 'no answer', remedy: 'check your network connection, then try again' }

async function send<T>(path: string, init: RequestInit, token?: string, beforeSignIn?: () => void): Promise<T> {
  const before = init.method === undefined ? known.get(path) : undefined
  const headers = {
    ...init.headers,
    ...(isHosted ? {} : { authorization: `Bearer ${token ?? sessionStorage.getItem(keyName) ?? ''}` }),
    ...(before === undefined ? {} : { 'if-none-match': before.etag }),
  }
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(path, { ...init, headers }).catch(() => {
      throw new ApiFault([isHosted ? noAnswer : { received: 'no answer: ssofile browse has ended', remedy: openAgain }])
    })
    if (before !== undefined && answer.status === 304) return JSON.parse(before.text)
    const text = await answer.text()
    const body = JSON.parse(text)
    const etag = answer.headers.get('etag')
    if (answer.ok && etag !== null && init.method === undefined) known.set(path, { etag, text })
    if (answer.ok) return body
    if (isHosted && answer.status === 401) {
      const isFresh = answer.headers.get('x-sign-in') === 'fresh'
      if (!isFresh) await signIn('')
      else if (beforeSignIn !== undefined) {
        beforeSignIn()
        await signIn('&fresh')
      }
    }
    if (!isBusy(answer.status, init.method === undefined) || attempt === triesMost)
      throw new ApiFault(faultsOf(answer.status, body))
    await pageClock.sleep(1000 * (Number(answer.headers.get('retry-after')) || attempt))
  }
}

const manySignIns = {
  received: 'more sign-ins at once than this page takes',
  remedy: 'wait: the page signs you in by itself as soon as it can',
}

/**
 * Signs in by the provider, and returns to the same view. The browser then leaves this page, so nothing goes on here. Throws ApiFault if too
 * many sign in now, and goes on trying. A person who has just signed out is not signed in automatically.
 */
async function signIn(how: '' | '&fresh'): Promise<void> {
  const view = location.hash.slice(1)
  if (view === '/signed-out') return
  const path = `/sign-in?to=${encodeURIComponent(view)}${how}`
  signingIn ??= goToProvider(path)
  if (!(await signingIn)) throw new ApiFault([manySignIns])
  return new Promise(() => {})
}

/** Several calls may find at once that the session is over. */
let signingIn: Promise<boolean> | undefined

/** Whether the browser goes to the provider now. Otherwise tries again until it does. */
async function goToProvider(path: string): Promise<boolean> {
  const answer = await fetch(path, { headers: { accept: 'application/json' } }).catch(() => undefined)
  if (answer !== undefined && isBusy(answer.status, true)) {
    void waitForTurn(path)
    return false
  }
  // The browser shows any other answer.
  location.assign(answer?.ok ? (await answer.json()).url : path)
  return true
}

async function waitForTurn(path: string): Promise<void> {
  await pageClock.sleep(3_000)
  signingIn = goToProvider(path)
}
