import type { Configuration } from '../shared/domain/configuration.ts'
import type { InputMessage } from '../shared/domain/input-message.ts'
import { renderInstant } from '../shared/domain/instant.ts'
import { isFolderMarker } from '../shared/domain/link.ts'
import { parsePermissionSetKey } from '../shared/domain/permission-set-file.ts'
import type { Status } from '../shared/domain/status.ts'
import type { Ports } from '../shared/ports/ports.ts'
import { rejection } from '../shared/reconcile/assess-link.ts'
import { parseInput } from '../shared/reconcile/inputs.ts'
import { sendHints } from '../shared/reconcile/lanes.ts'
import { type PermissionSetReading, readPermissionSetFile } from '../shared/reconcile/read-permission-set-file.ts'
import { type NewStatus, StatusStore } from '../shared/reconcile/status-store.ts'
import type { QueueHandler } from './handler.ts'
import { runBatch } from './run-batch.ts'

/** Looks at permission set files that may have changed: tells their status, then hints at the permission set. */
export const permissionSets: QueueHandler = (ports, configuration) => (event) =>
  runBatch(event, 'fifo', ports, async ({ body, attributes }) => {
    const message = parseInput('permission-sets', { body, receiveCount: attributes.ApproximateReceiveCount })
    if (!isFolderMarker(message.key)) await lookAtPermissionSet(message, ports, configuration)
  })

/** One input, as it is now; throws when something cannot be read or written: the message then comes again. */
export async function lookAtPermissionSet(
  { key, id, event, by }: InputMessage,
  ports: Ports,
  configuration: Configuration,
): Promise<void> {
  const statuses = new StatusStore(ports.objects, ports.clock)
  let isValid = true
  const told = await statuses.revise(key, async (current) => {
    const reading = await readPermissionSetFile(ports.objects, key)
    isValid = reading?.file.ok ?? true
    const status = assessFile(key, current, reading)
    const uploader = by ?? current?.by
    return status && (uploader === undefined ? status : { ...status, by: uploader })
  })
  ports.log.info('permission set file looked at', { input: key, event, id, status: told?.state ?? 'removed' })
  const name = parsePermissionSetKey(key)
  if (!name.ok || !isValid) return
  await sendHints(
    ports,
    { id, hints: [{ v: 1, kind: 'permission-set', permissionSet: name.value, cause: key }], revocation: false },
    configuration,
  )
}

/** What is known without Identity Center; the dispatcher tells the rest. */
function assessFile(
  key: string,
  current: Status | undefined,
  reading: PermissionSetReading | undefined,
): NewStatus | undefined {
  const name = parsePermissionSetKey(key)
  // A file that is gone: what it left is the dispatcher's to tell; of one that was never accepted nothing is left.
  if (!reading) return name.ok && current?.state !== 'rejected' ? current : undefined
  const { etag, lastModified, versionId } = reading.object
  const version = { etag, lastModified: renderInstant(lastModified), ...(versionId === undefined ? {} : { versionId }) }
  if (!name.ok) return { ...version, ...rejection(name.complaint) }
  if (!reading.file.ok) return { ...version, ...rejection(reading.file.complaint) }
  // The same upload again: nothing is known to be open, so nothing is told that the dispatcher would take back.
  const isSame = current?.etag === etag && current.lastModified === version.lastModified
  if (current && (isSame || (current.state === 'applied' && current.etag === etag))) return { ...current, ...version }
  return { ...version, state: 'applying' }
}
