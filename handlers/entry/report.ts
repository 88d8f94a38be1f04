import { openAwsAuditor } from '../../shared/aws/aws-auditor.ts'
import { everyMorning } from '../schedules.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, guarded } = openDeployment()
export const handler = guarded(everyMorning({ ...ports, auditor: openAwsAuditor() }, configuration))
