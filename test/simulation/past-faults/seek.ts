import { setImmediate } from 'node:timers/promises'
import { drawLives } from '../draw-lives.ts'
import { playLife } from '../every-fault.ts'
import { livesOf } from '../lives.ts'
import type { Profile } from '../profiles.ts'
import { type RunResult, runSimulation } from '../run.ts'

const seed = 1

/** `only`: one life, by its number. */
export type Sought = { readonly profile: Profile | undefined; readonly runs: number; readonly only?: number }
export type NoticedFault = {
  readonly nth: number
  readonly where: string
  readonly isDrawn: boolean
  readonly message: string
}

/** The first violation in the canonical lives of a profile, and then in drawn ones. */
export async function seek({ profile, runs, only }: Sought): Promise<NoticedFault | undefined> {
  const canonical = livesOf(profile).map((life) => ({
    isDrawn: false,
    where: `the life '${life.name}'`,
    play: () => playLife(life),
  }))
  const drawn = drawLives(seed, runs, profile).map(([settings, actions], nth) => {
    return { isDrawn: true, where: `drawn life ${nth + 1}`, play: () => runSimulation(settings, actions) }
  })
  for (const [nth, { where, isDrawn, play }] of [...canonical, ...drawn].entries()) {
    if (only !== undefined && nth !== only) continue
    // The memory that weak references kept for a life is freed when the event loop turns.
    await setImmediate()
    const message = await violationOf(play)
    if (message !== undefined) return { nth, where, isDrawn, message }
  }
  return undefined
}

async function violationOf(play: () => Promise<RunResult>): Promise<string | undefined> {
  return (await play()).violation?.message
}
