import * as fc from 'fast-check'
import type { Action } from './action.ts'
import { scenario, scopes, set, upload, wait } from './scenario-steps.ts'

const [mia, leo] = ['mia@example.com', 'leo@example.com'] as const
const ofUser = (account: string, name: string) => `links_data/account%${account}%${set}%${name}%USER%ssofile`
const suspend = (name: typeof mia | typeof leo): Action => ({ do: 'suspend a person', name })
const restore = (name: typeof mia | typeof leo): Action => ({ do: 'restore a person', name })

const put = (name: typeof mia | typeof leo): Action => ({ do: 'put into the group', name })
const move = (name: typeof mia | typeof leo, department: 'Engineering' | 'Sales'): Action => {
  return { do: 'change the department', name, department, silently: false }
}
const take = (name: typeof mia | typeof leo): Action => ({ do: 'take out of the group', name })

/** Histories of people who leave, and come back. */
export const peopleScenarios: readonly fc.Arbitrary<readonly Action[]>[] = [
  // What links gave goes, nothing is given meanwhile, and all comes back.
  scenario(scopes, ({ home: { account }, settledMs: ms, shortMs: afterMs }) => [
    upload(ofUser(account, mia)),
    { do: 'assign in the console', account, principal: `USER/${mia}`, permissionSet: 'Console-ps' },
    wait(ms),
    { do: 'check for drift' },
    wait(ms),
    suspend(mia),
    wait(afterMs),
    upload(`links_data/root%all%${set}%${mia}%USER%ssofile`),
    wait(70_000),
    restore(mia),
    wait(ms),
  ]),
  // The file outlives the name, with and without an event.
  scenario(
    fc.record({ scopes, silently: fc.boolean() }),
    ({
      scopes: {
        home: { account },
        settledMs: ms,
      },
      silently,
    }) => [
      upload(ofUser(account, mia)),
      upload(ofUser(account, leo)),
      wait(ms),
      suspend(mia),
      wait(20_000 + ms),
      { do: 'rename a user', from: mia, to: leo, silently },
      wait(70_000),
      { do: 'reconcile' },
      wait(20_000),
    ],
  ),
  // Its message is lost: a sweep finds it.
  scenario(scopes, ({ home: { account }, settledMs: ms }) => [
    upload(ofUser(account, mia)),
    wait(ms),
    { do: 'lose the next event', count: 1 },
    suspend(mia),
    wait(600_000),
    restore(mia),
  ]),
  // Temporary access of who is suspended ends, for good.
  scenario(scopes, ({ home: { account }, settledMs: ms }) => [
    { do: 'write the eligibility', approvals: 1 },
    { do: 'ask for access', account },
    wait(5_000 + ms),
    {
      do: 'decide on a request',
      account,
      by: 'ann',
      decision: 'approve',
      of: 'the present upload',
      isSealed: false,
    },
    wait(20_000 + ms),
    suspend(mia),
    wait(70_000),
    restore(mia),
    wait(ms),
  ]),
  // A file puts somebody into a group; a suspension takes it, and gives it back. The group goes last.
  scenario(scopes, ({ settledMs: ms, shortMs: afterMs }) => [
    put(mia),
    wait(afterMs),
    { do: 'write the group' },
    put(leo),
    wait(20_000 + ms),
    suspend(mia),
    wait(70_000 + ms),
    restore(mia),
    wait(20_000 + ms),
    take(mia),
    wait(afterMs),
    put(mia),
    wait(20_000),
    { do: 'delete the group file' },
    wait(20_000),
    take(mia),
    take(leo),
    wait(ms),
  ]),
  // A rule asks beside a file; the person moves and comes back; what somebody else has done stays. Deleting the rule may be held.
  scenario(scopes, ({ settledMs: ms, shortMs: afterMs }) => [
    { do: 'make a principal', principal: `USER/${leo}`, silently: false },
    { do: 'write the group' },
    move(mia, 'Engineering'),
    { do: 'write the rule', department: 'Engineering' },
    wait(20_000 + ms),
    put(mia),
    wait(afterMs),
    move(mia, 'Sales'),
    wait(20_000),
    take(mia),
    wait(20_000 + ms),
    { do: 'somebody else puts into the group', name: leo },
    move(leo, 'Engineering'),
    move(mia, 'Engineering'),
    wait(20_000 + ms),
    suspend(mia),
    wait(70_000),
    restore(mia),
    wait(20_000),
    move(leo, 'Sales'),
    wait(20_000 + ms),
    { do: 'write the rule', department: 'Sales' },
    wait(20_000 + ms),
    { do: 'delete the rule' },
    wait(ms),
  ]),
  // What somebody else has done stays, whatever files say.
  scenario(scopes, ({ settledMs: ms }) => [
    { do: 'write the group' },
    wait(20_000),
    { do: 'somebody else puts into the group', name: mia },
    put(mia),
    wait(20_000 + ms),
    take(mia),
    { do: 'rename a user', from: leo, to: leo, silently: false },
    wait(ms),
  ]),
]
