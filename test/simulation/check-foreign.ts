import type { AssignmentTarget } from '../../shared/ports/sso-admin.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** After a drift check: access that others gave stands in `foreign/`, by the name that its principal has, else its id. */
export function complainAboutForeign(
  world: SimulatedWorld,
  ownerOf: (target: AssignmentTarget) => 'ours' | 'foreign' | 'either' | undefined,
): string | undefined {
  const listed = new Set(world.keys('foreign/'))
  for (const target of world.ssoAdmin.assignments()) {
    const key = `foreign/${nameNow(target, world)}`
    const owner = ownerOf(target)
    if (owner === 'foreign' && !listed.has(key)) return `${key} does not stand there, although others gave this access`
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
