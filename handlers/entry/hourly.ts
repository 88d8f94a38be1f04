import { jobsOfHourly, schedule } from '../schedules.ts'
import { customResource } from './custom-resource.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, guarded } = openDeployment()
/** Runs every hour, and once at the first deployment before anything else. */
export const handler = customResource(guarded(schedule('hourly', jobsOfHourly, ports, configuration)), ports)
