import { openAwsAuditor } from '../../shared/aws/aws-auditor.ts'
import { everyMorningOfCredentials } from '../schedules.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, guarded } = openDeployment()
export const handler = guarded(everyMorningOfCredentials({ ...ports, auditor: openAwsAuditor() }, configuration))
