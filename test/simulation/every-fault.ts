import { setImmediate } from 'node:timers/promises'
import { type Action, describeAction } from './action.ts'
import { type Call, canStrike, type FaultKind } from './chaos.ts'
import { allLives } from './lives.ts'
import { type RunOptions, runSimulation } from './run.ts'
import { digestOf } from './same-world.ts'
import type { Judged, SimulatedWorld } from './simulated-world.ts'
import { type CanonicalLife, strike, wait } from './steps.ts'
import { isWrite, type Part, Tape } from './tape.ts'
import type { WorldSettings } from './world-settings.ts'

/** Two plays of a life differ only in the fault. */
const plain: WorldSettings = {
  seed: 4,
  latencyMs: 300,
  latencyP99Ms: 1_200,
  outstanding: 15,
  skewMs: 0,
  mischief: 'any',
}
/** Until then the reconcile of the first hour and the dispatcher have ended. */
const begun = wait(40_000)
const settled = wait(20_000)
/** The lease. A dispatcher renews it every few seconds, and nobody else reads it meanwhile. */
const leaseKey = 'control/dispatcher.json'

/** A read has no effect. So dying at a read is the same as dying before the next write, and a lost answer is the same as a refusal. */
const kindsOfReads = ['freeze', 'refuse-internal', 'refuse-throttled'] as const
const kindsOfWrites = [
  ...kindsOfReads,
  'kill-before',
  'kill-after',
  'lose-answer',
  'break-answer',
  'refuse-denied',
  'refuse-conflict',
  'refuse-race',
] as const
const messages = ['message lost', 'message late', 'message twice'] as const
type Kind = (typeof kindsOfWrites)[number] | (typeof messages)[number]

/** One fault in a life: after the action `at`, at the `nth` call that it can strike, or at the `nth` message. */
export type SingleFault = {
  readonly life: CanonicalLife
  readonly kind: Kind
  readonly nth: number
  readonly at: number
  /** The recorded part before it. */
  readonly part: Part | undefined
}

/** The faults that can strike the calls and messages of a life. */
export type FaultCount = {
  readonly calls: number
  readonly faults: readonly SingleFault[]
}

/** For these two services, throttling slows down all callers. For others it is just one more refusal. */
const isSlowedDown = ({ service }: Call) => service === 'sso-admin' || service === 'identitystore'
const kindsOf = (call: Call): readonly FaultKind[] =>
  (isWrite(call) ? kindsOfWrites : kindsOfReads).filter(
    (kind) => canStrike(kind, call) && (kind !== 'refuse-throttled' || isSlowedDown(call)),
  )

/** Plays the life once without a fault. Throws if it violates a promise even so. */
export async function listFaults(life: CanonicalLife): Promise<FaultCount> {
  const tape = new Tape()
  const from = beforeOf(life).length
  let at = from
  const faults: SingleFault[] = []
  let calls = 0
  // Counts the calls that each kind can strike.
  const met = new Map<Kind, number>()
  const meet = (kind: Kind, isStruck: boolean) => {
    const { part } = tape
    if (part && part.actions > at) {
      at = part.actions
      met.clear()
    }
    const nth = met.get(kind) ?? 0
    met.set(kind, nth + 1)
    if (isStruck) faults.push({ life, kind, nth, at, part })
  }
  // If a function repeats a read while nothing has changed, it gets the same answer, because a process knows nothing of earlier ones. So do
  // not strike the repeated read.
  const asked = new Set<string>()
  let requests = 0
  const isAskedAgain = (call: Call, open: number) => {
    if ((isWrite(call) && call.key !== leaseKey) || open !== requests) asked.clear()
    requests = open
    if (isWrite(call)) return false
    const what = `${call.by} ${call.service} ${call.operation} ${call.key}`
    const isKnown = asked.has(what)
    asked.add(what)
    return isKnown
  }
  const watch = {
    from,
    noteCall: (call: Call, open: number) => {
      calls++
      const struck = isAskedAgain(call, open) ? [] : kindsOf(call)
      for (const kind of kindsOfWrites) if (canStrike(kind, call)) meet(kind, struck.includes(kind))
    },
    noteDelivery: () => {
      asked.clear()
      for (const kind of messages) meet(kind, true)
    },
  }
  const { violation } = await playLife(life, { watch, tape })
  if (violation) throw new Error(`${life.name}: ${violation.message}`)
  return { calls, faults }
}

/** The violation, in words with the whole life. `undefined`: none. Throws if the fault struck nothing. */
export async function playFault(
  { life, kind, nth, at, part }: SingleFault,
  judged = new Set<string>(),
): Promise<string | undefined> {
  const met: string[] = []
  const isJudged = (world: SimulatedWorld) => {
    const digest = digestOf(world)
    met.push(digest)
    return judged.has(digest)
  }
  const { violation, faults, trace } = await playLife(life, { isJudged, part }, faultAction(kind, nth), at)
  const isStruck = Object.values(faults).some((count) => count > 0)
  if (!isStruck) throw new Error(`${life.name}: ${kind} at ${nth} met nothing`)
  if (!violation) {
    for (const one of met) judged.add(one)
    return undefined
  }
  const struck = trace.find((line) => line.endsWith(` ${kind}`)) ?? ''
  return `${life.name}, ${kind} at ${nth}: ${violation.message}\n  ${struck}\n${life.actions.map((action) => `  ${describeAction(action)}\n`).join('')}`
}

function faultAction(kind: Kind, skip: number): Action {
  if (kind === 'message lost') return { do: 'lose the next event', skip }
  if (kind === 'message late') return { do: 'delay the next event', skip }
  if (kind === 'message twice') return { do: 'repeat the next event', skip }
  return strike(kind, 'any', { process: 'any', skip })
}

const beforeOf = ({ before = [] }: CanonicalLife): readonly Action[] => [begun, ...before, settled]

type Play = Judged & RunOptions
/** Plays a life without a fault, or with a fault from the action `at` on. The fault strikes the first fitting call or message. */
export async function playLife(life: CanonicalLife, judged: Play = {}, action?: Action, at = beforeOf(life).length) {
  // The memory that weak references kept for a life is freed when the event loop turns.
  await setImmediate()
  const actions = [...beforeOf(life), ...life.actions]
  return runSimulation({ ...plain, ...life.settings }, actions, { ...judged, fault: action && { at, action } })
}

/** The work of one worker: every `share`-th fault of each life that no other worker has taken. `taken`: a byte for each life. */
export type FaultPart = { readonly share: number; readonly taken: SharedArrayBuffer }

export function allFaults(share: number): FaultPart {
  return { share, taken: new SharedArrayBuffer(allLives.length) }
}

/** The report of one life: its calls, the played faults, the different states at rest, and the violations. */
export type LifeReport = {
  readonly index: number
  readonly name: string
  readonly calls: number
  readonly runs: number
  readonly rests: number
  readonly violations: number
}

export async function playFaults({ share, taken }: FaultPart): Promise<readonly LifeReport[]> {
  const reports: LifeReport[] = []
  const marks = new Uint8Array(taken)
  // Lives with more actions have more faults. Play the short ones last.
  const longestFirst = [...allLives.entries()].sort(([, a], [, b]) => b.actions.length - a.actions.length)
  for (const [index, life] of longestFirst) {
    if (Atomics.exchange(marks, index, 1) === 1) continue
    const { calls, faults } = await listFaults(life)
    let violations = 0
    const judged = new Set<string>()
    // Begin at another fault in each life.
    const played = faults.filter((_, nth) => (nth + index) % share === 0)
    for (const fault of played) {
      const violation = await playFault(fault, judged)
      if (violation === undefined) continue
      violations++
      process.stdout.write(`\n${violation}\n`)
    }
    reports.push({ index, name: life.name, calls, runs: played.length, rests: judged.size, violations })
  }
  return reports
}

/** Prints the lives with their faults. Returns whether nothing was violated. */
export function tellEveryFault(reports: readonly LifeReport[], seconds: number): boolean {
  const row = (...columns: readonly (number | string)[]) =>
    process.stdout.write(`${columns.map((one, nth) => (nth === 4 ? `  ${one}` : String(one).padStart(11))).join('')}\n`)
  const rowOf = (lives: readonly LifeReport[], name: string) => {
    const total = (of: (report: LifeReport) => number) => lives.reduce((sum, report) => sum + of(report), 0)
    row(
      total((one) => one.calls),
      total((one) => one.runs),
      total((one) => one.rests),
      total((one) => one.violations),
      name,
    )
  }
  row('calls', 'faults', 'rests', 'violations', 'life')
  for (const report of reports.toSorted((a, b) => a.index - b.index)) rowOf([report], report.name)
  rowOf(reports, `${reports.length} lives, ${seconds.toFixed(0)} s`)
  return reports.every((report) => report.violations === 0)
}
