import type { SimulatedWorld } from '../simulated-world.ts'
import { policyBesideDenials } from './sessions.ts'

/** Only the fields that the simulation uploads. The product has many more rules. */
export type PlainFile = {
  readonly sessionDurationInMinutes?: number
  readonly tags?: readonly { readonly Key: string; readonly Value: string }[]
  readonly managedPoliciesArnList?: readonly string[]
  readonly customerManagedPoliciesList?: readonly { readonly Name: string }[]
  readonly inlinePolicyDocument?: object
  readonly permissionsBoundary?: object
}

/** `undefined`: invalid. */
export function parsePlainFile(key: string, body = ''): PlainFile | undefined {
  try {
    const { permissionSetName, ...file }: PlainFile & { readonly permissionSetName?: string } = JSON.parse(body)
    const isNamed = key === `permission_sets/${permissionSetName}.json`
    return file.sessionDurationInMinutes === 5 || !isNamed ? undefined : file
  } catch {
    return undefined
  }
}

/** A permission set, in the same form from a file and from Identity Center. */
export type PlainPermissionSet = ReturnType<typeof asDefined>

export function asDefined(file: PlainFile) {
  return {
    session: `PT${(file.sessionDurationInMinutes ?? 60) / 60}H`,
    tags: file.tags ?? [],
    managed: file.managedPoliciesArnList ?? [],
    customer: (file.customerManagedPoliciesList ?? []).map(({ Name }) => Name),
    inline: file.inlinePolicyDocument,
    boundary: file.permissionsBoundary,
  }
}

export function plainOf(
  actual: NonNullable<ReturnType<SimulatedWorld['ssoAdmin']['definitionNow']>>,
): PlainPermissionSet {
  return {
    session: actual.sessionDuration,
    tags: actual.tags,
    managed: actual.managedPolicyArns,
    customer: actual.customerManagedPolicies.map(({ Name }) => Name),
    inline: policyBesideDenials(actual.inlinePolicy),
    boundary: actual.permissionsBoundary,
  }
}
