import {
  DescribeGroupCommand,
  DescribeUserCommand,
  type IdentitystoreClient,
  paginateListGroupMembershipsForMember,
} from '@aws-sdk/client-identitystore'
import {
  DescribePermissionSetCommand,
  ListInstancesCommand,
  paginateListAccountAssignments,
  paginateListAccountAssignmentsForPrincipal,
  paginateListPermissionSets,
  paginateListPermissionSetsProvisionedToAccount,
  type SSOAdminClient,
} from '@aws-sdk/client-sso-admin'

/** What Identity Center itself says, by names. Its calls count among the 20 per second, so names are asked for once. */
export class AccessReader {
  readonly #ssoAdmin: SSOAdminClient
  readonly #identityStore: IdentitystoreClient
  readonly #names = new Map<string, string>()
  #instance: { readonly InstanceArn: string; readonly IdentityStoreId: string } | undefined

  constructor(ssoAdmin: SSOAdminClient, identityStore: IdentitystoreClient) {
    this.#ssoAdmin = ssoAdmin
    this.#identityStore = identityStore
  }

  /** All access to an account, as `permission set%principal%TYPE`, sorted. */
  async inAccount(AccountId: string): Promise<readonly string[]> {
    const { InstanceArn } = await this.#read()
    const found: string[] = []
    const paged = { client: this.#ssoAdmin }
    for await (const { PermissionSets = [] } of paginateListPermissionSetsProvisionedToAccount(paged, {
      InstanceArn,
      AccountId,
    })) {
      for (const PermissionSetArn of PermissionSets) {
        const input = { InstanceArn, AccountId, PermissionSetArn }
        for await (const { AccountAssignments = [] } of paginateListAccountAssignments(paged, input)) {
          for (const { PrincipalId = '', PrincipalType = '' } of AccountAssignments) {
            const set = await this.#permissionSetName(PermissionSetArn)
            found.push(`${set}%${await this.#principalName(PrincipalType, PrincipalId)}%${PrincipalType}`)
          }
        }
      }
    }
    return found.sort()
  }

  /** Where a principal has access, as `account%permission set`, sorted: one call. */
  async ofPrincipal(PrincipalType: 'GROUP' | 'USER', PrincipalId = ''): Promise<readonly string[]> {
    const { InstanceArn } = await this.#read()
    const found: string[] = []
    for await (const { AccountAssignments = [] } of paginateListAccountAssignmentsForPrincipal(
      { client: this.#ssoAdmin },
      { InstanceArn, PrincipalId, PrincipalType },
    )) {
      for (const { AccountId, PermissionSetArn = '' } of AccountAssignments)
        found.push(`${AccountId}%${await this.#permissionSetName(PermissionSetArn)}`)
    }
    return found.sort()
  }

  /** The ids of the groups that a user is in, as the directory lists them. */
  async groupsOf(UserId: string): Promise<readonly string[]> {
    const input = { IdentityStoreId: await this.identityStoreId(), MemberId: { UserId } }
    const found: string[] = []
    const paged = { client: this.#identityStore }
    for await (const { GroupMemberships = [] } of paginateListGroupMembershipsForMember(paged, input))
      found.push(...GroupMemberships.flatMap(({ GroupId }) => GroupId ?? []))
    return found
  }

  async identityStoreId(): Promise<string> {
    return (await this.#read()).IdentityStoreId
  }

  async instanceArn(): Promise<string> {
    return (await this.#read()).InstanceArn
  }

  async permissionSetArn(name: string): Promise<string> {
    const { InstanceArn } = await this.#read()
    for await (const { PermissionSets = [] } of paginateListPermissionSets(
      { client: this.#ssoAdmin },
      { InstanceArn },
    )) {
      for (const arn of PermissionSets) if ((await this.#permissionSetName(arn)) === name) return arn
    }
    throw new Error(`Identity Center has no permission set '${name}'`)
  }

  async #read() {
    if (this.#instance) return this.#instance
    const { Instances = [] } = await this.#ssoAdmin.send(new ListInstancesCommand({}))
    // The account's own instance, where it has one, is listed first.
    const { InstanceArn, IdentityStoreId } = Instances.at(-1) ?? {}
    if (InstanceArn === undefined || IdentityStoreId === undefined) throw new Error('there is no Identity Center')
    this.#instance = { InstanceArn, IdentityStoreId }
    return this.#instance
  }

  async #permissionSetName(PermissionSetArn: string): Promise<string> {
    const { InstanceArn } = await this.#read()
    return this.#named(PermissionSetArn, async () => {
      const answer = await this.#ssoAdmin.send(new DescribePermissionSetCommand({ InstanceArn, PermissionSetArn }))
      return answer.PermissionSet?.Name
    })
  }

  async #principalName(type: string, id: string): Promise<string> {
    const { IdentityStoreId } = await this.#read()
    return this.#named(id, async () =>
      type === 'GROUP'
        ? (await this.#identityStore.send(new DescribeGroupCommand({ IdentityStoreId, GroupId: id }))).DisplayName
        : (await this.#identityStore.send(new DescribeUserCommand({ IdentityStoreId, UserId: id }))).UserName,
    )
  }

  async #named(id: string, ask: () => Promise<string | undefined>): Promise<string> {
    const name = this.#names.get(id) ?? (await ask()) ?? id
    this.#names.set(id, name)
    return name
  }
}
