import type { Action } from './action.ts'
import { hostileGroups, hostileLinkOf } from './hostile-actions.ts'
import {
  account,
  ask,
  decide,
  deleteFolder,
  deleteLink,
  done,
  linkOf,
  longDone,
  lookAtBrake,
  move,
  releaseBrake,
  renameGroup,
  set,
  upload,
  uploadAll,
  wait,
  withdraw,
  writeEligibility,
} from './scenario-steps.ts'
import { listLives } from './scenarios.ts'
import { accounts, units } from './small-world.ts'

const [unit, , elsewhere] = units
const join = (who: string): Action => ({ do: 'join the approvers', who })

/** People who ask, approve, change their minds, and are done. */
export const requestLives = listLives({
  'two approve, and it ends by itself': [
    [writeEligibility(2), ask, done, decide('ann'), decide('bob'), done],
    wait(30 * 60_000),
  ],
  'the requester is an approver, and one approver is not enough': [
    [writeEligibility(2), join('mia@example.com'), ask, done],
    [decide('mia@example.com'), decide('ann'), done, decide('bob', { decision: 'deny' })],
  ],
  'what was approved is edited': [
    [writeEligibility(2), ask, done, decide('ann'), wait(5_000), ask, done],
    [decide('bob'), decide('ann', { of: 'an earlier upload' }), done, withdraw],
  ],
  'an approver leaves before the other one approves': [
    [writeEligibility(2), ask, done, decide('ann'), done, { do: 'leave the approvers', who: 'ann' }],
    [longDone, decide('bob'), done, withdraw, join('ann')],
  ],
  'who asked may not do so any more': [
    [writeEligibility(1), ask, done, { do: 'the requester may not ask any more' }, longDone],
    [decide('ann'), done, { do: 'the requester may ask' }],
  ],
  'a denial that S3 gives to nobody, and an approval': [
    [writeEligibility(1), ask, done, decide('ann', { decision: 'deny', isSealed: true }), longDone],
    decide('bob'),
  ],
  'a stranger asks in the name of the requester': [
    [writeEligibility(1), ask, done, decide('ann'), done],
    [{ do: 'a stranger asks in the name of the requester', account }, done],
    { do: 'the stranger takes that back', account },
  ],
})

const inFolder = (key: string) => key.replace('links_data/', 'links_data/folder-a/')
const his = (key: string): Action => ({ do: 'he uploads a link', key, body: 'empty' })
const uploadHis: Action = { do: 'he uploads root links for all of his groups' }
const deleteHis: Action = { do: 'he deletes all of his links' }
const flap: Action = { do: 'he flaps his links', times: 4, awayMs: 200 }
const encryptHis: Action = { do: 'he encrypts one of his links', nth: 0 }
const overwrite = (body: 'reason' | 'empty'): Action => ({ do: 'he overwrites a link of others', nth: 0, body })
const own = linkOf(`account%${account}`)
const honest = inFolder(own)
const ofUnit = `ou_id%${unit}`
const likeHonest = his(hostileLinkOf('root%all', set, 'team one'))

/** What an uploader does who wants to harm others, while they go on. */
export const hostileLives = listLives({
  'a link of others goes behind the revocations of all that he has': {
    settings: { outstanding: 1 },
    before: [{ do: 'upload a permission set', name: 'Late-ps', version: 'less' }, upload(honest), uploadHis, longDone],
    actions: [deleteHis, wait(400), deleteLink(honest)],
  },
  'his links flap while others lose access for other reasons': {
    before: [upload(linkOf('root%all')), his(hostileLinkOf('root%all'))],
    actions: [flap, move(account, elsewhere), renameGroup('team one', 'team-late'), flap, longDone],
  },
  'his list grows while an operator looks at another one and releases it': {
    before: [accounts.slice(0, 3).map((one) => upload(inFolder(linkOf(`account%${one}`)))), uploadHis, longDone],
    actions: [
      [deleteFolder('folder-a/'), deleteHis, done, lookAtBrake],
      [his(hostileLinkOf('root%all', set, hostileGroups[1])), wait(300), releaseBrake],
    ],
  },
  'his account moves with that of others': {
    settings: { brakeCount: 2 },
    before: [
      uploadAll(inFolder(linkOf(ofUnit)), inFolder(linkOf(ofUnit, set, 'team-2'))),
      [his(hostileLinkOf(ofUnit)), his(hostileLinkOf(ofUnit, set, hostileGroups[1]))],
    ],
    actions: [move(account, elsewhere), longDone],
  },
  'a link of others is overwritten while it is looked at, and goes': {
    // Of a bucket without versions: only what was uploaded when tells who did.
    settings: { seed: 6 },
    actions: [upload(own), wait(30), overwrite('reason'), done, overwrite('empty'), wait(300), deleteLink(own)],
  },
  'nobody could ever read a link of his that asks for what a link of others asks for': [
    [likeHonest, encryptHis, upload(honest), done],
    longDone,
  ],
  'nobody can read a link of his that grants what links of others grant': {
    before: likeHonest,
    actions: [encryptHis, upload(honest), done, longDone],
  },
})
