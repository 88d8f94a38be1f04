import { type AccountId, accountId } from '../organization/account-id.ts'
import { type SelectorName, selectorName, selectorNameForm } from './selector-name.ts'

/** The accounts of a link, expanded again each time. */
export type Scope =
  | { readonly kind: 'root' }
  /** An organizational unit (`ou-…`) or the root by its id (`r-…`). */
  | { readonly kind: 'ou_id'; readonly id: string }
  | { readonly kind: 'account_tag'; readonly key: string; readonly value: string }
  | { readonly kind: 'account'; readonly id: AccountId }
  /** The accounts that `selectors/<name>.json` selects. */
  | { readonly kind: 'select'; readonly name: SelectorName }

export const scopeKinds = ['root', 'ou_id', 'account_tag', 'account', 'select'] as const
export type ScopeKind = (typeof scopeKinds)[number]

/** A fault in the value of a scope. The caller knows the object. */
export type ScopeFault = { readonly expected: string; readonly remedy: string }

// Organizations API Reference, "OrganizationalUnit" and "Root", Id. An id shorter than AWS's own does no harm: its link waits.
const parentId = /^(ou-[0-9a-z]{4,32}-[0-9a-z]{4,32}|r-[0-9a-z]{4,32})$/
// Organizations User Guide, "Tagging AWS Organizations resources": 128 and 256 characters.
const tagKeyMost = 128
const tagValueMost = 256

/** The scope of `kind` and `value`, or the fault in the value. A tag is split at its first `^`. */
export function parseScope(kind: ScopeKind, value: string): Scope | ScopeFault {
  switch (kind) {
    case 'root':
      return value === 'all' ? { kind } : { expected: "'all'", remedy: 'write root%all% if every account is meant' }
    case 'ou_id':
      return parentId.test(value)
        ? { kind, id: value }
        : {
            expected: 'the id of an organizational unit (ou-…) or of the root (r-…)',
            remedy: 'write the id, which AWS Organizations shows beside the name',
          }
    case 'account': {
      const id = accountId.safeParse(value)
      return id.success
        ? { kind, id: id.data }
        : {
            expected: `an account id of twelve digits${/^\d+$/.test(value) ? ` (not ${value.length})` : ''}`,
            remedy: "write the account's id, all twelve digits with leading zeros (spreadsheets drop them)",
          }
    }
    case 'account_tag':
      return parseTag(value)
    case 'select': {
      const name = selectorName.safeParse(value)
      return name.success
        ? { kind, name: name.data }
        : { expected: selectorNameForm, remedy: 'write the name of the file selectors/<name>.json, without .json' }
    }
    default:
      return kind satisfies never
  }
}

function parseTag(value: string): Scope | ScopeFault {
  const caret = value.indexOf('^')
  if (caret < 1)
    return {
      expected: 'a tag as key^value',
      remedy: 'write the key, ^ and the value (which may be empty), as in account_tag%team^DataScientists%',
    }
  const key = value.slice(0, caret)
  const tagValue = value.slice(caret + 1)
  if (key.length > tagKeyMost || tagValue.length > tagValueMost) {
    return {
      expected: `a tag key of at most ${tagKeyMost} and a value of at most ${tagValueMost} characters`,
      remedy: 'use a tag that AWS can hold',
    }
  }
  return { kind: 'account_tag', key, value: tagValue }
}

/** The first two fields of a link: `scope%value`. */
export function renderScope(scope: Scope): string {
  switch (scope.kind) {
    case 'root':
      return 'root%all'
    case 'ou_id':
      return `ou_id%${scope.id}`
    case 'account_tag':
      return `account_tag%${scope.key}^${scope.value}`
    case 'account':
      return `account%${scope.id}`
    case 'select':
      return `select%${scope.name}`
    default:
      return scope satisfies never
  }
}

/** `ou_id%ou-abcd-12345678`. `undefined`: not a scope. */
export function scopeOf(text: string): Scope | undefined {
  const percent = text.indexOf('%')
  const kind = scopeKinds.find((one) => one === text.slice(0, percent))
  const scope = kind && parseScope(kind, text.slice(percent + 1))
  return scope && 'kind' in scope && renderScope(scope) === text ? scope : undefined
}
