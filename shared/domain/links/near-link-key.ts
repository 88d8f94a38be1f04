import { type PrincipalType, principalTypes } from '../principals/principal.ts'
import { type ScopeKind, scopeKinds } from '../scopes/scope.ts'
import { nearMatch } from '../text/near-match.ts'
import { joinLinkFields, type LinkFields, splitFolder, splitLinkFields } from './link-fields.ts'

/**
 * The key that the writer of `links_data/<name>` most likely meant, without `links_data/`. It corrects the slips of files, shells and
 * spreadsheets. The result may still be invalid, so parse it before you show it. It does not guess what only the writer knows (a missing
 * digit, an account for a `root%some`).
 * A hint for people: never act on it.
 */
export function nearLinkName(name: string, folders: readonly string[]): string {
  const plain = undoUrlEncoding(name)
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
  const { folder, rest } = splitFolder(plain)
  const complete = nearType(rest.slice(rest.lastIndexOf('%') + 1)) === undefined ? rest : `${rest}%ssofile`
  const fields = splitLinkFields(complete)
  if (fields === undefined) return plain
  const place = folder === undefined ? '' : `${nearMatch(folder, folders) ?? folder}/`
  return place + joinLinkFields(nearFields(fields))
}

function nearFields(fields: LinkFields): LinkFields {
  const scope = nearScope(fields.scope, fields.value) ?? fields.scope
  return {
    scope,
    value: nearValue(scope, fields.value),
    permissionSet: fields.permissionSet.trim(),
    principal: fields.principal,
    type: nearType(fields.type) ?? fields.type,
    suffix: /^ssofile(?!\w)/i.test(fields.suffix.trim()) ? 'ssofile' : fields.suffix,
  }
}

/** A name that was encoded twice on its way: each `%` begins a character's code. */
function undoUrlEncoding(name: string): string {
  if (!name.includes('%25') || /%(?![0-9a-f]{2})/i.test(name)) return name
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

const otherScopeWords: ReadonlyMap<string, ScopeKind> = new Map([
  ['ou', 'ou_id'],
  ['organizational_unit', 'ou_id'],
  ['tag', 'account_tag'],
  ['accounts', 'account'],
  ['account_id', 'account'],
  ['selector', 'select'],
  ['selectors', 'select'],
])

/** The value tells the scope more reliably than the word before it. */
function nearScope(scope: string, value: string): ScopeKind | undefined {
  const plainValue = value.trim().toLowerCase()
  if (/^\d{12}$/.test(plainValue)) return 'account'
  if (/^(ou-[0-9a-z]+-|r-)[0-9a-z]+$/.test(plainValue)) return 'ou_id'
  if (value.indexOf('^') > 0) return 'account_tag'
  const word = scope
    .trim()
    .toLowerCase()
    .replace(/[-\s]+/g, '_')
  const near = nearMatch(word, scopeKinds)
  return (
    scopeKinds.find((kind) => kind === word) ??
    otherScopeWords.get(word) ??
    scopeKinds.find((kind) => word.endsWith(kind)) ??
    scopeKinds.find((kind) => kind === near)
  )
}

function nearValue(scope: string, value: string): string {
  switch (scope) {
    case 'root':
    case 'ou_id':
      return value.trim().toLowerCase()
    case 'account':
      return value.replace(/[-\s]/g, '')
    case 'select':
      return value
        .trim()
        .replace(/^selectors\//, '')
        .replace(/\.json$/i, '')
    default:
      return value.includes('^') ? value : value.replace(/^([^=]+)=([^=]*)$/, '$1^$2')
  }
}

function nearType(type: string): PrincipalType | undefined {
  const word = type.trim().toUpperCase().replace(/S$/, '')
  const letters = (text: string) => [...text].sort().join('')
  const near = /^[A-Z]+$/.test(word) ? nearMatch(word, principalTypes) : word
  return principalTypes.find((candidate) => candidate === near || letters(candidate) === letters(word))
}
