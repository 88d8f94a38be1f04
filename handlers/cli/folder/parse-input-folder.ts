import { linkPrefix } from '../../../shared/domain/links/link.ts'
import { definitionOf } from '../../../shared/domain/permission-sets/permission-set-changes.ts'
import {
  parsePermissionSetFile,
  permissionSetFileMostBytes,
  permissionSetPrefix,
} from '../../../shared/domain/permission-sets/permission-set-file.ts'
import { type Parsed, parsed, refused } from '../../../shared/domain/statuses/complaint.ts'
import type { ImportSource, WantedPermissionSet } from '../../../shared/modules/take-over/rules/import-source.ts'
import { parseLinkList } from '../take-over/parse-link-list.ts'
import { type InputFile, listFolder } from './folder-inputs.ts'

/**
 * Reads a copy of a bucket of aws-samples "aws-iam-identity-center-extensions", as `aws s3 sync` makes it. Its `links_data/` and
 * `permission_sets/` have our grammar. Its samples wrap a permission set in an envelope (`{ action, permissionSetData }`), which ssofile
 * refuses elsewhere.
 */
export async function parseInputFolder(folder: string): Promise<Parsed<ImportSource>> {
  const { files, faults } = await listFolder(folder)
  const [fault] = faults
  if (fault) return refused({ object: fault.key, ...fault })
  const keys = files.map(({ key }) => key)
  const links = keys.filter((key) => key.startsWith(linkPrefix))
  const listed = links.length === 0 ? undefined : parseLinkList(folder, links.join('\n'))
  if (listed?.ok === false) return listed
  const permissionSets: WantedPermissionSet[] = []
  for (const file of files.filter(({ key }) => key.startsWith(permissionSetPrefix))) {
    const read = await parseSet(file)
    if (!read.ok) return read
    permissionSets.push(read.value)
  }
  return parsed({ assignments: [], links: listed?.value.links ?? [], permissionSets })
}

async function parseSet({ key, read }: InputFile): Promise<Parsed<WantedPermissionSet>> {
  const file = parsePermissionSetFile(key, unwrap(await read(permissionSetFileMostBytes)))
  if (!file.ok) return file
  return parsed({ name: file.value.name, definition: definitionOf(file.value), place: key })
}

/** Removes the envelope if there is one. */
function unwrap(body: Uint8Array): Uint8Array {
  try {
    const { permissionSetData } = JSON.parse(new TextDecoder().decode(body))
    return typeof permissionSetData === 'object' ? new TextEncoder().encode(JSON.stringify(permissionSetData)) : body
  } catch {
    // The reader refuses a body that is no JSON.
    return body
  }
}
