import { dispatcherSlice } from '../../shared/ports/deployment-settings.ts'
import { answerDoctor } from '../answer-doctor.ts'
import { dispatcher } from '../dispatcher.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, deployment, guarded } = openDeployment()
const holder = `deployment ${deployment.name}`
const work = dispatcher(ports, configuration, { ...dispatcherSlice, holder })
/**
 * For the wakes of its queue; every minute, for open work that is due and for a wake that was lost: not through the queue, since the wake
 * of a function that died blocks its whole group until its visibility timeout ends; and for `ssofile doctor`, which asks what its role may do.
 */
export const handler = guarded(answerDoctor(ports, work), { tellsLoss: true })
