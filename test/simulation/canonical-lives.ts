import { type Action, accounts, units } from './action.ts'
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
const ofUnit = linkOf(`ou_id%${unit}`)
const ofTag = linkOf('account_tag%team^a')
const selected = linkOf('select%pick')
const ofLate = linkOf(`account%${account}`, 'Late-ps')
const ofLateGroup = linkOf(`account%${account}`, set, 'team-late')
const ofSecond = linkOf(`account%${account}`, set, 'team-2')
const ofMia = `links_data/account%${account}%${set}%${mia}%USER%ssofile`

const reconcile: Action = { do: 'reconcile' }
const night: Action = { do: 'check for drift' }
const inTheConsole = { do: 'remove in the console', account, principal: `GROUP/${group}` } as const
const version = (name: 'first' | 'more' | 'less'): Action => ({ do: 'upload a version of First-ps', version: name })
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
  { name: 'a link is uploaded and deleted at once', actions: [uploadAndDelete(own, 300), done] },
  {
    name: 'a link is deleted and uploaded at once',
    before: [upload(own)],
    actions: [deleteLink(own), upload(own), done],
  },
  { name: 'a link comes back', before: [upload(own)], actions: [deleteLink(own), done, upload(own), done] },
  { name: 'a link becomes invalid', before: [upload(own)], actions: [upload(own, 'malformed'), done] },
  {
    name: 'a link begins later, and ends',
    actions: [uploadForAWhile(own, { beginsInMs: 20_000, endsInMs: 70_000, offset: 'Z' }), wait(150_000)],
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
  { name: 'a group is deleted', before: [upload(own)], actions: [deleteGroup, done] },
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
]

const permissionSets: readonly CanonicalLife[] = [
  {
    name: 'a permission set comes after its link',
    before: [upload(ofLate)],
    actions: [{ do: 'upload a version of Late-ps', version: 'first' }, wait(30_000)],
  },
  { name: 'a permission set changes', before: [upload(own)], actions: [version('more'), wait(30_000)] },
  {
    name: 'a permission set changes twice',
    before: [upload(own)],
    actions: [{ do: 'upload two versions of First-ps', first: 'less', second: 'more', afterMs: 300 }, wait(30_000)],
  },
  {
    name: 'a permission set goes with its links',
    before: [{ do: 'upload a version of Late-ps', version: 'first' }, upload(ofLate), done],
    actions: [deleteLink(ofLate), { do: 'delete a permission set file', name: 'Late-ps' }, wait(70_000)],
  },
  {
    name: 'a policy is missing in the account',
    before: [{ do: 'remove a policy that First-ps needs', account }],
    actions: [upload(own), done, { do: 'restore the policy', account }, done],
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
    actions: [{ do: 'the ledger is lost, and restored', count: 2, afterMs: 70_000, writes: 9 }, wait(30_000)],
  },
  {
    name: 'a pause, changes, and its end',
    before: [upload(own)],
    actions: [
      { do: 'pause' },
      wait(5_000),
      deleteLink(own),
      upload(another),
      wait(70_000),
      { do: 'resume' },
      wait(70_000),
    ],
  },
  {
    name: 'the brake holds, and is released',
    settings: { brakeCount: 1 },
    before: [upload(own), upload(another), upload(ofSecond)],
    actions: [
      { do: 'delete all links of a folder', folder: '' },
      done,
      { do: 'look at the brake' },
      { do: 'release what was looked at' },
      wait(70_000),
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

const department = (to: 'Engineering' | 'Sales'): Action => {
  return { do: 'change the department', name: mia, department: to, silently: false }
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
    name: 'a rule puts a user into a group, who moves to another department',
    before: [{ do: 'write the group' }, department('Engineering'), done],
    actions: [{ do: 'write the rule', department: 'Engineering' }, done, department('Sales'), done],
  },
]

/** One for each thing that users, operators and AWS do. Policies are not among them: these lives have none. */
export const canonicalLives: readonly CanonicalLife[] = [
  ...links,
  ...directory,
  ...organization,
  ...permissionSets,
  ...temporary,
  ...operators,
  ...memberships,
]
