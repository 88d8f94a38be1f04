import fc from 'fast-check'
import { type Grant, linkKeyMostBytes, renderLinkKey } from '../../../shared/domain/links/link.ts'
import { type AccountId, accountId } from '../../../shared/domain/organization/account-id.ts'
import {
  type Account,
  accountStates,
  type OrganizationView,
} from '../../../shared/domain/organization/organization-view.ts'
import {
  type PermissionSetName,
  permissionSetName,
} from '../../../shared/domain/permission-sets/permission-set-name.ts'
import { type PrincipalName, principalName, principalTypes } from '../../../shared/domain/principals/principal.ts'
import type { Scope } from '../../../shared/domain/scopes/scope.ts'
import { selectorName } from '../../../shared/domain/scopes/selector-name.ts'

/** Those below U+D800, then those above U+DFFF: between them are the surrogates, which are no characters. */
const surrogates = { first: 0xd800, count: 0x800 }

/**
 * Any character of Unicode. The unit `binary` of fast-check is the same, and makes a table of all of them first: a second,
 * and 124 MB that each worker keeps.
 */
export const anyCharacter: fc.Arbitrary<string> = fc.nat({ max: 0x10ffff - surrogates.count }).map(
  (index) => String.fromCodePoint(index < surrogates.first ? index : index + surrogates.count),
  // So fast-check can tell which of its dangerous words these spell (`__proto__`), and draws them now and then.
  (text) => {
    const point = typeof text === 'string' && [...text].length === 1 ? text.codePointAt(0) : undefined
    if (point === undefined) throw new Error(`received '${text}', expected one character`)
    return point < surrogates.first ? point : point - surrogates.count
  },
)

/** Any text at all: fields, percent signs, lone surrogates, decomposed letters, and now and then 10,000 characters. */
export const awkwardText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 80 }),
  fc.string({
    unit: fc.constantFrom(
      '%',
      '/',
      '^',
      'root',
      'all',
      'account',
      '123456789012',
      'GROUP',
      'ssofile',
      'e\u0301',
      '\ud800',
      '\n',
    ),
    maxLength: 20,
  }),
  fc
    .tuple(fc.constantFrom('%', '\ud800', 'e\u0301', 'a', '%25', '/'), fc.integer({ min: 1, max: 10_000 }))
    .map(([unit, count]) => unit.repeat(count)),
)

const printable = (text: string) => text.normalize('NFC').replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/gu, '')
const letters = fc.constantFrom('a', 'B', '7', 'é', ' ', '/', '-', '.', '財', '👩', '\u200d')

const ids = ['111111111111', '000000000001', '222222222222', '333333333333'].map((id) => accountId.parse(id))
export const ouIds = ['ou-abcd-11111111', 'ou-abcd-22222222', 'ou-abcd-33333333'] as const
export const rootId = 'r-abcd'

const permissionSet: fc.Arbitrary<PermissionSetName> = fc
  .string({ unit: fc.constantFrom('a', 'Z', '0', '_', '+', '=', ',', '.', '@', '-'), minLength: 1, maxLength: 32 })
  .map((name) => permissionSetName.parse(name))

const principal: fc.Arbitrary<PrincipalName> = fc
  .string({ unit: fc.oneof(letters, fc.constantFrom('%', '^', '%GROUP', '%ssofile')), minLength: 1, maxLength: 12 })
  .map((name) => principalName.parse(printable(name).replaceAll('\u200d', '_')))

/** No user name has a space. */
export const grants: fc.Arbitrary<Grant> = fc
  .record({ permissionSet, principal, type: fc.constantFrom(...principalTypes) })
  .map(({ principal: name, ...rest }) => ({
    ...rest,
    principal: principalName.parse(rest.type === 'USER' ? name.replaceAll(' ', '_') : name),
  }))

/** Scopes that a link can spell. */
export const scopes: fc.Arbitrary<Scope> = fc.oneof(
  fc.constant<Scope>({ kind: 'root' }),
  fc.constantFrom(...ouIds, rootId).map((id): Scope => ({ kind: 'ou_id', id })),
  fc.constantFrom(...ids).map((id): Scope => ({ kind: 'account', id })),
  fc
    .record({
      key: fc.string({ unit: letters, minLength: 1, maxLength: 8 }).map(printable),
      value: fc.string({ unit: fc.oneof(letters, fc.constant('^')), maxLength: 8 }).map(printable),
    })
    .map((tag): Scope => ({ kind: 'account_tag', ...tag })),
  fc
    .constantFrom('prod', 'not-there', 'A_1')
    .map((name): Scope => ({ kind: 'select', name: selectorName.parse(name) })),
)

/** The body of a selector. */
export type SaidOfSelector = {
  readonly [list in 'organizationalUnits' | 'accounts' | 'names' | 'tags']?: readonly string[]
} & { readonly [joint in 'allOf' | 'anyOf' | 'except']?: readonly SaidOfSelector[] }

const saidOf = (inner: fc.Arbitrary<SaidOfSelector> | undefined): fc.Arbitrary<SaidOfSelector> => {
  const some = (...items: readonly string[]) => fc.array(fc.constantFrom(...items), { maxLength: 6 })
  const test: fc.Arbitrary<SaidOfSelector> = fc.oneof(
    fc.record({ organizationalUnits: some(...ouIds, rootId, 'ou-none-00000000') }),
    fc.record({ accounts: some(...ids, '999999999999') }),
    fc.record({ names: some('*', 'account *', 'account ??????????22', '*1', 'account', '*.*') }),
    fc.record({ tags: some('team^', 'team^x', 'a^b^c', 'cost centre^', 'constructor^x', '__proto__^') }),
  )
  if (!inner) return test
  const joint: fc.Arbitrary<SaidOfSelector> = fc.oneof(
    fc.record({ allOf: fc.array(inner, { minLength: 1, maxLength: 2 }) }),
    fc.record({ anyOf: fc.array(inner, { maxLength: 3 }) }),
    fc.record({ except: fc.array(inner, { maxLength: 2 }) }),
  )
  return fc
    .tuple(fc.option(test), fc.option(joint), fc.option(joint))
    .map((parts) => Object.assign({}, ...parts))
    .filter((said) => Object.keys(said).some((field) => field !== 'except'))
}
/** Valid selectors. */
export const selectorDocuments = saidOf(saidOf(saidOf(undefined)))

/** The parts of valid links. */
export const linkParts = (folders: readonly string[]) =>
  fc
    .tuple(fc.constantFrom(undefined, ...folders), scopes, grants)
    .map(([folder, scope, grant]) => ({ ...(folder === undefined ? {} : { folder }), scope, ...grant }))
    // Letters that are in NFC each for themselves may still combine across fields or shrink to nothing.
    .filter((parts) => {
      const key = renderLinkKey(parts)
      return (
        parts.principal !== '' &&
        (parts.scope.kind !== 'account_tag' || parts.scope.key !== '') &&
        key === key.normalize('NFC') &&
        new TextEncoder().encode(key).length <= linkKeyMostBytes
      )
    })

/** Tags as AWS may hold them, valid link or not: empty values, `%`, `^`, decomposed letters. */
const tags: fc.Arbitrary<Record<string, string>> = fc.dictionary(
  fc.constantFrom('team', 'a^b', 'a', 'cost centre', '50%', 'e\u0301', 'constructor', 'k/l'),
  fc.constantFrom('', 'x', 'b^c', '%', '%P%g', 'e\u0301', 'é', 'a / b', ' '),
  { maxKeys: 5 },
)

/** Four accounts anywhere in a root with three organizational units in each other, the first one's the management account. */
export const organizations: fc.Arbitrary<OrganizationView> = fc
  .tuple(...ids.map((id) => fc.record({ id: fc.constant(id), depth: fc.nat({ max: 3 }), tags, state: oftenActive() })))
  .map((drawn) => ({
    v: 1,
    managementAccountId: ids[0] as AccountId,
    readAt: '2026-03-03T10:15:30.123Z',
    revision: 1,
    hasTags: true,
    accounts: drawn.map(
      ({ id, depth, tags, state }): Account => ({
        id,
        name: `account ${id}`,
        state,
        parents: [rootId, ...ouIds.slice(0, depth)],
        tags,
      }),
    ),
  }))

function oftenActive(): fc.Arbitrary<Account['state']> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant('ACTIVE' as const) },
    { weight: 1, arbitrary: fc.constantFrom(...accountStates) },
  )
}
