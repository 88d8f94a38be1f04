import * as z from 'zod'
import { type Assignment, type AssignmentKey, assignmentKey } from '../assignments/assignment.ts'
import type { Configuration } from '../deployment/configuration.ts'
import { record } from '../json/record.ts'
import { linkPrefix } from '../links/link.ts'
import { splitFolder } from '../links/link-fields.ts'
import { type PermissionSetName, permissionSetName } from '../permission-sets/permission-set-name.ts'
import { quote } from '../statuses/complaint.ts'
import { describeContents, type HeldContents, heldContents, isHeldAlone } from './held-contents.ts'

/**
 * `own`: the granting links were withdrawn. `indirect`: the links are there, and something else removes the access. `minimum`:
 * fewer people would keep a permission set in an account than a policy demands. Nothing is counted for that: it is judged again
 * each time, by what is there.
 */
export const brakeRules = ['own', 'indirect', 'minimum'] as const

/**
 * What is counted together. `own` counts links by folder, and edits of permission sets by uploader. An `indirect` revocation
 * counts, in each folder of the links that granted it, for its cause and for all causes; and for everything, which is the last
 * resort: it lets twice as much pass as each of the others. So no folder uses up what another may lose for the same cause.
 */
export const brakeCauses = [
  'folder',
  'account',
  'principal',
  'permission set',
  'selector',
  'configuration',
  'uploader',
  'everything',
] as const

const scope = {
  rule: z.enum(brakeRules),
  cause: z.enum(brakeCauses),
  /**
   * Of the folder (absent: directly under `links_data/`), the account, the principal, the permission set, the selector or the
   * uploader (absent: nobody knows who).
   */
  name: z.string().optional(),
  /** Of links, where something else than the folder is the cause. Absent: directly under `links_data/`. */
  folder: z.string().optional(),
}
type Scope = z.infer<z.ZodObject<typeof scope>>

/** Why links that are there grant an assignment no longer. */
export type Cause = Pick<Scope, 'cause' | 'name'>

/** A window begins with the first revocation that is counted after the window before it ended. */
const brakeWindow = record({
  ...scope,
  since: z.iso.datetime(),
  /**
   * The clock of the dispatcher when it began, which dates what it grants. It may differ from S3's, so that what was granted
   * before is told by this one. Absent in windows of older versions.
   */
  clockAt: z.iso.datetime().optional(),
  /**
   * How many links of the folder, or entries of the ledger, granted something before it began. It is counted when more
   * would pass than without it.
   */
  base: z.int().min(0).optional(),
  /** The links, ledger entries or permission sets that passed. Each counts once, however often it is tried. */
  counted: z.array(z.string()),
  /** When a flood was last seen in it. It ends its whole length after that, so that no flood can outlast it. */
  busyAt: z.iso.datetime().optional(),
})
export type BrakeWindow = z.infer<typeof brakeWindow>

/** One list of what is held, and why. It is released as a whole, and apart from all others. */
const brakeList = record({
  ...scope,
  since: z.iso.datetime(),
  base: z.int().min(0),
  limit: z.int().min(0),
  /** How long its window lasts. */
  minutes: z.number(),
  /** Counted before the limit was reached. */
  passed: z.int().min(0),
  /** What a policy has against it, where that is the rule. */
  objection: z.string().optional(),
  /** The links or assignments that exceed the limit. */
  items: z.array(z.string()),
  /** Sorted. Each assignment stands on one list only. */
  held: z.array(assignmentKey),
})
export type BrakeList = z.infer<typeof brakeList>

/** A person released these: for an hour from `at` (S3's clock) they pass without being counted. */
const brakeRelease = record({
  digest: z.string(),
  at: z.iso.datetime(),
  by: z.string(),
  /** Whether a hint was sent for each of them. */
  hinted: z.boolean(),
  /** The list was of this rule: only its own release lets go what a policy's minimum holds. */
  rule: z.literal('minimum').optional(),
  keys: z.array(assignmentKey),
  /** Its file was held, and is what was released. */
  permissionSet: permissionSetName.optional(),
})

/** The content of `control/brake.json`. Every instant is S3's. Only a person releases a list. */
export const brakeRecord = record({
  lists: z.array(brakeList),
  /** Files of permission sets, one of a name. Absent in files of older versions. */
  contents: z.array(heldContents).default([]),
  windows: z.array(brakeWindow),
  releases: z.array(brakeRelease),
  /**
   * Access that may go although a policy demands a minimum, each by its key. Its entry may not say so yet, and
   * another dispatcher may judge the next one.
   */
  leaving: z.array(record({ access: z.string(), at: z.iso.datetime() })).optional(),
})
export type BrakeRecord = z.infer<typeof brakeRecord>

export const emptyBrake: BrakeRecord = { lists: [], contents: [], windows: [], releases: [] }

/** One assignment that is about to be revoked, and the keys of the links that granted it. */
export type Revocation = {
  readonly key: AssignmentKey
  readonly links: readonly string[]
  /** `undefined`: all its links were withdrawn. */
  readonly cause: Cause | undefined
}

/** It was renamed, or is gone. */
export function causeOfPrincipal({ type, principal }: Pick<Assignment, 'type' | 'principal'>): Cause {
  return { cause: 'principal', name: `${type}/${principal}` }
}

/** What one revocation counts in one window. */
export type Tally = Scope & { readonly items: readonly string[] }

/** `now`: by S3's clock; `clockNow`: by the dispatcher's. */
export type BrakeTerms = { readonly limits: Configuration['brake']; readonly now: Date; readonly clockNow?: Date }

const releasedForMs = 60 * 60_000

/** The folder of a link's key, declared or not; `undefined`: directly under `links_data/`. */
export function folderOf(key: string): string | undefined {
  return splitFolder(key.slice(linkPrefix.length)).folder
}

/** Links are counted, not their accounts: one link may revoke on any number of accounts. */
export function tally({ key, links, cause }: Revocation): readonly Tally[] {
  const byFolder = Map.groupBy(new Set(links), folderOf)
  if (!cause) return [...byFolder].map(([name, items]) => ({ rule: 'own', cause: 'folder', name, items }))
  const folders = byFolder.size > 0 ? [...byFolder.keys()] : [undefined]
  const all = [
    ...folders.map((folder) => ({ ...cause, folder })),
    ...[...byFolder.keys()].map((name) => ({ cause: 'folder' as const, name })),
    { cause: 'everything' as const },
  ]
  return all.map((one) => ({ rule: 'indirect', ...one, items: [key] }))
}

/** The most that may pass in a window; exactly so many do. */
export function limitOf({ rule, cause }: Scope, base: number, limits: Configuration['brake']): number {
  if (rule === 'minimum') return 0
  const { count, percent } = limits[rule]
  const limit = Math.max(count, Math.floor((percent * base) / 100))
  if (rule === 'own') return limit
  // No folder can use up more than half of everything.
  return (cause === 'everything' ? 2 : 1) * Math.min(limits.indirect.most, limit)
}

/** A larger base allows no more. */
export function baseMost(rule: Scope['rule'], { indirect }: Configuration['brake']): number {
  if (rule === 'own') return Number.POSITIVE_INFINITY
  return indirect.percent === 0 ? 0 : Math.ceil((100 * indirect.most) / indirect.percent)
}

function lengthMs(rule: Scope['rule'], { own, indirect }: Configuration['brake']): number {
  return rule === 'own' ? own.minutes * 60_000 : indirect.hours * 60 * 60_000
}

export function isSameScope(a: Scope, b: Scope): boolean {
  return a.rule === b.rule && a.cause === b.cause && a.name === b.name && a.folder === b.folder
}

function isRunning(window: BrakeWindow, terms: BrakeTerms): boolean {
  return ageMs(window, terms) < lengthMs(window.rule, terms.limits)
}

function ageMs({ since, busyAt }: BrakeWindow, { now }: BrakeTerms): number {
  return now.getTime() - Date.parse(busyAt ?? since)
}

/** The windows of withdrawn links that have run out: they may have to go on (`prolongWindow`). */
export function findEnded(brake: BrakeRecord, revocation: Revocation, terms: BrakeTerms): readonly Tally[] {
  if (isDecided(brake, revocation.key, terms.now) || revocation.cause) return []
  return tally(revocation).filter((one) =>
    brake.windows.some((window) => isSameScope(one, window) && !isRunning(window, terms)),
  )
}

/**
 * Prolongs a window that has just run out while more links are deleted than may pass in one window, and their access is
 * still to be revoked (`open`). Links over many accounts take hours: with a new window each time, all of them would
 * pass.
 */
export function prolongWindow(brake: BrakeRecord, one: Tally, open: number, terms: BrakeTerms): BrakeRecord {
  const { limits, now } = terms
  const last = brake.windows.find((window) => isSameScope(one, window))
  if (!last || open <= limitOf(last, last.base ?? 0, limits)) return brake
  if (ageMs(last, terms) >= 2 * lengthMs(last.rule, limits)) return brake
  return withWindow(brake, { ...last, busyAt: now.toISOString() })
}

/** The windows in which this revocation is beyond the limit, as long as nobody has counted their base. */
export function findBaseless(brake: BrakeRecord, revocation: Revocation, terms: BrakeTerms): readonly BrakeWindow[] {
  if (isDecided(brake, revocation.key, terms.now)) return []
  return tally(revocation).flatMap((one) => {
    const window = windowOf(brake, one, terms)
    return window.base === undefined && isBeyond(window, addedTo(window, one), terms) ? [window] : []
  })
}

/** Notes the base of a window, unless it is over. */
export function noteBase(brake: BrakeRecord, measured: BrakeWindow, base: number, terms: BrakeTerms): BrakeRecord {
  const known = brake.windows.find((window) => isSameScope(window, measured))
  if (known && known.since !== measured.since && isRunning(known, terms)) return brake
  return withWindow(brake, { ...(known?.since === measured.since ? known : measured), base })
}

/**
 * Whether a revocation may be sent, and the record that has to be written before it is. `findBaseless` comes before.
 *
 * | released | on a list | its links or key counted | within the limits | then                             |
 * | -------- | --------- | ------------------------ | ----------------- | -------------------------------- |
 * | yes      | any       | any                      | any               | passes, uncounted                |
 * | no       | yes       | any                      | any               | stays held                       |
 * | no       | no        | yes                      | any               | passes, counted before           |
 * | no       | no        | no                       | yes               | passes, and is counted           |
 * | no       | no        | no                       | no                | is held, on the first list of it |
 */
export function judgeRevocation(
  brake: BrakeRecord,
  revocation: Revocation,
  terms: BrakeTerms,
): { readonly brake: BrakeRecord; readonly passes: boolean } {
  const { key } = revocation
  if (isReleased(brake, key, terms.now)) return { brake, passes: true }
  if (isHeld(brake, key)) return { brake, passes: false }
  const added = tally(revocation).map((one) => {
    const window = windowOf(brake, one, terms)
    return { window, items: addedTo(window, one) }
  })
  const beyond = added.find(({ window, items }) => isBeyond(window, items, terms))
  if (beyond) return { brake: hold(brake, key, beyond, terms), passes: false }
  const counted = added
    .filter(({ items }) => items.length > 0)
    .reduce((record, { window, items }) => {
      return withWindow(record, { ...window, counted: [...window.counted, ...items] })
    }, brake)
  return { brake: counted, passes: true }
}

/** The window that runs, or a new one. */
function windowOf(brake: BrakeRecord, one: Tally, terms: BrakeTerms): BrakeWindow {
  const { rule, cause, name, folder } = one
  const running = brake.windows.find((window) => isSameScope(one, window) && isRunning(window, terms))
  const clockAt = terms.clockNow?.toISOString()
  return running ?? { rule, cause, name, folder, since: terms.now.toISOString(), clockAt, counted: [] }
}

function addedTo({ counted }: BrakeWindow, { items }: Tally): readonly string[] {
  const known = new Set(counted)
  return items.filter((item) => !known.has(item))
}

function isBeyond(window: BrakeWindow, items: readonly string[], { limits }: BrakeTerms): boolean {
  return items.length > 0 && window.counted.length + items.length > limitOf(window, window.base ?? 0, limits)
}

function withWindow(brake: BrakeRecord, window: BrakeWindow): BrakeRecord {
  const isKnown = brake.windows.some((one) => isSameScope(one, window))
  const windows = isKnown
    ? brake.windows.map((one) => (isSameScope(one, window) ? window : one))
    : [...brake.windows, window]
  return { ...brake, windows }
}

function hold(
  brake: BrakeRecord,
  key: AssignmentKey,
  { window, items }: { readonly window: BrakeWindow; readonly items: readonly string[] },
  { limits, now }: BrakeTerms,
): BrakeRecord {
  const { rule, cause, name, folder, since, base = 0, counted } = window
  const limit = limitOf(window, base, limits)
  const minutes = lengthMs(rule, limits) / 60_000
  const known = brake.lists.find((list) => isSameScope(list, window))
  const before = known ?? {
    rule,
    cause,
    name,
    folder,
    since,
    base,
    limit,
    minutes,
    passed: counted.length,
    items: [],
    held: [],
  }
  const next: BrakeList = {
    ...before,
    items: [...new Set([...before.items, ...items])],
    held: [...before.held, key].sort(),
  }
  const lists = known ? brake.lists.map((list) => (list === known ? next : list)) : [...brake.lists, next]
  return withWindow({ ...brake, lists }, { ...window, busyAt: now.toISOString() })
}

export function isHeld({ lists }: BrakeRecord, key: AssignmentKey): boolean {
  return lists.some(({ held }) => held.includes(key))
}

/** What stands on all lists together, ascending. */
export function listHeld({ lists }: BrakeRecord): readonly AssignmentKey[] {
  return lists.flatMap(({ held }) => held).sort()
}

/** What stands on lists of the rule `minimum`: it is judged again whenever somebody looks. */
export function listJudgedAgain({ lists }: BrakeRecord): readonly AssignmentKey[] {
  return lists.filter(({ rule }) => rule === 'minimum').flatMap(({ held }) => held)
}

/** Whether a policy's minimum decides: nobody has released it, and no other rule holds it. */
export function asksMinimum(brake: BrakeRecord, key: AssignmentKey, { now }: BrakeTerms): boolean {
  const releases = brake.releases.filter(({ rule }) => rule === 'minimum')
  return !isReleased({ ...brake, releases }, key, now) && (findList(brake, key)?.rule ?? 'minimum') === 'minimum'
}

/** Holds it, on the list of its account, and says again why. */
export function holdForMinimum(
  brake: BrakeRecord,
  key: AssignmentKey,
  { account, objection }: { readonly account: string; readonly objection: string },
  { now }: BrakeTerms,
): BrakeRecord {
  const scopeOfList = { rule: 'minimum', cause: 'account', name: account } as const
  const known = brake.lists.find((list) => isSameScope(list, scopeOfList))
  if (known?.held.includes(key) && known.objection === objection) return brake
  const none = { since: now.toISOString(), base: 0, limit: 0, minutes: 0, passed: 0, items: [], held: [] }
  const before: BrakeList = known ?? { ...scopeOfList, ...none }
  const add = <T extends string>(all: readonly T[], one: T) => [...new Set([...all, one])].sort()
  const next = { ...before, objection, items: add(before.items, key), held: add(before.held, key) }
  return { ...brake, lists: [...brake.lists.filter((list) => list !== known), next] }
}

/** Lets it go: from now on it does not count among what is left. */
export function letLeave(brake: BrakeRecord, access: string, { now }: BrakeTerms): BrakeRecord {
  const others = (brake.leaving ?? []).filter((one) => one.access !== access)
  return { ...brake, leaving: [...others, { access, at: now.toISOString() }] }
}

function isReleased({ releases }: BrakeRecord, key: AssignmentKey, now: Date): boolean {
  return releases.some((release) => isInForce(release, now) && release.keys.includes(key))
}

function isDecided(brake: BrakeRecord, key: AssignmentKey, now: Date): boolean {
  return isHeld(brake, key) || isReleased(brake, key, now)
}

function isInForce({ at }: { readonly at: string }, now: Date): boolean {
  return now.getTime() - Date.parse(at) < releasedForMs
}

/** Releases exactly this list. Later revocations are held on a new one. */
export function releaseHeld(
  brake: BrakeRecord,
  list: BrakeList,
  { at, digest, by }: { at: Date; digest: string; by: string },
): BrakeRecord {
  const rule = list.rule === 'minimum' ? { rule: list.rule } : {}
  const release = { digest, at: at.toISOString(), by, hinted: false, ...rule, keys: list.held }
  return withoutList({ ...brake, releases: [...brake.releases, release] }, list)
}

/** Takes this one off its list: it is gone, or must not be revoked any more. */
export function takeOffList(brake: BrakeRecord, key: AssignmentKey): BrakeRecord {
  const list = brake.lists.find(({ held }) => held.includes(key))
  if (!list) return brake
  const held = list.held.filter((other) => other !== key)
  if (held.length === 0) return withoutList(brake, list)
  const next = { ...list, held, items: list.items.filter((item) => item !== key) }
  return { ...brake, lists: brake.lists.map((one) => (one === list ? next : one)) }
}

function withoutList(brake: BrakeRecord, list: BrakeList): BrakeRecord {
  const calm = ({ busyAt: _, ...window }: BrakeWindow): BrakeWindow => window
  return {
    ...brake,
    lists: brake.lists.filter((one) => one !== list),
    windows: brake.windows.map((window) => (isSameScope(window, list) ? calm(window) : window)),
  }
}

/** On more account assignments than this a file makes no administrators without a release. */
export function contentsLimit(ledgerEntries: number, limits: Configuration['brake']): number {
  return limitOf({ rule: 'indirect', cause: 'permission set' }, ledgerEntries, limits)
}

/** An edit of a permission set that `findContents` found, and whose it is. `uploader`: as `uploaderWithoutSession` has it. */
export type Edit = {
  readonly file: Omit<HeldContents, 'since' | 'many'>
  readonly uploader: string | undefined
}

/** The window in which an edit is beyond the limit, as long as nobody has counted its base. */
export function findBaselessEdit(brake: BrakeRecord, edit: Edit, terms: BrakeTerms): readonly BrakeWindow[] {
  if (judgeAlone(brake, edit, terms) !== 'counts') return []
  const { window, items } = countEdit(brake, edit, terms)
  return window.base === undefined && isBeyond(window, items, terms) ? [window] : []
}

/**
 * Whether the edit of a permission set may be begun, and the record that has to be written before it is. `findBaselessEdit`
 * comes before. A set counts once in a window, however often it is edited or tried.
 *
 * | released | held alone | takes away | this file held as one too many | its set counted | within the limits | then                |
 * | -------- | ---------- | ---------- | ------------------------------ | --------------- | ----------------- | ------------------- |
 * | yes      | any        | any        | any                            | any             | any               | passes              |
 * | no       | yes        | any        | any                            | any             | any               | is held             |
 * | no       | no         | no         | any                            | any             | any               | passes              |
 * | no       | no         | yes        | yes                            | any             | any               | stays held          |
 * | no       | no         | yes        | no                             | yes             | any               | passes              |
 * | no       | no         | yes        | no                             | no              | yes               | passes, is counted  |
 * | no       | no         | yes        | no                             | no              | no                | is held             |
 */
export function judgeEdit(
  brake: BrakeRecord,
  edit: Edit,
  terms: BrakeTerms,
): { readonly brake: BrakeRecord; readonly held: HeldContents | undefined } {
  const { file, uploader } = edit
  const alone = judgeAlone(brake, edit, terms)
  if (alone === 'passes') return { brake, held: undefined }
  const known = brake.contents.find(({ digest }) => digest === file.digest)
  const hold = (record: BrakeRecord, many: HeldContents['many']) => {
    const held = { ...file, ...(many && { many }), since: known?.since ?? terms.now.toISOString() }
    return { brake: holdContents(record, held), held }
  }
  if (alone === 'held') return hold(brake, undefined)
  if (alone === 'stays held') return hold(brake, findTooMany(brake, file)?.many)
  const { window, items } = countEdit(brake, edit, terms)
  if (!isBeyond(window, items, terms)) {
    const counted = { ...window, counted: [...window.counted, ...items] }
    return { brake: items.length === 0 ? brake : withWindow(brake, counted), held: undefined }
  }
  const { base = 0, counted } = window
  const limit = limitOf(window, base, terms.limits)
  const many = { uploader, limit, base, minutes: terms.limits.own.minutes, passed: counted.length }
  return hold(withWindow(brake, { ...window, busyAt: terms.now.toISOString() }), many)
}

/** What is decided without a count. */
function judgeAlone(brake: BrakeRecord, { file }: Edit, { now }: BrakeTerms) {
  if (findRelease(brake, file.digest, now)) return 'passes'
  if (isHeldAlone(file)) return 'held'
  if (file.taken === 0) return 'passes'
  return findTooMany(brake, file) ? 'stays held' : 'counts'
}

/** This very upload stands on the brake already: the next window does not let it go. */
function findTooMany({ contents }: BrakeRecord, { name, etag }: Edit['file']): HeldContents | undefined {
  return contents.find((one) => one.name === name && one.etag === etag && one.many !== undefined)
}

function countEdit(brake: BrakeRecord, { file, uploader }: Edit, terms: BrakeTerms) {
  const one: Tally = { rule: 'own', cause: 'uploader', name: uploader, items: [file.name] }
  const window = windowOf(brake, one, terms)
  return { window, items: addedTo(window, one) }
}

/** Holds the file of a permission set, in place of another one of that name. The same record where nothing new is to be said. */
export function holdContents(brake: BrakeRecord, held: HeldContents): BrakeRecord {
  if (brake.contents.some((one) => one.digest === held.digest && describeContents(one) === describeContents(held)))
    return brake
  const others = brake.contents.filter(({ name }) => name !== held.name)
  return { ...brake, contents: [...others, held].sort((a, b) => (a.name < b.name ? -1 : 1)) }
}

/** The file of this permission set is not held any more. */
export function dropContents(brake: BrakeRecord, permissionSet: PermissionSetName): BrakeRecord {
  if (!brake.contents.some(({ name }) => name === permissionSet)) return brake
  return { ...brake, contents: brake.contents.filter(({ name }) => name !== permissionSet) }
}

/** Releases exactly this content of a file. */
export function releaseContents(
  brake: BrakeRecord,
  { digest, name }: HeldContents,
  { at, by }: { readonly at: Date; readonly by: string },
): BrakeRecord {
  const release = { digest, at: at.toISOString(), by, hinted: false, keys: [], permissionSet: name }
  return dropContents({ ...brake, releases: [...brake.releases, release] }, name)
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
  const leaving = brake.leaving?.filter((one) => isInForce(one, terms.now))
  const isSame =
    windows.length === brake.windows.length &&
    releases.length === brake.releases.length &&
    leaving?.length === brake.leaving?.length
  return isSame ? brake : { ...brake, windows, releases, ...(leaving && { leaving }) }
}

/** How many would have been revoked in the window if nothing had been held. */
export function figureOf({ passed, items }: Pick<BrakeList, 'passed' | 'items'>): number {
  return passed + items.length
}

/** Why the brake holds, for a person: rule and limit. The figure grows while more is held, so it stands elsewhere. */
export function describeList(list: BrakeList): string {
  const { rule, name, limit, base, minutes, objection } = list
  if (rule === 'minimum') return `held by a policy: ${objection}`
  return rule === 'own'
    ? `held by the brake: more than ${limit}${renderBase(base, limit)} links ${placeOf(name)} were withdrawn within ${minutes} minutes`
    : `held by the brake: more than ${limit} assignments would be revoked within ${minutes / 60} hours ${describeCause(list)}, although their links were not deleted`
}

/** ` of the 300`; empty where there were fewer links when the window began than may be withdrawn. */
function renderBase(base: number, limit: number): string {
  return base > limit ? ` of the ${base}` : ''
}

/** What an indirect list has in common, for a person. */
export function describeCause({ cause, name = '', folder }: Cause & Pick<Scope, 'folder'>): string {
  const where = folder === undefined ? '' : `, of links ${placeOf(folder)}`
  switch (cause) {
    case 'folder':
      return `that links ${placeOf(name === '' ? undefined : name)} grant`
    case 'everything':
      return 'for all causes together'
    case 'configuration':
      return `because of the configuration${where}`
    default:
      return `because of the ${cause} '${quote(name)}'${where}`
  }
}

export function placeOf(folder: string | undefined): string {
  return folder === undefined ? `directly under ${linkPrefix}` : `in the folder '${quote(folder)}'`
}

/** The list that an assignment stands on. */
export function findList({ lists }: BrakeRecord, key: AssignmentKey): BrakeList | undefined {
  return lists.find(({ held }) => held.includes(key))
}
