import { groupKey } from '../../domain/files/group-file.ts'
import { membershipKey, renderMembership } from '../../domain/files/membership-file.ts'
import { type Rule, ruleKey, ruleKeyOf } from '../../domain/files/rule-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { Status } from '../../domain/statuses/status.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import { listUnlessGone } from '../../ports/page.ts'
import type { Brake } from '../../reconcile/brake/brake.ts'
import type { DirectoryListing, ListedPeople, Meant } from '../../reconcile/directory/directory-listing.ts'
import type {
  Controller,
  Description,
  Input,
  KindTypes,
  ReconcileContext,
  Wakes,
} from '../../reconcile/inputs/controller.ts'
import { readBrake } from '../../reconcile/records/brake-file.ts'
import { listOwnedMemberships, readOwnedMemberships } from '../../reconcile/records/owned-groups.ts'
import { readNow } from '../../reconcile/records/owner.ts'
import { readPauseReason } from '../../reconcile/records/pause.ts'
import { attentionKey } from '../../reconcile/records/status-store.ts'
import { findOwnGroup } from './find-own-group.ts'
import { compareRule, type RuleFacts } from './rules/compare-rule.ts'
import { decideRule, type RuleAction, type RuleEnd, type RuleLookFacts } from './rules/decide-rule.ts'
import { describeGroup, type FoundGroup } from './rules/describe-membership.ts'
import { describeRule, type RuleLook } from './rules/describe-rule.ts'

type RuleContext = ReconcileContext & {
  readonly brake: Pick<Brake, 'admitLeavers'>
  readonly listing: DirectoryListing
  /** When the message was sent: it needs a listing that is at least this new. */
  readonly sentMs?: number | undefined
}

interface RuleTypes extends KindTypes {
  readonly name: PrincipalName
  readonly body: Rule
  readonly entry: never
  readonly facts: RuleLookFacts & { readonly group: FoundGroup }
  readonly action: RuleAction
  readonly end: RuleEnd
  readonly context: RuleContext
}
type RuleInput = Input<RuleTypes>
type Comparison = { readonly look: Omit<RuleLook, 'isAsBefore'>; readonly inputs: NonNullable<Wakes['inputs']> }

const soonMs = 20_000
const heldMs = 60_000
/** Time for each person who joins or leaves: each needs several calls, and the directory takes few per second. */
const perPersonMs = 300

/**
 * Compares the file of a rule with all people in the directory, and sends each membership that differs, without deciding on it.
 * If too many people would leave, the brake holds them all first.
 */
export const ruleController: Controller<RuleTypes> = {
  noun: 'rule',
  format: kinds.rule,
  gather: async (input, context) => ({
    file: input.file.is,
    group: await findOwnGroup(input.name, context),
    isHeldAsBefore: input.isDue && (await isHeldAsBefore(input, context.objects)),
  }),
  decide: decideRule,
  underPause: ['compare'],
  perform,
  describe,
}

/** Nobody has released a held leaver, so no new listing is needed. */
async function isHeldAsBefore({ key, head, told }: RuleInput, objects: ReadingObjects): Promise<boolean> {
  if (told?.state !== 'held' || told.etag !== head?.etag) return false
  const lists = (await readBrake(objects, ['memberships']))?.lists ?? []
  return lists.some(
    (list) => list.cause === 'rule' && ruleKeyOf(list.name ?? '') === key && list.items.length === told.people?.held,
  )
}

async function perform(
  _: RuleAction,
  input: RuleInput,
  { group }: RuleTypes['facts'],
  context: RuleContext,
): Promise<Description> {
  const { name, file, now } = input
  if (group.is === 'not ours' || group.is === 'gone') return { told: undefined }
  const { look, inputs } = await compare(name, group, file.is === 'valid' ? file.body : undefined, context)
  const described = describeRule(name, { ...look, isAsBefore: isAsBefore(input, look, context) })
  const isWaiting = group.is === 'renamed' && file.is === 'valid' && look.people.leaving + look.people.held === 0
  const renamed = isWaiting ? describeGroup(name, group, 'a rule') : undefined
  const told = described && renamed ? { ...described, ...renamed } : described
  if (told === undefined) return { told, wakes: await listBlocked(name, context) }
  const moving = look.people.waiting + look.people.leaving
  const movingMs = Math.max(look.paused === undefined ? soonMs : heldMs, moving * perPersonMs)
  const againMs = told.state === 'held' ? heldMs : isMoving(told) ? movingMs : undefined
  return {
    told,
    again: againMs === undefined ? undefined : new Date(now.getTime() + againMs),
    wakes: { why: 'its rule changed', inputs },
  }
}

function isMoving({ state }: Pick<Status, 'state'>): boolean {
  return state === 'applying' || state === 'revoking'
}

/** Two looks within 20 seconds see the same people. That does not prove that nothing is in flight. */
function isAsBefore({ told, head }: RuleInput, look: Comparison['look'], { clock }: RuleContext): boolean {
  if (told === undefined || told.etag !== head?.etag) return false
  if (JSON.stringify(told.people) !== JSON.stringify(look.people)) return false
  return clock.now().getTime() - Date.parse(told.updatedAt) >= soonMs
}

/** A group whose file is gone may wait for the end of its rule. */
async function listBlocked(name: PrincipalName, { objects }: RuleContext): Promise<Wakes> {
  const isBlocked = (await objects.head(attentionKey('blocked', groupKey(name)))) !== undefined
  return { why: 'its rule is gone', inputs: isBlocked ? [{ key: groupKey(name) }] : [] }
}

function describe({ tell }: RuleEnd, { name, told, now }: RuleInput, { group }: RuleTypes['facts']): Description {
  switch (tell) {
    case 'invalid':
    case 'nothing':
      return { told: undefined }
    case 'no group':
      return { told: describeGroup(name, group, 'a rule') }
    case 'held':
      return { told, again: new Date(now.getTime() + heldMs) }
  }
}

const nobody: Meant = { matching: new Map(), unread: new Set(), unnameable: 0, otherCapitals: [] }

type ListedFacts = Pick<RuleFacts, 'entries' | 'members' | 'onDrift' | 'now'> & { readonly people: ListedPeople }

/** Compares one group with a listing of all people. `rule`: undefined if the file is gone. Reads nothing. */
export function compareListed(name: PrincipalName, rule: Rule | undefined, { people, ...facts }: ListedFacts) {
  const { matching, unread, unnameable, otherCapitals } = rule ? people.meantBy(rule, name) : nobody
  const isListed = (user: PrincipalId) => people.has(user)
  const comparison = compareRule({ key: ruleKey(name), rule, matching, unread, isListed, ...facts })
  const { joining, leaving, members, kept, reported } = comparison
  const moving = { waiting: joining.length, leaving: leaving.length, held: 0 }
  const look = {
    people: { matching: matching.size, members, ...moving, kept },
    isGone: rule === undefined,
    reported,
    unread: unread.size,
    unnameable,
    otherCapitals,
  }
  return { ...comparison, look }
}

/** `rule`: undefined if the file is gone. */
async function compare(
  name: PrincipalName,
  { is, id: groupId, isExternal }: Extract<FoundGroup, { is: 'ours' | 'renamed' | 'given up' }>,
  rule: Rule | undefined,
  context: RuleContext,
): Promise<Comparison> {
  const { objects, identityStore, brake, configuration, listing, sentMs } = context
  const people = await listing.read(sentMs)
  const ids = await Array.fromAsync(listOwnedMemberships(objects, groupId))
  const comparison = compareListed(name, rule, {
    people,
    entries: await readOwnedMemberships(objects, ids),
    members: new Set(await listUnlessGone((token) => identityStore.listMembersOf(groupId, token))),
    onDrift: configuration.onDrift,
    now: await readNow(context),
  })
  const { joining, leaving, byRule } = comparison
  const alone = leaving.filter(({ isAlone }) => isAlone)
  const leaves = new Set(leaving.map(({ entry }) => renderMembership(entry)))
  const all = byRule.map(renderMembership)
  const { held, reason } = await brake.admitLeavers({
    group: name,
    leaving: alone.map(({ id: membership, entry }) => ({ membership, item: renderMembership(entry) })),
    all,
    staying: all.filter((item) => !leaves.has(item)),
  })
  const left = leaving.filter(({ entry }) => !held.has(renderMembership(entry)))
  const inputs = [
    ...(is === 'ours' ? joining : []).map(({ user, name: userName }) => ({
      key: membershipKey({ group: name, user: userName }, undefined),
      user,
    })),
    ...left.map(({ id, entry }) => ({ key: membershipKey(entry, undefined), user: id.user })),
  ]
  const look = {
    ...comparison.look,
    people: { ...comparison.look.people, leaving: left.length, held: held.size },
    isExternal,
    held: reason,
    paused: await readPauseReason(objects),
  }
  return { look, inputs }
}
