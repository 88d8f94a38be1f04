import pLimit from 'p-limit'
import { desiredState } from '../../domain/assignments/plan.ts'
import type { OrganizationView } from '../../domain/organization/organization-view.ts'
import type { Scoping } from '../../domain/scopes/expand-scope.ts'
import { type Complaint, quote } from '../../domain/statuses/complaint.ts'
import type { ImportSource, WantedAssignment } from '../../domain/take-over/import-source.ts'
import type { AssignmentTarget } from '../../ports/sso-admin.ts'
import type { PrincipalIndex } from '../directory/principal-index.ts'
import type { ExistingAssignments } from './list-existing.ts'

const readAtOnce = 16

/** What a file of another tool names; its links stand for what they would grant now. */
export function listWanted(
  { assignments, links }: Pick<ImportSource, 'assignments' | 'links'>,
  view: OrganizationView,
  scoping: Scoping,
): readonly WantedAssignment[] {
  const expanded = [...desiredState(links, view, scoping).values()].flatMap(({ grant, accounts }) =>
    [...accounts].map((accountId) => ({ accountId, ...grant, place: 'the links of the file' })),
  )
  return [...assignments, ...expanded]
}

/** Those of the listed assignments that are wanted. What is wanted and not listed is told: an import grants nothing. */
export async function keepWanted(
  existing: ExistingAssignments,
  wanted: readonly WantedAssignment[],
  principals: PrincipalIndex,
): Promise<ExistingAssignments> {
  const missing = new Map(wanted.map((one) => [nameOf(one), one]))
  const names = new Set(missing.keys())
  const kept: AssignmentTarget[] = []
  await pLimit(readAtOnce).map(existing.rows, async (row) => {
    const { accountId, permissionSetArn, principalId, principalType: type } = row
    const principal = await principals.nameOf(type, principalId, Number.NEGATIVE_INFINITY)
    const sets = [permissionSetArn, existing.permissionSetNames.get(permissionSetArn) ?? permissionSetArn]
    const found = sets
      .flatMap((permissionSet) =>
        [principalId, principal ?? principalId].map((one) =>
          nameOf({ accountId, permissionSet, principal: one, type }),
        ),
      )
      .filter((name) => names.has(name))
    for (const name of found) missing.delete(name)
    if (found.length > 0) kept.push(row)
  })
  const instances = new Set([...existing.permissionSetNames.keys()].map(instanceOf))
  const complaints = [...missing.values()].map((one) => complainOfMissing(one, instances))
  return { ...existing, rows: kept, unknown: [...existing.unknown, ...complaints] }
}

/** The id of the instance in the ARN of a permission set; of a name `undefined`. */
function instanceOf(permissionSet: string): string | undefined {
  return permissionSet.startsWith('arn:') ? permissionSet.split('/')[1] : undefined
}

function complainOfMissing(
  { place, ...wanted }: WantedAssignment,
  instances: ReadonlySet<string | undefined>,
): Complaint {
  const object = `${nameOf(wanted)} (${quote(place)})`
  const instance = instanceOf(wanted.permissionSet)
  if (instance !== undefined && instances.size > 0 && !instances.has(instance))
    return {
      object,
      received: `access of another instance of IAM Identity Center, ${quote(instance)}`,
      expected: 'access of the instance that this bucket belongs to',
      remedy: "import it into that instance's bucket",
    }
  return {
    object,
    received: 'access that Identity Center does not have',
    expected: 'access that is there: an import grants nothing',
    remedy: 'grant it by a link, or take it out of the file',
  }
}

function nameOf({ accountId, permissionSet, principal, type }: Omit<WantedAssignment, 'place'>): string {
  return `account%${accountId}%${permissionSet}%${principal}%${type}`
}
