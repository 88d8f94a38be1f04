import { describe, expect, test } from '@jest/globals'
import { brakeFile } from '../../../../shared/reconcile/records/brake-file.ts'
import { acme, World } from '../../../world.ts'

const file = 'permission_sets/Billing-ps.json'
const everywhere = 'links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile'
const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
const billing = 'arn:aws:iam::aws:policy/job-function/Billing'

/** A permission set that some forty assignments have, and its emptied file, which is held. */
async function open() {
  const world = new World({ organization: { ...acme(), assignments: [] } }).start({ dispatcher: false })
  const upload = (fields: object) =>
    world.objects.put(file, JSON.stringify({ permissionSetName: 'Billing-ps', ...fields }))
  const settle = async () => {
    await world.look()
    await world.finish(world.slice())
    await world.look()
    await world.finish(world.slice())
  }
  const sweep = async () => {
    await world.finish(world.everyFiveMinutes())
    await settle()
  }
  const held = async () => (await brakeFile(world.objects).read())?.value.contents ?? []
  const status = async () => (await world.json(`status/${file}.json`))?.state
  await world.finish(world.everyHour(), 1_000)
  await upload({ managedPoliciesArnList: [readOnly, billing] })
  await world.objects.put(everywhere, '')
  await settle()
  await settle()
  await upload({})
  await settle()
  expect([await status(), (await held()).length]).toEqual(['held', 1])
  return { world, upload, settle, sweep, held, status }
}

describe('the file of a permission set that is held', () => {
  test('is in force by the next sweep once nobody has the permission set, and its alarm is over', async () => {
    const { world, settle, sweep, held, status } = await open()
    await world.objects.delete(everywhere)
    await settle()
    expect(await world.namedKeys('assignments/')).toEqual([])
    await sweep()
    expect([await status(), await held()]).toEqual(['applied', []])
    expect(await world.keys('attention/')).toEqual([])
    expect(world.ssoAdmin.definitionNow('Billing-ps' as never)?.managedPolicyArns).toEqual([])
  })

  test('does not keep out a later one that takes nothing away', async () => {
    const { world, upload, settle, held, status } = await open()
    await upload({ managedPoliciesArnList: [readOnly, billing], sessionDurationInMinutes: 120 })
    await settle()
    expect([await status(), await held()]).toEqual(['applied', []])
    expect(world.ssoAdmin.definitionNow('Billing-ps' as never)?.sessionDuration).toBe('PT2H')
  })

  test('is in force by the next sweep where somebody took the same away by hand', async () => {
    const { world, sweep, held, status } = await open()
    const arn = world.ssoAdmin.permissionSetArnOf('Billing-ps') as never
    await world.clock.advance(10_000)
    await world.ssoAdmin.detachManagedPolicy(arn, readOnly)
    await world.clock.advance(10_000)
    await world.ssoAdmin.detachManagedPolicy(arn, billing)
    await sweep()
    expect([await status(), await held()]).toEqual(['applied', []])
  })

  test('stays as long as its cause does', async () => {
    const { sweep, held, status } = await open()
    const before = await held()
    await sweep()
    expect([await status(), await held()]).toEqual(['held', before])
  })
})
