import { expect, test } from '@jest/globals'
import { noGuardrails, parsePolicyFile } from '../../../../../shared/domain/guardrails/policy-file.ts'
import { accountId } from '../../../../../shared/domain/organization/account-id.ts'
import { judgeRisk } from '../../../../../shared/modules/page/rules/judge-risk.ts'

const [shop, ledger] = ['231000000001', '233000000001'].map((id) => accountId.parse(id)) as [never, never]
const body = Buffer.from(
  JSON.stringify({ contact: 'security', watch: [{ accounts: ['2330*'], permissionSets: ['Power*'] }] }),
)
const policy = parsePolicyFile('policies/security.json', body)
const guardrails = { policies: policy.ok ? [policy.value] : [], broken: [] }
const plain = {
  permissionSet: 'Read-ps',
  allowsEverything: false,
  accounts: [{ id: shop, tags: { env: 'test', Name: 'prod of the shop' } }],
  guardrails: noGuardrails,
}

test.each([
  ['nothing of it', {}, []],
  ['a file that allows everything', { allowsEverything: true }, ['Administrator-like: Read-ps allows everything']],
  ['a file that does not, whatever its name', { permissionSet: 'BillingAdmin-ps' }, []],
  [
    'a name without a file',
    { permissionSet: 'BillingAdmin-ps', allowsEverything: undefined },
    ['Administrator-like: by its name; ssofile has no file of BillingAdmin-ps'],
  ],
  [
    'the tag of the account',
    { accounts: [{ id: shop, tags: { stage: 'Production' } }] },
    ['Production: the account has the tag stage = Production'],
  ],
  [
    'the tag of one of several accounts',
    { accounts: [...plain.accounts, { id: ledger, tags: { env: 'prod' } }] },
    ['Production: 1 of 2 accounts have the tag env = prod'],
  ],
  [
    'a policy that watches',
    { permissionSet: 'Power-ps', accounts: [{ id: ledger, tags: {} }], guardrails },
    ['Watched: policies/security.json watches for such access'],
  ],
  ['a policy that watches elsewhere', { permissionSet: 'Power-ps', guardrails }, []],
])('an approver is warned by %s', (_, facts, risks) => {
  expect(judgeRisk({ ...plain, ...facts }).map(({ label, why }) => `${label}: ${why}`)).toEqual(risks)
})
