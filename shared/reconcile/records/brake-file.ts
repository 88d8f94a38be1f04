import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { AssignmentKey } from '../../domain/assignments/assignment.ts'
import {
  type BrakeList,
  type BrakeRecord,
  brakeRecord,
  brakeRules,
  emptyBrake,
  isSameScope,
} from '../../domain/brake/brake-record.ts'
import { figureOf } from '../../domain/brake/describe-list.ts'
import { mergeBrakes } from '../../domain/brake/merge-brakes.ts'
import { findRelease, hasItems, releaseContents, releaseHeld } from '../../domain/brake/releases.ts'
import type { ContentsChange } from '../../domain/brake/weigh-contents.ts'
import { record } from '../../domain/json/record.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { type Names, namesIn } from '../../domain/text/sorted-names.ts'
import type { ObjectStore, ReadingObjects, WriteResult } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { defineRecord, defineRecords } from './define-record.ts'
import type { JsonRecord } from './json-record.ts'
import { forgetParts, LongLists, type Part } from './long-lists.ts'
import {
  isSpoiled,
  parseSaved,
  SpoiledObjectError,
  type Stored,
  spoiledAsAbsent,
  unlessSpoiled,
} from './stored-json.ts'

const { lists, releases, ...others } = brakeRecord.shape
/** The keys of the objects with the names of this field, which is empty then. */
const parts = z.array(z.string()).optional()

/**
 * Each list begins with the fields that a person looks for: its digest, its rule, and its figure against the limit. A long list has
 * no digest here, because it would be computed for each change.
 */
const brakeBody = record({
  v: z.literal(1),
  lists: z.array(
    record({
      digest: z.string().optional(),
      figure: z.int(),
      ...lists.element.shape,
      heldIn: parts,
      itemsIn: parts,
    }),
  ),
  ...others,
  releases: z.array(record({ ...releases.element.shape, keysIn: parts, itemsIn: parts })),
})

type Body = z.infer<typeof brakeBody>

export const brakeFileRecord = defineRecord({
  at: 'control/brake.json',
  meaning: 'what the brake counted and holds, and releases',
  source: { is: 'primary' },
  value: brakeBody,
})

/** About 40 kB. */
export const partNamesMost = 500
const partBody = record({ v: z.literal(1), names: z.array(z.string()).readonly() })
export const brakeParts = defineRecords({
  at: 'control/brake/',
  meaning: 'names of a list with more than 500, 500 in each',
  source: { is: 'primary' },
  key: (digest: string) => digest,
  value: partBody,
})
type LongNames = ReturnType<typeof longNames>

export const longNames = (most = partNamesMost) =>
  new LongLists<string, z.infer<typeof partBody>, Names>({
    parts: brakeParts,
    most,
    toBody: (names) => ({ v: 1, names }),
    itemsOf: ({ names }) => names,
    namesOf: (names) => names,
    isSame: (one, other) => one === other,
  })

/** Reads and writes `control/brake.json` and its parts. The file is absent until something is counted. */
export class BrakeFile {
  readonly #objects: ObjectStore
  readonly #file: JsonRecord<Body>
  readonly #long: LongNames
  /** As last read or written. */
  #lists: readonly BrakeList[] = []

  constructor(objects: ObjectStore, long = longNames()) {
    this.#objects = objects
    this.#file = brakeFileRecord.of(objects)
    this.#long = long
  }

  /** Throws SpoiledObjectError. */
  async read(): Promise<Stored<BrakeRecord> | undefined> {
    const stored = await this.#file.read()
    return stored && this.#join(stored)
  }

  async readIfChanged(etag: string | undefined): Promise<Stored<BrakeRecord> | 'unchanged' | undefined> {
    const stored = await this.#file.readIfChanged(etag)
    return stored === undefined || stored === 'unchanged' ? stored : this.#join(stored)
  }

  async #join({ value, object }: Stored<Body>): Promise<Stored<BrakeRecord>> {
    const record = await join(this.#objects, { value, object }, this.#long)
    this.#know(record, object.etag)
    return { value: record, object }
  }

  /** `etag` names the object that was read; `undefined`: none existed. */
  async write(record: BrakeRecord, etag: string | undefined): Promise<WriteResult> {
    const divided = new Map<Names, readonly Part[]>()
    this.#long.replace(etag)
    const body = this.#divide(record, (names, before) => {
      const found = this.#long.divide(names, before, etag)
      if (found) divided.set(names, found)
      return found?.map(({ key }) => key)
    })
    await this.#long.write(this.#objects, [...divided.values()].flat())
    const result = await this.#file.write(body, etag)
    if (result.outcome === 'written') this.#know(record, result.etag, divided)
    return result
  }

  #divide(record: BrakeRecord, divide: (names: Names, before?: Names) => string[] | undefined): Body {
    const lists = record.lists.map((list) => {
      const before = this.#lists.find((one) => isSameScope(one, list))
      const [heldIn, itemsIn] = [divide(list.held, before?.held), divide(list.items, before?.items)]
      const digest = heldIn || itemsIn ? undefined : digestOf(list)
      return {
        digest,
        ...tellList(list),
        held: heldIn ? [] : [...list.held],
        heldIn,
        items: itemsIn ? [] : [...list.items],
        itemsIn,
      }
    })
    const releases = record.releases.map((release) => {
      const [keysIn, itemsIn] = [divide(release.keys), divide(release.items)]
      return {
        ...release,
        keys: keysIn ? [] : [...release.keys],
        keysIn,
        items: itemsIn ? [] : [...release.items],
        itemsIn,
      }
    })
    return { v: 1, ...record, lists, releases }
  }

  #know(record: BrakeRecord, etag: string, divided: ReadonlyMap<Names, readonly Part[]> = new Map()): void {
    const all = [
      ...record.lists.flatMap(({ held, items }) => [held, items]),
      ...record.releases.flatMap(({ keys, items }) => [keys, items]),
    ]
    this.#lists = record.lists
    this.#long.know(
      new Map(
        all.flatMap((names) => {
          const found = divided.get(names) ?? this.#long.partsOf(names)
          return found ? [[names, found] as const] : []
        }),
      ),
      etag,
    )
  }
}

export const brakeFile = (objects: ObjectStore) => new BrakeFile(objects)

/**
 * Reads the brake's record, for callers that only read. `rules`: the rules of the lists and releases that they need.
 * Throws SpoiledObjectError.
 */
export async function readBrake(
  objects: ReadingObjects,
  rules: readonly BrakeList['rule'][] = brakeRules,
): Promise<BrakeRecord | undefined> {
  const stored = await brakeFileRecord.read(objects)
  if (!stored) return undefined
  const of = <T extends { readonly rule: string }>(all: readonly T[]) =>
    all.filter(({ rule }) => rules.some((one) => one === rule))
  const { lists, releases } = stored.value
  const value = { ...stored.value, lists: of(lists), releases: of(releases) }
  return join(objects, { ...stored, value }, longNames())
}

/**
 * `saved`: an earlier body of the record, whose parts are there. It comes back, beside what ssofile recorded since. Returns false if this
 * version of ssofile cannot read it beside a present record. Safe to repeat.
 */
export async function bringBackBrake(objects: ObjectStore, saved: Uint8Array): Promise<boolean> {
  if ((await objects.put(brakeFileRecord.at, saved, { ifNoneMatch: '*' })).outcome === 'written') return true
  const data = parseSaved(saved, brakeBody)
  const file = brakeFile(objects)
  for (;;) {
    const read = await unlessSpoiled(file.read())
    const object = read?.object
    if (data === undefined || object === undefined) return false
    const before = await spoiledAsAbsent(join(objects, { value: data, object }, longNames()))
    if (before === undefined) return false
    const merged = isSpoiled(read) || read === undefined ? before : mergeBrakes(read.value, before)
    if ((await file.write(merged, object.etag)).outcome === 'written') return true
  }
}

/** The parts' own schema has checked each name. A part stays as it is, so that nothing is compared or copied for it. */
const access = z.custom<Names<AssignmentKey>>()
const accessIn = (pieces: readonly (readonly string[])[]) => access.parse(namesIn(pieces))

async function join(
  objects: ReadingObjects,
  { value: { v, ...body }, object }: Stored<Body>,
  long: LongNames,
): Promise<BrakeRecord> {
  const namesOf = async <T extends string>(
    names: readonly T[],
    keys: readonly string[] | undefined,
    toNames: (pieces: readonly (readonly string[])[]) => Names<T>,
  ): Promise<Names<T>> => {
    if (keys === undefined) return names
    const joined = await long.join(objects, keys, toNames)
    if (joined) return joined
    throw new SpoiledObjectError(object, { cause: new Error(`an object of it under ${brakeParts.at} is gone`) })
  }
  const lists = body.lists.map(async ({ digest, figure, heldIn, itemsIn, ...list }) => ({
    ...list,
    held: await namesOf(list.held, heldIn, accessIn),
    items: await namesOf(list.items, itemsIn, namesIn),
  }))
  const releases = body.releases.map(async ({ keysIn, itemsIn, ...release }) => ({
    ...release,
    keys: await namesOf(release.keys, keysIn, accessIn),
    items: await namesOf(release.items, itemsIn, namesIn),
  }))
  return { ...body, lists: await Promise.all(lists), releases: await Promise.all(releases) }
}

/** No version of the record that S3 keeps is so old (`versionDays`). */
const partsKeptMs = 8 * 24 * 60 * 60_000

/** Each sweep: deletes parts that the record does not name any more. */
export function forgetBrakeParts(ports: Pick<Ports, 'objects' | 'clock'>): Promise<void> {
  return forgetParts(ports, { prefix: brakeParts.at, keptMs: partsKeptMs }, async () => {
    const stored = await unlessSpoiled(brakeFileRecord.read(ports.objects))
    if (isSpoiled(stored)) return undefined
    const { lists = [], releases = [] } = stored?.value ?? {}
    return new Set([
      ...lists.flatMap(({ heldIn = [], itemsIn = [] }) => [...heldIn, ...itemsIn]),
      ...releases.flatMap(({ keysIn = [], itemsIn = [] }) => [...keysIn, ...itemsIn]),
    ])
  })
}

export function showList(list: BrakeList) {
  return { digest: digestOf(list), ...tellList(list) }
}

function tellList(list: BrakeList) {
  const { rule, cause, name, folder, limit, since, ...rest } = list
  return { rule, cause, name, folder, figure: figureOf(list), limit, since, ...rest }
}

type NamedList = Pick<BrakeList, 'rule' | 'cause' | 'name' | 'folder'> &
  Partial<Pick<BrakeList, 'items'>> & { readonly held: Names<AssignmentKey> }

/** The digest of a list with exactly these keys and people. Any other list has another digest. */
export function digestOf({ rule, cause, name = '', folder, held, items = [] }: NamedList): string {
  const place = folder === undefined ? '' : ` in ${folder}`
  return digestOfWords([`${rule} ${cause} ${name}${place}`, ...held, ...(hasItems({ rule }) ? items : [])])
}

/** The digest of one content of a file with one effect. */
export function contentsDigest(
  file: { readonly name: PermissionSetName; readonly content: string },
  { leavesNone, mayLeaveNone, givesAdministrator, takesAway }: ContentsChange,
): string {
  const effect = [...[leavesNone, mayLeaveNone, givesAdministrator].map(String), ...takesAway]
  return digestOfWords([`contents permission set ${file.name}`, file.content, ...effect])
}

function digestOfWords(words: readonly string[]): string {
  return createHash('sha256').update(words.join('\n')).digest('hex').slice(0, 16)
}

export function heldDigests({ lists, contents }: BrakeRecord): readonly string[] {
  return [...lists.map(digestOf), ...contents.map(({ digest }) => digest)]
}

export type ReleaseResult =
  | { readonly outcome: 'released'; readonly list: BrakeList }
  | { readonly outcome: 'released-contents'; readonly permissionSet: PermissionSetName }
  /** The same list was released before, at that instant. */
  | { readonly outcome: 'released-before'; readonly at: string; readonly by: string }
  /** Another list is held, or none: not the one that the person looked at. */
  | { readonly outcome: 'other-list'; readonly record: BrakeRecord }

/**
 * Releases exactly the list or file with this digest, for an hour by S3's clock, whatever happens to other lists meanwhile.
 * Writes only `control/brake.json`: the dispatcher finds the release there within a minute and sends hints for its keys.
 */
export async function releaseList(objects: ObjectStore, digest: string, by: string): Promise<ReleaseResult> {
  const file = brakeFile(objects)
  for (;;) {
    const { value: record = emptyBrake, object } = (await file.read()) ?? {}
    const found = object && releaseFrom(record, { at: object.servedAt, digest, by })
    if (!found) {
      const before = object && findRelease(record, digest, object.servedAt)
      return before ? { outcome: 'released-before', ...before } : { outcome: 'other-list', record }
    }
    // Lost: the list may have grown meanwhile, and then its digest differs.
    if ((await file.write(found.released, object.etag)).outcome === 'written') return found.result
  }
}

type ReleaseOfRecord = { readonly released: BrakeRecord; readonly result: ReleaseResult }

/** `undefined`: no held list or file has this digest. */
function releaseFrom(
  record: BrakeRecord,
  release: { readonly at: Date; readonly digest: string; readonly by: string },
): ReleaseOfRecord | undefined {
  const { digest } = release
  const list = record.lists.find((one) => digestOf(one) === digest)
  if (list) return { released: releaseHeld(record, list, release), result: { outcome: 'released', list } }
  const contents = record.contents.find((one) => one.digest === digest)
  return (
    contents && {
      released: releaseContents(record, contents, release),
      result: { outcome: 'released-contents', permissionSet: contents.name },
    }
  )
}
