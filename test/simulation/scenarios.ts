import * as fc from 'fast-check'
import { type Action, accounts } from './action.ts'
import { answerFaults, type CallGroup } from './chaos.ts'
import {
  assign,
  deleteLink,
  home,
  linkOf,
  longMs,
  scenario,
  scopes,
  set,
  settledMs,
  shortMs,
  skip,
  strike,
  upload,
  wait,
} from './scenario-steps.ts'
import { brakeScenarios } from './scenarios-brake.ts'
import { changeScenarios } from './scenarios-changes.ts'
import { peopleScenarios } from './scenarios-people.ts'
import { permissionSetScenarios } from './scenarios-permission-sets.ts'
import { requestScenarios } from './scenarios-requests.ts'
import { selectorScenarios } from './scenarios-selectors.ts'
import { takeOverScenarios } from './scenarios-take-over.ts'
import { unreadableScenarios } from './scenarios-unreadable.ts'

/**
 * Short histories that lead where defects live; everything in them is an action of its own, so that they mix with what
 * else happens, and a regression keeps only what it needs.
 */
export const scenarios: readonly fc.Arbitrary<readonly Action[]>[] = [
  // One of two links that grant the same goes.
  scenario(scopes, ({ home: { account, unit }, settledMs: ms }) => [
    upload(linkOf('root%all')),
    upload(linkOf(`account%${account}`)),
    wait(ms),
    deleteLink(linkOf(`account%${account}`)),
    upload(linkOf(`ou_id%${unit}`)),
    wait(ms),
    deleteLink(linkOf('root%all')),
  ]),
  // An account moves unseen, and then the link of its old place goes: the new place grants the same.
  scenario(scopes, ({ home: { account, unit, elsewhere }, settledMs: ms, shortMs: afterMs }) => [
    upload(linkOf(`ou_id%${unit}`)),
    upload(linkOf(`ou_id%${elsewhere}`)),
    wait(ms),
    wait(ms),
    { do: 'move an account', account, unit: elsewhere, silently: true },
    deleteLink(linkOf(`ou_id%${unit}`)),
    wait(afterMs),
  ]),
  // The same, and Organizations does not say where the account is.
  scenario(
    scopes,
    ({ home: { account, unit, elsewhere }, settledMs: ms, skip: times }) => [
      upload(linkOf(`ou_id%${unit}`)),
      upload(linkOf(`ou_id%${elsewhere}`)),
      wait(ms),
      wait(ms),
      { do: 'move an account', account, unit: elsewhere, silently: true },
      // It is asked nine times before that is an error.
      strike('refuse-internal', 'accounts', { times: 9 + times }),
      deleteLink(linkOf(`ou_id%${unit}`)),
      wait(70_000),
    ],
    100,
  ),
  // Likewise by a tag.
  scenario(scopes, ({ settledMs: ms, shortMs: afterMs }) => [
    upload(linkOf('account_tag%team^a')),
    upload(linkOf(`account%${accounts[1]}`)),
    wait(ms),
    { do: 'tag an account', account: accounts[1], value: 'a', silently: true },
    deleteLink(linkOf(`account%${accounts[1]}`)),
    wait(afterMs),
  ]),
  // Granted, taken away and granted again within minutes.
  scenario(scopes, ({ home: { account }, settledMs: ms }) => [
    upload(linkOf(`account%${account}`)),
    wait(ms),
    deleteLink(linkOf(`account%${account}`)),
    wait(ms),
    upload(linkOf(`account%${account}`)),
  ]),
  // Deleted while it is being granted.
  scenario(scopes, ({ home: { account }, shortMs: afterMs }) => [
    wait(5_000),
    upload(linkOf(`account%${account}`)),
    wait(afterMs),
    deleteLink(linkOf(`account%${account}`)),
  ]),
  // AWS refuses or fails a deletion.
  scenario(
    fc.record({
      home,
      settledMs,
      kind: fc.constantFrom('refuse-denied' as const, 'lose-answer' as const),
      times: fc.nat(3),
    }),
    ({ home: { account }, settledMs: ms, kind, times }) => [
      upload(linkOf(`account%${account}`)),
      wait(ms),
      strike(kind, 'deletions', { times: times + 1 }),
      deleteLink(linkOf(`account%${account}`)),
      wait(ms),
    ],
  ),
  // Nobody knows from its answer whether a creation or a deletion took effect.
  scenario(
    fc.record({
      home,
      settledMs,
      kind: fc.constantFrom(...answerFaults),
      calls: fc.constantFrom<CallGroup>('creations', 'deletions'),
      times: fc.integer({ min: 1, max: 8 }),
    }),
    ({ home: { account }, settledMs: ms, kind, calls, times }) => [
      strike(kind, calls, { times }),
      upload(linkOf(`account%${account}`)),
      wait(ms),
      deleteLink(linkOf(`account%${account}`)),
      wait(ms),
    ],
  ),
  // AWS refuses a creation again and again, and meanwhile somebody gives the access by hand.
  scenario(
    fc.record({
      home,
      longMs,
      kind: fc.constantFrom('refuse-conflict' as const, 'refuse-denied' as const, 'refuse-throttled' as const),
    }),
    ({ home: { account }, longMs: ms, kind }) => [
      wait(5_000),
      strike(kind, 'creations', { times: 40 }),
      upload(linkOf(`account%${account}`)),
      wait(ms),
      assign(account),
      wait(ms),
      deleteLink(linkOf(`account%${account}`)),
    ],
  ),
  // The policy that the permission set needs is missing in the account: requests come out FAILED.
  scenario(scopes, ({ home: { account }, settledMs: ms }) => [
    { do: 'remove a policy that First-ps needs', account },
    upload(linkOf(`account%${account}`)),
    wait(ms),
    upload(linkOf('root%all')),
    { do: 'restore the policy', account },
  ]),
  // The dispatcher dies with requests outstanding, and more work comes.
  scenario(scopes, ({ home: { account }, shortMs: afterMs }) => [
    wait(5_000),
    upload(linkOf('root%all')),
    wait(afterMs),
    wait(afterMs),
    { do: 'kill the dispatcher' },
    upload(linkOf('root%all', set, 'team-2')),
    deleteLink(linkOf('root%all')),
    assign(account),
    wait(70_000),
  ]),
  // A dispatcher stands still at some call until another one works.
  scenario(
    fc.record({
      skip,
      shortMs,
      calls: fc.constantFrom<CallGroup>('any', 'ledger', 'links', 'read-backs', 'creations'),
    }),
    ({ shortMs: afterMs, calls, skip: before }) => [
      wait(5_000),
      strike('freeze', calls, { skip: before }),
      upload(linkOf('root%all')),
      wait(afterMs),
      wait(70_000),
      upload(linkOf('root%all', set, 'team-2')),
      wait(70_000),
      wait(30_000),
      deleteLink(linkOf('root%all')),
    ],
  ),
  // Access that somebody gave by hand before, or gives after, a link grants it.
  scenario(scopes, ({ home: { account }, settledMs: ms, shortMs: afterMs }) => [
    assign(account),
    upload(linkOf(`account%${account}`)),
    wait(ms),
    deleteLink(linkOf(`account%${account}`)),
    wait(afterMs),
    assign(account),
    wait(ms),
  ]),
  // The permission set comes after its links.
  scenario(scopes, ({ home: { account }, settledMs: ms }) => [
    upload(linkOf(`account%${account}`, 'Late-ps')),
    wait(ms),
    { do: 'upload the permission set', name: 'Late-ps', valid: true },
    upload(linkOf('root%all', 'Late-ps')),
  ]),
  // Hints or wakes travel for seconds.
  scenario(
    fc.record({
      home,
      calls: fc.constantFrom('hints' as const, 'hints' as const, 'wakes' as const),
      more: fc.constantFrom(0, 0, 1),
      settledMs,
    }),
    ({ home: { account, unit }, calls, more, settledMs: ms }) => [
      wait(ms),
      strike('late', calls, { process: 'handler', times: 1 + more * 11 }),
      upload(linkOf(`account%${account}`)),
      ...(more === 0 ? [] : [upload(linkOf(`ou_id%${unit}`))]),
      wait(2_000),
      wait(70_000),
    ],
    100,
  ),
  // A status is being told while its link goes, and nothing else would tell it again.
  scenario(
    fc.record({ home, shortMs, settledMs, times: fc.integer({ min: 1, max: 3 }) }),
    ({ home: { account }, shortMs: afterMs, settledMs: ms, times }) => [
      wait(ms),
      strike('late', 'statuses', { times }),
      upload(linkOf(`account%${account}`, 'Late-ps', 'team-2')),
      upload(linkOf('root%all', 'Late-ps')),
      wait(afterMs),
      wait(300),
      deleteLink(linkOf('root%all', 'Late-ps')),
      deleteLink(linkOf(`account%${account}`, 'Late-ps', 'team-2')),
    ],
  ),
  // What the ledger says of one account is on its way while the next one changes.
  scenario(fc.record({ settledMs, skip: fc.constantFrom(2, 3) }), ({ settledMs: ms, skip: before }) => [
    upload(linkOf('root%all')),
    wait(20_000 + ms),
    strike('late-answer', 'ledger reads', { skip: before }),
    deleteLink(linkOf('root%all')),
    wait(20_000),
  ]),
  // The same, while another link of the same access is told.
  scenario(
    fc.record({ home, skip: fc.constantFrom(1, 2), afterMs: fc.constantFrom(1_500, 2_000, 2_500) }),
    ({ home: { account }, skip: before, afterMs }) => [
      { do: 'let requests take this long', ms: 300 },
      upload(linkOf('root%all')),
      wait(20_000),
      strike('late-answer', 'ledger reads', { skip: before, times: 3 }),
      upload(linkOf(`account%${account}`)),
      wait(afterMs),
      deleteLink(linkOf('root%all')),
      wait(20_000),
      { do: 'let requests take this long', ms: 0 },
    ],
    100,
  ),
  // A link cannot be read while it is judged whether another one's deletion takes the access away.
  scenario(
    fc.record({
      home,
      settledMs,
      isOnly: fc.boolean(),
      times: fc.constantFrom(1, 8, 30, 60),
      kind: fc.constantFrom('refuse-internal' as const, 'refuse-throttled' as const),
    }),
    ({ home: { account }, settledMs: ms, times, kind, isOnly }) => [
      ...(isOnly ? [] : [upload(linkOf('root%all'))]),
      upload(linkOf(`account%${account}`)),
      wait(ms),
      strike(kind, 'links', { times }),
      deleteLink(linkOf(`account%${account}`)),
      wait(ms),
    ],
  ),
  // What a revocation has to read is refused until it is put off, and nothing else happens.
  scenario(
    fc.record({ home, calls: fc.constantFrom<CallGroup>('links', 'ledger reads') }),
    ({ home: { account }, calls }) => [
      upload(linkOf(`account%${account}`)),
      wait(20_000),
      strike('refuse-internal', calls, { times: calls === 'links' ? 80 : 12 }),
      deleteLink(linkOf(`account%${account}`)),
      wait(20_000),
    ],
    100,
  ),
  // A handler or the dispatcher is refused something at a moment that matters.
  scenario(
    fc.record({
      home,
      skip,
      times: fc.integer({ min: 1, max: 6 }),
      process: fc.constantFrom('dispatcher' as const, 'handler' as const),
      kind: fc.constantFrom(
        'refuse-internal' as const,
        'lose-answer' as const,
        'kill-before' as const,
        'kill-after' as const,
      ),
      calls: fc.constantFrom<CallGroup>(
        'any',
        'writes',
        'hints',
        'ledger',
        'lists',
        'read-backs',
        'creations',
        'deletions',
      ),
    }),
    ({ home: { account }, skip: before, times, process, kind, calls }) => [
      wait(5_000),
      strike(kind, calls, { process, skip: before, times: kind.startsWith('kill') ? 1 : times }),
      upload(linkOf(`account%${account}`)),
      wait(2_000),
      deleteLink(linkOf(`account%${account}`)),
    ],
  ),
  // A listing of the organization breaks off after its first page.
  scenario(
    fc.record({
      times: fc.integer({ min: 1, max: 9 }),
      kind: fc.constantFrom('refuse-internal' as const, 'refuse-throttled' as const),
      settledMs,
    }),
    ({ times, kind, settledMs: ms }) => [
      strike(kind, 'further pages', { process: 'handler', times }),
      { do: 'reconcile' },
      wait(ms),
      upload(linkOf('root%all')),
    ],
  ),
  // An account stops taking changes while access in it is to be taken away.
  scenario(scopes, ({ home: { account }, settledMs: ms, shortMs: afterMs }) => [
    upload(linkOf(`account%${account}`)),
    upload(linkOf('root%all', set, 'team-2')),
    wait(ms),
    { do: 'suspend an account', account },
    deleteLink(linkOf(`account%${account}`)),
    wait(afterMs),
    wait(70_000),
    upload(linkOf(`account%${account}`)),
    wait(afterMs),
    { do: 'reinstate the account', account },
  ]),
  // It takes none for a while, and its links stay.
  scenario(scopes, ({ home: { account }, settledMs: ms }) => [
    upload(linkOf('root%all')),
    wait(20_000),
    { do: 'suspend an account', account },
    { do: 'reconcile' },
    wait(20_000 + ms),
    { do: 'reinstate the account', account },
  ]),
  // A creation leaves long after its dispatcher should have died of it, and its link is gone by then.
  scenario(scopes, ({ home: { account }, shortMs: afterMs }) => [
    wait(5_000),
    strike(afterMs > 400 ? 'freeze' : 'slow', 'creations'),
    upload(linkOf(`account%${account}`)),
    wait(2_000),
    deleteLink(linkOf(`account%${account}`)),
    wait(70_000),
    wait(70_000),
  ]),
  // One and the same second, many files.
  scenario(fc.record({ settledMs }), ({ settledMs: ms }) => [
    upload(linkOf('root%all')),
    upload(linkOf('root%all', set, 'team-2')),
    upload(linkOf('root%all', 'Console-ps', 'team-2')),
    wait(ms),
    deleteLink(linkOf('root%all')),
    deleteLink(linkOf('root%all', set, 'team-2')),
    deleteLink(linkOf('root%all', 'Console-ps', 'team-2')),
  ]),
  ...permissionSetScenarios,
  ...brakeScenarios,
  ...changeScenarios,
  ...unreadableScenarios,
  ...selectorScenarios,
  ...requestScenarios,
  ...takeOverScenarios,
  ...peopleScenarios,
]
