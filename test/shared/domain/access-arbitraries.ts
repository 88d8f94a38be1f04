import fc from 'fast-check'
import type { AccessNames } from '../../../shared/domain/assignments/access-changes.ts'
import {
  type AssignmentCall,
  type GrantingLink,
  type LedgerEntry,
  ledgerStates,
} from '../../../shared/domain/assignments/ledger-entry.ts'
import { permissionSetArn, principalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../shared/domain/principals/principal.ts'

export const now = new Date('2026-03-03T12:00:00.000Z')
const minute = 60_000

const written = new Map<number, string>()

/** `ms` before now, as the ledger writes it. A few instants are asked for millions of times: each is written once. */
export const ago = (ms: number): string => {
  const text = written.get(ms) ?? new Date(now.getTime() - ms).toISOString()
  written.set(ms, text)
  return text
}

/** Around the limits of five minutes, fifteen minutes and an hour. */
export const instants = fc.constantFrom(
  ...[0, 1, 5 * minute - 1, 5 * minute, 10 * minute, 15 * minute - 1, 15 * minute, 60 * minute, 90 * minute].map(ago),
)

const namesOf = (principal: string, set: string): AccessNames => ({
  principal: principalName.parse(`team-${principal}`),
  principalId: principalId.parse(`${principal.repeat(8)}-2222-3333-4444-555555555555`),
  permissionSetArn: permissionSetArn.parse(`arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-${set.repeat(16)}`),
})
export const mine = namesOf('1', '1')
/** The same, of a permission set that was made again under its name. */
export const third = namesOf('1', '2')

export const linkNamed = (name: string): GrantingLink => ({
  key: `links_data/${name}`,
  etag: name,
  lastModified: ago(90 * minute),
})
export const links: fc.Arbitrary<GrantingLink[]> = fc.subarray(['a', 'b']).map((names) => names.map(linkNamed))

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

export const calls = (kind: fc.Arbitrary<AssignmentCall['kind']>): fc.Arbitrary<AssignmentCall> =>
  fc.record({
    kind,
    calledAt: instants,
    answeredAt: optional(instants),
    id: optional(fc.constant('request-1')),
    outcome: optional(fc.constantFrom('SUCCEEDED', 'FAILED')),
    endedAt: optional(instants),
  })

/** Any entry at all that the ledger can spell. */
const entriesOf = ({ principal, principalId, permissionSetArn }: AccessNames): fc.Arbitrary<LedgerEntry> =>
  fc.record({
    v: fc.constant(1 as const),
    principal: fc.constant(principal),
    principalId: fc.constant(principalId),
    permissionSetArn: fc.constant(permissionSetArn),
    state: fc.constantFrom(...ledgerStates),
    reason: optional(fc.constant('AWS says no')),
    links,
    call: optional(calls(fc.constantFrom('creation', 'deletion'))),
    lastCreation: optional(calls(fc.constant('creation'))),
    unansweredAt: optional(instants),
    grantedAt: optional(instants),
    orphanedAt: optional(instants),
    missingSince: optional(instants),
    releasedAt: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: instants }),
    openUntil: optional(instants),
    attempts: fc.nat(9),
    updatedAt: instants,
  })

export const entries: fc.Arbitrary<LedgerEntry> = fc.oneof(
  { weight: 5, arbitrary: entriesOf(mine) },
  { weight: 1, arbitrary: entriesOf(third) },
)
