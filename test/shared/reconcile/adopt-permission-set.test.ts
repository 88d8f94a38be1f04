import { expect, test } from '@jest/globals'
import { type PermissionSetArn, permissionSetArn } from '../../../shared/domain/identity-center-ids.ts'
import { permissionSetName } from '../../../shared/domain/permission-set-name.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { adoptPermissionSet } from '../../../shared/reconcile/adopt-permission-set.ts'
import { dyingPorts } from '../../intercept.ts'
import { acme, World } from '../../world.ts'

const key = 'permission_sets/Handmade-ps.json'
const name = permissionSetName.parse('Handmade-ps')

function open(attributes: object = {}) {
  const world = new World({ organization: { ...acme(), assignments: [] } })
  const base = { name, description: 'Made « by hand »', sessionDuration: 'PT1H30M', tags: [{ Key: 'team', Value: '' }] }
  const arn = world.ssoAdmin.addPermissionSet({ ...base, ...attributes }, '0123456789abcdef', {
    managedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    customerManagedPolicies: [{ Name: 'base', Path: '/ops/' }],
    inlinePolicy: '{ "Version": "2012-10-17", "Statement": [] }',
    permissionsBoundary: { CustomerManagedPolicyReference: { Name: 'limits' } },
  })
  return { world, arn }
}

const adopt = (arn: PermissionSetArn, ports: Ports, named = true) => adoptPermissionSet(arn, { ...ports, named })

const isWrite = (operation: string) => !/^(List|Describe|Get)/.test(operation)

test('an adopted permission set stands as a file, and an upload of that file makes no write call', async () => {
  const { world, arn } = open()
  expect(await adopt(arn, world.ports)).toEqual({
    name,
    arn,
    outcome: 'adopted',
    file: key,
    notes: [],
  })
  const written = await world.objects.get(key)
  if (!written) throw new Error('no file was written')
  world.start()
  await world.objects.put(key, written.body)
  await world.clock.advance(30_000)
  await world.objects.put(key, new TextEncoder().encode(`${new TextDecoder().decode(written.body)}\n`))
  await world.until(
    async () => (await world.json(`owned_permission_sets/${name}`))?.arn === arn,
    'the record of the adopted permission set',
  )
  await world.clock.advance(30_000)
  expect(world.calls.filter(isWrite)).toEqual([])
  expect(await world.json(`status/${key}.json`)).toMatchObject({ state: 'applied', owned: true })
})

test("AWS's own tags are named as what stays, and are not taken away", async () => {
  const { world, arn } = open({ tags: [{ Key: 'aws:servicecatalog:stack', Value: 'x' }] })
  const adoption = await adopt(arn, world.ports)
  expect(adoption).toMatchObject({ outcome: 'adopted', notes: [expect.stringContaining('aws:servicecatalog:stack')] })
})

test('a file that asks for something else is kept, and nothing is adopted', async () => {
  const { world, arn } = open()
  await world.objects.put(key, JSON.stringify({ permissionSetName: name }))
  expect(await adopt(arn, world.ports)).toMatchObject({
    outcome: 'refused',
    complaint: { object: key, received: expect.stringContaining('detach arn:aws:iam::aws:policy/ReadOnlyAccess') },
  })
  expect(await world.keys('owned_permission_sets/')).toEqual([])
  expect(await world.json(key)).toEqual({ permissionSetName: name })
})

test('a policy that no file can say is told, and nothing is written', async () => {
  const { world } = open()
  const arn = permissionSetArn.parse(world.ssoAdmin.permissionSetArnOf(name))
  await world.ssoAdmin.putInlinePolicy(arn, '{ "Statement": [ { "Sid": 12345678901234567890 } ] }')
  expect(await adopt(arn, world.ports)).toMatchObject({ outcome: 'refused' })
  expect([...(await world.keys('permission_sets/')), ...(await world.keys('owned_permission_sets/'))]).toEqual([])
})

test('an import that dies at any call never leaves a record without a file, and is ended by the next', async () => {
  for (let atCall = 0; ; atCall++) {
    const { world, arn } = open()
    const when = atCall % 2 === 0 ? 'before' : 'after'
    const dying = dyingPorts(world.ports, { at: (_, number) => number === Math.floor(atCall / 2), when })
    void adopt(arn, dying.ports)
    await world.clock.advance(5_000)
    const isOwned = (await world.keys('owned_permission_sets/')).length > 0
    expect({ atCall, isSafe: !isOwned || (await world.keys('permission_sets/')).length > 0 }).toEqual({
      atCall,
      isSafe: true,
    })
    expect(['adopted', 'already-owned']).toContain((await adopt(arn, world.ports))?.outcome)
    expect(await world.keys('history/permission-set%Handmade-ps/')).toHaveLength(1)
    if (!dying.isDead()) break
  }
})

test('of one that is ours and whose file is gone, the file is written anew, and the permission set stays', async () => {
  const { world, arn } = open()
  await adopt(arn, world.ports)
  const written = await world.objects.get(key)
  await world.objects.put('links_data/account%233000000002%Handmade-ps%team-security%GROUP%ssofile', '')
  world.start()
  await world.clock.advance(30_000)
  await world.objects.delete(key)
  await world.clock.advance(30_000)
  expect(await world.json(`status/${key}.json`)).toMatchObject({ state: 'blocked' })
  expect(await adopt(arn, world.ports)).toEqual({ name, arn, outcome: 'restored', file: key, notes: [] })
  expect((await world.objects.get(key))?.body).toEqual(written?.body)
  await world.clock.advance(30_000)
  expect(await world.json(`status/${key}.json`)).toMatchObject({ state: 'applied', owned: true })
  expect(await adopt(arn, world.ports)).toMatchObject({ outcome: 'already-owned' })
  expect(world.calls.filter(isWrite)).toEqual([])
})

test('an import of all permission sets does not take back that a file was deleted, and says so', async () => {
  const { world, arn } = open()
  await adopt(arn, world.ports)
  await world.objects.delete(key)
  expect(await adopt(arn, world.ports, false)).toMatchObject({
    outcome: 'refused',
    complaint: { object: key, remedy: expect.stringContaining('ssofile import --permission-sets Handmade-ps') },
  })
  expect(await world.keys('permission_sets/')).toEqual([])
})
