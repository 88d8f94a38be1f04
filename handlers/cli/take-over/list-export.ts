import { assignmentOf, nameAssignment, renderAssignmentName } from '../../../shared/domain/assignments/assignment.ts'
import { ledgerPrefix } from '../../../shared/domain/assignments/ledger-entry.ts'
import { decodeStrictUtf8 } from '../../../shared/domain/json/strict-utf8.ts'
import { isFolderMarker, linkPrefix, parseLinkKey } from '../../../shared/domain/links/link.ts'
import {
  parsePermissionSetKey,
  permissionSetPrefix,
} from '../../../shared/domain/permission-sets/permission-set-file.ts'
import type { Complaint } from '../../../shared/domain/statuses/complaint.ts'
import type { ExportLine } from '../../../shared/modules/take-over/rules/export-line.ts'
import type { ObjectHead, ReadObject } from '../../../shared/ports/object-store.ts'
import type { ConfiguredPorts, Ports } from '../../../shared/ports/ports.ts'
import { type LinkPrincipal, PrincipalIndex } from '../../../shared/reconcile/directory/principal-index.ts'
import { Ledger, listAssignmentKeys } from '../../../shared/reconcile/records/ledger.ts'
import { readsAtOnce } from '../../../shared/reconcile/records/list-heads.ts'
import { readOwned } from '../../../shared/reconcile/records/owned-permission-sets.ts'
import { StatusStore } from '../../../shared/reconcile/records/status-store.ts'
import { isSpoiled, unlessSpoiled } from '../../../shared/reconcile/records/stored-json.ts'
import { faultOfLine } from './judge-line.ts'

type Line = Exclude<ExportLine, { kind: 'end' }>
type Read = Line | { readonly leftOut: Complaint } | undefined

/**
 * The content of a bucket as lines of an export, without the header and the last line. Calls `onLeftOut` for everything that no line can
 * express. It only reads, and at most a few objects at a time.
 */
export async function* listExport(
  context: ConfiguredPorts,
  onLeftOut: (complaint: Complaint) => void,
): AsyncGenerator<Line> {
  const { objects, identityStore, clock, configuration } = context
  const principals = new PrincipalIndex(identityStore, clock, configuration.principalSuffix)
  const listed = (prefix: string) => objects.list(prefix)
  const users: LinkPrincipal[] = []
  for await (const { key } of listed(linkPrefix)) {
    const link = parseLinkKey(key, configuration.folders)
    if (link.ok && link.value.type === 'USER') users.push({ type: 'USER', principal: link.value.principal })
  }
  await principals.foresee(users)
  const ledger = new Ledger(objects)
  const sources = [
    readEach(await listByInstant(objects), async ({ key }) => unlessAbsent(await objects.get(key), toHistory)),
    readEach(listed(permissionSetPrefix), async ({ key }) => {
      const name = parsePermissionSetKey(key)
      const isOurs = name.ok && (await unlessSpoiled(readOwned(objects, name.value))) !== undefined
      return unlessAbsent(await objects.get(key), (object) => toInput('permission-set', object, { isOurs }))
    }),
    readEach(listed(linkPrefix), async ({ key }) => {
      const replaced = await findReplaced(key, context, principals)
      return replaced ?? unlessAbsent(await objects.get(key), (object) => toInput('link', object, {}))
    }),
    readEach(listAssignmentKeys(objects, ledgerPrefix), async (key): Promise<Read> => {
      const stored = await unlessSpoiled(ledger.read(key))
      if (isSpoiled(stored)) return leaveOut(key, stored.message, 'restore it, then export again')
      const access = stored?.entry
      if (access === undefined) return undefined
      if (access.state !== 'granted')
        return leaveOut(
          key,
          `access that is ${access.state}`,
          'nothing to do: the other side grants the access of its links',
        )
      const { principal, principalId, permissionSetArn } = access
      const name = renderAssignmentName(nameAssignment(assignmentOf(key), principal))
      return { kind: 'assignment', name, principalId, permissionSetArn }
    }),
  ]
  for (const source of sources)
    for await (const read of source) {
      if (read === undefined) continue
      const fault = 'leftOut' in read ? undefined : faultOfLine(read, clock.now())
      if ('leftOut' in read) onLeftOut(read.leftOut)
      else if (fault === undefined) yield read
      // An import would refuse the whole file.
      else
        onLeftOut(
          leaveOut('key' in read ? read.key : read.name, fault, 'correct or delete it, then export again').leftOut,
        )
    }
}

/**
 * History in the order of its events. In the other bucket, S3's clock gives only the time of each write, and the last write counts as the
 * last event.
 */
async function listByInstant(objects: Ports['objects']): Promise<readonly ObjectHead[]> {
  const instantOf = ({ key }: ObjectHead) => key.slice(key.lastIndexOf('/') + 1)
  const heads = await Array.fromAsync(objects.list('history/'))
  // Pauses, releases and configurations belong to this bucket, and mean nothing in another one.
  const moving = heads.filter(({ key }) => /^history\/(account%|permission-set%)/.test(key))
  return moving.sort((a, b) => (instantOf(a) < instantOf(b) ? -1 : 1))
}

/** Reads some items at a time. The results have the order of the items. */
async function* readEach<T>(
  items: AsyncIterable<T> | Iterable<T>,
  read: (item: T) => Promise<Read>,
): AsyncGenerator<Read> {
  let portion: T[] = []
  for await (const item of items) {
    portion.push(item)
    if (portion.length < readsAtOnce) continue
    yield* await Promise.all(portion.map(read))
    portion = []
  }
  yield* await Promise.all(portion.map(read))
}

function unlessAbsent(object: ReadObject | undefined, then: (object: ReadObject) => Read): Read {
  return object === undefined || isFolderMarker(object.key) ? undefined : then(object)
}

function toHistory({ key, body }: ReadObject): Read {
  try {
    const record: unknown = JSON.parse(new TextDecoder().decode(body))
    if (typeof record === 'object' && record !== null) return { kind: 'history', key, record: { ...record } }
  } catch {
    // The return below reports it.
  }
  return leaveOut(key, 'content that this version of ssofile cannot read', 'restore it, then export again')
}

function toInput(
  kind: 'permission-set' | 'link',
  { key, body }: ReadObject,
  { isOurs = false }: { readonly isOurs?: boolean },
): Read {
  const text = decodeStrictUtf8(key, body)
  if (!text.ok) return { leftOut: text.complaint }
  return kind === 'link' ? { kind, key, body: text.value } : { kind, key, body: text.value, isOurs }
}

/**
 * A link that is bound to a user who no longer has the name in the link. In another bucket, ssofile would bind the link to the present user
 * with this name.
 */
async function findReplaced(
  key: ObjectHead['key'],
  { objects, clock, configuration }: ConfiguredPorts,
  principals: PrincipalIndex,
): Promise<Read> {
  const link = parseLinkKey(key, configuration.folders)
  if (!link.ok || link.value.type !== 'USER') return undefined
  const status = await unlessSpoiled(new StatusStore(objects, clock).read(key))
  if (isSpoiled(status))
    return leaveOut(key, status.message, 'delete that status, wait for a new one, then export again')
  const bound = status?.principalId
  if (bound === undefined) return undefined
  const bears = await principals.resolve('USER', link.value.principal, Number.NEGATIVE_INFINITY)
  if (bears === bound) return undefined
  return leaveOut(
    key,
    `a link that is bound to the user ${bound}, who does not have this name`,
    'to give the access to the present user of the name, upload the link on the other side',
  )
}

function leaveOut(object: string, received: string, remedy: string): { readonly leftOut: Complaint } {
  return { leftOut: { object, received, expected: 'a link that an export can describe', remedy } }
}
