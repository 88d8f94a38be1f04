import type { OrganizationInput } from './local-system.ts'

const account = (id: string, tags: Record<string, string>, state: 'ACTIVE' | 'SUSPENDED' = 'ACTIVE') => ({
  id,
  name: `account-${id}`,
  email: `aws+${id}@tiny.example`,
  tags,
  state,
})

/**
 * Few accounts, so that a link for all of them takes a moment only:
 *
 *     r-tiny ─ ou-tiny-workload ─ ou-tiny-prodprod ─ 200000000002
 *            │                  ├ 200000000001
 *            │                  └ 200000000004, suspended
 *            ├ ou-tiny-sandboxs ─ 200000000003
 *            └ ou-tiny-emptyyyy
 */
export function smallOrganization(more: Partial<OrganizationInput> = {}): OrganizationInput {
  const unit = (id: string, name: string) => ({ id, name, accounts: [], organizationalUnits: [] })
  return {
    managementAccountId: '111111111111',
    root: {
      id: 'r-tiny',
      accounts: [account('111111111111', { team: 'Data' })],
      organizationalUnits: [
        {
          ...unit('ou-tiny-workload', 'Workloads'),
          accounts: [account('200000000001', { team: 'Data' }), account('200000000004', { team: 'Data' }, 'SUSPENDED')],
          organizationalUnits: [
            {
              ...unit('ou-tiny-prodprod', 'Production'),
              accounts: [account('200000000002', { team: 'Data', 'cost centre': 'Finance / Audit' })],
            },
          ],
        },
        { ...unit('ou-tiny-sandboxs', 'Sandboxes'), accounts: [account('200000000003', { team: '' })] },
        unit('ou-tiny-emptyyyy', 'Empty'),
      ],
    },
    permissionSets: [],
    assignments: [],
    ...more,
  }
}

/** A permission set file that grants little, for tests that are about links. */
export function permissionSetFile(permissionSetName: string): string {
  return JSON.stringify({ permissionSetName, managedPoliciesArnList: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] })
}
