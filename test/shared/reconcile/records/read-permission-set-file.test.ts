import { expect, test } from '@jest/globals'
import { permissionSetFileMostBytes } from '../../../../shared/domain/permission-sets/permission-set-file.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import {
  isAdministratorByFile,
  readPermissionSetFile,
} from '../../../../shared/reconcile/records/read-permission-set-file.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const key = 'permission_sets/Billing-ps.json'

/** A bucket, and how many bytes of each object were read. */
function open() {
  const bytes: number[] = []
  const world = new World()
  const { objects } = intercept(world.ports, async ({ proceed }) => {
    const found = await proceed()
    bytes.push(Object(found).body?.length)
    return found
  })
  return { world, bytes, read: () => readPermissionSetFile(objects, key) }
}

test('a permission set file is read as it is now, with the object that it stands in', async () => {
  const { world, read } = open()
  expect(await read()).toBeUndefined()
  const written = await world.objects.put(key, '{"permissionSetName":"Billing-ps"}')
  const reading = await read()
  expect(reading?.file).toMatchObject({ ok: true, value: { name: 'Billing-ps' } })
  expect(reading?.object).toMatchObject({ etag: Object(written).etag, size: 34 })
  expect(reading?.object).not.toHaveProperty('body')
})

test('a permission set file that is too large is rejected, and not read', async () => {
  const { world, bytes, read } = open()
  await world.objects.put(key, ' '.repeat(permissionSetFileMostBytes + 1_000))
  expect((await read())?.file.ok).toBe(false)
  expect(bytes[0]).toBeLessThanOrEqual(permissionSetFileMostBytes)
})

test.each([
  ['Admin-ps', '{', true],
  ['Admin-ps', undefined, true],
  ['Admin-ps', '{"permissionSetName":"Admin-ps"}', false],
  ['Read-ps', '{', false],
])('by its file alone, %s with the file %s makes administrators: %s', async (name, body, expected) => {
  const { objects } = new World()
  if (body !== undefined) await objects.put(`permission_sets/${name}.json`, body)
  expect(await isAdministratorByFile(objects, permissionSetName.parse(name))).toBe(expected)
})
