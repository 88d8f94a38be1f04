import { assign, deleteLink, linkOf, strike, upload, wait } from '../scenario-steps.ts'
import { calm, type Regression } from './regression.ts'

/** What the simulation once found about objects of ssofile that cannot be read. */
export const unreadableRegressions: readonly Regression[] = [
  {
    name: 'access whose link is deleted goes, although the status of the link cannot be read',
    settings: calm,
    actions: [
      upload(linkOf('root%all', 'First-ps', 'team-2')),
      wait(70_000),
      { do: 'delete a link', nth: 0 },
      { do: 'spoil an object of ssofile', under: 'status/links_data/', nth: 0, body: 'cut off', afterMs: 4_200_000 },
    ],
  },
  {
    name: 'a request is outstanding although its entry can be read by nobody',
    settings: { ...calm, latencyMs: 90_000, provisionings: 3 },
    actions: [
      strike('refuse-throttled', 'creations', { times: 40 }),
      upload(linkOf('account%200000000003')),
      wait(70_000),
      upload(linkOf('root%all', 'First-ps', 'team-2')),
      { do: 'spoil an object of ssofile', under: 'assignments/', nth: 6, body: 'cut off', afterMs: 4_200_000 },
    ],
  },
  {
    name: 'a grant whose principal takes another name is judged by the entry that was written for it',
    settings: { ...calm, seed: 382083728, latencyP99Ms: 200_000, latencyMs: 90_000, provisionings: 1 },
    actions: [
      wait(600_000),
      { do: 'upload the permission set', name: 'First-ps', valid: true },
      wait(2_000),
      upload(linkOf('account%200000000001')),
      wait(100),
      wait(2_000),
      deleteLink(linkOf('account%200000000001')),
      { do: 'spoil an object of ssofile', under: 'assignments/', nth: 0, body: 'cut off', afterMs: 600_000 },
      wait(70_000),
      upload(linkOf('account%200000000001', 'First-ps', 'team-2')),
      upload(linkOf('ou_id%ou-sim0-11111111')),
      wait(2_000),
      wait(2_000),
      { do: 'two groups swap names' },
    ],
  },
  {
    name: 'a link whose access is held says so when its ledger entry can be read again',
    settings: { ...calm, seed: 519163207, provisionings: 1, brakeCount: 1 },
    actions: [
      upload(linkOf('account%200000000001')),
      upload(linkOf('root%all', 'First-ps', 'team-2')),
      wait(25_000),
      { do: 'close an account', account: '200000000001' },
      wait(25_000),
      { do: 'spoil an object of ssofile', under: 'assignments/', nth: 4, body: 'cut off', afterMs: 20_000 },
      { do: 'check for drift' },
      wait(70_000),
    ],
  },
  {
    name: 'what others give after our deletion ended is theirs, although we learn of its end late',
    settings: { ...calm, latencyMs: 20_000, latencyP99Ms: 20_000 },
    actions: [
      upload(linkOf('account%200000000002')),
      wait(70_000),
      deleteLink(linkOf('account%200000000002')),
      wait(8_000),
      { do: 'spoil an object of ssofile', under: 'assignments/', nth: 0, body: 'cut off', afterMs: 600_000 },
      { do: 'kill the dispatcher' },
      wait(70_000),
      assign('200000000002'),
      upload(linkOf('account%200000000002')),
      wait(1_200_000),
    ],
  },
  {
    name: 'access of a renamed group goes, although S3 does not give a link under the name it had',
    settings: { ...calm, provisionings: 1 },
    actions: [
      upload(linkOf('root%all')),
      { do: 'S3 refuses to give a link', nth: 0, afterMs: 90_000_000 },
      { do: 'make a principal', principal: 'GROUP/team one', silently: false },
      upload(linkOf('account%200000000001')),
      wait(20_000),
      { do: 'rename a group', from: 'team one', to: 'team-late' },
      deleteLink(linkOf('account%200000000001')),
      wait(20_000),
    ],
  },
  {
    name: 'a link that S3 does not give came after the look at links that a revocation was decided by',
    settings: calm,
    actions: [
      upload(linkOf('account%200000000001')),
      wait(70_000),
      deleteLink(linkOf('account%200000000001')),
      wait(450),
      upload(linkOf('root%all')),
      { do: 'S3 refuses to give a link', nth: 0, afterMs: 20_000 },
      wait(70_000),
    ],
  },
]
