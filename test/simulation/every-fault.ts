import { setImmediate } from 'node:timers/promises'
import { type Action, describeAction } from './action.ts'
import { canonicalLives } from './canonical-lives.ts'
import { type Call, canStrike, type FaultKind } from './chaos.ts'
import { type FaultWatch, runSimulation } from './run.ts'
import { strike, wait } from './scenario-steps.ts'
import type { CanonicalLife } from './scenarios.ts'
import type { Judged, WorldSettings } from './simulated-world.ts'

/** Nothing differs between two plays of a life but the fault. */
const plain: WorldSettings = {
  seed: 4,
  latencyMs: 300,
  latencyP99Ms: 1_200,
  outstanding: 15,
  skewMs: 0,
  mischief: 'any',
}
const settled = wait(20_000)

/** A read has no effect: dying after it, or not hearing its answer, is what happens before the next call. */
const kindsOfReads = ['kill-before', 'freeze', 'refuse-internal', 'refuse-throttled', 'refuse-denied'] as const
const kindsOfWrites = [
  ...kindsOfReads,
  'kill-after',
  'lose-answer',
  'break-answer',
  'refuse-conflict',
  'refuse-race',
] as const
const messages = ['message lost', 'message late', 'message twice'] as const
const kinds = [...kindsOfWrites, ...messages] as const

/** One thing that goes wrong in a life: the `nth` call that this can be done to, or the `nth` message. */
export type SingleFault = { readonly life: CanonicalLife; readonly kind: (typeof kinds)[number]; readonly nth: number }

/** What there is to strike in a life: its calls, and its messages. */
export type FaultCount = {
  readonly life: CanonicalLife
  readonly calls: number
  readonly faults: readonly SingleFault[]
}

const isRead = ({ operation }: Call) => /^(get|head|list|describe|receive)/.test(operation)
const kindsOf = (call: Call): readonly FaultKind[] =>
  (isRead(call) ? kindsOfReads : kindsOfWrites).filter((kind) => canStrike(kind, call))

/** Plays the life once without a fault. Throws where that alone is a violation. */
export async function listFaults(life: CanonicalLife): Promise<FaultCount> {
  const strikable = new Map<(typeof kinds)[number], number[]>()
  const add = (kind: (typeof kinds)[number], nth: number) => strikable.set(kind, [...(strikable.get(kind) ?? []), nth])
  // A fault counts the calls that it can strike.
  const met = new Map<string, number>()
  const next = (what: string) => {
    const nth = met.get(what) ?? 0
    met.set(what, nth + 1)
    return nth
  }
  const watch = {
    from: beforeOf(life).length,
    noteCall: (call: Call) => {
      next('call')
      for (const kind of kindsOfWrites) {
        if (!canStrike(kind, call)) continue
        const nth = next(kind)
        if (kindsOf(call).includes(kind)) add(kind, nth)
      }
    },
    noteDelivery: () => {
      const nth = next('message')
      for (const kind of messages) add(kind, nth)
    },
  }
  const { violation } = await play(life, wait(0), { watch })
  if (violation) throw new Error(`${life.name}: ${violation.message}`)
  const faults = kinds.flatMap((kind) => (strikable.get(kind) ?? []).map((nth) => ({ life, kind, nth })))
  return { life, calls: met.get('call') ?? 0, faults }
}

/** What was violated, in words with the whole life; `undefined`: nothing. Throws where the fault met nothing. */
export async function playFault({ life, kind, nth }: SingleFault): Promise<string | undefined> {
  const { violation, faults, trace } = await play(life, faultAction(kind, nth))
  const isStruck = Object.values(faults).some((count) => count > 0)
  if (!isStruck) throw new Error(`${life.name}: ${kind} at ${nth} met nothing`)
  if (!violation) return undefined
  const struck = trace.find((line) => line.endsWith(` ${kind}`)) ?? ''
  return `${life.name}, ${kind} at ${nth}: ${violation.message}\n  ${struck}\n${life.actions.map((action) => `  ${describeAction(action)}\n`).join('')}`
}

function faultAction(kind: (typeof kinds)[number], skip: number): Action {
  if (kind === 'message lost') return { do: 'lose the next event', count: 1, skip }
  if (kind === 'message late') return { do: 'delay the next event', ms: 120_000, skip }
  if (kind === 'message twice') return { do: 'repeat the next event', count: 1, skip }
  return strike(kind, 'any', { process: 'any', skip })
}

const beforeOf = ({ before = [] }: CanonicalLife): readonly Action[] => [settled, ...before, settled]

/** Without a fault, or with what is done `first`. */
export function playLife(life: CanonicalLife, judged: Judged = {}, first: Action = wait(0)) {
  return play(life, first, judged)
}

async function play(life: CanonicalLife, first: Action, judged: Judged & { readonly watch?: FaultWatch } = {}) {
  // What weak references kept for a life goes when the event loop turns.
  await setImmediate()
  return runSimulation({ ...plain, ...life.settings }, [...beforeOf(life), first, ...life.actions], judged)
}

/** Every `share`-th fault of all lives, the `part`-th of `parts`: a worker's work. */
export type FaultPart = { readonly share: number; readonly part: number; readonly parts: number }

/** Of one life: how many calls there are, how many faults were played, and each violation in words. */
export type LifeReport = { readonly calls: number; readonly runs: number; readonly violations: readonly string[] }

export async function playFaults({ share, part, parts }: FaultPart): Promise<readonly LifeReport[]> {
  const reports: LifeReport[] = []
  let nth = 0
  for (const life of canonicalLives) {
    const { calls, faults } = await listFaults(life)
    const violations: string[] = []
    let runs = 0
    for (const fault of faults) {
      if (nth++ % (share * parts) !== part * share) continue
      runs++
      const violation = await playFault(fault)
      if (violation !== undefined) violations.push(violation)
    }
    reports.push({ calls, runs, violations })
  }
  return reports
}

/** Prints the lives with their faults, and each violation. Answers whether there was none. */
export function tellEveryFault(parts: readonly (readonly LifeReport[])[], seconds: number): boolean {
  const row = (calls: number | string, runs: number | string, violations: number | string, name: string) =>
    `${String(calls).padStart(7)}${String(runs).padStart(9)}${String(violations).padStart(12)}  ${name}\n`
  process.stdout.write(row('calls', 'faults', 'violations', 'life'))
  const total = { calls: 0, runs: 0, violations: 0 }
  for (const [index, { name }] of canonicalLives.entries()) {
    const reports = parts.flatMap((part) => part[index] ?? [])
    const calls = reports[0]?.calls ?? 0
    const runs = reports.reduce((sum, report) => sum + report.runs, 0)
    const violations = reports.flatMap((report) => report.violations)
    process.stdout.write(row(calls, runs, violations.length, name))
    for (const violation of violations) process.stdout.write(`\n${violation}\n`)
    total.calls += calls
    total.runs += runs
    total.violations += violations.length
  }
  process.stdout.write(
    row(total.calls, total.runs, total.violations, `${canonicalLives.length} lives, ${seconds.toFixed(0)} s`),
  )
  return total.violations === 0
}
