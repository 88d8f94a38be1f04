import type { Configuration } from '../deployment/configuration.ts'
import { isAhead } from '../text/instant.ts'
import { type BrakeRecord, type BrakeWindow, isSameScope, type Scope } from './brake-record.ts'

/** The items of one act in one window. */
export type Tally = Scope & { readonly items: readonly string[] }

/** The items of one act in a window that is over: it ended at `endedAt`, by S3's clock. */
export type EndedTally = Tally & { readonly endedAt: Date }

/** `now`: by S3's clock. `clockNow`: by the dispatcher's clock. */
export type BrakeTerms = { readonly limits: Configuration['brake']; readonly now: Date; readonly clockNow?: Date }

/** Deeds of people in a folder: deleted links, or files of memberships. */
const isOwn = (rule: Scope['rule']): boolean => rule === 'own' || rule === 'memberships'

/** A rule may take out this many even if that is half of its people: four people may simply have left. */
const fewOfRule = 4

/** A rule (`rules/`) never empties a group of more than one. Beyond `fewOfRule` it takes out less than half of the people it put in. */
function limitOfRule(base: number): number {
  return Math.max(1, Math.min(base - 1, Math.max(fewOfRule, Math.ceil(base / 2) - 1)))
}

/** Limits count acts of this rule. An act of any other rule waits for a person, however few there are. */
export function isCountedRule(rule: Scope['rule']): boolean {
  return rule !== 'minimum' && rule !== 'attributes'
}

/** As many users, or groups, may vanish within an hour as leave on a busy day. Ten or more, and more than a tenth, are an accident. */
const [fewVanished, percentVanished, vanishedMs] = [9, 10, 60 * 60_000]

/** The number of items that may pass in a window. */
export function limitOf({ rule, cause }: Scope, base: number, limits: Configuration['brake']): number {
  if (!isCountedRule(rule)) return 0
  if (cause === 'rule') return limitOfRule(base)
  if (rule === 'people') return limits.people.count
  if (cause === 'directory') return Math.max(fewVanished, Math.floor((percentVanished * base) / 100))
  const { count, percent } = isOwn(rule) ? limits.own : limits.indirect
  const limit = Math.max(count, Math.floor((percent * base) / 100))
  if (isOwn(rule)) return limit
  // No folder can use up more than half of everything.
  return (cause === 'everything' ? 2 : 1) * Math.min(limits.indirect.most, limit)
}

/** The base above which the limit stays the same. */
export function baseMost({ rule, cause }: Pick<Scope, 'rule' | 'cause'>, { indirect }: Configuration['brake']): number {
  if (isOwn(rule) || cause === 'directory') return Number.POSITIVE_INFINITY
  return indirect.percent === 0 ? 0 : Math.ceil((100 * indirect.most) / indirect.percent)
}

export function lengthMs(
  { rule, cause }: Pick<Scope, 'rule' | 'cause'>,
  { own, indirect, people }: Configuration['brake'],
): number {
  if (!isCountedRule(rule)) return 0
  if (cause === 'directory') return vanishedMs
  if (rule === 'people') return people.minutes * 60_000
  return isOwn(rule) ? own.minutes * 60_000 : indirect.hours * 60 * 60_000
}

export function isRunning(window: BrakeWindow, terms: BrakeTerms): boolean {
  return !isForged(window, terms) && ageMs(window, terms) < lengthMs(window, terms.limits)
}

/** Operators may write anything into the record. A window that begins in the future would never end, so it counts for nothing. */
export function isForged({ since, busyAt }: BrakeWindow, { now }: BrakeTerms): boolean {
  return isAhead(since, now) || (busyAt !== undefined && isAhead(busyAt, now))
}

export function ageMs({ since, busyAt }: BrakeWindow, { now }: BrakeTerms): number {
  return now.getTime() - Date.parse(busyAt ?? since)
}

export function endOf({ since, busyAt, ...scope }: BrakeWindow, limits: Configuration['brake']): Date {
  return new Date(Date.parse(busyAt ?? since) + lengthMs(scope, limits))
}

/**
 * Prolongs a window that has just ended while more links are deleted than may pass in one window, and their access is still to be
 * revoked (`open`). Links over many accounts take hours to revoke. A new window each time would let all of them pass. `open` is 0 if
 * every link was deleted after the window had ended: that is another flood.
 */
export function prolongWindow(brake: BrakeRecord, one: Tally, open: number, terms: BrakeTerms): BrakeRecord {
  const { limits, now } = terms
  const last = brake.windows.find((window) => isSameScope(one, window))
  if (!last || isForged(last, terms) || open <= limitOf(last, last.base ?? 0, limits)) return brake
  if (ageMs(last, terms) >= 2 * lengthMs(last, limits)) return brake
  return withWindow(brake, { ...last, busyAt: now.toISOString() })
}

export function noteBase(brake: BrakeRecord, measured: BrakeWindow, base: number, terms: BrakeTerms): BrakeRecord {
  const known = brake.windows.find((window) => isSameScope(window, measured))
  if (known && known.since !== measured.since && isRunning(known, terms)) return brake
  return withWindow(brake, { ...(known?.since === measured.since ? known : measured), base })
}

/** The running window, or a new one. */
export function windowOf(brake: BrakeRecord, one: Tally, terms: BrakeTerms): BrakeWindow {
  const { rule, cause, name, folder } = one
  const running = brake.windows.find((window) => isSameScope(one, window) && isRunning(window, terms))
  const clockAt = terms.clockNow?.toISOString()
  return running ?? { rule, cause, name, folder, since: terms.now.toISOString(), clockAt, counted: [] }
}

export function addedTo({ counted }: BrakeWindow, { items }: Tally): readonly string[] {
  const known = new Set(counted)
  return items.filter((item) => !known.has(item))
}

export function isBeyond(window: BrakeWindow, items: readonly string[], { limits }: BrakeTerms): boolean {
  return items.length > 0 && window.counted.length + items.length > limitOf(window, window.base ?? 0, limits)
}

export function withWindow(brake: BrakeRecord, window: BrakeWindow): BrakeRecord {
  const isKnown = brake.windows.some((one) => isSameScope(one, window))
  const windows = isKnown
    ? brake.windows.map((one) => (isSameScope(one, window) ? window : one))
    : [...brake.windows, window]
  return { ...brake, windows }
}
