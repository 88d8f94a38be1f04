import { attributesKey } from '../../domain/attributes/attributes-file.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { findUploader } from '../../domain/links/find-uploader.ts'
import type { InputMessage } from '../../domain/links/input-message.ts'
import { describeUpload, isSameUpload } from '../../domain/links/upload.ts'
import { attributesHint } from '../../domain/messages/hint.ts'
import { type NewStatus, rejection } from '../../domain/statuses/status.ts'
import type { Ports } from '../../ports/ports.ts'
import { uploadOf } from '../permission-sets/describe-permission-set.ts'
import { sendHints } from '../records/lanes.ts'
import { ownedAttributesRecord, readAttributesFile } from '../records/owned-attributes.ts'
import { StatusStore } from '../records/status-store.ts'

type Looking = Pick<Ports, 'objects' | 'queues' | 'randomness'> & { readonly configuration: Configuration }

/** The file of attributes may have changed: writes its status, then hints at it. Only the dispatcher calls SSO Admin. */
export async function lookAtAttributes(
  message: InputMessage,
  context: Looking & Pick<Ports, 'clock' | 'log'>,
): Promise<void> {
  const { objects, clock, log, configuration } = context
  const { id } = message
  const told = await new StatusStore(objects, clock).revise(attributesKey, async (current) => {
    const found = await readAttributesFile(objects)
    // Of a file that is gone the dispatcher says what became of it.
    if (found === undefined) return current
    const { head, file } = found
    const about = { ...describeUpload(current, uploadOf(head)), by: findUploader(head, message, current) }
    if (!file.ok) return { ...about, ...rejection(file.complaint) }
    const isSame = current !== undefined && isSameUpload(current, head) && current.state !== 'rejected'
    return isSame ? { ...current, ...about } : ({ ...about, state: 'applying' } satisfies NewStatus)
  })
  log.info('file of attributes looked at', { input: attributesKey, id, status: told?.state ?? 'removed' })
  await sendHints(context, { id, hints: [attributesHint(attributesKey)], revocation: false }, configuration)
}

/** Somebody may have changed them by hand. Where ssofile has nothing to do with them, nobody is asked. */
export async function compareAttributes(
  ports: Omit<Looking, 'configuration'>,
  configuration: Configuration,
): Promise<void> {
  const { objects, randomness } = ports
  const isOurs =
    (await objects.head(attributesKey)) !== undefined ||
    (await objects.head(ownedAttributesRecord(objects).key)) !== undefined
  if (!isOurs) return
  await sendHints(
    ports,
    { id: randomness.id(), hints: [attributesHint('reconcile')], revocation: false },
    configuration,
  )
}
