import { hostileGroups, hostileLinkOf, nearNames } from './hostile-actions.ts'
import type { Part } from './kinds/part.ts'
import { allParts } from './kinds/parts.ts'
import { derivedPlaces } from './misfortune-actions.ts'
import { versionNames } from './permission-set-actions.ts'
import { type Profile, partOf } from './profiles.ts'
import { accounts } from './small-world.ts'
import {
  account,
  another,
  ask,
  askAgain,
  asked,
  assign,
  type CanonicalLife,
  changeSet,
  decide,
  deleteFolder,
  deleteGroupFile,
  deleteHis,
  deleteLateFile,
  deleteLink,
  deleteSelector,
  deleteTemporary,
  done,
  employ,
  encryptHis,
  endSessions,
  flap,
  flatten,
  fourth,
  group,
  his,
  hisLinks,
  honest,
  inFolder,
  join,
  type Lives,
  lackAccount,
  lateVersion,
  leave,
  leo,
  letRequestsTake,
  likeHonest,
  linkOf,
  listed,
  listLives,
  longDone,
  lookAtBrake,
  loseNextEvent,
  losePolicy,
  make,
  makeAgain,
  mia,
  miasInFolder,
  move,
  nested,
  nestedUnit,
  night,
  ofAll,
  ofConsole,
  ofFileGroup,
  ofLate,
  ofLateGroup,
  ofLeo,
  ofMia,
  ofSecond,
  ofTag,
  ofThird,
  ofThirdUnit,
  ofUnit,
  ofUnitToo,
  othersPut,
  overwrite,
  own,
  put,
  quit,
  reconcile,
  releaseBrake,
  remove,
  rename,
  renameGroup,
  renameUser,
  restore,
  restorePolicy,
  selected,
  set,
  spoil,
  strike,
  suspend,
  tag,
  take,
  third,
  thirdUnit,
  unit,
  upload,
  uploadAll,
  uploadForAWhile,
  version,
  wait,
  waiting,
  withdraw,
  writeEligibility,
  writeGroup,
  writeRule,
  writeSelector,
} from './steps.ts'

const links: Lives = {
  'a link is uploaded': upload(own),
  'a link is deleted, and comes back': { before: upload(own), actions: [deleteLink(own), done, upload(own)] },
  'one of two links goes': { before: uploadAll(own, ofUnit), actions: deleteLink(own) },
  'a link is uploaded and deleted at once, before its access is asked for, and then just after': {
    settings: { readLagMs: 240_000 },
    actions: [upload(own), wait(300), deleteLink(own), done, upload(own), wait(900), deleteLink(own)],
  },
  'a link is deleted and uploaded at once': { before: upload(own), actions: [deleteLink(own), upload(own)] },
  'a link becomes invalid': { before: upload(own), actions: upload(own, 'malformed') },
  'a link begins later, and ends': [
    uploadForAWhile(own, 70_000, 20_000),
    uploadForAWhile(another, 70_000),
    wait(150_000),
  ],
  'links end one after the other, and clocks are wrong': {
    settings: { skewMs: 120_000 },
    actions: accounts.map((one, nth) => uploadForAWhile(linkOf(`account%${one}`), 75_000 + nth * 65_000)),
  },
  'the dispatcher dies while requests take minutes, of which only one may be in progress': {
    settings: { outstanding: 1, latencyMs: 60_000, latencyP99Ms: 70_000 },
    actions: [upload(ofUnit), wait(5_000), { do: 'kill the dispatcher' }, wait(150_000)],
  },
  'a link comes back while its revocation waits for its turn': {
    settings: { outstanding: 1, latencyMs: 40_000, latencyP99Ms: 50_000 },
    before: [upload(own), longDone],
    actions: [upload(another), wait(6_000), deleteLink(own), wait(6_000), upload(own), longDone],
  },
  'a link of a unit is uploaded, and deleted': [upload(ofUnit), done, deleteLink(ofUnit)],
  "a user's link is uploaded, and deleted": [upload(ofMia), done, deleteLink(ofMia)],
}

const directory: Lives = {
  'a group is renamed, and its link goes with it': {
    before: upload(own),
    actions: [renameGroup, upload(ofLateGroup), deleteLink(own)],
  },
  'a group is renamed, and back': {
    before: upload(own),
    actions: [renameGroup, wait(1_000), rename('GROUP/team-late', group)],
  },
  'two groups swap their names': {
    before: upload(own),
    actions: [
      rename(`GROUP/${group}`, 'team-between'),
      [rename('GROUP/team-2', group), rename('GROUP/team-between', 'team-2')],
    ],
  },
  'a group is deleted and made again': { before: upload(own), actions: makeAgain('GROUP/team one') },
  'a group is deleted': { before: [upload(own), longDone], actions: remove(`GROUP/${group}`) },
  'the grace of a deleted group ends': {
    before: [upload(own), done, remove(`GROUP/${group}`), wait(58 * 60_000)],
    actions: wait(3 * 60_000),
  },
  'a user is renamed': { before: upload(ofMia), actions: renameUser },
  'a user is made again, and its link stays as it was': { before: upload(ofMia), actions: makeAgain(`USER/${mia}`) },
  'a user is made again, and its link counts as new': {
    before: upload(ofMia),
    actions: [makeAgain(`USER/${mia}`), done, { do: 'have a link count as new', key: ofMia }],
  },
}

const organization: Lives = {
  'accounts move': { before: upload(ofUnit), actions: [move(third, unit), move(account, thirdUnit)] },
  'accounts are tagged': { before: upload(ofTag), actions: [tag(nested, 'a'), tag(account, 'b')] },
  'accounts lose a tag, a link of the tag comes, and a listing of all tags is hours old': {
    settings: { bulkTagsLagMs: 6 * 60 * 60_000 },
    before: [loseNextEvent, tag(account, 'b'), longDone],
    actions: [upload(ofTag), longDone],
  },
  'an account is created': { before: upload(ofUnit), actions: { do: 'create an account', unit, team: 'a' } },
  'an account is suspended, and reinstated': {
    before: upload(own),
    actions: [
      [{ do: 'suspend an account', account }, reconcile, deleteLink(own), done],
      [{ do: 'reinstate the account', account }, reconcile],
    ],
  },
  'an account is closed': {
    // For six hours the closing account still takes changes.
    settings: { seed: 5 },
    before: upload(own),
    actions: [{ do: 'close an account', account }, done, reconcile],
  },
  'an account leaves, and comes back': {
    before: upload(own),
    actions: [leave, wait(30_000), { do: 'the account comes back', account }, done, reconcile, done, reconcile],
  },
  'an account has left': {
    before: [upload(own), done, leave, wait(20 * 60_000)],
    actions: [reconcile, done, reconcile],
  },
  'an account left an hour ago': {
    before: [upload(own), done, leave, reconcile, wait(70 * 60_000)],
    actions: reconcile,
  },
  'the view of the organization is lost, and a link of all accounts comes': [
    [{ do: 'lose records', places: derivedPlaces }, upload(ofAll), done],
    reconcile,
  ],
  'a selector comes, changes and goes': {
    before: writeSelector('unit'),
    actions: [
      [upload(selected), done, writeSelector('rest'), longDone],
      [deleteSelector, longDone],
    ],
  },
  'a selector changes while AWS takes its time': {
    before: [writeSelector('unit'), longDone, letRequestsTake(95_000), upload(selected), wait(1_000)],
    actions: [writeSelector('tag'), wait(110_000)],
  },
  'nobody can read a selector any more': {
    before: [writeSelector('unit'), upload(selected), longDone],
    actions: [writeSelector('broken'), longDone],
  },
}

const permissionSets: Lives = {
  'a permission set comes after its link': { before: upload(ofLate), actions: lateVersion('first') },
  'a permission set changes': { before: upload(own), actions: version('more') },
  'a permission set changes twice at once, and its file is put back': {
    before: upload(own),
    actions: [version('less'), wait(300), version('session'), wait(10_000), version('first')],
  },
  'a permission set goes with its links': {
    before: [lateVersion('first'), upload(ofLate)],
    actions: [deleteLink(ofLate), deleteLateFile, longDone],
  },
  'two permission sets change, and AWS provisions one at a time': {
    settings: { provisionings: 1 },
    before: [
      [lateVersion('first'), uploadAll(own, ofLate), longDone],
      [letRequestsTake(100_000), version('more'), lateVersion('more'), longDone],
    ],
    actions: wait(60_000),
  },
  'a permission set changes while a policy is missing in an account': {
    before: [upload(own), done, losePolicy],
    actions: [version('more'), done, restorePolicy, longDone],
  },
  'a permission set goes while its access is being revoked': {
    before: [lateVersion('first'), upload(ofLate), longDone],
    actions: [letRequestsTake(60_000), deleteLink(ofLate), deleteLateFile, wait(150_000)],
  },
  'a permission set goes before a link that waits for its group': {
    before: [lateVersion('first'), upload(waiting), longDone],
    actions: [deleteLateFile, longDone, deleteLink(waiting)],
  },
  'a file is not valid while a change of its permission set reaches the accounts': {
    settings: { provisionings: 1 },
    before: [upload(ofAll), longDone, letRequestsTake(60_000)],
    actions: [version('more'), wait(2_000), version('invalid'), wait(5 * 60_000)],
  },
  'a dispatcher stands still while it changes a permission set, whose file is put back': {
    before: [upload(own), done],
    actions: [strike('freeze', 'definitions'), version('more'), wait(5_000), version('first'), longDone, longDone],
  },
  'a policy is missing in one of all accounts': { before: losePolicy, actions: [upload(ofAll), done, restorePolicy] },
}

const temporary: Lives = {
  'a request is approved': { before: asked, actions: decide('ann') },
  'temporary access ends': { before: [asked, decide('ann'), wait(29 * 60_000), done], actions: wait(90_000) },
  'a request is denied': [asked, decide('bob', { decision: 'deny' })],
  'temporary access is finished early': { before: [asked, decide('ann')], actions: withdraw },
  'a temporary link is deleted by hand': { before: [asked, decide('ann'), longDone], actions: deleteTemporary },
  'a request is taken back while its link is gone, and then the link is put back': {
    before: [asked, decide('ann'), longDone],
    actions: [
      [deleteTemporary, wait(40_000), withdraw, wait(40_000)],
      { do: 'put a former temporary link back', account },
    ],
  },
  "a user's sessions are ended": { before: upload(ofMia), actions: [endSessions, longDone] },
  'a file changes while sessions are ended': {
    before: [upload(ofMia), done, endSessions, longDone],
    actions: [version('inline'), longDone, version('first'), longDone],
  },
}

const operators: Lives = {
  'access of others is imported': { before: assign(), actions: { do: 'import', isCompact: false, account } },
  'the record of what was told is lost': {
    before: [wait(70_000), { do: 'lose records', places: ['state/notifications.json'] }],
    actions: [upload(own), longDone],
  },
  'access is released': { before: upload(own), actions: { do: 'release', nth: 0 } },
  'the ledger is lost, and restored': {
    // The bucket has no versions, so only history knows the former entries.
    settings: { seed: 6 },
    before: uploadAll(own, another),
    actions: { do: 'the ledger is lost, and restored', count: 2, afterMs: 180_000 },
  },
  'a pause in the midst of requests, changes, and its end': {
    settings: { outstanding: 1, latencyMs: 30_000, latencyP99Ms: 40_000 },
    before: upload(own),
    actions: [
      [upload(ofAll), wait(8_000), { do: 'pause' }, wait(5_000), deleteLink(own), upload(another), longDone],
      [loseNextEvent, deleteLink(another), { do: 'resume' }, longDone],
    ],
  },
}

/** The brake lets one revocation pass. */
const brake: Lives = {
  'all entries are lost, and restored': {
    before: [wait(6 * 60_000), uploadAll(own, another, ofSecond)],
    actions: [{ do: 'all entries are lost, and restored' }, longDone],
  },
  'the brake holds in two folders, and one list is released': {
    before: [
      [uploadAll(own, another, ofSecond, ...miasInFolder), done, deleteFolder(''), done],
      [lookAtBrake, wait(16 * 60_000)],
    ],
    actions: [deleteFolder('folder-a/'), done, releaseBrake, longDone, uploadAll(...miasInFolder)],
  },
  'all accounts of a unit move, and the brake holds': {
    before: [uploadAll(ofThirdUnit, linkOf(`ou_id%${thirdUnit}`, set, 'team-2')), longDone],
    actions: [move(third, unit), move(fourth, unit), done, lookAtBrake, releaseBrake, longDone],
  },
  'what is held is granted again, under a list that was looked at': {
    before: [uploadAll(own, another, ofSecond), done, deleteFolder('')],
    actions: [lookAtBrake, upload(another), done, releaseBrake, longDone],
  },
  'links that grant nothing do not let more go': {
    before: [uploadAll(own, another, ofSecond), { do: 'upload twenty useless links' }, longDone],
    actions: [deleteLink(own), deleteLink(another), deleteLink(ofSecond), longDone],
  },
  'the brake counts a link no more, and holds the second of two that go later': {
    before: [uploadAll(own, another, ofSecond), done, deleteLink(own), wait(16 * 60_000)],
    actions: [deleteLink(another), deleteLink(ofSecond)],
  },
  'a file that leaves nothing is held, and released, and later versions take something away': {
    before: [
      [lateVersion('more'), uploadAll(ofLate, own), wait(120_000), version('less'), longDone],
      [lookAtBrake, releaseBrake, longDone, version('more'), wait(25 * 60_000)],
    ],
    actions: [lateVersion('first'), longDone, version('boundary'), longDone],
  },
  'a file that leaves nothing is held, and released': {
    before: [upload(own), wait(120_000)],
    actions: [version('less'), longDone, lookAtBrake, releaseBrake, longDone],
  },
  'a file that leaves nothing is held, until nobody has the permission set': {
    before: [upload(own), wait(120_000)],
    actions: [version('less'), longDone, deleteLink(own), longDone],
  },
  'what was released waits for its turn, and another link goes meanwhile': {
    settings: { outstanding: 1 },
    before: [
      [uploadAll(own, another, ofSecond, ofThird), longDone],
      [deleteLink(own), deleteLink(another), deleteLink(ofSecond), longDone, lookAtBrake],
    ],
    actions: [
      [letRequestsTake(25 * 60_000), releaseBrake, wait(17 * 60_000), deleteLink(ofThird)],
      [wait(12 * 60_000), letRequestsTake(0), longDone],
    ],
  },
  'an operator pauses while a held file is looked at again': {
    before: [upload(own), wait(120_000), version('less'), longDone],
    actions: [version('less'), wait(1_500), { do: 'pause' }, longDone, { do: 'resume' }, longDone],
  },
  'one uploader takes something away from two permission sets, and puts one right': {
    before: [lateVersion('more'), version('more'), uploadAll(own, ofLate), wait(120_000)],
    actions: [version('boundary'), lateVersion('first'), longDone, lateVersion('more'), longDone],
  },
}

const otherHands: Lives = {
  'others give access, and ssofile revokes its own': {
    before: [assign(), upload(own)],
    actions: [deleteLink(own), done, { do: 'remove in the console', account, principal: `GROUP/${group}` }],
  },
  'somebody takes access away, and the night finds it': {
    before: [upload(own), wait(7 * 60_000), { do: 'remove what ssofile gave', nth: 0 }],
    actions: night,
  },
  'the night comes before listings show what was granted': {
    settings: { readLagMs: 240_000 },
    before: upload(ofAll),
    actions: night,
  },
  'requests end after a dispatcher died, and listings do not show it': {
    settings: { readLagMs: 240_000 },
    before: [letRequestsTake(400_000), upload(ofUnit), wait(370_000)],
    actions: [{ do: 'kill the dispatcher' }, deleteLink(ofUnit), wait(100_000)],
  },
  'others take away what ssofile gave, and put it back': {
    before: [upload(own), listed],
    actions: [{ do: 'remove what ssofile gave', nth: 0, backAfterMs: 5_000 }, night],
  },
  'others take away what ssofile gave, and put it back while ssofile gives it, and its link goes': {
    settings: { seed: 5 },
    before: [upload(own), listed],
    actions: [{ do: 'remove what ssofile gave', nth: 0, backAfterMs: 2_000 }, deleteLink(own), longDone, night],
  },
  'nobody answers a deletion, and its link comes back': {
    settings: { readLagMs: 240_000 },
    before: [upload(own), listed],
    actions: [strike('lose-answer', 'deletions'), deleteLink(own), wait(10_000), upload(own), longDone],
  },
  'a link asks for what others gave, and goes': {
    before: [wait(60_000), assign(), listed],
    actions: [upload(own), done, deleteLink(own), done, night],
  },
  'others give what AWS refuses to ssofile, and its link goes': {
    before: [losePolicy, upload(own), done, assign(), listed],
    actions: [deleteLink(own), done, night],
  },
  'others change a permission set, and the night finds it': {
    before: [version('more'), upload(own)],
    actions: [changeSet('attach'), night, longDone],
  },
  'others make a permission set again': {
    before: upload(ofConsole),
    actions: [deleteLink(ofConsole), done, { do: 'make Console-ps again' }, night],
  },
  'an entry of the ledger is lost': {
    before: [upload(own), listed],
    actions: [{ do: 'lose a ledger object', nth: 0 }, upload(own), done, night],
  },
  'an old entry of the ledger comes back, of what others gave since': {
    before: [upload(own), done, deleteLink(own), done, assign(), wait(120_000)],
    actions: [{ do: 'restore an old version of a ledger object', nth: 0 }, reconcile],
  },
  'nobody can read an entry while its link goes and comes back': {
    before: upload(own),
    actions: [spoil('assignments/'), deleteLink(own), longDone, upload(own), longDone],
  },
  'nobody can read a status while its link goes, and another one unseen': {
    before: [uploadAll(own, another), wait(4 * 60_000)],
    actions: [spoil('status/links_data/'), deleteLink(own), done, loseNextEvent, deleteLink(another), wait(90_000)],
  },
  'S3 does not give one of two links while the other goes': {
    before: [uploadAll(ofTag, own), longDone],
    actions: [{ do: 'S3 refuses to give a link', nth: 1, afterMs: 90_000_000 }, deleteLink(own), longDone],
  },
  'an account moves unseen, and the link of its old place goes': {
    before: uploadAll(ofUnit, ofThirdUnit),
    actions: [loseNextEvent, move(account, thirdUnit), deleteLink(ofUnit), done, reconcile],
  },
  'Organizations lacks an account, and does not say where another is': {
    before: upload(ofUnit),
    actions: [
      lackAccount(2),
      { do: 'Organizations does not say where an account is', account: nested, forMs: 70_000 },
      [reconcile, longDone, reconcile],
    ],
  },
  'Organizations lacks an account, and a link of its unit comes': {
    before: [upload(ofUnit), done, reconcile],
    actions: [lackAccount(1), reconcile, done, upload(ofUnitToo)],
  },
}

const leavers: Lives = {
  'a person is suspended, asked for, and comes back': {
    before: [upload(ofMia), done, assign({ permissionSet: 'Console-ps', principal: `USER/${mia}` })],
    actions: [[suspend, wait(1_000), upload(linkOf('root%all', set, mia, 'USER')), longDone], restore],
  },
  'a person is suspended whose link asks for access of others': {
    before: [wait(60_000), assign({ principal: `USER/${mia}` }), listed, upload(ofMia), longDone],
    actions: [suspend, longDone],
  },
  'a suspended person is renamed': {
    before: [uploadAll(ofMia, ofLeo), done, suspend],
    actions: [renameUser, longDone, reconcile],
  },
  'a suspended person keeps access through a group that somebody else put them into': {
    before: [writeGroup, done, othersPut(mia), upload(ofFileGroup), done],
    actions: [suspend, longDone, longDone, restore, longDone],
  },
  'somebody else puts a suspended person into a group that has access, and nobody hears of it': {
    before: [writeGroup, upload(ofFileGroup), done, suspend, longDone],
    actions: [loseNextEvent, othersPut(mia), longDone, reconcile, wait(2 * 60 * 60_000), longDone],
  },
  'nobody hears that a person is suspended': {
    before: [upload(ofMia), wait(4 * 60_000), loseNextEvent, suspend],
    actions: [wait(90_000), restore],
  },
  'temporary access of who is suspended ends for good': {
    before: [asked, decide('ann')],
    actions: [suspend, longDone, restore],
  },
  'a person who is in a group by a file is suspended for good': {
    before: [writeGroup, put, upload(ofMia)],
    actions: [suspend, longDone],
  },
}

const memberships: Lives = {
  'a group is made by a file, and its file deleted': [writeGroup, done, deleteGroupFile],
  'a user is put into a group by a file, and taken out': { before: writeGroup, actions: [put, done, take] },
  'somebody in a group by a file is suspended, and comes back; the group goes last': {
    before: [writeGroup, put],
    actions: [suspend, longDone, restore, done, deleteGroupFile, done, take],
  },
  'who was put into the group by somebody else stays there': {
    before: [writeGroup, done, othersPut(mia)],
    actions: [put, done, take],
  },
  'a rule puts a user into a group, who moves to another department, and then it means that one': {
    before: [writeGroup, employ(mia, 'Engineering')],
    actions: [writeRule('Engineering'), done, employ(mia, 'Sales'), done, writeRule('Sales')],
  },
  'a rule takes out whom it put in, without an event, and nobody whom somebody else had put in': {
    before: [
      make(`USER/${leo}`),
      [writeGroup, done, writeRule('Engineering'), othersPut(leo)],
      [employ(leo, 'Engineering'), employ(mia, 'Engineering')],
    ],
    actions: [employ(leo, 'Sales'), done, loseNextEvent, employ(mia, 'Sales'), reconcile],
  },
  'a file asks beside the rule, whom the rule puts in again is suspended, and the rule goes': {
    before: [writeGroup, employ(mia, 'Engineering'), writeRule('Engineering'), put],
    actions: [
      [employ(mia, 'Sales'), done, take, done],
      [employ(mia, 'Engineering'), done, suspend, longDone, restore, done, { do: 'delete the rule' }],
    ],
  },
}

/** Steps that only random lives have. */
export const otherSteps = flatten([
  [versionNames.map(version), versionNames.map(lateVersion)],
  // Links with a scope, a folder or a type that does not exist.
  ['root%some', 'undeclared/root%all'].map((scope) => upload(linkOf(scope))),
  upload(ofAll.replace('GROUP', 'group')),
  uploadForAWhile(own, 500),
  uploadForAWhile(ofAll, 290_000, 150_000),
  [...hostileGroups, ...nearNames].map((name) => his(hostileLinkOf('root%all', set, name))),
  ['Late-ps', 'Console-ps'].map((name) => his(hostileLinkOf('root%all', name))),
  { do: 'upload a link as it is', nth: 0 },
  [make(`GROUP/${group}`), make('GROUP/team-late'), move(account, unit)],
  [letRequestsTake(0), { do: 'take the lease' }, { do: 'delete control/brake.json' }],
  (['detach', 'session', 'inline', 'delete'] as const).map(changeSet),
  writeSelector('nobody'),
  { do: 'rename an account', account, to: 'renamed' },
  { do: 'create an organizational unit and move an account there', account },
  { do: 'delete an organizational unit that is empty', unit: nestedUnit },
  [spoil('foreign/', 20_000), spoil('assignments/', 600_000), spoil('state/missing-accounts.json', 600_000)],
  { do: 'import', isCompact: true },
])

const listLivesOf = ({ lives = {}, settings }: Part) => withSettings(listLives(lives), settings)
const withSettings = (lives: readonly CanonicalLife[], settings: Part['settings']) =>
  lives.map((life) => ({ ...life, settings: { ...settings, ...life.settings } }))

const listLongLivesOf = ({ longLives = {}, settings }: Part) => withSettings(listLives(longLives), settings)
/** Only without a fault, because days are long. */
export const longLives = allParts.flatMap(listLongLivesOf)

export function longLivesOf(profile: Profile | undefined): readonly CanonicalLife[] {
  const part = partOf(profile)
  return part ? listLongLivesOf(part) : []
}

export const canonicalLives = [
  ...[links, directory, organization, permissionSets, temporary, operators].flatMap(listLives),
  ...withSettings(listLives(brake), { brakeCount: 1 }),
  ...[otherHands, leavers, memberships].flatMap(listLives),
]

/** People ask, approve, change their minds, and finish. */
export const requestLives = listLives({
  'two approve, and it ends by itself': [
    [writeEligibility(2), ask, done, decide('ann'), decide('bob'), done],
    wait(32 * 60_000),
  ],
  'the requester is an approver, and one approver is not enough': [
    [writeEligibility(2), join('approvers', mia), ask, done],
    [decide(mia), decide('ann'), done, decide('bob', { decision: 'deny' })],
  ],
  'what was approved is edited': [
    [writeEligibility(2), ask, done, decide('ann'), wait(5_000), ask, done],
    [decide('bob'), decide('ann', { of: 'an earlier upload' }), done, withdraw],
  ],
  'an approver leaves before the other one approves': [
    [writeEligibility(2), ask, done, decide('ann'), done, quit('approvers', 'ann')],
    [longDone, decide('bob'), done, withdraw, join('approvers', 'ann')],
  ],
  'who asked may not do so any more': [
    [writeEligibility(1), ask, done, quit('askers', mia), longDone],
    [decide('ann'), done, join('askers', mia)],
  ],
  'a denial that S3 gives to nobody, and an approval': [
    [writeEligibility(1), ask, done, decide('ann', { decision: 'deny', isSealed: true }), longDone],
    decide('bob'),
  ],
  'a request is taken back and asked again at once': {
    before: [asked, decide('ann'), longDone],
    actions: [withdraw, wait(5), ask, longDone],
  },
  'the requester of running access is renamed': { before: [asked, decide('ann'), longDone], actions: renameUser },
  'an extension is edited while it takes the place of running access': {
    before: [asked, decide('ann'), longDone],
    actions: [ask, done, decide('ann'), wait(1_000), ask, longDone],
  },
  'an extension is edited while the grant before it ends': {
    before: [asked, decide('ann'), longDone],
    actions: [ask, done, decide('ann'), wait(1_450), ask, longDone],
  },
  'a denial is lost, and nobody is asked any more': {
    before: [writeEligibility(2), ask, listed],
    actions: [
      [loseNextEvent, decide('bob', { decision: 'deny' }), wait(65_000)],
      [writeEligibility('no'), longDone],
    ],
  },
  'what one approved is uploaded again, and another approves': {
    before: [writeEligibility(2), ask, done],
    actions: [decide('ann'), done, askAgain, longDone, decide('bob'), longDone, withdraw],
  },
  'a stranger asks in the name of the requester': [
    [writeEligibility(1), ask, done, decide('ann'), done],
    [{ do: 'a stranger asks in the name of the requester', account }, done],
    { do: 'the stranger takes that back', account },
  ],
})

/** An uploader tries to harm others, who go on working. */
export const hostileLives = listLives({
  'a link of others goes behind the revocations of all that he has': {
    settings: { outstanding: 1 },
    before: [upload(honest), hisLinks, longDone],
    actions: [deleteHis, wait(400), deleteLink(honest)],
  },
  'his links flap while others lose access for other reasons': {
    before: [upload(ofAll), hisLinks.slice(0, 1), his(hostileLinkOf(`ou_id%${unit}`, set, nearNames[2]))],
    actions: [flap, move(account, thirdUnit), renameGroup, longDone],
  },
  'his list grows while an operator looks at another one and releases it': {
    settings: { brakeCount: 1 },
    before: [
      accounts.slice(0, 2).map((one) => upload(inFolder(linkOf(`account%${one}`)))),
      hisLinks.slice(1),
      longDone,
    ],
    actions: [
      [deleteFolder('folder-a/'), deleteHis, done, hisLinks.slice(0, 1), done, lookAtBrake],
      [deleteHis, wait(300), releaseBrake],
    ],
  },
  'his account moves with that of others': {
    settings: { brakeCount: 2 },
    before: [
      uploadAll(inFolder(ofUnit), inFolder(ofUnitToo)),
      [his(hostileLinkOf(`ou_id%${unit}`)), his(hostileLinkOf(`ou_id%${unit}`, set, hostileGroups[1]))],
    ],
    actions: [move(account, thirdUnit), longDone],
  },
  'a link of others is overwritten while it is looked at, and goes': {
    // In a bucket without versions, only the time of an upload tells who made it.
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

export const allLives = [...canonicalLives, ...requestLives, ...hostileLives, ...allParts.flatMap(listLivesOf)]

/** The lives where defects of this profile are. */
export function livesOf(profile: Profile | undefined): readonly CanonicalLife[] {
  if (profile === 'hostile') return hostileLives
  if (profile === 'requests') return requestLives
  const part = partOf(profile)
  return part ? listLivesOf(part) : canonicalLives
}
