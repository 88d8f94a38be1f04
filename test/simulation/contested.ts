import type { SimulatedWorld } from './simulated-world.ts'

type Reading = Pick<SimulatedWorld, 'readJson' | 'keys'>

/** Others took this access away more often than it is given again within an hour: it is left to a person. */
export function isContestedAccess(ledgerKey: string, world: Reading): boolean {
  const { missingSince, removals } = world.readJson(ledgerKey) ?? {}
  return missingSince !== undefined && Array.isArray(removals) && removals.length > 3
}

/** The same of access that this link grants: its status says that it failed. */
export function isContestedLink(link: string, world: Reading): boolean {
  return world
    .keys('assignments/')
    .some((key) => isContestedAccess(key, world) && JSON.stringify(world.readJson(key)?.links).includes(link))
}

/** Others changed this permission set more often than it is restored within an hour. */
export function isContestedSet(name: string, world: Reading): boolean {
  return JSON.stringify(world.readJson(`owned_permission_sets/${name}`)?.drift ?? {}).includes('"isContested":true')
}
