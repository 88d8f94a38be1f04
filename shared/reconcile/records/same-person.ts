import { createHash } from 'node:crypto'
import type { ExternalId } from '../../domain/principals/external-id.ts'
import { type PrincipalId, principalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import { compareText } from '../../domain/text/compare-keys.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { definePlace } from './define-record.ts'
import { tellEvent } from './tell-event.ts'

export const samePersons = definePlace({
  at: 'state/same-person/',
  meaning: 'the ids of users whose ExternalIds had this hash',
  source: { is: 'cache', of: 'Identity Store' },
})
/** `<former id>/<hash of the file's key>`: nobody loses anything with the former id. */
export const boundAgain = definePlace({
  at: 'state/bound-again/',
  meaning: 'files bound to a user that the provider recreated',
  source: { is: 'index', of: 'history/bound-again/' },
})

/**
 * Users are the same person if their provider gave them equal ExternalIds. A provider that loses its users makes them again,
 * with new ids. Zero-byte objects `state/same-person/<hash of the ExternalIds>/<user id>`. If they are lost, a person binds the files again.
 */
export async function notePerson(
  objects: ObjectStore,
  user: PrincipalId,
  externalIds: readonly ExternalId[],
): Promise<void> {
  if (externalIds.length > 0) await objects.put(keyOf(user, externalIds), new Uint8Array(), { ifNoneMatch: '*' })
}

/** Whether `former` had exactly these ExternalIds. A user without any is nobody's successor. */
export async function isSamePerson(
  objects: ReadingObjects,
  former: PrincipalId,
  externalIds: readonly ExternalId[],
): Promise<boolean> {
  return externalIds.length > 0 && (await objects.head(keyOf(former, externalIds))) !== undefined
}

/** All users that had exactly these ExternalIds, ascending. */
export async function listSamePersons(
  objects: ReadingObjects,
  externalIds: readonly ExternalId[],
): Promise<readonly PrincipalId[]> {
  if (externalIds.length === 0) return []
  const folder = folderOf(externalIds)
  const found: PrincipalId[] = []
  for await (const { key } of objects.list(folder)) {
    const id = principalId.safeParse(key.slice(folder.length)).data
    if (id !== undefined) found.push(id)
  }
  return found
}

/** Says that a file is bound again, under the folder of the new id, once for each file. */
export async function tellBoundAgain(objects: ObjectStore, { key, name, user, former, at }: BoundAgain): Promise<void> {
  const folder = `history/bound-again/${user}/`
  if (await isBoundAgain(objects, former, key)) return
  const body = { input: key, name, user, former }
  await tellEvent(objects, { folder, name: key, id: user }, { event: 'bound-again', at, body })
  await objects.put(boundAgainKey(former, key), new Uint8Array())
}

/** Whether the file is no longer bound to this user, because the provider made the person again. */
export async function isBoundAgain(objects: ReadingObjects, former: PrincipalId, key: string): Promise<boolean> {
  return (await objects.head(boundAgainKey(former, key))) !== undefined
}

function boundAgainKey(former: PrincipalId, key: string): string {
  return `${boundAgain.at}${former}/${createHash('sha256').update(key).digest('hex')}`
}

type BoundAgain = {
  /** The file. */
  readonly key: string
  readonly name: PrincipalName
  readonly user: PrincipalId
  readonly former: PrincipalId
  readonly at: string
}

function keyOf(user: PrincipalId, externalIds: readonly ExternalId[]): string {
  return folderOf(externalIds) + user
}

function folderOf(externalIds: readonly ExternalId[]): string {
  const all = externalIds.map(({ issuer, id }) => JSON.stringify([issuer, id])).sort(compareText)
  return `${samePersons.at}${createHash('sha256').update(all.join('\n')).digest('hex')}/`
}
