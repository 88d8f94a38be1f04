import { parseAssignmentName } from '../../domain/assignments/assignment.ts'
import { allowsEverything } from '../../domain/iam-policies/allows-everything.ts'
import type { AdministratorReach } from '../../domain/notifications/notification.ts'
import { permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { readPermissionSetFile } from '../records/read-permission-set-file.ts'
import type { Change } from '../records/tell-event.ts'

/** In which accounts each permission set was granted, by day. */
export class GrantedAccounts {
  readonly #days = new Map<string, Map<PermissionSetName, Set<string>>>()

  add({ event, at, name }: Change): void {
    const assignment = event === 'granted' ? parseAssignmentName(name) : undefined
    if (assignment === undefined) return
    const { accountId, permissionSet } = assignment
    const day = this.#days.get(at.slice(0, 10)) ?? new Map<PermissionSetName, Set<string>>()
    this.#days.set(at.slice(0, 10), day)
    const accounts = day.get(permissionSet) ?? new Set()
    day.set(permissionSet, accounts.add(accountId))
  }

  /** Days on which administrators were given more than so many accounts. Files are read only where that is possible at all. */
  async findReach(
    objects: ObjectStore,
    most: number,
    isTold: (date: string) => boolean,
  ): Promise<readonly Pick<AdministratorReach, 'date' | 'accounts' | 'most' | 'permissionSets'>[]> {
    const found = []
    for (const [date, sets] of [...this.#days].filter(([day]) => !isTold(day)).sort()) {
      if (join(sets.values()).size <= most) continue
      const permissionSets: PermissionSetName[] = []
      for (const name of [...sets.keys()].sort()) if (await isAdministrator(objects, name)) permissionSets.push(name)
      const accounts = join(permissionSets.map((name) => sets.get(name) ?? new Set<string>())).size
      if (accounts > most) found.push({ date, accounts, most, permissionSets })
    }
    return found
  }
}

function join(sets: Iterable<ReadonlySet<string>>): ReadonlySet<string> {
  let all: ReadonlySet<string> = new Set()
  for (const one of sets) all = all.union(one)
  return all
}

/** Identity Center is not asked here: of a permission set without a file the name tells, as on the page of access. */
async function isAdministrator(objects: ObjectStore, name: PermissionSetName): Promise<boolean> {
  const file = (await readPermissionSetFile(objects, permissionSetKey(name)))?.file
  return file === undefined ? /admin/i.test(name) : file.ok && allowsEverything(file.value)
}
