import { readFileSync } from 'node:fs'
import { openAwsAuditor } from '../../shared/aws/aws-auditor.ts'
import { openBreakGlassAuditor } from '../../shared/aws/aws-break-glass-auditor.ts'
import { bundledDefinitions } from '../../shared/domain/files/break-glass-file.ts'
import { jobsOfReport, schedule } from '../schedules.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, guarded } = openDeployment()
/** The file is beside the bundle, like the configuration. */
const definitions = bundledDefinitions.parse(
  JSON.parse(readFileSync(new URL('./break-glass.json', import.meta.url), 'utf8')),
)
const breakGlass = { auditor: openBreakGlassAuditor(), definitions: () => definitions }
export const handler = guarded(
  schedule('report', jobsOfReport, { ...ports, auditor: openAwsAuditor(), breakGlass }, configuration),
)
