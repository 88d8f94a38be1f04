import { describe, expect, test } from '@jest/globals'
import type { Access, AccessIds, LedgerEntry } from '../../../../shared/domain/ledger-entry.ts'
import { decide } from '../../../../shared/reconcile/assignments/decide.ts'
import type { Known, Step, Wish } from '../../../../shared/reconcile/assignments/facts.ts'
import type { LastWord } from '../../../../shared/reconcile/records/history.ts'
import { ago, linkNamed, mine, now, theirs, third } from '../../domain/access-arbitraries.ts'
import { name, otherKey, otherName, type PlainFacts, toFacts } from './arbitrary-facts.ts'

const minute = 60_000
const link = linkNamed('a')
const long = ago(30 * minute)
const lack = { reason: 'there is no such group', remedy: 'create the group' }
const gone: Wish = { is: 'unwanted', isLive: true }
const wanted: Wish = { is: 'wanted', target: mine, links: [link] }
const lacking: Wish = { is: 'lacking', lack, links: [link] }
/** S3 does not give the very link that granted it, or another one. */
const unclear: Wish = { is: 'unclear', unreadable: [link.key], isLive: true }
const unclearByOther: Wish = { is: 'unclear', unreadable: ['links_data/other'], isLive: true }
const unplaced: Wish = { is: 'unplaced', lasting: [link.key] }
const named: Known = { whereabouts: { name } }
const renamed: Known = { whereabouts: { name: otherName } }
const orphaned: Known = { whereabouts: 'gone' }
const listed: Known = { listing: { isListed: true, at: now } }
const unlisted: Known = { listing: { isListed: false, at: now } }
const ours: LastWord = { says: 'ours', at: long, links: [linkNamed('b')] }
const revokedLately: Extract<LastWord, { says: 'ended' }> = {
  says: 'ended',
  event: 'revoked',
  at: ago(minute),
  settledMs: 5 * minute - 1,
}
const revokedLong: typeof revokedLately = { ...revokedLately, settledMs: 5 * minute }
const passing: Known = { heir: 'none', history: ours, admission: { outcome: 'passes' } }
const in5 = new Date(now.getTime() + 5 * minute)

type Change = Partial<Access>
const access = (change: Change = {}, ids: AccessIds = mine): Access => ({
  ...ids,
  state: 'granted',
  links: [link],
  grantedAt: long,
  ...change,
})
const called = (kind: 'creation' | 'deletion', outcome?: 'SUCCEEDED' | 'FAILED', at = long) => ({
  kind,
  calledAt: at,
  answeredAt: outcome && at,
  outcome,
  endedAt: outcome && at,
})
/** One row of the table of proofs each. */
const there = access()
const missing = access({ state: 'failed', missingSince: ago(minute) })
const deleted = access({ state: 'revoking', call: called('deletion', 'SUCCEEDED') })
const failed = access({ state: 'failed', grantedAt: undefined, call: called('creation', 'FAILED') })
const failedJustNow = access({ state: 'failed', grantedAt: undefined, call: called('creation', 'FAILED', ago(0)) })
const unanswered = access({
  state: 'granting',
  grantedAt: undefined,
  call: called('creation', undefined, ago(0)),
  lastCreation: called('creation', undefined, ago(0)),
})
const stillThere = access({ state: 'failed', call: called('deletion', 'FAILED', ago(0)) })

type Given = Partial<Omit<PlainFacts, 'entry' | 'known'>> & {
  readonly accesses?: readonly Access[]
  readonly entry?: Partial<LedgerEntry>
  readonly known?: Known
  readonly others?: PlainFacts['known']
}

/** What is decided on these facts: `known` is what is known of the first access, or of the target. */
function decided(wish: Wish, { accesses = [], entry, known = {}, others = [], ...facts }: Given = {}): Step {
  const [first, ...rest] = accesses
  const stored = first && { accesses: [first, ...rest] as const, attempts: 0, updatedAt: long, ...entry }
  const ids = wish.is === 'wanted' ? wish.target : (first ?? mine)
  const plain = { now, name, account: 'active', inProgress: [], mayStart: true, onDrift: 'restore' } as const
  return decide(
    toFacts({ ...plain, graceMs: 60 * minute, wish, entry: stored, known: [[ids, known], ...others], ...facts }),
  )
}

const learn = (what: Extract<Step, { do: 'learn' }>['what'], ids: AccessIds = mine) =>
  expect.objectContaining({ do: 'learn', what, ids: expect.objectContaining(ids) })
const prepare = (kind: 'creation' | 'deletion', ids: AccessIds = mine, wasLost = false) =>
  expect.objectContaining({ do: 'prepare', kind, ids: expect.objectContaining(ids), wasLost })
const step = (found: object, ids: AccessIds = mine) =>
  expect.objectContaining({ ids: expect.objectContaining(ids), ...found })
const putOff = (reason: RegExp, more: object = {}) =>
  step({ do: 'put off', reason: expect.stringMatching(reason), ...more })
const finish = (rest: object) => ({ do: 'finish', rest })
const inForce = finish({ result: 'in-force' })
const givenBack = finish({ result: 'given-back' })
const another = access({}, theirs)

describe('what the links say', () => {
  test.each<[string, Wish, Given, unknown]>([
    [
      'unwanted by the view, with an entry: the live account is looked at',
      { is: 'unwanted', isLive: false },
      { accesses: [there] },
      { do: 'look at the live account' },
    ],
    [
      'unclear by the view, with an entry: the live account is looked at',
      { ...unclear, isLive: false },
      { accesses: [there] },
      { do: 'look at the live account' },
    ],
    ['unclear, without an entry: nothing is granted', unclear, {}, finish({ result: 'waiting' })],
    [
      'unclear: an access that only such links granted stays as it is',
      unclear,
      { accesses: [there], known: named },
      finish({ result: 'waiting' }),
    ],
    [
      'unclear: the revocation of an access that others granted is put off, with the link that may forbid it',
      unclearByOther,
      { accesses: [there], known: named },
      putOff(/links_data\/other/, { state: 'failed' }),
    ],
    [
      'unclear: an access whose principal has another name is retired all the same',
      unclear,
      { accesses: [there], known: renamed },
      learn('heir'),
    ],
    [
      'unwanted, but a link under the present name of its principal may grant it: its revocation is put off',
      gone,
      { accesses: [there], known: { heir: { unreadable: ['links_data/other'] } } },
      putOff(/links_data\/other/, { state: 'failed' }),
    ],
    [
      'unclear: every link that may forbid it is counted in the reason',
      { ...unclear, unreadable: ['links_data/other', 'links_data/third', link.key] },
      { accesses: [access({ links: [link, linkNamed('b')] })], known: named },
      putOff(/'links_data\/other' and 2 more\b/, { state: 'failed' }),
    ],
    [
      'unclear: the revocation of an access that one of two unread links granted is put off, with that link alone',
      unclear,
      { accesses: [access({ links: [link, linkNamed('b')] })], known: named },
      putOff(new RegExp(`'${link.key}'(?! and)`), { state: 'failed' }),
    ],
    [
      'unclear: the revocation of an access that no link is known to have granted is put off',
      unclear,
      { accesses: [access({ links: [] })], known: named },
      putOff(new RegExp(`'${link.key}'`), { state: 'failed' }),
    ],
    [
      'unclear: an access that such a link granted, and is there, is confirmed where the ledger does not say so yet',
      unclear,
      { accesses: [access({ state: 'failed' })], known: named },
      step({ do: 'confirm', links: [link] }),
    ],
    ['unclear: a principal is asked for its name first', unclear, { accesses: [there] }, learn('whereabouts')],
    [
      'unclear: a request in progress is waited for first',
      unclear,
      { accesses: [there], known: named, inProgress: [[mine, 'creation']] },
      step({ do: 'wait for the request' }),
    ],
    [
      'unclear, in an account that is gone: an access is released',
      unclear,
      { accesses: [there], account: 'gone' },
      step({ do: 'forget', as: 'released' }),
    ],
    [
      'unclear: an access that is gone is forgotten',
      unclear,
      { accesses: [deleted], known: named },
      step({ do: 'forget' }),
    ],
    ['unplaced account, without an entry: nothing is granted', unplaced, {}, finish({ result: 'waiting' })],
    [
      'unplaced account: an access whose links are all in force stays as it is',
      unplaced,
      { accesses: [there] },
      finish({ result: 'waiting' }),
    ],
    [
      'unplaced account: an access of which a link is gone is put off, with the reason',
      unplaced,
      { accesses: [access({ links: [link, linkNamed('b')] })] },
      putOff(/Organizations does not say/, { state: 'failed' }),
    ],
    [
      'unplaced account: an access that no link is known to have granted is put off',
      unplaced,
      { accesses: [access({ links: [] })] },
      putOff(/Organizations does not say/, { state: 'failed' }),
    ],
    [
      'unplaced account: an access that is stuck stays stuck',
      unplaced,
      { accesses: [access({ state: 'stuck' })] },
      putOff(/Organizations does not say/, { state: 'stuck' }),
    ],
    [
      'unplaced account: what the brake holds stays held',
      unplaced,
      { accesses: [access({ state: 'held', reason: 'too many' })] },
      finish({ result: 'held', reason: 'too many' }),
    ],
    [
      'unplaced account: a request in progress is waited for first',
      unplaced,
      { accesses: [there], inProgress: [[mine, 'deletion']] },
      step({ do: 'wait for the request' }),
    ],
    [
      'unwanted by the view, without an entry: it is absent',
      { is: 'unwanted', isLive: false },
      {},
      finish({ result: 'absent' }),
    ],
    [
      'unwanted on the live account: each access is retired, the first one first',
      gone,
      { accesses: [there, another] },
      learn('heir'),
    ],
    [
      'unwanted on the live account: the next access is retired when the first one is at rest',
      gone,
      { accesses: [there, another], known: { rest: { result: 'open', reason: 'x' } } },
      learn('heir', theirs),
    ],
    [
      'wanted: the target is kept before another id is retired, renamed or not',
      wanted,
      { accesses: [another], others: [[theirs, renamed]] },
      learn('whereabouts'),
    ],
    [
      'wanted, the target in force: another id is retired',
      wanted,
      { accesses: [there, another] },
      learn('heir', theirs),
    ],
    [
      'wanted, the target foreign: another id is retired',
      wanted,
      { accesses: [another], known: { ...named, foreign: 'same' } },
      learn('heir', theirs),
    ],
    [
      'wanted, no room for both: another id is retired',
      wanted,
      { accesses: [failed, another], known: { failure: { reason: 'full', isQuota: true } } },
      learn('heir', theirs),
    ],
    [
      'wanted, the target failed for another reason: another id is left',
      wanted,
      { accesses: [failed, another], known: { failure: { reason: 'no', isQuota: false } } },
      putOff(/^no$/, { state: 'failed' }),
    ],
    [
      'wanted, the target put off: it is asked for the name of another id',
      wanted,
      { accesses: [failed, another], known: { rest: { result: 'open', reason: 'no' } } },
      learn('whereabouts', theirs),
    ],
    [
      'wanted, the target put off: another id of this name is left until the target is confirmed',
      wanted,
      { accesses: [failed, another], known: { rest: { result: 'open', reason: 'no' } }, others: [[theirs, named]] },
      finish({ result: 'open', reason: 'no' }),
    ],
    [
      'wanted, the target put off: another id that is gone is left, too',
      wanted,
      { accesses: [failed, another], known: { rest: { result: 'open', reason: 'no' } }, others: [[theirs, orphaned]] },
      finish({ result: 'open', reason: 'no' }),
    ],
    [
      'wanted, the target put off: a renamed id is retired',
      wanted,
      { accesses: [failed, another], known: { rest: { result: 'open', reason: 'no' } }, others: [[theirs, renamed]] },
      learn('heir', theirs),
    ],
    [
      'lacking: each access is held on to',
      lacking,
      { accesses: [there, another], known: named },
      learn('whereabouts', theirs),
    ],
    ['lacking, without an entry: the links wait', lacking, {}, finish({ result: 'waiting' })],
  ])('%s', (_, wish, given, then) => expect(decided(wish, given)).toEqual(then))

  const held = { result: 'held' as const, reason: 'too many' }
  const open = { result: 'open' as const, reason: 'later' }
  test.each<[string, Known, Known, object]>([
    ['open where anything is open', { rest: held }, { rest: open }, open],
    ['else held where anything is held', { rest: { result: 'waiting' } }, { rest: held }, held],
    ['held where the first one is', { rest: held }, { rest: { result: 'foreign' } }, held],
    ['else absent', { rest: { result: 'foreign' } }, { rest: { result: 'foreign' } }, { result: 'absent' }],
  ])('where all is at rest, the end is %s', (_, known, other, rest) => {
    expect(decided(gone, { accesses: [there, another], known, others: [[theirs, other]] })).toEqual(finish(rest))
  })

  test('the first open reason is the one that is told', () => {
    const others: PlainFacts['known'] = [[theirs, { rest: { result: 'open', reason: 'second' } }]]
    const given = { accesses: [failed, another], known: { rest: { result: 'open', reason: 'first' } as const }, others }
    expect(decided(gone, given)).toEqual(finish({ result: 'open', reason: 'first' }))
  })
})

describe('what comes before everything else', () => {
  const creation = { ids: mine, kind: 'creation', isChecked: false } as const
  const deletion = { ids: mine, kind: 'deletion', isChecked: false } as const
  const answered = { request: 'not-found' } as const
  test.each<[string, Wish, Given, unknown]>([
    [
      'an access at rest stays at rest',
      wanted,
      { accesses: [failed], known: { rest: { result: 'waiting' } } },
      finish({ result: 'waiting' }),
    ],
    [
      'a request in progress is waited for',
      wanted,
      { accesses: [there], inProgress: [[mine, 'deletion']] },
      step({ do: 'wait for the request' }),
    ],
    [
      'a request in progress is waited for, also where the ledger has nothing',
      wanted,
      { inProgress: [[mine, 'creation']] },
      step({ do: 'wait for the request' }),
    ],
    [
      'a request in progress for another access is not',
      wanted,
      { accesses: [there], inProgress: [[theirs, 'deletion']] },
      inForce,
    ],
    [
      'a request that takes longer than an evaluation puts it off',
      wanted,
      { accesses: [unanswered], inProgress: [[mine, 'creation']], known: { request: 'in-progress' } },
      putOff(/still in progress/),
    ],
    ['a prepared creation is checked', wanted, { accesses: [unanswered], prepared: creation }, step({ do: 'check' })],
    [
      'a creation that was checked is called',
      wanted,
      { accesses: [unanswered], prepared: { ...creation, isChecked: true } },
      step({ do: 'call', kind: 'creation' }),
    ],
    [
      'a prepared deletion is called',
      gone,
      { accesses: [access({ state: 'revoking', call: called('deletion') })], prepared: deletion },
      step({ do: 'call', kind: 'deletion' }),
    ],
    [
      'a prepared deletion is not called where links grant it again',
      wanted,
      { accesses: [access({ state: 'revoking', call: called('deletion') })], prepared: deletion },
      learn('request'),
    ],
    [
      'a prepared creation is not called where nothing grants it',
      gone,
      { accesses: [unanswered], prepared: { ...creation, isChecked: true } },
      learn('request'),
    ],
    [
      'a prepared call is one for its own access',
      gone,
      { accesses: [another], prepared: deletion, known: answered },
      learn('heir', theirs),
    ],
    ['a call without an outcome has its request looked for', wanted, { accesses: [unanswered] }, learn('request')],
    ['a call with an outcome has not', gone, { accesses: [deleted] }, step({ do: 'forget' })],
  ])('%s', (_, wish, given, then) => expect(decided(wish, given)).toEqual(then))
})

describe('access that an operator released', () => {
  const releasedAt = ago(2 * minute)
  const released = access({ releasedAt })
  const ended: LastWord = { says: 'ended', event: 'released', at: releasedAt, settledMs: minute }
  const giveBack = step({ do: 'give back', ids: released })
  const contradicted = (at: string) => step({ do: 'report a contradiction', contradiction: { entry: 'outdated', at } })
  test.each([gone, wanted, lacking, unclear, unplaced])('is given back first of all, $is as it is', (wish) => {
    const known: Known = { history: ours, ...renamed }
    expect(decided(wish, { accesses: [another, released], known, others: [[mine, known]] })).toEqual(giveBack)
  })

  test.each<[string, Known, unknown]>([
    ['has history asked', {}, learn('history')],
    ['is given back where history says nothing', { history: { says: 'nothing' } }, giveBack],
    ['is given back where history says that it was ours before', { history: ours }, giveBack],
    [
      'contradicts history where that says that it is ours since',
      { history: { ...ours, at: releasedAt } },
      contradicted(releasedAt),
    ],
    [
      'contradicts history where that says that it ended otherwise',
      { history: revokedLong },
      contradicted(revokedLong.at),
    ],
    [
      'is put off once that was reported',
      { history: revokedLong, rest: { result: 'open', reason: 'history' } },
      finish({ result: 'open', reason: 'history' }),
    ],
    ['is looked for where history says that this release ended it', { history: ended }, learn('listing')],
    ['is given back where it is listed then', { history: ended, ...listed }, giveBack],
    ['is forgotten where it is not', { history: ended, ...unlisted }, step({ do: 'forget', as: 'ended' })],
  ])('%s', (_, known, then) => expect(decided(gone, { accesses: [released], known })).toEqual(then))
})

describe('access that links grant', () => {
  const asked: Known = { request: 'not-found' }
  test.each<[string, Given, unknown]>([
    ['there, and the ledger says so: it is in force', { accesses: [there] }, inForce],
    [
      'there, and the ledger does not say granted: it is confirmed',
      { accesses: [access({ state: 'held' })] },
      { do: 'confirm', ids: mine, links: [link] },
    ],
    [
      'there, by other links: it is confirmed with them',
      { accesses: [access({ links: [] })] },
      { do: 'confirm', ids: mine, links: [link] },
    ],
    [
      'there, and it was orphaned: it is confirmed',
      { accesses: [access({ orphanedAt: long })] },
      step({ do: 'confirm' }),
    ],
    [
      'there, and it is open work though it is alone: it is confirmed',
      { accesses: [there], entry: { openUntil: long } },
      step({ do: 'confirm' }),
    ],
    [
      'there, and it is open work because of another: it is in force',
      { accesses: [there, another], entry: { openUntil: long }, others: [[theirs, { rest: { result: 'waiting' } }]] },
      inForce,
    ],
    [
      'there, and not first in the entry: it is confirmed',
      { accesses: [another, there], others: [[theirs, named]] },
      step({ do: 'confirm' }),
    ],
    [
      'there, where a drift check missed it: it is confirmed',
      { accesses: [missing], known: listed },
      step({ do: 'confirm' }),
    ],
    [
      'maybe there: it is created, which changes nothing where it is',
      { accesses: [unanswered], known: asked },
      prepare('creation'),
    ],
    [
      'gone: it is created again, and was lost',
      { accesses: [missing], known: unlisted },
      prepare('creation', mine, true),
    ],
    [
      'gone by a deletion of ours that SUCCEEDED: it is created again, and was lost',
      { accesses: [deleted] },
      prepare('creation', mine, true),
    ],
    [
      'gone, and never granted: it is created, and nothing was lost',
      { accesses: [failed], known: unlisted },
      prepare('creation'),
    ],
    [
      'gone, where drift is only reported and the same link grants it: it is left',
      { accesses: [missing], known: unlisted, onDrift: 'report' },
      finish({ result: 'open', reason: 'someone removed it' }),
    ],
    [
      'gone, where drift is only reported: the end tells the reason of the ledger',
      { accesses: [{ ...missing, reason: 'gone at night' }], known: unlisted, onDrift: 'report' },
      finish({ result: 'open', reason: 'gone at night' }),
    ],
    [
      'gone, where drift is only reported but a link was uploaded since: it is created',
      { accesses: [{ ...missing, links: [{ ...link, etag: 'before' }] }], known: unlisted, onDrift: 'report' },
      prepare('creation', mine, true),
    ],
    [
      'gone, where drift is only reported but no drift check missed it: it is created',
      { accesses: [deleted], onDrift: 'report' },
      prepare('creation', mine, true),
    ],
    ['only a listing can tell: it is looked for', { accesses: [missing] }, learn('listing')],
    [
      'listed too early: it is put off until a listing counts',
      { accesses: [failedJustNow], known: listed },
      putOff(/five minutes/, { until: in5 }),
    ],
    [
      'not listed, too early: it is created, and nothing was lost',
      { accesses: [stillThere], known: unlisted },
      prepare('creation'),
    ],
    [
      'foreign: it is asked whether another key of ours has it',
      { accesses: [failed], known: listed },
      learn('elsewhere'),
    ],
    [
      'foreign, and another key of ours has it: this one forgets it, and takes it over next',
      { accesses: [failed], known: { ...listed, elsewhere: otherKey } },
      step({ do: 'forget', as: 'elsewhere' }),
    ],
    [
      'foreign, and nobody of ours has it: it is left to others',
      { accesses: [failed], known: { ...listed, elsewhere: 'none', history: { says: 'nothing' } } },
      step({ do: 'leave to others', links: [link] }),
    ],
    [
      'failed in this evaluation: it is put off as failed, also at the end of a slice',
      { accesses: [failed], known: { failure: { reason: 'AWS says no', isQuota: false } }, mayStart: false },
      putOff(/^AWS says no$/, { state: 'failed' }),
    ],
    [
      'to be created at the end of a slice: the hint is given back',
      { accesses: [deleted], mayStart: false },
      givenBack,
    ],
    [
      'to be put off at the end of a slice: the hint is given back',
      { accesses: [failedJustNow], known: listed, mayStart: false },
      givenBack,
    ],
    [
      'there, though a drift check missed it while it was granted: it is confirmed',
      { accesses: [access({ missingSince: ago(minute) })], known: listed },
      step({ do: 'confirm' }),
    ],
    [
      'there, with a deletion that failed under the former name of its principal: it is confirmed, which forgets that call',
      { accesses: [access({ call: called('deletion', 'FAILED') })], known: listed },
      step({ do: 'confirm' }),
    ],
    [
      'maybe there, granted before: it is created, and nothing was lost',
      { accesses: [access({ state: 'revoking', call: called('deletion', undefined, ago(0)) })], known: asked },
      prepare('creation'),
    ],
    [
      'gone by a deletion of what nothing had confirmed: it is created, and was lost',
      { accesses: [{ ...deleted, grantedAt: undefined, lastCreation: called('creation', 'SUCCEEDED') }] },
      prepare('creation', mine, true),
    ],
    [
      'gone, where drift is only reported and one of its links is gone, too: it is left',
      { accesses: [{ ...missing, links: [linkNamed('b'), link] }], known: unlisted, onDrift: 'report' },
      finish({ result: 'open', reason: 'someone removed it' }),
    ],
  ])('is %s', (_, given, then) => expect(decided(wanted, given)).toEqual(then))
})

describe('access that links grant and that the ledger does not have', () => {
  const none: Known = { foreign: 'none' }
  const found: Known = { ...none, ...listed }
  test.each<[string, Given, unknown]>([
    ['is looked for under foreign/ first', {}, learn('foreign')],
    [
      'has the id asked for its name first where the entry has another id',
      { accesses: [another] },
      learn('whereabouts'),
    ],
    [
      'is started again later where that id has another name',
      { accesses: [another], known: renamed },
      step({ do: 'start again later' }),
    ],
    [
      'is started again later where that id is gone',
      { accesses: [another], known: orphaned },
      step({ do: 'start again later' }),
    ],
    ['goes on where that id has this name', { accesses: [another], known: named }, learn('foreign')],
    [
      'is foreign as before where the same links grant what is recorded',
      { known: { foreign: 'same' } },
      finish({ result: 'foreign' }),
    ],
    ['is looked for where nothing is recorded', { known: none }, learn('listing')],
    ['is looked for where something else is recorded', { known: { foreign: 'other' } }, learn('listing')],
    [
      'is foreign no more where something else is recorded, and it is not listed',
      { known: { foreign: 'other', ...unlisted } },
      step({ do: 'forget what was foreign' }),
    ],
    ['is created where it is not listed', { known: { ...none, ...unlisted } }, prepare('creation')],
    ['is looked for under other keys of ours where it is listed', { known: found }, learn('elsewhere')],
    [
      'has the other key looked at where another key of ours has it',
      { known: { ...found, elsewhere: otherKey } },
      step({ do: 'ask elsewhere', reason: expect.stringContaining('another name') }),
    ],
    [
      'is looked for in history where no other key of ours has it',
      { known: { ...found, elsewhere: 'none' } },
      learn('history'),
    ],
    [
      'is put off where we revoked it just now: the listing may lag',
      { known: { ...found, elsewhere: 'none', history: revokedLately } },
      putOff(/five minutes/),
    ],
    [
      'is foreign where history does not know it',
      { known: { ...found, elsewhere: 'none', history: { says: 'nothing' } } },
      step({ do: 'leave to others', links: [link] }),
    ],
    [
      'is foreign where history says that ours was revoked five minutes ago',
      { known: { ...found, elsewhere: 'none', history: revokedLong } },
      step({ do: 'leave to others', links: [link] }),
    ],
    [
      'is foreign where history says that ours was released, however lately',
      { known: { ...found, elsewhere: 'none', history: { ...revokedLately, event: 'released' } } },
      step({ do: 'leave to others', links: [link] }),
    ],
    [
      'contradicts history where that says that it is ours',
      { known: { ...found, elsewhere: 'none', history: ours } },
      step({ do: 'report a contradiction', links: [link], contradiction: { entry: 'lost', at: long } }),
    ],
    ['is not created at the end of a slice', { known: { ...none, ...unlisted }, mayStart: false }, givenBack],
  ])('%s', (_, given, then) => expect(decided(wanted, given)).toEqual(then))
})

describe('access that nothing grants', () => {
  const asked: Known = { request: 'not-found' }
  const failure = { reason: 'AWS says no', isQuota: false }
  const expired = access({
    grantedAt: undefined,
    state: 'failed',
    call: called('creation', 'FAILED'),
    unansweredAt: ago(15 * minute),
  })
  const waiting = access({
    grantedAt: undefined,
    state: 'failed',
    call: called('creation', 'FAILED'),
    unansweredAt: ago(15 * minute - 1),
  })
  test.each<[string, Given, unknown]>([
    [
      'is released where the account is gone',
      { accesses: [there], account: 'gone', known: { request: 'not-found' } },
      step({ do: 'forget', as: 'released' }),
    ],
    [
      'has its request waited for also where the account is gone',
      { accesses: [there], account: 'gone', inProgress: [[mine, 'deletion']] },
      step({ do: 'wait for the request' }),
    ],
    [
      'is put off while its request is in progress also where the account is gone',
      { accesses: [there], account: 'gone', known: { request: 'in-progress' }, inProgress: [[mine, 'creation']] },
      putOff(/still in progress/),
    ],
    [
      'is put off as failed where its call failed',
      { accesses: [there], known: { failure } },
      putOff(/^AWS says no$/, { state: 'failed' }),
    ],
    [
      'is left stuck where its call failed and the account refuses changes',
      { accesses: [there], account: 'refusing', known: { failure } },
      putOff(/^AWS says no$/, { state: 'stuck' }),
    ],
    [
      'is left stuck where its call failed and the account is not known',
      { accesses: [there], account: 'unknown', known: { failure } },
      putOff(/^AWS says no$/, { state: 'stuck' }),
    ],
    [
      'stays stuck while the account refuses changes',
      { accesses: [access({ state: 'stuck', reason: 'closed' })], account: 'refusing' },
      finish({ result: 'open', reason: 'closed' }),
    ],
    [
      'stays stuck without a reason that anybody gave',
      { accesses: [access({ state: 'stuck' })], account: 'unknown' },
      finish({ result: 'open', reason: 'the account takes no changes' }),
    ],
    ['is not stuck any more where the account is active', { accesses: [access({ state: 'stuck' })] }, learn('heir')],
    ['is tried once where the account refuses changes', { accesses: [there], account: 'refusing' }, learn('heir')],
    ['is forgotten where it is proven gone', { accesses: [deleted] }, step({ do: 'forget', as: 'revoked' })],
    [
      'is forgotten where the account refuses changes and it is proven gone',
      { accesses: [deleted], account: 'refusing' },
      step({ do: 'forget', as: 'revoked' }),
    ],
    [
      'is put off where a creation without an answer may still take effect',
      { accesses: [waiting], known: unlisted },
      putOff(/15 minutes/, { until: new Date(now.getTime() + 1) }),
    ],
    [
      'is forgotten when that time is over, to the millisecond',
      { accesses: [expired], known: unlisted },
      step({ do: 'forget', as: 'revoked' }),
    ],
    [
      'is left stuck where it is gone with an account that is not known: it may come back with it',
      { accesses: [deleted], account: 'unknown' },
      putOff(/Organizations does not know/, { state: 'stuck' }),
    ],
    [
      'is left stuck there, too, where only a creation says that we made it',
      {
        accesses: [{ ...failed, lastCreation: called('creation', 'SUCCEEDED') }],
        account: 'unknown',
        known: { ...unlisted },
      },
      putOff(/Organizations does not know/, { state: 'stuck' }),
    ],
    [
      'is forgotten there where we never made it',
      { accesses: [failed], account: 'unknown', known: unlisted },
      step({ do: 'forget', as: 'revoked' }),
    ],
    [
      'is left to others where it is foreign',
      { accesses: [failed], known: { ...listed, elsewhere: 'none', history: { says: 'nothing' } } },
      step({ do: 'leave to others', links: [] }),
    ],
    [
      'is left to the other key of ours where that has it',
      { accesses: [failed], known: { ...listed, elsewhere: otherKey } },
      step({ do: 'forget', as: 'elsewhere' }),
    ],
    ['is looked for where only a listing can tell', { accesses: [stillThere] }, learn('listing')],
    [
      'is put off where a listing contradicts our calls too early',
      { accesses: [stillThere], known: unlisted },
      putOff(/five minutes/, { until: in5 }),
    ],
    ['is looked for where a call got no answer', { accesses: [unanswered], known: asked }, learn('listing')],
    [
      'is put off where that call got no answer and it is not listed',
      { accesses: [unanswered], known: { ...asked, ...unlisted } },
      putOff(/five minutes/, { until: in5 }),
    ],
    [
      'is revoked where that call got no answer and it is listed',
      { accesses: [unanswered], known: { ...asked, ...listed } },
      learn('heir'),
    ],
    ['is revoked where it is there', { accesses: [there] }, learn('heir')],
  ])('%s', (_, given, then) => expect(decided(gone, given)).toEqual(then))
})

describe('access that is there and has to go', () => {
  const heir = { key: otherKey, links: [link] }
  const begun = (state: Access['state'], kind: 'creation' | 'deletion' = 'deletion') =>
    access({ state, call: called(kind, 'FAILED') })
  const asked: Known = { heir: 'none', history: ours, ...listed }
  test.each<[string, Given, unknown]>([
    ['has its heir asked for first', { accesses: [there] }, learn('heir')],
    [
      'moves where links grant it under the present name of its principal',
      { accesses: [there], known: { heir, history: ours } },
      step({ do: 'move to' }),
    ],
    [
      'does not move where history says that it ended: it may be of others by now',
      { accesses: [there], known: { heir, history: revokedLong, ...listed } },
      step({ do: 'report a contradiction', contradiction: { entry: 'outdated', at: revokedLong.at } }),
    ],
    ['has history asked', { accesses: [there], known: { heir: 'none' } }, learn('history')],
    ['has history asked before it moves', { accesses: [there], known: { heir } }, learn('history')],
    ['has the brake asked', { accesses: [there], known: { heir: 'none', history: ours } }, learn('admission')],
    [
      'is looked for where history says that it ended',
      { accesses: [there], known: { heir: 'none', history: revokedLong } },
      learn('listing'),
    ],
    [
      'is forgotten where history says that it ended, and it is not listed',
      { accesses: [there], known: { heir: 'none', history: revokedLong, ...unlisted } },
      step({ do: 'forget', as: 'ended' }),
    ],
    [
      'is forgotten where history says that it ended, and a listing lacks it too early to count by itself',
      {
        accesses: [access({ grantedAt: ago(0) })],
        known: { heir: 'none', history: revokedLong, ...unlisted },
      },
      step({ do: 'forget', as: 'ended' }),
    ],
    [
      'contradicts history where it is listed, and another deletion than that of the entry ended it',
      {
        accesses: [access({ state: 'revoking', call: called('deletion', undefined, ago(30 * minute)) })],
        known: { heir: 'none', history: revokedLong, request: 'not-found', ...listed },
      },
      step({ do: 'report a contradiction', contradiction: { entry: 'outdated', at: revokedLong.at } }),
    ],
    [
      'waits for the request of another access of the entry, which an evaluation does not wait for any more, uncounted',
      {
        accesses: [there, another],
        known: { heir: 'none', history: ours },
        others: [[theirs, { request: 'in-progress', rest: { result: 'in-force' } }]],
      },
      finish({ result: 'open', reason: expect.stringContaining('still in progress') }),
    ],
    [
      'is put off where it is listed, and its deletion, whose end is not recorded, ended it just now',
      {
        accesses: [access({ state: 'revoking', call: called('deletion', undefined, long) })],
        known: { heir: 'none', history: { ...revokedLately, at: long }, request: 'not-found', ...listed },
      },
      putOff(/five minutes/),
    ],
    [
      'contradicts history where it is listed, and history says that it ended',
      { accesses: [there], known: { heir: 'none', history: revokedLong, ...listed } },
      step({ do: 'report a contradiction', contradiction: { entry: 'outdated', at: revokedLong.at } }),
    ],
    [
      'is foreign where it is listed after the very deletion of the entry ended it',
      {
        accesses: [access({ state: 'revoking', call: called('deletion', undefined, long) })],
        known: {
          heir: 'none',
          history: { ...revokedLong, at: long },
          request: 'not-found',
          elsewhere: 'none',
          ...listed,
        },
      },
      step({ do: 'leave to others', links: [] }),
    ],
    [
      'is held where the brake holds it',
      { accesses: [there], known: { heir: 'none', history: ours, admission: { outcome: 'held', reason: 'too many' } } },
      step({ do: 'hold', reason: 'too many' }),
    ],
    [
      'is deleted where the brake lets it pass',
      { accesses: [there], known: passing },
      { do: 'prepare', kind: 'deletion', ids: there, links: [link], wasLost: false },
    ],
    [
      'is deleted without the brake where a deletion is under way',
      { accesses: [begun('revoking')], known: asked },
      prepare('deletion'),
    ],
    [
      'is deleted without the brake where a deletion failed',
      { accesses: [begun('failed')], known: asked },
      prepare('deletion'),
    ],
    [
      'is deleted without the brake where a deletion was stuck',
      { accesses: [begun('stuck')], known: asked },
      prepare('deletion'),
    ],
    [
      'has the brake asked where an earlier deletion is over',
      { accesses: [begun('granted')], known: asked },
      learn('admission'),
    ],
    [
      'has the brake asked where what failed is a creation',
      { accesses: [begun('failed', 'creation')], known: asked },
      learn('admission'),
    ],
    ['is not deleted at the end of a slice', { accesses: [there], known: passing, mayStart: false }, givenBack],
    [
      'is not counted at the end of a slice',
      { accesses: [there], known: { heir: 'none', history: ours }, mayStart: false },
      givenBack,
    ],
  ])('%s', (_, given, then) => expect(decided(gone, given)).toEqual(then))
})

describe('access whose links wait', () => {
  const asked: Known = { request: 'not-found' }
  const in60 = new Date(now.getTime() + 60 * minute)
  const soon = new Date(now.getTime() + minute).toISOString()
  const orphanedAt = ago(59 * minute)
  test.each<[string, Given, unknown]>([
    [
      'is released where the account is gone',
      { accesses: [there], account: 'gone' },
      step({ do: 'forget', as: 'released' }),
    ],
    ['has its principal looked for first', { accesses: [there] }, learn('whereabouts')],
    ['is retired where its principal has another name', { accesses: [there], known: renamed }, learn('heir')],
    [
      'is retired where its principal has a name that no link can spell',
      { accesses: [there], known: { whereabouts: { name: undefined } } },
      learn('heir'),
    ],
    ['is kept where its principal is there', { accesses: [there], known: named }, finish({ result: 'waiting' })],
    [
      'is kept with the links that mean it now',
      { accesses: [access({ links: [] })], known: named },
      step({ do: 'confirm', links: [link], until: undefined }),
    ],
    [
      'has its grace begin where its principal is gone',
      { accesses: [there], known: orphaned },
      step({ do: 'confirm', links: [link], until: in60 }),
    ],
    [
      'is in its grace',
      { accesses: [access({ orphanedAt })], entry: { openUntil: soon }, known: orphaned },
      finish({ result: 'waiting' }),
    ],
    [
      'is confirmed where its twin is due',
      { accesses: [access({ orphanedAt })], entry: { openUntil: ago(0) }, known: orphaned },
      step({ do: 'confirm' }),
    ],
    [
      'is confirmed where its twin comes after its grace',
      { accesses: [access({ orphanedAt })], entry: { openUntil: in60.toISOString() }, known: orphaned },
      step({ do: 'confirm' }),
    ],
    [
      'is confirmed where it has no twin',
      { accesses: [access({ orphanedAt })], known: orphaned },
      step({ do: 'confirm' }),
    ],
    [
      'is confirmed where its grace was not begun',
      { accesses: [there], entry: { openUntil: soon }, known: orphaned },
      step({ do: 'confirm' }),
    ],
    [
      'is retired when its grace is over, to the millisecond',
      { accesses: [access({ orphanedAt: ago(60 * minute) })], known: orphaned },
      learn('heir'),
    ],
    [
      'is kept a millisecond before',
      { accesses: [access({ orphanedAt: ago(60 * minute - 1) })], known: orphaned },
      step({ do: 'confirm' }),
    ],
    [
      'has no grace that has begun where its principal is back',
      { accesses: [access({ orphanedAt })], known: named },
      step({ do: 'confirm', until: undefined }),
    ],
    [
      'is waited for where a request is in progress',
      { accesses: [there], known: named, inProgress: [[mine, 'deletion']] },
      step({ do: 'wait for the request' }),
    ],
    [
      'is forgotten where it is gone',
      { accesses: [failed], known: { ...named, ...unlisted } },
      step({ do: 'forget', as: 'revoked' }),
    ],
    [
      'is left to others where it is foreign',
      { accesses: [failed], known: { ...named, ...listed, elsewhere: 'none', history: { says: 'nothing' } } },
      step({ do: 'leave to others', links: [link] }),
    ],
    ['is looked for where only a listing can tell', { accesses: [missing], known: named }, learn('listing')],
    [
      'is put off where a listing contradicts our calls too early',
      { accesses: [failedJustNow], known: { ...named, ...listed } },
      putOff(/five minutes/, { until: in5 }),
    ],
    [
      'is looked for where a call got no answer',
      { accesses: [unanswered], known: { ...named, ...asked } },
      learn('listing'),
    ],
    [
      'is put off where that call got no answer and it is too early',
      { accesses: [unanswered], known: { ...named, ...asked, ...unlisted } },
      putOff(/five minutes/, { until: in5 }),
    ],
  ])('%s', (_, given, then) => expect(decided(lacking, given)).toEqual(then))

  const unmeant: Wish = { is: 'lacking', lack, links: [] }
  test('is retired where no link means it and its principal is there, and has its grace where that is gone', () => {
    expect(decided(unmeant, { accesses: [there], known: named })).toEqual(learn('heir'))
    expect(decided(unmeant, { accesses: [there], known: orphaned })).toEqual(
      step({ do: 'confirm', links: [link], until: in60 }),
    )
  })

  test('keeps its own links where it is not the first of the entry', () => {
    const other = access({ links: [], state: 'held' }, third)
    const others: PlainFacts['known'] = [[third, named]]
    expect(decided(lacking, { accesses: [there, other], known: named, others })).toEqual(
      step({ do: 'confirm', links: [] }, third),
    )
  })
})

test('access that is gone is created where drift is only reported and a second link was uploaded since', () => {
  const both: Wish = { is: 'wanted', target: mine, links: [link, linkNamed('b')] }
  expect(decided(both, { accesses: [missing], known: unlisted, onDrift: 'report' })).toEqual(
    prepare('creation', mine, true),
  )
})
