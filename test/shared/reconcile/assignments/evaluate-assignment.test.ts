import { describe, expect, test } from '@jest/globals'
import type { Assignment } from '../../../../shared/domain/assignments/assignment.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { evaluateAssignment, toGrantingLink } from '../../../../shared/reconcile/assignments/evaluate-assignment.ts'
import { OrganizationCache } from '../../../../shared/reconcile/organization/organization-cache.ts'
import { LinkListing } from '../../../../shared/reconcile/records/link-listing.ts'
import { LinkReadings } from '../../../../shared/reconcile/records/link-readings.ts'
import { readLink } from '../../../../shared/reconcile/records/read-link.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const account = accountId.parse('233000000002')
const assignment: Assignment = {
  accountId: account,
  permissionSet: permissionSetName.parse('Billing-ps'),
  principal: principalName.parse('team-Accountants'),
  type: 'GROUP',
}
const link = (scope: string) => `links_data/${scope}%Billing-ps%team-Accountants%GROUP%ssofile`
const own = link(`account%${account}`)
const before = link('ou_id%ou-acme-wrk3fina')
const after = link('ou_id%ou-acme-sec10000')

function evaluate(world: World, place: 'view' | 'live', one: Assignment = assignment) {
  const { configuration, ports } = world
  const organization = new OrganizationCache(ports, [])
  const readings = new LinkReadings(
    ports.objects,
    configuration,
    new LinkListing(ports.objects, configuration, ports.clock),
  )
  return world.finish(evaluateAssignment(one, { readings, organization, configuration, place }))
}

const keysOf = ({ links }: { readonly links: readonly { readonly key: string }[] }) =>
  links.map(({ key }) => key).sort()

describe('whether an assignment is desired', () => {
  test('is told by every link that grants it, whatever its scope, and by no other', async () => {
    const world = new World()
    const granting = [own, before, link('root%all')].sort()
    for (const key of [...granting, after, link('account%233000000001')]) await world.objects.put(key, '')
    await world.objects.put(link('root%all').replace('GROUP', 'USER'), '')
    const { links, account: found } = await evaluate(world, 'view')
    expect(keysOf({ links })).toEqual(granting)
    expect(found?.id).toBe(account)
  })

  test('is not told by a link that is expired, not in force yet, or not valid', async () => {
    const world = new World()
    await world.objects.put(own, '{"expiresAt":"2026-03-03T09:59:59Z"}')
    await world.objects.put(before, '{"notBefore":"2026-03-03T10:30:00Z"}')
    await world.objects.put(link('root%all'), '{"until":"tomorrow"}')
    expect((await evaluate(world, 'live')).links).toEqual([])
  })

  test('is judged by the view, which may be old, or by where the account is at this moment', async () => {
    const world = new World()
    for (const key of [before, after]) await world.objects.put(key, '')
    expect(keysOf(await evaluate(world, 'view'))).toEqual([before])
    await world.organizations.moveAccount(account, 'ou-acme-wrk3fina', 'ou-acme-sec10000')
    expect(keysOf(await evaluate(world, 'view'))).toEqual([before])
    expect(keysOf(await evaluate(world, 'live'))).toEqual([after])
  })

  test('in an account that nobody knows it is not, by no link', async () => {
    const world = new World()
    const unknown = accountId.parse('999999999999')
    await world.objects.put(link(`account%${unknown}`), '')
    for (const place of ['view', 'live'] as const)
      expect(await evaluate(world, place, { ...assignment, accountId: unknown })).toEqual({
        links: [],
        unreadable: [],
        account: undefined,
        selectors: new Map(),
      })
  })

  test.each([
    ['a link', 'get', own],
    ['the listing of the links', 'list', 'links_data/'],
  ])('is not known where %s cannot be read', async (_, failing, key) => {
    const world = new World({
      wrap: (ports) =>
        intercept(ports, async ({ operation, args, proceed }) => {
          if (operation === failing && args[0] === key) throw new Error('no answer')
          return proceed()
        }),
    })
    await world.objects.put(own, '')
    await expect(evaluate(world, 'view')).rejects.toThrow('no answer')
  })
})

test('the ledger keeps of a link which upload it was, why, and until when', async () => {
  const world = new World()
  await world.objects.put(own, '{"reason":"audit","ticket":"T-1","expiresAt":"2026-03-04T12:00:00+02:00"}')
  const reading = await readLink(world.objects, own, { folders: [] })
  if (reading.state !== 'in-force') throw new Error(`the link is ${reading.state}`)
  const { etag, content, value } = reading.object
  const kept = { key: own, etag, content, value, lastModified: '2026-03-03T10:00:00.000Z' }
  const why = { reason: 'audit', ticket: 'T-1', expiresAt: '2026-03-04T10:00:00.000Z' }
  expect(toGrantingLink(reading)).toEqual({ ...kept, ...why })
  const versioned = { ...reading, object: { ...reading.object, versionId: 'v1' }, body: {} }
  expect(toGrantingLink(versioned)).toEqual({ ...kept, versionId: 'v1' })
})
