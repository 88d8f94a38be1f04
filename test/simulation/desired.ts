import type { MemoryOrganizations } from '../../shared/memory/organizations/memory-organizations.ts'
import type { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import { selectsNow } from './kinds/governance/selector-files.ts'

type Reading = { readonly grants: (link: string) => boolean; readonly unclear: boolean }

/** The content of a link file, parsed in the plainest way. Shares no code with the product. */
type PlainLink = { key: string; scope: string; value: string; permissionSet: string; principal: string; type: string }

const grammar =
  /^links_data\/(?:(folder-a|folder-b|temporary)\/)?(root|ou_id|account_tag|account|select)%([^%]*)%([\w+=,.@-]{1,32})%(.+)%(GROUP|USER)%ssofile$/su

function readLinks(objects: MemoryObjectStore, at: Date): PlainLink[] {
  const found: PlainLink[] = []
  for (const { key } of objects.model.listPage({ prefix: 'links_data/', most: 1000 }).objects) {
    const fields = grammar.exec(key)
    const body = Buffer.from(objects.model.find(key)?.body ?? []).toString()
    if (!fields || !grantsNow(body, at)) continue
    const [, , scope = '', value = '', permissionSet = '', principal = '', type = ''] = fields
    found.push({ key, scope, value, permissionSet, principal, type })
  }
  return found
}

/** Besides its times; `request` in temporary links. A link with any other field is not valid. */
const fieldsOfLinks = ['reason', 'ticket', 'incident', 'owner', 'request']

/** `undefined`: not the name of a link. */
export function scopeOf(key: string): { readonly scope: string; readonly value: string } | undefined {
  const [, , scope = '', value = ''] = grammar.exec(key) ?? []
  const isWhole = scope !== 'root' || value === 'all'
  return scope !== '' && isWhole ? { scope, value } : undefined
}

/** The state that this body gives a link at this time. */
export function phaseOf(body: string, at: Date): 'in force' | 'waiting' | 'expired' | 'rejected' {
  try {
    const { notBefore = '1970-01-01', expiresAt = '9999-01-01', ...others } = body === '' ? {} : JSON.parse(body)
    if (Object.keys(others).some((field) => !fieldsOfLinks.includes(field))) return 'rejected'
    const [begins, ends] = [new Date(notBefore), new Date(expiresAt)]
    if (!(begins < ends)) return 'rejected'
    if (at < begins) return 'waiting'
    return at < ends ? 'in force' : 'expired'
  } catch {
    return 'rejected'
  }
}

export function grantsNow(body: string, at: Date): boolean {
  return phaseOf(body, at) === 'in force'
}

/**
 * Every assignment `account permissionSet principal TYPE` that the present world asks for. `grants`: further conditions on links, besides
 * their names and bodies. `unclear`: whether a selector that nobody can read counts as selecting.
 */
export function desiredNow(
  objects: MemoryObjectStore,
  organizations: MemoryOrganizations,
  at: Date,
  { grants = () => true, unclear = false }: Partial<Reading> = {},
): ReadonlySet<string> {
  const desired = new Set<string>()
  const isSelected = (name: string, account: Parameters<typeof selectsNow>[2]) => {
    const selects = selectsNow({ objects }, name, account)
    return selects === 'nobody knows' ? unclear : selects
  }
  const management = organizations.managementAccountIdNow
  for (const link of readLinks(objects, at).filter(({ key }) => grants(key))) {
    for (const account of organizations.accountsNow()) {
      if (account.state !== 'ACTIVE' || account.id === management) continue
      const tags = organizations.tagsNow(account.id)
      const [tagKey = '', ...rest] = link.value.split('^')
      const isIn =
        (link.scope === 'root' && link.value === 'all') ||
        (link.scope === 'account' && link.value === account.id) ||
        (link.scope === 'select' && isSelected(link.value, { ...account, tags })) ||
        (link.scope === 'ou_id' && account.parents.includes(link.value)) ||
        (link.scope === 'account_tag' && link.value.includes('^') && tags[tagKey] === rest.join('^'))
      if (isIn) desired.add(`${account.id} ${link.permissionSet} ${link.principal} ${link.type}`)
    }
  }
  return desired
}
