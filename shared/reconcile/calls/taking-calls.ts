import type { Admission } from '../../domain/brake/admission.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { Ports } from '../../ports/ports.ts'

type Directory = Pick<Ports, 'identityStore'>

/** Takes somebody out of a group. Throws ServiceError. */
export function removeMember(_: Admission, membershipId: string, { identityStore }: Directory): Promise<void> {
  return identityStore.deleteGroupMembership(membershipId)
}

/** Nobody can take this back. Throws ServiceError. */
export function deleteUser(_: Admission, user: PrincipalId, { identityStore }: Directory): Promise<void> {
  return identityStore.deleteUser(user)
}
