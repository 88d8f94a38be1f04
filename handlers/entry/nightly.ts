import { jobsOfNightly, schedule } from '../schedules.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, guarded } = openDeployment()
export const handler = guarded(schedule('nightly', jobsOfNightly, ports, configuration))
