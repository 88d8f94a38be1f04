import type { Configuration } from '../../domain/deployment/configuration.ts'
import { userInKey } from '../../domain/files/access-request.ts'
import type { Kind } from '../../domain/inputs/kind.ts'
import { allKinds, isOfPeople, kindAt, queueOf } from '../../domain/inputs/kinds.ts'
import { linkPrefix } from '../../domain/links/link.ts'
import { shareOf } from '../../domain/messages/folder-share.ts'
import { quote } from '../../domain/statuses/complaint.ts'
import { type NewStatus, rejection } from '../../domain/statuses/status.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import { attentionKey, attentionPrefix, isTooLong, type StatusStore, tooLong } from './status-store.ts'

/**
 * The invalid files in one place. Links and memberships: a declared folder, all undeclared folders, or the top of the prefix. Requests,
 * approvals and decisions: those of one person. Retirements: the folder of one owner. Any other kind: its prefix.
 * Files beyond `limits.notValidFiles` share one status, `status/<crowd>.json`, so that nobody can fill the bucket with statuses
 * or `attention/`.
 */
export const crowdPrefix = 'too-many/'

const rejectedPrefix = `${attentionPrefix}rejected/`
const longNames = `${crowdPrefix}long names`
/** The sweep of people's files counts these, and the comparison of links and permission sets the others. */
const longNamesOfPeople = `${longNames} of people`
const ofFolder = 'folder '
const crowdOfPerson = /^too-many\/(requests|approvals|decisions) of (.*)$/s

/** The most undecided requests, or rejected files of one of these kinds, of one person. */
export const requestsMost = 20

/** True for requests, approvals and decisions, which have other limits. */
export function isCrowdOfPerson(crowd: string): boolean {
  return crowdOfPerson.test(crowd)
}

/** Whether the comparison of links and permission sets counts the files of a crowd. Schedules count those of the other kinds. */
export function isComparedCrowd(crowd: string): boolean {
  if (isOfLongNames(crowd)) return crowd === longNames
  return ['links', 'permission-sets'].includes(queueOf(filesOf(crowd).at) ?? '')
}

/** Whether all files of a crowd are of the kind at this place. Long names are of several. */
export function isCrowdBelow(crowd: string, place: string): boolean {
  return !isOfLongNames(crowd) && filesOf(crowd).at === place
}

function isOfLongNames(crowd: string): boolean {
  return crowd === longNames || crowd === longNamesOfPeople
}

/** The crowd of a file, valid or not. Keys that are too long for the index share two. */
export function crowdOf(input: string, folders: readonly string[]): string {
  if (isTooLong(attentionKey('rejected', input).slice(rejectedPrefix.length)))
    return isOfPeople(input) ? longNamesOfPeople : longNames
  const kind = kindAt(input)
  if (kind === undefined) return crowdPrefix + shareOf(input, folders)
  const noun = kind.at.replace(/\/$/, '')
  if (kind.writers === 'oneself') return `${crowdPrefix}${noun} of ${userInKey(input)}`
  if (!hasShares(kind)) return crowdPrefix + noun
  const path = input.slice(kind.at.length)
  // Nobody declares the folders of owners: the bucket's policy has them.
  const declared = kind.writers === 'accountOwners' ? [path.split('/')[0] ?? ''] : folders
  const share = shareOf(linkPrefix + path, declared)
  return crowdPrefix + (kind.at === linkPrefix ? share : `${noun} of ${share}`)
}

function hasShares({ hasFolders, writers }: Pick<Kind, 'hasFolders' | 'writers'>): boolean {
  return hasFolders === true || writers === 'accountOwners'
}

type CrowdFiles = {
  /** The prefix or key of its kind. */
  readonly at: string
  /** The share of a kind with folders: see `shareOf`. */
  readonly share?: string | undefined
  readonly folder?: string | undefined
}

/** Reads the name of a crowd, except that of long names. */
function filesOf(crowd: string): CrowdFiles {
  const name = crowd.slice(crowdPrefix.length)
  for (const kind of allKinds()) {
    const { at } = kind
    const noun = at.replace(/\/$/, '')
    if (name === noun) return { at }
    if (name.startsWith(`${noun} of `))
      return withFolder(at, hasShares(kind) ? name.slice(`${noun} of `.length) : undefined)
  }
  return withFolder(linkPrefix, name)
}

function withFolder(at: string, share: string | undefined): CrowdFiles {
  return { at, share, folder: share?.startsWith(ofFolder) ? share.slice(ofFolder.length) : undefined }
}

/** Whether a file may belong to this crowd. The caller does not know the declared folders, so a file may match several crowds. */
export function mayBeOf(crowd: string, input: string): boolean {
  const { folder } = isOfLongNames(crowd) ? {} : filesOf(crowd)
  return crowdOf(input, folder === undefined ? [] : [folder]) === crowd
}

/** The index prefix of a crowd's rejected files; it may have files of other crowds too. */
function prefixOf(crowd: string): string {
  if (isOfLongNames(crowd)) return rejectedPrefix + tooLong
  const { at, folder } = filesOf(crowd)
  return rejectedPrefix + at + (folder === undefined ? '' : `${folder}/`)
}

type Limits = Pick<Configuration, 'folders' | 'limits'>

/**
 * Whether this crowd has as many rejected files as may have a status of their own. Counts in the index each time, usually with
 * one call, so that no count stays wrong for long.
 */
export async function isCrowded(objects: ReadingObjects, crowd: string, { folders, limits }: Limits): Promise<boolean> {
  const [, kind, user] = crowdOfPerson.exec(crowd) ?? []
  if (kind !== undefined) {
    const counts = await Promise.all(
      ['waiting', 'rejected'].map((state) => countTo(objects, `${attentionPrefix}${state}/${kind}/${user}/`)),
    )
    return counts.includes(requestsMost)
  }
  return (await countRejected(objects, crowd, folders, limits.notValidFiles)) >= limits.notValidFiles
}

/** The files of a crowd that have a status of their own, at most `most`. */
export async function countRejected(
  objects: ReadingObjects,
  crowd: string,
  folders: readonly string[],
  most: number,
): Promise<number> {
  let count = 0
  for await (const { key } of objects.list(prefixOf(crowd))) {
    const isOfCrowd = isOfLongNames(crowd) || crowdOf(key.slice(rejectedPrefix.length), folders) === crowd
    if (isOfCrowd && ++count >= most) break
  }
  return count
}

/** At most `requestsMost`. */
async function countTo(objects: ReadingObjects, prefix: string): Promise<number> {
  let count = 0
  for await (const _ of objects.list(prefix)) if (++count === requestsMost) break
  return count
}

/** Writes the status of a crowd before its files are counted; the next sweep counts them. */
export async function tellCrowd(statuses: StatusStore, crowd: string, { limits }: Limits): Promise<void> {
  await statuses.revise(crowd, async (current) => current ?? describeCrowd(crowd, limits.notValidFiles))
}

/** `untold`: the files without a status of their own, ascending; absent: unknown. */
export function describeCrowd(crowd: string, most: number, untold?: readonly string[]): NewStatus {
  const [, kind] = crowdOfPerson.exec(crowd) ?? []
  if (kind !== undefined)
    return rejection({
      object: crowd,
      received: `more than ${requestsMost} ${kind} of one person that wait or are rejected; ssofile ignores the others`,
      expected: 'few',
      remedy: 'delete those that you do not need; ssofile then evaluates the others',
    })
  const names = untold?.slice(0, 3).map((key) => `'${quote(key)}'`)
  const others = untold ? `${untold.length} more have none, such as ${names?.join(', ')}` : 'the others have none'
  return rejection({
    object: crowd,
    received: `more than ${most} files that are not valid ${describePlace(crowd)}; ${most} have a status each, ${others}`,
    expected: 'few',
    remedy: 'correct or delete them; ssofile validate s3://<bucket> shows all faults',
  })
}

function describePlace(crowd: string): string {
  if (isOfLongNames(crowd)) return 'with long names'
  const { at, share, folder } = filesOf(crowd)
  if (share === undefined) return `under ${at}`
  const below = at === linkPrefix ? '' : ` under ${at}`
  if (folder !== undefined) return `in the folder '${folder}'${below}`
  return share === 'no folder' ? `directly under ${at}` : `in folders that are not declared${below}`
}
