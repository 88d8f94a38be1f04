import type { Attribute } from '../../domain/attributes/attributes-file.ts'
import type { Admission } from '../../domain/brake/admission.ts'
import type { Credential } from '../../domain/files/retire-file.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { Ports } from '../../ports/ports.ts'
import type { RetiringAccount } from '../../ports/retirer.ts'

type Directory = Pick<Ports, 'identityStore'>
type InstanceAdmin = Pick<Ports, 'ssoAdmin'>

/** Removes a member from a group. Throws ServiceError. */
export function removeMember(_: Admission, membershipId: string, { identityStore }: Directory): Promise<void> {
  return identityStore.deleteGroupMembership(membershipId)
}

/** Nobody can undo this. Throws ServiceError. */
export function deleteUser(_: Admission, user: PrincipalId, { identityStore }: Directory): Promise<void> {
  return identityStore.deleteUser(user)
}

/** Replaces all attributes for access control of the instance. Throws ServiceError. */
export function replaceAttributes(
  _: Admission,
  attributes: readonly Attribute[],
  { ssoAdmin }: InstanceAdmin,
): Promise<void> {
  return ssoAdmin.updateAttributes(attributes)
}

/** Throws ServiceError: NoSuchEntity if the key is gone. */
export function makeKeyInactive(_: Admission, { user, what }: Credential, iam: RetiringAccount): Promise<void> {
  return iam.updateAccessKey(user, what, false)
}

/** Nobody can undo this. Throws ServiceError: NoSuchEntity if it is gone. */
export function deleteCredential(_: Admission, { user, what }: Credential, iam: RetiringAccount): Promise<void> {
  if (what === 'user') return iam.deleteUser(user)
  return what === 'password' ? iam.deletePassword(user) : iam.deleteAccessKey(user, what)
}
