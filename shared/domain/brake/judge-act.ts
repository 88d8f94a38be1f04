import type { AssignmentKey } from '../assignments/assignment.ts'
import { withName } from '../text/sorted-names.ts'
import { type Act, type Counting, countOfRule, lossAct } from './act.ts'
import { type BrakeList, type BrakeRecord, type BrakeWindow, isSameScope } from './brake-record.ts'
import { type AdmissionFacts, decideAdmission } from './decide-admission.ts'
import { findList, findListWith, hold, replaceList, takeOff, takeOffItem, withoutList } from './lists.ts'
import { holdForMinimum, itemOf, type MinimumObjection, noteGone, stopLeaving } from './minimum.ts'
import { isReleased, useUpRelease } from './releases.ts'
import {
  addedTo,
  type BrakeTerms,
  type EndedTally,
  endOf,
  isBeyond,
  isRunning,
  windowOf,
  withWindow,
} from './windows.ts'

/** The answer of policies about an act's effect on people. */
export type MinimumAnswer = 'not asked' | 'agrees' | MinimumObjection

/** `brake`: the record to write before the act. */
export type Judged = { readonly brake: BrakeRecord } & (
  | { readonly is: 'passes' }
  | { readonly is: 'held'; readonly list: BrakeList | undefined }
  /** The caller must ask policies first. */
  | { readonly is: 'unasked' }
  /** The caller must count the base of these windows first. */
  | { readonly is: 'unmeasured'; readonly baseless: readonly BrakeWindow[] }
)

/** Whether ssofile may carry out an act now. Applies `decideAdmission` until nothing changes. */
export function judgeAct(before: BrakeRecord, act: Act, terms: BrakeTerms, minimum: MinimumAnswer = 'agrees'): Judged {
  const { standing, list, name } = findStanding(before, act, terms)
  const added = act.counts.map((one) => addTo(before, one, terms)).filter(({ items }) => items.length > 0)
  const beyond = added.filter((one) => isTooMany(before, one, terms))
  const baseless = beyond.flatMap(({ window, items }) =>
    window.base === undefined && isBeyond(window, items, terms) ? [window] : [],
  )
  const step = decideAdmission({
    standing,
    minimum: typeof minimum === 'string' ? minimum : 'objects',
    isCounted: added.length === 0,
    limits: baseless.length > 0 ? 'unknown' : beyond.length > 0 ? 'exceeded' : 'kept',
  })
  switch (step) {
    case 'stay':
      return holdOn(before, list, act)
    case 'leave list':
      return judgeAct(list ? takeOff(before, list, name) : before, act, terms, minimum)
    case 'ask minimum':
      return { is: 'unasked', brake: before }
    case 'hold by minimum':
      return holdByMinimum(before, act, minimum, terms)
    case 'pass':
      return { is: 'passes', brake: before }
    case 'measure':
      return { is: 'unmeasured', brake: before, baseless }
    case 'hold':
      return holdAs(before, act, beyond, terms)
    case 'count':
      return { is: 'passes', brake: added.reduce(countIn, before) }
    default:
      return step satisfies never
  }
}

type Added = { readonly window: BrakeWindow; readonly items: readonly string[] }
type Standing = { readonly standing: AdmissionFacts['standing']; readonly list?: BrakeList; readonly name: string }

/** Looks up the act's key, then its item. The first that is not free counts. */
function findStanding(brake: BrakeRecord, act: Act, { now }: BrakeTerms): Standing {
  const { rule, key, item = '' } = act
  const ofKey = key && standingOf(act, findList(brake, key), isReleased(brake, { key }, now))
  if (ofKey && ofKey.standing !== 'free') return { ...ofKey, name: key }
  if (act.item === undefined) return { standing: 'free', name: item }
  const list = findListWith(brake, rule, item) ?? findListWith(brake, 'minimum', item)
  return { ...standingOf(act, list, isReleased(brake, { rule, item }, now)), name: item }
}

function standingOf(act: Act, list: BrakeList | undefined, isReleasedNow: boolean): Omit<Standing, 'name'> {
  if (list?.rule === 'minimum') return { standing: 'held by a minimum', list }
  if (isReleasedNow) return { standing: 'released' }
  if (!list) return { standing: 'free' }
  return { standing: act.isOutlived?.(list) ? 'outlived' : 'held', list }
}

function addTo(brake: BrakeRecord, { base, ...one }: Counting, terms: BrakeTerms): Added {
  const window = windowOf(brake, one, terms)
  return { window: base === undefined ? window : { base, ...window }, items: addedTo(window, one) }
}

/** While a rule has a held list, nobody else leaves by that rule. */
function isTooMany(brake: BrakeRecord, { window, items }: Added, terms: BrakeTerms): boolean {
  const isListed = window.cause === 'rule' && brake.lists.some((list) => isSameScope(list, window))
  return isListed || isBeyond(window, items, terms)
}

function countIn(brake: BrakeRecord, { window, items }: Added): BrakeRecord {
  return withWindow(brake, { ...window, counted: [...window.counted, ...items] })
}

/** Puts the act on the list of the first limit that it exceeds. */
function holdAs(before: BrakeRecord, { key }: Act, [beyond]: readonly Added[], terms: BrakeTerms): Judged {
  if (!beyond) return { is: 'held', brake: before, list: undefined }
  const brake = hold(before, key ? [key] : [], beyond, terms)
  return { is: 'held', brake, list: brake.lists.find((list) => isSameScope(list, beyond.window)) }
}

/** A list that holds a person also holds each access of that person. */
function holdOn(brake: BrakeRecord, list: BrakeList | undefined, { key }: Act): Judged {
  if (!list || !key || findList(brake, key)) return { is: 'held', brake, list }
  const next = { ...list, held: withName(list.held, key) }
  return { is: 'held', brake: replaceList(brake, list, next), list: next }
}

function holdByMinimum(before: BrakeRecord, act: Act, minimum: MinimumAnswer, terms: BrakeTerms): Judged {
  if (typeof minimum === 'string' || !act.takes) return { is: 'unasked', brake: before }
  const brake = holdForMinimum(before, act.takes, minimum, terms)
  return holdOn(brake, findListWith(brake, 'minimum', itemOf(act.takes)), act)
}

/**
 * Takes the act off its lists and out of its releases: ssofile no longer takes the access away, or the access is gone since `goneAt`.
 * Access that stays counts among the rest again.
 */
export function dropAct(
  before: BrakeRecord,
  { rule, key, item, takes }: Omit<Act, 'counts'>,
  goneAt?: Date,
): BrakeRecord {
  const ofKey = key === undefined ? before : dropAccess(before, key)
  const brake = item === undefined ? ofKey : dropItem(ofKey, { rule, item })
  if (takes === undefined) return brake
  return goneAt === undefined ? stopLeaving(brake, takes) : noteGone(brake, takes, goneAt)
}

/** The same for one access. */
function dropAccess(brake: BrakeRecord, key: AssignmentKey): BrakeRecord {
  const list = findList(brake, key)
  return useUpRelease(list ? takeOff(brake, list, key) : brake, { key })
}

function dropItem(brake: BrakeRecord, one: { readonly rule: BrakeList['rule']; readonly item: string }): BrakeRecord {
  const unlisted = takeOffItem(takeOffItem(brake, one.rule, one.item), 'minimum', one.item)
  return useUpRelease(unlisted, one)
}

/** Windows of withdrawn links that have ended. They may have to go on (`prolongWindow`). */
export function findEnded(brake: BrakeRecord, act: Act, terms: BrakeTerms): readonly EndedTally[] {
  if (['held', 'released'].includes(findStanding(brake, act, terms).standing)) return []
  return act.counts.flatMap((one) => {
    const window = brake.windows.find((window) => isSameScope(one, window) && !isRunning(window, terms))
    return one.rule === 'own' && window ? [{ ...one, endedAt: endOf(window, terms.limits) }] : []
  })
}

/**
 * Judges everybody whom a rule stopped matching, before the first of them leaves the group. If they are too many at once, the brake
 * holds all of them on one list. `all`: the people whom the rule put into its group. A person whom the rule matches again leaves the
 * list.
 */
export function judgeLeavers(
  brake: BrakeRecord,
  { group, items, all }: { readonly group: string; readonly items: readonly string[]; readonly all: readonly string[] },
  terms: BrakeTerms,
): BrakeRecord {
  const kept = new Set(items)
  const listed = brake.lists
    .filter((list) => isSameScope(list, countOfRule(group, [])))
    .flatMap((list) => [...list.items])
  const now = listed
    .filter((item) => !kept.has(item))
    .reduce((record, item) => dropAct(record, { rule: 'memberships', item }), brake)
  const isOpen = (item: string) =>
    !['held', 'released'].includes(findStanding(now, { rule: 'memberships', item, counts: [] }, terms).standing)
  const leaving = countOfRule(group, items.filter(isOpen))
  // People who passed in this window may have left the group already.
  const base = new Set([...windowOf(now, leaving, terms).counted, ...all]).size
  const judged = judgeAct(now, { rule: 'memberships', counts: [{ ...leaving, base }] }, terms)
  return judged.is === 'held' ? judged.brake : now
}

/**
 * ssofile may carry out only the losses that a person released. All others form the new list, which replaces the old one. Without
 * others there is no list.
 */
export function judgeLosses(
  brake: BrakeRecord,
  losses: readonly string[],
  terms: BrakeTerms,
): { readonly brake: BrakeRecord; readonly list: BrakeList | undefined } {
  const listOf = ({ lists }: BrakeRecord) => lists.find(({ rule }) => rule === 'attributes')
  const isOpen = (item: string) => !isReleased(brake, { rule: 'attributes', item }, terms.now)
  const open = losses.filter(isOpen).sort()
  const known = listOf(brake)
  if (known && [...known.items].join('\n') === open.join('\n')) return { brake, list: known }
  const before = known ? withoutList(brake, known) : brake
  const after = open.reduce((record, item) => judgeAct(record, lossAct(item), terms).brake, before)
  return { brake: after, list: listOf(after) }
}
