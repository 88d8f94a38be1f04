import { isFolderMarker } from '../shared/domain/links/link.ts'
import { reconcileInput } from '../shared/reconcile/inputs/reconcile-input.ts'
import { uploadedPermissionSetController } from '../shared/reconcile/permission-sets/uploaded-permission-set.ts'
import { parseInput, sendAlone } from '../shared/reconcile/records/inputs.ts'
import type { QueueHandler } from './handler.ts'
import { runBatch } from './run-batch.ts'

/** Looks at permission set files that may have changed: writes their status, then hints at the permission set. */
export const permissionSets: QueueHandler = (ports, configuration) => (event) =>
  runBatch(event, 'fifo', ports, async ({ body, attributes }) => {
    const message = parseInput('permission-sets', { body, receiveCount: attributes.ApproximateReceiveCount })
    if (isFolderMarker(message.key)) return
    try {
      await reconcileInput(message, uploadedPermissionSetController, { ...ports, configuration })
    } catch (error) {
      if (message.isAlone) throw error
      ports.log.warn('a permission set file could not be looked at; it is tried again', { input: message.key, error })
      await sendAlone(ports.queues, message, configuration)
    }
  })
