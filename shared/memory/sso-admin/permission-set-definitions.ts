import { findExcess } from '../../domain/iam-policies/inline-policy.ts'
import { judgeManagedPolicy } from '../../domain/iam-policies/judge-managed-policy.ts'
import { policyFaults } from '../../domain/iam-policies/policy-faults.ts'
import { isJsonObject } from '../../domain/json/json-faults.ts'
import { renderJsonPath } from '../../domain/json/json-path.ts'
import type { JsonObject, JsonValue } from '../../domain/json/strict-json.ts'
import { otherPartitionFaults, partitionOfArn } from '../../domain/permission-sets/other-partition.ts'
import type {
  CustomerManagedPolicy,
  PermissionsBoundary,
  Tag,
} from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import type { NewPermissionSet, PermissionSetAttributes } from '../../ports/sso-admin.ts'
import { NamedTable } from '../named-table.ts'
import { conflict, invalid, noBoundary, noSuchPermissionSet, notFound, overQuota } from './sso-admin-refusals.ts'

export type PermissionSetDefinition = PermissionSetAttributes & {
  readonly tags: readonly Tag[]
  readonly managedPolicyArns: readonly string[]
  readonly customerManagedPolicies: readonly Required<CustomerManagedPolicy>[]
  readonly inlinePolicy?: string | undefined
  readonly permissionsBoundary?: PermissionsBoundary | undefined
  /** Rises with every change that accounts must be provisioned with. */
  readonly version: number
}

/** The fields of UpdatePermissionSet; the name of a permission set is immutable. */
export type PermissionSetUpdate = {
  readonly description?: string | undefined
  readonly sessionDuration?: string | undefined
  readonly relayState?: string | undefined
}

// Source: IAM Identity Center User Guide, "Quotas and limits in IAM Identity Center".
export const permissionSetsMost = 3500
const policiesMost = 25
const tagsMost = 50

/** The definitions of an instance's permission sets, without the accounts that have them. */
export class PermissionSetDefinitions extends NamedTable<PermissionSetDefinition, PermissionSetArn> {
  constructor(table: Map<string, PermissionSetDefinition>) {
    super(
      table,
      ({ arn }) => arn,
      ({ name }) => [name],
      noSuchPermissionSet,
    )
  }

  /** Ascending by ARN. */
  arns(): readonly PermissionSetArn[] {
    return this.ids().flatMap((arn) => this.find(arn)?.arn ?? [])
  }

  create(arn: PermissionSetArn, permissionSet: NewPermissionSet, createdAt: Date): void {
    if (this.idOf(permissionSet.name) !== undefined)
      throw conflict(`PermissionSet with name ${permissionSet.name} already exists.`)
    if (this.size >= permissionSetsMost)
      throw overQuota(`You have exceeded the limit of ${permissionSetsMost} permission sets.`)
    checkTags(permissionSet.tags)
    this.put({
      ...permissionSet,
      arn,
      createdAt,
      managedPolicyArns: [],
      customerManagedPolicies: [],
      version: 1,
    })
  }

  /**
   * An omitted relay state is cleared; an omitted description or session duration is kept.
   * (Terraform AWS provider, which works around it; the API Reference is silent.)
   */
  update(arn: PermissionSetArn, { description, sessionDuration, relayState }: PermissionSetUpdate): void {
    const { relayState: _cleared, ...kept } = this.get(arn)
    this.put({
      ...kept,
      ...(description === undefined ? {} : { description }),
      ...(sessionDuration === undefined ? {} : { sessionDuration }),
      ...(relayState === undefined ? {} : { relayState }),
      version: kept.version + 1,
    })
  }

  attachManagedPolicy(arn: PermissionSetArn, policyArn: string): void {
    const definition = this.get(arn)
    if (definition.managedPolicyArns.includes(policyArn))
      throw conflict(`Policy with arn ${policyArn} is already attached to PermissionSet.`)
    checkManagedPolicy(policyArn, arn)
    checkPolicyCount(definition)
    this.#change(definition, { managedPolicyArns: [...definition.managedPolicyArns, policyArn].sort() })
  }

  detachManagedPolicy(arn: PermissionSetArn, policyArn: string): void {
    const definition = this.get(arn)
    if (!definition.managedPolicyArns.includes(policyArn))
      throw notFound(`Policy with arn ${policyArn} is not attached to PermissionSet.`)
    this.#change(definition, { managedPolicyArns: definition.managedPolicyArns.filter((one) => one !== policyArn) })
  }

  attachCustomerManagedPolicy(arn: PermissionSetArn, { Name, Path = '/' }: CustomerManagedPolicy): void {
    const definition = this.get(arn)
    const before = definition.customerManagedPolicies
    // IAM's policy names are unique in an account whatever their path, so one name cannot be referenced twice.
    if (before.some((policy) => policy.Name === Name))
      throw conflict(`Customer managed policy with name ${Name} is already attached to PermissionSet.`)
    checkPolicyCount(definition)
    const customerManagedPolicies = [...before, { Name, Path }].sort((a, b) => (a.Name < b.Name ? -1 : 1))
    this.#change(definition, { customerManagedPolicies })
  }

  detachCustomerManagedPolicy(arn: PermissionSetArn, { Name, Path = '/' }: CustomerManagedPolicy): void {
    const definition = this.get(arn)
    const before = definition.customerManagedPolicies
    const customerManagedPolicies = before.filter((policy) => policy.Name !== Name || policy.Path !== Path)
    if (customerManagedPolicies.length === before.length)
      throw notFound(`Customer managed policy with name ${Name} is not attached to PermissionSet.`)
    this.#change(definition, { customerManagedPolicies })
  }

  putInlinePolicy(arn: PermissionSetArn, inlinePolicy: string): void {
    const definition = this.get(arn)
    const document = parseJsonObject(inlinePolicy)
    if (document === undefined) throw invalid('The policy document is malformed: it is not a JSON object.')
    const elsewhere = otherPartitionFaults({ managedPolicyArns: [], inlinePolicy }, partitionOfArn(arn))
    const [fault] = [...policyFaults(document, []), ...elsewhere]
    if (fault !== undefined)
      throw invalid(`Invalid PermissionsPolicy Document: ${fault.received} at ${renderJsonPath(fault.path)}`)
    const excess = findExcess(inlinePolicy)
    if (excess !== undefined) throw overQuota(`Inline policy exceeds the limit: ${excess}.`)
    this.#change(definition, { inlinePolicy })
  }

  deleteInlinePolicy(arn: PermissionSetArn): void {
    const definition = this.get(arn)
    if (definition.inlinePolicy !== undefined) this.#change(definition, { inlinePolicy: undefined })
  }

  putPermissionsBoundary(arn: PermissionSetArn, permissionsBoundary: PermissionsBoundary): void {
    const definition = this.get(arn)
    if ('ManagedPolicyArn' in permissionsBoundary) checkManagedPolicy(permissionsBoundary.ManagedPolicyArn, arn)
    this.#change(definition, { permissionsBoundary })
  }

  deletePermissionsBoundary(arn: PermissionSetArn): void {
    const definition = this.get(arn)
    if (definition.permissionsBoundary === undefined) throw noBoundary()
    this.#change(definition, { permissionsBoundary: undefined })
  }

  tag(arn: PermissionSetArn, tags: readonly Tag[]): void {
    const definition = this.get(arn)
    refuseReservedKeys(tags.map(({ Key }) => Key))
    const others = definition.tags.filter(({ Key }) => !tags.some((tag) => tag.Key === Key))
    checkTags([...others, ...tags])
    this.put({ ...definition, tags: [...others, ...tags] })
  }

  untag(arn: PermissionSetArn, keys: readonly string[]): void {
    const definition = this.get(arn)
    refuseReservedKeys(keys)
    this.put({ ...definition, tags: definition.tags.filter(({ Key }) => !keys.includes(Key)) })
  }

  #change(definition: PermissionSetDefinition, change: Partial<PermissionSetDefinition>): void {
    this.put({ ...definition, ...change, version: definition.version + 1 })
  }
}

function checkPolicyCount({ managedPolicyArns, customerManagedPolicies }: PermissionSetDefinition): void {
  if (managedPolicyArns.length + customerManagedPolicies.length < policiesMost) return
  throw overQuota(`You have exceeded the limit of ${policiesMost} policies for a permission set.`)
}

/** "The aws: prefix is reserved for AWS use. You can't edit or delete tag keys with this prefix." (AWS General Reference, "Tagging".) */
export function refuseReservedKeys(keys: readonly string[]): void {
  const reserved = keys.find((key) => /^aws:/i.test(key))
  if (reserved !== undefined) throw invalid(`Tag keys that begin with aws: are reserved for AWS use: ${reserved}`)
}

function checkTags(tags: readonly Tag[]): void {
  if (tags.length > tagsMost) throw overQuota(`You have exceeded the limit of ${tagsMost} tags for a resource.`)
  if (new Set(tags.map(({ Key }) => Key)).size < tags.length) throw invalid('Duplicate tag keys are not allowed.')
}

/** Accepts a name that only a newer list has. Nobody has seen AWS's exact answer; ssofile treats either code as a refusal. */
function checkManagedPolicy(arn: string, permissionSet: PermissionSetArn): void {
  const isElsewhere = partitionOfArn(arn) !== partitionOfArn(permissionSet)
  if (isElsewhere || judgeManagedPolicy(arn).verdict === 'misspelt')
    throw notFound(`Managed policy with arn ${arn} does not exist.`)
}

function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value: JsonValue = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
