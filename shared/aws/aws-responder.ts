import { DisableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { DeleteUserCommand, IAMClient, ListRolesCommand, UntagRoleCommand } from '@aws-sdk/client-iam'
import { DescribeOrganizationCommand, OrganizationsClient } from '@aws-sdk/client-organizations'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import * as z from 'zod'
import {
  type DryCallName,
  type DryOutcome,
  drillInstance,
  drillOfNothing,
  drillVolume,
} from '../domain/account-facts/dry-calls.ts'
import type { AssumedRole, Responder } from '../ports/break-glass.ts'
import { answerOf, parseAnswer } from './answers.ts'
import { assumeRole, type RegionSettings } from './assume-role-in-account.ts'
import { type AwsPortsOptions, clientSettings } from './aws-ports.ts'
import { callSigned } from './signed-call.ts'

const refusals = ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation']
/** AWS answers these only after it has found the permission: the thing is missing, or the dry run succeeded. */
const consents = [
  'DryRunOperation',
  'NoSuchEntity',
  'NoSuchEntityException',
  'ResourceNotFoundException',
  'TrailNotFoundException',
]

export function openAwsResponder(endpoint?: AwsPortsOptions['endpoint']): Responder {
  const settings = clientSettings(endpoint)
  const sts = new STSClient(settings)
  return {
    async identity() {
      const { Arn } = await answerOf('sts', sts.send(new GetCallerIdentityCommand({})))
      return parseAnswer({ service: 'sts', member: 'Arn' }, z.string(), Arn)
    },
    async assume({ roleArn, session, sourceIdentity, device }) {
      const credentials = await assumeRole(sts, {
        RoleArn: roleArn,
        RoleSessionName: session,
        SourceIdentity: sourceIdentity,
        ...(device === undefined ? {} : { SerialNumber: device.serial, TokenCode: device.code }),
      })
      return openRole({ ...settings, region: await sts.config.region(), credentials }, roleArn.split('/').at(-1) ?? '')
    },
  }
}

function openRole(settings: RegionSettings, role: string): AssumedRole {
  const sts = new STSClient(settings)
  const inIamRegion = { ...settings, region: 'us-east-1' }
  const iam = new IAMClient(inIamRegion)
  const ec2 = (parameters: Readonly<Record<string, string>>) => async () =>
    callSigned(sts, {
      service: 'ec2',
      endpoint: settings.endpoint,
      region: await sts.config.region(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ ...parameters, DryRun: 'true', Version: '2016-11-15' }).toString(),
    })
  const trail = (operation: string, input: object) => async () =>
    callSigned(sts, {
      service: 'cloudtrail',
      endpoint: settings.endpoint,
      region: await sts.config.region(),
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.${operation}`,
      },
      body: JSON.stringify(input),
    })
  const calls: Readonly<Record<DryCallName, () => Promise<unknown>>> = {
    'read-trail': trail('LookupEvents', { MaxResults: 1 }),
    'list-roles': () => iam.send(new ListRolesCommand({ MaxItems: 1 })),
    'read-organization': () => new OrganizationsClient(inIamRegion).send(new DescribeOrganizationCommand({})),
    'describe-instances': ec2({ Action: 'DescribeInstances' }),
    'create-snapshot': ec2({ Action: 'CreateSnapshot', VolumeId: drillVolume }),
    'stop-instance': ec2({ Action: 'StopInstances', 'InstanceId.1': drillInstance }),
    'delete-user': () => iam.send(new DeleteUserCommand({ UserName: drillOfNothing })),
    'widen-own-role': () => iam.send(new UntagRoleCommand({ RoleName: role, TagKeys: [drillOfNothing] })),
    'switch-off-alarms': () => new EventBridgeClient(settings).send(new DisableRuleCommand({ Name: drillOfNothing })),
    'stop-trail': trail('StopLogging', { Name: drillOfNothing }),
  }
  return { try: (call) => calls[call]().then((): DryOutcome => 'allowed', judgeError) }
}

function judgeError(error: unknown): DryOutcome {
  if (!(error instanceof Error)) return { unclear: String(error) }
  if (refusals.includes(error.name)) return 'refused'
  return consents.includes(error.name) ? 'allowed' : { unclear: `${error.name}: ${error.message}` }
}
