import { covers, overlap } from '../text/glob.ts'
import { isLimit } from './is-administrator.ts'
import { type PoliciesEffect, stays } from './policies-effect.ts'
import type { ConditionTest, PolicyStatement } from './policy-statement.ts'
import { isAllActions, isCovered, isThere, listUncovered, placesOf } from './statement-cover.ts'

/** The share of the former permissions that is left, from 0 to 1: if all doubts are true (`least`), and if none is (`most`). */
export type ShareLeft = { readonly least: number; readonly most: number }

/**
 * An estimate of the number of actions, because the domain has no list of AWS's actions, and no content of most managed policies: a managed
 * policy and `s3:*` count 50, `s3:Get*` 10, one action 1. AWS has about 20,000 actions in about 400 services.
 */
function sizeOf(action: string): number {
  if (isAllActions(action)) return everything
  const [service = '', name = ''] = action.split(':')
  if (/[*?]/.test(service)) return 1_000
  return /^\*+$/.test(name) ? ofService : /[*?]/.test(name) ? 10 : 1
}
const everything = 20_000
const ofService = 50

/** A part of the former permissions: actions on resources. An attached policy may have any action. */
type Part = { readonly action: string; readonly size: number; readonly of: PolicyStatement | undefined }

/**
 * What is left of the permissions of `was`, with the denials:
 *
 * | now                                                            | least            | most             |
 * | -------------------------------------------------------------- | ---------------- | ---------------- |
 * | allowed on the same resources and the same condition           | is left          | is left          |
 * | allowed on fewer resources or on another condition             | is gone          | is left          |
 * | a managed policy is gone, and another policy is there          | is gone          | may be left      |
 * | denied without a condition                                     | is gone          | is gone          |
 * | denied on a new condition that may always hold                 | is gone          | is left          |
 * | denied on a condition that spares something (Region, MFA, tag) | is left          | is left          |
 * | a new policy with unknown content                              | all is gone      | is left          |
 *
 * Nobody knows which of the former conditions ever held, so `least` is the smallest share over all choices of them.
 */
export function shareLeft(was: PoliciesEffect, is: PoliciesEffect): ShareLeft {
  const parts = partsOf(was)
  const certain = is.denies.filter(isCertain)
  const before = sizeOfParts(parts, (part) => undenied(part, was.denies.filter(isCertain)))
  const after = sizeOfParts(parts, (part) => mayKeep(part, is) * undenied(part, certain))
  const isNothing = partsOf(is).length === 0 && mayBeAllOfSpared(was, is)
  const most = before > 0 ? after / before : isNothing ? 0 : 1
  const shares =
    isUnknown(was, is) || mayBeAllOfSpared(was, is) ? [0] : choicesOf(was).map((held) => leastShare(was, is, held))
  return { least: Math.min(...shares), most }
}

const isSparingPlaces = ({ butOn }: PolicyStatement): boolean => butOn.length > 0

/**
 * Whether something is lost, and `NotResource` says where. It spares a few resources of everything, which no estimate counts, and another
 * statement may take just these: then any loss may be all of it.
 */
function mayBeAllOfSpared(was: PoliciesEffect, is: PoliciesEffect): boolean {
  const newDenials = is.denies.filter((one) => listUncovered(one, was.denies).length > 0)
  const isLess =
    newDenials.length > 0 ||
    was.allows.some((one) => listUncovered(one, is.allows).length > 0) ||
    was.attached.some(({ name }) => !stays(name, is))
  return isLess && partsOf(was).length > 0 && [...was.allows, ...was.denies, ...newDenials].some(isSparingPlaces)
}

function sizeOfParts(parts: readonly Part[], shareOf: (part: Part) => number): number {
  return parts.reduce((all, part) => all + part.size * shareOf(part), 0)
}

/** The share that stays for certain, if exactly these conditions of the former statements ever held. */
function leastShare(was: PoliciesEffect, is: PoliciesEffect, held: ReadonlySet<string>): number {
  const counts = ({ condition }: PolicyStatement) => condition === '' || held.has(condition)
  const parts = partsOf({ ...was, allows: was.allows.filter(counts) })
  const undeniedBefore = (part: Part) => undenied(part, was.denies.filter(counts))
  const before = sizeOfParts(parts, undeniedBefore)
  if (before === 0) return 1
  const isNew = (one: PolicyStatement) => listUncovered(one, was.denies).length > 0
  // A new denial of other Regions spares nothing of a statement that allows only there.
  const mayDeny = (one: PolicyStatement, { of }: Part) =>
    counts(one) || (isNew(one) && (isDoubtful(one) || (of !== undefined && !isCertain(of))))
  const after = sizeOfParts(parts, (part) => {
    const denials = is.denies.filter((one) => mayDeny(one, part))
    return keeps(part, is, was) * Math.min(undeniedBefore(part), undenied(part, denials))
  })
  return after / before
}

const allChoicesMost = 6

/** The conditions that may have held. Of many, each alone, all but each, all and none. */
function choicesOf({ allows, denies }: PoliciesEffect): readonly ReadonlySet<string>[] {
  const all = [...new Set([...allows, ...denies].map(({ condition }) => condition))].filter((one) => one !== '')
  if (all.length <= allChoicesMost) {
    const choices = Array.from({ length: 2 ** all.length }, (_, bits) => all.filter((_, index) => bits & (1 << index)))
    return choices.map((one) => new Set(one))
  }
  return [[], all, ...all.map((one) => [one]), ...all.map((but) => all.filter((one) => one !== but))].map(
    (one) => new Set(one),
  )
}

/** The new attached policies with unknown content. */
export function listUnknown(was: PoliciesEffect, is: PoliciesEffect): readonly string[] {
  return is.attached.flatMap(({ name, known }) =>
    known || was.attached.some((one) => one.name === name) ? [] : [name],
  )
}

function isUnknown(was: PoliciesEffect, is: PoliciesEffect): boolean {
  return listUnknown(was, is).length > 0 || is.isUnclear
}

function partsOf({ allows, attached, isUnclear }: PoliciesEffect): readonly Part[] {
  const some = allows.filter((one) => !one.isInverted || isAllButSome(one))
  const named = some.flatMap((of) => (of.isInverted ? ['*'] : of.actions).map((action) => ({ action, of })))
  const unread = { action: '*', size: ofService, of: undefined }
  return [
    ...named.map((one) => ({ ...one, size: sizeOf(one.action) })),
    ...attached.map(() => unread),
    ...(isUnclear ? [unread] : []),
  ]
}

/** The part that stays for certain, but for denials. */
function keeps({ action, of }: Part, is: PoliciesEffect, was: PoliciesEffect): number {
  if (of === undefined) {
    if (is.allows.some((one) => one.isUnlimited && (isAllButSome(one) || isCovered('*', [one])))) return 1
    const stay = was.attached.filter(({ name }) => stays(name, is))
    return stay.length / (was.attached.length + (was.isUnclear ? 1 : 0))
  }
  const sameOrFree = is.allows.filter(({ condition }) => condition === of.condition || condition === '')
  const shares = placesOf(of).map((place) => {
    const there = sameOrFree.filter((one) => isThere(one, place, of))
    if (of.isInverted && there.some(isAllButSome)) return 1
    return isCovered(action, there) ? 1 : insideOf(action, there)
  })
  return shares.reduce((all, one) => all + one, 0) / Math.max(1, shares.length)
}

/** `NotAction` with a list. With `*` it names nothing. */
const isAllButSome = ({ isInverted, actions }: PolicyStatement): boolean => isInverted && !actions.some(isAllActions)

/** The part that may stay, but for denials. */
function mayKeep({ action, of }: Part, { allows, attached, isUnclear }: PoliciesEffect): number {
  if (attached.length > 0 || isUnclear || isCovered(action, allows)) return 1
  const isLeft = allows.some((one) => one.isInverted && !one.actions.some((but) => covers(but, action)))
  if (isLeft) return 1
  return of ? insideOf(action, allows) : Math.min(1, (insideOf('*', allows) * everything) / ofService)
}

/** The share of a pattern that these statements name, by estimate. */
function insideOf(action: string, statements: readonly PolicyStatement[]): number {
  const named = statements.flatMap(({ isInverted, actions }) => (isInverted ? [] : actions))
  return Math.min(1, common(action, named) / sizeOf(action))
}

function common(action: string, others: readonly string[]): number {
  const size = sizeOf(action)
  return [...new Set(others)]
    .filter((other) => overlap(other, action))
    .reduce((all, other) => all + Math.min(size, sizeOf(other)), 0)
}

/** The share of a part that these denials leave. */
function undenied({ action, of }: Part, denials: readonly PolicyStatement[]): number {
  const shares = (of ? placesOf(of) : ['*']).map((place) => {
    const there = denials.filter((one) => isDeniedAt(one, place) || isDeniedTogether(action, one, place, denials))
    if (isCovered(action, there)) return 0
    const but = there.flatMap((one) => (one.isInverted ? [common(action, one.actions) / sizeOf(action)] : []))
    return Math.min(Math.max(0, 1 - insideOf(action, there)), ...but)
  })
  return shares.reduce((all, one) => all + one, 0) / Math.max(1, shares.length)
}

/** `NotResource` spares a few resources of everything. */
function isDeniedAt({ onlyOn, butOn }: PolicyStatement, place: string): boolean {
  if (onlyOn) return onlyOn.some((one) => covers(one, place) || /^(?:arn:)?[*:?]*\*$/.test(one))
  return place === '*' || !butOn.some((one) => overlap(one, place))
}

/** What `NotResource` of one denial spares, other denials may deny. */
function isDeniedTogether(
  action: string,
  { butOn }: PolicyStatement,
  place: string,
  denials: readonly PolicyStatement[],
): boolean {
  const isDenied = (but: string) =>
    isCovered(
      action,
      denials.filter((one) => isDeniedAt(one, but)),
    )
  return butOn.length > 0 && butOn.every((but) => !overlap(but, place) || isDenied(but))
}

const isCertain = ({ condition }: PolicyStatement): boolean => condition === ''

const isDoubtful = ({ condition, tests }: PolicyStatement): boolean => condition !== '' && !tests.some(isSparing)

/**
 * Whether a denial with this test spares something for certain: requests without the tag, in the Regions that it names, with a second
 * factor. All tests of a condition must match, so one is enough.
 */
function isSparing(test: ConditionTest): boolean {
  const { operator, key, values } = test
  if (/^aws:(?:MultiFactorAuth(?:Present|Age)|SecureTransport)$/i.test(key)) return true
  if (!/^aws:RequestedRegion$/i.test(key) || !operator.includes('Not')) return isLimit(test)
  return values.some((one) => /^[a-z]{2}(?:-[a-z]+)*-[\d*]/.test(one))
}
