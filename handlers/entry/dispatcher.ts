import { dispatcherSlice } from '../../shared/ports/deployment-settings.ts'
import { answerDoctor } from '../answer-doctor.ts'
import { dispatcher } from '../dispatcher.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, deployment, guarded } = openDeployment()
const holder = `deployment ${deployment.name}`
const work = dispatcher(ports, configuration, { ...dispatcherSlice, holder })
/**
 * Handles the wakes of its queue. The schedule also calls it every minute, for due work and lost wakes: not through the queue, since the
 * wake of a function that died blocks its whole group until its visibility timeout ends. `ssofile doctor` calls it to learn the rights of
 * its role.
 */
export const handler = guarded(answerDoctor(ports, work), { tellsLoss: true })
