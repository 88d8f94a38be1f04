import type { AssignmentTarget } from '../../../shared/ports/sso-admin.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { nameOf, recordKeyOf } from './assignment-names.ts'

/** After a drift check: access that others gave stands in `foreign/`, by its ids, and nothing else does. */
export function complainAboutForeign(
  world: SimulatedWorld,
  ownerOf: (target: AssignmentTarget) => 'ours' | 'foreign' | 'either' | undefined,
): string | undefined {
  // What concerns an object that nobody can read is put right when it is restored.
  const isClear = (name: string) => !world.unreadable.concerns(`assignments/${name}`)
  const listed = new Set(world.keys('foreign/').filter((key) => isClear(key.slice('foreign/'.length))))
  for (const target of world.ssoAdmin.assignments()) {
    const name = recordKeyOf(nameOf(target), world)
    const key = `foreign/${name}`
    if (!isClear(name)) continue
    const owner = ownerOf(target)
    if (owner === 'foreign' && !listed.has(key)) return `${key} does not stand there, although others gave this access`
    if (owner === 'ours' && listed.has(key)) return `${key} stands there, although ssofile gave this access`
    listed.delete(key)
  }
  const [left] = listed
  return left === undefined ? undefined : `${left} stands there, and nobody has that access`
}
