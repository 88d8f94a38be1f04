import {
  DescribeAccountCommand,
  DescribeOrganizationalUnitCommand,
  DescribeOrganizationCommand,
  ListAccountsCommand,
  type OrganizationsClient,
  paginateListRoots,
  paginateListTagsForResource,
  type Account as SdkAccount,
} from '@aws-sdk/client-organizations'
import { type AccountId, accountId } from '../domain/organization/account-id.ts'
import { type Account, account as accountSchema } from '../domain/organization/organization-view.ts'
import { once } from '../ports/once.ts'
import type { Organizations } from '../ports/organizations.ts'
import type { Page } from '../ports/page.ts'
import type { ServiceError } from '../ports/service-error.ts'
import { answerOf, answerOrAbsent, parseAnswer } from './answers.ts'

/**
 * AWS Organizations over the SDK. The limits are low and per operation (DescribeOrganization and ListRoots one a second), so
 * constant facts are read once.
 */
export class AwsOrganizations implements Organizations {
  readonly #client: OrganizationsClient
  readonly managementAccountId: () => Promise<AccountId>
  readonly #rootNames: () => Promise<ReadonlyMap<string, string>>

  constructor(client: OrganizationsClient) {
    this.#client = client
    this.managementAccountId = once(() => this.#askManagementAccountId())
    this.#rootNames = once(() => this.#askRootNames())
  }

  async listAccounts(nextToken?: string): Promise<Page<Account>> {
    const call = this.#client.send(new ListAccountsCommand({ NextToken: nextToken, MaxResults: 20 }))
    const output = await answerOf('organizations', call)
    return { items: (output.Accounts ?? []).map(parseAccount), nextToken: output.NextToken }
  }

  async describeAccount(id: AccountId): Promise<Account | undefined> {
    const call = this.#client.send(new DescribeAccountCommand({ AccountId: id }))
    const output = await answerOrAbsent('organizations', call, ({ code }) => code === 'AccountNotFoundException')
    return output && parseAccount(output.Account ?? {})
  }

  async listTags(id: AccountId): Promise<Readonly<Record<string, string>>> {
    const pages = paginateListTagsForResource({ client: this.#client }, { ResourceId: id })
    const tags = (await answerOf('organizations', Array.fromAsync(pages))).flatMap(({ Tags = [] }) => Tags)
    return Object.fromEntries(tags.flatMap(({ Key, Value }) => (Key === undefined ? [] : [[Key, Value ?? '']])))
  }

  async parentName(id: string): Promise<string | undefined> {
    if (id.startsWith('r-')) return (await this.#rootNames()).get(id)
    const call = this.#client.send(new DescribeOrganizationalUnitCommand({ OrganizationalUnitId: id }))
    const isAbsence = ({ code }: ServiceError) => code === 'OrganizationalUnitNotFoundException'
    const output = await answerOrAbsent('organizations', call, isAbsence)
    return output && (output.OrganizationalUnit?.Name ?? '')
  }

  async #askManagementAccountId(): Promise<AccountId> {
    const output = await answerOf('organizations', this.#client.send(new DescribeOrganizationCommand({})))
    const member = { service: 'organizations', member: 'MasterAccountId' } as const
    return parseAnswer(member, accountId, output.Organization?.MasterAccountId)
  }

  async #askRootNames(): Promise<ReadonlyMap<string, string>> {
    const pages = await answerOf('organizations', Array.fromAsync(paginateListRoots({ client: this.#client }, {})))
    const roots = pages.flatMap(({ Roots = [] }) => Roots)
    return new Map(roots.flatMap(({ Id, Name = '' }) => (Id === undefined ? [] : [[Id, Name] as const])))
  }
}

/**
 * Converts the SDK's account. It is UNPLACED if State or Paths are missing, or the State is unknown here: one such account must
 * not fail the whole listing. Throws if there is no id.
 */
export function parseAccount({ Id, Name, State, Paths }: SdkAccount): Account {
  const [path] = Paths ?? []
  const state = accountSchema.shape.state.safeParse(State).data
  const isPlaced = state !== undefined && path !== undefined
  return {
    id: parseAnswer({ service: 'organizations', member: 'the id of an account' }, accountId, Id),
    name: Name ?? '',
    state: isPlaced ? state : 'UNPLACED',
    parents: isPlaced ? parseParents(path) : [],
  }
}

/** `o-x/r-y/ou-…/123456789012/` without the organization and the account: from the root down to its parent. */
function parseParents(path: string): string[] {
  return path.split('/').filter((id) => id.startsWith('r-') || id.startsWith('ou-'))
}
