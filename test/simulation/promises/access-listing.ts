import { renderNameInKey } from '../../../shared/domain/links/name-in-key.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { nameOf, recordKeyOf } from './assignment-names.ts'

/**
 * After a drift check and a sweep: `access/` lists the access there is, by the present names, and nothing else. Of who is gone,
 * it may have any name: the ledger knows the last one that somebody told it.
 */
export function complainAboutAccess(world: SimulatedWorld): string | undefined {
  const foreign = new Set(world.keys('foreign/'))
  const listed = new Set(world.keys('access/'))
  const right = new Set<string>()
  const gone: string[] = []
  for (const target of world.ssoAdmin.assignments()) {
    const record = recordKeyOf(nameOf(target), world)
    const place = `access/${record.split('%').slice(0, 3).join('%')}%`
    const name = world.identityStore.nameOf(target.principalType, target.principalId)
    if (name === undefined) {
      gone.push(place)
      continue
    }
    const givers = foreign.has(`foreign/${record}`) ? ['foreign'] : ['ours', 'temporary']
    const keys = givers.map((giver) => `${place}${renderNameInKey(name)}%${target.principalType}%${giver}`)
    if (keys.filter((key) => listed.has(key)).length !== 1)
      return `access/ does not list ${record} just once, as ${keys.join(' or ')}`
    for (const key of keys) right.add(key)
  }
  const isOfGone = (key: string) => gone.some((place) => key.startsWith(place))
  for (const place of gone) {
    if (![...listed].some((key) => key.startsWith(place)))
      return `access/ lists none of ${place}, whose principal is gone`
  }
  const left = [...listed].find((key) => !right.has(key) && !isOfGone(key))
  return left === undefined ? undefined : `${left} stands there, and nobody has that access`
}
