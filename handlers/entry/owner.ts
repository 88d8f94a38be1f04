import { claimBucket } from '../../shared/reconcile/records/owner.ts'
import { customResource } from './custom-resource.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, deployment } = openDeployment()
/** At deployment: the bucket belongs to this instance and deployment from now on, or the deployment fails. */
export const handler = customResource(() => claimBucket(ports, deployment), ports)
