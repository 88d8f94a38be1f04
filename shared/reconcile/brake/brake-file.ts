import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { AssignmentKey } from '../../domain/assignments/assignment.ts'
import { type BrakeList, type BrakeRecord, brakeRecord, emptyBrake } from '../../domain/brake/brake-record.ts'
import { figureOf } from '../../domain/brake/describe-list.ts'
import { findRelease, hasItems, releaseContents, releaseHeld } from '../../domain/brake/releases.ts'
import type { ContentsChange } from '../../domain/brake/weigh-contents.ts'
import { record } from '../../domain/json/record.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { JsonRecord } from '../records/json-record.ts'
import { readStored } from '../records/stored-json.ts'

export const brakeKey = 'control/brake.json'

const { lists, ...others } = brakeRecord.shape

/** Each list begins with the fields that a person looks for: its digest, its rule, and its figure against the limit. */
const brakeBody = record({
  v: z.literal(1),
  lists: z.array(record({ digest: z.string(), figure: z.int(), ...lists.element.shape })),
  ...others,
}).transform(({ v, lists: shown, ...record }): BrakeRecord => {
  // Older versions wrote items in the order of their acts.
  const releases = record.releases.map((one) => ({ ...one, keys: one.keys.toSorted(), items: one.items.toSorted() }))
  const lists = shown.map(({ digest, figure, ...list }) => {
    return { ...list, held: list.held.toSorted(), items: list.items.toSorted() }
  })
  return { ...record, lists, releases }
})

/** The file is absent until something is counted. */
export const brakeFile = (objects: ObjectStore) => new JsonRecord(objects, brakeKey, brakeBody, renderBrake)

/** Reads the brake's record, for callers that only read. Throws SpoiledObjectError. */
export async function readBrake(objects: ReadingObjects): Promise<BrakeRecord | undefined> {
  return (await readStored(objects, brakeKey, brakeBody))?.value
}

function renderBrake(record: BrakeRecord): z.input<typeof brakeBody> {
  return { v: 1, ...record, lists: record.lists.map(showList) }
}

export function showList(list: BrakeList) {
  const { rule, cause, name, folder, limit, since, ...rest } = list
  return { digest: digestOf(list), rule, cause, name, folder, figure: figureOf(list), limit, since, ...rest }
}

type NamedList = Pick<BrakeList, 'rule' | 'cause' | 'name' | 'folder'> &
  Partial<Pick<BrakeList, 'items'>> & { readonly held: readonly AssignmentKey[] }

/** The digest of a list with exactly these keys and people. Any other list has another digest. */
export function digestOf({ rule, cause, name = '', folder, held, items = [] }: NamedList): string {
  const place = folder === undefined ? '' : ` in ${folder}`
  return digestOfWords([`${rule} ${cause} ${name}${place}`, ...held, ...(hasItems({ rule }) ? items : [])])
}

/** The digest of one content of a file with one effect. */
export function contentsDigest(
  file: { readonly name: PermissionSetName; readonly content: string },
  { leavesNone, givesAdministrator, takesAway }: ContentsChange,
): string {
  const effect = [String(leavesNone), String(givesAdministrator), ...takesAway]
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
  for (;;) {
    const { value: record = emptyBrake, object } = (await brakeFile(objects).read()) ?? {}
    const found = object && releaseFrom(record, { at: object.servedAt, digest, by })
    if (!found) {
      const before = object && findRelease(record, digest, object.servedAt)
      return before ? { outcome: 'released-before', ...before } : { outcome: 'other-list', record }
    }
    // Lost: the list may have grown meanwhile, and then its digest differs.
    if ((await brakeFile(objects).write(found.released, object.etag)).outcome === 'written') return found.result
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
