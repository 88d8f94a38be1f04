import type { PageAttention } from '../../domain/access-page/page-data.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { groupMostBytes, groupPrefix, parseGroupFile } from '../../domain/people/group-file.ts'
import { judgeOwner } from '../../domain/people/judge-owner.ts'
import { suspensionPrefix } from '../../domain/people/suspension.ts'
import { permissionSetPrefix } from '../../domain/permission-sets/permission-set-file.ts'
import { principalName } from '../../domain/principals/principal.ts'
import { quote } from '../../domain/statuses/complaint.ts'
import { renderCsv } from '../../domain/text/render-csv.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { People } from '../preview/people.ts'
import type { SuspensionOf } from '../preview/read-suspensions.ts'
import { forEachAtOnce, listHeads } from '../records/list-heads.ts'
import { PrincipalNames } from '../records/principal-names.ts'
import { readInput } from '../records/read-input.ts'
import { readPermissionSetFile } from '../records/read-permission-set-file.ts'

/** A link, group or permission set whose owner does not answer any more. */
export type Orphan = { readonly input: string; readonly owner: string; readonly why: string }

/** The inputs whose owner is a user who is gone, disabled or suspended, ascending. `owners`: by input, of links that grant. */
export async function findOrphans(
  owners: ReadonlyMap<string, string>,
  context: {
    readonly objects: ObjectStore
    readonly people: Pick<People, 'idsByName' | 'find'>
    readonly suspensionOf: SuspensionOf
    readonly configuration: Pick<Configuration, 'principalSuffix'>
  },
): Promise<readonly Orphan[]> {
  const all = new Map([...owners, ...(await readOwners(context.objects))])
  if (all.size === 0) return []
  const { people, suspensionOf } = context
  const [users, groups, before] = await Promise.all([
    people.idsByName('USER'),
    people.idsByName('GROUP'),
    listNamesBefore(context.objects),
  ])
  const judged = new Map<string, string | undefined>()
  for (const owner of new Set(all.values())) {
    const name = principalName.safeParse(owner + context.configuration.principalSuffix).data
    const id = name && users.get(name)
    const user = id && (await people.find('USER', [id])).get(id)
    const known = user && { isDisabled: user.isDisabled === true, isSuspended: suspensionOf(id, name) !== undefined }
    const isGroup = name !== undefined && groups.has(name)
    judged.set(owner, judgeOwner(owner, { user: known, isGroup, wasUser: before.has(owner) }))
  }
  const found = [...all].flatMap(([input, owner]) => {
    const why = judged.get(owner)
    return why === undefined ? [] : [{ input, owner, why }]
  })
  return found.sort((a, b) => (a.input < b.input ? -1 : 1))
}

export function renderOrphans(orphans: readonly Orphan[]): string {
  return renderCsv([['input', 'owner', 'why'], ...orphans.map(({ input, owner, why }) => [input, owner, why])])
}

/** On the page it wants attention: nothing is revoked for it. */
export function tellOrphan({ input, owner, why }: Orphan): PageAttention {
  return {
    input,
    state: 'orphaned',
    reason: `its owner is '${quote(owner)}', and ${why}`,
    remedy: 'upload it again with another owner; nothing is revoked for this',
  }
}

/** Of groups and permission sets, as their files say. */
async function readOwners(objects: ObjectStore): Promise<ReadonlyMap<string, string>> {
  const owners = new Map<string, string>()
  await forEachAtOnce((await listHeads(objects, groupPrefix)).keys(), async (key) => {
    const found = await readInput(objects, key, { mostBytes: groupMostBytes })
    if (!found || 'complaint' in found) return
    const file = parseGroupFile(key, found.body, found.size)
    if (file.ok && file.value.owner !== undefined) owners.set(key, file.value.owner)
  })
  await forEachAtOnce((await listHeads(objects, permissionSetPrefix)).keys(), async (key) => {
    const file = (await readPermissionSetFile(objects, key))?.file
    if (file?.ok && file.value.owner !== undefined) owners.set(key, file.value.owner)
  })
  return owners
}

/** Users whom the bucket knows by name: who had access, or a file that suspends. */
async function listNamesBefore(objects: ObjectStore): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  for await (const { type, name } of new PrincipalNames(objects).list()) if (type === 'USER') names.add(name)
  for (const key of (await listHeads(objects, suspensionPrefix)).keys()) names.add(key.slice(suspensionPrefix.length))
  return names
}
