import { dispatcherSlice } from '../../shared/ports/deployment-settings.ts'
import { answerDoctor } from '../answer-doctor.ts'
import { dispatcher } from '../dispatcher.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, deployment, guarded } = openDeployment()
const holder = `deployment ${deployment.name}`
const work = dispatcher(ports, configuration, { ...dispatcherSlice, holder })
/** For the wakes of its queue, and every minute; and for `ssofile doctor`, which asks what its role may do. */
export const handler = guarded(answerDoctor(ports, work), { tellsLoss: true })
