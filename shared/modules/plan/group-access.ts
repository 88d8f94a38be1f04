import type { AssignmentKey } from '../../domain/assignments/assignment.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { listKnown } from '../../reconcile/records/foreign-assignments.ts'
import type { PlannedGrant, PlannedRevocation } from './planned-access.ts'

/** The access of everyone in a group. */
export type GroupAccess = { readonly permissionSet: PermissionSetName; readonly accounts: readonly AccountId[] }

type Planned = { readonly grants: readonly PlannedGrant[]; readonly revocations: readonly PlannedRevocation[] }
type Now = ReadonlyMap<PrincipalId, readonly (SetInAccount & { readonly key: AssignmentKey })[]>
type SetInAccount = { readonly permissionSet: PermissionSetName; readonly accountId: AccountId }

/** The access of groups before and after a plan, including waiting grants. Lists each source once. */
export class GroupAccesses {
  readonly #now: Now
  readonly #coming: ReadonlyMap<PrincipalName, readonly SetInAccount[]>
  readonly #going: ReadonlySet<AssignmentKey>

  private constructor(now: Now, { grants, revocations }: Planned) {
    this.#now = now
    this.#going = new Set(revocations.map(({ key }) => key))
    const ofGroups = grants.flatMap(({ assignment }) => (assignment.type === 'GROUP' ? [assignment] : []))
    this.#coming = Map.groupBy(ofGroups, ({ principal }) => principal)
  }

  static async read(objects: ObjectStore, planned: Planned): Promise<GroupAccesses> {
    const now = new Map<PrincipalId, (SetInAccount & { readonly key: AssignmentKey })[]>()
    for await (const { key, assignment } of listKnown(objects)) {
      const { type, principalId, permissionSet, accountId } = assignment
      if (type !== 'GROUP') continue
      const known = now.get(principalId) ?? []
      known.push({ key, permissionSet, accountId })
      now.set(principalId, known)
    }
    return new GroupAccesses(now, planned)
  }

  /** `undefined`: the group does not exist yet. */
  before(id: PrincipalId | undefined): readonly GroupAccess[] {
    return joinPlaces(this.#placesOf(id))
  }

  after(id: PrincipalId | undefined, name: PrincipalName): readonly GroupAccess[] {
    const staying = this.#placesOf(id).filter(({ key }) => !this.#going.has(key))
    return joinPlaces([...staying, ...(this.#coming.get(name) ?? [])])
  }

  #placesOf(id: PrincipalId | undefined) {
    return (id && this.#now.get(id)) ?? []
  }
}

function joinPlaces(places: readonly SetInAccount[]): readonly GroupAccess[] {
  const bySet = Map.groupBy(places, ({ permissionSet }) => permissionSet)
  return [...bySet]
    .map(([permissionSet, all]) => ({ permissionSet, accounts: [...new Set(all.map((one) => one.accountId))].sort() }))
    .sort((a, b) => (a.permissionSet < b.permissionSet ? -1 : 1))
}
