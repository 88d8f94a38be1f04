import { ListTagsForResourceCommand, OrganizationsClient, paginateListAccounts } from '@aws-sdk/client-organizations'
import type { LocalSystem } from './local-system.ts'

export type DesiredAccess = {
  /** `account permission set principal TYPE`, sorted. */
  readonly assignments: readonly string[]
  /** In how many accounts each link grants. */
  readonly accountsOf: ReadonlyMap<string, number>
}

type Member = {
  readonly id: string
  readonly parents: readonly string[]
  readonly tags: Readonly<Record<string, string>>
}

/**
 * What the links in the bucket ask for, by what AWS Organizations says of its accounts at this moment: read and computed
 * here in the plainest way, without a line of the product.
 */
export async function readDesiredAccess(system: LocalSystem, nested: boolean): Promise<DesiredAccess> {
  const members = await readMembers(system)
  const assignments = new Set<string>()
  const accountsOf = new Map<string, number>()
  for (const link of await system.keys('links_data/')) {
    const [scope = '', value = '', permissionSet, principal, type] = link.slice('links_data/'.length).split('%')
    const within = members.filter((member) => isIn(member, scope, value, nested))
    for (const { id } of within) assignments.add(`${id} ${permissionSet} ${principal} ${type}`)
    accountsOf.set(link, within.length)
  }
  return { assignments: [...assignments].sort(), accountsOf }
}

function isIn({ id, parents, tags }: Member, scope: string, value: string, nested: boolean): boolean {
  if (scope === 'root') return true
  if (scope === 'account') return id === value
  if (scope === 'ou_id') return nested ? parents.includes(value) : parents.at(-1) === value
  const [key = '', wanted] = value.split('^')
  return tags[key] === wanted
}

/** The accounts that can hold access: active, and not the management account. */
async function readMembers(system: LocalSystem): Promise<readonly Member[]> {
  const credentials = { accessKeyId: 'auditor', secretAccessKey: 'any' }
  const client = new OrganizationsClient({ endpoint: system.url, region: 'us-east-1', credentials, maxAttempts: 12 })
  const members: Member[] = []
  for await (const { Accounts = [] } of paginateListAccounts({ client }, {})) {
    for (const { Id = '', State, Paths: [path = ''] = [] } of Accounts) {
      if (State !== 'ACTIVE' || Id === '111111111111') continue
      const { Tags = [] } = await client.send(new ListTagsForResourceCommand({ ResourceId: Id }))
      const tags = Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]))
      members.push({ id: Id, parents: path.split('/').slice(1, -2), tags })
    }
  }
  client.destroy()
  return members
}
