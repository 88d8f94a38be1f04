import * as fc from 'fast-check'
import { type Action, accounts } from './action.ts'
import type { Version } from './permission-set-actions.ts'
import {
  deleteLink,
  home,
  linkOf,
  longMs,
  scenario,
  settledMs,
  shortMs,
  skip,
  strike,
  upload,
  wait,
} from './scenario-steps.ts'

const uploadVersion = (version: Version): Action => ({ do: 'upload a version of First-ps', version })
const uploadLate = (version: Version): Action => ({ do: 'upload a version of Late-ps', version })
const deleteFile = (name: 'First-ps' | 'Late-ps'): Action => ({ do: 'delete a permission set file', name })
const change = fc.constantFrom<Version>('more', 'less', 'session', 'tags', 'boundary', 'inline')
const parameters = fc.record({ home, shortMs, settledMs, longMs, skip, change })

/** Short histories of a permission set: its file, its accounts, its links, and other hands. */
export const permissionSetScenarios: readonly fc.Arbitrary<readonly Action[]>[] = [
  // A link waits for its permission set, which takes a while to be made; another link grants it in one of its accounts.
  scenario(parameters, ({ settledMs: ms, change: version }) => [
    deleteFile('First-ps'),
    upload(linkOf('root%all')),
    wait(20_000),
    strike('refuse-internal', 'definitions', { times: 4 }),
    uploadVersion(version),
    wait(5_000),
    upload(linkOf(`account%${accounts[0]}`)),
    wait(ms),
  ]),
  // A change breaks off after its first call, and the file is put back as it was.
  scenario(
    fc.record({ home, skip: fc.constantFrom(0, 0, 0, 1), settledMs, change }),
    ({ home: { account }, skip: before, settledMs: ms, change: version }) => [
      upload(linkOf(`account%${account}`)),
      wait(ms),
      strike('kill-after', 'definitions', { skip: before }),
      uploadVersion(version),
      wait(ms),
      uploadVersion('first'),
      wait(ms),
    ],
  ),
  // A change of two calls breaks off between them, and the file is put back as it was.
  scenario(
    fc.record({ settledMs, change: fc.constantFrom<Version>('session', 'tags', 'boundary', 'inline') }),
    ({ settledMs: ms, change: version }) => [
      uploadVersion('more'),
      wait(20_000),
      strike('refuse-internal', 'definitions', { skip: 1, times: 12 }),
      uploadVersion(version),
      wait(5_000),
      uploadVersion('more'),
      wait(ms),
    ],
  ),
  // A policy is missing in an account while it is brought up to date.
  scenario(parameters, ({ home: { account }, settledMs: ms, longMs: forMs }) => [
    upload(linkOf('root%all')),
    wait(ms),
    wait(ms),
    { do: 'remove a policy that First-ps needs', account },
    uploadVersion('more'),
    wait(forMs),
    { do: 'restore the policy', account },
    wait(ms),
  ]),
  // The file goes while links use it, then the links go.
  scenario(parameters, ({ home: { account }, settledMs: ms, longMs: forMs }) => [
    upload(linkOf(`account%${account}`)),
    wait(forMs),
    deleteFile('First-ps'),
    wait(ms),
    deleteLink(linkOf(`account%${account}`)),
    wait(ms),
  ]),
  // The link and the file go together, or nearly.
  scenario(
    fc.record({ home, settledMs, longMs, shortMs, skip: fc.constantFrom(0, 0, 1) }),
    ({ home: { account }, settledMs: ms, longMs: forMs, shortMs: afterMs, skip: before }) => [
      upload(linkOf(`account%${account}`)),
      wait(forMs),
      strike('late', 'statuses', { skip: before, times: 2 }),
      deleteLink(linkOf(`account%${account}`)),
      wait(afterMs),
      deleteFile('First-ps'),
      wait(ms),
    ],
  ),
  // A link arrives, or the file comes back, while the deletion runs.
  scenario(
    fc.record({ home, settledMs, shortMs, isFile: fc.boolean() }),
    ({ home: { account }, settledMs: ms, shortMs: afterMs, isFile }) => [
      wait(ms),
      deleteFile('First-ps'),
      wait(afterMs),
      isFile ? uploadVersion('first') : upload(linkOf(`account%${account}`)),
      wait(ms),
      uploadVersion('more'),
    ],
  ),
  // The file comes back while it is looked for whatever else may keep the permission set.
  scenario(
    fc.record({ afterMs: fc.constantFrom(3_000, 4_000, 6_000), version: fc.constantFrom<Version>('first', 'tags') }),
    ({ afterMs, version }) => [
      uploadLate('first'),
      wait(20_000),
      strike('late', 'lists', { times: 4 }),
      deleteFile('Late-ps'),
      wait(afterMs),
      uploadLate(version),
      wait(20_000),
    ],
  ),
  // Somebody changes it in the console.
  scenario(
    fc.record({
      home,
      settledMs,
      shortMs,
      change: fc.constantFrom('attach' as const, 'detach' as const, 'session' as const, 'inline' as const),
    }),
    ({ home: { account }, settledMs: ms, shortMs: afterMs, change: other }) => [
      upload(linkOf(`account%${account}`)),
      wait(ms),
      { do: 'change First-ps in the console', change: other },
      wait(afterMs),
      upload(linkOf(`account%${account}`, 'First-ps', 'team-2')),
    ],
  ),
  // Somebody deletes it in the console, as soon as nobody has it.
  scenario(parameters, ({ home: { account }, settledMs: ms, shortMs: afterMs }) => [
    wait(ms),
    { do: 'change First-ps in the console', change: 'delete' },
    wait(afterMs),
    upload(linkOf(`account%${account}`)),
    wait(ms),
    uploadVersion('session'),
  ]),
  // Sessions are ended beside a file that changes, also while the file before it is brought to the accounts.
  scenario(parameters, ({ settledMs: ms, shortMs: afterMs, change: version }) => [
    upload(linkOf('root%all')),
    wait(ms),
    uploadVersion('inline'),
    wait(afterMs),
    { do: 'end sessions', user: 'mia@example.com', permissionSet: 'First-ps', account: undefined },
    wait(70_000),
    uploadVersion(version),
    wait(afterMs),
    uploadVersion('inline'),
    wait(ms),
  ]),
  // More temporary accesses end than an inline policy holds; an operator's end comes later, and has room.
  scenario(parameters, ({ settledMs: ms, shortMs: afterMs, change: version }) => [
    upload(linkOf('root%all')),
    wait(ms),
    { do: 'temporary accesses end', permissionSet: 'First-ps', of: 'many' },
    wait(70_000),
    { do: 'temporary accesses end', permissionSet: 'First-ps', of: 'one' },
    wait(afterMs),
    { do: 'end sessions', user: 'mia@example.com', permissionSet: 'First-ps', account: undefined },
    wait(70_000),
    uploadVersion(version),
    wait(ms),
  ]),
  // An operator forges an entry beside one that counts.
  scenario(parameters, ({ settledMs: ms, shortMs: afterMs }) => [
    upload(linkOf('root%all')),
    wait(ms),
    { do: 'end sessions', user: 'mia@example.com', permissionSet: 'First-ps', account: undefined },
    wait(afterMs),
    { do: 'forge an ended session', user: 'leo@example.com', permissionSet: 'First-ps', with: 'an instant in 2099' },
    wait(70_000),
    { do: 'end sessions', user: 'leo@example.com', permissionSet: 'First-ps', account: undefined },
    wait(ms),
  ]),
  // Several versions within a second, while it is brought to its accounts.
  scenario(parameters, ({ settledMs: ms, shortMs: afterMs, change: version }) => [
    upload(linkOf('root%all')),
    wait(ms),
    { do: 'upload two versions of First-ps', first: version, second: 'first', afterMs },
    wait(afterMs),
    uploadVersion('invalid'),
    wait(afterMs),
    uploadVersion(version),
    upload(linkOf('root%all', 'First-ps', 'team-2')),
  ]),
  // Whoever finds that something still uses it is slow to say so, and meanwhile the last access is revoked.
  scenario(
    fc.record({ home, afterMs: fc.constantFrom(4_000, 5_000, 6_000) }),
    ({ home: { account }, afterMs }) => [
      uploadLate('first'),
      upload(linkOf(`account%${account}`, 'Late-ps')),
      wait(20_000),
      strike('late', 'blocked', { times: 2 }),
      { do: 'let requests take this long', ms: 6_000 },
      deleteLink(linkOf(`account%${account}`, 'Late-ps')),
      wait(afterMs),
      deleteFile('Late-ps'),
      wait(20_000),
      { do: 'let requests take this long', ms: 0 },
    ],
    100,
  ),
  // It takes AWS longer than anybody waits to bring one to its accounts, and then another one changes.
  scenario(fc.record({ settledMs, shortMs, change }), ({ settledMs: ms, shortMs: afterMs, change: version }) => [
    uploadLate('first'),
    upload(linkOf('root%all', 'Late-ps')),
    upload(linkOf('root%all')),
    wait(20_000 + ms),
    { do: 'let requests take this long', ms: 400_000 },
    uploadVersion(version),
    wait(afterMs),
    uploadLate(version),
    wait(400_000),
    { do: 'let requests take this long', ms: 0 },
  ]),
  // While it is told that a file is in force, a bad one takes its place.
  scenario(
    fc.record({ settledMs, change, afterMs: fc.constantFrom(1_000, 2_000, 3_000, 5_000) }),
    ({ settledMs: ms, afterMs, change: version }) => [
      wait(ms),
      strike('late', 'statuses'),
      uploadVersion(version),
      wait(afterMs),
      uploadVersion('invalid'),
      wait(20_000),
    ],
  ),
  // Two permission sets are brought to their accounts at once.
  scenario(parameters, ({ settledMs: ms }) => [
    { do: 'upload the permission set', name: 'Late-ps', valid: true },
    upload(linkOf('root%all', 'Late-ps')),
    upload(linkOf('root%all')),
    wait(ms),
    wait(ms),
    uploadVersion('session'),
    deleteLink(linkOf('root%all', 'Late-ps')),
    deleteFile('Late-ps'),
    wait(ms),
  ]),
]
