import { App, type AppProps, CfnResource, Stack, Tags, Validations } from 'aws-cdk-lib/core'
import { AwsSolutionsChecks } from 'cdk-nag'
import { iamRegion, thingPrefix, watchedRegions } from '../../shared/domain/account-facts/break-glass-names.ts'
import type { BreakGlass } from '../../shared/domain/files/break-glass-file.ts'
import type { Template } from '../../shared/domain/files/policy-document.ts'
import { renderAlarms, renderManagement, renderUsers } from '../../shared/modules/break-glass/rules/render-templates.ts'
import { acknowledge } from '../acknowledge.ts'

/** The stacks in the order of deployment: the alarms, then users, then the roles that trust them. */
export function buildBreakGlassApp(file: BreakGlass, props: AppProps = {}): App {
  const app = new App({ analyticsReporting: false, ...props })
  const stack = (part: string, account: string, region: string, template: Template) => {
    const { Description: description, Resources } = template
    const built = new Stack(app, `${thingPrefix}${file.name}-${part}`, { env: { account, region }, description })
    const made = new Map<string, CfnResource>()
    for (const [id, { Type, Properties, DependsOn = [] }] of Object.entries(Resources)) {
      const resource = new CfnResource(built, id, { type: Type, properties: Properties })
      made.set(id, resource)
      for (const other of DependsOn.flatMap((before) => made.get(before) ?? [])) resource.addResourceDependency(other)
    }
    return built
  }
  const { securityAccount, managementAccount } = file
  const alarms = watchedRegions(file.signInRegions).map((region) =>
    stack(`alarms-${region}`, securityAccount, region, renderAlarms(file, region)),
  )
  const users = stack('users', securityAccount, iamRegion, renderUsers(file))
  const management = stack('management', managementAccount, iamRegion, renderManagement(file))
  for (const one of alarms) users.addStackDependency(one)
  management.addStackDependency(users)
  acknowledge(app, {
    'AwsSolutions-SNS2':
      'A mail is not encrypted either, and EventBridge must reach the topic when KMS does not answer.',
    'AwsSolutions-SMG4': 'A first password ends with the first sign-in; nothing is rotated.',
    'AwsSolutions-IAM4': 'A playbook may name policies that AWS manages; the file says which.',
    'AwsSolutions-IAM5': 'What a playbook may do in an incident is not known by its ARN before.',
  })
  Tags.of(app).add('break-glass', 'true')
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  return app
}
