import { expect, test } from '@jest/globals'
import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import { defaultConfiguration } from '../../shared/domain/deployment/configuration.ts'
import { reconcile } from '../../shared/reconcile/differences/reconcile.ts'
import { intercept } from '../intercept.ts'
import { acme, World } from '../world.ts'

const link = 'links_data/account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'
const { brake } = defaultConfiguration
/** Nothing may be revoked: what is held has a status that stays. */
const holding = { ...brake, own: { ...brake.own, count: 0, percent: 0 } }

/** Maria uploads a link, Bob deletes it, and a reconcile sees that before the notification goes on from the router. */
async function deletedUnseen(
  configuration: Partial<Configuration> = {},
): Promise<{ world: World; letGo: () => Promise<void> }> {
  const late: (() => Promise<unknown>)[] = []
  const world = new World({
    organization: { ...acme(), assignments: [] },
    configuration,
    wrap: (ports) =>
      intercept(ports, async ({ operation, args, proceed }) => {
        const isLate = operation === 'send' && args[0] === 'links' && JSON.stringify(args).includes('ObjectRemoved')
        return isLate ? void late.push(proceed) : proceed()
      }),
  }).start()
  await world.objects.put('permission_sets/Billing-ps.json', '{"permissionSetName":"Billing-ps"}')
  await world.objects.as('maria').put(link, '')
  await world.until(async () => (await world.json(`status/${link}.json`))?.state === 'applied', 'the access')
  await world.objects.as('bob').delete(link)
  await world.until(() => late.length > 0, 'the notification')
  await world.finish(reconcile(world.ports, world.configuration))
  return {
    world,
    letGo: async () => {
      for (const send of late) await send()
      await world.clock.advance(60_000)
    },
  }
}

test('a deletion that a reconcile sees before its notification names nobody as the one who deleted the link', async () => {
  const { world, letGo } = await deletedUnseen()
  await world.until(async () => (await world.namedKeys('assignments/')).length === 0, 'the revocation')
  const [key = ''] = (await world.keys(`history/${world.keyOf(link)}/`)).filter((one) => one.endsWith('%revoked.json'))
  const { links } = (await world.json(key)) ?? {}
  expect(links).toMatchObject([{ key: link, by: { principalId: 'AWS:maria' } }])
  expect(JSON.stringify(links)).not.toContain('deletedBy')
  await letGo()
  expect(await world.keys('status/links_data/')).toEqual([])
})

test('a status after a deletion that nobody told of names nobody; once its notification comes, who deleted the link', async () => {
  const { world, letGo } = await deletedUnseen({ brake: holding })
  const told = () => world.json(`status/${link}.json`)
  await world.until(async () => (await told())?.state === 'held', 'the hold')
  expect(await told()).not.toHaveProperty('by')
  await letGo()
  await world.until(async () => (await told())?.by !== undefined, 'the name')
  expect(await told()).toMatchObject({ state: 'held', by: { principalId: 'AWS:bob' } })
})
