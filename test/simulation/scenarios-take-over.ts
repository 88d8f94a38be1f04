import * as fc from 'fast-check'
import type { Action } from './action.ts'
import {
  assign,
  deleteLink,
  group,
  home,
  linkOf,
  scenario,
  settledMs,
  shortMs,
  upload,
  wait,
} from './scenario-steps.ts'

const drawn = fc.record({ home, shortMs, settledMs, isCompact: fc.boolean() })
/** A release of all is at work from about 60 ms to 260, where no dispatcher holds the lease. */
const dyingMs = fc.integer({ min: 50, max: 300 })
const during = fc.integer({ min: 300, max: 15_000 })
const importAll = (isCompact: boolean, killMs?: number): Action => ({
  do: 'import',
  isCompact,
  account: undefined,
  killMs,
})
const releaseAll = (killMs?: number): Action => ({ do: 'release', nth: undefined, killMs })
/** Everything is listed and taken over, or given back. */
const takenOver = wait(70_000)

/** Histories of operators who take access over and give it back. */
export const takeOverScenarios: readonly fc.Arbitrary<readonly Action[]>[] = [
  // What was given back stays when its link goes.
  scenario(drawn, ({ home: { account }, settledMs: ms }) => [
    upload(linkOf(`account%${account}`)),
    wait(ms),
    releaseAll(),
    takenOver,
    deleteLink(linkOf(`account%${account}`)),
    wait(ms),
  ]),
  // A release dies, and nobody repeats it: what it had begun is ended, or its link takes it along.
  scenario(fc.record({ settledMs, dyingMs }), ({ settledMs: ms, dyingMs: killMs }) => [
    upload(linkOf('root%all')),
    wait(70_000),
    releaseAll(killMs),
    takenOver,
    deleteLink(linkOf('root%all')),
    wait(ms),
  ]),
  // What was taken over is revoked when its link goes, and not before.
  scenario(drawn, ({ home: { account }, settledMs: ms, isCompact }) => [
    wait(ms),
    assign(account),
    importAll(isCompact),
    takenOver,
    deleteLink(linkOf(`account%${account}`)),
    wait(ms),
  ]),
  // Somebody takes it away while it is taken over.
  scenario(fc.record({ home, settledMs, during }), ({ home: { account }, settledMs: ms, during: afterMs }) => [
    wait(ms),
    assign(account),
    importAll(false),
    wait(afterMs),
    { do: 'remove in the console', account, principal: `GROUP/${group}` },
    takenOver,
  ]),
  // Both die on the way, and are run again.
  scenario(drawn, ({ home: { account }, settledMs: ms, shortMs: killMs, isCompact }) => [
    wait(ms),
    assign(account),
    importAll(isCompact, killMs),
    takenOver,
    importAll(isCompact),
    takenOver,
    releaseAll(killMs),
    takenOver,
    releaseAll(),
    takenOver,
    deleteLink(linkOf(`account%${account}`)),
  ]),
]
