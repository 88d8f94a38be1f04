import type { Action } from './action.ts'
import {
  assign,
  deleteLink,
  group,
  linkOf,
  renameGroup,
  set,
  upload,
  uploadAndDelete,
  uploadForAWhile,
  wait,
} from './scenario-steps.ts'
import type { WorldSettings } from './simulated-world.ts'
import { accounts, units } from './small-world.ts'

/** One thing that users, operators or AWS do, and what there is before it. Faults strike calls of `actions` only. */
export type CanonicalLife = {
  readonly name: string
  readonly settings?: Partial<WorldSettings>
  readonly before?: readonly Action[]
  readonly actions: readonly Action[]
}

const [account, nested, third] = accounts
const [unit, , thirdUnit] = units
const mia = 'mia@example.com'
const leo = 'leo@example.com'
/** Until what was uploaded is granted, or what was deleted revoked. */
const done = wait(20_000)

const own = linkOf(`account%${account}`)
const another = linkOf(`account%${nested}`)
const ofAll = linkOf('root%all')
const ofUnit = linkOf(`ou_id%${unit}`)
const ofTag = linkOf('account_tag%team^a')
const selected = linkOf('select%pick')
const ofLate = linkOf(`account%${account}`, 'Late-ps')
const ofLateGroup = linkOf(`account%${account}`, set, 'team-late')
const waiting = linkOf(`account%${account}`, 'Late-ps', 'team-late')
const ofSecond = linkOf(`account%${account}`, set, 'team-2')
const ofMia = `links_data/account%${account}%${set}%${mia}%USER%ssofile`

const inFolder = [set, 'Console-ps'].map((name) => `links_data/folder-a/account%${nested}%${name}%${mia}%USER%ssofile`)

const reconcile: Action = { do: 'reconcile' }
const night: Action = { do: 'check for drift' }
const inTheConsole = { do: 'remove in the console', account, principal: `GROUP/${group}` } as const
const version = (name: 'first' | 'more' | 'less' | 'session' | 'inline' | 'boundary'): Action => ({
  do: 'upload a version of First-ps',
  version: name,
})
const lateVersion = (name: 'first' | 'more'): Action => ({ do: 'upload a version of Late-ps', version: name })
const decide = (by: 'ann' | 'bob', decision: 'approve' | 'deny' = 'approve'): Action => ({
  do: 'decide on a request',
  account,
  by,
  decision,
  of: 'the present upload',
  isSealed: false,
})
const asked: readonly Action[] = [
  { do: 'write the eligibility', approvals: 1 },
  wait(5_000),
  { do: 'ask for access', account },
  wait(15_000),
]
const deleteGroup: Action = { do: 'delete a principal', principal: `GROUP/${group}`, silently: false }

const links: readonly CanonicalLife[] = [
  { name: 'a link is uploaded', actions: [upload(own), done] },
  { name: 'a link is deleted', before: [upload(own)], actions: [deleteLink(own), done] },
  { name: 'one of two links goes', before: [upload(own), upload(ofUnit)], actions: [deleteLink(own), done] },
  {
    name: 'a link is uploaded and deleted at once, before its access is asked for, and then just after',
    settings: { readLagMs: 240_000 },
    actions: [uploadAndDelete(own, 300), done, uploadAndDelete(own, 900), done],
  },
  {
    name: 'a link is deleted and uploaded at once',
    before: [upload(own)],
    actions: [deleteLink(own), upload(own), done],
  },
  { name: 'a link comes back', before: [upload(own)], actions: [deleteLink(own), done, upload(own), done] },
  { name: 'a link becomes invalid', before: [upload(own)], actions: [upload(own, 'malformed'), done] },
  {
    name: 'a link begins later, and ends',
    actions: [
      uploadForAWhile(own, { beginsInMs: 20_000, endsInMs: 70_000, offset: 'Z' }),
      uploadForAWhile(another, { endsInMs: 70_000, offset: '+01:00' }),
      wait(150_000),
    ],
  },
  {
    name: 'links end one after the other, and clocks are wrong',
    settings: { skewMs: 120_000 },
    actions: [
      ...accounts
        .slice(0, 4)
        .map((one, nth) => uploadForAWhile(linkOf(`account%${one}`), { endsInMs: 75_000 + nth * 65_000, offset: 'Z' })),
      wait(1_000),
    ],
  },
  {
    name: 'the dispatcher dies while requests take minutes, of which only one may be in progress',
    settings: { outstanding: 1, latencyMs: 60_000, latencyP99Ms: 70_000 },
    actions: [upload(ofUnit), wait(5_000), { do: 'kill the dispatcher' }, wait(4 * 60_000)],
  },
  {
    name: 'a link comes back while its revocation waits for its turn',
    settings: { outstanding: 1, latencyMs: 90_000, latencyP99Ms: 100_000 },
    before: [upload(own), wait(4 * 60_000)],
    actions: [upload(another), wait(6_000), deleteLink(own), wait(6_000), upload(own), wait(5 * 60_000)],
  },
  { name: 'a link of a unit is uploaded, and deleted', actions: [upload(ofUnit), done, deleteLink(ofUnit), done] },
  { name: "a user's link is uploaded, and deleted", actions: [upload(ofMia), done, deleteLink(ofMia), done] },
]

const directory: readonly CanonicalLife[] = [
  {
    name: 'a group is renamed, and its link goes with it',
    before: [upload(own)],
    actions: [renameGroup(group, 'team-late'), upload(ofLateGroup), deleteLink(own), done],
  },
  {
    name: 'a group is renamed, and back',
    before: [upload(own)],
    actions: [renameGroup(group, 'team-late'), wait(1_000), renameGroup('team-late', group), done],
  },
  { name: 'two groups swap their names', before: [upload(own)], actions: [{ do: 'two groups swap names' }, done] },
  {
    name: 'a group is deleted and made again',
    before: [upload(own)],
    actions: [{ do: 'delete a group and make it again', name: group, afterMs: 100 }, done],
  },
  { name: 'a group is deleted', before: [upload(own), wait(70_000)], actions: [deleteGroup, done] },
  {
    name: 'the grace of a deleted group ends',
    before: [upload(own), done, deleteGroup, wait(58 * 60_000)],
    actions: [wait(3 * 60_000)],
  },
  {
    name: 'a user is renamed',
    before: [upload(ofMia)],
    actions: [{ do: 'rename a user', from: mia, to: leo, silently: false }, done],
  },
  {
    name: 'a user is made again, and its link stays as it was',
    before: [upload(ofMia)],
    actions: [{ do: 'delete a user and make it again', name: mia, afterMs: 100, silently: false }, done],
  },
  {
    name: 'a user is made again, and its link counts as new',
    before: [upload(ofMia)],
    actions: [
      { do: 'delete a user and make it again', name: mia, afterMs: 100, silently: false },
      done,
      { do: 'have a link count as new', key: ofMia },
      done,
    ],
  },
]

const organization: readonly CanonicalLife[] = [
  {
    name: 'an account moves',
    before: [upload(ofUnit)],
    actions: [
      { do: 'move an account', account: third, unit, silently: false },
      { do: 'move an account', account, unit: thirdUnit, silently: false },
      done,
    ],
  },
  {
    name: 'an account is tagged',
    before: [upload(ofTag)],
    actions: [
      { do: 'tag an account', account: nested, value: 'a', silently: false },
      { do: 'tag an account', account, value: 'b', silently: false },
      done,
    ],
  },
  {
    name: 'an account is created',
    before: [upload(ofUnit)],
    actions: [{ do: 'create an account', unit, team: 'a' }, done],
  },
  {
    name: 'an account is suspended, and reinstated',
    before: [upload(own)],
    actions: [
      { do: 'suspend an account', account },
      reconcile,
      deleteLink(own),
      done,
      { do: 'reinstate the account', account },
      reconcile,
      done,
    ],
  },
  {
    name: 'an account is closed',
    // Six hours until nothing can be changed there.
    settings: { seed: 5 },
    before: [upload(own)],
    actions: [{ do: 'close an account', account }, done, reconcile, done],
  },
  {
    name: 'an account leaves, and comes back',
    before: [upload(own)],
    actions: [
      { do: 'an account leaves and comes back', account, afterMs: 30_000 },
      done,
      reconcile,
      done,
      reconcile,
      done,
    ],
  },
  {
    name: 'an account leaves for good',
    before: [upload(own), done, { do: 'an account leaves', account }, wait(20 * 60_000)],
    // Gone is what two listings an hour apart lack.
    actions: [reconcile, done, wait(15 * 60_000), reconcile, done, wait(70 * 60_000), reconcile, done],
  },
  {
    name: 'the view of the organization is lost, and a link of all accounts comes',
    actions: [{ do: 'lose the caches' }, upload(ofAll), done, reconcile, done],
  },
  {
    name: 'a selector comes, changes and goes',
    actions: [
      { do: 'write a selector', name: 'pick', body: 'unit' },
      upload(selected),
      wait(70_000),
      { do: 'write a selector', name: 'pick', body: 'rest' },
      wait(70_000),
      { do: 'delete a selector', name: 'pick' },
      wait(70_000),
    ],
  },
  {
    name: 'a selector changes while AWS takes its time',
    before: [
      ...[{ do: 'write a selector', name: 'pick', body: 'unit' } as const, wait(70_000)],
      ...[{ do: 'let requests take this long', ms: 120_000 } as const, upload(selected), wait(10_000)],
    ],
    actions: [{ do: 'write a selector', name: 'pick', body: 'rest' }, wait(150_000)],
  },
  {
    name: 'nobody can read a selector any more',
    before: [{ do: 'write a selector', name: 'pick', body: 'unit' }, upload(selected), wait(70_000)],
    actions: [{ do: 'write a selector', name: 'pick', body: 'broken' }, wait(70_000)],
  },
]

const permissionSets: readonly CanonicalLife[] = [
  {
    name: 'a permission set comes after its link',
    before: [upload(ofLate)],
    actions: [lateVersion('first'), wait(30_000)],
  },
  { name: 'a permission set changes', before: [upload(own)], actions: [version('more'), wait(30_000)] },
  {
    name: 'a permission set changes twice',
    before: [upload(own)],
    actions: [{ do: 'upload two versions of First-ps', first: 'less', second: 'more', afterMs: 300 }, wait(30_000)],
  },
  {
    name: 'a permission set changes, and its file is put back',
    before: [upload(own)],
    actions: [version('session'), wait(10_000), version('first'), wait(30_000)],
  },
  {
    name: 'a permission set goes with its links',
    before: [lateVersion('first'), upload(ofLate), done],
    actions: [deleteLink(ofLate), { do: 'delete a permission set file', name: 'Late-ps' }, wait(70_000)],
  },
  {
    name: 'two permission sets change, and AWS provisions one at a time',
    settings: { provisionings: 1 },
    before: [
      ...[{ do: 'upload a version of Late-ps', version: 'first' } as const, upload(own), upload(ofLate), wait(70_000)],
      ...[{ do: 'let requests take this long', ms: 900_000 } as const, version('more')],
      ...[{ do: 'upload a version of Late-ps', version: 'more' } as const, wait(1_140_000)],
    ],
    actions: [wait(60_000)],
  },
  {
    name: 'a permission set changes while a policy is missing in an account',
    before: [upload(own), done, { do: 'remove a policy that First-ps needs', account }],
    actions: [version('more'), done, { do: 'restore the policy', account }, wait(70_000)],
  },
  {
    name: 'a permission set goes while its access is being revoked',
    before: [lateVersion('first'), upload(ofLate), wait(70_000)],
    actions: [
      { do: 'let requests take this long', ms: 60_000 },
      deleteLink(ofLate),
      { do: 'delete a permission set file', name: 'Late-ps' },
      wait(150_000),
    ],
  },
  {
    name: 'a permission set goes before a link that waits for its group',
    before: [lateVersion('first'), upload(waiting), wait(70_000)],
    actions: [{ do: 'delete a permission set file', name: 'Late-ps' }, wait(70_000), deleteLink(waiting), done],
  },
  {
    name: 'a policy is missing in one of all accounts',
    before: [{ do: 'remove a policy that First-ps needs', account }],
    actions: [upload(ofAll), done, { do: 'restore the policy', account }, done],
  },
]

const temporary: readonly CanonicalLife[] = [
  { name: 'a request is approved', before: asked, actions: [decide('ann'), done] },
  {
    name: 'temporary access ends',
    before: [...asked, decide('ann'), wait(29 * 60_000)],
    actions: [wait(3 * 60_000)],
  },
  { name: 'a request is denied', actions: [...asked, decide('bob', 'deny'), done] },
  {
    name: 'temporary access is finished early',
    before: [...asked, decide('ann'), done],
    actions: [{ do: 'withdraw a request', account }, done],
  },
  {
    name: "a user's sessions are ended",
    before: [upload(ofMia), done],
    actions: [{ do: 'end sessions', user: mia, permissionSet: set, account }, wait(70_000)],
  },
]

const operators: readonly CanonicalLife[] = [
  {
    name: 'access of others is imported',
    before: [assign(account)],
    actions: [{ do: 'import', isCompact: false, account, killMs: undefined }, wait(30_000)],
  },
  {
    name: 'access is released',
    before: [upload(own)],
    actions: [{ do: 'release', nth: undefined, killMs: undefined }, wait(30_000)],
  },
  {
    name: 'the ledger is lost, and restored',
    before: [upload(own), upload(another)],
    actions: [{ do: 'the ledger is lost, and restored', count: 2, afterMs: 180_000, writes: 9 }, wait(30_000)],
  },
  {
    name: 'a pause in the midst of requests, changes, and its end',
    settings: { outstanding: 1, latencyMs: 30_000, latencyP99Ms: 40_000 },
    before: [upload(own), done],
    actions: [
      upload(ofAll),
      wait(8_000),
      { do: 'pause' },
      wait(5_000),
      deleteLink(own),
      upload(another),
      wait(70_000),
      { do: 'delete a link unseen under a pause', nth: 0 },
      { do: 'resume' },
      wait(70_000),
    ],
  },
  {
    name: 'the brake holds in two folders, and one list is released',
    settings: { brakeCount: 1 },
    before: [
      ...[upload(own), upload(another), upload(ofSecond), ...inFolder.map((link) => upload(link)), done],
      { do: 'delete all links of a folder', folder: '' },
      done,
      { do: 'look at the brake' },
      wait(16 * 60_000),
    ],
    actions: [
      { do: 'delete all links of a folder', folder: 'folder-a/' },
      done,
      { do: 'release what was looked at' },
      wait(6 * 60_000),
      ...inFolder.map((link) => upload(link)),
      done,
    ],
  },
  {
    name: 'others give access, and ssofile revokes its own',
    before: [assign(account), upload(own), done],
    actions: [deleteLink(own), done, inTheConsole, done],
  },
  {
    name: 'somebody takes access away, and the night finds it',
    before: [upload(own), wait(7 * 60_000), { do: 'remove what ssofile gave', nth: 0 }],
    actions: [night, done],
  },
]

const endSessions: Action = { do: 'end sessions', user: mia, permissionSet: set, account }
const longDone = wait(70_000)
/** After so long a listing counts against our own calls. */
const listed = wait(8 * 60_000)

const brake: readonly CanonicalLife[] = [
  {
    name: 'all accounts of a unit move, and the brake holds',
    before: [upload(linkOf(`ou_id%${thirdUnit}`)), upload(linkOf(`ou_id%${thirdUnit}`, set, 'team-2')), longDone],
    actions: [
      { do: 'move all accounts of a unit', from: thirdUnit, to: unit },
      done,
      { do: 'look at the brake' },
      { do: 'release what was looked at' },
      longDone,
    ],
  },
  {
    name: 'what is held is granted again, under a list that was looked at',
    before: [
      ...[upload(own), upload(another), upload(ofSecond), done],
      ...[{ do: 'delete all links of a folder', folder: '' } as const, done],
    ],
    actions: [{ do: 'look at the brake' }, upload(another), done, { do: 'release what was looked at' }, longDone],
  },
  {
    name: 'links that grant nothing do not let more go',
    before: [upload(own), upload(another), upload(ofSecond), { do: 'upload forty useless links' }, longDone],
    actions: [deleteLink(own), deleteLink(another), deleteLink(ofSecond), longDone],
  },
  {
    name: 'the record of the brake is deleted, and links go one by one',
    before: [upload(own), upload(another), upload(ofSecond), done],
    actions: [deleteLink(own), wait(16 * 60_000), deleteLink(another), deleteLink(ofSecond), done],
  },
  {
    name: 'a file that leaves nothing is held, and released, and later versions take something away',
    before: [
      ...[lateVersion('more'), upload(ofLate), upload(own), wait(120_000)],
      version('less'),
      longDone,
      { do: 'look at the brake' },
      { do: 'release what was looked at' },
      longDone,
      version('more'),
      wait(25 * 60_000),
    ],
    actions: [lateVersion('first'), longDone, version('boundary'), longDone],
  },
  {
    name: 'a file that leaves nothing is held, and released',
    before: [upload(own), wait(120_000)],
    actions: [version('less'), longDone, { do: 'look at the brake' }, { do: 'release what was looked at' }, longDone],
  },
  {
    name: 'a file that leaves nothing is held, until nobody has the permission set',
    before: [upload(own), wait(120_000)],
    actions: [version('less'), longDone, deleteLink(own), wait(6 * 60_000)],
  },
  {
    name: 'one uploader takes something away from two permission sets, and puts one right',
    before: [lateVersion('more'), version('more'), upload(own), upload(ofLate), wait(120_000)],
    actions: [version('boundary'), lateVersion('first'), longDone, lateVersion('more'), longDone],
  },
]

const otherHands: readonly CanonicalLife[] = [
  {
    name: 'the night comes before listings show what was granted',
    settings: { readLagMs: 240_000 },
    before: [upload(linkOf('root%all')), done],
    actions: [night, done],
  },
  {
    name: 'requests end after a dispatcher died, and listings do not show it',
    settings: { readLagMs: 240_000 },
    before: [{ do: 'let requests take this long', ms: 400_000 }, upload(linkOf('root%all')), wait(370_000)],
    actions: [{ do: 'kill the dispatcher' }, deleteLink(linkOf('root%all')), wait(120_000)],
  },
  {
    name: 'others take away what ssofile gave, and put it back',
    before: [upload(own), listed],
    actions: [{ do: 'remove what ssofile gave and put it back', nth: 0, afterMs: 5_000 }, night, done],
  },
  {
    name: 'a link asks for what others gave, and goes',
    before: [wait(60_000), assign(account), wait(8 * 60_000)],
    actions: [upload(own), done, deleteLink(own), done, night, done],
  },
  {
    name: 'others give what AWS refuses to ssofile, and its link goes',
    before: [
      { do: 'remove a policy that First-ps needs', account },
      upload(own),
      done,
      assign(account),
      wait(8 * 60_000),
    ],
    actions: [deleteLink(own), done, night, done],
  },
  {
    name: 'others change a permission set, and the night finds it',
    before: [version('more'), upload(own), done],
    actions: [{ do: 'change First-ps in the console', change: 'attach' }, night, longDone],
  },
  {
    name: 'others make a permission set again',
    before: [upload(linkOf(`account%${nested}`, 'Console-ps')), done],
    actions: [
      deleteLink(linkOf(`account%${nested}`, 'Console-ps')),
      done,
      { do: 'make Console-ps again' },
      night,
      done,
    ],
  },
  {
    name: 'an entry of the ledger is lost',
    before: [upload(own), listed],
    actions: [{ do: 'lose a ledger object', nth: 0 }, upload(own), done, night, done],
  },
  {
    name: 'an old entry of the ledger comes back, of what others gave since',
    before: [upload(own), done, deleteLink(own), done, assign(account), wait(120_000)],
    actions: [{ do: 'restore an old version of a ledger object', nth: 0 }, reconcile, done],
  },
  {
    name: 'all entries are lost, and restored',
    // Three are much only where two may go.
    settings: { brakeCount: 1 },
    before: [wait(6 * 60_000), upload(own), upload(another), upload(ofSecond), done],
    actions: [{ do: 'all entries are lost, and restored', writes: 1 }, longDone],
  },
  {
    name: 'nobody can read an entry while its link goes and comes back',
    before: [upload(own), done],
    actions: [
      { do: 'spoil an object of ssofile', under: 'assignments/', nth: 0, body: 'cut off', afterMs: 90_000_000 },
      deleteLink(own),
      longDone,
      upload(own),
      longDone,
    ],
  },
  {
    name: 'nobody can read a status while its link goes, and another one unseen',
    before: [upload(own), upload(another), done],
    actions: [
      { do: 'spoil an object of ssofile', under: 'status/links_data/', nth: 0, body: 'cut off', afterMs: 90_000_000 },
      deleteLink(own),
      done,
      { do: 'lose the next event', count: 1 },
      deleteLink(another),
      wait(6 * 60_000),
    ],
  },
  {
    name: 'S3 does not give one of two links while the other goes',
    before: [upload(ofTag), upload(own), done],
    actions: [{ do: 'S3 refuses to give a link', nth: 1, afterMs: 90_000_000 }, deleteLink(own), longDone],
  },
  {
    name: 'an account moves unseen, and the link of its old place goes',
    before: [upload(ofUnit), upload(linkOf(`ou_id%${thirdUnit}`)), done],
    actions: [
      { do: 'move an account and delete a link of its old place', account, unit: thirdUnit },
      done,
      reconcile,
      done,
    ],
  },
  {
    name: 'Organizations lacks an account, and does not say where another is',
    before: [upload(ofUnit), done],
    actions: [
      { do: 'Organizations does not list an account', account, times: 2 },
      { do: 'Organizations does not say where an account is', account: nested, forMs: 70_000 },
      reconcile,
      longDone,
      reconcile,
      done,
    ],
  },
  {
    name: 'a temporary link is deleted by hand, and put back after its end',
    before: [...asked, decide('ann'), done],
    actions: [
      { do: 'delete a temporary link by hand', account },
      wait(6 * 60_000),
      { do: 'withdraw a request', account },
      done,
      { do: 'put a former temporary link back', account },
      wait(6 * 60_000),
    ],
  },
  {
    name: 'Organizations lacks an account, and a link of its unit comes',
    before: [upload(ofUnit), done, reconcile, done],
    actions: [
      { do: 'Organizations does not list an account', account, times: 1 },
      reconcile,
      done,
      upload(linkOf(`ou_id%${unit}`, set, 'team-2')),
      done,
    ],
  },
  {
    name: 'a temporary link is deleted by hand',
    before: [...asked, decide('ann'), longDone],
    actions: [{ do: 'delete a temporary link by hand', account }, done],
  },
  {
    name: 'a request is taken back while its link is gone, and then the link is put back',
    before: [...asked, decide('ann'), longDone],
    actions: [
      { do: 'delete a temporary link by hand', account },
      wait(40_000),
      { do: 'withdraw a request', account },
      wait(40_000),
      { do: 'put a former temporary link back', account },
      done,
    ],
  },
  {
    name: 'a file changes while sessions are ended',
    before: [upload(ofMia), done, endSessions, longDone],
    actions: [version('inline'), longDone, version('first'), longDone],
  },
  {
    name: 'somebody forges sessions that are ended',
    before: [upload(ofMia), done],
    actions: [
      { do: 'forge an ended session', user: mia, permissionSet: set, with: 'an instant in 2099' },
      wait(5_000),
      { do: 'forge an ended session', user: mia, permissionSet: set, with: 'an end in 2099' },
      longDone,
    ],
  },
  {
    name: 'more sessions are ended than there is room for',
    before: [upload(ofMia), done, endSessions, longDone],
    actions: [{ do: 'temporary accesses end', of: 'many', permissionSet: set }, longDone],
  },
]

const suspend: Action = { do: 'suspend a person', name: mia }
const restore: Action = { do: 'restore a person', name: mia }
const put = (name: typeof mia): Action => ({ do: 'put into the group', name })
const take = (name: typeof mia): Action => ({ do: 'take out of the group', name })
const move = (name: typeof mia | typeof leo, department: 'Engineering' | 'Sales', silently = false): Action => {
  return { do: 'change the department', name, department, silently }
}
const memberships: readonly CanonicalLife[] = [
  {
    name: 'a group is made by a file, and its file deleted',
    before: [],
    actions: [{ do: 'write the group' }, done, { do: 'delete the group file' }, done],
  },
  {
    name: 'a user is put into a group by a file, and taken out',
    before: [{ do: 'write the group' }, done],
    actions: [{ do: 'put into the group', name: mia }, done, { do: 'take out of the group', name: mia }, done],
  },
  {
    name: 'somebody in a group by a file is suspended, and comes back; the group goes last',
    before: [{ do: 'write the group' }, { do: 'put into the group', name: mia }, done],
    actions: [
      { do: 'suspend a person', name: mia },
      longDone,
      { do: 'restore a person', name: mia },
      done,
      { do: 'delete the group file' },
      done,
      { do: 'take out of the group', name: mia },
      done,
    ],
  },
  {
    name: 'who was put into the group by somebody else stays there',
    before: [{ do: 'write the group' }, done, { do: 'somebody else puts into the group', name: mia }],
    actions: [{ do: 'put into the group', name: mia }, done, { do: 'take out of the group', name: mia }, done],
  },
  {
    name: 'a rule puts a user into a group, who moves to another department',
    before: [{ do: 'write the group' }, move(mia, 'Engineering'), done],
    actions: [{ do: 'write the rule', department: 'Engineering' }, done, move(mia, 'Sales'), done],
  },
  {
    name: 'a rule takes out whom it put in, without an event, and nobody whom somebody else had put in',
    before: [
      { do: 'make a principal', principal: `USER/${leo}`, silently: false },
      ...[{ do: 'write the group' } as const, done, { do: 'write the rule', department: 'Engineering' } as const],
      { do: 'somebody else puts into the group', name: leo },
      ...[move(leo, 'Engineering'), move(mia, 'Engineering'), done],
    ],
    actions: [move(leo, 'Sales'), done, move(mia, 'Sales', true), reconcile, done],
  },
  {
    name: 'a file asks beside the rule, a person is suspended meanwhile, and the rule means others',
    before: [{ do: 'write the group' }, move(mia, 'Engineering'), done],
    actions: [
      ...[{ do: 'write the rule', department: 'Engineering' } as const, put(mia), done, move(mia, 'Sales'), done],
      ...[take(mia), done, move(mia, 'Engineering'), done, suspend, longDone, restore, done],
      ...[{ do: 'write the rule', department: 'Sales' } as const, done, { do: 'delete the rule' } as const, done],
    ],
  },
]

const leavers: readonly CanonicalLife[] = [
  {
    name: 'a person is suspended, asked for, and comes back',
    before: [
      ...[upload(ofMia), done],
      { do: 'assign in the console', account, principal: `USER/${mia}`, permissionSet: 'Console-ps' },
    ],
    actions: [suspend, wait(1_000), upload(`links_data/root%all%${set}%${mia}%USER%ssofile`), longDone, restore, done],
  },
  {
    name: 'a suspended person is renamed',
    before: [upload(ofMia), upload(ofMia.replace(mia, leo)), done, suspend, done],
    actions: [{ do: 'rename a user', from: mia, to: leo, silently: false }, longDone, reconcile, done],
  },
  {
    name: 'nobody hears that a person is suspended',
    before: [upload(ofMia), done],
    actions: [{ do: 'lose the next event', count: 1 }, suspend, wait(600_000), restore],
  },
  {
    name: 'temporary access of who is suspended ends for good',
    before: [...asked, decide('ann'), done],
    actions: [suspend, longDone, restore, done],
  },
  {
    name: 'a person who is in a group by a file is suspended for good',
    before: [{ do: 'write the group' }, { do: 'put into the group', name: mia }, upload(ofMia), done],
    actions: [suspend, longDone],
  },
]

export const canonicalLives: readonly CanonicalLife[] = [
  ...links,
  ...directory,
  ...organization,
  ...permissionSets,
  ...temporary,
  ...operators,
  ...brake.map((life) => ({ ...life, settings: { brakeCount: 1 } })),
  ...otherHands,
  ...leavers,
  ...memberships,
]
