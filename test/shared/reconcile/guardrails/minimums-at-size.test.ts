import { expect, test } from '@jest/globals'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { organizationFile } from '../../../../shared/memory/organization-file.ts'
import { patientIdentityStore } from '../../../../shared/reconcile/calls/patient-identity-store.ts'
import { Memberships } from '../../../../shared/reconcile/directory/memberships.ts'
import { Minimums } from '../../../../shared/reconcile/guardrails/minimums.ts'
import { Policies } from '../../../../shared/reconcile/records/policies.ts'
import { StatusStore } from '../../../../shared/reconcile/records/status-store.ts'
import { Suspensions } from '../../../../shared/reconcile/records/suspensions.ts'
import { permissionSetFile, smallOrganization } from '../../../end-to-end/small-organization.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const accounts = 640
const users = Array.from({ length: 30 }, (_, index) => `user-${index}`)
const arn = 'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef'

test('a person who has an access in hundreds of accounts is judged for all of them within seconds', async () => {
  const organization = organizationFile.parse(smallOrganization({ groups: ['admins'], users, permissionSets: [] }))
  let reads = 0
  let looks = 0
  const world: World = new World({
    organization,
    wrap: (ports) =>
      intercept(ports, async ({ port, operation, args: [key], proceed }) => {
        if (operation === 'findUser') looks++
        if (port === 'objects' && operation === 'get' && String(key).startsWith('assignments/')) {
          reads++
          await world.clock.sleep(15)
        }
        return proceed()
      }),
  })
  const idOf = (type: 'GROUP' | 'USER', name: string) => principalId.parse(world.identityStore.idOf(type, name))
  const group = idOf('GROUP', 'admins')
  for (const [nth, user] of users.entries()) {
    if (nth % 10 === 0) await world.clock.advance(2_000)
    await world.identityStore.createGroupMembership(group, idOf('USER', user))
  }
  await world.objects.put('permission_sets/Admin-ps.json', permissionSetFile('Admin-ps'))
  const entry = { v: 1, state: 'granted', principal: 'admins', principalId: group, permissionSetArn: arn, links: [] }
  const body = JSON.stringify({ ...entry, attempts: 0, updatedAt: '2026-03-03T10:00:00.000Z' })
  for (let nth = 0; nth < accounts; nth++)
    await world.objects.put(`assignments/account%${300_000_000_000 + nth}%Admin-ps%${group}%GROUP`, body)
  const rule = {
    id: 'one',
    control: 'AC-6',
    mode: 'enforce',
    for: { permissionSets: ['Admin*'] },
    must: { peopleLeast: 2 },
  }
  await world.objects.put('policies/p.json', JSON.stringify({ contact: 'Ann', minimums: [rule] }))
  const { ports } = world
  const policies = new Policies(ports)
  const minimums = new Minimums({
    objects: ports.objects,
    policies,
    memberships: new Memberships(patientIdentityStore(ports), ports.clock),
    suspensions: new Suspensions({ objects: ports.objects, policies }),
    statuses: new StatusStore(ports.objects, ports.clock),
  })
  const beganMs = world.clock.monotonicMs()
  const [judged] = await world.finish(minimums.judgeAll([{ person: idOf('USER', 'user-0') }], new Set()))
  expect(judged).toMatchObject({ isConcerned: true, objection: undefined, places: { groups: new Set([group]) } })
  expect(judged?.places?.accounts.size).toBe(accounts)
  expect(reads).toBe(accounts)
  // One after the other they take ten seconds.
  expect(world.clock.monotonicMs() - beganMs).toBeLessThan(2_000)
  // Two people are enough, and the directory answers few questions a second.
  expect(looks).toBeLessThan(5)
})
