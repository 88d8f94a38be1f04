import { App, type AppProps, Tags, Validations } from 'aws-cdk-lib/core'
import { AwsSolutionsChecks } from 'cdk-nag'
import { type Environment, isManagementDeployment } from '../shared/domain/deployment/environment.ts'
import { DeploymentNames } from './deployment-names.ts'
import { guardedElsewhere } from './guarded-settings.ts'
import type { EventPattern } from './match-event-pattern.ts'
import { EventForwardingStack, type EventForwardingStackProps } from './stacks/event-forwarding-stack.ts'
import { SsofileStack } from './stacks/ssofile-stack.ts'
import { accessEvents, directoryEvents, organizationEvents } from './wanted-events.ts'

/** The stacks of one environment: the main one first. cdk-nag checks all of them. */
export function buildApp(environment: Environment, props: AppProps = {}): App {
  const app = new App({ analyticsReporting: false, ...props })
  const names = new DeploymentNames(environment)
  const { name, account, region, managementAccount } = environment
  const main = new SsofileStack(app, name, {
    environment,
    env: { account, region },
    description: 'ssofile: keeps IAM Identity Center equal to the files in an S3 bucket',
  })
  const forward = (from: string, of: Pick<EventForwardingStackProps, 'account' | 'role' | 'busArn' | 'patterns'>) => {
    const description = 'ssofile: sends events of this account and Region to where ssofile runs'
    const env = { account: of.account, region: from }
    new EventForwardingStack(app, of.role, { environment, names, ...of, env, description }).addStackDependency(main)
  }
  for (const [from, patterns] of forwardedEvents(environment, names))
    forward(from, { account: managementAccount, role: names.forwarder(from), busArn: names.busArn, patterns })
  if (region !== names.iamRegion) {
    const patterns = { 'guarded-settings': guardedElsewhere(names) }
    forward(names.iamRegion, { account, role: names.guardRelay, busArn: names.defaultBusArn, patterns })
  }
  Tags.of(app).add('ssofile', name)
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  return app
}

/** The events of the management account, by Region, that the main stack does not receive itself. */
function forwardedEvents(
  environment: Environment,
  names: DeploymentNames,
): ReadonlyMap<string, Readonly<Record<string, EventPattern>>> {
  const { region } = environment
  const { organizationRegion } = names
  const ofRegion = { ...directoryEvents, ...accessEvents(names.roleArn('dispatcher')) }
  if (isManagementDeployment(environment))
    return new Map(region === organizationRegion ? [] : [[organizationRegion, organizationEvents]])
  if (region === organizationRegion) return new Map([[region, { ...organizationEvents, ...ofRegion }]])
  return new Map<string, Readonly<Record<string, EventPattern>>>([
    [organizationRegion, organizationEvents],
    [region, ofRegion],
  ])
}
