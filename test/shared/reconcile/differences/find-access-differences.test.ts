import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { assignmentOf } from '../../../../shared/domain/assignments/assignment.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { sweep } from '../../../../shared/reconcile/differences/reconcile.ts'
import { readForeign, writeForeign } from '../../../../shared/reconcile/records/foreign-assignments.ts'
import { Ledger } from '../../../../shared/reconcile/records/ledger.ts'
import { acme, World } from '../../../world.ts'

const billing = readFileSync(new URL('../../../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))
const nameOf = (principal: string) => `account%233000000002%Billing-ps%${principal}%GROUP`
const mine = `access/${nameOf('team-Accountants')}%ours`
const foreign = `access/${nameOf('team-Web')}%foreign`
const minuteMs = 60_000

/** One access of ours, and one that others gave. */
async function open(): Promise<World> {
  const world = new World({ organization: { ...acme(), assignments: [] } }).start({ dispatcher: false })
  await world.objects.put('permission_sets/Billing-ps.json', billing)
  await world.objects.put(`links_data/${nameOf('team-Accountants')}%ssofile`, '')
  await world.look()
  await world.finish(world.slice())
  const key = world.keyOf(`${nameOf('team-Accountants')}%ssofile`)
  const ours = await new Ledger(world.objects).read(key)
  if (!ours) throw new Error('nothing was granted')
  const { permissionSetArn } = ours.entry
  const found = {
    principal: principalName.parse('team-Web'),
    permissionSetArn,
    links: [],
    seenAt: world.clock.now().toISOString(),
  }
  await writeForeign(world.objects, world.keyOf(`${nameOf('team-Web')}%ssofile`), found)
  return world
}

async function swept(world: World): Promise<readonly string[]> {
  await world.clock.advance(5 * minuteMs)
  await world.finish(sweep(world.ports, world.configuration))
  return world.keys('access/')
}

describe('a sweep', () => {
  test('writes what access/ lacks, whose access it is too', async () => {
    const world = await open()
    expect(await world.keys('access/')).toEqual([mine, foreign])
    for (const key of [mine, foreign]) await world.objects.delete(key)
    expect(await swept(world)).toEqual([mine, foreign])
    await world.objects.delete(`links_data/${nameOf('team-Accountants')}%ssofile`)
    await world.look()
    await world.finish(world.slice())
    expect(await world.keys('access/')).toEqual([foreign])
  })

  test('deletes what is not there, by another name, or said twice', async () => {
    const world = await open()
    const wrong = [mine.replace('Accountants', 'Nobody'), mine.replace('ours', 'temporary'), 'access/what is this']
    for (const key of wrong) await world.objects.put(key, '')
    expect(await swept(world)).toEqual([mine, foreign])
  })

  test('keeps what an entry said that cannot be read, and adds nothing for it', async () => {
    const world = await open()
    await world.objects.put(`assignments/${world.keyOf(`${nameOf('team-Accountants')}%ssofile`)}`, 'not JSON')
    expect(await swept(world)).toEqual([mine, foreign])
    await world.objects.delete(mine)
    expect(await swept(world)).toEqual([foreign])
  })

  test('notes no name of an id whose principal has none that links could have', async () => {
    const world = await open()
    const key = world.keyOf(`${nameOf('team-Web')}%ssofile`)
    const { principalId } = assignmentOf(key)
    await world.objects.delete(`state/principals/GROUP%${principalId}%team-Web`)
    const known = await readForeign(world.objects, key)
    if (!known) throw new Error('there is no such record')
    await world.objects.delete(foreign)
    await writeForeign(world.objects, key, { ...known, principal: principalName.parse(principalId) })
    const nameless = foreign.replace('team-Web', principalId)
    expect(await swept(world)).toContain(nameless)
    expect((await world.keys('state/principals/')).filter((one) => one.includes(principalId))).toEqual([])
  })
})
