import { isAdministrator } from '../../../domain/iam-policies/is-administrator.ts'
import { parsePolicyStatements } from '../../../domain/iam-policies/policy-statement.ts'
import type { PermissionSetDefinition } from '../../../domain/permission-sets/permission-set-file.ts'

type Policies = Pick<
  PermissionSetDefinition,
  'managedPolicyArns' | 'customerManagedPolicies' | 'inlinePolicy' | 'permissionsBoundary'
>
const servicesMost = 12

/**
 * What a permission set allows, by its file: an approver need not trust its description. Leaves out resources, conditions and denials,
 * which allow less.
 */
export function sayAllowed(set: Policies): string {
  if (isAdministrator(set)) return 'Everything: people can give themselves every right'
  const managed = set.managedPolicyArns.map((arn) => arn.slice(arn.indexOf('/') + 1))
  const own = set.customerManagedPolicies.map(({ Name }) => Name)
  const told = [
    ...sayInline(set.inlinePolicy),
    ...(managed.length > 0 ? [`AWS’s policies ${managed.join(', ')}`] : []),
    ...(own.length > 0 ? [`policies in the account: ${own.join(', ')}`] : []),
    ...(set.permissionsBoundary ? ['within a permissions boundary'] : []),
  ]
  return told.join('; ') || 'Nothing: its file has no policy'
}

function sayInline(text: string | undefined): readonly string[] {
  const statements = parsePolicyStatements(text)
  if (statements === undefined) return ['an inline policy that ssofile does not understand']
  const allowed = statements.filter(({ effect }) => effect === 'Allow')
  if (allowed.some(({ isInverted }) => isInverted)) return ['all actions but some']
  const actions = allowed.flatMap((statement) => statement.actions)
  const all = new Set(actions.filter((one) => one.endsWith(':*')).map(serviceOf))
  const some = new Set(actions.map(serviceOf).filter((one) => !all.has(one)))
  return [...sayServices('all actions of', all), ...sayServices('some actions of', some)]
}

const serviceOf = (action: string) => (action.includes(':') ? (action.split(':')[0] ?? action) : 'every service')

function sayServices(what: string, services: ReadonlySet<string>): readonly string[] {
  const names = [...services].sort()
  const rest = names.length > servicesMost ? ` and ${names.length - servicesMost} more services` : ''
  return names.length === 0 ? [] : [`${what} ${names.slice(0, servicesMost).join(', ')}${rest}`]
}
