import type { Configuration } from '../../domain/deployment/configuration.ts'
import { requestPrefix, userInKey } from '../../domain/files/access-request.ts'
import { approvalPrefix } from '../../domain/files/approval-file.ts'
import { decisionPrefix } from '../../domain/files/decision-file.ts'
import { linkPrefix } from '../../domain/links/link.ts'
import { shareOf } from '../../domain/messages/folder-share.ts'
import { permissionSetPrefix } from '../../domain/permission-sets/permission-set-file.ts'
import { quote } from '../../domain/statuses/complaint.ts'
import { type NewStatus, rejection } from '../../domain/statuses/status.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import { attentionKey, attentionPrefix, isTooLong, type StatusStore, tooLong } from './status-store.ts'

/**
 * The invalid files in one place: a declared folder, all undeclared folders, the top of `links_data/`, or `permission_sets/`.
 * Files beyond `limits.notValidFiles` share one status, `status/<crowd>.json`, so that nobody can fill the bucket with statuses
 * or `attention/`.
 */
export const crowdPrefix = 'too-many/'

const rejectedPrefix = `${attentionPrefix}rejected/`
const longNames = `${crowdPrefix}long names`
const ofPermissionSets = `${crowdPrefix}permission_sets`
const ofFolder = `${crowdPrefix}folder `
/** Each person has a crowd. */
const kindsOfPeople = [requestPrefix, approvalPrefix, decisionPrefix]
const crowdOfPerson = /^too-many\/(requests|approvals|decisions) of (.*)$/s

/** The most undecided requests, or rejected files of one of these kinds, of one person. */
export const requestsMost = 20

/** True for requests, approvals and decisions. All other crowds have files that `validate` knows. */
export function isCrowdOfPerson(crowd: string): boolean {
  return crowdOfPerson.test(crowd)
}

/** The crowd of a file, valid or not. Keys that are too long for the index share one. */
export function crowdOf(input: string, folders: readonly string[]): string {
  if (isTooLong(attentionKey('rejected', input).slice(rejectedPrefix.length))) return longNames
  const kind = kindsOfPeople.find((prefix) => input.startsWith(prefix))
  if (kind) return `${crowdPrefix}${kind.slice(0, -1)} of ${userInKey(input)}`
  return input.startsWith(permissionSetPrefix) ? ofPermissionSets : crowdPrefix + shareOf(input, folders)
}

/** Whether a file may belong to this crowd. The caller does not know the declared folders, so a file may match several crowds. */
export function mayBeOf(crowd: string, input: string): boolean {
  return crowdOf(input, crowd.startsWith(ofFolder) ? [crowd.slice(ofFolder.length)] : []) === crowd
}

/** The index prefix of a crowd's rejected files; it may have files of other crowds too. */
function prefixOf(crowd: string): string {
  if (crowd === longNames) return rejectedPrefix + tooLong
  if (crowd === ofPermissionSets) return rejectedPrefix + permissionSetPrefix
  return rejectedPrefix + linkPrefix + (crowd.startsWith(ofFolder) ? `${crowd.slice(ofFolder.length)}/` : '')
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
  let left = limits.notValidFiles
  for await (const { key } of objects.list(prefixOf(crowd))) {
    const isOfCrowd = crowd === longNames || crowdOf(key.slice(rejectedPrefix.length), folders) === crowd
    if (isOfCrowd && --left <= 0) return true
  }
  return false
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
    received: `more than ${most} files that are not valid ${placeOf(crowd)}; ${most} have a status each, ${others}`,
    expected: 'few',
    remedy: 'correct or delete them; ssofile validate s3://<bucket> shows all faults',
  })
}

function placeOf(crowd: string): string {
  if (crowd === longNames) return 'with long names'
  if (crowd === ofPermissionSets) return `under ${permissionSetPrefix}`
  if (crowd.startsWith(ofFolder)) return `in the folder '${crowd.slice(ofFolder.length)}'`
  return crowd === `${crowdPrefix}no folder` ? `directly under ${linkPrefix}` : 'in folders that are not declared'
}
