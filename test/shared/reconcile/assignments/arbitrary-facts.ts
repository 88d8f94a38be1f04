import fc from 'fast-check'
import type { GrantingLink } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { exempt } from '../../../../shared/domain/brake/admission.ts'
import type { Facts, Wish } from '../../../../shared/reconcile/assignments/facts.ts'
import type { LastWord } from '../../../../shared/reconcile/records/history.ts'
import { ago, entries, linkNamed, links, mine, now } from '../../domain/access-arbitraries.ts'

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const oneLink: fc.Arbitrary<GrantingLink[]> = fc.constantFrom([linkNamed('a')], [linkNamed('a'), linkNamed('b')])

/** Everything that can be learned of an access. */
export const learned = {
  listing: fc.record({ isListed: fc.boolean(), at: fc.constantFrom(now, new Date(ago(6 * 60_000))) }),
  foreign: fc.constantFrom('same' as const, 'other' as const, 'none' as const),
  history: fc.constantFrom<LastWord>(
    { says: 'nothing' },
    { says: 'ours', at: ago(60 * 60_000), links: [linkNamed('a')] },
    { says: 'ended', event: 'revoked', at: ago(60 * 60_000), ageMs: 60 * 60_000 },
    { says: 'ended', event: 'revoked', at: ago(60_000), ageMs: 60_000 },
    { says: 'ended', event: 'released', at: ago(60_000), ageMs: 60_000 },
  ),
  request: fc.constantFrom('not-found' as const, 'lost' as const, 'in-progress' as const),
  admission: fc.constantFrom(exempt('temporary access has ended'), { outcome: 'held' as const, reason: 'too many' }),
  failure: fc.record({ reason: fc.constant('AWS says no') }),
  rest: fc.constantFrom(
    { result: 'in-force' as const },
    { result: 'waiting' as const },
    { result: 'foreign' as const },
    { result: 'open' as const, reason: 'later' },
    { result: 'held' as const, reason: 'too many' },
  ),
}

export const wishes: fc.Arbitrary<Wish> = fc.oneof(
  fc.record({ is: fc.constant('unwanted' as const), isLive: fc.boolean() }),
  fc.record({
    is: fc.constant('wanted' as const),
    permissionSetArn: fc.constant(mine.permissionSetArn),
    links: oneLink,
  }),
  fc.record({ is: fc.constant('lacking' as const), links: oneLink }),
  fc.record({
    is: fc.constant('unclear' as const),
    unreadable: fc.constantFrom([linkNamed('a').key], ['links_data/other']),
    isLive: fc.boolean(),
  }),
  fc.record({
    is: fc.constant('unplaced' as const),
    lasting: links.map((some) => some.map(({ key }) => key)),
  }),
)

/** Before anything is learned. */
export const initialFacts: fc.Arbitrary<Facts> = fc.record({
  now: fc.constant(now),
  entry: optional(entries),
  wish: wishes,
  isPrincipalGone: fc.boolean(),
  account: fc.constantFrom('active' as const, 'refusing' as const, 'unknown' as const, 'gone' as const),
  known: fc.constant({}),
  inProgress: fc.option(fc.constantFrom('creation' as const, 'deletion' as const), { nil: undefined, freq: 2 }),
  mayStart: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  onDrift: fc.constantFrom('restore' as const, 'report' as const),
  graceMs: fc.constantFrom(0, 60 * 60_000),
})
