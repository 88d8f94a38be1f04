import { readFileSync } from 'node:fs'
import { openAwsAuditor } from '../../shared/aws/aws-auditor.ts'
import { actionNames, catalogOf } from '../../shared/domain/iam-policies/action-names.ts'
import { jobsOfCredentials, schedule } from '../schedules.ts'
import { openDeployment } from './open-deployment.ts'
import { readEmergency } from './read-emergency.ts'

const { ports, configuration, guarded } = openDeployment()
/** The file is beside the bundle. It is read only in the nights that need it. */
const readActions = async () =>
  catalogOf(actionNames.parse(JSON.parse(readFileSync(new URL('./actions.json', import.meta.url), 'utf8'))))
const auditing = { ...ports, auditor: openAwsAuditor(), emergency: readEmergency() }
export const handler = guarded(schedule('credentials', jobsOfCredentials, auditing, configuration, { readActions }))
