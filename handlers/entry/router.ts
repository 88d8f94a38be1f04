import { router } from '../router.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, apiPrincipals, guarded } = openDeployment()
export const handler = guarded(router(ports, configuration, { apiPrincipals }))
