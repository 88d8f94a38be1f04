import { links } from '../links.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, guarded } = openDeployment()
export const handler = guarded(links(ports, configuration))
