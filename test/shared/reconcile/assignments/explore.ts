import { hash } from 'node:crypto'
import { decide } from '../../../../shared/reconcile/assignments/decide.ts'
import {
  begin,
  beginning,
  checkDrift,
  type Done,
  factsOf,
  isAsked,
  noteAsked,
  nowOf,
  perform,
  type Request,
  type State,
  settlingSeconds,
} from './one-access.ts'

/** How often each may happen in one life. */
export type Bounds = Readonly<Record<'changes' | 'deaths' | 'lost' | 'failures' | 'waits', number>>
type Cost = keyof Bounds | undefined
type Move = { readonly label: string; readonly to: State; readonly cost?: Cost; readonly wrong?: string | undefined }
type Node = { readonly state: State; readonly left: Bounds; readonly from?: Node; readonly label: string }

const minute = 60
/** What got no answer is listed within 15 minutes (design, promise 2), and a listing may be five minutes late. */
const effectSeconds = 10 * minute

/** Everything that may happen next. */
function movesFrom(state: State): readonly Move[] {
  return [...changes(state), ...ofIdentityCenter(state), ...waits(state), ...ofSsofile(state)]
}

function changes(state: State): readonly Move[] {
  const { links, isGone, there, entry, request, late } = state
  const toggled = (name: string): Move => {
    const isThere = links.includes(name)
    const left = isThere ? links.filter((one) => one !== name) : [...links, name].sort()
    return {
      label: `link ${name} ${isThere ? 'is deleted' : 'is uploaded'}`,
      to: noteAsked({ ...state, links: left }),
      cost: 'changes',
    }
  }
  const moves = [toggled('a'), toggled('b')]
  if (!isGone) moves.push({ label: 'the group is deleted', to: noteAsked({ ...state, isGone: true }), cost: 'changes' })
  if (there === undefined && !isGone) {
    const is = entry || request || late ? ('either' as const) : ('theirs' as const)
    moves.push({ label: 'others give it', to: changed(state, is), cost: 'changes' })
  }
  if (there !== undefined)
    moves.push({
      label: 'others take it away',
      to: { ...changed(state, undefined), isMeddledWith: there === 'theirs' ? state.isMeddledWith : true },
      cost: 'changes',
    })
  return moves
}

const changed = (state: State, there: State['there']): State => ({
  ...state,
  there,
  lag: { isListed: state.there !== undefined, until: state.second + settlingSeconds - 1 },
})

function ofIdentityCenter(state: State): readonly Move[] {
  const { request, late } = state
  const moves: Move[] = []
  if (request)
    moves.push(succeed(state, request), { label: 'the request fails', to: ended(state, 'FAILED'), cost: 'failures' })
  if (late) {
    const isInTime = ageOf(late.calledAt, state) < effectSeconds
    if (!request && isInTime)
      moves.push({ label: 'the late call arrives', to: { ...state, late: undefined, request: late } })
    moves.push({ label: 'the late call is lost', to: { ...state, late: undefined } })
  }
  return moves
}

function ended(state: State, outcome: Done['outcome']): State {
  const { request, entry, run, done } = state
  const isKnown = request !== undefined && (run?.ahead ?? entry)?.call?.calledAt === request.calledAt
  return { ...state, request: undefined, done: isKnown ? { calledAt: request.calledAt, outcome } : done }
}

function succeed(state: State, { kind }: Request): Move {
  const over = ended(state, 'SUCCEEDED')
  const label = `the ${kind} succeeds`
  if (kind === 'creation') {
    const is = state.there === 'theirs' ? 'either' : (state.there ?? 'ours')
    return { label, to: state.there === undefined ? changed(over, is) : { ...over, there: is } }
  }
  const wrong = state.there === 'theirs' ? 'what others gave is revoked' : undefined
  return { label, to: state.there === undefined ? over : changed(over, undefined), wrong }
}

function waits(state: State): readonly Move[] {
  const { run, request, late, entry } = state
  // A process that works does not stand still for minutes, but while it waits for a request.
  if (run !== undefined && request === undefined) return []
  const isKnown = entry?.call?.id !== undefined && entry.call.calledAt === request?.calledAt
  const unanswered = late ?? (request && !isKnown ? request : undefined)
  return [6, 16].flatMap((minutes) => {
    const to = later(state, minutes * minute)
    if (unanswered && ageOf(unanswered.calledAt, to) > effectSeconds) return []
    return [{ label: `${minutes} minutes pass`, to, cost: 'waits' as const }]
  })
}

/** In seconds. */
const ageOf = (instant: string, state: State): number => (nowOf(state).getTime() - Date.parse(instant)) / 1000

const later = (state: State, seconds: number): State => ({ ...state, second: state.second + seconds })

function ofSsofile(state: State): readonly Move[] {
  const { run } = state
  if (run === undefined) {
    const drifted = checkDrift(state)
    return [
      { label: 'a hint', to: begin(state) },
      ...(drifted === state ? [] : [{ label: 'a drift check', to: drifted }]),
    ]
  }
  const step = decide(factsOf(state, run))
  const wrong = judge(state, step)
  const moves: Move[] = []
  for (const { label, states } of perform(later(state, 1), run, step)) {
    const last = states.at(-1)
    if (!last) continue
    const cost = label.includes('lost') || label.includes('on its way') ? ('lost' as const) : undefined
    moves.push({ label, to: last, cost, wrong })
    for (const before of states.slice(0, -1))
      moves.push({ label: `${label}, and it dies`, to: { ...before, run: undefined }, cost: 'deaths' })
  }
  moves.push({ label: 'it dies', to: { ...state, run: undefined }, cost: 'deaths' })
  return moves
}

function judge({ run, there, isMeddledWith }: State, step: ReturnType<typeof decide>): string | undefined {
  if (step.do === 'report a contradiction')
    return there === 'either' || isMeddledWith ? undefined : 'history and ledger contradict each other'
  if (step.do !== 'call' || !run) return undefined
  if (step.kind === 'deletion' && run.was === 'asked throughout') return 'what links ask for is revoked'
  if (step.kind === 'creation' && run.was === 'never asked') return 'what no link asks for is granted'
  return step.kind === 'deletion' && there === 'theirs' ? 'what others gave is being revoked' : undefined
}

/** Whatever happens: access of ours has an entry. */
function complain({ there, entry }: State): string | undefined {
  return there === 'ours' && entry === undefined ? 'access of ours has no entry' : undefined
}

/** Nothing happens any more: it comes to rest, and what is there is what is asked for. */
export function comeToRest(from: State): { readonly wrong?: string; readonly path: readonly string[] } {
  let state: State = from
  const path: string[] = []
  for (let moves = 0; moves < 400; moves++) {
    const [move] = [
      ...ofIdentityCenter(state).filter(({ cost }) => cost === undefined),
      ...(state.run ? ofSsofile(state) : []),
    ]
    if (move) {
      path.push(move.label)
      if (move.wrong) return { wrong: move.wrong, path }
      state = move.to
      continue
    }
    if (state.run) return { wrong: 'an evaluation waits for ever', path }
    // A person decides.
    if (path.includes('report a contradiction')) return { path }
    const isAtRest =
      state.entry === undefined || (state.entry.state === 'granted' && state.entry.openUntil === undefined)
    const isRight = isAsked(state) ? state.there !== undefined : state.there !== 'ours'
    const isTrue =
      (state.entry !== undefined) === (state.there === 'ours') || state.there === 'either' || state.there === 'theirs'
    if (path.length > 0 && path.at(-1) === 'finish' && isAtRest && isRight && isTrue) return { path }
    state = begin(checkDrift(later(state, 70 * minute)))
    path.push('70 minutes pass, and a hint')
  }
  return {
    wrong: `it does not come to rest: ${JSON.stringify({ there: state.there, entry: state.entry?.state, reason: state.entry?.reason })}`,
    path,
  }
}

/** The same of all that can still make a difference: instants by their order and age in minutes. */
export function renderState(state: State): string {
  const { second, ...rest } = state
  const lag = rest.lag && second < rest.lag.until ? rest.lag.isListed : undefined
  const text = JSON.stringify({ ...rest, lag })
  const nowMs = nowOf(state).getTime()
  const found = [...new Set(text.match(/2026-[\dT:.-]+Z/g))].sort()
  const ranks = new Map(
    found.map((instant, rank) => [
      instant,
      `${rank}:${Math.min(90, Math.floor((nowMs - Date.parse(instant)) / 60_000))}`,
    ]),
  )
  return text
    .replace(/2026-[\dT:.-]+Z/g, (instant) => ranks.get(instant) ?? instant)
    .replace(/"second":(\d+)/, (_, at) => `"age":${Math.min(90, Math.floor((second - Number(at)) / 60))}`)
}

export type Explored = {
  readonly states: number
  readonly moves: number
  readonly wrong: ReadonlyMap<string, readonly string[]>
}

/** Breadth first: the first path to each violation is a shortest one. */
export function explore(bounds: Bounds, statesMost = Number.POSITIVE_INFINITY): Explored {
  const seen = new Set<string>()
  const rested = new Set<string>()
  const wrong = new Map<string, readonly string[]>()
  let level: Node[] = [{ state: beginning, left: bounds, label: 'the beginning' }]
  let moves = 0
  while (level.length > 0) {
    const next: Node[] = []
    for (const node of level) {
      for (const { label, to, cost, wrong: is } of movesFrom(node.state)) {
        moves++
        const reached: Node = {
          state: to,
          left: cost ? { ...node.left, [cost]: node.left[cost] - 1 } : node.left,
          from: node,
          label,
        }
        if (cost && reached.left[cost] < 0) continue
        const complaint = is ?? complain(to)
        if (complaint) {
          if (!wrong.has(complaint)) wrong.set(complaint, pathTo(reached))
          continue
        }
        const key = hash('sha1', renderState(to), 'base64')
        const whole = key + Object.values(reached.left).join()
        if (seen.has(whole)) continue
        seen.add(whole)
        next.push(reached)
        if (to.run !== undefined || rested.has(key)) continue
        rested.add(key)
        const rest = comeToRest(to)
        if (rest.wrong && !wrong.has(rest.wrong))
          wrong.set(rest.wrong, [...pathTo(reached), '— nothing happens any more —', ...rest.path])
      }
      if (seen.size > statesMost) return { states: seen.size, moves, wrong }
    }
    level = next
  }
  return { states: seen.size, moves, wrong }
}

function pathTo(node: Node): readonly string[] {
  return node.from ? [...pathTo(node.from), node.label] : []
}
