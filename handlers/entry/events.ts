import { events } from '../events.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, dispatcherRole, guarded } = openDeployment()
export const handler = guarded(events(ports, configuration, { dispatcherRole }))
