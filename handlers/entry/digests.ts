import { openAwsChannels } from '../../shared/aws/aws-channels.ts'
import { digests } from '../digests.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, configuration, topicArn, guarded } = openDeployment()
export const handler = guarded(digests({ ...ports, channels: openAwsChannels(topicArn) }, configuration))
