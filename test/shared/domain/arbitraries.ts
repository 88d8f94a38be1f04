import fc from 'fast-check'
import { type AccountId, accountId } from '../../../shared/domain/account-id.ts'
import { type Grant, linkKeyMostBytes, renderLinkKey } from '../../../shared/domain/link.ts'
import { type Account, accountStates, type OrganizationView } from '../../../shared/domain/organization-view.ts'
import { type PermissionSetName, permissionSetName } from '../../../shared/domain/permission-set-name.ts'
import { type PrincipalName, principalName, principalTypes } from '../../../shared/domain/principal.ts'
import type { Scope } from '../../../shared/domain/scope.ts'

/** Any text at all: fields, percent signs, lone surrogates, decomposed letters, and now and then 10,000 characters. */
export const awkwardText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
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
  .map((name) => principalName.parse(printable(name)))

export const grants: fc.Arbitrary<Grant> = fc.record({
  permissionSet,
  principal,
  type: fc.constantFrom(...principalTypes),
})

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
)

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
