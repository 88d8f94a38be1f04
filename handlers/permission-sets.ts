import { reconcileInput } from '../shared/reconcile/inputs/reconcile-input.ts'
import { uploadedPermissionSetController } from '../shared/reconcile/permission-sets/uploaded-permission-set.ts'
import type { QueueHandler } from './handler.ts'
import { runInputs } from './run-inputs.ts'

/** Evaluates permission set files that may have changed: writes their status, then hints at the permission set. */
export const permissionSets: QueueHandler = (ports, configuration) => {
  const context = { ...ports, configuration }
  return (event) =>
    runInputs(event, {
      ports,
      configuration,
      queues: 'permission-sets',
      reconcile: (message) => reconcileInput(message, uploadedPermissionSetController, context),
    })
}
