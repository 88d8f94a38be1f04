import { describe, expect, test } from '@jest/globals'
import { PageRecords } from '../../../handlers/page/page-records.ts'
import { assignmentKey } from '../../../shared/domain/assignments/assignment.ts'
import { requestDigest } from '../../../shared/domain/files/access-request.ts'
import { permissionSetArn, principalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../shared/domain/principals/principal.ts'
import { renderAccessPage } from '../../../shared/modules/access-page/rules/render-access-page.ts'
import { recordGrant } from '../../../shared/modules/requests/request-history.ts'
import { grantRecord } from '../../../shared/modules/requests/rules/grant-record.ts'
import { recordHistory } from '../../../shared/reconcile/records/history.ts'
import { World } from '../../world.ts'

const script = (more: string, text: string) => `<script type="application/json" ${more}>${text}</script>\n`

async function read(blocks: readonly string[]): Promise<readonly { blocks: string[]; facts: object }[]> {
  const world = new World()
  const facts = script('id="facts"', '{"madeAt":"2026-03-03T10:00:00Z"}')
  const rows = blocks.map((block) => script('class="rows"', JSON.stringify(block)))
  await world.objects.put('reports/2026-03-03/index.html', facts + rows.join(''))
  const records = new PageRecords(world.ports)
  const parts = []
  for (let after: string | null = ''; after !== null; after = parts.at(-1)?.next ?? null)
    parts.push(JSON.parse((await records.report('2026-03-03', after)).body))
  return parts
}

test.each([
  ['a small report is one part', ['a', 'b', 'c'], [3]],
  ['an empty report is one part', [], [0]],
  ['a report that no answer can hold comes in parts', ['a', 'b', 'c'].map((one) => one.repeat(5_000_000)), [2, 1]],
  ['a block that is too large alone is a part', ['a'.repeat(13_000_000), 'b'], [1, 1]],
])('%s', async (_, blocks, sizes) => {
  const parts = await read(blocks)
  expect(parts.map((part) => part.blocks.length)).toEqual(sizes)
  expect(parts.flatMap((part) => part.blocks)).toEqual(blocks)
  expect(new Set(parts.map(({ facts }) => JSON.stringify(facts))).size).toBe(1)
})

test('a report says when it was made, and its rows', async () => {
  const world = new World()
  const facts = { madeAt: '2026-03-03T10:00:00Z', sources: [], notes: [], administratorSets: [], attention: [] }
  const page = (await Array.fromAsync(renderAccessPage({ madeAt: facts.madeAt, facts: () => facts, rows: [] }))).join(
    '',
  )
  await world.objects.put('reports/2026-03-03/index.html', page)
  const { body } = await new PageRecords(world.ports).report('2026-03-03', '')
  expect(JSON.parse(body)).toMatchObject({ facts, blocks: [{ values: {} }] })
})

describe('a change of temporary access', () => {
  const [at, later] = ['2026-03-03T09:00:00.000Z', '2026-03-03T09:00:01.000Z']
  const ana = principalId.parse('90676a1c2d-10000000-0000-0000-0000-000000000001')
  const ben = principalId.parse('90676a1c2d-10000000-0000-0000-0000-000000000002')
  const digest = requestDigest.parse('0123456789abcdef0123456789abcdef')
  const name = 'account%233000000002%Read-ps%ana%USER%ssofile'
  const permissionSet = 'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef'

  test.each([
    ['ben', [{ user: ben, name: 'ben', at }]],
    ['nobody: it needed no approval', []],
  ])('says who approved its request: %s', async (approvedBy, approvals) => {
    const { objects, ports } = new World()
    const grant = { digest, key: `requests/${ana}/${name}`, link: `links_data/temporary/${name}`, user: ana }
    const times = { grantedAt: at, startsAt: at, expiresAt: '2026-03-03T10:00:00.000Z' }
    await recordGrant(objects, grantRecord.parse({ ...grant, ...times, eligibility: 'admin', approvedBy: approvals }))
    const links = [{ key: grant.link, etag: 'e', lastModified: at, ofRequest: { user: ana, digest } }]
    await recordHistory(objects, {
      key: assignmentKey.parse(`account%233000000002%Read-ps%${ana}%USER`),
      event: 'granted',
      at: later,
      access: { principal: principalName.parse('ana'), permissionSetArn: permissionSetArn.parse(permissionSet), links },
      confirmedAt: later,
    })
    const { changes } = await new PageRecords(ports).changes({ from: '2026-03-03' }, new Map())
    expect(changes).toMatchObject([
      { event: 'granted', approvedBy },
      { event: 'request-granted', approvedBy },
    ])
  })
})
