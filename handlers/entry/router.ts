import { router } from '../router.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, apiPrincipal, guarded } = openDeployment()
export const handler = guarded(router(ports, configuration, { apiPrincipal }))
