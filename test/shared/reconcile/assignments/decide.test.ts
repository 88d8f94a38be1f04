import { describe, expect, test } from '@jest/globals'
import type { LedgerEntry } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { exempt } from '../../../../shared/domain/brake/admission.ts'
import { decide } from '../../../../shared/reconcile/assignments/decide.ts'
import type { Facts, Learnt, Step, Wish } from '../../../../shared/reconcile/assignments/facts.ts'
import type { LastWord } from '../../../../shared/reconcile/records/history.ts'
import { ago, linkNamed, mine, now, third } from '../../domain/access-arbitraries.ts'

const minute = 60_000
const link = linkNamed('a')
const long = ago(30 * minute)
const gone: Wish = { is: 'unwanted', isLive: true }
const wanted: Wish = { is: 'wanted', permissionSetArn: mine.permissionSetArn, links: [link] }
const lacking: Wish = { is: 'lacking', links: [link] }
/** S3 does not give the very link that granted it, or another one. */
const unclear: Wish = { is: 'unclear', unreadable: [link.key], isLive: true }
const unclearByOther: Wish = { is: 'unclear', unreadable: ['links_data/other'], isLive: true }
const unplaced: Wish = { is: 'unplaced', lasting: [link.key] }
const listed: Learnt = { listing: { isListed: true, at: now } }
const unlisted: Learnt = { listing: { isListed: false, at: now } }
const ours: LastWord = { says: 'ours', at: long, links: [linkNamed('b')] }
const revokedLately: Extract<LastWord, { says: 'ended' }> = {
  says: 'ended',
  event: 'revoked',
  at: ago(minute),
  ageMs: 5 * minute - 1,
}
const revokedLong: typeof revokedLately = { ...revokedLately, ageMs: 5 * minute }
const passing: Learnt = { history: ours, admission: exempt('temporary access has ended') }
const in5 = new Date(now.getTime() + 5 * minute)

type Change = Partial<LedgerEntry>
const access = (change: Change = {}, names = mine): LedgerEntry => ({
  v: 1,
  ...names,
  state: 'granted',
  links: [link],
  grantedAt: long,
  attempts: 0,
  updatedAt: long,
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

type Given = Partial<Facts>

/** What is decided on these facts. */
function decided(wish: Wish, facts: Given = {}): Step {
  const calm = { mayStart: true, onDrift: 'restore', graceMs: 60 * minute, inProgress: undefined } as const
  return decide({
    now,
    entry: undefined,
    account: 'active',
    isPrincipalGone: false,
    known: {},
    ...calm,
    wish,
    ...facts,
  })
}

const learn = (what: Extract<Step, { do: 'learn' }>['what']) => ({ do: 'learn', what })
const prepare = (kind: 'creation' | 'deletion', wasLost = false) =>
  kind === 'deletion' ? { do: 'prepare', kind } : { do: 'prepare', kind, wasLost }
const step = (found: object) => expect.objectContaining(found)
const putOff = (reason: RegExp, more: object = {}) =>
  step({ do: 'put off', reason: expect.stringMatching(reason), ...more })
const finish = (rest: object) => ({ do: 'finish', rest })
const inForce = finish({ result: 'in-force' })
const givenBack = finish({ result: 'given-back' })

describe('what the links say', () => {
  test.each<[string, Wish, Given, unknown]>([
    [
      'unwanted by the view, with an entry: the live account is looked at',
      { is: 'unwanted', isLive: false },
      { entry: there },
      { do: 'look at the live account' },
    ],
    [
      'unclear by the view, with an entry: the live account is looked at',
      { ...unclear, isLive: false },
      { entry: there },
      { do: 'look at the live account' },
    ],
    ['unclear, without an entry: nothing is granted', unclear, {}, finish({ result: 'waiting' })],
    [
      'unclear: an access that only such links granted stays as it is',
      unclear,
      { entry: there },
      finish({ result: 'waiting' }),
    ],
    [
      'unclear: the revocation of an access that others granted is put off, with the link that may forbid it',
      unclearByOther,
      { entry: there },
      putOff(/links_data\/other/, { state: 'failed' }),
    ],
    [
      'unclear: every link that may forbid it is counted in the reason',
      { ...unclear, unreadable: ['links_data/other', 'links_data/third', link.key] },
      { entry: access({ links: [link, linkNamed('b')] }) },
      putOff(/'links_data\/other' and 2 more\b/, { state: 'failed' }),
    ],
    [
      'unclear: the revocation of an access that one of two unread links granted is put off, with that link alone',
      unclear,
      { entry: access({ links: [link, linkNamed('b')] }) },
      putOff(new RegExp(`'${link.key}'(?! and)`), { state: 'failed' }),
    ],
    [
      'unclear: the revocation of an access that no link is known to have granted is put off',
      unclear,
      { entry: access({ links: [] }) },
      putOff(new RegExp(`'${link.key}'`), { state: 'failed' }),
    ],
    [
      'unclear: an access that such a link granted, and is there, is confirmed where the ledger does not say so yet',
      unclear,
      { entry: access({ state: 'failed' }) },
      step({ do: 'confirm', links: [link] }),
    ],
    [
      'unclear: a request in progress is waited for first',
      unclear,
      { entry: there, inProgress: 'creation' },
      step({ do: 'wait for the request' }),
    ],
    [
      'unclear, in an account that is gone: an access is released',
      unclear,
      { entry: there, account: 'gone' },
      step({ do: 'forget', as: 'released' }),
    ],
    ['unclear: an access that is gone is forgotten', unclear, { entry: deleted }, step({ do: 'forget' })],
    ['unplaced account, without an entry: nothing is granted', unplaced, {}, finish({ result: 'waiting' })],
    [
      'unplaced account: an access whose links are all in force stays as it is',
      unplaced,
      { entry: there },
      finish({ result: 'waiting' }),
    ],
    [
      'unplaced account: an access of which a link is gone is put off, with the reason',
      unplaced,
      { entry: access({ links: [link, linkNamed('b')] }) },
      putOff(/Organizations does not say/, { state: 'failed' }),
    ],
    [
      'unplaced account: an access that no link is known to have granted is put off',
      unplaced,
      { entry: access({ links: [] }) },
      putOff(/Organizations does not say/, { state: 'failed' }),
    ],
    [
      'unplaced account: an access that is stuck stays stuck',
      unplaced,
      { entry: access({ state: 'stuck' }) },
      putOff(/Organizations does not say/, { state: 'stuck' }),
    ],
    [
      'unplaced account: what the brake holds stays held',
      unplaced,
      { entry: access({ state: 'held', reason: 'too many' }) },
      finish({ result: 'held', reason: 'too many' }),
    ],
    [
      'unplaced account: a request in progress is waited for first',
      unplaced,
      { entry: there, inProgress: 'deletion' },
      step({ do: 'wait for the request' }),
    ],
    [
      'unwanted by the view, without an entry: it is absent',
      { is: 'unwanted', isLive: false },
      {},
      finish({ result: 'absent' }),
    ],
    ['lacking, without an entry: the links wait', lacking, {}, finish({ result: 'waiting' })],
  ])('%s', (_, wish, given, then) => expect(decided(wish, given)).toEqual(then))
})

describe('what comes before everything else', () => {
  const creation = { kind: 'creation', isChecked: false } as const
  const deletion = { kind: 'deletion', isChecked: false } as const
  test.each<[string, Wish, Given, unknown]>([
    [
      'an access at rest stays at rest',
      wanted,
      { entry: failed, known: { rest: { result: 'waiting' } } },
      finish({ result: 'waiting' }),
    ],
    [
      'a request in progress is waited for',
      wanted,
      { entry: there, inProgress: 'deletion' },
      step({ do: 'wait for the request' }),
    ],
    [
      'a request in progress is waited for, also where the ledger has nothing',
      wanted,
      { inProgress: 'creation' },
      step({ do: 'wait for the request' }),
    ],
    [
      'a request that takes longer than an evaluation puts it off',
      wanted,
      { entry: unanswered, inProgress: 'creation', known: { request: 'in-progress' } },
      putOff(/still running/),
    ],
    ['a prepared creation is checked', wanted, { entry: unanswered, prepared: creation }, step({ do: 'check' })],
    [
      'a creation that was checked is called',
      wanted,
      { entry: unanswered, prepared: { ...creation, isChecked: true } },
      step({ do: 'call', kind: 'creation' }),
    ],
    [
      'a prepared deletion is called',
      gone,
      { entry: access({ state: 'revoking', call: called('deletion') }), prepared: deletion },
      step({ do: 'call', kind: 'deletion' }),
    ],
    [
      'a prepared deletion is not called where links grant it again',
      wanted,
      { entry: access({ state: 'revoking', call: called('deletion') }), prepared: deletion },
      learn('request'),
    ],
    [
      'a prepared creation is not called where nothing grants it',
      gone,
      { entry: unanswered, prepared: { ...creation, isChecked: true } },
      learn('request'),
    ],
    [
      'a prepared deletion is not called where links grant it, though what they name is lacking',
      lacking,
      { entry: access({ state: 'revoking', call: called('deletion') }), prepared: deletion },
      learn('request'),
    ],
    [
      'a prepared deletion is called where the grace of its principal is over',
      lacking,
      {
        entry: access({ state: 'revoking', call: called('deletion'), orphanedAt: ago(60 * minute) }),
        prepared: deletion,
        isPrincipalGone: true,
      },
      step({ do: 'call', kind: 'deletion' }),
    ],
    [
      'a prepared deletion is not called where a link that cannot be read may grant it',
      unclear,
      { entry: access({ state: 'revoking', call: called('deletion') }), prepared: deletion },
      learn('request'),
    ],
    [
      'a prepared deletion is not called where nobody knows which links mean the account',
      unplaced,
      { entry: access({ state: 'revoking', call: called('deletion') }), prepared: deletion },
      learn('request'),
    ],
    ['a call without an outcome has its request looked for', wanted, { entry: unanswered }, learn('request')],
    ['a call with an outcome has not', gone, { entry: deleted }, step({ do: 'forget' })],
  ])('%s', (_, wish, given, then) => expect(decided(wish, given)).toEqual(then))
})

describe('access that an operator released', () => {
  const releasedAt = ago(2 * minute)
  const released = access({ releasedAt })
  const ended: LastWord = { says: 'ended', event: 'released', at: releasedAt, ageMs: minute }
  const giveBack = { do: 'give back' }
  const contradicted = (at: string) => step({ do: 'report a contradiction', contradiction: { entry: 'outdated', at } })
  test.each([gone, wanted, lacking, unclear, unplaced])('is given back first of all, $is as it is', (wish) => {
    expect(decided(wish, { entry: released, known: { history: ours } })).toEqual(giveBack)
  })

  test.each<[string, Learnt, unknown]>([
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
  ])('%s', (_, known, then) => expect(decided(gone, { entry: released, known })).toEqual(then))
})

describe('access that links grant', () => {
  const asked: Learnt = { request: 'not-found' }
  test.each<[string, Given, unknown]>([
    ['there, and the ledger says so: it is in force', { entry: there }, inForce],
    [
      'there, and the ledger does not say granted: it is confirmed',
      { entry: access({ state: 'held' }) },
      { do: 'confirm', links: [link] },
    ],
    [
      'there, by other links: it is confirmed with them',
      { entry: access({ links: [] }) },
      { do: 'confirm', links: [link] },
    ],
    ['there, and it was orphaned: it is confirmed', { entry: access({ orphanedAt: long }) }, step({ do: 'confirm' })],
    [
      'there, and it is open work though it is alone: it is confirmed',
      { entry: access({ openUntil: long }) },
      step({ do: 'confirm' }),
    ],
    [
      'there, where a drift check missed it: it is confirmed',
      { entry: missing, known: listed },
      step({ do: 'confirm' }),
    ],
    [
      'maybe there: it is created, which changes nothing where it is',
      { entry: unanswered, known: asked },
      prepare('creation'),
    ],
    ['gone: it is created again, and was lost', { entry: missing, known: unlisted }, prepare('creation', true)],
    [
      'gone by a deletion of ours that SUCCEEDED: it is created again, and was lost',
      { entry: deleted },
      prepare('creation', true),
    ],
    [
      'gone, and never granted: it is created, and nothing was lost',
      { entry: failed, known: unlisted },
      prepare('creation'),
    ],
    [
      'gone, where drift is only reported and the same link grants it: it is left',
      { entry: missing, known: unlisted, onDrift: 'report' },
      finish({ result: 'open', reason: 'someone removed it' }),
    ],
    [
      'gone, where drift is only reported: the end tells the reason of the ledger',
      { entry: { ...missing, reason: 'gone at night' }, known: unlisted, onDrift: 'report' },
      finish({ result: 'open', reason: 'gone at night' }),
    ],
    [
      'gone, where drift is only reported but a link was uploaded since: it is created',
      { entry: { ...missing, links: [{ ...link, etag: 'before' }] }, known: unlisted, onDrift: 'report' },
      prepare('creation', true),
    ],
    [
      'gone, where drift is only reported but no drift check missed it: it is created',
      { entry: deleted, onDrift: 'report' },
      prepare('creation', true),
    ],
    ['only a listing can tell: it is looked for', { entry: missing }, learn('listing')],
    [
      'listed too early: it is put off until a listing counts',
      { entry: failedJustNow, known: listed },
      putOff(/five minutes/, { until: in5 }),
    ],
    [
      'not listed, too early: it is created, and nothing was lost',
      { entry: stillThere, known: unlisted },
      prepare('creation'),
    ],
    [
      'foreign, and nobody of ours has it: it is left to others',
      { entry: failed, known: { ...listed, history: { says: 'nothing' } } },
      step({ do: 'leave to others', links: [link] }),
    ],
    [
      'failed in this evaluation: it is put off as failed, also at the end of a slice',
      { entry: failed, known: { failure: { reason: 'AWS says no' } }, mayStart: false },
      putOff(/^AWS says no$/, { state: 'failed' }),
    ],
    ['to be created at the end of a slice: the hint is given back', { entry: deleted, mayStart: false }, givenBack],
    [
      'to be put off at the end of a slice: the hint is given back',
      { entry: failedJustNow, known: listed, mayStart: false },
      givenBack,
    ],
    [
      'there, though a drift check missed it while it was granted: it is confirmed',
      { entry: access({ missingSince: ago(minute) }), known: listed },
      step({ do: 'confirm' }),
    ],
    [
      'maybe there, granted before: it is created, and nothing was lost',
      { entry: access({ state: 'revoking', call: called('deletion', undefined, ago(0)) }), known: asked },
      prepare('creation'),
    ],
    [
      'gone by a deletion of what nothing had confirmed: it is created, and was lost',
      { entry: { ...deleted, grantedAt: undefined, lastCreation: called('creation', 'SUCCEEDED') } },
      prepare('creation', true),
    ],
    [
      'gone, where drift is only reported and one of its links is gone, too: it is left',
      { entry: { ...missing, links: [linkNamed('b'), link] }, known: unlisted, onDrift: 'report' },
      finish({ result: 'open', reason: 'someone removed it' }),
    ],
  ])('is %s', (_, given, then) => expect(decided(wanted, given)).toEqual(then))
})

describe('access that links grant and that the ledger does not have', () => {
  const none: Learnt = { foreign: 'none' }
  const found: Learnt = { ...none, ...listed }
  test.each<[string, Given, unknown]>([
    ['is looked for under foreign/ first', {}, learn('foreign')],
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
    ['is looked for in history where it is listed', { known: found }, learn('history')],
    [
      'is put off where we revoked it just now: the listing may lag',
      { known: { ...found, history: revokedLately } },
      putOff(/five minutes/),
    ],
    [
      'is foreign where history does not know it',
      { known: { ...found, history: { says: 'nothing' } } },
      step({ do: 'leave to others', links: [link] }),
    ],
    [
      'is foreign where history says that ours was revoked five minutes ago',
      { known: { ...found, history: revokedLong } },
      step({ do: 'leave to others', links: [link] }),
    ],
    [
      'is put off where an entry was released just now: we may have revoked it before, and an old version was restored',
      { known: { ...found, history: { ...revokedLately, event: 'released' } } },
      putOff(/five minutes/),
    ],
    [
      'contradicts history where that says that it is ours',
      { known: { ...found, history: ours } },
      step({ do: 'report a contradiction', links: [link], contradiction: { entry: 'lost', at: long } }),
    ],
    ['is not created at the end of a slice', { known: { ...none, ...unlisted }, mayStart: false }, givenBack],
  ])('%s', (_, given, then) => expect(decided(wanted, given)).toEqual(then))
})

describe('access that nothing grants', () => {
  const asked: Learnt = { request: 'not-found' }
  const failure = { reason: 'AWS says no' }
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
      { entry: there, account: 'gone', known: { request: 'not-found' } },
      step({ do: 'forget', as: 'released' }),
    ],
    [
      'has its request waited for also where the account is gone',
      { entry: there, account: 'gone', inProgress: 'deletion' },
      step({ do: 'wait for the request' }),
    ],
    [
      'is put off while its request is in progress also where the account is gone',
      { entry: there, account: 'gone', known: { request: 'in-progress' }, inProgress: 'creation' },
      putOff(/still running/),
    ],
    [
      'is put off as failed where its call failed',
      { entry: there, known: { failure } },
      putOff(/^AWS says no$/, { state: 'failed' }),
    ],
    [
      'is left stuck where its call failed and the account refuses changes',
      { entry: there, account: 'refusing', known: { failure } },
      putOff(/^AWS says no$/, { state: 'stuck' }),
    ],
    [
      'is left stuck where its call failed and the account is not known',
      { entry: there, account: 'unknown', known: { failure } },
      putOff(/^AWS says no$/, { state: 'stuck' }),
    ],
    [
      'stays stuck while the account refuses changes',
      { entry: access({ state: 'stuck', reason: 'closed' }), account: 'refusing' },
      finish({ result: 'open', reason: 'closed' }),
    ],
    [
      'stays stuck without a reason that anybody gave',
      { entry: access({ state: 'stuck' }), account: 'unknown' },
      finish({ result: 'open', reason: 'the account takes no changes' }),
    ],
    ['is not stuck any more where the account is active', { entry: access({ state: 'stuck' }) }, learn('history')],
    ['is tried once where the account refuses changes', { entry: there, account: 'refusing' }, learn('history')],
    ['is forgotten where it is proven gone', { entry: deleted }, step({ do: 'forget', as: 'revoked' })],
    [
      'is forgotten where the account refuses changes and it is proven gone',
      { entry: deleted, account: 'refusing' },
      step({ do: 'forget', as: 'revoked' }),
    ],
    [
      'is put off where a creation without an answer may still take effect',
      { entry: waiting, known: unlisted },
      putOff(/15 minutes/, { until: new Date(now.getTime() + 1) }),
    ],
    [
      'is forgotten when that time is over, to the millisecond',
      { entry: expired, known: unlisted },
      step({ do: 'forget', as: 'revoked' }),
    ],
    [
      'is left stuck where it is gone with an account that is not known: it may come back with it',
      { entry: deleted, account: 'unknown' },
      putOff(/Organizations does not list/, { state: 'stuck' }),
    ],
    [
      'is left stuck there, too, where only a creation says that we made it',
      {
        entry: { ...failed, lastCreation: called('creation', 'SUCCEEDED') },
        account: 'unknown',
        known: { ...unlisted },
      },
      putOff(/Organizations does not list/, { state: 'stuck' }),
    ],
    [
      'is forgotten there where we never made it',
      { entry: failed, account: 'unknown', known: unlisted },
      step({ do: 'forget', as: 'revoked' }),
    ],
    [
      'is left to others where it is foreign',
      { entry: failed, known: { ...listed, history: { says: 'nothing' } } },
      step({ do: 'leave to others', links: [] }),
    ],
    ['is looked for where only a listing can tell', { entry: stillThere }, learn('listing')],
    [
      'is put off where a listing contradicts our calls too early',
      { entry: stillThere, known: unlisted },
      putOff(/five minutes/, { until: in5 }),
    ],
    ['is looked for where a call got no answer', { entry: unanswered, known: asked }, learn('listing')],
    [
      'is put off where that call got no answer and it is not listed',
      { entry: unanswered, known: { ...asked, ...unlisted } },
      putOff(/five minutes/, { until: in5 }),
    ],
    [
      'is revoked where that call got no answer and it is listed',
      { entry: unanswered, known: { ...asked, ...listed } },
      learn('history'),
    ],
    ['is revoked where it is there', { entry: there }, learn('history')],
  ])('%s', (_, given, then) => expect(decided(gone, given)).toEqual(then))
})

describe('access that is there and has to go', () => {
  const begun = (state: LedgerEntry['state'], kind: 'creation' | 'deletion' = 'deletion') =>
    access({ state, call: called(kind, 'FAILED') })
  const asked: Learnt = { history: ours, ...listed }
  test.each<[string, Given, unknown]>([
    ['has history asked first', { entry: there }, learn('history')],
    ['has the brake asked', { entry: there, known: { history: ours } }, { do: 'ask the brake' }],
    [
      'is looked for where history says that it ended',
      { entry: there, known: { history: revokedLong } },
      learn('listing'),
    ],
    [
      'is forgotten where history says that it ended, and it is not listed',
      { entry: there, known: { history: revokedLong, ...unlisted } },
      step({ do: 'forget', as: 'ended' }),
    ],
    [
      'is forgotten where history says that it ended, and a listing lacks it too early to count by itself',
      {
        entry: access({ grantedAt: ago(0) }),
        known: { history: revokedLong, ...unlisted },
      },
      step({ do: 'forget', as: 'ended' }),
    ],
    [
      'is put off where it is listed, and its deletion, whose end is not recorded, ended it just now',
      {
        entry: access({ state: 'revoking', call: called('deletion', undefined, long) }),
        known: { history: { ...revokedLately, at: long }, request: 'not-found', ...listed },
      },
      putOff(/five minutes/),
    ],
    [
      'contradicts history where it is listed, and history says that it ended',
      { entry: there, known: { history: revokedLong, ...listed } },
      step({ do: 'report a contradiction', contradiction: { entry: 'outdated', at: revokedLong.at } }),
    ],
    [
      'is foreign where it is listed after the very deletion of the entry ended it',
      {
        entry: access({ state: 'revoking', call: called('deletion', undefined, long) }),
        known: {
          history: { ...revokedLong, at: long },
          request: 'not-found',
          ...listed,
        },
      },
      step({ do: 'leave to others', links: [] }),
    ],
    [
      'is held where the brake holds it',
      { entry: there, known: { history: ours, admission: { outcome: 'held', reason: 'too many' } } },
      step({ do: 'hold', reason: 'too many' }),
    ],
    ['is deleted where the brake lets it pass', { entry: there, known: passing }, { do: 'prepare', kind: 'deletion' }],
    [
      'is deleted without the brake where a deletion is under way',
      { entry: begun('revoking'), known: asked },
      prepare('deletion'),
    ],
    [
      'is deleted without the brake where a deletion failed',
      { entry: begun('failed'), known: asked },
      prepare('deletion'),
    ],
    [
      'is deleted without the brake where a deletion was stuck',
      { entry: begun('stuck'), known: asked },
      prepare('deletion'),
    ],
    [
      'has the brake asked where an earlier deletion is over',
      { entry: begun('granted'), known: asked },
      { do: 'ask the brake' },
    ],
    [
      'has the brake asked where what failed is a creation',
      { entry: begun('failed', 'creation'), known: asked },
      { do: 'ask the brake' },
    ],
    ['is not deleted at the end of a slice', { entry: there, known: passing, mayStart: false }, givenBack],
    ['is not counted at the end of a slice', { entry: there, known: { history: ours }, mayStart: false }, givenBack],
  ])('%s', (_, given, then) => expect(decided(gone, given)).toEqual(then))
})

describe('access whose links wait', () => {
  const asked: Learnt = { request: 'not-found' }
  const in60 = new Date(now.getTime() + 60 * minute)
  const soon = new Date(now.getTime() + minute).toISOString()
  const orphanedAt = ago(59 * minute)
  test.each<[string, Given, unknown]>([
    [
      'is released where the account is gone',
      { entry: there, account: 'gone' },
      step({ do: 'forget', as: 'released' }),
    ],
    ['is kept where its principal is there', { entry: there }, finish({ result: 'waiting' })],
    [
      'is kept with the links that mean it now',
      { entry: access({ links: [] }) },
      step({ do: 'confirm', links: [link], until: undefined }),
    ],
    [
      'has its grace begin where its principal is gone',
      { entry: there, isPrincipalGone: true },
      step({ do: 'confirm', links: [link], until: in60 }),
    ],
    [
      'is in its grace',
      { entry: access({ orphanedAt, openUntil: soon }), isPrincipalGone: true },
      finish({ result: 'waiting' }),
    ],
    [
      'is confirmed where its twin is due',
      { entry: access({ orphanedAt, openUntil: ago(0) }), isPrincipalGone: true },
      step({ do: 'confirm' }),
    ],
    [
      'is confirmed where its twin comes after its grace',
      { entry: access({ orphanedAt, openUntil: in60.toISOString() }), isPrincipalGone: true },
      step({ do: 'confirm' }),
    ],
    [
      'is confirmed where it has no twin',
      { entry: access({ orphanedAt }), isPrincipalGone: true },
      step({ do: 'confirm' }),
    ],
    [
      'is confirmed where its grace was not begun',
      { entry: access({ openUntil: soon }), isPrincipalGone: true },
      step({ do: 'confirm' }),
    ],
    [
      'is retired when its grace is over, to the millisecond',
      { entry: access({ orphanedAt: ago(60 * minute) }), isPrincipalGone: true },
      learn('history'),
    ],
    [
      'is kept a millisecond before',
      { entry: access({ orphanedAt: ago(60 * minute - 1) }), isPrincipalGone: true },
      step({ do: 'confirm' }),
    ],
    [
      'has no grace that has begun where its principal is back',
      { entry: access({ orphanedAt }) },
      step({ do: 'confirm', until: undefined }),
    ],
    [
      'is waited for where a request is in progress',
      { entry: there, inProgress: 'deletion' },
      step({ do: 'wait for the request' }),
    ],
    ['is forgotten where it is gone', { entry: failed, known: { ...unlisted } }, step({ do: 'forget', as: 'revoked' })],
    [
      'is left to others where it is foreign',
      { entry: failed, known: { ...listed, history: { says: 'nothing' } } },
      step({ do: 'leave to others', links: [link] }),
    ],
    ['is looked for where only a listing can tell', { entry: missing }, learn('listing')],
    [
      'is put off where a listing contradicts our calls too early',
      { entry: failedJustNow, known: { ...listed } },
      putOff(/five minutes/, { until: in5 }),
    ],
    ['is looked for where a call got no answer', { entry: unanswered, known: { ...asked } }, learn('listing')],
    [
      'is put off where that call got no answer and it is too early',
      { entry: unanswered, known: { ...asked, ...unlisted } },
      putOff(/five minutes/, { until: in5 }),
    ],
  ])('%s', (_, given, then) => expect(decided(lacking, given)).toEqual(then))
})

test('access that is gone is created where drift is only reported and a second link was uploaded since', () => {
  const both: Wish = { is: 'wanted', permissionSetArn: mine.permissionSetArn, links: [link, linkNamed('b')] }
  expect(decided(both, { entry: missing, known: unlisted, onDrift: 'report' })).toEqual(prepare('creation', true))
})

describe('access of a former permission set of this name, which was deleted, and made again', () => {
  const former = access({}, third)
  test.each<[string, Given, unknown]>([
    ['is looked for', { entry: former }, learn('listing')],
    ['is forgotten where it is not listed', { entry: former, known: unlisted }, { do: 'forget', as: 'revoked' }],
    ['is put off while it is listed', { entry: former, known: listed }, putOff(/five minutes/)],
    [
      'is waited for where a request is in progress',
      { entry: former, inProgress: 'deletion' },
      { do: 'wait for the request' },
    ],
  ])('%s', (_, given, then) => expect(decided(wanted, given)).toEqual(then))

  test('is created by the present permission set once it is forgotten', () => {
    expect(decided(wanted, { known: { foreign: 'none', ...unlisted } })).toEqual(prepare('creation'))
  })

  test('is retired like any other where no link grants it', () => {
    expect(decided(gone, { entry: former })).toEqual(learn('history'))
    expect(decided(gone, { entry: former, known: passing })).toEqual(prepare('deletion'))
  })
})
