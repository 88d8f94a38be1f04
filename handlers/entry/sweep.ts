import { ranges, withRanges } from '../ranges.ts'
import { jobsOfSweep, schedule } from '../schedules.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, guarded } = openDeployment()
const run = schedule('sweep', jobsOfSweep, ports, configuration)
export const handler = guarded(withRanges(ranges(ports, configuration), run))
