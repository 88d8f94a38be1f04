import { openAwsRetirer } from '../../shared/aws/aws-retirer.ts'
import { jobsOfRetire, schedule } from '../schedules.ts'
import { openDeployment } from './open-deployment.ts'
import { readEmergency } from './read-emergency.ts'

const { ports, configuration, guarded } = openDeployment()
export const handler = guarded(
  schedule('retire', jobsOfRetire, { ...ports, retirer: openAwsRetirer(), emergency: readEmergency() }, configuration),
)
