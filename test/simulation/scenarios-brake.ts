import * as fc from 'fast-check'
import { type Action, accounts, units } from './action.ts'
import type { Version } from './permission-set-actions.ts'
import { deleteLink, group, linkOf, scenario, settledMs, shortMs, strike, upload, wait } from './scenario-steps.ts'

const look: Action = { do: 'look at the brake' }
const release: Action = { do: 'release what was looked at' }
/** Longer than a window of withdrawn links; most of an indirect one. */
const windowMs = fc.constantFrom(70_000, 600_000, 1_000_000, 2_000_000)
/** Just over a window of withdrawn links; between the fourth retry of what failed at its beginning and the fifth. */
const lateInWindowMs = 910_000
const parameters = fc.record({ settledMs, shortMs, windowMs })

const uploadLate = (version: Version): Action => ({ do: 'upload a version of Late-ps', version })
const uploadVersion = (version: Version): Action => ({ do: 'upload a version of First-ps', version })

const taking = fc.constantFrom<Version>('less', 'first', 'boundary')
const next = fc.constantFrom<Version>('less', 'more', 'boundary', 'invalid')

const own = [
  linkOf(`account%${accounts[0]}`),
  linkOf(`account%${accounts[1]}`),
  linkOf(`account%${accounts[2]}`),
  linkOf(`account%${accounts[0]}`, 'First-ps', 'team-2'),
] as const
const inFolder = (key: string) => key.replace('links_data/', 'links_data/folder-a/')
const folder: Action = { do: 'delete all links of a folder', folder: '' }
const move = (from: string, to: string): Action => ({ do: 'move all accounts of a unit', from, to })

/** Short histories of too many revocations, of operators who let them go, and of operators who stop everything. */
export const brakeScenarios: readonly fc.Arbitrary<readonly Action[]>[] = [
  // All links of a folder go; an operator lets the rest go.
  scenario(parameters, ({ settledMs: ms, windowMs: laterMs }) => [
    ...own.map((key) => upload(key)),
    wait(ms),
    folder,
    wait(laterMs),
    look,
    release,
    wait(ms),
  ]),
  // A group loses its name, which has its access held, and has it again.
  scenario(parameters, ({ settledMs: ms }) => [
    upload(linkOf('root%all')),
    wait(20_000),
    { do: 'rename a group', from: group, to: 'team-late' },
    wait(70_000),
    { do: 'rename a group', from: 'team-late', to: group },
    wait(ms),
  ]),
  // One after the other, over windows that follow each other.
  scenario(parameters, ({ settledMs: ms, windowMs: laterMs, shortMs: afterMs }) => [
    ...own.map((key) => upload(key)),
    wait(ms),
    deleteLink(own[0]),
    wait(afterMs),
    deleteLink(own[1]),
    wait(laterMs),
    deleteLink(own[2]),
    deleteLink(own[3]),
  ]),
  // A few at the end of a window: clocks that differ must not end it early.
  scenario(parameters, ({ settledMs: ms }) => [
    { do: 'let clocks go wrong', ms: 120_000 },
    ...own.map((key) => upload(key)),
    wait(20_000 + ms),
    deleteLink(own[0]),
    wait(820_000),
    deleteLink(own[1]),
    wait(8_000),
    deleteLink(own[2]),
  ]),
  // The retry of one that failed comes in the next window, after others.
  scenario(
    parameters,
    ({ settledMs: ms }) => [
      ...own.map((key) => upload(key)),
      wait(20_000 + ms),
      strike('refuse-denied', 'deletions', { times: 5 }),
      deleteLink(own[0]),
      wait(lateInWindowMs),
      deleteLink(own[1]),
      wait(20_000),
      deleteLink(own[2]),
      wait(900_000),
    ],
    100,
  ),
  // The list grows, or shrinks, between a look and a release.
  scenario(parameters, ({ settledMs: ms, shortMs: afterMs }) => [
    ...own.map((key) => upload(key)),
    wait(ms),
    deleteLink(own[0]),
    deleteLink(own[1]),
    deleteLink(own[2]),
    wait(ms),
    look,
    deleteLink(own[3]),
    wait(ms + afterMs),
    release,
  ]),
  // What is held is desired again, and withdrawn again.
  scenario(parameters, ({ settledMs: ms, windowMs: laterMs }) => [
    ...own.map((key) => upload(key)),
    wait(ms),
    folder,
    wait(ms),
    upload(own[2]),
    upload(own[3]),
    wait(laterMs),
    deleteLink(own[3]),
  ]),
  // What is held is looked at again in a later window.
  scenario(parameters, ({ settledMs: ms, windowMs: laterMs }) => [
    ...own.slice(0, 3).map((key) => upload(key)),
    wait(ms),
    folder,
    wait(ms),
    wait(laterMs),
    wait(laterMs),
    upload(linkOf('root%all', 'First-ps', 'team-2')),
    { do: 'upload a link and delete it', key: own[2], afterMs: 30 },
    { do: 'upload a link and delete it', key: own[1], afterMs: 30 },
    wait(ms),
  ]),
  // A link flaps: it is back just when its revocation is decided.
  scenario(fc.record({ settledMs, awayMs: fc.integer({ min: 20, max: 400 }) }), ({ settledMs: ms, awayMs }) => [
    upload(own[0]),
    wait(20_000),
    ...[0, 25, 50, 75].flatMap((more) => [deleteLink(own[0]), wait(awayMs + more), upload(own[0]), wait(ms)]),
  ]),
  // Links of no use among those that are deleted.
  scenario(
    parameters,
    ({ settledMs: ms }) => [
      ...own.map((key) => upload(key)),
      wait(20_000 + ms),
      { do: 'upload forty useless links' },
      wait(ms),
      ...own.map((key) => deleteLink(key)),
      wait(20_000),
    ],
    100,
  ),
  // The lists of two folders: only one of them is looked at, and released.
  scenario(parameters, ({ settledMs: ms }) => [
    ...own.flatMap((key) => [upload(key), upload(inFolder(key))]),
    ...own.map((key) => deleteLink(key)),
    wait(20_000 + ms),
    upload(linkOf(`account%${accounts[0]}`, 'First-ps', 'team-late')),
    look,
    folder,
    { do: 'delete all links of a folder', folder: 'folder-a/' },
    wait(ms),
    release,
    wait(20_000),
  ]),
  // Accounts move: nobody withdrew a link.
  scenario(parameters, ({ settledMs: ms, windowMs: laterMs }) => [
    upload(linkOf(`ou_id%${units[2]}`)),
    upload(linkOf(`ou_id%${units[2]}`, 'First-ps', 'team-2')),
    wait(ms),
    move(units[2], units[0]),
    wait(laterMs),
    look,
    release,
    wait(ms),
    move(units[0], units[2]),
  ]),
  // A revocation fails and is tried again in a later window, when others have used it up.
  scenario(parameters, ({ settledMs: ms, windowMs: laterMs }) => [
    ...own.map((key) => upload(key)),
    wait(ms),
    strike('refuse-denied', 'deletions', { times: 60 }),
    deleteLink(own[0]),
    deleteLink(own[1]),
    wait(laterMs),
    deleteLink(own[2]),
    deleteLink(own[3]),
    wait(laterMs),
  ]),
  // The dispatcher dies, or is refused, while it counts.
  scenario(
    fc.record({
      settledMs,
      windowMs,
      kind: fc.constantFrom('kill-before', 'kill-after', 'refuse-internal'),
      skip: fc.nat(2),
    }),
    ({ settledMs: ms, windowMs: laterMs, kind, skip }) => [
      ...own.map((key) => upload(key)),
      wait(ms),
      deleteLink(own[0]),
      strike(kind, 'brake', { skip, times: kind === 'refuse-internal' ? 4 : 1 }),
      deleteLink(own[1]),
      deleteLink(own[2]),
      wait(laterMs),
      deleteLink(own[3]),
    ],
  ),
  // A file takes away from those who have its permission set, and is put right or replaced before anybody releases it.
  scenario(
    fc.record({ settledMs, shortMs, version: taking, next }),
    ({ settledMs: ms, shortMs: afterMs, ...given }) => [
      uploadVersion('more'),
      ...own.map((key) => upload(key)),
      wait(20_000 + ms),
      uploadVersion(given.version),
      wait(20_000),
      look,
      uploadVersion(given.next),
      wait(afterMs),
      release,
      wait(70_000),
    ],
  ),
  // One uploader takes something away from two sets, and later from one of them again.
  scenario(fc.record({ settledMs, windowMs }), (given) => [
    uploadVersion('more'),
    uploadLate('more'),
    ...own.map((key) => upload(key)),
    upload(linkOf(`account%${accounts[0]}`, 'Late-ps')),
    wait(20_000 + given.settledMs),
    uploadVersion('first'),
    wait(given.settledMs),
    uploadLate('first'),
    wait(20_000),
    uploadVersion('boundary'),
    wait(given.windowMs),
  ]),
  // Nobody has the permission set any more whose emptied file is held.
  scenario(fc.record({ settledMs }), ({ settledMs: ms }) => [
    upload(own[0]),
    wait(20_000 + ms),
    uploadVersion('less'),
    wait(20_000),
    deleteLink(own[0]),
    wait(400_000),
  ]),
  // It is released, and the next file takes away what is left.
  scenario(fc.record({ settledMs, version: fc.constantFrom<Version>('first', 'boundary') }), (given) => [
    uploadVersion('more'),
    uploadLate('more'),
    ...own.map((key) => upload(key)),
    upload(linkOf(`account%${accounts[0]}`, 'Late-ps')),
    wait(20_000 + given.settledMs),
    uploadLate('first'),
    wait(20_000),
    uploadVersion(given.version),
    wait(20_000),
    look,
    release,
    wait(70_000),
    uploadVersion('less'),
    wait(70_000),
  ]),
  // Everything is stopped in the middle of work.
  scenario(parameters, ({ settledMs: ms, windowMs: forMs, shortMs: afterMs }) => [
    upload(linkOf('root%all')),
    upload(linkOf('root%all', 'Console-ps')),
    wait(afterMs),
    { do: 'pause' },
    upload(linkOf('root%all', 'First-ps', 'team-2')),
    wait(ms),
    wait(forMs),
    deleteLink(linkOf('root%all')),
    { do: 'resume' },
  ]),
  // While everything stands still, events get lost.
  scenario(parameters, ({ settledMs: ms, shortMs: afterMs }) => [
    upload(own[0]),
    wait(ms),
    { do: 'pause' },
    wait(70_000),
    { do: 'delete a link unseen under a pause', nth: 0 },
    wait(afterMs),
    { do: 'resume' },
    wait(70_000),
  ]),
]
