import { hostileGroups, hostileLinkOf } from '../hostile-actions.ts'
import { linkOf, upload, wait } from '../scenario-steps.ts'
import { calm, type Regression } from './regression.ts'

const unit = 'ou_id%ou-sim0-33333333'

/** What the simulation once found about uploaders who harm others. */
export const hostileRegressions: readonly Regression[] = [
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
]
