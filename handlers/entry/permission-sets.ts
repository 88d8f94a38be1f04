import { permissionSets } from '../permission-sets.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, guarded } = openDeployment()
export const handler = guarded(permissionSets(ports, configuration))
