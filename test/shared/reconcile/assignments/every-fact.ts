import type { Listing } from '../../../../shared/domain/assignments/access-proof.ts'
import {
  type AssignmentCall,
  type LedgerEntry,
  ledgerStates,
} from '../../../../shared/domain/assignments/ledger-entry.ts'
import { exempt } from '../../../../shared/domain/brake/admission.ts'
import type { Facts, Learnt, Wish } from '../../../../shared/reconcile/assignments/facts.ts'
import type { LastWord } from '../../../../shared/reconcile/records/history.ts'
import { type Choose, lazily } from '../../../every-choice.ts'
import { ago, linkNamed, mine, now, third } from '../../domain/access-arbitraries.ts'

const minute = 60_000
/** Within the settling time of a listing; after it, and within the 15 minutes of a creation without an answer; after both. */
const [young, middle, old] = [minute, 10 * minute, 30 * minute].map((ms) => ago(ms)) as [string, string, string]
const answered = (
  kind: AssignmentCall['kind'],
  calledAt: string,
  endedAt?: string,
  outcome?: AssignmentCall['outcome'],
) => {
  const call: AssignmentCall = { kind, calledAt, answeredAt: calledAt, id: 'request-1', endedAt, outcome }
  return call
}
const allCalls: readonly AssignmentCall[] = [
  ...[young, middle, old].map((calledAt) => ({ kind: 'creation' as const, calledAt })),
  ...[young, middle].map((calledAt) => ({ kind: 'deletion' as const, calledAt })),
  ...[young, middle].map((calledAt) => answered('creation', calledAt)),
  ...(['creation', 'deletion'] as const).flatMap((kind) =>
    [young, middle].flatMap((at) => [answered(kind, at, at, 'SUCCEEDED'), answered(kind, at, at, 'FAILED')]),
  ),
  // Learnt late: just now, and before the settling time.
  answered('deletion', middle, ago(0), 'SUCCEEDED'),
  answered('deletion', old, middle, 'SUCCEEDED'),
]
/** None, one that was answered, and one that may still take effect, or not any more. */
const earlierCreations: readonly (AssignmentCall | undefined)[] = [
  undefined,
  { kind: 'creation', calledAt: ago(40 * minute), answeredAt: ago(40 * minute), id: 'request-0' },
  { kind: 'creation', calledAt: ago(10 * minute) },
  { kind: 'creation', calledAt: ago(40 * minute) },
]
const releasedAt = ago(10 * minute)
const [a, b] = [linkNamed('a'), linkNamed('b')]

/** All facts that `decide` can tell apart, each chosen when it is asked for. Instants are before or after each limit. */
export function everyFact(choose: Choose): Facts {
  const prepared = choose([undefined, 'creation', 'deletion'] as const)
  const isChecked = prepared !== undefined && choose([false, true])
  // What is prepared has its entry.
  const wish = everyWish(choose)
  const entry = prepared !== undefined || choose([true, false]) ? everyEntry(choose, wish, prepared) : undefined
  return lazily<Facts>({
    now: () => now,
    entry: () => entry,
    wish: () => wish,
    isPrincipalGone: () => choose([false, true]),
    account: () => choose(['active', 'refusing', 'unknown', 'gone']),
    refusal: () => choose([undefined, 'AWS says no', 'the account is CLOSED']),
    known: () => everyAnswer(choose, entry),
    inProgress: () => choose([undefined, 'creation', 'deletion']),
    prepared: () => prepared && { kind: prepared, isChecked },
    mayStart: () => choose([true, false]),
    onDrift: () => choose(['restore', 'report']),
    graceMs: () => 60 * minute,
  })
}

/** `prepared`: as the ledger has it just before the call. */
function everyEntry(choose: Choose, wish: Wish, prepared: AssignmentCall['kind'] | undefined): LedgerEntry {
  const begun: AssignmentCall | undefined = prepared && { kind: prepared, calledAt: ago(0) }
  const entry: LedgerEntry = lazily<LedgerEntry>({
    v: () => 1,
    principal: () => mine.principal,
    principalId: () => mine.principalId,
    permissionSetArn: () => choose([mine, third]).permissionSetArn,
    state: () => (prepared === undefined ? choose(ledgerStates) : prepared === 'creation' ? 'granting' : 'revoking'),
    reason: () => choose(['AWS says no', undefined]),
    // They are compared with those of the wish.
    links: () => (wish.is === 'unwanted' ? [a] : choose([[a], [a, b], []])),
    call: () => begun ?? choose([undefined, ...allCalls]),
    lastCreation: () => {
      const { call } = entry
      return call?.kind === 'creation' && call.outcome !== 'FAILED' ? call : choose(earlierCreations)
    },
    unansweredAt: () => choose([undefined, middle, old]),
    // A deletion is begun only of what is known to be there.
    grantedAt: () => (prepared === 'deletion' ? old : choose(entry.call ? [old, undefined] : [young, old, undefined])),
    orphanedAt: () => choose([undefined, ago(10 * minute), ago(90 * minute)]),
    missingSince: () => (prepared === undefined ? choose([undefined, ago(10 * minute)]) : undefined),
    removedBy: () => undefined,
    removals: () => choose([undefined, [1, 2, 3, 4].map((ago10) => ago(10 * ago10 * minute))]),
    releasedAt: () => (prepared === undefined ? choose([undefined, releasedAt]) : undefined),
    openUntil: () => choose([undefined, ago(minute), ago(-45 * minute), ago(-120 * minute)]),
    isOpenUrgent: () => undefined,
    attempts: () => 0,
    updatedAt: () => ago(minute),
  })
  return entry
}

function everyWish(choose: Choose): Wish {
  switch (choose(['unwanted', 'wanted', 'lacking', 'unclear', 'unplaced'] as const)) {
    case 'unwanted':
      return { is: 'unwanted', isLive: choose([false, true]) }
    case 'wanted':
      return { is: 'wanted', permissionSetArn: mine.permissionSetArn, links: [a] }
    case 'lacking':
      return { is: 'lacking', links: [a] }
    case 'unclear':
      return { is: 'unclear', unreadable: choose([[a.key], ['links_data/other']]), isLive: choose([false, true]) }
    default:
      return { is: 'unplaced', lasting: choose([[a.key], []]) }
  }
}

function everyAnswer(choose: Choose, entry: LedgerEntry | undefined): Learnt {
  const asked = <T>(answer: () => T) => (choose([true, false]) ? answer() : undefined)
  return lazily<Learnt>({
    listing: () =>
      asked(() =>
        lazily<Listing>({ isListed: () => choose([false, true]), at: () => choose([now, new Date(ago(6 * minute))]) }),
      ),
    foreign: () => asked(() => choose(['same', 'other', 'none'])),
    history: () => asked(() => everyWord(choose, entry)),
    request: () => choose([undefined, 'not-found', 'lost', 'in-progress']),
    admission: () =>
      asked(() => choose([exempt('temporary access has ended'), { outcome: 'held', reason: 'too many' }])),
    failure: () => choose([undefined, { reason: 'AWS says no' }]),
    rest: () => choose([undefined, { result: 'open', reason: 'later' }]),
  })
}

/** Before a release, of it, and since; of the entry's own call, or another. */
function everyWord(choose: Choose, entry: LedgerEntry | undefined): LastWord {
  const says = choose(['nothing', 'ours', 'ended'] as const)
  if (says === 'nothing') return { says }
  // It is compared with the instant of a release, of a deletion and of its being missed only.
  const deletedAt = entry?.call?.kind === 'deletion' ? entry.call.calledAt : undefined
  const mine = entry?.releasedAt ?? deletedAt ?? entry?.missingSince
  const at = () => choose(mine === undefined ? [young] : [mine, ago(60 * minute), ago(0)])
  if (says === 'ours') return lazily<Extract<LastWord, { says: 'ours' }>>({ says: () => says, at, links: () => [a] })
  return lazily<Extract<LastWord, { says: 'ended' }>>({
    says: () => says,
    at,
    event: () => choose(['revoked', 'released']),
    ageMs: () => choose([minute, 60 * minute]),
  })
}
