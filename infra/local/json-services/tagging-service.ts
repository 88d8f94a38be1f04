import * as z from 'zod'
import { type MemoryOrganizations, taggedMost } from '../../../shared/memory/organizations/memory-organizations.ts'
import { type JsonOperation, operation } from './json-operation.ts'

/**
 * The Resource Groups Tagging API for accounts: GetResources of `ResourceGroupsTaggingAPI_20170126`. A caller sees the resources of its own
 * account, and accounts of an organization are resources of the management account. The last page has an empty token.
 */
export function taggingOperations(
  model: MemoryOrganizations,
  isInManagementAccount: () => boolean,
): Readonly<Record<string, JsonOperation>> {
  const input = {
    ResourceTypeFilters: z.tuple([z.literal('organizations:account')]),
    ResourcesPerPage: z.int().min(1).max(taggedMost).optional(),
    PaginationToken: z.string().max(2_048).optional(),
  }
  return {
    GetResources: operation(input, async ({ ResourcesPerPage: most = 50, PaginationToken: token }) => {
      if (!isInManagementAccount()) return { PaginationToken: '', ResourceTagMappingList: [] }
      const page = model.listTaggedAccounts({ nextToken: token || undefined, most })
      const rows = page.items.map(({ id, tags }) => ({
        ResourceARN: model.accountDetails(id).arn,
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      }))
      return { PaginationToken: page.nextToken ?? '', ResourceTagMappingList: rows }
    }),
  }
}
