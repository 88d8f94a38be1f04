import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import type { EventBus } from '../ports/event-bus.ts'
import { type AwsPortsOptions, clientSettings } from './aws-ports.ts'
import { EventBridgeBus } from './event-bridge-bus.ts'

export function openEventBridgeBus(name: string, endpoint?: AwsPortsOptions['endpoint']): EventBus {
  return new EventBridgeBus(new EventBridgeClient(clientSettings(endpoint)), name)
}
