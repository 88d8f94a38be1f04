import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { permissionSetArn } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { PermissionSetIndex } from '../../../../shared/reconcile/directory/permission-set-index.ts'
import { readPermissionSet } from '../../../../shared/reconcile/permission-sets/read-permission-set.ts'
import { isShallow, isWhole } from '../../../depth.ts'
import { dyingPorts, intercept } from '../../../intercept.ts'
import { acme, World } from '../../../world.ts'

const operator = readFileSync(
  new URL('../../../../fixtures/acme/permission_sets/CloudOperator-ps.json', import.meta.url),
)
const key = 'permission_sets/CloudOperator-ps.json'

const open = (
  wrap?: ConstructorParameters<typeof World>[0] extends infer T ? (T extends { wrap?: infer W } ? W : never) : never,
) => new World({ organization: { ...acme(), assignments: [] }, ...(wrap ? { wrap } : {}) }).start({ dispatcher: false })

test('a dispatcher that dies at any call while it makes a permission set leaves one that the next ends rightly', async () => {
  for (let atCall = 0; ; atCall += isShallow ? 18 : isWhole ? 2 : 6) {
    const world = open()
    await world.objects.put(key, operator)
    await world.look()
    const dying = dyingPorts(world.ports, {
      at: (_, number) => number === atCall,
      when: atCall % 4 === 0 ? 'before' : 'after',
    })
    void world.slice({}, dying.ports)
    await world.clock.advance(200_000)
    await world.finish(world.slice(), 1_000)
    expect(await world.json(`status/${key}.json`)).toMatchObject({ state: 'applied', owned: true })
    expect(await world.keys('history/permission-set')).toHaveLength(1)
    if (!dying.isDead()) break
  }
}, 60_000)

test('a file that replaces another which was half applied takes back what was attached', async () => {
  const world = open()
  await world.objects.put(key, operator)
  await world.look()
  const dying = dyingPorts(world.ports, {
    at: ({ operation }) => /^attach|^put.*Policy/.test(operation),
    when: 'after',
  })
  void world.slice({}, dying.ports)
  await world.clock.advance(5_000)
  await world.objects.put(
    key,
    JSON.stringify({ permissionSetName: 'CloudOperator-ps', description: 'nothing attached' }),
  )
  await world.clock.advance(200_000)
  await world.finish(world.slice(), 1_000)
  expect(await world.json(`status/${key}.json`)).toMatchObject({ state: 'applied' })
  const arn = permissionSetArn.parse((await world.json('owned_permission_sets/CloudOperator-ps'))?.arn)
  expect(await readPermissionSet(world.ssoAdmin, arn, undefined)).toEqual({
    name: 'CloudOperator-ps',
    description: 'nothing attached',
    sessionDuration: 'PT1H',
    tags: [],
    managedPolicyArns: [],
    customerManagedPolicies: [],
  })
})

test('a name that Identity Center refused is not claimed: what someone else makes under it is not ours', async () => {
  let isRefused = true
  const world = open((ports) =>
    intercept(ports, async ({ operation, proceed }) => {
      if (operation === 'createPermissionSet' && isRefused)
        throw new ServiceError('sso-admin', 'ServiceQuotaExceededException', 'too many')
      return proceed()
    }),
  )
  await world.objects.put(key, operator)
  await world.look()
  await world.finish(world.slice())
  expect(await world.json(`status/${key}.json`)).toMatchObject({ state: 'failed' })
  expect(await world.keys('owned_permission_sets/')).toEqual([])
  isRefused = false
})

test('what a rejected file says of itself is not overwritten by the one before it', async () => {
  const world: World = open((ports) =>
    intercept(ports, async ({ operation, proceed }) => {
      if (operation === 'createPermissionSet') {
        await world.objects.put(key, '{ "permissionSetName": 1 }')
        await world.clock.sleep(3_000)
      }
      return proceed()
    }),
  )
  await world.objects.put(key, operator)
  await world.look()
  await world.finish(world.slice())
  expect(await world.json(`status/${key}.json`)).toMatchObject({ state: 'rejected' })
})

test('3,500 permission sets are described once, also where the first to describe them dies', async () => {
  const world = new World({ organization: { ...acme(), permissionSets: [], assignments: [] } })
  for (let index = 0; index < 3_500; index++)
    world.ssoAdmin.addPermissionSet(
      { name: permissionSetName.parse(`set-${index}`), sessionDuration: 'PT1H', tags: [] },
      index.toString(16).padStart(16, '0'),
    )
  let described = 0
  const slow = intercept(world.ports, async ({ port, operation, proceed }) => {
    if (port === 'ssoAdmin') await world.clock.sleep(60)
    if (operation === 'describePermissionSet' && ++described === 3_000) return new Promise(() => {})
    return proceed()
  })
  void new PermissionSetIndex(slow).resolve(permissionSetName.parse('set-1'))
  await world.clock.advance(300_000)
  const index = new PermissionSetIndex(slow)
  const found = index.resolve(permissionSetName.parse('missing'))
  for (let round = 0; round < 10; round++) await world.clock.advance(30_000)
  expect(await found).toBeUndefined()
  expect(described).toBeLessThanOrEqual(4_000)
}, 60_000)

test('a file that the policies refuse is rejected with the rule, and what was applied before stays', async () => {
  const policy = (mode: string) => {
    const must = { sessionMinutesMost: 60 }
    return JSON.stringify({ contact: 'Ann', permissionSets: [{ id: 'short', control: 'AC-12', mode, must }] })
  }
  const file = (sessionDurationInMinutes: number) =>
    JSON.stringify({ permissionSetName: 'CloudOperator-ps', sessionDurationInMinutes })
  const world = open()
  const settle = async () => {
    await world.look()
    await world.finish(world.slice())
    return world.json(`status/${key}.json`)
  }
  await world.objects.put(key, file(120))
  expect(await settle()).toMatchObject({ state: 'applied' })
  await world.objects.put('policies/a.json', policy('enforce'))
  await world.objects.put(key, file(120))
  expect(await settle()).toMatchObject({ state: 'applied' })
  await world.objects.put(key, file(180))
  expect(await settle()).toMatchObject({ state: 'rejected', reason: expect.stringContaining("rule 'short'") })
  const arn = permissionSetArn.parse((await world.json('owned_permission_sets/CloudOperator-ps'))?.arn)
  expect(await readPermissionSet(world.ssoAdmin, arn, undefined)).toMatchObject({ sessionDuration: 'PT2H' })
  await world.objects.put('policies/a.json', policy('warn'))
  await world.objects.put(key, file(240))
  expect(await settle()).toMatchObject({ state: 'applied', warnings: [expect.stringContaining("rule 'short'")] })
})
