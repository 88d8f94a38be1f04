import * as z from 'zod'
import { accountId } from '../../shared/domain/account-id.ts'
import { type Parsed, parsed, quote, refused } from '../../shared/domain/complaint.ts'
import { permissionSetArn, principalId } from '../../shared/domain/identity-center-ids.ts'
import type { ImportSource, WantedAssignment } from '../../shared/domain/import-source.ts'
import { principalType } from '../../shared/domain/principal.ts'

/** A resource of any kind; of other kinds than ours nothing is read. */
const resource = z.object({ address: z.string(), mode: z.string(), type: z.string(), values: z.unknown() })
const terraformModule = z.object({
  resources: z.array(resource).default([]),
  get child_modules() {
    return z.array(terraformModule).default([])
  },
})
type TerraformModule = z.infer<typeof terraformModule>
const shown = z.object({
  format_version: z.string(),
  values: z.object({ root_module: terraformModule }).optional(),
})

/** Source: Terraform Registry, provider hashicorp/aws, "Resource: aws_ssoadmin_account_assignment". */
const assignmentValues = z.object({
  permission_set_arn: permissionSetArn,
  principal_id: principalId,
  principal_type: principalType,
  target_id: accountId,
})

/**
 * The account assignments in what `terraform show -json` prints of a state, in all modules.
 * Source: Terraform documentation, "JSON Output Format", State Representation.
 */
export function parseTerraformAssignments(file: string, json: unknown): Parsed<ImportSource> {
  const read = shown.safeParse(json)
  if (!read.success)
    return refused({
      object: file,
      received: 'JSON that is not the output of terraform show -json',
      expected: 'format_version and values.root_module',
      remedy: 'write it again: terraform show -json > FILE (a terraform.tfstate file itself is not read)',
    })
  const assignments: WantedAssignment[] = []
  for (const { address, type, values } of listResources(read.data.values?.root_module)) {
    if (type !== 'aws_ssoadmin_account_assignment') continue
    const known = assignmentValues.safeParse(values)
    if (!known.success)
      return refused({
        object: `${file}, ${quote(address)}`,
        received: `values that are not of an account assignment: ${quote(known.error.issues.map(({ path }) => path.join('.')).join(', '))}`,
        expected: 'permission_set_arn, principal_id, principal_type and target_id',
        remedy: 'apply or refresh it in Terraform, then write the file again',
      })
    const { permission_set_arn: permissionSet, principal_id: principal, ...rest } = known.data
    const ids = { accountId: rest.target_id, type: rest.principal_type }
    assignments.push({ permissionSet, principal, ...ids, place: `${file}, ${address}` })
  }
  return parsed({ assignments, links: [] })
}

function listResources(module: TerraformModule | undefined): TerraformModule['resources'] {
  if (!module) return []
  const managed = module.resources.filter(({ mode }) => mode === 'managed')
  return [...managed, ...module.child_modules.flatMap(listResources)]
}
