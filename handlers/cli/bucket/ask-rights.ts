import { splitFolder } from '../../../shared/domain/links/link-fields.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'

/** No object has this etag, so the condition never holds. */
const ofNothing = { ifMatch: '00000000000000000000000000000000' }

/**
 * Throws AccessDenied if the caller may not write or delete one of these keys. A command calls it before its first of several writes. It
 * writes nothing. S3 checks the right before it looks at the condition. (S3 User Guide, "Add preconditions to S3 operations".)
 */
export async function askRights(
  objects: ObjectStore,
  { puts, deletions = [] }: { readonly puts: readonly string[]; readonly deletions?: readonly string[] },
): Promise<void> {
  for (const key of onePerFolder(puts)) await objects.put(key, new Uint8Array(), ofNothing)
  for (const key of onePerFolder(deletions)) await objects.delete(key, ofNothing)
}

const under = (prefix: string) => `${prefix}/ssofile-asks-whether-it-may-write`

/**
 * Probe keys: one under each prefix that `import` writes, with a name that no record has. `restore` writes these prefixes and records of
 * people.
 */
export const keysOfImport = [
  'permission_sets',
  'links_data',
  'owned_permission_sets',
  'assignments',
  'foreign',
  'access',
  'history',
  'changes',
  'status/permission_sets',
  'state',
].map(under)

/** `import` deletes the foreign records of adopted access. */
export const rightsOfImport = { puts: keysOfImport, deletions: ['foreign', 'access'].map(under) }

export const rightsOfRestore = {
  ...rightsOfImport,
  puts: [
    ...keysOfImport,
    ...[
      'owned_groups',
      'owned_memberships',
      'owned_people',
      'status/links_data',
      'status/memberships',
      'status/suspended',
      'status/too-long',
    ].map(under),
  ],
}

/** One key per folder, since rights apply to prefixes and folders. */
function onePerFolder(keys: readonly string[]): readonly string[] {
  return [...new Map(keys.map((key) => [folderOf(key), key])).values()]
}

function folderOf(key: string): string {
  const [prefix = ''] = key.split('/', 1)
  return `${prefix}/${splitFolder(key.slice(prefix.length + 1)).folder ?? ''}`
}
