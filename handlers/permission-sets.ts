import type { Configuration } from '../shared/domain/deployment/configuration.ts'
import { findUploader } from '../shared/domain/links/find-uploader.ts'
import type { InputMessage } from '../shared/domain/links/input-message.ts'
import { isFolderMarker } from '../shared/domain/links/link.ts'
import { changesNothing, describeUpload, isSameUpload } from '../shared/domain/links/upload.ts'
import { permissionSetHint } from '../shared/domain/messages/hint.ts'
import { parsePermissionSetKey } from '../shared/domain/permission-sets/permission-set-file.ts'
import { type NewStatus, rejection, type Status } from '../shared/domain/statuses/status.ts'
import type { Ports } from '../shared/ports/ports.ts'
import { uploadOf } from '../shared/reconcile/permission-sets/describe-permission-set.ts'
import { crowdOf, isCrowded, tellCrowd } from '../shared/reconcile/records/crowds.ts'
import { nameDeleter } from '../shared/reconcile/records/deletion-notes.ts'
import { parseInput, sendAlone } from '../shared/reconcile/records/inputs.ts'
import { sendHints } from '../shared/reconcile/records/lanes.ts'
import {
  type PermissionSetReading,
  readPermissionSetFile,
} from '../shared/reconcile/records/read-permission-set-file.ts'
import { StatusStore } from '../shared/reconcile/records/status-store.ts'
import type { QueueHandler } from './handler.ts'
import { runBatch } from './run-batch.ts'

/** Looks at permission set files that may have changed: writes their status, then hints at the permission set. */
export const permissionSets: QueueHandler = (ports, configuration) => (event) =>
  runBatch(event, 'fifo', ports, async ({ body, attributes }) => {
    const message = parseInput('permission-sets', { body, receiveCount: attributes.ApproximateReceiveCount })
    if (isFolderMarker(message.key)) return
    try {
      await lookAtPermissionSet(message, ports, configuration)
    } catch (error) {
      if (message.isAlone) throw error
      ports.log.warn('a permission set file could not be looked at; it is tried again', { input: message.key, error })
      await sendAlone(ports.queues, message, configuration)
    }
  })

/** One input, as it is now; throws when something cannot be read or written: the message then comes again. */
export async function lookAtPermissionSet(
  message: InputMessage,
  ports: Ports,
  configuration: Configuration,
): Promise<void> {
  const { key, id, event } = message
  const statuses = new StatusStore(ports.objects, ports.clock)
  const crowd = crowdOf(key, configuration.folders)
  let isValid = true
  let isOneTooMany = false
  let isUnchanged = false
  let wasHeld = false
  const told = await statuses.revise(key, async (current) => {
    const reading = await readPermissionSetFile(ports.objects, key)
    isValid = reading?.file.ok ?? true
    wasHeld = current?.state === 'held'
    isUnchanged = reading !== undefined && changesNothing(message, reading.object, current)
    const status = describeFile(key, current, reading)
    const isNew = current === undefined && status?.state === 'rejected'
    isOneTooMany = isNew && (await isCrowded(ports.objects, crowd, configuration))
    if (isOneTooMany) return undefined
    // A deleted file keeps the status of its last upload until the dispatcher says more.
    const named = reading ? message : await nameDeleter(ports.objects, message, current)
    const by = reading ? findUploader(reading.object, message, current) : (named.by ?? current?.by)
    return status && { ...status, by }
  })
  if (isOneTooMany) await tellCrowd(statuses, crowd, configuration)
  const state = isOneTooMany ? 'rejected, with many others' : (told?.state ?? 'removed')
  ports.log.info('permission set file looked at', { input: key, event, id, status: state })
  const name = parsePermissionSetKey(key)
  // A file that is not valid changes nothing; but where the one before it is held, the dispatcher takes that off the brake.
  if (!name.ok || !(isValid || wasHeld) || isUnchanged) return
  await sendHints(ports, { id, hints: [permissionSetHint(name.value, key)], revocation: false }, configuration)
}

/** What is known without Identity Center; the rest of the status comes from the dispatcher. */
function describeFile(
  key: string,
  current: Status | undefined,
  reading: PermissionSetReading | undefined,
): NewStatus | undefined {
  const name = parsePermissionSetKey(key)
  // A deleted file: only the dispatcher knows what is left of its permission set. A rejected file left nothing.
  if (!reading) return name.ok && current?.state !== 'rejected' ? current : undefined
  const { object } = reading
  const version = describeUpload(current, uploadOf(object))
  if (!name.ok) return { ...version, ...rejection(name.complaint) }
  if (!reading.file.ok) return { ...version, ...rejection(reading.file.complaint) }
  // The status of the same content stays until the dispatcher says something else.
  if (current && isSameUpload(current, object)) return { ...current, ...version }
  return { ...version, state: 'applying' }
}
