import { expect, test } from '@jest/globals'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { findNewBindings } from '../../../../shared/modules/plan/find-link-problems.ts'
import { PrincipalIndex } from '../../../../shared/reconcile/directory/principal-index.ts'
import { contentOf } from '../../../../shared/reconcile/records/content-of.ts'
import { StatusStore } from '../../../../shared/reconcile/records/status-store.ts'
import { acme, World } from '../../../world.ts'

const kenji = 'kenji.ito@acme.example'
const link = `links_data/account%233000000002%Billing-ps%${kenji}%USER%ssofile`
const before = principalId.parse('90670000-1111-2222-3333-444444444444')
const asked = { 'ssofile-rebind': '2026-03-03T11:00:00.000Z' }

async function preview(put: {
  readonly body?: string
  readonly metadata?: typeof asked
  readonly boundTo?: 'himself'
}) {
  const world = new World({ organization: { ...acme(), assignments: [] } })
  const own = world.identityStore.idOf('USER', kenji)
  if (!own) throw new Error('the fixture lacks the user')
  await world.objects.put(link, put.body ?? '', undefined, put.metadata)
  const told = { state: 'applied' as const, etag: 'any', content: contentOf(new Uint8Array()) }
  const boundTo = put.boundTo === 'himself' ? own : before
  await new StatusStore(world.objects, world.clock).revise(link, async () => ({ ...told, principalId: boundTo }))
  const bindings = await world.finish(
    findNewBindings([link, 'permission_sets/x.json'], {
      objects: world.objects,
      statuses: new StatusStore(world.objects, world.clock),
      configuration: world.configuration,
      principals: new PrincipalIndex(world.identityStore, world.clock, ''),
    }),
  )
  return { own, bindings }
}

test.each([
  ['with another content', { body: '{"reason":"new"}' }],
  ['that is asked to count as new', { metadata: asked }],
])('a link of a user %s is told as bound to whoever has the name now', async (_, put) => {
  const { own, bindings } = await preview(put)
  expect(bindings).toEqual([{ link, principal: kenji, from: before, to: own }])
})

test.each<[string, Parameters<typeof preview>[0]]>([
  ['that was uploaded again as it was', {}],
  ['whose user still has the name', { metadata: asked, boundTo: 'himself' }],
  ['that is not in force', { body: '{"expiresAt":"2020-01-01T00:00:00Z"}' }],
])('a link of a user %s is not told as bound to another user', async (_, put) => {
  expect((await preview(put)).bindings).toEqual([])
})
