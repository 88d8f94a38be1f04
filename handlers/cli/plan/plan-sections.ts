import type { Assignment } from '../../../shared/domain/assignments/assignment.ts'
import { describeAttributeStep } from '../../../shared/domain/attributes/plan-attributes.ts'
import { renderGrant } from '../../../shared/domain/links/link.ts'
import { isUnplaced } from '../../../shared/domain/organization/organization-view.ts'
import { permissionSetPrefix } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import { nounOf } from '../../../shared/domain/principals/principal.ts'
import { count } from '../../../shared/domain/text/count.ts'
import type {
  IdleFile,
  LaterGrants,
  PlannedGrant,
  PlannedRevocation,
} from '../../../shared/modules/plan/planned-access.ts'
import { isGrave, listChange } from './list-meaning.ts'
import type { MadePlan, ToldPreview } from './make-plan.ts'
import { describeLaterMembership, listMembershipEntries, listPeopleEntries, manyAccounts } from './people-sections.ts'
import { listMembershipFigures, listPeopleFigures } from './plan-figures.ts'
import { bare, type Entry, fates, listed, named, type Section, say } from './plan-section.ts'

const noted = { sign: '!', mood: 'pending' } as const

/** Everything that a plan says, the gravest first. `push`: people look at mistakes in its files first. */
export function listSections(
  preview: ToldPreview,
  { push, warnings = [] }: Partial<Pick<MadePlan, 'push' | 'warnings'>> = {},
): readonly Section[] {
  const { attributes, bindings, grants, permissionSets, revocations } = preview
  const people = listPeopleFigures(preview).map(([, text]) => text)
  const members = listMembershipFigures(preview).map(([, text]) => text)
  const invalid = new Set(push?.invalid.map(({ key }) => key))
  const valid = new Set(push?.uploads.map(({ key }) => key)).difference(invalid)
  const idle = Object.groupBy(listIdle(preview, valid), ({ word }) =>
    word === 'rejected' || word === 'later' ? word : 'others',
  )
  const { rejected = [], later = [], others = [] } = idle
  const rules = preview.rulesLater.join(', ')
  const notes = [
    ...warnings,
    ...(rules === '' ? [] : [`rules about who uploads are judged when the files are uploaded: ${rules}`]),
  ]
  const all: readonly Section[] = [
    ...listHoldSections(preview),
    listRoles(preview),
    ofLinks(count(revocations.length, 'revocation'), listAccess(revocations.map(withFates), accessLooks.revoked)),
    {
      title: count(bindings.length, 'link bound to another user', 'links bound to another user'),
      entries: listBindings(preview),
    },
    { title: 'The account in which ssofile runs', entries: listOwnAccount(preview) },
    ofLinks(count(grants.length, 'grant'), listAccess(grants, accessLooks.granted, preview)),
    {
      title: count(permissionSets.length, 'permission set'),
      entries: permissionSets.map((one) => describeSet(one, preview, invalid)),
    },
    { title: ['Groups', ...members].join(', '), noun: 'more membership', entries: listMembershipEntries(preview) },
    { title: ['People', ...people].join(', '), noun: 'more user', entries: listPeopleEntries(preview.people) },
    {
      title: `${attributes === 'denied' ? 'Attributes' : count(attributes?.length ?? 0, 'attribute')} for access control`,
      entries: listAttributes(preview),
    },
    ofLinks(count(rejected.length, 'file that is not valid', 'files that are not valid'), rejected),
    ofLinks('Waits', [...listWaiting(preview), ...later]),
    listRenamed(preview),
    ofLinks('Has no effect', others),
    ofLinks('Stays as it is', listUnchanged(preview)),
    { title: count(notes.length, 'note'), entries: notes.map((note) => ({ ...noted, text: [bare(note, 2000)] })) },
  ]
  return all.filter(({ entries }) => entries.length > 0)
}

/** The terminal shows only the first of many links. */
function ofLinks(title: string, entries: readonly Entry[]): Section {
  return { title, noun: 'more link', entries }
}

/** The brake would hold these: for each kind the number, its words, and the reasons. */
export function listHolds({ brake, memberships: { brake: members } }: Pick<ToldPreview, 'brake' | 'memberships'>) {
  const all = [
    [brake.held, count(brake.held, 'revocation'), brake.reasons.map(toReason)],
    [members.held, count(members.held, 'removal from groups', 'removals from groups'), members.reasons.map(toReason)],
    [brake.contents.length, count(brake.contents.length, 'permission set file'), brake.contents.map(toEdit)],
  ] as const
  return all.filter(([number]) => number > 0)
}

/** What the brake and policies hold, now and after this plan. */
function listHoldSections(preview: ToldPreview): readonly Section[] {
  const { brake, held, minimums } = preview
  const losses = count(
    brake.losses.length,
    'permission set file that takes something away',
    'permission set files that take something away',
  )
  return [
    {
      title: 'A policy refuses this plan',
      intro: 'a policy refuses this plan (push refuses it, too):',
      entries: minimums.map(toReason),
    },
    ...listHolds(preview).map(([number, what, entries]) => ({
      title: `${what} that the brake would hold`,
      intro: `brake: ${what} would be held until a person releases ${number === 1 ? 'it' : 'them'} (ssofile brake)`,
      entries,
    })),
    { title: losses, intro: losses, entries: brake.losses.map(toEdit) },
    ofLinks('Held by the brake', listAccess(held.map(withFates), accessLooks.held)),
  ]
}

function toReason(reason: string): Entry {
  return line(bare(reason, 2000))
}

function toEdit({ name, reason }: ToldPreview['brake']['contents'][number]): Entry {
  return line(...say`${bare(name)}: ${bare(reason, 2000)}`)
}

/** Under an intro. */
function line(...text: Entry['text']): Entry {
  return { sign: '   ', mood: 'plain', text }
}

type Looks = Pick<Entry, 'sign' | 'mood' | 'word' | 'verb' | 'why'>

const accessLooks = {
  revoked: { sign: '-', mood: 'bad', verb: 'revokes' },
  granted: { sign: '+', mood: 'good', verb: 'grants' },
  held: { sign: '!', mood: 'bad', word: 'held by the brake', verb: 'held by the brake:' },
  waiting: { sign: '…', mood: 'pending', word: 'waits', verb: 'waits to grant' },
  later: { sign: '…', mood: 'pending', word: 'later', verb: 'waits to grant' },
  stuck: {
    ...{ sign: '!', mood: 'bad', word: 'cannot be revoked' },
    verb: 'cannot revoke, since the account accepts no changes, or its permission set is also assigned in the management account:',
  },
  existing: {
    ...{ sign: '=', mood: 'pending', word: 'there already, not by ssofile' },
    verb: 'leaves alone, since it was there before:',
  },
} as const satisfies Record<string, Looks>

/** One entry for all assignments of the same links, the widest first. With a preview, it says which ones to look at first. */
function listAccess(planned: readonly PlannedGrant[], looks: Looks, preview?: ToldPreview): readonly Entry[] {
  const groups = [
    ...Map.groupBy(planned, ({ links, assignment }) => [...links, renderGrant(assignment)].join('\n')).values(),
  ]
  return groups
    .toSorted((a, b) => b.length - a.length)
    .flatMap((group) => {
      const [one] = group
      if (one === undefined) return []
      const accounts = group.map(({ assignment: { accountId } }) => accountId)
      return [describeAccess({ ...one.assignment, accounts }, one.links, looks, preview)]
    })
}

function describeAccess(
  { accounts, ...grant }: LaterGrants,
  links: readonly string[],
  looks: Looks,
  preview?: ToldPreview,
): Entry {
  const text = say`${bare(grant.permissionSet)} to ${nounOf(grant.type)} ${named(grant.principal)}`
  const first = preview && firstOfAccess(grant, accounts.length, looks.word, preview)
  return { ...looks, links, text, ...(accounts.length > 0 && { accounts }), first }
}

/** Waiting grants count: nobody asks again later. */
function firstOfAccess(
  { permissionSet, type }: Pick<Assignment, 'permissionSet' | 'type'>,
  accounts: number,
  word: string | undefined,
  { administrators }: ToldPreview,
): Entry['first'] {
  const isAdministrator = administrators.includes(permissionSet)
  const tags = [
    ...(isAdministrator ? ['administrator'] : []),
    ...(accounts > manyAccounts ? [count(accounts, 'account')] : []),
    ...(type === 'USER' ? ['to a user directly'] : []),
  ]
  if (tags.length === 0) return undefined
  return { rank: isAdministrator ? 'administrator' : 'access', tags: [...tags, ...(word === undefined ? [] : [word])] }
}

function withFates({ assignment, links }: PlannedRevocation): PlannedGrant {
  return { assignment, links: links.map(({ key, fate }) => `${key} (${fates[fate]})`) }
}

function listOwnAccount({ ownAccount }: ToldPreview): readonly Entry[] {
  if (ownAccount === undefined) return []
  const { id, grants } = ownAccount
  const text = say`${count(grants, 'grant')} in ${id}, the account in which ssofile runs: administrators there can change all access`
  return [{ sign: '!', mood: 'bad', text, first: { rank: 'own account', tags: ['own account'] } }]
}

function listBindings({ bindings }: ToldPreview): readonly Entry[] {
  return bindings.map(({ link, principal, from, to }) => ({
    ...{ sign: '~', mood: 'pending', links: [link], verb: 'binds now' },
    text: say`to the present user ${named(principal)} (${bare(to)}), instead of the one before (${bare(from)})`,
  }))
}

/** By permission set, the one with the most accounts first. */
function listRoles({ vanishingRoles }: ToldPreview): Section {
  const sets = [...Map.groupBy(vanishingRoles, ({ permissionSet }) => permissionSet)]
  return {
    title: count(vanishingRoles.length, 'role that AWS deletes', 'roles that AWS deletes'),
    intro:
      'warning: these are the last assignments that ssofile knows of, so AWS deletes the role in the account.\n  A role that is created again has another suffix: whatever trusts or names the old one breaks.',
    entries: sets
      .toSorted(([, a], [, b]) => b.length - a.length)
      .map(([name, all]) => ({ ...line(bare(name)), sign: ' ', accounts: all.map(({ accountId }) => accountId) })),
  }
}

type SetChange = ToldPreview['permissionSets'][number]

/** `invalid`: the keys of files to upload that are not valid; the comment names those elsewhere. */
function describeSet(one: SetChange, preview: ToldPreview, invalid: ReadonlySet<string>): Entry {
  if (one.change === 'rejected') {
    const key = permissionSetPrefix + one.name.replace(/(\.json)?$/, '.json')
    return {
      ...{ sign: '*', mood: 'bad', word: 'rejected', text: say`permission set ${bare(one.name)}` },
      why: { reason: one.reason, remedy: one.remedy },
      first: invalid.has(key) ? undefined : { rank: 'rejected', tags: ['rejected'] },
    }
  }
  const [mood, word] = setLooks[one.change]
  const { fields, name } = one
  const same = ': its file means the same, written differently'
  const changed =
    fields === undefined ? '' : fields.length === 0 ? same : say`: ${listed(fields.map((field) => bare(field)))}`
  const { principals = 0, accounts = 0 } = preview.holders.get(name)?.reach ?? {}
  const holders = `${count(principals, 'principal has', 'principals have')} it, in ${count(accounts, 'account')}`
  const text = say`permission set ${bare(name)} ${word}${changed}${principals === 0 ? '' : ` (${holders})`}`
  return { sign: '*', mood, text, details: listChange(one), first: firstOfSet(one, accounts, preview) }
}

const setLooks = {
  create: ['good', 'is created'],
  update: ['pending', 'is changed'],
  delete: ['bad', 'is deleted'],
  blocked: ['pending', 'stays: its file is gone, but links or assignments still use it'],
} as const

/** New or changed permission sets that allow everything, and those whose change reaches many accounts. */
function firstOfSet(
  { change, name, meaning, check }: SetChange,
  accounts: number,
  preview: ToldPreview,
): Entry['first'] {
  const isGiving = change === 'create' || change === 'update'
  const { gained = [], policiesGained = [], policiesDenying = [], changed = [], warnings = [] } = meaning ?? {}
  // A policy that denies may allow other things.
  const gains = gained.length + policiesGained.length + policiesDenying.length + changed.length
  const isWarned = (change === 'update' && gains > 0) || warnings.length > 0
  const tags = [
    ...(isGiving && preview.administrators.some((one) => one === name) ? ['administrator'] : []),
    ...(accounts > manyAccounts ? [count(accounts, 'account')] : []),
    ...(isWarned ? [change === 'create' ? 'with a warning' : 'other permissions'] : []),
    ...(check && isGrave(check) ? ['IAM Access Analyzer warns'] : []),
  ]
  return tags.length === 0 ? undefined : { rank: 'permission set', tags }
}

function listAttributes({ attributes = [] }: ToldPreview): readonly Entry[] {
  if (attributes === 'denied') {
    const text = 'attributes for access control: these credentials may not ask Identity Center which it has'
    return [{ ...noted, text: [text] }]
  }
  const entries = attributes.map((one): Entry => {
    const held = one.isHeld ? '; it waits until a person releases it (ssofile brake)' : ''
    const left = one.step === 'report' ? '; somebody changed it by hand, and onDrift only reports' : held
    const sets =
      one.sets.length === 0 ? 'no permission set uses it' : say`used by ${listed(one.sets.map((set) => bare(set)))}`
    const tag = bare(`aws:PrincipalTag/${one.key}`, 200)
    const text = say`attribute: ${bare(describeAttributeStep(one), 2000)} (${tag}, ${sets})${left}`
    return one.from === undefined ? { sign: '+', mood: 'good', text } : { sign: '!', mood: 'pending', text }
  })
  if (entries.length === 0) return []
  const note = '(looked for in the inline policies of permission_sets/; managed policies may name them too)'
  return [...entries, { sign: ' ', mood: 'plain', text: [note] }]
}

/** Files of links and memberships that grant nothing now. `valid`: the files to upload that are valid by themselves. */
function listIdle(preview: ToldPreview, valid: ReadonlySet<string>): readonly Entry[] {
  const ofPush = ({ key }: IdleFile, entry: Entry) => (valid.has(key) ? entry : { ...entry, first: undefined })
  const { idleLinks, memberships } = preview
  return [
    ...idleLinks.map((one) => {
      const { key, later, reason, remedy } = one
      const looks = { ...accessLooks.later, why: { reason, remedy } }
      return ofPush(one, later ? describeAccess(later, [key], looks, preview) : describeIdle(one))
    }),
    ...memberships.idle.map((one) =>
      ofPush(one, one.later ? describeLaterMembership(one.later, one, preview) : describeIdle(one)),
    ),
  ]
}

function describeIdle({ key, state, reason, remedy }: IdleFile): Entry {
  const isRejected = state === 'rejected'
  return {
    sign: '!',
    mood: isRejected ? 'bad' : 'pending',
    text: [bare(key, 1100)],
    word: state === 'applied' ? 'no accounts' : state,
    verb: `${state}: grants nothing`,
    why: { reason, remedy },
    first: isRejected ? { rank: 'rejected', tags: [state] } : undefined,
  }
}

function listWaiting(preview: ToldPreview): readonly Entry[] {
  return preview.waiting
    .filter(({ meant }) => meant === undefined)
    .flatMap(({ grants, reason, remedy }) =>
      listAccess(grants, { ...accessLooks.waiting, why: { reason, remedy } }, preview),
    )
}

/** All of them, without a limit: a new mail domain gives every user another name. */
function listRenamed({ waiting }: ToldPreview): Section {
  // A key ends in its grant.
  const renamed = new Map<string, string>()
  for (const { meant, grants } of waiting)
    for (const { assignment, links } of meant === undefined ? [] : grants) {
      const [before, now] = [renderGrant(assignment), renderGrant({ ...assignment, ...meant })]
      for (const key of links) renamed.set(key, key.slice(0, -before.length) + now)
    }
  const title = count(renamed.size, 'link with a former name or an id', 'links with a former name or an id')
  return {
    title,
    intro: `${title}; upload each with the present name, then delete the former:`,
    entries: [...renamed].map(([key, present]) => ({
      ...line(bare(key, 1100)),
      details: [{ text: say`  as ${bare(present, 1100)}` }],
    })),
  }
}

function listUnchanged({ stuck, existing, view }: ToldPreview): readonly Entry[] {
  const unplaced = view.accounts.filter(isUnplaced).map(({ id }) => id)
  const placeless = `accounts whose State or Paths Organizations does not say: nothing is granted or revoked in ${unplaced.join(', ')}`
  return [
    ...listAccess(stuck.map(withFates), accessLooks.stuck),
    ...listAccess(existing, accessLooks.existing),
    ...(unplaced.length > 0 ? [{ ...noted, text: [placeless] }] : []),
  ]
}
