import { expect, test } from '@jest/globals'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { recordPermissionSetHistory } from '../../../../shared/reconcile/records/history.ts'
import { RecordChangedError } from '../../../../shared/reconcile/records/json-record.ts'
import {
  isOfClaim,
  ownedPermissionSetRecord,
  readOwned,
  writeOwned,
} from '../../../../shared/reconcile/records/owned-permission-sets.ts'
import { World } from '../../../world.ts'

const name = permissionSetName.parse('Billing-ps')
const ten = '2026-03-03T10:00:00.000Z'
const claim = { v: 1 as const, claimedAt: ten }

test('a record is what was written, with the instant of S3', async () => {
  const { objects } = new World()
  expect(await readOwned(objects, name)).toBeUndefined()
  const written = await writeOwned(objects, name, claim, undefined)
  expect(written).toEqual({ name, value: claim, etag: expect.any(String), writtenAt: new Date(ten) })
  expect(await readOwned(objects, name)).toEqual(written)
  await ownedPermissionSetRecord(objects, name).remove(written.etag)
  expect(await readOwned(objects, name)).toBeUndefined()
})

test('a record that somebody else changed since it was read is neither written over nor removed', async () => {
  const { objects } = new World()
  const read = await writeOwned(objects, name, claim, undefined)
  const changed = await writeOwned(objects, name, { ...claim, attempts: 1 }, read)
  for (const attempt of [
    () => writeOwned(objects, name, claim, read),
    () => writeOwned(objects, name, claim, undefined),
    () => ownedPermissionSetRecord(objects, name).remove(read.etag),
  ]) {
    const failure = await attempt().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(RecordChangedError)
    expect(failure).toMatchObject({
      name: 'RecordChangedError',
      message: `owned_permission_sets/${name} changed during its evaluation; ssofile will evaluate it again`,
    })
  }
  expect(await readOwned(objects, name)).toEqual(changed)
})

test('a permission set is of our claim from the second on in which that was written', () => {
  const stored = { name, value: claim, etag: 'e', writtenAt: new Date('2026-03-03T10:00:00.700Z') }
  expect(isOfClaim(stored, new Date('2026-03-03T09:59:59.999Z'))).toBe(false)
  expect(isOfClaim(stored, new Date(ten))).toBe(true)
})

test('history that was written twice says what it said first', async () => {
  const world = new World()
  for (const arn of ['first', 'second'])
    await recordPermissionSetHistory(world.objects, name, { event: 'created', at: ten, body: { arn } })
  expect(await world.json(`history/permission-set%${name}/${ten}%created.json`)).toEqual({
    v: 1,
    event: 'created',
    at: ten,
    arn: 'first',
  })
})
