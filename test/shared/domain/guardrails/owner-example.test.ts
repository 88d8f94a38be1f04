import { expect, test } from '@jest/globals'
import {
  judgeLinkByPolicies,
  judgePermissionSetByPolicies,
} from '../../../../shared/domain/guardrails/judge-by-policies.ts'
import { joinPolicies, parsePolicyFile } from '../../../../shared/domain/guardrails/policy-file.ts'
import { parseLinkKey } from '../../../../shared/domain/links/link.ts'
import { parsePermissionSetFile } from '../../../../shared/domain/permission-sets/permission-set-file.ts'
import { readText } from '../../../house/source-files.ts'

/** The example about owners and machines in docs/guardrails.md. */
function readExample() {
  const blocks = [...readText('docs/guardrails.md').matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(
    ([, body = '']) => body,
  )
  const body = blocks.find((text) => text.includes('machines-end')) ?? ''
  return joinPolicies([
    { policy: parsePolicyFile('policies/owners.json', new TextEncoder().encode(body)), size: body.length },
  ])
}

const uploadedAt = new Date('2026-03-03T10:00:00Z')
const machine = 'account%233000000002%Deploy-ps%svc-deploy%USER%ssofile'
const person = 'account%233000000002%Deploy-ps%kenji.ito@acme.example%USER%ssofile'
const inDays = (days: number) => new Date(uploadedAt.getTime() + days * 24 * 60 * 60_000)

test.each([
  { name: 'a person’s link with an owner', key: person, body: { owner: 'team-platform' }, by: [] },
  { name: 'one without', key: person, body: {}, by: ['owned'] },
  { name: 'one without in the folder of a sync', key: `sync/${person}`, body: {}, by: [] },
  { name: 'a machine’s link for 30 days', key: machine, body: { owner: 'ana', expiresAt: inDays(30) }, by: [] },
  { name: 'one for 31 days', key: machine, body: { owner: 'ana', expiresAt: inDays(31) }, by: ['machines-end'] },
  {
    name: 'one for ever, in the folder of a sync',
    key: `sync/${machine}`,
    body: { owner: 'ana' },
    by: ['machines-end'],
  },
])('the example about owners judges $name', ({ key, body, by }) => {
  const link = parseLinkKey(`links_data/${key}`, ['sync'])
  if (!link.ok) throw new Error(JSON.stringify(link.complaint))
  const known = { uploader: 'nobody knows', accounts: [], overlaps: [] } as const
  const { refusals } = judgeLinkByPolicies(readExample(), { link: link.value, body, uploadedAt, ...known })
  expect(refusals.map(({ rule }) => rule)).toEqual(by)
})

test('the example about owners judges permission sets', () => {
  const refused = [{ owner: 'team-platform' }, {}].map((fields) => {
    const body = new TextEncoder().encode(JSON.stringify({ permissionSetName: 'X', ...fields }))
    const file = parsePermissionSetFile('permission_sets/X.json', body)
    return file.ok && judgePermissionSetByPolicies(readExample(), file.value).refusals.map(({ rule }) => rule)
  })
  expect(refused).toEqual([[], ['owned-sets']])
})
