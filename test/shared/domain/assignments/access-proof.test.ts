import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  type Listing,
  mayAppearUntil,
  type Proof,
  proveAccess,
  settlesAt,
  settlingMs,
} from '../../../../shared/domain/assignments/access-proof.ts'
import type { Access, AssignmentCall } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { ago, entries, mine, now } from '../access-arbitraries.ts'

const minute = 60_000
const calledAt = ago(30 * minute)
const granted = { grantedAt: ago(60 * minute) }
const access = (change: Partial<Access>): Access => ({ ...mine, state: 'granted', links: [], ...change })
const call = (kind: AssignmentCall['kind'], outcome?: AssignmentCall['outcome']): AssignmentCall => ({
  kind,
  calledAt,
  answeredAt: outcome && calledAt,
  outcome,
  endedAt: outcome && calledAt,
})
const answered = call('creation', 'SUCCEEDED')
const creation = (outcome?: AssignmentCall['outcome'], change: Partial<Access> = {}): Access =>
  access({
    call: call('creation', outcome),
    lastCreation: outcome === 'FAILED' ? undefined : call('creation', outcome),
    ...change,
  })
const deletion = (outcome?: AssignmentCall['outcome'], change: Partial<Access> = {}): Access =>
  access({ ...granted, lastCreation: answered, call: call('deletion', outcome), ...change })

/** What a listing proves that was taken so many milliseconds after the listings are believed. */
function proofs(one: Access, afterMs: number): readonly [listed: Proof, notListed: Proof] {
  const at = new Date(settlesAt(one).getTime() + afterMs)
  return [proveAccess(one, { isListed: true, at }), proveAccess(one, { isListed: false, at })]
}

describe('what proves that an access is there, or gone', () => {
  test.each<[string, Access, Proof, [Proof, Proof], [Proof, Proof]]>([
    ['a creation that SUCCEEDED', creation('SUCCEEDED', granted), 'there', ['there', 'there'], ['there', 'gone']],
    ['a creation that SUCCEEDED just now', creation('SUCCEEDED'), 'there', ['there', 'there'], ['there', 'gone']],
    ['a take-over, without a call', access(granted), 'there', ['there', 'there'], ['there', 'gone']],
    [
      'a creation that SUCCEEDED, where a drift check lacks it',
      creation('SUCCEEDED', { ...granted, missingSince: ago(minute) }),
      'look',
      ['there', 'settling'],
      ['there', 'gone'],
    ],
    ['a creation of unknown outcome', creation(), 'maybe', ['maybe', 'maybe'], ['there', 'gone']],
    [
      'a creation of unknown outcome, granted before',
      creation(undefined, granted),
      'maybe',
      ['maybe', 'maybe'],
      ['there', 'gone'],
    ],
    ['a creation that FAILED, never granted', creation('FAILED'), 'look', ['settling', 'gone'], ['foreign', 'gone']],
    [
      'a creation that FAILED, granted before',
      creation('FAILED', granted),
      'look',
      ['there', 'settling'],
      ['there', 'gone'],
    ],
    [
      'a creation that FAILED after one that may have taken effect',
      creation('FAILED', { lastCreation: answered }),
      'look',
      ['there', 'settling'],
      ['there', 'gone'],
    ],
    ['a deletion that SUCCEEDED', deletion('SUCCEEDED'), 'gone', ['gone', 'gone'], ['foreign', 'gone']],
    [
      'a deletion that SUCCEEDED, learnt six minutes after the call',
      deletion('SUCCEEDED', { call: { ...call('deletion', 'SUCCEEDED'), endedAt: ago(24 * minute) } }),
      'look',
      ['settling', 'gone'],
      ['foreign', 'gone'],
    ],
    [
      'a deletion that SUCCEEDED, the last creation unanswered',
      deletion('SUCCEEDED', { lastCreation: call('creation') }),
      'look',
      ['settling', 'settling'],
      ['there', 'gone'],
    ],
    [
      'a deletion that SUCCEEDED, an earlier creation unanswered',
      deletion('SUCCEEDED', { unansweredAt: calledAt }),
      'look',
      ['settling', 'settling'],
      ['there', 'gone'],
    ],
    ['a deletion of unknown outcome', deletion(), 'maybe', ['maybe', 'maybe'], ['there', 'gone']],
    ['a deletion that FAILED', deletion('FAILED'), 'look', ['maybe', 'settling'], ['there', 'gone']],
  ])('after %s', (_, one, notLooked, before, after) => {
    expect(proveAccess(one, undefined)).toBe(notLooked)
    expect(proofs(one, -1)).toEqual(before)
    expect(proofs(one, 0)).toEqual(after)
  })

  test('after nothing of ours is whatever a listing says, at any time', () => {
    const one = access({ state: 'failed' })
    const at = new Date(0)
    expect(proveAccess(one, undefined)).toBe('look')
    expect(proveAccess(one, { isListed: true, at })).toBe('foreign')
    expect(proveAccess(one, { isListed: false, at })).toBe('gone')
  })
})

describe('the settling time', () => {
  test.each([
    ['when we learned the outcome', { endedAt: ago(1), answeredAt: ago(2), calledAt: ago(3) }, 1],
    ['else from the answer', { answeredAt: ago(2), calledAt: ago(3) }, 2],
    ['else from the call', { calledAt: ago(3) }, 3],
  ])('is five minutes from %s', (_, instants, ms) => {
    const last = { kind: 'creation' as const, ...instants }
    expect(settlesAt({ call: last, grantedAt: ago(4) })).toEqual(new Date(now.getTime() - ms + 5 * minute))
  })

  test('is five minutes from the take-over where there is no call, and over where nothing is ours', () => {
    expect(settlesAt({ grantedAt: ago(4) })).toEqual(new Date(now.getTime() - 4 + 5 * minute))
    expect(settlesAt({})).toEqual(new Date(0))
    expect(settlingMs).toBe(5 * minute)
  })
})

describe('a creation without an answer', () => {
  test('may take effect for 15 minutes, the last one or an earlier one', () => {
    const until = new Date(now.getTime() + 15 * minute)
    const unanswered = { kind: 'creation' as const, calledAt: ago(0) }
    expect(mayAppearUntil(access({ lastCreation: unanswered, unansweredAt: ago(1) }))).toEqual(until)
    expect(mayAppearUntil(access({ lastCreation: answered, unansweredAt: ago(0) }))).toEqual(until)
    expect(mayAppearUntil(access({ unansweredAt: ago(0) }))).toEqual(until)
    expect(mayAppearUntil(access({ lastCreation: answered }))).toBeUndefined()
    expect(mayAppearUntil(access({}))).toBeUndefined()
  })

  test('makes what is listed ours, however late somebody looks, though a later creation FAILED', () => {
    const one = creation('FAILED', { unansweredAt: ago(0) })
    const listedAt = (ms: number): Listing => ({ isListed: true, at: new Date(now.getTime() + ms) })
    for (const ms of [15 * minute - 1, 15 * minute, 24 * 60 * minute])
      expect(proveAccess(one, listedAt(ms))).toBe('there')
  })
})

describe('whatever the ledger says of an access', () => {
  const listings = fc.record({
    isListed: fc.boolean(),
    at: fc.integer({ min: -40, max: 0 }).map((minutes) => new Date(now.getTime() + minutes * minute)),
  })

  test('without a listing it is never foreign, and gone only by a deletion that SUCCEEDED', () => {
    fc.assert(
      fc.property(entries, (one) => {
        const proof = proveAccess(one, undefined)
        expect(['there', 'gone', 'look', 'maybe']).toContain(proof)
        if (proof === 'gone') expect(one.call).toMatchObject({ kind: 'deletion', outcome: 'SUCCEEDED' })
        if (proof === 'there') expect(one.call?.kind).not.toBe('deletion')
      }),
    )
  })

  test('it is foreign only where it is listed after the settling time', () => {
    fc.assert(
      fc.property(entries, listings, (one, listing) => {
        if (proveAccess(one, listing) !== 'foreign') return
        expect(listing.isListed).toBe(true)
        expect(listing.at.getTime()).toBeGreaterThanOrEqual(settlesAt(one).getTime())
      }),
    )
  })

  test('a listing before the settling time proves nothing of ours gone that we have not deleted', () => {
    fc.assert(
      fc.property(entries, listings, (one, listing) => {
        const isOurs = one.grantedAt !== undefined || one.lastCreation !== undefined
        const isDeleted = one.call?.kind === 'deletion' && one.call.outcome === 'SUCCEEDED'
        fc.pre(listing.at < settlesAt(one) && isOurs && !isDeleted)
        expect(proveAccess(one, listing)).not.toBe('gone')
      }),
    )
  })

  test('after the settling time a listing leaves nothing open', () => {
    fc.assert(
      fc.property(entries, listings, (one, listing) => {
        if (listing.at < settlesAt(one)) return
        const proof = proveAccess(one, listing)
        expect(listing.isListed ? ['there', 'foreign'] : ['gone']).toContain(proof)
      }),
    )
  })
})
