import { expect, test } from '@jest/globals'
import { describePage } from '../../../../shared/reconcile/preview/describe-page.ts'
import { World } from '../../../world.ts'

test('the page says what wants attention with its reason and remedy, and which permission sets allow everything', async () => {
  const world = new World().start({ dispatcher: false })
  const maria = world.objects.as('maria')
  const policy = 'arn:aws:iam::aws:policy/AdministratorAccess'
  const set = (permissionSetName: string, managedPoliciesArnList: readonly string[]) =>
    maria.put(
      `permission_sets/${permissionSetName}.json`,
      JSON.stringify({ permissionSetName, managedPoliciesArnList }),
    )
  await set('Root-ps', [policy])
  await set('Read-ps', ['arn:aws:iam::aws:policy/ReadOnlyAccess'])
  await maria.put('permission_sets/Broken-ps.json', '{')
  await maria.put('links_data/root%all%Read-ps%nobody%GROUP%ssofile', '')
  await world.look()
  await world.finish(world.slice())
  await world.objects.put('changes/2026-02-20/10:00:00.000Z%granted%long-ago', '')
  await world.objects.put('changes/2026-03-02/10:00:00.000Z%granted%of%yesterday', '')
  const sources = {
    bucketReadAt: '2026-03-03T10:00:00.000Z',
    organizationReadAt: '2026-03-03T09:00:00.000Z',
    identityCenter: { askedAt: '2026-03-03T10:00:00.000Z', calls: 1 },
  }
  const page = await describePage({ sources, notes: ['a note'], isAsked: true }, world.ports)
  expect(page).toMatchObject({
    madeAt: '2026-03-03T10:00:00.000Z',
    notes: ['a note'],
    administratorSets: ['Root-ps'],
    attention: [
      { state: 'waiting', input: 'links_data/root%all%Read-ps%nobody%GROUP%ssofile', reason: expect.any(String) },
      { state: 'rejected', input: 'permission_sets/Broken-ps.json', remedy: expect.any(String) },
    ],
    changes: expect.arrayContaining([{ at: '2026-03-02T10:00:00.000Z', event: 'granted', what: 'of%yesterday' }]),
    sources: [
      ['ledger', 'as of 2026-03-03T10:00:00.000Z'],
      ['foreign', 'as of 2026-03-03T10:00:00.000Z'],
      ['asked', 'Identity Center, 2026-03-03T10:00:00.000Z, with 1 call'],
      ['accounts', 'as of 2026-03-03T09:00:00.000Z'],
    ],
  })
  expect(page.changes?.map(({ event }) => event).at(-1)).toBe('granted')
  expect(page.changes?.map(({ what }) => what)).not.toContain('long-ago')
})
