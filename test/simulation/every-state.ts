import { type Bounds, explore } from '../shared/reconcile/assignments/explore.ts'

/** Larger bounds than in `npm test`. */
const all: readonly Bounds[] = [
  { changes: 4, deaths: 0, lost: 0, failures: 0, waits: 2 },
  { changes: 3, deaths: 1, lost: 0, failures: 0, waits: 2 },
  { changes: 3, deaths: 0, lost: 1, failures: 0, waits: 2 },
  { changes: 3, deaths: 0, lost: 0, failures: 1, waits: 2 },
  { changes: 2, deaths: 1, lost: 1, failures: 0, waits: 2 },
  { changes: 2, deaths: 1, lost: 0, failures: 1, waits: 2 },
  { changes: 2, deaths: 0, lost: 1, failures: 1, waits: 2 },
]
const columns = ['changes', 'deaths', 'lost', 'failures', 'waits'] as const

/** Prints the number of states of one access within each bound, and a shortest path to each violation. */
export function tellEveryState(): boolean {
  let isRight = true
  process.stdout.write('changes  deaths  calls lost  failures  waits     states      steps  seconds  violations\n')
  for (const bounds of all) {
    const beganMs = performance.now()
    const { states, moves, wrong } = explore(bounds)
    const seconds = ((performance.now() - beganMs) / 1000).toFixed(1)
    const [changes, deaths, lost, failures, waits] = columns.map((name) => bounds[name])
    process.stdout.write(
      `${pad(changes, 7)}${pad(deaths, 8)}${pad(lost, 12)}${pad(failures, 10)}${pad(waits, 7)}${pad(states, 11)}${pad(moves, 11)}${pad(seconds, 9)}${pad(wrong.size, 12)}\n`,
    )
    for (const [is, path] of wrong) process.stdout.write(`\n${is}:\n${path.map((step) => `  ${step}\n`).join('')}\n`)
    isRight &&= wrong.size === 0
  }
  return isRight
}

const pad = (value: number | string | undefined, width: number): string => String(value).padStart(width)
