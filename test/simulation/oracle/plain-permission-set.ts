import type { SimulatedWorld } from '../simulated-world.ts'
import { policyBesideDenials } from './sessions.ts'

/** Only what the simulation uploads; the product's rules of a file are many more. */
export type PlainFile = {
  readonly sessionDurationInMinutes?: number
  readonly tags?: readonly { readonly Key: string; readonly Value: string }[]
  readonly managedPoliciesArnList?: readonly string[]
  readonly customerManagedPoliciesList?: readonly { readonly Name: string }[]
  readonly inlinePolicyDocument?: object
  readonly permissionsBoundary?: object
}

/** `undefined`: it is not valid. */
export function parsePlainFile(body: string): PlainFile | undefined {
  try {
    const file: PlainFile = JSON.parse(body)
    return file.sessionDurationInMinutes === 5 ? undefined : file
  } catch {
    return undefined
  }
}

/** What makes a permission set, of a file and of Identity Center in the same words. */
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
