import { expect, test } from '@jest/globals'
import { findChangesBack } from '../../../../handlers/cli/folder/bring-back.ts'
import { restoredPlaces } from '../../../../handlers/cli/folder/input-parts.ts'
import { pushChanges } from '../../../../handlers/cli/folder/push-changes.ts'
import { restoreRecords } from '../../../../handlers/cli/operations/restore.ts'
import { endLoss, stopForLoss } from '../../../../shared/reconcile/records/pause.ts'
import { Asking } from '../../../handlers/asking.ts'
import { MemoryObjectVersions } from '../../../memory-object-versions.ts'

/** Maria's access, granted for four hours; then everything is deleted, and everybody but Maria brings back what is theirs. */
async function lose() {
  const asking = await Asking.begin({ approvals: 1 })
  const { world } = asking
  world.objects.model.setVersioning('Enabled')
  await asking.ask({ duration: 'PT4H' })
  await asking.decide('tom')
  await world.until(() => asking.has(), 'the access')
  await world.finish(world.everyFiveMinutes())
  const at = world.clock.now()
  await world.clock.advance(2_000)
  for (const key of await world.keys('')) await world.objects.as('vandal').delete(key)
  await pass(asking, 2)
  const versions = new MemoryObjectVersions(world.objects.model)
  const progress = { tell: () => {}, end: () => {} }
  const context = { ports: world.ports, versions, readCaller: async () => 'olga', progress }
  const restore = async (options: { readonly acceptMissing?: boolean } = {}) =>
    world.finish(restoreRecords(context, { yes: true, ...options }))
  await restore()
  await pass(asking, 2)
  const { changes } = await findChangesBack(world.objects, versions, { places: restoredPlaces('governance'), at })
  await world.finish(pushChanges(world.ports, { ...changes, deletions: [] }))
  await pass(asking, 2)
  return { asking, restore }
}

async function pass({ world }: Asking, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    await world.clock.advance(61_000)
    // Without the owner of the bucket, ssofile refuses to work.
    await world.finish(world.everyMinute()).catch(() => undefined)
  }
}

async function reconcile(asking: Asking): Promise<void> {
  await asking.world.finish(asking.world.everyFiveMinutes())
  await asking.world.finish(asking.world.everyHour())
  await pass(asking, 3)
}

test('temporary access whose request was lost goes on if its author asks again and somebody approves while everything is stopped', async () => {
  const { asking, restore } = await lose()
  const first = await restore()
  expect(first.text).toContain(`temporary access is not over: 1 request\n  ${asking.key()}\n`)
  expect(first.exitCode).toBe(1)
  await reconcile(asking)
  await asking.ask({ duration: 'PT4H' })
  expect(await restore()).toMatchObject({ exitCode: 1 })
  await asking.decide('tom')
  expect(await restore()).toMatchObject({ exitCode: 0 })
  await reconcile(asking)
  expect(await asking.status()).toMatchObject({ state: 'applied' })
  expect(await asking.events()).not.toContain('finished')
  expect(asking.has()).toBe(true)
  await pass(asking, 241)
  expect(asking.has()).toBe(false)
})

test('temporary access whose request was lost ends if operators accept that', async () => {
  const { asking, restore } = await lose()
  await reconcile(asking)
  expect(asking.has()).toBe(true)
  expect(await restore({ acceptMissing: true })).toMatchObject({
    exitCode: 0,
    text: expect.stringContaining('ends now'),
  })
  await reconcile(asking)
  expect(asking.has()).toBe(false)
})

test('a lost request whose time is over keeps nothing stopped', async () => {
  const { asking, restore } = await lose()
  await asking.world.clock.advance(4 * 60 * 60_000)
  expect(await restore()).toMatchObject({ exitCode: 0, text: expect.not.stringContaining('temporary access') })
})

/** Maria's granted access, and a stop because the ledger was lost. Nobody lost a file. */
async function stop() {
  const asking = await Asking.begin({ approvals: 1 })
  const { world } = asking
  world.objects.model.setVersioning('Enabled')
  await asking.ask({ duration: 'PT4H' })
  await asking.decide('tom')
  await world.until(() => asking.has(), 'the access')
  await world.finish(world.everyFiveMinutes())
  await world.clock.advance(2_000)
  for (const key of await world.keys('assignments/')) await world.objects.as('vandal').delete(key)
  await stopForLoss(world.ports, 'assignments/ is gone')
  await pass(asking, 2)
  const versions = new MemoryObjectVersions(world.objects.model)
  const progress = { tell: () => {}, end: () => {} }
  const context = { ports: world.ports, versions, readCaller: async () => 'olga', progress }
  return { asking, restore: () => world.finish(restoreRecords(context, { yes: true })) }
}

test.each<[string, (asking: Asking) => Promise<unknown>]>([
  ['its author deletes', (asking) => asking.world.objects.as('AROAEXAMPLE:maria').delete(asking.key())],
  ['an approver denies', (asking) => asking.decide('tom', 'deny')],
])('a request that %s during a stop is no lost file: restore ends the stop, and the access goes', async (_, end) => {
  const { asking, restore } = await stop()
  await end(asking)
  await pass(asking, 2)
  expect(asking.has()).toBe(true)
  const { text, exitCode } = await restore()
  expect([text, exitCode]).toEqual([expect.not.stringContaining('missing'), 0])
  await reconcile(asking)
  expect(asking.has()).toBe(false)
})

test('a request that somebody else deleted during a stop keeps everything stopped', async () => {
  const { asking, restore } = await stop()
  await asking.world.objects.as('vandal').delete(asking.key())
  await pass(asking, 2)
  expect(await restore()).toMatchObject({ exitCode: 1, text: expect.stringContaining(asking.key()) })
})

test('an approval of a suspended person does not count while everything is stopped, although the file of the suspension is lost', async () => {
  const asking = await Asking.begin({ approvals: 1 })
  const { world } = asking
  await world.objects.put('suspended/ada', '')
  await world.clock.advance(30_000)
  await stopForLoss(world.ports, 'suspended/ and assignments/ are gone')
  await world.objects.delete('suspended/ada')
  await asking.ask()
  await asking.decide('ada')
  await pass(asking, 1)
  expect(await asking.status()).toMatchObject({ state: 'waiting' })
  await asking.decide('tom')
  await pass(asking, 1)
  expect(await asking.granted()).toHaveLength(1)
  await endLoss(world.objects)
  await pass(asking, 2)
  // Nobody brought the file back.
  await asking.ask({ duration: 'PT2H' })
  await asking.decide('ada')
  expect(await asking.approved('ada')).toBe('applied')
})
