import type { AssignmentTarget } from '../../../shared/ports/sso-admin.ts'
import type { SimulatedWorld } from '../simulated-world.ts'

/**
 * After a drift check: access that others gave stands in `foreign/`, by the name that its principal has, else its id. Where
 * the ledger has that very name, of a former bearer whose access is held or stuck, the listing of all access has it by name,
 * and the next check after that is gone records it.
 */
export function complainAboutForeign(
  world: SimulatedWorld,
  ownerOf: (target: AssignmentTarget) => 'ours' | 'foreign' | 'either' | undefined,
): string | undefined {
  // What concerns an object that nobody can read is put right when it is restored.
  const isClear = (name: string) => !world.unreadable.concerns(`assignments/${name}`)
  const listed = new Set(world.keys('foreign/').filter((key) => isClear(key.slice('foreign/'.length))))
  for (const target of world.ssoAdmin.assignments()) {
    const name = nameNow(target, world)
    const key = `foreign/${name}`
    if (!isClear(name)) continue
    const owner = ownerOf(target)
    const former = world.readJson(`assignments/${name}`)?.principalId
    const isListed = listed.has(key) || (former !== undefined && former !== target.principalId)
    if (owner === 'foreign' && !isListed) return `${key} does not stand there, although others gave this access`
    if (owner === 'ours' && listed.has(key)) return `${key} stands there, although ssofile gave this access`
    listed.delete(key)
  }
  const [left] = listed
  return left === undefined ? undefined : `${left} stands there, and nobody has that access`
}

function nameNow(
  { accountId, permissionSetArn, principalId, principalType }: AssignmentTarget,
  { names, identityStore }: SimulatedWorld,
): string {
  const known = names.principal(principalId)
  const name = identityStore.idOf(principalType, known) === principalId ? known : principalId
  return `account%${accountId}%${names.permissionSet(permissionSetArn)}%${name}%${principalType}%ssofile`
}
