import fc from 'fast-check'
import { type AssignmentKey, assignmentKey } from '../../../../shared/domain/assignment.ts'
import type { Access, AccessIds, GrantingLink, LedgerEntry } from '../../../../shared/domain/ledger-entry.ts'
import { isSameAccess } from '../../../../shared/domain/ledger-entry.ts'
import { principalName } from '../../../../shared/domain/principal.ts'
import type { RequestKind } from '../../../../shared/ports/sso-admin.ts'
import type { Facts, Known, Wish } from '../../../../shared/reconcile/assignments/facts.ts'
import type { LastWord } from '../../../../shared/reconcile/records/history.ts'
import { ago, entries, linkNamed, links, mine, now, theirs, third } from '../../domain/access-arbitraries.ts'

export const name = principalName.parse('team-Web')
export const otherName = principalName.parse('team-Shop')
export const otherKey: AssignmentKey = assignmentKey.parse('account%233000000002%Billing-ps%team-Shop%GROUP%ssofile')
const noGroup = { reason: 'there is no such group', remedy: 'create the group' }

/** Facts as plain values. `known`, `inProgress`: by access. */
export type PlainFacts = Omit<Facts, 'knownOf' | 'inProgress'> & {
  readonly known: readonly (readonly [AccessIds, Known])[]
  readonly inProgress: readonly (readonly [AccessIds, RequestKind])[]
}

export function toFacts({ known, inProgress, ...facts }: PlainFacts): Facts {
  const find = <T>(all: readonly (readonly [AccessIds, T])[], ids: AccessIds): T | undefined =>
    all.find(([one]) => isSameAccess(one, ids))?.[1]
  return { ...facts, knownOf: (ids) => find(known, ids) ?? {}, inProgress: (ids) => find(inProgress, ids) }
}

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const someIds = fc.constantFrom(mine, theirs, third)
const oneLink: fc.Arbitrary<GrantingLink[]> = fc.constantFrom([linkNamed('a')], [linkNamed('a'), linkNamed('b')])

/** Everything that can be learned of an access. */
export const learned = {
  listing: fc.record({ isListed: fc.boolean(), at: fc.constantFrom(now, new Date(ago(6 * 60_000))) }),
  whereabouts: fc.constantFrom('gone' as const, { name }, { name: otherName }, { name: undefined }),
  heir: fc.oneof(fc.constant('none' as const), fc.record({ key: fc.constant(otherKey), links: oneLink })),
  elsewhere: fc.constantFrom('none' as const, otherKey),
  foreign: fc.constantFrom('same' as const, 'other' as const, 'none' as const),
  history: fc.constantFrom<LastWord>(
    { says: 'nothing' },
    { says: 'ours', at: ago(60 * 60_000), links: [linkNamed('a')] },
    { says: 'ended', event: 'revoked', at: ago(60 * 60_000), settledMs: 60 * 60_000 },
    { says: 'ended', event: 'revoked', at: ago(60_000), settledMs: 60_000 },
    { says: 'ended', event: 'released', at: ago(60_000), settledMs: 60_000 },
  ),
  request: fc.constantFrom('not-found' as const, 'lost' as const, 'in-progress' as const),
  admission: fc.constantFrom({ outcome: 'passes' as const }, { outcome: 'held' as const, reason: 'too many' }),
  failure: fc.record({ reason: fc.constant('AWS says no'), isQuota: fc.boolean() }),
  rest: fc.constantFrom(
    { result: 'in-force' as const },
    { result: 'waiting' as const },
    { result: 'foreign' as const },
    { result: 'open' as const, reason: 'later' },
    { result: 'held' as const, reason: 'too many' },
  ),
}

const knowns: fc.Arbitrary<Known> = fc.record({
  listing: optional(learned.listing),
  whereabouts: optional(learned.whereabouts),
  heir: optional(learned.heir),
  elsewhere: optional(learned.elsewhere),
  foreign: optional(learned.foreign),
  history: optional(learned.history),
  request: optional(learned.request),
  admission: optional(learned.admission),
  failure: fc.option(learned.failure, { nil: undefined, freq: 4 }),
  rest: fc.option(learned.rest, { nil: undefined, freq: 4 }),
})

export const wishes: fc.Arbitrary<Wish> = fc.oneof(
  fc.record({ is: fc.constant('unwanted' as const), isLive: fc.boolean() }),
  fc.record({ is: fc.constant('wanted' as const), target: someIds, links: oneLink }),
  fc.record({ is: fc.constant('lacking' as const), lack: fc.constant(noGroup), links }),
  fc.record({
    is: fc.constant('unplaced' as const),
    lasting: fc.constantFrom([], ['links_data/a'], [linkNamed('a').key]),
  }),
)

/** The entry as `prepare` leaves it just before the call, where something is prepared. */
function withPrepared(entry: LedgerEntry, kind: RequestKind): LedgerEntry {
  const [first, ...others] = entry.accesses
  const call = { kind, calledAt: ago(0) }
  const prepared: Access =
    kind === 'creation'
      ? { ...first, state: 'granting', call, lastCreation: call, missingSince: undefined }
      : { ...first, state: 'revoking', call, grantedAt: first.grantedAt ?? ago(0), missingSince: undefined }
  return { ...entry, accesses: [prepared, ...others] }
}

/** Before anything is learned. */
export const initialFacts: fc.Arbitrary<PlainFacts> = fc.record({
  now: fc.constant(now),
  name: fc.constant(name),
  entry: optional(entries),
  wish: wishes,
  account: fc.constantFrom('active' as const, 'refusing' as const, 'unknown' as const, 'gone' as const),
  known: fc.constant([]),
  inProgress: fc.uniqueArray(fc.tuple(someIds, fc.constantFrom('creation' as const, 'deletion' as const)), {
    maxLength: 1,
  }),
  mayStart: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  onDrift: fc.constantFrom('restore' as const, 'report' as const),
  graceMs: fc.constantFrom(0, 60 * 60_000),
})

/** At any moment of an evaluation. */
export const anyFacts: fc.Arbitrary<PlainFacts> = fc
  .record({
    facts: initialFacts,
    known: fc.tuple(...[mine, theirs, third].map((ids) => fc.tuple(fc.constant(ids), knowns))),
    prepared: fc.option(
      fc.record({ kind: fc.constantFrom('creation' as const, 'deletion' as const), isChecked: fc.boolean() }),
      { nil: undefined, freq: 2 },
    ),
  })
  .map(({ facts, known, prepared }) => {
    const { entry } = facts
    if (!prepared || !entry) return { ...facts, known }
    return {
      ...facts,
      known,
      entry: withPrepared(entry, prepared.kind),
      prepared: { ids: entry.accesses[0], ...prepared },
    }
  })
