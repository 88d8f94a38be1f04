import { expect, test } from '@jest/globals'
import { ServiceError } from '../../shared/ports/service-error.ts'
import { Asking, rule } from './asking.ts'

const key = 'eligibility/own.json'
type EligibilityStatus = { state: string; reason?: string } | undefined

async function hour(asking: Asking, file: object | undefined): Promise<EligibilityStatus> {
  const { world } = asking
  if (file) await world.objects.put(key, JSON.stringify(file))
  await world.clock.advance(61_000)
  await world.finish(world.everyMinute())
  await world.finish(world.everyHour())
  return (await world.json(`status/${key}.json`)) as EligibilityStatus
}

const cases: readonly [string, object, string][] = [
  ['a group', { approvers: { groups: ['security', 'gone'] } }, "group 'gone'"],
  ['a user', { for: { users: ['maria', 'nobody'] } }, "user 'nobody'"],
  ['a permission set', { permissionSets: ['Other-ps', 'Glob*'] }, "permission set 'Other-ps'"],
  ['a selector', { scopes: ['select%nowhere'] }, "selector 'nowhere'"],
]

test.each(cases)('an eligibility that names %s that does not exist says so', async (_, said, lack) => {
  const asking = await Asking.begin()
  const told = await hour(asking, { ...rule, permissionSets: ['*'], ...said })
  expect(told).toMatchObject({
    state: 'waiting',
    reason: `it names what does not exist: ${lack}; the rest of the file counts`,
  })
  expect(await asking.world.objects.head(`attention/waiting/${key}`)).toBeDefined()
})

test('the status of an eligibility follows when its group is created', async () => {
  const asking = await Asking.begin()
  const said = { ...rule, permissionSets: ['*'], for: { groups: ['later'] } }
  expect(await hour(asking, said)).toMatchObject({ state: 'waiting' })
  await asking.world.identityStore.createGroup({ displayName: 'later' })
  expect(await hour(asking, undefined)).toMatchObject({ state: 'applied' })
  expect(await asking.world.objects.head(`attention/waiting/${key}`)).toBeUndefined()
})

test('an eligibility does not say that a group is missing while the directory cannot be read', async () => {
  const asking = await Asking.begin()
  asking.answer = async ({ port, proceed }) => {
    if (port === 'identityStore') throw new ServiceError('identitystore', 'AccessDeniedException', 'not allowed')
    return proceed()
  }
  const { world } = asking
  await world.objects.put(key, JSON.stringify({ ...rule, permissionSets: ['*'], for: { groups: ['later'] } }))
  await world.clock.advance(61_000)
  await world.finish(world.everyMinute())
  await world.finish(world.everyHour().catch(() => undefined))
  expect(await world.json(`status/${key}.json`)).toMatchObject({ state: 'applied' })
})

test('an eligibility may name a permission set of another owner, which the last reading of Identity Center has', async () => {
  const asking = await Asking.begin()
  const { world } = asking
  await world.finish(world.everyNight())
  await world.clock.advance(60_000)
  expect(await hour(asking, { ...rule, permissionSets: ['Admin-ps'] })).toMatchObject({ state: 'applied' })
  expect(await hour(asking, { ...rule, permissionSets: ['Admin-ps', 'Other-ps'] })).toMatchObject({
    state: 'waiting',
    reason: expect.stringContaining("does not exist: permission set 'Other-ps';"),
  })
  await world.objects.delete('state/permission-sets.json')
  expect(await hour(asking, undefined)).toMatchObject({ state: 'applied' })
})
