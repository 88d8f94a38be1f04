import { hostileGroups, hostileLinkOf } from '../hostile-actions.ts'
import { linkOf, strike, upload, wait } from '../scenario-steps.ts'
import { calm, type Regression } from './regression.ts'

const unit = 'ou_id%ou-sim0-33333333'

/** What the simulation once found about uploaders who harm others. */
export const hostileRegressions: readonly Regression[] = [
  {
    name: 'whoever uploaded an empty file is not named for the empty file of somebody else, with another file between them',
    settings: { ...calm, latencyMs: 300, seed: 1 },
    actions: [
      wait(5_000),
      upload(linkOf('account%200000000001')),
      upload(linkOf('account%200000000001'), 'reason'),
      { do: 'he overwrites a link of others', nth: 0, body: 'empty' },
      wait(30_000),
    ],
  },
  {
    name: 'when accounts move, the access of one folder does not use up what may be revoked of another',
    settings: { ...calm, seed: 156632606, outstanding: 15, brakeCount: 1, mischief: 'none' },
    actions: [
      upload(linkOf(unit).replace('links_data/', 'links_data/folder-a/')),
      { do: 'he uploads a link', key: hostileLinkOf(unit), body: 'empty' },
      { do: 'he uploads a link', key: hostileLinkOf(unit, 'First-ps', hostileGroups[1]), body: 'empty' },
      { do: 'he uploads a link', key: hostileLinkOf(unit, 'Console-ps', hostileGroups[1]), body: 'empty' },
      wait(25_000),
      { do: 'move an account', account: '200000000003', unit: 'ou-sim0-11111111', silently: false },
      wait(70_000),
    ],
  },
  {
    name: 'a flood of files that are not valid is counted by the reconcile after a pause, and its status goes with it',
    settings: calm,
    actions: [
      wait(70_000),
      { do: 'he floods', count: 45, with: 'bad names' },
      wait(20_000),
      { do: 'pause' },
      wait(70_000),
      { do: 'resume' },
      wait(70_000),
      { do: 'he takes his flood back' },
    ],
  },
  {
    name: 'a file of a permission set that S3 does not give at first is looked at again by itself',
    settings: calm,
    actions: [
      wait(20_000),
      strike('refuse-internal', 'any', { service: 's3', process: 'handler', times: 2 }),
      { do: 'upload a version of First-ps', version: 'tags' },
      wait(20_000),
    ],
  },
]
