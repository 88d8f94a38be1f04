import { openEventBridgeBus } from '../../shared/aws/open-event-bridge-bus.ts'
import { everyMinuteOfNotifications } from '../schedules.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, bus, pageOrigin, guarded } = openDeployment()
export const handler = guarded(
  everyMinuteOfNotifications({ ...ports, eventBus: openEventBridgeBus(bus) }, configuration, pageOrigin),
)
