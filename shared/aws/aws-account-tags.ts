import { STSClient } from '@aws-sdk/client-sts'
import * as z from 'zod'
import { organizationRegionOf } from '../domain/deployment/environment.ts'
import { parseLooseJson } from '../domain/json/loose-json.ts'
import { type AccountId, accountId } from '../domain/organization/account-id.ts'
import type { AccountTags, TaggedAccount } from '../ports/account-tags.ts'
import type { Page } from '../ports/page.ts'
import { ServiceError } from '../ports/service-error.ts'
import { parseAnswer } from './answers.ts'
import { type EnteredAccount, openRoles } from './assume-role-in-account.ts'
import type { AwsPortsOptions } from './aws-ports.ts'
import { callSigned } from './signed-call.ts'

const service = 'tagging'
/** The last page has an empty token. (Resource Groups Tagging API Reference, "GetResources".) */
const resources = z.object({
  PaginationToken: z.string().optional(),
  ResourceTagMappingList: z.array(
    z.object({ ResourceARN: z.string(), Tags: z.array(z.object({ Key: z.string(), Value: z.string() })) }),
  ),
})

/**
 * The tags of accounts by a role in the management account, where they belong. Organizations is global, and its resources are listed in the
 * Region of its endpoint. Opens the role again for each listing. Tries each call once.
 */
export class AwsAccountTags implements AccountTags {
  readonly #role: string
  readonly #endpoint: AwsPortsOptions['endpoint']
  readonly #enter: ReturnType<typeof openRoles>
  #entered: Promise<EnteredAccount> | undefined

  constructor(role: string, endpoint?: AwsPortsOptions['endpoint']) {
    this.#role = role
    this.#endpoint = endpoint
    this.#enter = openRoles(endpoint)
  }

  async list(managementAccountId: AccountId, nextToken?: string): Promise<Page<TaggedAccount>> {
    if (nextToken === undefined || this.#entered === undefined)
      this.#entered = this.#enter(managementAccountId, this.#role)
    const { settings } = await this.#entered
    const asked = { ResourceTypeFilters: ['organizations:account'], ResourcesPerPage: 100, PaginationToken: nextToken }
    const body = await callSigned(new STSClient(settings), {
      service,
      region: organizationRegionOf(settings.region),
      endpoint: this.#endpoint?.url,
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'ResourceGroupsTaggingAPI_20170126.GetResources',
      },
      body: JSON.stringify(asked),
    }).catch((cause: unknown) => {
      const { name, message } = cause instanceof Error ? cause : new Error(String(cause))
      // The codes of this service end so; other names are of connections.
      throw new ServiceError(service, name.endsWith('Exception') ? name : 'NoAnswer', message, { cause })
    })
    const found = parseAnswer({ service, member: 'GetResources' }, resources, parseLooseJson(body))
    const items = found.ResourceTagMappingList.flatMap(({ ResourceARN, Tags }) => {
      const id = accountId.safeParse(/:organizations::\d{12}:account\/o-[a-z0-9]+\/(\d{12})$/.exec(ResourceARN)?.[1])
      return id.success ? [{ id: id.data, tags: Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])) }] : []
    })
    return { items, nextToken: found.PaginationToken || undefined }
  }
}
