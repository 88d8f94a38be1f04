import { exitCodeOf } from '../../../handlers/cli/people/suspend.ts'
import { renderStatus } from '../../../handlers/cli/status/render-status.ts'
import { renderAssignmentKey } from '../../../shared/domain/assignments/assignment.ts'
import { accountId } from '../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import { describeSuspension, type Holdings } from '../../../shared/domain/suspensions/describe-suspension.ts'

const user = principalId.parse('92307020-41b6-05ce-951e-70dfe8931aa1')
const at = '2026-11-23T09:12:40.000Z'
const by = { principalId: 'AWS:AROAEXAMPLE:hr-pipeline', sourceIpAddress: '198.51.100.7', at }
const access = (account: string, set: string) =>
  renderAssignmentKey({
    accountId: accountId.parse(account),
    permissionSet: permissionSetName.parse(set),
    principalId: user,
    type: 'USER',
  })
const nothing: Holdings = { user, ours: [], memberships: [], kept: [], failed: [], foreign: [], groups: [] }

function tell(name: string, holdings: Partial<Holdings>): string {
  const input = `suspended/${name}`
  const described = describeSuspension({ ...nothing, ...holdings }, true)
  const status = renderStatus({ ...{ input, updatedAt: at, principalId: user, by }, ...described })
  const end = exitCodeOf(described) === 0 ? '' : 'exit code: 1\n'
  return `$ ssofile suspend ${name} --reason 'left the company' --ticket HR-4711\n${status}${end}`
}

/** What `ssofile suspend` prints: nothing is left, something of others is, and one person too many. */
export function renderSuspendSamples(): string {
  const held = 'held by the brake: more than 5 people were suspended within 15 minutes by AWS:AROAEXAMPLE'
  const ours = [access('233000000001', 'Billing-ps')]
  const told = [
    tell('kenji.ito@acme.example', {}),
    tell('ama.osei@acme.example', {
      foreign: [access('233000000002', 'ViewOnlyAccess')],
      groups: ['team-Shop'],
    }),
    tell('lars.jensen@acme.example', { ours, held }),
  ]
  return told.map((one) => `\`\`\`\n${one}\`\`\`\n`).join('\n')
}
