import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react'
import type { Fault } from '../../modules/page/rules/faults-of.ts'
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
  const slow = useRef<{ readonly read: Slow; readonly atMs: number }>(undefined)
  const turn = useRef(0)
  const shown = useRef(view)
  shown.current = view
  const flash = useCallback((one: Flash) => setFlashes((all) => [...all.filter(({ id }) => id !== one.id), one]), [])
  const dismiss = useCallback((id: string) => setFlashes((all) => all.filter((one) => one.id !== id)), [])
  const complain = useCallback(
    (id: string, error: unknown, what?: string) => {
      if (!(error instanceof ApiFault)) throw error
      const text = what === undefined ? 'That did not work' : `Not done: ${what}`
      flash({ id, type: 'error', text, faults: error.faults })
    },
    [flash],
  )
  const look = useCallback(async () => {
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
        if (isFirst && !isOperating) return dismiss('look')
      }
      const { read } = slow.current
      const isOperating = shown.current === 'operations' && read.me.isOperator
      const news = isOperating ? { operations: await get<ToldOperations>('/operations') } : await readNow()
      setTold((before) => before && { ...before, ...news, atMs: pageClock.nowMs() })
      dismiss('look')
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
      for (const [at, sent] of all.entries()) {
        const id = `sent ${at}`
        await post(sent, all.slice(at + 1)).then(
          () => flash({ id, type: 'success', text: sent.done }),
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
  useEffect(() => {
    const whenVisible = () => void (document.hidden || look())
    void openSession().then(
      () => {
        void send(...takePending())
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
  }, [look, send, complain])
  return { told, flashes, flash, dismiss, look, send }
}

export type App = {
  readonly told: PageFacts
  readonly look: () => Promise<void>
  readonly send: (...all: readonly Sent[]) => Promise<boolean>
}
export const AppContext = createContext<App | undefined>(undefined)

export function useApp(): App {
  const app = useContext(AppContext)
  if (app === undefined) throw new Error('a view outside of the page')
  return app
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

type Answered<T> = { readonly path: string; readonly answer?: T; readonly fault?: string }

/**
 * An answer of the API that only one view needs; read again when `path` or `turn` changes. The last one stays meanwhile. A turn that comes
 * before the answer asks nothing: an answer may take longer than a turn.
 */
export function useAnswer<T>(path: string | undefined, turn = 0) {
  const [read, setRead] = useState<Answered<T>>()
  const asked = useRef<string>(undefined)
  useEffect(() => {
    if (asked.current === path) return
    asked.current = path
    if (path === undefined) return
    const answered = get<T>(path).then(
      (answer): Answered<T> => ({ path, answer }),
      (error: unknown): Answered<T> => ({ path, fault: String(error) }),
    )
    void answered.then((now) => {
      if (asked.current !== path) return
      asked.current = undefined
      setRead(now)
    })
  }, [path, turn])
  const isLoading = path !== undefined && read?.path !== path
  return { answer: read?.answer, fault: isLoading ? undefined : read?.fault, isLoading }
}

type Pages<T> = { readonly path?: string | undefined; readonly pages: readonly T[] }

/** The pages of an answer, one after the other while `goesOn` says so. `path` ends in a query. */
export function usePages<T extends { readonly next: string | null }>(
  path: string | undefined,
  goesOn: (pages: readonly T[]) => boolean = () => true,
) {
  const [read, setRead] = useState<Pages<T>>({ pages: [] })
  const { pages } = read.path === path ? read : { pages: [] }
  const next = pages.length === 0 ? '' : (pages.at(-1)?.next ?? undefined)
  const asked = path !== undefined && next !== undefined && goesOn(pages)
  // The number: an empty page has the `next` of the page before, and is asked for again.
  const following = asked ? `${path}&page=${pages.length}&after=${encodeURIComponent(next)}` : undefined
  const { answer, fault, isLoading } = useAnswer<T>(following)
  const page = asked && !isLoading ? answer : undefined
  useEffect(() => {
    if (page) setRead((now) => ({ path, pages: now.path === path ? [...now.pages, page] : [page] }))
  }, [page, path])
  return { pages, fault, isLoading, hasMore: next !== undefined }
}
