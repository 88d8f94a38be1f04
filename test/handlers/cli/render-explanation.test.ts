import { expect, test } from '@jest/globals'
import { renderExplanation } from '../../../handlers/cli/render-explanation.ts'
import { accountId } from '../../../shared/domain/account-id.ts'
import { permissionSetName } from '../../../shared/domain/permission-set-name.ts'
import { principalName } from '../../../shared/domain/principal.ts'
import type { AccessState } from '../../../shared/reconcile/explain-access.ts'

const since = '2026-03-03T10:00:00.000Z'
const account = accountId.parse('233000000002')
const permissionSet = permissionSetName.parse('Billing-ps')
const principal = principalName.parse('team-Accountants')

function render(state: AccessState): string {
  const assignment = { accountId: account, permissionSet, principal, type: 'GROUP' } as const
  const direct = [{ assignment, state, isInForce: true, since, remarks: [], links: [], history: [] }]
  return renderExplanation({
    question: { account, permissionSet, principal },
    direct,
    throughGroups: [],
    near: [],
    notes: [],
  })
}

test.each([
  ['granted', `granted since ${since}`],
  ['foreign', `stays when links go; known since ${since}`],
  ['held', `held by the brake; granted at ${since}`],
  ['revoking', `being revoked; granted at ${since}`],
] as const)('access that is %s is told with the instant that is meant', (state, told) => {
  expect(render(state)).toContain(told)
})
