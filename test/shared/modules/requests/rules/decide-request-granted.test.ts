import { describe, expect, test } from '@jest/globals'
import type { RequestReading } from '../../../../../shared/modules/requests/rules/decide-request.ts'
import {
  absent,
  ada,
  approvals,
  asked,
  at,
  complaint,
  decide,
  digest,
  earlier,
  eve,
  events,
  granted,
  inForce,
  linkOf,
  noted,
  old,
  oldTold,
  type Plain,
  record,
  says,
  textAt,
  third,
  tom,
  valid,
} from './request-facts.ts'

describe('what was granted before', () => {
  const own = { link: linkOf(old), approvals: approvals() }
  const longer = { reading: { ...valid, request: { durationMs: 2 * 3_600_000 } } }
  const ofOld = { state: 'applied', request: { digest: earlier } } as const
  test('goes on while a later upload waits, and its status says until when', () => {
    const step = decide({ ...own, ...longer, told: { [earlier]: oldTold, [digest]: asked } })
    const request = { digest, runs: earlier, runsUntil: old.expiresAt }
    expect(step).toMatchObject({ status: { state: 'waiting', request } })
  })

  test('goes on where a later upload is refused, and its status says until when', () => {
    const told = { [earlier]: oldTold, [digest]: events('asked', 'refused') }
    const step = decide({ ...own, ...longer, told, covers: () => false })
    expect(step).toMatchObject({ status: { state: 'rejected', request: { runsUntil: old.expiresAt } } })
  })

  test('is not shortened: a later upload that would end before it is refused, for good, with the end that runs', () => {
    const told = { [earlier]: oldTold, [digest]: events('asked', 'refused') }
    const shorter = { reading: { ...valid, request: { durationMs: 10 * 60_000 } }, told }
    const expected = {
      status: {
        state: 'rejected',
        reason: expect.stringContaining(old.expiresAt),
        request: { runsUntil: old.expiresAt },
      },
    }
    expect(decide({ ...own, ...shorter })).toMatchObject(expected)
    const present = { state: 'rejected', request: { digest, runsUntil: old.expiresAt } } as const
    expect(decide({ ...shorter, now: at(90), present })).toMatchObject(expected)
  })

  test('goes on where an empty file is uploaded over an extension that waits, which is withdrawn', () => {
    const reading: RequestReading = { state: 'empty', complaint, digest: third, askedAt: at(4) }
    const told = { [earlier]: oldTold, [digest]: asked }
    const present = { state: 'waiting', request: { digest, runsUntil: old.expiresAt } } as const
    expect(decide({ ...own, reading, told, present })).toMatchObject(noted('withdrawn'))
    const after = { [earlier]: oldTold, [digest]: events('asked', 'withdrawn') }
    expect(decide({ ...own, reading, told: after, present })).toMatchObject({
      status: { state: 'applied', request: { digest: earlier, expiresAt: old.expiresAt } },
    })
    expect(decide({ reading, present: undefined, told: { [third]: events('refused') } })).toMatchObject({
      status: { state: 'rejected' },
    })
  })

  test('goes on until a later grant begins, and only then is it replaced', () => {
    const later = record({ startsAt: textAt(30), expiresAt: textAt(150) })
    const told = { [earlier]: oldTold, [digest]: { ...granted(), granted: later } }
    const facts = { ...own, told, approvals: approvals(says(tom, 'approve'), says(ada, 'approve')) }
    expect(decide({ ...facts, now: at(5) })).toMatchObject({
      do: 'tell',
      status: { state: 'applied', request: { digest, startsAt: textAt(30), runsUntil: old.expiresAt } },
      again: [at(6), at(30), at(62)],
    })
    expect(decide({ ...facts, now: at(30) })).toMatchObject(noted('finished', earlier))
    const reading: RequestReading = { state: 'empty', complaint, digest: third, askedAt: at(6) }
    const present = { state: 'applied', request: { digest } } as const
    expect(decide({ ...facts, reading, present, now: at(6) })).toMatchObject(noted('withdrawn'))
    const over = { ...oldTold, events: events('asked', 'granted', 'ended').events }
    expect(decide({ ...facts, told: { ...told, [earlier]: over }, now: at(20) })).toMatchObject({
      do: 'write the link',
      record: later,
      over: 'e',
    })
  })

  describe('and has lost its link', () => {
    const waits = { state: 'waiting', request: { digest, runs: earlier } } as const
    const writes = { do: 'write the link', record: old }
    const unreadable = { state: 'unreadable', complaint } as const
    const lost = { told: { [earlier]: oldTold, [digest]: asked }, approvals: approvals() }
    test.each<[string, Plain, unknown]>([
      ['a later upload comes', { present: ofOld }, writes],
      ['a later upload waits', { present: waits }, writes],
      ['a later upload is not valid', { present: ofOld, reading: { ...valid, state: 'rejected', complaint } }, writes],
      ['a later upload cannot be read', { present: waits, reading: unreadable }, writes],
      [
        'nobody can understand what is there',
        { present: waits, link: { found: 'of nobody', etag: 'e' } },
        { ...writes, over: 'e' },
      ],
      ['its end has come', { present: waits, now: at(62) }, noted('ended', earlier)],
      ['its request is gone', { present: waits, reading: absent }, noted('finished', earlier)],
      [
        'an approver denies it',
        { present: waits, approvals: approvals(says(tom, 'deny')) },
        noted('finished', earlier),
      ],
      [
        'it is over',
        { present: waits, told: { ...lost.told, [earlier]: granted('ended') }, eligibilities: [] },
        noted('refused'),
      ],
      ['another user is there', { present: waits, link: { found: 'of another user', user: eve } }, { do: 'tell' }],
    ])('%s', (_, facts, expected) => {
      expect(decide({ ...lost, ...facts })).toMatchObject(expected as object)
    })
  })

  test.each<[string, Plain]>([
    ['its link', { link: { found: 'unreadable', etag: 'e' } }],
    ['its link, at the first look', { link: { found: 'unreadable', etag: 'e' }, present: ofOld }],
    ['the later upload', { link: linkOf(old), reading: { state: 'unreadable', complaint } }],
  ])('stays in the status of a later upload while S3 does not return %s', (_, facts) => {
    const present = { state: 'waiting', request: { digest, runs: earlier, runsUntil: old.expiresAt } } as const
    const told = { [earlier]: oldTold, [digest]: asked }
    expect(decide({ ...own, ...longer, told, present, ...facts })).toMatchObject({
      status: { request: { runs: earlier, runsUntil: old.expiresAt } },
    })
  })

  test('is not told of where the grant is of this upload', () => {
    expect(decide(inForce)).toMatchObject({
      status: { request: expect.not.objectContaining({ runsUntil: expect.anything() }) },
    })
  })
})

describe('a link in force is looked at again when its grant ends, whatever is told of its request', () => {
  const own = { link: linkOf(old), approvals: approvals() }
  test.each<[string, Plain, readonly number[]]>([
    ['it was granted', inForce, [6, 62]],
    ['its link cannot be read', { ...inForce, link: { found: 'unreadable', etag: 'e' } }, [62]],
    ['another user is in its place', { ...inForce, link: { found: 'of another user', user: eve } }, [62]],
    [
      'a later upload is refused',
      { ...own, told: { [earlier]: oldTold, [digest]: events('asked', 'refused') }, covers: () => false },
      [62],
    ],
    [
      'a later upload waits',
      {
        ...own,
        reading: { ...valid, request: { durationMs: 7_200_000 } },
        told: { [earlier]: oldTold, [digest]: asked },
      },
      [24 * 60, 62],
    ],
    [
      'a later upload cannot be read',
      { ...own, told: { [earlier]: oldTold }, reading: { state: 'unreadable', complaint } },
      [62],
    ],
  ])('%s', (_, facts, minutes) => {
    expect(decide(facts)).toMatchObject({ do: 'tell', again: minutes.map(at) })
  })
})

describe('an upload over granted access', () => {
  const runs = { link: linkOf(old), told: { [earlier]: oldTold, [digest]: asked }, approvals: approvals() }
  const empty: RequestReading = { state: 'empty', complaint, digest, askedAt: at(4) }
  test.each<[string, Plain, unknown]>([
    ['asks for deletions', { ...runs, deletedAt: 'unread' }, { do: 'read deletions' }],
    [
      'asks for none if the time of that access is over',
      { ...runs, deletedAt: 'unread', now: at(62) },
      noted('ended', earlier),
    ],
    ['asks for none about the granted upload itself', { ...inForce, deletedAt: 'unread' }, { do: 'tell' }],
    ['is judged if the last deletion was before the grant', { ...runs, deletedAt: at(1) }, noted('refused')],
    [
      'ends it if a deletion came in the second of the grant',
      { ...runs, deletedAt: at(2) },
      noted('finished', earlier),
    ],
    ['ends it if a deletion came later', { ...runs, deletedAt: at(4) }, noted('finished', earlier)],
    ['ends it if the file is empty', { ...runs, deletedAt: at(4), reading: empty }, noted('finished', earlier)],
    [
      'ends it if S3 does not return the file',
      { ...runs, deletedAt: at(4), reading: { state: 'unreadable', complaint } },
      noted('finished', earlier),
    ],
    [
      'ends it if its link is missing',
      {
        ...runs,
        deletedAt: at(4),
        link: { found: 'none' },
        present: { state: 'waiting', request: { digest, runs: earlier } },
      },
      noted('finished', earlier),
    ],
  ])('%s', (_, facts, expected) => {
    expect(decide(facts)).toMatchObject(expected as object)
  })
})
