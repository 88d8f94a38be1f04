import { redrive } from '../redrive.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, guarded } = openDeployment()
export const handler = guarded(redrive(ports, configuration))
