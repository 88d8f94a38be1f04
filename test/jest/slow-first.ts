import { createRequire } from 'node:module'

const load = createRequire(import.meta.url)
type JestSequencer = typeof import('@jest/test-sequencer', { with: { 'resolution-mode': 'require' }})
const { default: Sequencer } = load('@jest/test-sequencer') as JestSequencer
type Tests = Parameters<InstanceType<typeof Sequencer>['sort']>[0]

/**
 * Jest begins with the files that took longest; in a fresh clone, where it cannot know, with the largest. These are small and
 * take longest: they wait for the CDK in a process of its own, play lives, or wait for what takes minutes. Begun late, they would run on alone at the end.
 */
const slow =
  /\/(simulation|infra\/(templates|validation)|plan\/plan-comes-true|reviews\/large-review|inputs\/every-kind|end-to-end\/(long\/)?(life-of-a-person|acceptance|sessions-room|kill|faults|rebind|runbooks|drift|import-assignments|throttled-commands|expiry|lost-record|hard-lambda|every-command))\.test\.ts$/

export default class SlowFirst extends Sequencer {
  override async sort(tests: Tests): Promise<Tests> {
    const isSlow = ({ path }: Tests[number]) => slow.test(path)
    return (await super.sort(tests)).toSorted((a, b) => Number(isSlow(b)) - Number(isSlow(a)))
  }
}
