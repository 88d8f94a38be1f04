import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react'
import type { Fault } from '../../modules/page/rules/faults-of.ts'
import { type Reading, readingOf, sayUnread } from '../../modules/page/rules/reading.ts'
import { count } from '../../modules/page/rules/say.ts'
import type {
  Choices,
  Eligibilities,
  Me,
  Names,
  NowAnswer,
  PageFacts,
  Slow,
  ToldOperations,
} from '../../modules/page/rules/told.ts'
import { ApiFault, get, isHosted, listRequests, openSession, post, type Sent, takePending } from './api-calls.ts'
import { pageClock } from './page-clock.ts'

/** All requests share the API's limit: 20 a second. A hosted page has a limit of its own, and each read costs money. */
const restMs = isHosted ? 20_000 : 60_000
const slowMs = 60_000
/** Pauses after sending, until the result appears. */
const soonMs = [500, 1000, 1500, 2500, 4000, 6000]

export type Flash = {
  readonly id: string
  readonly type: 'error' | 'success' | 'in-progress'
  readonly text: string
  readonly faults?: readonly Fault[]
}

const noChoices: Choices = { choices: [], abouts: {}, accounts: {}, paths: {} }
async function readSlow(): Promise<Slow> {
  const eligibilities = await get<Eligibilities>('/eligibility')
  if (!isHosted)
    return { me: { name: eligibilities.name, isAuditor: false, isOperator: false }, eligibilities, choices: noChoices }
  const [me, choices] = await Promise.all([get<Me>('/me'), get<Choices>('/choices')])
  return { me, eligibilities, choices }
}

async function readNow() {
  const now = isHosted ? await get<NowAnswer>('/now') : undefined
  const [waiting, mine] = await Promise.all([listRequests('waiting', now?.waiting), listRequests('mine', now?.mine)])
  const isCut = waiting.isCut || mine.isCut
  return { waiting: waiting.requests, mine: mine.requests, isCut, access: now?.access, names: now?.names }
}

/** Reads while the tab is visible, one call at a time, and sends what the person decides. */
export function useTold(view: string) {
  const [told, setTold] = useState<PageFacts>()
  const [flashes, setFlashes] = useState<readonly Flash[]>([])
  /** Why the last look failed. */
  const [fault, setFault] = useState<string>()
  const slow = useRef<{ readonly read: Slow; readonly atMs: number }>(undefined)
  const turn = useRef(0)
  const shown = useRef(view)
  shown.current = view
  const flash = useCallback((one: Flash) => setFlashes((all) => [...all.filter(({ id }) => id !== one.id), one]), [])
  const dismiss = useCallback((id: string) => setFlashes((all) => all.filter((one) => one.id !== id)), [])
  const complain = useCallback(
    (id: string, error: unknown, what?: string) => {
      if (!(error instanceof ApiFault)) throw error
      if (id === 'look') setFault(String(error))
      const text = what === undefined ? 'That did not work' : `Not done: ${what}`
      flash({ id, type: 'error', text, faults: error.faults })
    },
    [flash],
  )
  const look = useCallback(async () => {
    const done = () => {
      setFault(undefined)
      dismiss('look')
    }
    try {
      const atMs = pageClock.nowMs()
      if (slow.current === undefined || atMs - slow.current.atMs > slowMs) {
        const isFirst = slow.current === undefined
        const [read, now] = await Promise.all([readSlow(), isFirst ? readNow() : undefined])
        slow.current = { read, atMs }
        setTold((before) => {
          const last = now ?? before
          return last && { ...before, ...last, ...read, atMs }
        })
        const isOperating = shown.current === 'operations' && read.me.isOperator
        if (isFirst && !isOperating) return done()
      }
      const { read } = slow.current
      const isOperating = shown.current === 'operations' && read.me.isOperator
      const news = isOperating
        ? { operations: { value: await get<ToldOperations>('/operations'), atMs } }
        : { ...(await readNow()), atMs }
      setTold((before) => before && { ...before, ...news })
      done()
    } catch (error) {
      // The next look asks again what the person may see.
      slow.current = undefined
      complain('look', error)
    }
  }, [dismiss, complain])
  const send = useCallback(
    async (...all: readonly Sent[]): Promise<boolean> => {
      const mine = ++turn.current
      setFlashes((before) => before.filter(({ id }) => !id.startsWith('sent')))
      const failed: Sent[] = []
      const itemsOf = new Map<string, number>()
      const tell = (id: string, { done, items }: Sent) => {
        if (items === undefined) return flash({ id, type: 'success', text: done })
        const sum = (itemsOf.get(done) ?? 0) + items
        itemsOf.set(done, sum)
        flash({ id: `sent ${done}`, type: 'success', text: `${done}: ${count(sum, 'item')}.` })
      }
      for (const [at, sent] of all.entries()) {
        const id = `sent ${at}`
        await post(sent, all.slice(at + 1)).then(
          () => tell(id, sent),
          (error: unknown) => {
            failed.push(sent)
            complain(id, error, sent.what)
          },
        )
      }
      if (failed.length === all.length) return false
      void (async () => {
        for (const ms of soonMs) {
          await pageClock.sleep(ms)
          if (mine !== turn.current) return
          await look()
        }
      })()
      return true
    },
    [look, flash, complain],
  )
  useLooks(look, { complain, begin: () => void send(...takePending()) })
  return { told, fault, flashes, flash, dismiss, look, send }
}

type Beginning = { readonly complain: (id: string, error: unknown) => void; readonly begin: () => void }

/** Looks when the page opens, then every 20 seconds and when its tab comes back. */
function useLooks(look: () => Promise<void>, beginning: Beginning): void {
  const first = useRef(beginning)
  useEffect(() => {
    const { complain, begin } = first.current
    const whenVisible = () => void (document.hidden || look())
    void openSession().then(
      () => {
        begin()
        void look()
      },
      (error: unknown) => complain('look', error),
    )
    const stop = pageClock.every(restMs, whenVisible)
    document.addEventListener('visibilitychange', whenVisible)
    return () => {
      stop()
      document.removeEventListener('visibilitychange', whenVisible)
    }
  }, [look])
}

export type App = {
  readonly told: PageFacts
  readonly fault: string | undefined
  readonly look: () => Promise<void>
  readonly send: (...all: readonly Sent[]) => Promise<boolean>
}
export const AppContext = createContext<App | undefined>(undefined)

export function useApp(): App {
  const app = useContext(AppContext)
  if (app === undefined) throw new Error('a view outside of the page')
  return app
}

/** A part of what the page looks at every 20 seconds. `missing`: why it is not all. */
export function useLooked<T>(value: T, missing?: string): Reading<T> {
  const { told, fault, look } = useApp()
  return readingOf({ value, atMs: told.atMs }, { fault, again: () => void look(), missing })
}

/** Names of accounts and of the units above them, if the person's own data has them. */
export function useNames(): Names {
  const { access, choices, names } = useApp().told
  return useMemo(
    () => ({
      accounts: { ...choices.accounts, ...access?.accounts, ...names?.accounts },
      paths: { ...choices.paths, ...access?.paths, ...names?.paths },
    }),
    [access, choices, names],
  )
}

type Answered<T> = {
  readonly path: string | undefined
  readonly answer?: { readonly value: T; readonly atMs: number } | undefined
  readonly fault?: string | undefined
}

/**
 * An answer of the API that only one view needs; read again when `path` or `turn` changes, or when somebody tries again. The last answer
 * of this path stays meanwhile, also after a fault. A turn that comes before the answer asks nothing: an answer may take longer than a turn.
 */
export function useAnswer<T>(path: string | undefined, turn = 0): Reading<T> {
  const [read, setRead] = useState<Answered<T>>()
  const [tries, setTries] = useState(0)
  const asked = useRef<string>(undefined)
  const again = useCallback(() => {
    setRead((now) => now && { ...now, fault: undefined })
    setTries((before) => before + 1)
  }, [])
  useEffect(() => {
    if (asked.current === path) return
    asked.current = path
    if (path === undefined) return
    const atMs = pageClock.nowMs()
    const keep = (told: (before: Answered<T> | undefined) => Answered<T>) => {
      if (asked.current !== path) return
      asked.current = undefined
      setRead((now) => told(now?.path === path ? now : undefined))
    }
    void get<T>(path).then(
      (value) => keep(() => ({ path, answer: { value, atMs } })),
      (error: unknown) => keep((before) => ({ ...before, path, fault: String(error) })),
    )
  }, [path, turn, tries])
  const { answer, fault } = (read?.path === path ? read : undefined) ?? nothingRead
  return useMemo(() => readingOf(answer, { fault, again }), [answer, fault, again])
}

const nothingRead = { answer: undefined, fault: undefined }

type Pages<T> = { readonly path?: string | undefined; readonly pages: readonly T[]; readonly atMs: number }
const noPages = { pages: [], atMs: 0 }

/**
 * The pages of an answer, one after the other while `goesOn` says so. `path` ends in a query. `isCut`: there are more pages, and `goesOn`
 * does not want them yet.
 */
export function usePages<T extends { readonly next: string | null }>(
  path: string | undefined,
  goesOn: (pages: readonly T[]) => boolean = () => true,
) {
  const [read, setRead] = useState<Pages<T>>(noPages)
  const { pages, atMs } = read.path === path ? read : noPages
  const next = pages.length === 0 ? '' : (pages.at(-1)?.next ?? undefined)
  const isAsked = path !== undefined && next !== undefined && goesOn(pages)
  // The number: an empty page has the `next` of the page before, and is asked for again.
  const following = isAsked ? `${path}&page=${pages.length}&after=${encodeURIComponent(next)}` : undefined
  const last = useAnswer<T>(following)
  const page = isAsked && last.is === 'read' ? last : undefined
  useEffect(() => {
    if (page === undefined) return
    const first = { path, pages: [page.value], atMs: page.asOfMs }
    setRead((now) => (now.path === path ? { ...now, pages: [...now.pages, page.value] } : first))
  }, [page, path])
  const again = last.is === 'loading' ? undefined : last.again
  const fault = isAsked && last.is === 'unread' ? last.fault : undefined
  const reading: Reading<readonly T[]> = useMemo(() => {
    const missing = fault === undefined ? (isAsked ? 'The rest is still being read.' : undefined) : sayUnread(fault)
    const whole = { fault: undefined, again: again ?? (() => {}), missing }
    if (pages.length > 0) return readingOf({ value: pages, atMs }, whole)
    return readingOf<readonly T[]>(undefined, { ...whole, fault })
  }, [pages, atMs, fault, again, isAsked])
  return { reading, isLoading: isAsked && fault === undefined, isCut: next !== undefined && !isAsked }
}
