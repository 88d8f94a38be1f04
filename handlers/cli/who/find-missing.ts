import type { Configuration } from '../../../shared/domain/deployment/configuration.ts'
import { permissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import { nounOf } from '../../../shared/domain/principals/principal.ts'
import { noteMissingPermissionSet } from '../../../shared/modules/access/explain-access.ts'
import { findSubject } from '../../../shared/modules/access/find-subject.ts'
import { readSparingly } from '../../../shared/modules/access/listed-access.ts'
import type { WhoQuestion } from '../../../shared/modules/access/who-has-access.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { patientIdentityStore } from '../../../shared/reconcile/calls/patient-identity-store.ts'
import { People } from '../../../shared/reconcile/directory/people.ts'
import { PermissionSetIndex } from '../../../shared/reconcile/directory/permission-set-index.ts'
import { OrganizationCache } from '../../../shared/reconcile/organization/organization-cache.ts'

/** If an answer is empty, perhaps the account or the permission set of the question does not exist. A sentence that says so. */
export async function findMissing(
  { account, permissionSet }: Pick<WhoQuestion, 'account' | 'permissionSet'>,
  ports: Ports,
  { folders }: Configuration,
): Promise<string | undefined> {
  const { accounts, readAt } = await new OrganizationCache(ports, folders).view()
  if (account !== undefined && !accounts.some(({ id }) => id === account))
    return `there is no account ${account} in the organization, read at ${readAt}`
  const name = permissionSetName.safeParse(permissionSet).data
  if (name === undefined) return undefined
  const { ssoAdmin } = readSparingly(ports)
  return noteMissingPermissionSet(name, { ...ports, index: new PermissionSetIndex({ ...ports, ssoAdmin }) })
}

/** The same for the user or group of a question. */
export async function findMissingSubject(
  asked: Pick<WhoQuestion, 'user' | 'group'>,
  ports: Ports,
  configuration: Configuration,
): Promise<string | undefined> {
  const notes: string[] = []
  const people = new People(patientIdentityStore(ports))
  for (const [type, name] of [
    ['USER', asked.user],
    ['GROUP', asked.group],
  ] as const) {
    if (name === undefined) continue
    const one = type === 'USER' ? { user: name } : { group: name }
    const { principals } = await findSubject(one, { ports, people, configuration, notes })
    if (principals === undefined) return notes[0] ?? `there is no ${nounOf(type)} '${name}'`
  }
  return undefined
}
