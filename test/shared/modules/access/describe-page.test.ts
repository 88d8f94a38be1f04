import { expect, test } from '@jest/globals'
import { describePage } from '../../../../shared/modules/access/describe-page.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { intercept } from '../../../intercept.ts'
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
    ledger: { is: 'whole' as const, asOf: '2026-03-03T10:00:00.000Z' },
    organizationReadAt: '2026-03-03T09:00:00.000Z',
    identityCenter: { askedAt: '2026-03-03T10:00:00.000Z', calls: 1 },
  }
  const page = await describePage({ sources, notes: ['a note'] }, world.ports)
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

test('the page names the newest report of credentials that is whole, and none to whoever may not read it', async () => {
  const world = new World()
  const ledger = { is: 'whole' as const, asOf: '2026-03-03T10:00:00.000Z' }
  const sources = { bucketReadAt: '2026-03-03T10:00:00.000Z', ledger, identityCenter: { why: 'a test' } }
  const named = async (ports: Ports = world.ports) =>
    (await describePage({ sources, notes: [] }, ports)).sources.filter(([name]) => name.startsWith('credentials'))
  expect(await named()).toEqual([])
  const counts = { accounts: 1, unread: 0, users: 1, keys: 0, rows: 1, excepted: 0 }
  for (const [date, now] of [
    ['2026-02-28', 1],
    ['2026-03-01', 3],
  ] as const) {
    const summary = { v: 1, date, madeAt: `${date}T04:00:00Z`, counts, mails: 0, findings: {}, notes: [] }
    const text = JSON.stringify({ ...summary, urgent: { now, soon: 7, later: 0 } })
    await world.objects.put(`reports/credentials/${date}/summary.json`, text)
  }
  await world.objects.put('reports/credentials/2026-03-02/index.html', '')
  expect(await named()).toEqual([
    [
      'credentials in the accounts',
      'reports/credentials/2026-03-01/index.html in the bucket: 3 need a person now, 7 soon',
    ],
  ])
  const denied = intercept(world.ports, async ({ operation, args, proceed }) => {
    if (operation === 'get' && String(args[0]).startsWith('reports/'))
      throw new ServiceError('s3', 'AccessDenied', 'not you')
    return proceed()
  })
  expect(await named(denied)).toEqual([])
})
