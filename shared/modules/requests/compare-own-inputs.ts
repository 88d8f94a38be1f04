import pLimit from 'p-limit'
import { isFolderMarker } from '../../domain/links/link.ts'
import type { ObjectHead, ReadingObjects } from '../../ports/object-store.ts'
import { type Heads, readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { statusPrefix } from '../../reconcile/records/status-store.ts'
import { type ComparedInputs, compareHeads } from './compare-heads.ts'

/** The most files of one person and kind that a sweep compares: twenty listings. */
export const comparedMost = 20_000

/** Stands for files outside the folders of people. ssofile answers them too. */
const nobody = ''

const none: Heads = new Map()

/** `isCut`: there are more, which were not listed. */
type PersonHeads = { readonly person: string; readonly heads: Heads; readonly isCut: boolean }

/** `told`: the statuses. `isCut`: the person has more files or statuses than were compared. */
export type OwnInputs = ComparedInputs & { readonly person: string; readonly told: Heads; readonly isCut: boolean }

/**
 * Compares inputs under people's own ids, such as `approvals/<user id>/…`, with their statuses, one person after the other. Everybody may
 * upload as many files under the own id as they like, so this keeps the files of one person at a time, and at most `most` of them. If a
 * person has more, an unlisted file or status may be there. So ssofile asks for each file that has a status and was not listed: a deletion
 * may end access, and nobody can hide it behind very many files.
 */
export async function* compareOwnInputs(
  objects: ReadingObjects,
  prefix: string,
  most = comparedMost,
): AsyncGenerator<OwnInputs> {
  const listings = {
    files: listByPerson(objects, prefix, most),
    told: listByPerson(objects, statusPrefix + prefix, most),
  }
  const next = async (listing: AsyncGenerator<PersonHeads, undefined>) => (await listing.next()).value
  let [files, told] = await Promise.all([next(listings.files), next(listings.told)])
  while (files !== undefined || told !== undefined) {
    const turn = compareTurns(files, told)
    const [ofFiles, ofTold] = [turn <= 0 ? files : undefined, turn >= 0 ? told : undefined]
    const heads = { files: ofFiles?.heads ?? none, told: ofTold?.heads ?? none }
    const compared = compareHeads(heads)
    yield {
      person: (ofFiles ?? ofTold)?.person ?? nobody,
      told: heads.told,
      isCut: ofFiles?.isCut === true || ofTold?.isCut === true,
      untold: ofTold?.isCut ? [] : compared.untold,
      stale: compared.stale,
      doubtful: compared.doubtful,
      gone: ofFiles?.isCut ? await listMissing(objects, compared.gone) : compared.gone,
    }
    ;[files, told] = await Promise.all([ofFiles ? next(listings.files) : files, ofTold ? next(listings.told) : told])
  }
}

async function listMissing(objects: ReadingObjects, keys: readonly string[]): Promise<readonly string[]> {
  const found = await pLimit(readsAtOnce).map(keys, async (key) => ((await objects.head(key)) ? [] : [key]))
  return found.flat()
}

/** Ascending by person, as S3 lists them; the files of nobody last. */
async function* listByPerson(
  objects: ReadingObjects,
  place: string,
  most: number,
): AsyncGenerator<PersonHeads, undefined> {
  const ofNobody = new Map<string, ObjectHead>()
  let startAfter: string | undefined
  do {
    const listing = objects.list(place, startAfter === undefined ? {} : { startAfter })
    startAfter = undefined
    let of: { readonly person: string; readonly heads: Map<string, ObjectHead> } | undefined
    let listed = 0
    for await (const head of listing) {
      const person = personIn(head.key, place)
      if (person === nobody) {
        keep(ofNobody, head)
        continue
      }
      if (of?.person !== person) {
        if (of) yield { ...of, isCut: false }
        of = { person, heads: new Map() }
        listed = 0
      }
      if (++listed > most) {
        // `0` follows `/`, so this skips all other files of this person, and no file of anybody else.
        startAfter = `${place}${person}0`
        break
      }
      keep(of.heads, head)
    }
    if (of) yield { ...of, isCut: startAfter !== undefined }
  } while (startAfter !== undefined)
  yield { person: nobody, heads: ofNobody, isCut: false }
  return undefined
}

function keep(heads: Map<string, ObjectHead>, head: ObjectHead): void {
  if (!isFolderMarker(head.key)) heads.set(head.key, head)
}

/** Only people who administer the bucket can write where no person has a folder. */
function personIn(key: string, place: string): string {
  const end = key.indexOf('/', place.length)
  return end === -1 ? nobody : key.slice(place.length, end)
}

/** Negative: the files are next; positive: the statuses are; 0: both have the same person. */
function compareTurns(files: PersonHeads | undefined, told: PersonHeads | undefined): number {
  if (files === undefined || told === undefined) return files === undefined ? 1 : -1
  if (files.person === told.person) return 0
  if (files.person === nobody || told.person === nobody) return files.person === nobody ? 1 : -1
  // S3 orders keys by bytes, JavaScript by UTF-16.
  return Buffer.compare(Buffer.from(`${files.person}/`), Buffer.from(`${told.person}/`))
}
