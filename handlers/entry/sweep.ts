import { jobsOfSweep, schedule } from '../schedules.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, guarded } = openDeployment()
export const handler = guarded(schedule('sweep', jobsOfSweep, ports, configuration))
