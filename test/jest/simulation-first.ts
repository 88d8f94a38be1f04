import { createRequire } from 'node:module'

const load = createRequire(import.meta.url)
type JestSequencer = typeof import('@jest/test-sequencer', { with: { 'resolution-mode': 'require' }})
const { default: Sequencer } = load('@jest/test-sequencer') as JestSequencer
type Tests = Parameters<InstanceType<typeof Sequencer>['sort']>[0]

/**
 * Jest begins with the files that took longest; in a fresh clone, where it cannot know, with the largest. The simulation
 * is small and takes longest: begun late, it would run on alone at the end.
 */
export default class SimulationFirst extends Sequencer {
  override async sort(tests: Tests): Promise<Tests> {
    const isFirst = ({ path }: Tests[number]) => path.endsWith('/simulation.test.ts')
    return (await super.sort(tests)).toSorted((a, b) => Number(isFirst(b)) - Number(isFirst(a)))
  }
}
