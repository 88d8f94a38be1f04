import * as z from 'zod'
import { accountId } from '../../../shared/domain/organization/account-id.ts'
import { permissionSetArn, principalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import { principalType } from '../../../shared/domain/principals/principal.ts'
import { type Parsed, parsed } from '../../../shared/domain/statuses/complaint.ts'
import type { ImportSource } from '../../../shared/domain/take-over/import-source.ts'
import { parseTerraformPermissionSets } from './parse-terraform-permission-sets.ts'
import { parseTerraformResources } from './parse-terraform-resources.ts'
import { parseTerraformValues } from './parse-terraform-values.ts'

/** Source: Terraform Registry, provider hashicorp/aws, "Resource: aws_ssoadmin_account_assignment". */
const assignmentValues = z.object({
  permission_set_arn: permissionSetArn,
  principal_id: principalId,
  principal_type: principalType,
  target_id: accountId,
})

/** The account assignments and permission sets in what `terraform show -json` prints, or in a state file. */
export function parseTerraform(file: string, json: unknown): Parsed<ImportSource> {
  const resources = parseTerraformResources(file, json)
  if (!resources.ok) return resources
  const permissionSets = parseTerraformPermissionSets(file, resources.value)
  if (!permissionSets.ok) return permissionSets
  const type = 'aws_ssoadmin_account_assignment'
  const found = parseTerraformValues(file, resources.value, type, assignmentValues)
  if (!found.ok) return found
  const assignments = found.value.map(({ values, place }) => ({
    accountId: values.target_id,
    permissionSet: values.permission_set_arn,
    principal: values.principal_id,
    type: values.principal_type,
    place,
  }))
  return parsed({ assignments, permissionSets: permissionSets.value, links: [] })
}
