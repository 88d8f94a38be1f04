import { isFolderMarker } from '../links/link.ts'
import { splitFolder } from '../links/link-fields.ts'
import { isNameOf, type PrincipalName, principalName, spellings } from '../principals/principal.ts'
import { type Complaint, type Parsed, parsed, quote, refused } from '../statuses/complaint.ts'

export const membershipPrefix = 'memberships/'

/** Same limit as for links: ssofile puts its own prefixes before a key, and they need room. */
const keyMostBytes = 900
const suffix = '%ssofile'
const form = 'memberships/<folder>/<group>%<user name>%ssofile'

/** A user to put into a group. Names are spelled as in links, without `principalSuffix`. */
export type Membership = { readonly group: PrincipalName; readonly user: PrincipalName }
/** `folder`: absent for a file directly under `memberships/`. */
export type MembershipFile = Membership & { readonly key: string; readonly folder: string | undefined }

/** The name of a membership for the brake and in `changes/`. */
export function renderMembership({ group, user }: Membership): string {
  return `${group}%${user}`
}

/** The group in a name from `renderMembership`. */
export function groupOfMembership(name: string): string {
  return name.slice(0, name.lastIndexOf('%'))
}

/** The key of a file that asks for this membership. */
export function membershipKey(membership: Membership, folder: string | undefined): string {
  return `${startOf(folder)}${renderMembership(membership)}${suffix}`
}

function startOf(folder: string | undefined): string {
  return membershipPrefix + (folder === undefined ? '' : `${folder}/`)
}

/** The beginnings of the keys of all files for this group. Other groups, with `%` in their names, may have keys that begin alike. */
export function membershipBeginnings(group: PrincipalName, folders: readonly string[]): readonly string[] {
  return [undefined, ...folders].map((folder) => `${startOf(folder)}${group}%`)
}

export function membershipKeys(membership: Membership, folders: readonly string[]): readonly string[] {
  return [undefined, ...folders].map((folder) => membershipKey(membership, folder))
}

/** The folder of a key under `memberships/`, declared or not. `undefined`: the file has no folder. */
export function folderOfMembership(key: string): string | undefined {
  return splitFolder(key.slice(membershipPrefix.length)).folder
}

/**
 * The membership that a key under `memberships/` asks for. User names here have no `%` and group names no `/`, so a key has only one
 * meaning. Only `folders` count.
 */
export function parseMembershipKey(key: string, folders: readonly string[]): Parsed<MembershipFile> {
  const { folder, rest } = splitFolder(key.slice(membershipPrefix.length))
  const fault = findFault(key, rest)
  if (fault) return refused({ object: key, ...fault })
  const names = rest.slice(0, -suffix.length)
  const at = names.lastIndexOf('%')
  const group = principalName.safeParse(names.slice(0, at))
  const user = principalName.safeParse(names.slice(at + 1))
  if (at < 0 || !group.success || !user.success)
    return refused({
      object: key,
      received: `the name '${quote(rest)}'`,
      expected: `a name such as oncall%kenji.ito@acme.example${suffix}`,
      remedy: `upload it again as ${form}, then delete this one`,
    })
  for (const [type, name] of [['GROUP', group.data] as const, ['USER', user.data] as const])
    if (!isNameOf(type, name))
      return refused({
        object: key,
        received: `'${quote(name)}'`,
        expected: spellings[type],
        remedy: 'write the names as the directory has them, then delete this one',
      })
  const folderFault = findMembershipFolderFault(folder, folders)
  if (folderFault) return refused({ object: key, ...folderFault })
  return parsed({ key, folder, group: group.data, user: user.data })
}

/** Only a declared folder counts. */
export function findMembershipFolderFault(
  folder: string | undefined,
  folders: readonly string[],
): Omit<Complaint, 'object'> | undefined {
  if (folder === undefined || folders.includes(folder)) return undefined
  return {
    received: `the folder '${quote(folder)}'`,
    expected:
      folders.length === 0 ? 'no folder: none is declared' : `one of the declared folders: ${folders.join(', ')}`,
    remedy:
      'upload it to memberships/ and delete this one, or have the folder declared in the configuration ("folders")',
  }
}

/** Accepts any folder: a folder that is not declared now may have been declared before and given a membership. */
export function parseMembershipAnywhere(key: string): Parsed<MembershipFile> {
  const folder = folderOfMembership(key)
  return parseMembershipKey(key, folder === undefined ? [] : [folder])
}

function findFault(key: string, rest: string): Omit<Complaint, 'object'> | undefined {
  const again = 'then delete this one'
  const bytes = new TextEncoder().encode(key).length
  if (bytes > keyMostBytes)
    return {
      received: `a key of ${bytes} bytes`,
      expected: `at most ${keyMostBytes}`,
      remedy: `use a shorter folder or group; ${again}`,
    }
  if (key !== key.normalize('NFC') || /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u.test(key))
    return {
      received: 'a name with control characters, or not in Unicode normal form NFC',
      expected: 'printable characters in NFC',
      remedy: `write the names as the directory has them; ${again}`,
    }
  if (isFolderMarker(key) || !rest.endsWith(suffix))
    return {
      received: `the name '${quote(rest)}'`,
      expected: `a name that ends in ${suffix}`,
      remedy: `upload it again as ${form}, ${again}`,
    }
  return undefined
}
