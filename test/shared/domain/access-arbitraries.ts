import fc from 'fast-check'
import { permissionSetArn, principalId } from '../../../shared/domain/identity-center-ids.ts'
import {
  type Access,
  type AccessIds,
  type AssignmentCall,
  type GrantingLink,
  type LedgerEntry,
  ledgerStates,
} from '../../../shared/domain/ledger-entry.ts'

export const now = new Date('2026-03-03T12:00:00.000Z')
const minute = 60_000

/** `ms` before now, as the ledger writes it. */
export const ago = (ms: number): string => new Date(now.getTime() - ms).toISOString()

/** Around the limits of five minutes, fifteen minutes and an hour. */
export const instants = fc.constantFrom(
  ...[0, 1, 5 * minute - 1, 5 * minute, 10 * minute, 15 * minute - 1, 15 * minute, 60 * minute, 90 * minute].map(ago),
)

const idsOf = (principal: string, set: string): AccessIds => ({
  principalId: principalId.parse(`${principal.repeat(8)}-2222-3333-4444-555555555555`),
  permissionSetArn: permissionSetArn.parse(`arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-${set.repeat(16)}`),
})
export const mine = idsOf('1', '1')
export const theirs = idsOf('2', '1')
export const third = idsOf('1', '2')

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

/** Any access at all that the ledger can spell. */
export const accessesOf = ({ principalId, permissionSetArn }: AccessIds): fc.Arbitrary<Access> =>
  fc.record({
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
  })

const rest = fc.record({
  openUntil: optional(instants),
  attempts: fc.nat(9),
  updatedAt: instants,
})

/** Made once: to make an arbitrary takes longer than to draw from it. */
const accesses = [mine, theirs, third].map(accessesOf)

/** One to three accesses, each of other ids, in any order. */
export const entries: fc.Arbitrary<LedgerEntry> = fc
  .tuple(
    fc.shuffledSubarray(accesses, { minLength: 1 }).chain((some) => fc.tuple(...some)),
    rest,
  )
  .map(([[first, ...others], { openUntil, attempts, updatedAt }]) => {
    if (first === undefined) throw new Error('an entry has an access')
    return { accesses: [first, ...others], openUntil, attempts, updatedAt }
  })
