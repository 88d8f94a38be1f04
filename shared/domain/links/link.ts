import * as z from 'zod'
import { isSystemFile, unlessSystemFile } from '../json/system-file.ts'
import { permissionSetName } from '../permission-sets/permission-set-name.ts'
import { isNameOf, nounOf, principalName, principalType, spellings } from '../principals/principal.ts'
import { parseScope, renderScope, type Scope, scopeKinds } from '../scopes/scope.ts'
import { type Complaint, type Parsed, parsed, quote, refused } from '../statuses/complaint.ts'
import { type LinkFields, splitFolder, splitLinkFields } from './link-fields.ts'
import { nearLinkName } from './near-link-key.ts'
import { foldersThatCount, temporaryFolder } from './temporary-folder.ts'

export const linkPrefix = 'links_data/'
/** ssofile writes the links of granted requests here. */
export const temporaryPrefix = `${linkPrefix}${temporaryFolder}/`

/** S3 allows 1,024 bytes. The rest is for the prefixes that ssofile puts before a key. */
export const linkKeyMostBytes = 900

/** The whole key of a valid link, `links_data/` included. */
export const linkKey = z.string().startsWith(linkPrefix).brand<'LinkKey'>()
export type LinkKey = z.infer<typeof linkKey>

/** A permission set for a principal: a link grants it in each account of its scope. */
export const grant = z.object({ permissionSet: permissionSetName, principal: principalName, type: principalType })
export type Grant = Readonly<z.infer<typeof grant>>

/** One key under `links_data/`: this permission set, to this principal, in this scope. */
export type Link = Grant & {
  readonly key: LinkKey
  /** Absent: directly under `links_data/`. */
  readonly folder?: string
  readonly scope: Scope
}

const form = 'scope%value%permissionSet%principal%TYPE%ssofile'
const again = 'upload it again and delete this one'

/** S3 consoles make an empty object whose key ends in `/` for a folder. It is not an input. */
export function isFolderMarker(key: string): boolean {
  return key.endsWith('/')
}

export function renderLinkKey(link: Omit<Link, 'key'>): LinkKey {
  const folder = link.folder === undefined ? '' : `${link.folder}/`
  return linkKey.parse(`${linkPrefix}${folder}${renderScope(link.scope)}%${renderGrant(link)}`)
}

/** The last four fields of a link or ledger key. */
export function renderGrant({ permissionSet, principal, type }: Grant): string {
  return `${permissionSet}%${principal}%${type}%ssofile`
}

/**
 * The link that `key` spells: three fields from the left, two from the right, the principal between them. Anchored, in linear time, and
 * never throws. `folders`: those that the configuration declares. If a valid key is near, the complaint's remedy names it.
 */
export function parseLinkKey(key: string, folders: readonly string[]): Parsed<Link> {
  const link = judgeLinkKey(key, folders)
  if (link.ok) return link
  const near = isSystemFile(key) ? undefined : findNearKey(key, folders)
  if (near === undefined) return unlessSystemFile(link)
  return refused({ ...link.complaint, remedy: `upload it again as '${near}', then delete this one` })
}

/** The valid ones among keys of links. */
export function linksIn(keys: Iterable<string>, folders: readonly string[]): Link[] {
  return [...keys].flatMap((key) => {
    const link = parseLinkKey(key, folders)
    return link.ok ? [link.value] : []
  })
}

/** Accepts any folder: the configuration may declare it later, or may have declared it before. */
export function parseLinkAnywhere(key: string): Parsed<Link> {
  const { folder } = splitFolder(key.slice(linkPrefix.length))
  return parseLinkKey(key, folder === undefined ? [] : [folder])
}

/** Only suggests text that people can read and copy from a status or a terminal. */
function findNearKey(key: string, folders: readonly string[]): string | undefined {
  if (!key.startsWith(linkPrefix) || isTooLong(key)) return undefined
  const near = linkPrefix + nearLinkName(key.slice(linkPrefix.length), folders)
  return judgeLinkKey(near, folders).ok && quote(near, linkKeyMostBytes) === near ? near : undefined
}

/** As `parseLinkKey`, but looks for no near key: for keys that nobody typed. */
export function judgeLinkKey(key: string, folders: readonly string[]): Parsed<Link> {
  const fault = findKeyFault(key)
  if (fault) return refused({ object: key, ...fault })
  const { folder, rest } = splitFolder(key.slice(linkPrefix.length))
  const fields = splitLinkFields(rest)
  if (fields === undefined) return refused({ object: key, ...tooFewFields(rest) })
  const link = parseFields(fields)
  if ('expected' in link) return refused({ object: key, ...link })
  const folderFault = findFolderFault(folder, folders)
  if (folderFault) return refused({ object: key, ...folderFault })
  if (folder === temporaryFolder && link.type === 'GROUP') return refused({ object: key, ...temporaryGroup })
  return parsed({ key: linkKey.parse(key), folder, ...link })
}

type Fault = Omit<Complaint, 'object'>

const temporaryGroup: Fault = {
  received: 'a group',
  expected: 'a user: temporary access belongs to the one person who asked for it',
  remedy: 'ask for yourself, with your user name before %USER%ssofile (ssofile request); delete this one',
}

/** A fault in the key's bytes, before its grammar. */
function findKeyFault(key: string): Fault | undefined {
  if (isTooLong(key)) {
    return {
      received: `a key of ${byteLength(key)} bytes`,
      expected: `at most ${linkKeyMostBytes} bytes in UTF-8`,
      remedy: `use a shorter folder, or give the tag or the principal a shorter name; then ${again}`,
    }
  }
  if (key !== key.normalize('NFC')) {
    return {
      received: 'a name that is not in Unicode normal form NFC (macOS writes accented letters as two characters)',
      expected: 'the same name in NFC, which looks the same',
      remedy: `normalize the file name to NFC; then ${again}`,
    }
  }
  // A principal holding one of these could not be told from another in a listing, a report or a terminal.
  const control = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u.exec(key)?.[0]
  if (control !== undefined) {
    return {
      received: `a name with the control character ${quote(control)}`,
      expected: 'printable characters',
      remedy: `leave that character out (a line end in the list that the names were read from?); then ${again}`,
    }
  }
  if (!key.startsWith(linkPrefix)) {
    return {
      received: `the key '${quote(key)}'`,
      expected: `a key under ${linkPrefix}`,
      remedy: `upload it again under ${linkPrefix} and delete this one`,
    }
  }
  return undefined
}

function tooFewFields(rest: string): Fault {
  const count = rest.split('%').length
  return {
    received: `${count} field${count === 1 ? '' : 's'}`,
    expected: `six fields: ${form}`,
    remedy: /^[^%]*\.json$/i.test(rest)
      ? 'if it is a permission set, upload it under permission_sets/, then delete this one'
      : `write all six, as in root%all%ReadOnly%team-a%GROUP%ssofile; then ${again}`,
  }
}

/** Only a declared folder counts. */
export function findFolderFault(folder: string | undefined, folders: readonly string[]): Fault | undefined {
  if (folder === undefined || foldersThatCount(folders).includes(folder)) return undefined
  return {
    received: told('folder', folder),
    expected: declared(folders),
    remedy:
      'upload it to links_data/ and delete this one, or have the folder declared in the configuration ("folders")',
  }
}

function parseFields(fields: LinkFields): (Grant & { readonly scope: Scope }) | Fault {
  if (fields.suffix !== 'ssofile') {
    return {
      received: told('last field', fields.suffix),
      expected: "'ssofile' as the last field, nothing after it",
      remedy: `end the name with %ssofile; then ${again}`,
    }
  }
  const kind = scopeKinds.find((candidate) => candidate === fields.scope)
  if (kind === undefined) {
    return {
      received: told('scope', fields.scope),
      expected: `one of ${scopeKinds.join(', ')} as the scope`,
      remedy: `begin the name with one of these, as in ${form}; then ${again}`,
    }
  }
  const type = principalType.safeParse(fields.type)
  if (!type.success) {
    return {
      received: told('type', fields.type),
      expected: "'GROUP' or 'USER' in capitals",
      remedy: `write %GROUP%ssofile or %USER%ssofile at the end; then ${again}`,
    }
  }
  const scope = parseScope(kind, fields.value)
  if ('expected' in scope) {
    return {
      received: told('value', fields.value),
      expected: `${scope.expected} after ${kind}%`,
      remedy: `${scope.remedy}; then ${again}`,
    }
  }
  const permissionSet = permissionSetName.safeParse(fields.permissionSet)
  if (!permissionSet.success) {
    const { length } = fields.permissionSet
    const tag = kind === 'account_tag' ? ' (a tag with % in it cannot be named: use another scope)' : ''
    return {
      received: `${told('permission set', fields.permissionSet)}${length > 32 ? ` of ${length} characters` : ''}`,
      expected: '1 to 32 letters (A to Z, a to z), digits or any of _ + = , . @ - as the third field',
      remedy: `write the name that the permission set has in IAM Identity Center${tag}; then ${again}`,
    }
  }
  const principal = principalName.safeParse(fields.principal)
  if (!principal.success) {
    const noun = nounOf(type.data)
    return {
      received: 'an empty principal',
      expected: `the name of a ${noun} as the fourth field`,
      remedy: `write the ${noun} before %${type.data}%ssofile; then ${again}`,
    }
  }
  if (!isNameOf(type.data, principal.data)) {
    return {
      received: told('principal', fields.principal),
      expected: spellings[type.data],
      remedy: `write the name as the directory has it; then ${again}`,
    }
  }
  return { scope, permissionSet: permissionSet.data, principal: principal.data, type: type.data }
}

function told(field: string, received: string): string {
  return received === '' ? `an empty ${field}` : `${field} '${quote(received)}'`
}

/** A character of a JavaScript string has one to three bytes in UTF-8, so most keys need no encoding here. */
function isTooLong(key: string): boolean {
  if (key.length > linkKeyMostBytes || 3 * key.length <= linkKeyMostBytes) return key.length > linkKeyMostBytes
  return byteLength(key) > linkKeyMostBytes
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}

function declared(folders: readonly string[]): string {
  return folders.length === 0
    ? `a link directly under ${linkPrefix} (no folders are declared)`
    : `a link directly under ${linkPrefix} or in one of the declared folders ${folders.map((folder) => `'${quote(folder)}'`).join(', ')}`
}
