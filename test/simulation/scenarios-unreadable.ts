import * as fc from 'fast-check'
import { type Action, accounts } from './action.ts'
import { assign, deleteLink, home, linkOf, scenario, set, settledMs, shortMs, upload, wait } from './scenario-steps.ts'
import type { SpoilAction } from './spoil-actions.ts'

const foreverMs = 90_000_000
const drawn = fc.record({
  home,
  shortMs,
  settledMs,
  nth: fc.nat(5),
  afterMs: fc.constantFrom(20_000, 600_000, 4_200_000, foreverMs, foreverMs),
})
const spoil = (under: Extract<SpoilAction, { under: string }>['under'], nth: number, afterMs: number): Action => ({
  do: 'spoil an object of ssofile',
  under,
  nth,
  body: nth % 2 === 0 ? 'cut off' : 'another shape',
  afterMs,
})
const refuse = (nth: number, afterMs: number): Action => ({ do: 'S3 refuses to give a link', nth, afterMs })
const reconcile: Action = { do: 'reconcile' }
const check: Action = { do: 'check for drift' }

/** Histories of objects that nobody can read, and of what goes on beside them. */
export const unreadableScenarios: readonly fc.Arbitrary<readonly Action[]>[] = [
  // A ledger entry, while its link goes, and others come.
  scenario(drawn, ({ home: { account, unit }, settledMs: ms, nth, afterMs }) => [
    upload(linkOf(`account%${account}`)),
    upload(linkOf('root%all', set, 'team-2')),
    wait(20_000 + ms),
    spoil('assignments/', nth, afterMs),
    reconcile,
    upload(linkOf(`ou_id%${unit}`)),
    wait(ms),
    deleteLink(linkOf(`account%${account}`)),
    deleteLink(linkOf('root%all', set, 'team-2')),
    wait(70_000),
  ]),
  // The place of an account, while links of that account and of others come and go.
  scenario(drawn, ({ home: { account, unit }, settledMs: ms, shortMs: soonMs, afterMs }) => [
    upload(linkOf(`account%${account}`)),
    upload(linkOf(`ou_id%${unit}`, set, 'team-2')),
    wait(20_000 + ms),
    { do: 'Organizations does not say where an account is', account, forMs: Math.min(afterMs, 4_200_000) },
    reconcile,
    wait(soonMs),
    upload(linkOf(`account%${account}`), 'reason'),
    upload(linkOf('root%all')),
    deleteLink(linkOf(`ou_id%${unit}`, set, 'team-2')),
    wait(70_000),
    check,
    wait(70_000),
  ]),
  // A ledger entry just while it is granted or revoked.
  scenario(drawn, ({ home: { account }, settledMs: ms, shortMs: soonMs, afterMs }) => [
    wait(ms),
    upload(linkOf(`account%${account}`)),
    wait(soonMs),
    spoil('assignments/', 0, afterMs),
    wait(ms),
    deleteLink(linkOf(`account%${account}`)),
    wait(soonMs),
    spoil('assignments/', 0, afterMs),
    wait(70_000),
  ]),
  // A ledger entry, and a drift check finds what others removed and gave beside it.
  scenario(drawn, ({ home: { account }, settledMs: ms, nth, afterMs }) => [
    upload(linkOf('root%all', set, 'team-2')),
    wait(20_000 + ms),
    { do: 'remove what ssofile gave', nth },
    assign(account),
    spoil('assignments/', nth + 1, afterMs),
    check,
    wait(70_000),
  ]),
  // The status of a link, which changes or goes meanwhile.
  scenario(drawn, ({ home: { account, elsewhere }, settledMs: ms, nth, afterMs }) => [
    upload(linkOf(`account%${account}`)),
    upload(linkOf('root%all', 'Late-ps')),
    wait(20_000 + ms),
    spoil('status/links_data/', nth, afterMs),
    { do: 'upload the permission set', name: 'Late-ps', valid: true },
    deleteLink(linkOf(`account%${account}`)),
    { do: 'move an account', account, unit: elsewhere, silently: false },
    wait(ms),
    reconcile,
    wait(70_000),
  ]),
  // What others gave, and then take away again or not, beside what else they do.
  scenario(drawn, ({ home: { account }, settledMs: ms, nth, afterMs }) => [
    wait(ms),
    assign(account),
    assign(accounts[3]),
    nth % 2 === 0 ? check : upload(linkOf(`account%${account}`)),
    wait(20_000 + ms),
    spoil('foreign/', nth, afterMs),
    nth % 3 === 0 ? wait(ms) : { do: 'remove in the console', account, principal: 'GROUP/team one' },
    upload(linkOf('root%all')),
    assign(accounts[1], 'Console-ps'),
    check,
    wait(70_000),
  ]),
  // It is gone when a check looks next, which also has to find what is missing of ours.
  scenario(drawn, ({ settledMs: ms, nth, afterMs }) => [
    upload(linkOf('root%all', set, 'team-2')),
    wait(20_000 + ms),
    assign(accounts[0]),
    check,
    wait(20_000),
    spoil('foreign/', 0, afterMs),
    { do: 'remove in the console', account: accounts[0], principal: 'GROUP/team one' },
    { do: 'remove what ssofile gave', nth },
  ]),
  // Which accounts listings lack.
  scenario(drawn, ({ home: { account }, settledMs: ms, afterMs }) => [
    upload(linkOf(`account%${account}`)),
    wait(20_000 + ms),
    { do: 'an account leaves', account },
    reconcile,
    wait(20_000 + ms),
    spoil('state/missing-accounts.json', 0, afterMs),
    upload(linkOf('root%all', set, 'team-2')),
    wait(70_000),
  ]),
  // The record of access is lost, and its link goes or is looked at again.
  scenario(drawn, ({ home: { account }, settledMs: ms, nth }) => [
    upload(linkOf(`account%${account}`)),
    wait(20_000 + ms),
    { do: 'lose a ledger object', nth: 0 },
    nth % 2 === 0 ? reconcile : check,
    wait(70_000),
    ...(nth % 3 === 0 ? [deleteLink(linkOf(`account%${account}`))] : []),
    wait(600_000),
  ]),
  // The ledger is lost and restored, and what it had is revoked later.
  scenario(drawn, ({ home: { account }, settledMs: ms, nth }) => [
    upload(linkOf(`account%${account}`)),
    upload(linkOf('root%all', set, 'team-2')),
    wait(20_000 + ms),
    { do: 'the ledger is lost, and restored', count: 12, afterMs: 1_000, writes: nth },
    wait(70_000),
    deleteLink(linkOf('root%all', set, 'team-2')),
    wait(70_000),
  ]),
  // All entries are lost a moment after they were granted, mostly before a sweep; what they had is revoked later.
  scenario(drawn, ({ settledMs: ms, nth }) => [
    upload(linkOf('root%all')),
    upload(linkOf('root%all', set, 'team-2')),
    wait(20_000 + ms),
    { do: 'all entries are lost, and restored', writes: nth },
    wait(70_000),
    deleteLink(linkOf('root%all', set, 'team-2')),
    wait(70_000),
  ]),
  // The ledger is lost and restored: what is there, what had ended, and what others gave since then.
  scenario(drawn, ({ home: { account, elsewhere }, settledMs: ms, nth }) => [
    upload(linkOf(`account%${account}`)),
    upload(linkOf('root%all', set, 'team-2')),
    wait(20_000 + ms),
    deleteLink(linkOf(`account%${account}`)),
    wait(20_000 + ms),
    assign(account),
    ...(nth % 2 === 0 ? [upload(linkOf(`ou_id%${elsewhere}`))] : []),
    wait(10_000),
    { do: 'the ledger is lost, and restored', count: 12, afterMs: nth % 3 === 0 ? 1_000 : 400_000, writes: nth },
    wait(90_000),
    deleteLink(linkOf('root%all', set, 'team-2')),
    wait(70_000),
  ]),
  // An old record comes back after its access was revoked, and others gave the same by hand.
  scenario(drawn, ({ home: { account }, settledMs: ms }) => [
    upload(linkOf(`account%${account}`)),
    wait(20_000 + ms),
    deleteLink(linkOf(`account%${account}`)),
    wait(20_000 + ms),
    assign(account),
    { do: 'restore an old version of a ledger object', nth: 0 },
    reconcile,
    wait(600_000),
  ]),
  // S3 refuses a link by which access is there, and something has it looked at again.
  scenario(drawn, ({ home: { account, unit }, settledMs: ms, afterMs }) => [
    upload(linkOf('root%all')),
    upload(linkOf(`account%${account}`)),
    wait(20_000 + ms),
    refuse(1, afterMs),
    deleteLink(linkOf(`account%${account}`)),
    wait(ms),
    upload(linkOf(`ou_id%${unit}`, set, 'team-2')),
    reconcile,
    wait(70_000),
    deleteLink(linkOf('root%all')),
    wait(ms),
  ]),
  // It is refused before anybody could read it.
  scenario(drawn, ({ home: { account }, settledMs: ms, afterMs }) => [
    wait(ms),
    upload(linkOf('root%all')),
    refuse(0, afterMs),
    upload(linkOf(`account%${account}`)),
    upload(linkOf('root%all', set, 'team-2')),
    wait(70_000),
    reconcile,
    wait(ms),
  ]),
]
