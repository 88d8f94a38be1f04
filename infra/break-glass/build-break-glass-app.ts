import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include'
import { App, type AppProps, Stack, Tags, Validations } from 'aws-cdk-lib/core'
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
    include(built, { Resources })
    return built
  }
  const { securityAccount, managementAccount } = file
  const alarms = watchedRegions(file.signInRegions).map((region) =>
    stack(`alarms-${region}`, securityAccount, region, renderAlarms(file, region)),
  )
  const usersTemplate = renderUsers(file)
  const users = stack('users', securityAccount, iamRegion, usersTemplate)
  const management = stack('management', managementAccount, iamRegion, renderManagement(file))
  acknowledgeIam(users, usersTemplate, 'Responders have own devices, and roles in accounts that come later.')
  acknowledgeIam(management, file.playbooks, 'The file says what a playbook may do in an incident.')
  for (const one of alarms) users.addStackDependency(one)
  management.addStackDependency(users)
  acknowledge(app, {
    'AwsSolutions-SMG4': 'A first password ends with the first sign-in; nothing is rotated.',
  })
  // Resources get it from their stack.
  Tags.of(app).add('break-glass', 'true', { includeResourceTypes: ['aws:cdk:stack'] })
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  return app
}

/** Adds the resources with the CDK's own types, because cdk-nag judges no others. The CDK reads a template only from a file. */
function include(stack: Stack, template: object): void {
  const folder = mkdtempSync(join(tmpdir(), 'ssofile-break-glass-'))
  try {
    const templateFile = join(folder, 'template.json')
    writeFileSync(templateFile, JSON.stringify(template))
    new CfnInclude(stack, 'Template', { templateFile })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function acknowledgeIam(stack: Stack, of: object, reason: string): void {
  const ids = listTexts(of).flatMap(findingsOfIam)
  acknowledge(stack, Object.fromEntries(ids.map((id) => [id, reason])))
}

function listTexts(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(listTexts) : []
}

/** The ids of cdk-nag's findings about this text: a policy that AWS manages, or a wildcard in an action or a resource. */
function findingsOfIam(text: string): readonly string[] {
  if (text.includes(':iam::aws:policy/')) return [`AwsSolutions-IAM4[Policy::${text}]`]
  return text.includes('*') ? [`AwsSolutions-IAM5[Action::${text}]`, `AwsSolutions-IAM5[Resource::${text}]`] : []
}
