import { openEventBridgeBus } from '../../shared/aws/event-bridge-bus.ts'
import { jobsOfNotifications, schedule } from '../schedules.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, bus, pageOrigin, guarded } = openDeployment()
export const handler = guarded(
  schedule('notifications', jobsOfNotifications, { ...ports, eventBus: openEventBridgeBus(bus) }, configuration, {
    page: pageOrigin,
  }),
)
