import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { InputMessage } from '../../domain/links/input-message.ts'
import { compareRule } from '../../domain/people/compare-rule.ts'
import { describeGroup } from '../../domain/people/describe-membership.ts'
import { describeRule, type RuleLook } from '../../domain/people/describe-rule.ts'
import { groupKey } from '../../domain/people/group-file.ts'
import { membershipKey, renderMembership } from '../../domain/people/membership-file.ts'
import { parseRuleKey, type Rule, ruleKey, ruleKeyOf } from '../../domain/people/rule-file.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { Parsed } from '../../domain/statuses/complaint.ts'
import { rejection, type Status } from '../../domain/statuses/status.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { unlessCode } from '../../ports/service-error.ts'
import type { Brake } from '../brake/brake.ts'
import { brakeFile } from '../brake/brake-file.ts'
import type { DirectoryListing } from '../directory/directory-listing.ts'
import { readPauseReason } from '../dispatcher/pause.ts'
import { type ToldInput, tellInput } from '../inputs/tell-input.ts'
import { dueEvent, indexInstants } from '../records/expiry-index.ts'
import { sendEach, sendInputs } from '../records/inputs.ts'
import { listOwnedMemberships, readOwnedMemberships } from '../records/owned-groups.ts'
import { readNow } from '../records/owner.ts'
import { readRuleFile } from '../records/rule-files.ts'
import { attentionKey, StatusStore } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { findOwnGroup } from './find-own-group.ts'

type LookingAtRule = Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock' | 'identityStore' | 'log'> & {
  readonly configuration: Configuration
  readonly brake: Pick<Brake, 'admitLeavers'>
  readonly listing: DirectoryListing
  /** When the message was sent: an older listing is not for it. */
  readonly sentMs?: number | undefined
}

const soonMs = 20_000
const heldMs = 60_000
/** Of each person who comes or goes: the directory takes few calls a second, and each needs several. */
const perPersonMs = 300

type Found = Omit<RuleLook, 'isAsBefore'>

/**
 * The file of a rule, as it is now, against all people of the directory: has each membership looked at that differs, and decides
 * nothing else. Where too many would leave, the brake holds all of them first. Safe to repeat at any time; throws when something
 * cannot be read or written, and then nothing changes.
 */
export async function lookAtRule(message: InputMessage, context: LookingAtRule): Promise<void> {
  const { key, id, event } = message
  const { objects, clock, log } = context
  const statuses = new StatusStore(objects, clock)
  const named = parseRuleKey(key)
  const found = await readRuleFile(objects, key)
  const { head, file } = found ?? {}
  const before = await spoiledAsAbsent(statuses.read(key))
  if (event === dueEvent && before?.etag === head?.etag && (await isHeldAsBefore(before, context)))
    return lookAgain(key, heldMs, id, context)
  const { told, look } = await assess(key, file, context)
  const status = await tellInput(context, { message, head }, (current) => {
    const isSame = current?.etag === head?.etag && JSON.stringify(current?.people) === JSON.stringify(look?.people)
    const isAsBefore = isSame && isOld(current, clock)
    const ofPeople = named.ok && look ? describeRule(named.value, { ...look, isAsBefore }) : undefined
    return told ?? ofPeople
  })
  log.info('rule looked at', { input: key, id, event, status: status?.state ?? 'removed', people: status?.people })
  const againMs = againAfter(status, look?.paused)
  if (againMs !== undefined) return lookAgain(key, againMs, id, context)
  if (status === undefined && named.ok) await tellGroup(named.value, context)
}

/** Two looks that come together find the same people, and prove nothing of those who are on the way. */
function isOld(told: Status | undefined, clock: Ports['clock']): boolean {
  return told !== undefined && clock.now().getTime() - Date.parse(told.updatedAt) >= soonMs
}

/** `told`: nobody need be compared. Neither: nothing is left of the rule. */
async function assess(
  key: string,
  rule: Parsed<Rule> | undefined,
  context: LookingAtRule,
): Promise<{ readonly told?: ToldInput | undefined; readonly look?: Found | undefined }> {
  const named = parseRuleKey(key)
  if (!named.ok) return { told: rule && rejection(named.complaint) }
  if (rule?.ok === false) return { told: rejection(rule.complaint) }
  const group = await findOwnGroup(named.value, context)
  const told = rule && describeGroup(named.value, group, 'a rule')
  if (told || group.is !== 'ours') return { told }
  return { look: await compare(named.value, group, rule?.value, context) }
}

/** The list of the brake is as it was when its status was told: nobody has released it. So nobody need be listed again. */
async function isHeldAsBefore(before: Status | undefined, { objects }: LookingAtRule): Promise<boolean> {
  if (before?.state !== 'held') return false
  const lists = (await brakeFile(objects).read())?.value.lists ?? []
  return lists.some(
    (list) =>
      list.cause === 'rule' && ruleKeyOf(list.name ?? '') === before.input && list.items.length === before.people?.held,
  )
}

async function lookAgain(key: string, afterMs: number, id: string, context: LookingAtRule): Promise<void> {
  await indexInstants(context.objects, key, [new Date((await readNow(context)).getTime() + afterMs)], id)
}

function againAfter(status: Status | undefined, paused: string | undefined): number | undefined {
  const { state, people } = status ?? {}
  if (state === 'held') return heldMs
  if (state !== 'applying' && state !== 'revoking') return undefined
  const moving = (people?.waiting ?? 0) + (people?.leaving ?? 0)
  return Math.max(paused === undefined ? soonMs : heldMs, moving * perPersonMs)
}

/** A group whose file is gone may wait for the end of its rule. */
async function tellGroup(name: PrincipalName, context: LookingAtRule): Promise<void> {
  const group = groupKey(name)
  if ((await context.objects.head(attentionKey('blocked', group))) !== undefined)
    await sendInputs(context, [group], 'its rule is gone', context.configuration)
}

/** `rule`: undefined where the file is gone. */
async function compare(
  name: PrincipalName,
  { id: groupId, isExternal }: { readonly id: PrincipalId; readonly isExternal: boolean },
  rule: Rule | undefined,
  context: LookingAtRule,
): Promise<Found> {
  const { objects, identityStore, brake, configuration, listing, sentMs } = context
  const people = await listing.read(sentMs)
  const meant = rule ? people.meantBy(rule, name) : undefined
  const ids = await Array.fromAsync(listOwnedMemberships(objects, groupId))
  const key = ruleKey(name)
  const comparison = compareRule({
    key,
    rule,
    matching: meant?.matching ?? new Map(),
    unread: meant?.unread ?? new Set(),
    isListed: (user) => people.has(user),
    entries: await readOwnedMemberships(objects, ids),
    members: await listMembers(groupId, identityStore),
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
    ...joining.map(({ user, name: userName }) => ({
      key: membershipKey({ group: name, user: userName }, undefined),
      user,
    })),
    ...left.map(({ id, entry }) => ({ key: membershipKey(entry, undefined), user: id.user })),
  ]
  await sendEach(context, inputs, 'its rule asks for it, or does no longer', configuration)
  return {
    people: {
      matching: meant?.matching.size ?? 0,
      members: comparison.members,
      waiting: joining.length,
      leaving: left.length,
      held: held.size,
      kept: comparison.kept,
    },
    isGone: rule === undefined,
    isExternal,
    held: reason,
    paused: await readPauseReason(objects),
    reported: comparison.reported,
    unread: meant?.unread.size ?? 0,
    unnameable: meant?.unnameable ?? 0,
  }
}

/** None where the group is gone. */
async function listMembers(
  group: PrincipalId,
  identityStore: Ports['identityStore'],
): Promise<ReadonlySet<PrincipalId>> {
  const listing = Array.fromAsync(listAll((token) => identityStore.listMembersOf(group, token)))
  return new Set((await unlessCode(listing, 'ResourceNotFoundException')) ?? [])
}
