import * as fc from 'fast-check'
import type { Action } from './action.ts'
import { deleteLink, home, linkOf, scenario, settledMs, shortMs, upload, wait } from './scenario-steps.ts'
import { type SelectorBody, selectors } from './selector-actions.ts'

const body = fc.constantFrom(...(Object.keys(selectors) as SelectorBody[]))
const drawn = fc.record({
  home,
  shortMs,
  settledMs,
  before: fc.constantFrom('unit' as const, 'tag' as const, 'names' as const, 'rest' as const),
  after: body,
  minuteMs: fc.constantFrom(200, 70_000, 130_000),
})
export const writeSelector = (said: SelectorBody): Action => ({ do: 'write a selector', name: 'pick', body: said })
const selecting = linkOf('select%pick')

/** Histories of selectors that change under their links. */
export const selectorScenarios: readonly fc.Arbitrary<readonly Action[]>[] = [
  // What was granted by it changes with it, and once more before all is done.
  scenario(drawn, ({ before, after, settledMs: ms, minuteMs }) => [
    writeSelector(before),
    upload(selecting),
    wait(20_000 + ms),
    writeSelector(after),
    wait(minuteMs),
    writeSelector(before),
    wait(70_000 + ms),
  ]),
  // Nobody knows what it means, while another link of the same access goes.
  scenario(drawn, ({ home: { account, unit, elsewhere }, before, settledMs: ms, minuteMs }) => [
    writeSelector(before),
    upload(selecting),
    upload(linkOf(`account%${account}`)),
    wait(20_000 + ms),
    writeSelector('broken'),
    wait(minuteMs),
    deleteLink(linkOf(`account%${account}`)),
    upload(linkOf(`ou_id%${unit}`)),
    { do: 'move an account', account, unit: elsewhere, silently: false },
    wait(70_000),
    writeSelector(before),
    wait(70_000),
  ]),
  // An account leaves the selection, and comes back while that is worked on.
  scenario(drawn, ({ home: { account, unit, elsewhere }, shortMs: soonMs, settledMs: ms }) => [
    writeSelector('unit'),
    upload(selecting),
    wait(20_000 + ms),
    { do: 'move an account', account, unit: elsewhere, silently: false },
    wait(soonMs),
    writeSelector('rest'),
    wait(soonMs),
    { do: 'move an account', account, unit, silently: false },
    { do: 'tag an account', account, value: 'b', silently: false },
    wait(70_000),
  ]),
  // Its file goes, while its link is changed.
  scenario(drawn, ({ before, shortMs: soonMs, minuteMs }) => [
    writeSelector(before),
    upload(selecting),
    wait(25_000),
    { do: 'delete a selector', name: 'pick' },
    wait(soonMs),
    upload(selecting, 'reason'),
    wait(minuteMs),
    writeSelector(before),
    wait(70_000),
  ]),
]
