import { describe, expect, test } from '@jest/globals'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { foreseePermissionSets } from '../../../../shared/modules/plan/foresee-permission-sets.ts'
import { brakeFile, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { dyingPorts, type InterceptedCall } from '../../../intercept.ts'
import { acme, World } from '../../../world.ts'
import { inForceIn } from '../../modules/plan/in-force-in.ts'

const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
const billing = 'arn:aws:iam::aws:policy/job-function/Billing'
const account = '233000000002'
const fileOf = (set: string) => `permission_sets/${set}.json`

/** Permission sets with two policies, each with one assignment. Two of all may lose something. */
async function open({ sets = 5, percent = 0, own = 2 } = {}) {
  const brake = {
    indirect: { count: 20, percent: 10, most: 200, hours: 24 },
    own: { count: own, percent, minutes: 15 },
    people: { count: 5, minutes: 15 },
  }
  const names = Array.from({ length: sets }, (_, nth) => `Set${nth}-ps`)
  const world = new World({
    organization: { ...acme(), assignments: [] },
    configuration: { brake },
  }).start({ dispatcher: false })
  const upload = async (uploader: string, set: string, ...managedPoliciesArnList: readonly string[]) => {
    const body = JSON.stringify({ permissionSetName: set, managedPoliciesArnList })
    await world.objects.as(uploader).put(fileOf(set), body)
    await settle()
  }
  const settle = async () => {
    await world.look()
    await world.finish(world.slice())
    await world.clock.advance(5_000)
  }
  const held = async () =>
    ((await brakeFile(world.objects).read())?.value.contents ?? []).map(({ name }) => String(name))
  const has = (set: string) => world.ssoAdmin.definitionNow(permissionSetName.parse(set))?.managedPolicyArns ?? []
  const status = async (set: string) => world.json(`status/${fileOf(set)}.json`)
  await world.finish(world.everyHour(), 1_000)
  for (const set of names) {
    const body = JSON.stringify({ permissionSetName: set, managedPoliciesArnList: [readOnly, billing] })
    await world.objects.put(fileOf(set), body)
    await world.objects.put(`links_data/account%${account}%${set}%team-Platform%GROUP%ssofile`, '')
  }
  await settle()
  await settle()
  expect(await world.namedKeys('assignments/')).toHaveLength(sets)
  return { world, names, upload, settle, held, has, status }
}

describe('of the edits of all uploaders', () => {
  test('as many pass as may in a quarter of an hour, and the next are held, also of another uploader: two roles have no two counts', async () => {
    const { names, upload, held, has, status } = await open()
    const [a = '', b = '', c = '', d = ''] = names
    await upload('ana', a, readOnly)
    await upload('ana', b, readOnly)
    await upload('ana', c, readOnly)
    expect([await held(), has(a), has(b), has(c).length]).toEqual([[c], [readOnly], [readOnly], 2])
    expect(await status(c)).toMatchObject({
      state: 'held',
      reason: expect.stringContaining(
        'on 1 account assignment; more than 2 of the 5 permission sets would lose something within 15 minutes',
      ),
    })
    await upload('ben', d, readOnly)
    expect([await held(), has(d).length]).toEqual([[c, d], 2])
  })

  test('one that is held stays held when the window is over, until a person releases it', async () => {
    const { world, names, upload, settle, held, has } = await open({ own: 0 })
    const [a = '', b = ''] = names
    await upload('ana', a, readOnly)
    await world.clock.advance(40 * 60_000)
    await world.finish(world.everyFiveMinutes())
    await settle()
    expect([await held(), has(a).length]).toEqual([[a], 2])
    const [digest = ''] = ((await brakeFile(world.objects).read())?.value.contents ?? []).map((one) => one.digest)
    expect(await releaseList(world.objects, digest, 'operator')).toMatchObject({ outcome: 'released-contents' })
    await settle()
    await settle()
    expect([await held(), has(a)]).toEqual([[], [readOnly]])
    await upload('ana', b, readOnly)
    expect(await held()).toEqual([b])
  })

  test('one whose dispatcher died after it was counted is not counted again', async () => {
    const { world, names, upload, settle, held, has } = await open({ own: 1 })
    const [a = '', b = ''] = names
    await world.objects
      .as('ana')
      .put(fileOf(a), JSON.stringify({ permissionSetName: a, managedPoliciesArnList: [readOnly] }))
    await world.look()
    const isDetaching = ({ operation }: InterceptedCall) => operation.startsWith('detachManagedPolicy')
    const dying = dyingPorts(world.ports, { at: isDetaching, when: 'before' })
    void world.slice({}, dying.ports)
    await world.until(() => dying.isDead(), 'the death of the dispatcher')
    await world.clock.advance(90_000)
    await world.finish(world.everyMinute())
    await settle()
    expect([await held(), has(a)]).toEqual([[], [readOnly]])
    await upload('ana', b, readOnly)
    expect(await held()).toEqual([b])
  })

  test('a share of the sets that there were when the window began passes, not of those made since', async () => {
    const { world, names, upload, settle, held } = await open({ sets: 10, own: 0, percent: 20 })
    const [a = '', b = '', c = ''] = names
    await upload('ana', a, readOnly)
    for (let nth = 0; nth < 10; nth++) {
      const set = `New${nth}-ps`
      await world.objects.as('ana').put(fileOf(set), JSON.stringify({ permissionSetName: set }))
    }
    await settle()
    await upload('ana', b, readOnly)
    expect(await held()).toEqual([])
    await upload('ana', c, readOnly)
    expect(await held()).toEqual([c])
  })

  test('what adds only, or concerns nobody, is not counted', async () => {
    const { world, names, upload, settle, held, has } = await open()
    const [a = '', b = ''] = names
    await upload('ana', a, readOnly, billing, 'arn:aws:iam::aws:policy/job-function/ViewOnlyAccess')
    await world.objects.delete(`links_data/account%${account}%${b}%team-Platform%GROUP%ssofile`)
    await settle()
    await upload('ana', b, readOnly)
    expect([await held(), has(b)]).toEqual([[], [readOnly]])
    const { windows = [] } = (await brakeFile(world.objects).read())?.value ?? {}
    expect(windows.filter(({ cause }) => cause === 'uploader')).toEqual([])
  })
})

test('a policy that denies everything, pushed to a permission set with 60 assignments and to 26 others, reaches none of them', async () => {
  const denyAll = 'arn:aws:iam::aws:policy/AWSDenyAll'
  const { accounts, groups } = { accounts: ['210000000001', '210000000002', '210000000003'], groups: 20 }
  const teams = Array.from({ length: groups }, (_, nth) => principalName.parse(`team ${nth}`))
  const world = new World({
    organization: { ...acme(), groups: [...acme().groups, ...teams], assignments: [] },
  }).start()
  await world.finish(world.everyHour())
  const others = Array.from({ length: 26 }, (_, nth) => `Other${nth}-ps`)
  const put = (set: string, ...managedPoliciesArnList: readonly string[]) =>
    world.objects.as('ana').put(fileOf(set), JSON.stringify({ permissionSetName: set, managedPoliciesArnList }))
  for (const set of ['Work-ps', ...others]) await put(set, readOnly)
  for (const one of accounts)
    for (const team of teams) await world.objects.put(`links_data/account%${one}%Work-ps%${team}%GROUP%ssofile`, '')
  for (const set of others) await world.objects.put(`links_data/account%${account}%${set}%team 0%GROUP%ssofile`, '')
  await world.clock.advance(60_000)
  expect(await world.keys('assignments/')).toHaveLength(60 + 26)
  for (const set of ['Work-ps', ...others]) await put(set, readOnly, denyAll)
  await world.clock.advance(30_000)
  const status = async (set: string) =>
    (await world.json(`status/${fileOf(set)}.json`)) as { state: string; reason?: string }
  expect((await status('Work-ps')).reason).toContain(
    `takes away almost everything that the permission set allows (1: whatever ${denyAll} denies), on 60 account assignments`,
  )
  for (const set of others) expect((await status(set)).state).toBe('held')
  const has = (set: string) => world.ssoAdmin.definitionNow(permissionSetName.parse(set))?.managedPolicyArns ?? []
  expect(['Work-ps', ...others].filter((set) => has(set).includes(denyAll))).toEqual([])
})

test('a plan says which files would be held, and what the others take away', async () => {
  const { world, names } = await open()
  for (const set of names.slice(0, 3))
    await world.objects.put(fileOf(set), JSON.stringify({ permissionSetName: set, managedPoliciesArnList: [readOnly] }))
  await world.look()
  const { edits: told } = await world.finish(foreseePermissionSets(world.ports, inForceIn(world)))
  expect(told.contents.map(({ name }) => String(name))).toEqual(['Set2-ps'])
  expect(told.losses).toEqual(
    ['Set0-ps', 'Set1-ps'].map((name) => ({
      name,
      reason: `may take away what the permission set allows (1: ${billing}), on 1 account assignment`,
    })),
  )
})
