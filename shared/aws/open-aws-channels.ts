import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SNSClient } from '@aws-sdk/client-sns'
import type { Channels } from '../ports/channels.ts'
import { AwsChannels } from './aws-channels.ts'
import { type AwsPortsOptions, clientSettings } from './aws-ports.ts'
import { SystemClock } from './system-clock.ts'

export function openAwsChannels(topicArn: string, endpoint?: AwsPortsOptions['endpoint']): Channels {
  const settings = clientSettings(endpoint)
  const clock = new SystemClock()
  return new AwsChannels({
    sns: new SNSClient(settings),
    secrets: new SecretsManagerClient(settings),
    topicArn,
    clock,
  })
}
