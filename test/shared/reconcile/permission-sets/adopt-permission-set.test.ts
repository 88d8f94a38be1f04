import { expect, test } from '@jest/globals'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { type PermissionSetArn, permissionSetArn } from '../../../../shared/domain/principals/identity-center-ids.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { adoptPermissionSet } from '../../../../shared/reconcile/permission-sets/adopt-permission-set.ts'
import { writeOwned } from '../../../../shared/reconcile/records/owned-permission-sets.ts'
import { StatusStore } from '../../../../shared/reconcile/records/status-store.ts'
import { dyingPorts, intercept } from '../../../intercept.ts'
import { acme, World } from '../../../world.ts'
import { anyInlinePolicy } from '../../domain/permission-set-of.ts'

const key = 'permission_sets/Handmade-ps.json'
const name = permissionSetName.parse('Handmade-ps')

function open(attributes: object = {}) {
  const world = new World({ organization: { ...acme(), assignments: [] } })
  const base = { name, description: 'Made « by hand »', sessionDuration: 'PT1H30M', tags: [{ Key: 'team', Value: '' }] }
  const arn = world.ssoAdmin.addPermissionSet({ ...base, ...attributes }, '0123456789abcdef', {
    managedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    customerManagedPolicies: [{ Name: 'base', Path: '/ops/' }],
    inlinePolicy: anyInlinePolicy.replaceAll(',"', ', "'),
    permissionsBoundary: { CustomerManagedPolicyReference: { Name: 'limits' } },
  })
  return { world, arn }
}

const adopt = (arn: PermissionSetArn, ports: Ports, named = true) =>
  adoptPermissionSet(arn, { ...ports, named, lackOf: () => undefined })

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
  const inexact = anyInlinePolicy.replace('"*"', '"*","Condition":{"NumericEquals":{"aws:x":12345678901234567890}}')
  await world.ssoAdmin.putInlinePolicy(arn, inexact)
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

test('of one that is ours and whose file is gone, the file is written again, and the permission set stays', async () => {
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

test('an adoption stands in the record, in history and in the status, with whoever uploaded the file', async () => {
  const { world, arn } = open()
  const by = { principalId: 'AWS:maria', at: '2026-03-03T10:00:00.000Z' }
  const statuses = new StatusStore(world.objects, world.clock)
  const written = open()
  await adopt(written.arn, written.world.ports)
  await world.objects.put(key, (await written.world.objects.get(key))?.body ?? '')
  const { etag, lastModified } = (await world.objects.head(key)) ?? {}
  const at = lastModified?.toISOString()
  await statuses.revise(key, async () => ({ state: 'rejected', by, etag, lastModified: at }))
  await adopt(arn, world.ports)
  expect(await world.json(`owned_permission_sets/${name}`)).toEqual({
    v: 1,
    arn,
    claimedAt: expect.any(String),
    applied: { etag, content: expect.any(String), value: expect.any(String), at: expect.any(String) },
  })
  expect(await world.json(`history/permission-set%${name}/${at}%adopted.json`)).toEqual({
    v: 1,
    event: 'adopted',
    at,
    arn,
    etag,
  })
  const told = { state: 'applied', owned: true, permissionSetArn: arn, etag, lastModified: at }
  expect(await statuses.read(key)).toMatchObject({ ...told, by })
  const another = open()
  await adopt(another.arn, another.world.ports)
  expect(await new StatusStore(another.world.objects, another.world.clock).read(key)).not.toHaveProperty('by')
})

test('the status of another file, uploaded meanwhile, is not overwritten', async () => {
  const { world, arn } = open()
  const ports = intercept(world.ports, async ({ operation, args, proceed }) => {
    const answer = await proceed()
    if (operation === 'put' && args[0] === `owned_permission_sets/${name}`) await world.objects.put(key, '{}')
    return answer
  })
  await adopt(arn, ports)
  expect(await world.json(`status/${key}.json`)).toBeUndefined()
  await world.objects.delete(`owned_permission_sets/${name}`)
  const gone = intercept(world.ports, async ({ operation, args, proceed }) => {
    const answer = await proceed()
    if (operation === 'put' && args[0] === `owned_permission_sets/${name}`) await world.objects.delete(key)
    return answer
  })
  await world.objects.delete(key)
  expect(await adopt(arn, gone)).toMatchObject({ outcome: 'adopted' })
  expect(await world.json(`status/${key}.json`)).toBeUndefined()
})

test('a permission set that is gone is not adopted', async () => {
  const { world, arn } = open()
  await world.ssoAdmin.deletePermissionSet(arn)
  expect(await adopt(arn, world.ports)).toBeUndefined()
  expect(await world.keys('permission_sets/')).toEqual([])
})

test('one that ssofile is about to create, or that someone made again, is refused until that is settled', async () => {
  for (const other of [
    undefined,
    permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1111111111111111'),
  ]) {
    const { world, arn } = open()
    const claimedAt = '2026-03-03T10:00:00.000Z'
    await writeOwned(
      world.objects,
      name,
      { v: 1, claimedAt, ...(other === undefined ? {} : { arn: other }) },
      undefined,
    )
    expect(await adopt(arn, world.ports)).toEqual({
      name,
      arn,
      outcome: 'refused',
      complaint: {
        object: `owned_permission_sets/${name}`,
        received: 'a permission set that ssofile is creating, or that somebody else created again',
        expected: 'a permission set that ssofile does not know',
        remedy: `look at its status (ssofile status ${key}) and run the import again when nothing is open`,
      },
    })
    expect(await world.keys('permission_sets/')).toEqual([])
  }
})

test('a file that is there is kept: one that is not valid, or differs, is told with what to do', async () => {
  const { world, arn } = open()
  const remedy = `keep a copy of the file, delete it, run ssofile import --permission-sets ${name}, then upload the copy to change the permission set`
  const refused = (received: unknown) => ({
    name,
    arn,
    outcome: 'refused',
    complaint: { object: key, received, expected: 'no file, or one that equals the permission set', remedy },
  })
  await world.objects.put(key, '[]')
  expect(await adopt(arn, world.ports)).toEqual(refused(expect.stringMatching(/^a file that is not valid: /)))
  await world.objects.put(key, JSON.stringify({ permissionSetName: name }))
  expect(await adopt(arn, world.ports)).toEqual(refused(expect.stringMatching(/applying it would: .+; detach .+/)))
})

test('a file that is deleted while it is imported is told, and nothing is adopted', async () => {
  const { world, arn } = open()
  const ports = intercept(world.ports, async ({ operation, args, proceed }) => {
    const answer = await proceed()
    if (operation === 'put' && args[0] === key) await world.objects.delete(key)
    return answer
  })
  expect(await adopt(arn, ports)).toEqual({
    name,
    arn,
    outcome: 'refused',
    complaint: {
      object: key,
      received: 'a file that somebody deleted during the import',
      expected: 'the file as it was written',
      remedy: 'run the import again',
    },
  })
  expect(await world.keys('owned_permission_sets/')).toEqual([])
})

test('of one that is ours, a file that somebody uploads while it is written again stays', async () => {
  const { world, arn } = open()
  await adopt(arn, world.ports)
  await world.objects.delete(key)
  const ports = intercept(world.ports, async ({ operation, args, proceed }) => {
    if (operation === 'put' && args[0] === key) await world.objects.put(key, '{"permissionSetName":"theirs"}')
    return proceed()
  })
  expect(await adopt(arn, ports)).toEqual({ name, arn, outcome: 'already-owned' })
  expect(await world.json(key)).toEqual({ permissionSetName: 'theirs' })
})
