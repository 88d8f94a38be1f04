import { App, type AppProps, Tags, Validations } from 'aws-cdk-lib/core'
import { AwsSolutionsChecks } from 'cdk-nag'
import type { Environment } from '../shared/domain/deployment/environment.ts'
import { createTagReader } from './constructs/create-tag-reader.ts'
import { createWatching } from './constructs/create-watching.ts'
import { deploymentNames } from './deployment-names.ts'
import { guardedElsewhere } from './guarded-settings.ts'
import { EventForwardingStack, type EventForwardingStackProps } from './stacks/event-forwarding-stack.ts'
import { SsofileStack } from './stacks/ssofile-stack.ts'
import { eventsByOrigin, usageRule } from './wanted-events.ts'

/** The stacks of one environment: the main one first. cdk-nag checks all of them. */
export function buildApp(environment: Environment, props: AppProps = {}): App {
  const app = new App({ analyticsReporting: false, ...props })
  const names = deploymentNames(environment)
  const { name, account, region, managementAccount } = environment
  const main = new SsofileStack(app, name, {
    environment,
    env: { account, region },
    description: 'ssofile: keeps IAM Identity Center equal to the files in an S3 bucket',
  })
  const forward = (from: string, of: Pick<EventForwardingStackProps, 'account' | 'role' | 'busArn' | 'patterns'>) => {
    const description = 'ssofile: sends events of this account and Region to where ssofile runs'
    const env = { account: of.account, region: from }
    const stack = new EventForwardingStack(app, of.role, { environment, names, ...of, env, description })
    stack.addStackDependency(main)
    return stack
  }
  for (const [from, patterns] of eventsByOrigin(environment, names).forwarded) {
    const of = { account: managementAccount, role: names.forwarder(from), busArn: names.busArn, patterns }
    const stack = forward(from, of)
    if (usageRule in patterns && from === region) createWatching(stack, names)
    if (from === names.organizationRegion) createTagReader(stack, environment, names)
  }
  if (region !== names.iamRegion) {
    const patterns = { 'guarded-settings': guardedElsewhere(names) }
    forward(names.iamRegion, { account, role: names.guardRelay, busArn: names.defaultBusArn, patterns })
  }
  Tags.of(app).add('ssofile', name)
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  return app
}
