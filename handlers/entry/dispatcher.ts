import { dispatcherSlice } from '../../shared/ports/deployment-settings.ts'
import { dispatcher } from '../dispatcher.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, deployment, guarded } = openDeployment()
const holder = `deployment ${deployment.name}`
/** For the wakes of its queue, and every minute. */
export const handler = guarded(dispatcher(ports, configuration, { ...dispatcherSlice, holder }), { tellsLoss: true })
