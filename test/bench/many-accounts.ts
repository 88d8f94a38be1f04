import { type OrganizationFile, organizationFile } from '../../shared/memory/organization-file.ts'

export const idOf = (number: number): string => String(300_000_000_000 + number)

type Many = {
  readonly accounts: number
  readonly groups: readonly string[]
  readonly users?: readonly string[]
  readonly permissionSets?: readonly string[]
  readonly tagsOf?: (account: number) => Readonly<Record<string, string>>
}

/** Account 0 is the management account; `accounts` others, from 1 on, stand at the root beside it. */
export function manyAccounts({
  accounts,
  groups,
  users = [],
  permissionSets = [],
  tagsOf = () => ({}),
}: Many): OrganizationFile {
  const account = (number: number) => ({
    id: idOf(number),
    name: `account-${number}`,
    email: `account-${number}@bench.example`,
    tags: tagsOf(number),
  })
  return organizationFile.parse({
    managementAccountId: idOf(0),
    root: {
      id: 'r-bench',
      accounts: Array.from({ length: accounts + 1 }, (_, number) => account(number)),
      organizationalUnits: [],
    },
    groups: [...groups],
    users: [...users],
    permissionSets: permissionSets.map((permissionSetName) => ({ permissionSetName })),
  })
}
