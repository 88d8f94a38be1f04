import { claimBucket } from '../../shared/reconcile/records/owner.ts'
import { customResource } from './custom-resource.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, deployment } = openDeployment()
/** At deployment: assigns the bucket to this instance and deployment, or fails the deployment. */
export const handler = customResource(() => claimBucket(ports, deployment), ports)
