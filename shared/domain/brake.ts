import * as z from 'zod'
import { type AssignmentKey, assignmentKey } from './assignment.ts'
import { quote } from './complaint.ts'
import type { Configuration } from './configuration.ts'
import { linkPrefix } from './link.ts'
import { splitFolder } from './link-fields.ts'

/** `own`: the granting links were withdrawn. `indirect`: the links are there, and something else removes the access. */
export const brakeRules = ['own', 'indirect'] as const
type BrakeRule = (typeof brakeRules)[number]

/** One count: `indirect` everywhere together, `own` for each folder of links (absent: directly under `links_data/`). */
const scope = { rule: z.enum(brakeRules), folder: z.string().optional() }

/** A window begins with the first revocation that is counted after the window before it ended. */
const brakeWindow = z.strictObject({
  ...scope,
  since: z.iso.datetime(),
  /** How many links of the folder, or entries of the ledger, there were when it began. */
  base: z.int().min(0),
  /** The keys of the links or ledger entries that passed. Each counts once, however often it is tried. */
  counted: z.array(z.string()),
  /** When a flood was last seen in it. It ends its whole length after that, so that no flood can outlast it. */
  busyAt: z.iso.datetime().optional(),
})
type BrakeWindow = z.infer<typeof brakeWindow>

/** Why the list is held, once for each rule and folder. `items` exceed the limit; `passed` were counted before them. */
const brakeHold = z.strictObject({
  ...scope,
  since: z.iso.datetime(),
  base: z.int().min(0),
  limit: z.int().min(0),
  /** How long its window lasts. */
  minutes: z.number(),
  passed: z.int().min(0),
  items: z.array(z.string()),
})
export type BrakeHold = z.infer<typeof brakeHold>

/** A person released these: for an hour from `at` (S3's clock) they pass without being counted. */
const brakeRelease = z.strictObject({
  digest: z.string(),
  at: z.iso.datetime(),
  by: z.string(),
  /** Whether a hint was sent for each of them. */
  hinted: z.boolean(),
  keys: z.array(assignmentKey),
})

/** The content of `control/brake.json`. Every instant is S3's. `held` is sorted, and only a person releases it. */
export const brakeRecord = z.strictObject({
  held: z.array(assignmentKey),
  holds: z.array(brakeHold),
  windows: z.array(brakeWindow),
  releases: z.array(brakeRelease),
})
export type BrakeRecord = z.infer<typeof brakeRecord>

export const emptyBrake: BrakeRecord = { held: [], holds: [], windows: [], releases: [] }

/** A link that granted access, by its key and folder. */
export type WithdrawnLink = { readonly key: string; readonly folder: string | undefined }

/** One assignment that is about to be revoked. `withdrawn`: all links that granted it; empty: it is indirect. */
export type Revocation = { readonly key: AssignmentKey; readonly withdrawn: readonly WithdrawnLink[] }

/** What one revocation counts in one window. */
export type Tally = {
  readonly rule: BrakeRule
  readonly folder: string | undefined
  readonly items: readonly string[]
}

export type BrakeTerms = { readonly limits: Configuration['brake']; readonly now: Date }

const releasedForMs = 60 * 60_000

/** The folder of a link's key, declared or not; `undefined`: directly under `links_data/`. */
export function folderOf(key: string): string | undefined {
  return splitFolder(key.slice(linkPrefix.length)).folder
}

/** Links are counted, not their accounts: one link may revoke on any number of accounts. */
export function tally({ key, withdrawn }: Revocation): readonly Tally[] {
  if (withdrawn.length === 0) return [{ rule: 'indirect', folder: undefined, items: [key] }]
  const byFolder = Map.groupBy(withdrawn, ({ folder }) => folder)
  return [...byFolder].map(([folder, links]) => ({
    rule: 'own',
    folder,
    items: [...new Set(links.map((link) => link.key))],
  }))
}

/** The most that may pass in a window; exactly so many do. */
export function limitOf(rule: BrakeRule, base: number, limits: Configuration['brake']): number {
  const { count, percent } = limits[rule]
  const most = rule === 'indirect' ? limits.indirect.most : Number.MAX_SAFE_INTEGER
  return Math.min(most, Math.max(count, Math.floor((percent * base) / 100)))
}

function lengthMs(rule: BrakeRule, { own, indirect }: Configuration['brake']): number {
  return rule === 'own' ? own.minutes * 60_000 : indirect.hours * 60 * 60_000
}

function isSameScope(a: Pick<Tally, 'rule' | 'folder'>, b: { rule: BrakeRule; folder?: string | undefined }): boolean {
  return a.rule === b.rule && a.folder === b.folder
}

function isRunning(window: BrakeWindow, terms: BrakeTerms): boolean {
  return ageMs(window, terms) < lengthMs(window.rule, terms.limits)
}

function ageMs({ since, busyAt }: BrakeWindow, { now }: BrakeTerms): number {
  return now.getTime() - Date.parse(busyAt ?? since)
}

/** The windows that this revocation counts in. They must be open (`openWindow`) before it is judged. */
export function findMissingWindows(brake: BrakeRecord, revocation: Revocation, terms: BrakeTerms): readonly Tally[] {
  if (brake.held.includes(revocation.key) || isReleased(brake, revocation.key, terms.now)) return []
  return tally(revocation).filter(
    (one) => !brake.windows.some((window) => isSameScope(one, window) && isRunning(window, terms)),
  )
}

export function openWindow(
  brake: BrakeRecord,
  { rule, folder }: Tally,
  base: number,
  { now }: BrakeTerms,
): BrakeRecord {
  const others = brake.windows.filter((window) => !isSameScope({ rule, folder }, window))
  const opened = { rule, folder, since: now.toISOString(), base, counted: [] }
  return { ...brake, windows: [...others, opened] }
}

/**
 * Prolongs a window that has just run out while more links are deleted than may pass in one window, and their access is
 * still to be revoked (`open`). Links over many accounts take hours: with a new window each time, all of them would
 * pass. `undefined`: a new window has to be opened.
 */
export function prolongWindow(
  brake: BrakeRecord,
  one: Tally,
  open: number,
  terms: BrakeTerms,
): BrakeRecord | undefined {
  const { limits, now } = terms
  const last = brake.windows.find((window) => isSameScope(one, window))
  if (!last || open <= limitOf(last.rule, last.base, limits)) return undefined
  if (ageMs(last, terms) >= 2 * lengthMs(last.rule, limits)) return undefined
  const windows = brake.windows.map((window) => (window === last ? { ...last, busyAt: now.toISOString() } : window))
  return { ...brake, windows }
}

/**
 * Whether a revocation may be sent, and the record that has to be written before it is. Its windows must be open.
 *
 * | released | on the list | its links or key counted | within the limit | then                       |
 * | -------- | ----------- | ------------------------ | ---------------- | -------------------------- |
 * | yes      | any         | any                      | any              | passes, uncounted          |
 * | no       | yes         | any                      | any              | stays held                 |
 * | no       | no          | yes                      | any              | passes, counted before     |
 * | no       | no          | no                       | yes              | passes, and is counted     |
 * | no       | no          | no                       | no               | is held, and on the list   |
 */
export function judgeRevocation(
  brake: BrakeRecord,
  revocation: Revocation,
  terms: BrakeTerms,
): { readonly brake: BrakeRecord; readonly passes: boolean } {
  const { key } = revocation
  if (isReleased(brake, key, terms.now)) return { brake, passes: true }
  if (brake.held.includes(key)) return { brake, passes: false }
  const added = tally(revocation).map((one) => {
    const window = findWindow(brake, one)
    const counted = new Set(window.counted)
    return { ...one, window, items: one.items.filter((item) => !counted.has(item)) }
  })
  const beyond = added.filter(
    ({ rule, items, window }) =>
      items.length > 0 && window.counted.length + items.length > limitOf(rule, window.base, terms.limits),
  )
  if (beyond.length > 0) {
    const listed = { ...brake, held: [...brake.held, key].sort() }
    return { brake: beyond.reduce((held, one) => hold(held, one, terms), listed), passes: false }
  }
  if (added.every(({ items }) => items.length === 0)) return { brake, passes: true }
  const windows = brake.windows.map((window) => {
    const items = added.find((one) => isSameScope(one, window))?.items ?? []
    return items.length === 0 ? window : { ...window, counted: [...window.counted, ...items] }
  })
  return { brake: { ...brake, windows }, passes: true }
}

function findWindow(brake: BrakeRecord, one: Tally): BrakeWindow {
  const window = brake.windows.find((candidate) => isSameScope(one, candidate))
  if (!window) throw new Error(`no window is open for the rule ${one.rule}; openWindow comes before judgeRevocation`)
  return window
}

function hold(brake: BrakeRecord, one: Tally & { window: BrakeWindow }, { limits, now }: BrakeTerms): BrakeRecord {
  const { rule, folder, items, window } = one
  const { since, base, counted } = window
  const known = brake.holds.find((candidate) => isSameScope(one, candidate))
  const limit = limitOf(rule, base, limits)
  const minutes = lengthMs(rule, limits) / 60_000
  const before = known ?? { rule, folder, since, base, limit, minutes, passed: counted.length, items: [] }
  const next = { ...before, items: [...new Set([...before.items, ...items])] }
  return {
    ...brake,
    holds: known ? brake.holds.map((candidate) => (candidate === known ? next : candidate)) : [...brake.holds, next],
    windows: brake.windows.map((each) => (each === window ? { ...each, busyAt: now.toISOString() } : each)),
  }
}

function isReleased({ releases }: BrakeRecord, key: AssignmentKey, now: Date): boolean {
  return releases.some((release) => isInForce(release, now) && release.keys.includes(key))
}

function isInForce({ at }: { readonly at: string }, now: Date): boolean {
  return now.getTime() - Date.parse(at) < releasedForMs
}

/** Releases everything that is on the list now. Later revocations are held on a new list. */
export function releaseHeld(
  brake: BrakeRecord,
  { at, digest, by }: { at: Date; digest: string; by: string },
): BrakeRecord {
  const release = { digest, at: at.toISOString(), by, hinted: false, keys: brake.held }
  return withoutHolds({ ...brake, held: [], releases: [...brake.releases, release] })
}

/** Takes this one off the list: it is gone, or must not be revoked any more. */
export function takeOffList(brake: BrakeRecord, key: AssignmentKey): BrakeRecord {
  if (!brake.held.includes(key)) return brake
  const held = brake.held.filter((other) => other !== key)
  if (held.length === 0) return withoutHolds({ ...brake, held })
  const holds = brake.holds
    .map((one) => ({ ...one, items: one.items.filter((item) => item !== key) }))
    .filter(({ items }) => items.length > 0)
  return { ...brake, held, holds }
}

function withoutHolds(brake: BrakeRecord): BrakeRecord {
  return { ...brake, holds: [], windows: brake.windows.map(({ busyAt: _, ...window }) => window) }
}

/** The release of this list that is in force. */
export function findRelease({ releases }: BrakeRecord, digest: string, now: Date) {
  return releases.findLast((release) => release.digest === digest && isInForce(release, now))
}

/** The releases whose keys are still to be hinted at. */
export function findUnhinted({ releases }: BrakeRecord, now: Date): BrakeRecord['releases'] {
  return releases.filter((release) => !release.hinted && isInForce(release, now))
}

/** The record without windows and releases that are long over. */
export function pruneBrake(brake: BrakeRecord, terms: BrakeTerms): BrakeRecord {
  const windows = brake.windows.filter((window) => ageMs(window, terms) < 2 * lengthMs(window.rule, terms.limits))
  const releases = brake.releases.filter((release) => isInForce(release, terms.now))
  const isSame = windows.length === brake.windows.length && releases.length === brake.releases.length
  return isSame ? brake : { ...brake, windows, releases }
}

/** How many would have been revoked in the window if nothing had been held. */
export function figureOf({ passed, items }: Pick<BrakeHold, 'passed' | 'items'>): number {
  return passed + items.length
}

/** Why the brake holds, for a person: rule and limit. The figure grows while more is held, so it stands elsewhere. */
export function describeHold({ rule, folder, limit, base, minutes }: BrakeHold): string {
  return rule === 'own'
    ? `held by the brake: more than ${limit} of the ${base} links ${placeOf(folder)} were withdrawn within ${minutes} minutes`
    : `held by the brake: more than ${limit} of the ${base} assignments in the ledger would be revoked within ${minutes / 60} hours, although their links were not deleted`
}

export function placeOf(folder: string | undefined): string {
  return folder === undefined ? `directly under ${linkPrefix}` : `in the folder '${quote(folder)}'`
}

/** The hold that a revocation is on the list for; `undefined`: its hold is over. */
export function findHold(brake: BrakeRecord, revocation: Revocation): BrakeHold | undefined {
  const items = new Set(tally(revocation).flatMap((one) => one.items))
  return brake.holds.find((one) => one.items.some((item) => items.has(item))) ?? brake.holds[0]
}
