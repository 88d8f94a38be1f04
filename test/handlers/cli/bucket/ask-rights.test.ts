import { expect, test } from '@jest/globals'
import { askRights, keysOfImport, rightsOfImport } from '../../../../handlers/cli/bucket/ask-rights.ts'
import { slowPortions } from '../../../../handlers/cli/take-over/under-lease.ts'
import { organizationFile } from '../../../../shared/memory/organization-file.ts'
import { prepareImport } from '../../../../shared/modules/take-over/import-assignments.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { adoptPermissionSet } from '../../../../shared/reconcile/permission-sets/adopt-permission-set.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const account = '200000000001'
const inFile = (id: string) => ({ id, name: `account-${id}`, email: `aws+${id}@tiny.example` })
const organization = organizationFile.parse({
  managementAccountId: '100000000001',
  root: { id: 'r-tiny', accounts: ['100000000001', account].map(inFile) },
  groups: ['readers'],
  permissionSets: [{ permissionSetName: 'Reader' }],
  assignments: [{ account, permissionSet: 'Reader', principal: 'readers', type: 'GROUP' }],
})

const denied = () => new ServiceError('s3', 'AccessDenied', 'Access Denied', { httpStatus: 403 })

/** Whoever may write only what `mayWrite` accepts, and what was written or deleted. */
function openAs(mayWrite: (key: string) => boolean) {
  const world = new World({ organization })
  const changed: { readonly operation: string; readonly key: string }[] = []
  const ports = intercept(world.ports, ({ port, operation, args, proceed }) => {
    if (port !== 'objects' || !(operation === 'put' || operation === 'delete')) return proceed()
    const key = String(args[0])
    if (!mayWrite(key)) throw denied()
    changed.push({ operation, key })
    return proceed()
  })
  return { world, ports, changed }
}

test.each(keysOfImport)('who may not write %s is refused before anything is written', async (key) => {
  const { world, ports } = openAs((one) => one !== key)
  const before = await world.keys('')
  await expect(askRights(ports.objects, rightsOfImport)).rejects.toMatchObject({ code: 'AccessDenied' })
  expect(await world.keys('')).toEqual(before)
})

test('who may do all is asked without a trace, and nothing that is there is deleted', async () => {
  const { world, ports } = openAs(() => true)
  await world.objects.put('foreign/there', '')
  const before = await world.keys('')
  await askRights(ports.objects, { puts: keysOfImport, deletions: ['foreign/there'] })
  expect(await world.keys('')).toEqual(before)
})

test('all that an import writes is asked for before', async () => {
  const { world, ports, changed } = openAs(() => true)
  await importAll(world, ports)
  const prefixesOf = (keys: readonly string[]) => keys.map((key) => key.slice(0, key.lastIndexOf('/') + 1))
  for (const [operation, keys] of [
    ['put', rightsOfImport.puts],
    ['delete', rightsOfImport.deletions],
  ] as const) {
    const asked = prefixesOf(keys)
    const done = changed.filter((one) => one.operation === operation).map(({ key }) => key)
    expect(done.filter((key) => !asked.some((prefix) => key.startsWith(prefix)))).toEqual([])
    expect(asked.filter((prefix) => !done.some((key) => key.startsWith(prefix)))).toEqual([])
  }
})

async function importAll(world: World, ports: Ports): Promise<void> {
  const arn = world.ssoAdmin.permissionSetArnOf('Reader')
  if (arn === undefined) throw new Error('the organization lacks the permission set')
  await world.finish(adoptPermissionSet(arn, { ...ports, named: true, lackOf: () => undefined }))
  const inPortions = slowPortions(ports, () => {})
  const filter = { accounts: [], permissionSets: [], principals: [] }
  const options = { filter, isCompact: false, tagKeys: [], inPortions, onStep: () => {} }
  const context = { ...ports, configuration: world.configuration }
  const { carryOut } = await world.finish(prepareImport(context, options))
  await world.finish(carryOut(inPortions))
}
