import { setImmediate } from 'node:timers/promises'
import { canonicalLives } from './canonical-lives.ts'
import { playLife } from './every-fault.ts'
import { hostileLives, requestLives } from './people-lives.ts'
import { runSimulation } from './run.ts'
import { drawLives } from './simulate.ts'

const { own, sweeps, profile, runs, from = 0, only } = JSON.parse(process.argv[2] ?? '{}')
const lives =
  profile === 'hostile'
    ? hostileLives
    : profile === 'requests'
      ? [...requestLives, ...canonicalLives]
      : [...canonicalLives, ...requestLives, ...hostileLives]
const random = drawLives(1, runs, profile)
const plays = [
  ...(sweeps ? lives.map((life) => ['life ' + life.name, () => playLife(life, { promises: own })] as const) : []),
  ...random.map(
    ([settings, actions], i) =>
      [`random ${i + 1}`, () => runSimulation({ ...settings, sweeps }, actions, { promises: own })] as const,
  ),
]
for (let i = only ?? from; i < (only === undefined ? plays.length : only + 1); i++) {
  await setImmediate()
  const drawn = plays[i]
  if (!drawn) break
  const [name, play] = drawn
  const { violation } = await play()
  if (violation) {
    console.log('FOUND ' + JSON.stringify({ i, name, promise: violation.promise }))
    process.exit(0)
  }
}
console.log('NONE')
