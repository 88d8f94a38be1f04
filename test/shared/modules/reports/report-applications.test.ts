import { expect, test } from '@jest/globals'
import { readApplications, reportApplications } from '../../../../shared/modules/reports/report-applications.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { listChanges } from '../../../../shared/reconcile/records/tell-event.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const scope = 'sso:account:access'

async function openWithPortal(): Promise<{ readonly world: World; readonly arn: string }> {
  const world = new World().start({ dispatcher: false })
  const arn = world.ssoAdmin.applications.create('Data portal')
  world.ssoAdmin.applications.create('Without the scope')
  world.ssoAdmin.applications.putScope(arn, scope)
  return { world, arn }
}

const report = (world: World, ports = world.ports) => world.finish(reportApplications(ports))
const eventsOf = async (world: World) =>
  (await Array.fromAsync(listChanges(world.objects, '2000-01-01'))).filter(({ event }) =>
    event.startsWith('application-'),
  )

test('an application with the scope is told once, and noted each night', async () => {
  const { world, arn } = await openWithPortal()
  const said = `1 application may fetch credentials for the access of their users: 'Data portal' of account ${world.ssoAdmin.ownerAccountId}; ssofile who --applications has all of them`
  expect(await report(world)).toEqual([said])
  await world.clock.advance(24 * 60 * 60_000)
  expect(await report(world)).toEqual([said])
  expect(await eventsOf(world)).toMatchObject([{ event: 'application-found', name: arn.split('/').at(-1) }])
  expect((await readApplications(world.objects))?.applications).toMatchObject([{ arn, name: 'Data portal' }])
})

test('an application that lost the scope is told once, and is no longer listed', async () => {
  const { world, arn } = await openWithPortal()
  await report(world)
  world.ssoAdmin.applications.deleteScope(arn, scope)
  expect(await report(world)).toEqual([])
  expect(await report(world)).toEqual([])
  expect((await eventsOf(world)).map(({ event }) => event)).toEqual(['application-found', 'application-gone'])
})

test('a known application that the listing lacks is asked for by itself: a member account may be shown none', async () => {
  const { world, arn } = await openWithPortal()
  await report(world)
  const blind = intercept(world.ports, async ({ operation, proceed }) =>
    operation === 'listApplications' ? { items: [] } : proceed(),
  )
  expect(await report(world, blind)).toEqual([expect.stringContaining("'Data portal'")])
  expect((await readApplications(world.objects))?.applications).toMatchObject([{ arn }])
  world.ssoAdmin.applications.deleteScope(arn, scope)
  expect(await report(world, blind)).toEqual([])
  expect((await eventsOf(world)).map(({ event }) => event)).toEqual(['application-found', 'application-gone'])
})

test('after a refused listing the last record stays, and nothing is told as gone', async () => {
  const { world } = await openWithPortal()
  await report(world)
  const before = await readApplications(world.objects)
  const refusing = intercept(world.ports, async ({ operation, proceed }) => {
    if (operation === 'listApplications') throw new ServiceError('sso-admin', 'AccessDeniedException', 'no')
    return proceed()
  })
  expect(await report(world, refusing)).toEqual([expect.stringMatching(/^applications could not be listed: /)])
  expect(await readApplications(world.objects)).toEqual(before)
  expect((await eventsOf(world)).map(({ event }) => event)).toEqual(['application-found'])
})
