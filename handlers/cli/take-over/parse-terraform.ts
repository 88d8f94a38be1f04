import * as z from 'zod'
import { accountId } from '../../../shared/domain/organization/account-id.ts'
import type {
  CustomerManagedPolicy,
  PermissionsBoundary,
} from '../../../shared/domain/permission-sets/permission-set-file.ts'
import {
  type PermissionSetArn,
  permissionSetArn,
  principalId,
} from '../../../shared/domain/principals/identity-center-ids.ts'
import { principalType } from '../../../shared/domain/principals/principal.ts'
import { type Parsed, parsed, quote, refused } from '../../../shared/domain/statuses/complaint.ts'
import type {
  ImportSource,
  TerraformHolding,
  WantedPermissionSet,
} from '../../../shared/modules/take-over/rules/import-source.ts'
import { parseTerraformResources, type TerraformResource } from './parse-terraform-resources.ts'

/** Source: Terraform Registry, provider hashicorp/aws, "Resource: aws_ssoadmin_account_assignment". */
const assignmentValues = z.object({
  permission_set_arn: permissionSetArn,
  principal_id: principalId,
  principal_type: principalType,
  target_id: accountId,
})

/** The account assignments and permission sets in the output of `terraform show -json`, or in a state file. */
export function parseTerraform(file: string, json: unknown): Parsed<ImportSource> {
  const resources = parseTerraformResources(file, json)
  if (!resources.ok) return resources
  const permissionSets = parseTerraformPermissionSets(file, resources.value)
  if (!permissionSets.ok) return permissionSets
  const found = parseTerraformValues(file, resources.value, 'aws_ssoadmin_account_assignment', assignmentValues)
  if (!found.ok) return found
  // The resource has the same attributes. Source: Terraform Registry, provider hashicorp/awscc, "Resource: awscc_sso_assignment".
  const ofCloudControl = parseTerraformValues(file, resources.value, 'awscc_sso_assignment', assignmentValues)
  if (!ofCloudControl.ok) return ofCloudControl
  const assignments = [...found.value, ...ofCloudControl.value].map(({ values, place }) => ({
    accountId: values.target_id,
    permissionSet: values.permission_set_arn,
    principal: values.principal_id,
    type: values.principal_type,
    place,
  }))
  const types = Map.groupBy(resources.value, ({ type }) => type)
  const others = [...types].flatMap(([type, those]) => (readTypes.has(type) ? [] : `${those.length} ${quote(type)}`))
  const holdings = resources.value.flatMap((one) => toHolding(one) ?? [])
  return parsed({ assignments, permissionSets: permissionSets.value, links: [], holdings, others })
}

const assignmentTypes = new Set(['aws_ssoadmin_account_assignment', 'awscc_sso_assignment'])
/** Each resource of a permission set's part names the set so, also of types that this import does not read. */
const partValues = z.object({ permission_set_arn: permissionSetArn })
const ownValues = z.object({ arn: permissionSetArn })

/** What a resource holds in Identity Center. Absent: nothing of permission sets. */
function toHolding({ type, address, hasDeposed, values }: TerraformResource): TerraformHolding | undefined {
  if (!/^(aws_ssoadmin|awscc_sso)_/.test(type)) return undefined
  if (assignmentTypes.has(type)) {
    const read = assignmentValues.safeParse(values).data
    if (!read) return undefined
    const { target_id: accountId, principal_id: principal, principal_type: principalType } = read
    const assignedTo = { accountId, principalId: principal, principalType }
    return { address, hasDeposed, permissionSetArn: read.permission_set_arn, assignedTo }
  }
  const arn =
    type === 'aws_ssoadmin_permission_set'
      ? ownValues.safeParse(values).data?.arn
      : partValues.safeParse(values).data?.permission_set_arn
  return arn === undefined ? undefined : { address, hasDeposed, permissionSetArn: arn }
}

const readTypes = new Set([
  ...assignmentTypes,
  'awscc_sso_permission_set',
  'aws_ssoadmin_permission_set',
  'aws_ssoadmin_managed_policy_attachments_exclusive',
  'aws_ssoadmin_customer_managed_policy_attachments_exclusive',
  'aws_ssoadmin_managed_policy_attachment',
  'aws_ssoadmin_customer_managed_policy_attachment',
  'aws_ssoadmin_permission_set_inline_policy',
  'aws_ssoadmin_permissions_boundary_attachment',
])

// Source: Terraform Registry, provider hashicorp/aws, "SSO Admin": the resources of these names.
const textOrNone = z
  .string()
  .nullish()
  .transform((text) => text || undefined)
const tags = z.record(z.string(), z.string()).nullish()
const setValues = z.object({
  arn: permissionSetArn,
  name: z.string(),
  description: textOrNone,
  relay_state: textOrNone,
  session_duration: textOrNone,
  tags,
  /** The tags, with the provider's default tags. */
  tags_all: tags,
})
const of = { permission_set_arn: permissionSetArn }
const managedValues = z.object({ ...of, managed_policy_arn: z.string() })
const inlineValues = z.object({ ...of, inline_policy: z.string() })
const reference = z
  .object({ name: z.string(), path: textOrNone })
  .transform(({ name, path }): CustomerManagedPolicy => ({ Name: name, Path: path }))
const customerValues = z.object({ ...of, customer_managed_policy_reference: z.tuple([reference]) })
const allManagedValues = z.object({ ...of, managed_policy_arns: z.array(z.string()).nullish() })
const allCustomerValues = z.object({ ...of, customer_managed_policy_reference: z.array(reference).nullish() })
const boundaryValues = z.object({
  ...of,
  permissions_boundary: z.tuple([
    z.object({
      managed_policy_arn: textOrNone,
      customer_managed_policy_reference: z.array(reference).max(1).nullish(),
    }),
  ]),
})

/**
 * One resource has the whole permission set. Source: Terraform Registry, provider hashicorp/awscc, "Resource: awscc_sso_permission_set".
 */
const wholeSetValues = z.object({
  permission_set_arn: permissionSetArn,
  name: z.string(),
  description: textOrNone,
  relay_state_type: textOrNone,
  session_duration: textOrNone,
  managed_policies: z.array(z.string()).nullish(),
  customer_managed_policy_references: z.array(reference).nullish(),
  inline_policy: textOrNone,
  permissions_boundary: z
    .object({ managed_policy_arn: textOrNone, customer_managed_policy_reference: reference.nullish() })
    .nullish(),
  tags: z.array(z.object({ key: z.string(), value: z.string() })).nullish(),
})

/** Identity Center's own default. (IAM Identity Center API Reference, CreatePermissionSet, SessionDuration.) */
const sessionDurationDefault = 'PT1H'

/** The permission sets of a state, each with the policies that other resources attach to it. */
function parseTerraformPermissionSets(
  file: string,
  resources: readonly TerraformResource[],
): Parsed<readonly WantedPermissionSet[]> {
  const list = <T>(type: string, schema: z.ZodType<T>) =>
    parseTerraformValues(file, resources, `aws_ssoadmin_${type}`, schema)
  const sets = list('permission_set', setValues)
  if (!sets.ok) return sets
  const managed = list('managed_policy_attachment', managedValues)
  if (!managed.ok) return managed
  const customer = list('customer_managed_policy_attachment', customerValues)
  if (!customer.ok) return customer
  const allManaged = list('managed_policy_attachments_exclusive', allManagedValues)
  if (!allManaged.ok) return allManaged
  const allCustomer = list('customer_managed_policy_attachments_exclusive', allCustomerValues)
  if (!allCustomer.ok) return allCustomer
  const inline = list('permission_set_inline_policy', inlineValues)
  if (!inline.ok) return inline
  const boundaries = list('permissions_boundary_attachment', boundaryValues)
  if (!boundaries.ok) return boundaries
  const whole = parseTerraformValues(file, resources, 'awscc_sso_permission_set', wholeSetValues)
  if (!whole.ok) return whole
  return parsed([
    ...whole.value.map(toWholeSet),
    ...sets.value.map(({ values, place }) => {
      const ofSet = isOf(values.arn)
      const inlinePolicy = inline.value.find(ofSet)?.values.inline_policy
      const boundary = boundaries.value.find(ofSet)?.values.permissions_boundary[0]
      return {
        name: values.name,
        arn: values.arn,
        place,
        definition: {
          description: values.description,
          relayState: values.relay_state,
          sessionDuration: values.session_duration ?? sessionDurationDefault,
          tags: Object.entries(values.tags_all ?? values.tags ?? {}).map(([Key, Value]) => ({ Key, Value })),
          managedPolicyArns: [
            ...managed.value.filter(ofSet).map((one) => one.values.managed_policy_arn),
            ...allManaged.value.filter(ofSet).flatMap((one) => one.values.managed_policy_arns ?? []),
          ],
          customerManagedPolicies: [
            ...customer.value.filter(ofSet).map((one) => one.values.customer_managed_policy_reference[0]),
            ...allCustomer.value.filter(ofSet).flatMap((one) => one.values.customer_managed_policy_reference ?? []),
          ],
          inlinePolicy,
          permissionsBoundary: boundary && boundaryOf(boundary),
        },
      }
    }),
  ])
}

function toWholeSet({
  values,
  place,
}: {
  readonly values: z.infer<typeof wholeSetValues>
  readonly place: string
}): WantedPermissionSet {
  const { permissions_boundary: boundary } = values
  const own = boundary?.customer_managed_policy_reference
  return {
    name: values.name,
    arn: values.permission_set_arn,
    place,
    definition: {
      description: values.description,
      relayState: values.relay_state_type,
      sessionDuration: values.session_duration ?? sessionDurationDefault,
      tags: (values.tags ?? []).map(({ key: Key, value: Value }) => ({ Key, Value })),
      managedPolicyArns: values.managed_policies ?? [],
      customerManagedPolicies: values.customer_managed_policy_references ?? [],
      inlinePolicy: values.inline_policy,
      permissionsBoundary: boundary
        ? boundaryOf({ ...boundary, customer_managed_policy_reference: own ? [own] : [] })
        : undefined,
    },
  }
}

const isOf =
  (arn: PermissionSetArn) =>
  ({ values }: { readonly values: { readonly permission_set_arn: PermissionSetArn } }) =>
    values.permission_set_arn === arn

type Boundary = z.infer<typeof boundaryValues>['permissions_boundary'][0]

function boundaryOf({ managed_policy_arn: arn, customer_managed_policy_reference: own }: Boundary) {
  const [policy] = own ?? []
  const boundary: PermissionsBoundary | undefined =
    policy !== undefined
      ? { CustomerManagedPolicyReference: policy }
      : arn === undefined
        ? undefined
        : { ManagedPolicyArn: arn }
  return boundary
}

/** The attributes of all resources of one type, and the place of each in the file. */
function parseTerraformValues<T>(
  file: string,
  resources: readonly TerraformResource[],
  type: string,
  schema: z.ZodType<T>,
): Parsed<readonly { readonly values: T; readonly place: string }[]> {
  const found: { values: T; place: string }[] = []
  for (const { address, values } of resources.filter((one) => one.type === type)) {
    const read = schema.safeParse(values)
    if (!read.success) {
      const paths = [...new Set(read.error.issues.map(({ path }) => path.join('.')))]
      return refused({
        object: `${file}, ${quote(address)}`,
        received: `values that do not describe ${type}: ${quote(paths.join(', '))}`,
        expected: 'the attributes that the AWS provider writes',
        remedy: 'apply or refresh it in Terraform, then write the file again',
      })
    }
    found.push({ values: read.data, place: `${file}, ${address}` })
  }
  return parsed(found)
}
