import { expect, test } from '@jest/globals'
import { judgePermissionSetByPolicies } from '../../../../shared/domain/guardrails/judge-by-policies.ts'
import { joinPolicies, parsePolicyFile } from '../../../../shared/domain/guardrails/policy-file.ts'
import { parsePermissionSetFile } from '../../../../shared/domain/permission-sets/permission-set-file.ts'
import { readText } from '../../../house/source-files.ts'

/** The example of docs/less-privilege.md. */
function readExample() {
  const [, body = ''] =
    /^## Guardrails$[\s\S]*?^```json\n([\s\S]*?)^```$/m.exec(readText('docs/less-privilege.md')) ?? []
  const policy = parsePolicyFile('policies/less-privilege.json', new TextEncoder().encode(body))
  return joinPolicies([{ policy, size: body.length }])
}

const boundary = { permissionsBoundary: { CustomerManagedPolicyReference: { Name: 'Boundary', Path: '/team/' } } }
const allow = (Action: string) => ({
  inlinePolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] },
})

test.each([
  { name: 'a permission set with the boundary and harmless actions', file: { ...boundary, ...allow('s3:*') }, by: [] },
  { name: 'one without a boundary', file: allow('s3:GetObject'), by: ['boundary'] },
  {
    name: 'one that attaches policies',
    file: { ...boundary, ...allow('iam:AttachRolePolicy') },
    by: ['no-permissions-management'],
  },
  { name: 'one that allows all of IAM', file: { ...boundary, ...allow('iam:*') }, by: ['no-permissions-management'] },
])('the guardrails of the page about less privilege judge $name', ({ file, by }) => {
  const body = new TextEncoder().encode(JSON.stringify({ permissionSetName: 'X', ...file }))
  const parsed = parsePermissionSetFile('permission_sets/X.json', body)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.complaint))
  const { refusals } = judgePermissionSetByPolicies(readExample(), parsed.value)
  expect([...new Set(refusals.map(({ rule }) => rule))]).toEqual(by)
})

test('a managed policy that is not known is told, and refuses nothing', () => {
  const file = {
    permissionSetName: 'X',
    ...boundary,
    managedPoliciesArnList: ['arn:aws:iam::aws:policy/PowerUserAccess'],
  }
  const parsed = parsePermissionSetFile('permission_sets/X.json', new TextEncoder().encode(JSON.stringify(file)))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.complaint))
  const { refusals, warnings } = judgePermissionSetByPolicies(readExample(), parsed.value)
  expect([refusals.length, warnings.length]).toEqual([0, 1])
})
