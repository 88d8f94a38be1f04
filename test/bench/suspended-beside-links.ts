import { principalName } from '../../shared/domain/principals/principal.ts'
import { suspensionKey } from '../../shared/domain/suspensions/suspension.ts'
import { OrganizationCache } from '../../shared/reconcile/organization/organization-cache.ts'
import { accountOf, CeilingWorld, linkOf, openBrake, unitOfAll } from './ceiling-world.ts'
import { putInForce } from './put-in-force.ts'

const name = principalName.parse('user@bench.example')
/** By then the revocations of the links have filled their lanes. */
const beforeMs = 20_000

export type DeletedLinks = {
  readonly links: number
  readonly accounts: number
  /** In how many of the accounts the suspended person has access. */
  readonly own: number
}

/** How long a suspended person keeps access, in milliseconds, while others deleted many links of these accounts. */
export async function measureSuspensionBesideLinks({ links, accounts, own }: DeletedLinks): Promise<number> {
  const world = CeilingWorld.open({ accounts, sets: links + 1 }, { configuration: openBrake })
  await world.look()
  await world.finish(new OrganizationCache(world.ports, []).rebuild())
  await world.identityStore.createUser({ userName: name })
  const numbers = Array.from({ length: accounts }, (_, number) => number)
  const deleted = Array.from({ length: links }, (_, set) => linkOf(`ou_id%${unitOfAll}`, set, set % 100))
  for (const link of deleted) await putInForce(world, link, numbers)
  for (const number of numbers.slice(0, own))
    await putInForce(world, `links_data/account%${accountOf(number)}%Set-${links}%${name}%USER%ssofile`, [number])
  // The settling time of everything is over.
  await world.clock.advance(2 * 60 * 60_000)
  world.work()
  for (const link of deleted) await world.objects.delete(link)
  await world.clock.advance(beforeMs)
  const beganMs = world.clock.monotonicMs()
  await world.objects.put(suspensionKey(name), '')
  const hasAccess = () => world.ssoAdmin.assignments().some(({ principalType }) => principalType === 'USER')
  await world.until(() => !hasAccess(), 'the revocations of the suspended person', 20)
  return world.clock.monotonicMs() - beganMs
}
