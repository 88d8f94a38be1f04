import * as fc from 'fast-check'
import { type Action, accounts, units } from './action.ts'
import {
  assign,
  deleteLink,
  group,
  home,
  linkOf,
  scenario,
  settledMs,
  shortMs,
  strike,
  upload,
  wait,
} from './scenario-steps.ts'

const account = accounts[0]
const accountLink = linkOf(`account%${account}`)
const user = 'mia@example.com'
const userLink = `links_data/account%${account}%First-ps%${user}%USER%ssofile`
const endingSoon = (key: string, endsInMs: number, offset: 'Z' | '+01:00' | '-05:30' = 'Z'): Action => ({
  do: 'upload a link for a while',
  key,
  beginsInMs: undefined,
  endsInMs,
  offset,
})
const again = (name: 'team one' | 'team-2', afterMs: number): Action => ({
  do: 'delete a group and make it again',
  name,
  afterMs,
})
const drawn = fc.record({ home, shortMs, settledMs })
const hourMs = 3_660_000

/** Histories of time, the directory, others' hands and the organization. */
export const changeScenarios: readonly fc.Arbitrary<readonly Action[]>[] = [
  // A link ends, by whatever offset it says so, and is prolonged or not.
  scenario(
    fc.record({ settledMs, offset: fc.constantFrom('Z' as const, '+01:00' as const, '-05:30' as const) }),
    ({ settledMs: ms, offset }) => [
      wait(ms),
      endingSoon(accountLink, 70_000, offset),
      endingSoon(linkOf('root%all', 'First-ps', 'team-2'), 150_000, offset),
      wait(ms),
    ],
  ),
  // Whoever follows the instants is refused just then.
  scenario(drawn, ({ settledMs: ms }) => [
    wait(ms),
    endingSoon(accountLink, 20_000),
    wait(5_000),
    strike('refuse-internal', 'looks', { process: 'handler', times: 1 }),
    wait(70_000),
  ]),
  // A group is deleted, and comes back within its grace or long after it.
  scenario(
    fc.record({ settledMs, afterMs: fc.constantFrom(100, 30_000, 30_000, 4_000_000) }),
    ({ settledMs: ms, afterMs }) => [upload(accountLink), wait(ms), again(group, afterMs), wait(70_000)],
  ),
  // It is never made again.
  scenario(drawn, ({ settledMs: ms }) => [
    upload(accountLink),
    wait(ms),
    { do: 'delete a principal', principal: `GROUP/${group}`, silently: false },
    wait(70_000),
    wait(1_200_000),
  ]),
  // Made again at once, while the former one's access is still there, and the link goes.
  scenario(drawn, ({ settledMs: ms, shortMs: afterMs }) => [
    upload(accountLink),
    wait(ms),
    again(group, 100),
    wait(afterMs),
    wait(afterMs),
    deleteLink(accountLink),
  ]),
  // Two groups swap names, and links name both.
  scenario(drawn, ({ settledMs: ms, home: { unit } }) => [
    upload(accountLink),
    upload(linkOf(`account%${account}`, 'First-ps', 'team-2')),
    upload(linkOf(`ou_id%${unit}`)),
    wait(ms),
    wait(ms),
    { do: 'two groups swap names' },
    wait(ms),
    wait(70_000),
  ]),
  // A name goes from one group to another one, and nobody is told.
  scenario(drawn, ({ settledMs: ms }) => [
    upload(accountLink),
    wait(ms),
    { do: 'lose the next event', count: 2 },
    { do: 'rename a group', from: 'team one', to: 'team-late' },
    { do: 'rename a group', from: 'team-2', to: 'team one' },
    deleteLink(accountLink),
    wait(ms),
  ]),
  // A user goes, and another one gets the name: the link stays with the first.
  scenario(fc.record({ settledMs, afterMs: fc.constantFrom(100, 4_000_000) }), ({ settledMs: ms, afterMs }) => [
    upload(userLink),
    wait(ms),
    wait(ms),
    { do: 'delete a user and make it again', name: user, afterMs, silently: false },
    wait(70_000),
    wait(4_200_000),
    { do: 'reconcile' },
  ]),
  // The same, and then a sync uploads the link as it is, or somebody asks for it to count as new.
  scenario(
    fc.record({ settledMs, afterMs: fc.constantFrom(100, 4_000_000), asks: fc.boolean(), syncs: fc.boolean() }),
    ({ settledMs: ms, afterMs, asks, syncs }) => [
      upload(userLink),
      wait(ms),
      wait(ms),
      { do: 'delete a user and make it again', name: user, afterMs, silently: false },
      wait(70_000),
      wait(4_200_000),
      asks ? { do: 'have a link count as new', key: userLink } : upload(userLink),
      wait(ms),
      ...(syncs ? [upload(userLink), wait(ms)] : []),
    ],
  ),
  // Somebody removes what ssofile gave, and it is found, whoever is refused meanwhile.
  scenario(
    fc.record({
      settledMs,
      kind: fc.constantFrom('refuse-internal' as const, 'refuse-internal' as const, 'late' as const),
      nth: fc.nat(5),
    }),
    ({ settledMs: ms, kind, nth }) => [
      upload(accountLink),
      upload(linkOf('root%all', 'First-ps', 'team-2')),
      wait(ms),
      wait(ms),
      { do: 'remove what ssofile gave', nth },
      strike(kind, 'hints', { process: 'dispatcher' }),
      { do: 'check for drift' },
      wait(70_000),
    ],
    100,
  ),
  // While a check looks, the name comes to mean another group.
  scenario(
    fc.record({ settledMs, shortMs, late: fc.integer({ min: 1, max: 3 }) }),
    ({ settledMs: ms, shortMs: afterMs, late }) => [
      upload(accountLink),
      wait(ms),
      wait(ms),
      { do: 'remove what ssofile gave', nth: 0 },
      strike('late', 'read-backs', { times: late }),
      { do: 'check for drift' },
      wait(afterMs),
      again(group, 100),
      wait(ms),
    ],
  ),
  // Others' access, in a check.
  scenario(drawn, ({ settledMs: ms, shortMs: afterMs }) => [
    wait(ms),
    { do: 'check for drift' },
    wait(afterMs),
    upload(linkOf('root%all')),
    assign(accounts[1]),
    wait(ms),
    { do: 'check for drift' },
    deleteLink(linkOf('root%all')),
    wait(ms),
  ]),
  // An account moves, told at once or late, and the link of its old place is all that granted.
  scenario(drawn, ({ settledMs: ms, home: { account: moved, unit, elsewhere } }) => [
    upload(linkOf(`ou_id%${unit}`)),
    wait(ms),
    wait(ms),
    { do: 'move an account', account: moved, unit: elsewhere, silently: false },
    wait(ms),
  ]),
  // It moves while somebody reads the whole organization.
  scenario(drawn, ({ settledMs: ms, shortMs: afterMs }) => [
    wait(ms),
    strike('late', 'further pages', { process: 'handler' }),
    { do: 'reconcile' },
    wait(afterMs),
    { do: 'move an account', account, unit: units[2], silently: false },
    wait(20_000),
    upload(linkOf(`ou_id%${units[2]}`)),
    wait(ms),
  ]),
  // A listing lacks an account, without an error.
  scenario(drawn, ({ settledMs: ms, home: { account: lacking, unit } }) => [
    wait(ms),
    { do: 'Organizations does not list an account', account: lacking, times: 1 },
    { do: 'reconcile' },
    wait(5_000),
    upload(linkOf('root%all')),
    upload(linkOf(`ou_id%${unit}`)),
    wait(ms),
  ]),
  // An account closes while somebody has access there.
  scenario(drawn, ({ settledMs: ms, home: { account: closing } }) => [
    upload(linkOf(`account%${closing}`)),
    upload(linkOf('root%all', 'First-ps', 'team-2')),
    wait(20_000 + ms),
    { do: 'close an account', account: closing },
    wait(ms),
  ]),
  // A link comes back while Identity Center is too busy to revoke its access, or does not say whether it does.
  scenario(
    fc.record({ settledMs, kind: fc.constantFrom('refuse-conflict' as const, 'refuse-internal' as const) }),
    ({ settledMs: ms, kind }) => [
      upload(accountLink),
      wait(5_000 + ms),
      strike(kind, 'deletions', { times: 12 }),
      deleteLink(accountLink),
      wait(ms),
      upload(accountLink),
      wait(70_000),
    ],
    100,
  ),
  // An account leaves, and may come back.
  scenario(drawn, ({ settledMs: ms }) => [
    upload(accountLink),
    wait(ms),
    { do: 'an account leaves', account },
    wait(600_000),
    wait(70_000),
    { do: 'reconcile' },
    wait(70_000),
    wait(hourMs),
    { do: 'reconcile' },
  ]),
]
