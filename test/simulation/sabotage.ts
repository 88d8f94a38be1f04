import { setImmediate } from 'node:timers/promises'
import { drawLives } from './draw-lives.ts'
import { playLife } from './every-fault.ts'
import { livesOf, longLivesOf } from './lives.ts'
import { numberOf, promises } from './oracle/violation.ts'
import { type RunResult, runSimulation } from './run.ts'
import { type Sabotage, sabotages } from './sabotages.ts'
import type { Judged } from './simulated-world.ts'

const seed = 1

/** The work of one worker, part `part` of `parts`: every `share`-th sabotage whose name contains `sabotagesWith`. */
export type SabotagePart = {
  readonly sabotagesWith: string
  readonly runs: number
  readonly share: number
  readonly part: number
  readonly parts: number
}
export type SabotageReport = { readonly name: string; readonly found: string | undefined }

/** Each defect must be found by the promise that it breaks. */
export async function trySabotages(work: SabotagePart): Promise<readonly SabotageReport[]> {
  const { sabotagesWith, runs, share, part, parts } = work
  const reports: SabotageReport[] = []
  const named = sabotages.filter(({ name }) => name.includes(sabotagesWith))
  for (const [nth, sabotage] of named.filter((_, index) => index % share === 0).entries()) {
    if (nth % parts !== part) continue
    const report = { name: sabotage.name, found: await find(sabotage, runs) }
    reports.push(report)
    process.stdout.write(`${report.name.padEnd(76)} ${report.found ?? `MISSED in ${runs} lives`}\n`)
  }
  return reports
}

/**
 * Looks for the defect in canonical lives with at most one fault, and in random lives. If a life breaks the promise without the defect too,
 * it proves nothing.
 */
export async function find(sabotage: Sabotage, runs: number): Promise<string | undefined> {
  const own = [numberOf(promises[sabotage.breaks])]
  const tell = async (where: string, play: (how: Judged) => Promise<RunResult>) => {
    const { violation } = await play({ promises: own, sabotage })
    if (!violation || (await play({ promises: own })).violation) return undefined
    return `by promise ${violation.promise}, ${where}`
  }
  for (const life of [...livesOf(sabotage.profile), ...longLivesOf(sabotage.profile)]) {
    const found = await tell(`in the life '${life.name}'`, (how) => playLife(life, how, sabotage.strike))
    if (found !== undefined) return found
  }
  for (const [nth, [settings, actions]] of drawLives(seed, runs, sabotage.profile).entries()) {
    // The memory that weak references kept for a life is freed when the event loop turns.
    await setImmediate()
    const found = await tell(`after ${nth + 1} lives`, (how) => runSimulation(settings, actions, how))
    if (found !== undefined) return found
  }
  return undefined
}
