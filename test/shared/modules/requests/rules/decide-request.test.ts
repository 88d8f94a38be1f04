import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  parseRequestKey,
  type RequestDigest,
  requestDigest,
} from '../../../../../shared/domain/files/access-request.ts'
import { type Eligibility, parseEligibilityFile } from '../../../../../shared/domain/files/eligibility-file.ts'
import { principalId } from '../../../../../shared/domain/principals/identity-center-ids.ts'
import {
  type Approvals,
  decideRequest,
  type GivenDecision,
  type RequestEvent,
  type RequestFacts,
  type RequestReading,
  type RequestStep,
  requestEvents,
  type TemporaryLink,
  type UploadHistory,
} from '../../../../../shared/modules/requests/rules/decide-request.ts'
import { type GrantRecord, renderGrantedLink } from '../../../../../shared/modules/requests/rules/grant-record.ts'

const idOf = (digit: number) => principalId.parse(`${String(digit).repeat(8)}-1111-2222-3333-444444444444`)
const [maria, tom, ada, eve] = [idOf(1), idOf(2), idOf(3), idOf(4)] as const
const digest = requestDigest.parse('a'.repeat(32))
const earlier = requestDigest.parse('b'.repeat(32))
const third = requestDigest.parse('c'.repeat(32))
const at = (minutes: number) => new Date(Date.parse('2026-11-22T10:00:00.000Z') + minutes * 60_000)
const textAt = (minutes: number) => at(minutes).toISOString()

const key = `requests/${maria}/account%111122223333%Admin-ps%maria%USER%ssofile`
const read = parseRequestKey(key)
if (!read.ok) throw new Error(read.complaint.received)
const path = read.value

function eligibility(name: string, said: object = {}): Eligibility {
  const document = {
    for: { users: ['maria'] },
    permissionSets: ['Admin-*'],
    scopes: ['root%all'],
    longest: 'PT8H',
    approvers: { groups: ['security'] },
    approvals: 2,
    ...said,
  }
  const parsed = parseEligibilityFile(`eligibility/${name}.json`, new TextEncoder().encode(JSON.stringify(document)))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.complaint))
  return parsed.value
}

const record = (over: Partial<GrantRecord> = {}): GrantRecord => ({
  ...{ digest, key, link: path.link.key, user: maria, eligibility: 'admins' },
  approvedBy: [
    { user: tom, at: textAt(1) },
    { user: ada, at: textAt(2) },
  ],
  ...{ grantedAt: textAt(2), startsAt: textAt(2), expiresAt: textAt(62) },
  ...over,
})
const nothing: UploadHistory = { events: new Set(), approvedBy: new Set() }
const events = (...list: RequestEvent[]): UploadHistory => ({ ...nothing, events: new Set(list) })
const granted = (...list: RequestEvent[]): UploadHistory => ({
  ...events('asked', 'granted', ...list),
  granted: record(),
})
const asked = events('asked')

const valid: Extract<RequestReading, { state: 'valid' }> = {
  state: 'valid',
  request: { durationMs: 3_600_000 },
  digest,
  askedAt: at(0),
}
const complaint = { object: key, received: 'x', expected: 'y', remedy: 'z' }
const linkOf = (of: GrantRecord): TemporaryLink => ({
  ...{ found: 'own', etag: 'e', digest: of.digest, text: renderGrantedLink(of) },
})
const says = (user: typeof tom, decision: 'approve' | 'deny', minutes = 1): GivenDecision => ({
  ...{ user, decision, at: textAt(minutes) },
})
const approvals = (...given: GivenDecision[]): Approvals => ({ eligibility: 'admins', given })

type Plain = Partial<Omit<RequestFacts, 'told' | 'approvals' | 'deletedAt'>> & {
  readonly deletedAt?: RequestFacts['deletedAt']
  readonly told?: Readonly<Record<string, UploadHistory>>
  readonly approvals?: Approvals | undefined
}
function decide({ told = {}, approvals: known, ...facts }: Plain): RequestStep {
  return decideRequest({
    path,
    now: at(5),
    reading: valid,
    link: { found: 'none' },
    present: undefined,
    deletedAt: 'never',
    userName: 'maria',
    groups: new Set(),
    covers: () => true,
    eligibilities: [eligibility('admins')],
    broken: [],
    ...facts,
    told: (one) => told[one] ?? nothing,
    approvals: () => known,
  })
}
const noted = (event: string, of: RequestDigest = digest) => ({ do: 'record', event: { event, digest: of } })
const notedFor = (event: string, reason: string) => ({ do: 'record', event: { event, digest, said: { reason } } })
const tells = (state: string, reason: string) => ({
  do: 'tell',
  status: { state, reason: expect.stringContaining(reason) },
})
const deletes = { do: 'delete the link', etag: 'e' }
const absent: RequestReading = { state: 'absent' }
const waited = { state: 'waiting', request: { digest } } as const
// Who approved says so still, and who asks has no say.
const said = approvals(says(tom, 'approve'), says(maria, 'deny'))
const inForce = { link: linkOf(record()), told: { [digest]: granted() }, approvals: said }
const old = record({ digest: earlier })
const oldTold = { ...granted(), granted: old }
const approvedTwice = { approvals: approvals(says(tom, 'approve', 1), says(ada, 'approve', 2)) }

describe('each row of the table', () => {
  test.each<[string, Plain, unknown]>([
    ['1: a link of no grant', { link: linkOf(record()) }, deletes],
    [
      '2: a link of an earlier grant that is over, while a later upload is granted',
      {
        ...{ link: linkOf(old), approvals: approvals() },
        told: { [earlier]: { ...oldTold, events: new Set(['finished']) }, [digest]: granted() },
      },
      { do: 'write the link', record: record(), over: 'e' },
    ],
    ['3: a link of a grant that is over', { ...inForce, told: { [digest]: granted('finished') } }, deletes],
    ...(
      [
        ['only waits', asked, 5],
        ['was granted and is over, too', granted('ended'), 5],
        ['was granted, and its end has come', granted(), 62],
      ] as const
    ).map(([what, later, minutes]): [string, Plain, unknown] => [
      `3: a link of an earlier grant that is over, while a later upload ${what}`,
      {
        ...{ link: linkOf(old), approvals: approvals(), now: at(minutes) },
        told: { [earlier]: { ...oldTold, events: new Set(['finished']) }, [digest]: later },
      },
      deletes,
    ]),
    ['4: its end has come', { ...inForce, now: at(62) }, noted('ended')],
    ['5: its request is gone', { ...inForce, reading: absent }, noted('finished')],
    ['5: its request is gone at its start', { ...inForce, reading: absent, now: at(2) }, noted('finished')],
    [
      '5: its request is gone before its start',
      { ...inForce, reading: absent, told: { [digest]: { ...granted(), granted: record({ startsAt: textAt(10) }) } } },
      noted('withdrawn'),
    ],
    [
      '6: its user has another name',
      { ...inForce, userName: 'maria2' },
      notedFor('finished', 'its user has another name, or is gone'),
    ],
    ['6: its user is suspended', { ...inForce, hasLeft: true }, notedFor('finished', 'its user is suspended')],
    [
      '6: its user is suspended at its start',
      { ...inForce, now: at(2), hasLeft: true },
      notedFor('finished', 'its user is suspended'),
    ],
    [
      '6: its user is suspended before its start',
      { ...inForce, now: at(1), hasLeft: true },
      notedFor('withdrawn', 'its user is suspended'),
    ],
    ['6: its user is gone', { ...inForce, userName: undefined }, noted('finished')],
    [
      '7: nobody asked yet who denies',
      { ...inForce, approvals: undefined },
      { do: 'read approvals', besides: [tom, ada] },
    ],
    [
      '7: somebody denies, who would by another eligibility',
      { ...inForce, approvals: { ...approvals(says(eve, 'deny')), eligibility: 'others' } },
      { do: 'read approvals', eligibility: 'admins', besides: [tom, ada] },
    ],
    [
      '7: an approver denies',
      { ...inForce, approvals: approvals({ ...says(eve, 'deny'), name: 'eve', comment: 'too long' }) },
      {
        do: 'record',
        event: { event: 'finished', by: { user: eve, name: 'eve', at: textAt(1) }, said: { comment: 'too long' } },
      },
    ],
    [
      '8: somebody changed the link',
      { ...inForce, link: { ...linkOf(record()), text: 'x' } as TemporaryLink },
      { do: 'write the link', over: 'e' },
    ],
    [
      '9: it is gone and was granted',
      { reading: absent, present: waited, told: { [digest]: granted() } },
      noted('finished'),
    ],
    [
      '9: it is gone, was granted, and its end has come',
      { reading: absent, present: waited, told: { [digest]: granted() }, now: at(62) },
      noted('ended'),
    ],
    [
      '11: it is gone, and its status names no upload',
      { reading: absent, present: { state: 'waiting' } },
      { do: 'tell' },
    ],
    ['10: it is gone and waited', { reading: absent, present: waited, told: { [digest]: asked } }, noted('withdrawn')],
    [
      '11: it is gone and was rejected',
      { reading: absent, present: { ...waited, state: 'rejected' } },
      { do: 'tell', status: undefined },
    ],
    [
      '11: it is gone, and history says so',
      { reading: absent, present: waited, told: { [digest]: events('withdrawn') } },
      { do: 'tell', status: undefined },
    ],
    ['12: it cannot be read', { reading: { state: 'unreadable', complaint } }, tells('rejected', 'received x')],
    [
      '13: it is not valid',
      { reading: { state: 'rejected', complaint, digest, askedAt: at(0) } },
      { do: 'record', event: { event: 'refused', said: { received: 'x', expected: 'y', remedy: 'z' } } },
    ],
    [
      '13: it is not valid, and history says so',
      { reading: { state: 'rejected', complaint, digest, askedAt: at(0) }, told: { [digest]: events('refused') } },
      tells('rejected', 'received x'),
    ],
    ['14: it has ended', { told: { [digest]: granted('ended') } }, tells('expired', 'has ended')],
    [
      '14: it has ended, and its link cannot be read',
      { link: { found: 'unreadable', etag: 'e' }, told: { [digest]: granted('ended') } },
      deletes,
    ],
    [
      '11: it is gone, and a link that cannot be read is left',
      { link: { found: 'unreadable', etag: 'e' }, reading: absent },
      deletes,
    ],
    [
      '11: it is gone, and a link of this name that cannot be read may be of somebody else',
      { link: { found: 'unreadable', etag: 'e' }, reading: absent, userName: 'tom' },
      { do: 'tell', status: undefined },
    ],
    [
      '14: it has ended, and a link of nobody is left',
      { link: { found: 'of nobody', etag: 'e' }, told: { [digest]: granted('ended') } },
      tells('expired', 'has ended'),
    ],
    [
      '20: its link cannot be read',
      { ...inForce, link: { found: 'unreadable', etag: 'e' } },
      tells('applied', 'granted'),
    ],
    ['15: its end has come and its link is gone', { told: { [digest]: granted() }, now: at(62) }, noted('ended')],
    [
      '15: an approver denies and its link is not there',
      { told: { [digest]: granted() }, approvals: approvals(says(tom, 'deny')) },
      noted('finished'),
    ],
    [
      '16: the link is of an earlier upload',
      { link: linkOf(old), told: { [digest]: granted(), [earlier]: oldTold }, approvals: approvals() },
      { do: 'record', event: { event: 'finished', digest: earlier, said: { replacedBy: digest } } },
    ],
    [
      '17: its link is not there',
      { told: { [digest]: granted() }, approvals: approvals() },
      { do: 'write the link', record: record() },
    ],
    [
      '17: a link of nobody is there',
      { ...inForce, link: { found: 'of nobody', etag: 'e' } },
      { do: 'write the link', record: record(), over: 'e' },
    ],
    [
      '18: the link of another user is there',
      { ...inForce, link: { found: 'of another user', user: eve } },
      tells('waiting', `another user, with the id ${eve}`),
    ],
    ...(['rejected', 'waiting', 'held', 'failed'] as const).map((state): [string, Plain, unknown] => [
      `19: its link is ${state}`,
      { ...inForce, linkStatus: { state, reason: 'of a policy', remedy: 'do that' } },
      tells(state, 'it is not in force: of a policy'),
    ]),
    [
      '20: its link is in force',
      { ...inForce, linkStatus: { state: 'applied' } },
      { ...tells('applied', 'granted from'), again: [at(62)] },
    ],
    ['20: nobody has looked at its link yet', inForce, { ...tells('applied', 'granted from'), again: [at(6), at(62)] }],
    ['20: it is granted', inForce, tells('applied', 'granted from')],
    [
      '20: it is granted, and nobody may ask for it any more',
      { ...inForce, eligibilities: [] },
      tells('applied', 'granted from'),
    ],
    ['21: it was denied', { told: { [digest]: events('denied') }, ...approvedTwice }, tells('rejected', 'denied')],
    [
      '21: it has lapsed',
      { told: { [digest]: events('lapsed') }, ...approvedTwice },
      tells('expired', 'nobody approved it in time'),
    ],
    ['22: it is new', {}, { do: 'record', event: { event: 'asked', digest, said: { durationMs: 3_600_000 } } }],
    ['23: it is for somebody else', { told: { [digest]: asked }, userName: 'tom' }, noted('refused')],
    [
      '23: its user is suspended',
      { told: { [digest]: asked }, hasLeft: true, isDisabled: true },
      notedFor('withdrawn', 'its user is suspended'),
    ],
    ['23: its user is disabled', { told: { [digest]: asked }, isDisabled: true }, noted('refused')],
    [
      '23: its user is disabled, which history has',
      { told: { [digest]: { ...asked, events: new Set(['asked', 'refused']) } }, isDisabled: true },
      tells('rejected', 'disabled in the directory'),
    ],
    ['20: its user was disabled after the grant', { ...inForce, isDisabled: true }, tells('applied', 'granted from')],
    [
      '24: one cannot be read',
      { told: { [digest]: asked }, eligibilities: [], broken: ['x'] },
      tells('waiting', '1 cannot be used'),
    ],
    [
      '24: another one cannot be read, and this one says what the request lacks',
      { told: { [digest]: asked }, eligibilities: [eligibility('admins', { longest: 'PT30M' })], broken: ['x'] },
      noted('refused'),
    ],
    [
      '24: nobody knows',
      { told: { [digest]: asked }, covers: () => undefined },
      tells('waiting', 'cannot be read now'),
    ],
    [
      '25: no eligibility fits',
      { told: { [digest]: asked }, eligibilities: [eligibility('admins', { longest: 'PT30M' })] },
      noted('refused'),
    ],
    [
      '26: it has waited a day',
      { told: { [digest]: asked }, now: at(24 * 60), ...approvedTwice },
      { do: 'record', event: { event: 'lapsed', said: { eligibility: 'admins' } } },
    ],
    [
      '29: one approves in the last minute of the day',
      { told: { [digest]: asked }, now: at(24 * 60 - 1), ...approvedTwice },
      noted('approved'),
    ],
    [
      '28: what is known is of another eligibility',
      { told: { [digest]: asked }, approvals: { ...approvedTwice.approvals, eligibility: 'others' } },
      { do: 'read approvals', eligibility: 'admins', besides: [] },
    ],
    [
      '27: it needs no approval',
      {
        told: { [digest]: asked },
        groups: new Set(['on-call']),
        eligibilities: [eligibility('admins', { approvedByItself: { groups: ['on-call'] } })],
      },
      { do: 'grant', record: { approvedBy: [] } },
    ],
    [
      '28: nobody was asked',
      { told: { [digest]: asked } },
      { do: 'read approvals', eligibility: 'admins', besides: [] },
    ],
    [
      '28: one denies, though two approve',
      {
        told: { [digest]: asked },
        approvals: approvals(says(tom, 'approve'), says(ada, 'approve'), says(eve, 'deny')),
      },
      noted('denied'),
    ],
    ['29: one approves', { told: { [digest]: asked }, approvals: approvals(says(tom, 'approve')) }, noted('approved')],
    [
      '30: enough approve, and what another approver says cannot be read',
      {
        told: { [digest]: { ...asked, approvedBy: new Set([tom, ada]) } },
        approvals: { ...approvedTwice.approvals, unreadable: [complaint] },
      },
      tells('waiting', 'cannot read a decision, which may be a denial'),
    ],
    [
      '31: enough approve',
      { told: { [digest]: { ...asked, approvedBy: new Set([tom, ada]) } }, ...approvedTwice },
      { do: 'grant', record: { expiresAt: textAt(65), approvedBy: [{ user: tom }, { user: ada }] } },
    ],
    [
      '32: one of two approves',
      { told: { [digest]: { ...asked, approvedBy: new Set([tom]) } }, approvals: approvals(says(tom, 'approve')) },
      tells('waiting', "1 of 2 (by '"),
    ],
    [
      '32: one approves twice',
      {
        told: { [digest]: { ...asked, approvedBy: new Set([tom]) } },
        approvals: approvals(says(tom, 'approve'), says(tom, 'approve')),
      },
      tells('waiting', '1 of 2'),
    ],
  ])('row %s', (_, facts, expected) => {
    expect(decide(facts)).toMatchObject(expected as object)
  })
})

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

describe('while neither the directory nor eligibilities have been read', () => {
  test.each<[string, Plain, unknown]>([
    ['the end by time', { ...inForce, now: at(62) }, noted('ended')],
    ['the end by the requester', { ...inForce, reading: absent }, noted('finished')],
    ['the deletion of a link that is over', { ...inForce, told: { [digest]: granted('finished') } }, deletes],
    ['the record that it was asked', {}, noted('asked')],
    ['nothing is judged: a new request', { told: { [digest]: asked } }, { do: 'read who and what' }],
    ['nothing is judged: a grant', inForce, { do: 'read who and what' }],
    [
      'nothing is judged: a link that cannot be read',
      { link: { found: 'unreadable', etag: 'e' }, reading: absent },
      { do: 'read who and what' },
    ],
  ])('%s', (_, facts, expected) => {
    expect(decide({ ...facts, isUnread: true, userName: undefined, eligibilities: [] })).toMatchObject(
      expected as object,
    )
  })
})

describe('of several eligibilities', () => {
  const told = { [digest]: asked }
  const few = eligibility('z', { approvals: 1 })

  test('the one that asks least counts', () => {
    const step = decide({
      told,
      eligibilities: [eligibility('admins'), few, eligibility('y', { approvals: 1, needs: ['reason'] })],
    })
    expect(step).toMatchObject({ do: 'read approvals', eligibility: 'z' })
  })

  test('the nearest is told with all that it lacks', () => {
    const step = decide({
      told: { [digest]: events('asked', 'refused') },
      eligibilities: [
        eligibility('other', { permissionSets: ['Billing'] }),
        eligibility('near', { needs: ['ticket', 'incident'], longest: 'PT30M' }),
      ],
    })
    expect(step).toMatchObject(
      tells('rejected', "'near': it allows PT30M at most; it needs a ticket; it needs an incident"),
    )
  })

  test.each<[string, object, object, boolean]>([
    ['a ticket of another form', { needs: ['ticket'], ticketPattern: 'CHG###' }, { ticket: 'CHG12' }, false],
    ['a ticket of its form', { needs: ['ticket'], ticketPattern: 'CHG###' }, { ticket: 'CHG123' }, true],
    ['a reason of spaces', { needs: ['reason'] }, { reason: '  ' }, false],
    ['a reason that nobody can see', { needs: ['reason'] }, { reason: '\u200b\u2060' }, false],
    ['a ticket that nobody can see', { needs: ['ticket'], ticketPattern: '*' }, { ticket: '\u3164' }, false],
    ['a start at once', {}, { startsAt: at(0) }, true],
    ['a later start', {}, { startsAt: at(60) }, false],
    ['a later start that it allows', { mayStartLater: 'PT1H' }, { startsAt: at(60) }, true],
    ['a later start than it allows', { mayStartLater: 'PT1H' }, { startsAt: at(61) }, false],
    ['a time that is not its own', { approvals: 0, approvedByItself: { groups: ['on-call'] } }, {}, false],
  ])('%s is judged', (_, said, request, fits) => {
    const reading = { ...valid, request: { ...valid.request, ...request } }
    const step = decide({ told, reading, eligibilities: [eligibility('admins', said)] })
    expect(step.do === 'read approvals').toBe(fits)
  })

  test('owners approve for single accounts only', () => {
    const other = parseRequestKey(key.replace('account%111122223333', 'root%all'))
    if (!other.ok) throw new Error('not a key')
    const eligibilities = [eligibility('admins', { approvers: { ownerTag: 'owner' } })]
    expect(decide({ told, eligibilities, path: other.value })).toMatchObject(noted('refused'))
    expect(decide({ told, eligibilities })).toMatchObject({ do: 'read approvals' })
  })
})

test.each<[string, number, object, string]>([
  ['of a request at the last minute is granted', 59, {}, 'grant'],
  ['that would begin a minute later needs approvals', 60, {}, 'read approvals'],
  ['that begins later than it is granted needs approvals', 5, { startsAt: at(60) }, 'read approvals'],
])('access at times without approvals, %s', (_, minutes, request, expected) => {
  const approvedByItself = { times: [{ days: ['sun'], from: '10:00', until: '11:00', zone: 'UTC' }] }
  const step = decide({
    ...{ now: at(minutes), told: { [digest]: asked } },
    reading: { ...valid, request: { ...valid.request, ...request } },
    eligibilities: [eligibility('admins', { mayStartLater: 'P1D', approvedByItself })],
  })
  expect(step.do).toBe(expected)
})

test('access that was asked for later begins then, and lasts as long', () => {
  const reading = { ...valid, request: { durationMs: 3_600_000, startsAt: at(90) } }
  const step = decide({
    ...{ reading, told: { [digest]: { ...asked, approvedBy: new Set([tom, ada]) } }, ...approvedTwice },
    eligibilities: [eligibility('admins', { mayStartLater: 'P1D' })],
  })
  expect(step).toMatchObject({ do: 'grant', record: { startsAt: textAt(90), expiresAt: textAt(150) } })
})

test('a grant has all that is known of it, and begins neither before now nor before it was asked for', () => {
  const grantOf = (facts: Plain) => {
    const step = decide({
      told: { [digest]: { ...asked, approvedBy: new Set([tom, ada]) } },
      ...approvedTwice,
      ...facts,
    })
    return step.do === 'grant' ? step.record : step
  }
  const request = { durationMs: 3_600_000, startsAt: at(-30), reason: 'r', ticket: 't', incident: 'i' }
  expect(
    grantOf({ reading: { ...valid, request }, eligibilities: [eligibility('admins', { endsSessions: true })] }),
  ).toEqual({
    ...{ digest, key, link: path.link.key, user: maria, eligibility: 'admins', endsSessions: true },
    approvedBy: [says(tom, 'approve', 1), says(ada, 'approve', 2)].map(({ user, at: when }) => ({ user, at: when })),
    ...{ grantedAt: textAt(5), startsAt: textAt(5), expiresAt: textAt(65), reason: 'r', ticket: 't', incident: 'i' },
  })
  const early = grantOf({ reading: { ...valid, askedAt: at(7) } })
  expect(early).toMatchObject({ grantedAt: textAt(5), startsAt: textAt(7), expiresAt: textAt(67) })
  expect(early).not.toHaveProperty('endsSessions')
})

describe('a person is told', () => {
  const waits = { told: { [digest]: { ...asked, approvedBy: new Set([tom]) } } }
  const refused = { told: { [digest]: events('asked', 'refused') } }
  const byNobody = { ...granted(), granted: record({ approvedBy: [{ user: tom, name: 'Tom', at: textAt(1) }] }) }
  const byItself = { ...granted(), granted: record({ approvedBy: [] }) }
  const grantedBy = (how: string) =>
    `granted from ${textAt(2)} until ${textAt(62)} by eligibility 'admins', ${how}: ${path.link.key}`
  const earlierEnd = 'to end it earlier, run ssofile finish; to keep it longer, ask again'
  const until = `by eligibility 'admins', until ${textAt(24 * 60)}; its digest is ${digest}`
  const approves = `one of group 'security' approves it: ssofile approve ${digest}`
  const again = 'to have it again, ask again'
  const nearest = (lacks: string) =>
    `received a request that no eligibility allows, expected a request that an eligibility allows; the nearest is 'admins': ${lacks}`
  const askFor =
    'ask for access that you are eligible for (ssofile who lists it), or ask the governance team to add an eligibility'
  const corrected = 'ask the governance team to correct it (see its status); ssofile then evaluates the request again'
  const ofGroups = (count: number, more: object) => ({
    eligibilities: [
      eligibility('admins', { approvers: { groups: Array.from({ length: count }, (_, at) => `g${at}`), ...more } }),
    ],
  })

  test.each<[string, Plain, string]>([
    [
      'who approved a grant',
      { ...inForce, linkStatus: { state: 'applied', reason: 'x' } },
      `applied: ${grantedBy(`approved by '${tom}' and '${ada}'`)}; ${earlierEnd}`,
    ],
    [
      'it by name',
      { ...inForce, link: { found: 'unreadable', etag: 'e' }, told: { [digest]: byNobody } },
      `applied: ${grantedBy("approved by 'Tom'")}; ${earlierEnd}`,
    ],
    [
      'that nobody had to approve it',
      { ...inForce, link: { found: 'unreadable', etag: 'e' }, told: { [digest]: byItself } },
      `applied: ${grantedBy('approved automatically')}; ${earlierEnd}`,
    ],
    [
      'that the link of another user is in its place',
      { ...inForce, link: { found: 'of another user', user: eve }, told: { [digest]: byItself } },
      `waiting: ${grantedBy('approved automatically')}; it is not in force: another user, with the id ${eve}, still has the link ${path.link.key}; wait: ssofile writes your link when that one has ended`,
    ],
    [
      'that its link is not in force, and nobody knows why',
      { ...inForce, linkStatus: { state: 'blocked' } },
      `blocked: ${grantedBy(`approved by '${tom}' and '${ada}'`)}; it is not in force: without a reason in its status; no remedy`,
    ],
    [
      'that it was denied',
      { told: { [digest]: events('asked', 'denied') } },
      'rejected: an approver denied it; talk to the person who denied it, then ask again',
    ],
    ...(
      [
        ['lapsed', 'nobody approved it in time'],
        ['withdrawn', 'it was withdrawn'],
        ['finished', 'somebody ended the access early'],
        ['ended', 'the access has ended'],
      ] as const
    ).map(([event, reason]): [string, Plain, string] => [
      `that it has ${event}`,
      { told: { [digest]: events('asked', event) } },
      `expired: ${reason}; ${again}`,
    ]),
    [
      'that nobody approved it yet',
      { ...waits, approvals: approvals() },
      `waiting: it waits for approvals: 0 of 2, ${until}; ${approves}`,
    ],
    [
      'who approved it until now, and nothing of what who asks approves',
      {
        told: { [digest]: { ...asked, approvedBy: new Set([tom, ada]) } },
        eligibilities: [eligibility('admins', { approvals: 3 })],
        approvals: approvals({ ...says(tom, 'approve'), name: 'Tom' }, says(ada, 'approve'), says(maria, 'approve')),
      },
      `waiting: it waits for approvals: 2 of 3 (by 'Tom', '${ada}'), ${until}; ${approves}`,
    ],
    [
      'that more may approve it than can be asked',
      { ...waits, approvals: { ...approvals(), tooMany: 501 } },
      `waiting: 501 people may approve it, and at most 500 can be asked, ${until}; ${approves}`,
    ],
    [
      'that a decision cannot be read',
      { ...waits, approvals: { ...approvals(), unreadable: [complaint] } },
      `waiting: it waits because ssofile cannot read a decision, which may be a denial: ${key}: received x, ${until}; ask the uploader of that decision to delete it, or to upload a valid one without an encryption option`,
    ],
    [
      'five of those who may approve it',
      { ...waits, approvals: approvals(), ...ofGroups(4, { users: ['ben'] }) },
      `waiting: it waits for approvals: 0 of 2, ${until}; one of group 'g0', group 'g1', group 'g2', group 'g3', 'ben' approves it: ssofile approve ${digest}`,
    ],
    [
      'five of those who may approve it, and how many more, and the tag',
      { ...waits, approvals: approvals(), ...ofGroups(7, { ownerTag: 'owner' }) },
      `waiting: it waits for approvals: 0 of 2, ${until}; one of group 'g0', group 'g1', group 'g2', group 'g3', group 'g4', 2 more, the account's tag 'owner' approves it: ssofile approve ${digest}`,
    ],
    [
      'that no user has its id',
      { ...refused, userName: undefined },
      `rejected: received the user id '${maria}', which no user of IAM Identity Center has, expected your own user id; ask with ssofile request, which finds your user id; delete this one`,
    ],
    [
      'that it is for somebody else',
      { ...refused, userName: 'tom' },
      "rejected: received a request for 'maria' by 'tom', expected a request for yourself; write %tom%USER%ssofile at the end, or have the other person ask; delete this one",
    ],
    [
      'that its user is disabled',
      { ...refused, isDisabled: true },
      "rejected: received a request of 'maria', who is disabled in the directory, or suspended, expected one by a user who can sign in; have the user enabled: ssofile then evaluates the request again; or delete the request",
    ],
    [
      'all that the nearest eligibility has against it',
      { ...refused, eligibilities: [eligibility('admins', { longest: 'PT30M', needs: ['ticket'] })] },
      `rejected: ${nearest('it allows PT30M at most; it needs a ticket')}; ${askFor}`,
    ],
    [
      'that there is no eligibility',
      { ...refused, eligibilities: [] },
      `rejected: received a request that no eligibility allows, expected a request that an eligibility allows; there is no eligibility yet; ${askFor}`,
    ],
    [
      'which eligibilities cannot be used',
      { ...refused, covers: () => false, broken: ['a', 'b', 'c', 'd'] },
      `waiting: no eligibility fits, and 4 cannot be used: a, b, c; ${corrected}`,
    ],
    [
      'that nobody knows now',
      { ...refused, covers: () => undefined },
      `waiting: eligibility 'admins' asks for a selector or tags that cannot be read now; ${corrected}`,
    ],
  ])('%s', (_, facts, expected) => {
    const step = decide(facts)
    const { state, reason, remedy = 'no remedy' } = (step.do === 'tell' && step.status) || {}
    expect(`${state}: ${reason}; ${remedy}`).toBe(expected)
  })

  test('with the state of the request, as it waits and as it was granted', () => {
    const given = [{ user: tom, at: textAt(1) }]
    const waiting = decide({ ...waits, approvals: approvals(says(tom, 'approve')) })
    const request = { digest, eligibility: 'admins' }
    expect(waiting).toMatchObject({
      status: { request: { ...request, approvals: { needed: 2, given }, lapsesAt: textAt(24 * 60) } },
      again: [at(24 * 60)],
    })
    const both = [...given, { user: ada, at: textAt(2) }]
    expect(decide(inForce)).toMatchObject({
      status: {
        request: { ...request, approvals: { needed: 2, given: both }, startsAt: textAt(2), expiresAt: textAt(62) },
      },
    })
    expect(decide(refused)).not.toHaveProperty('again')
    for (const facts of [
      { ...refused, userName: 'tom' },
      { ...refused, covers: () => undefined },
    ])
      expect(decide(facts)).toMatchObject({ status: { request: { digest } } })
    expect(decide({ told: { [digest]: events('denied') } })).toMatchObject({ status: { request: { digest } } })
    expect(decide({ told: { [digest]: granted('ended') } })).toEqual({
      do: 'tell',
      status: expect.objectContaining({
        state: 'expired',
        request: expect.objectContaining({ expiresAt: textAt(62) }),
      }),
    })
  })
})

describe('for whatever facts', () => {
  const anyEvents = fc.subarray([...requestEvents].filter((event) => event !== 'granted'))
  const anyTold = fc.record({
    events: anyEvents,
    isGranted: fc.boolean(),
    approvedBy: fc.subarray([tom, ada, eve]),
    expires: fc.integer({ min: -5, max: 100 }),
  })
  const anyGiven = fc.array(
    fc.record({
      user: fc.constantFrom(maria, tom, ada, eve),
      decision: fc.constantFrom('approve', 'deny'),
      minutes: fc.nat(5),
    }),
    { maxLength: 4 },
  )
  const anyFacts = fc
    .record({
      told: anyTold,
      earlier: anyTold,
      given: anyGiven,
      needed: fc.integer({ min: 1, max: 3 }),
      itself: fc.boolean(),
      onCall: fc.boolean(),
      now: fc.integer({ min: 0, max: 2_000 }),
      reading: fc.constantFrom<RequestReading>(valid, absent, { state: 'unreadable', complaint }),
      link: fc.constantFrom('none', 'own', 'earlier', 'of nobody', 'of another user', 'unreadable'),
      userName: fc.constantFrom('maria', 'tom', undefined),
      covers: fc.constantFrom(true, false, undefined),
      present: fc.constantFrom(undefined, waited),
      isSealed: fc.boolean(),
    })
    .map((drawn) => {
      const toTold = (
        of: RequestDigest,
        { events: list, isGranted, approvedBy, expires }: typeof drawn.told,
      ): UploadHistory => ({
        events: new Set([...list, ...(isGranted ? (['granted'] as const) : [])]),
        approvedBy: new Set(approvedBy),
        ...(isGranted ? { granted: record({ digest: of, expiresAt: textAt(expires) }) } : {}),
      })
      const told = { [digest]: toTold(digest, drawn.told), [earlier]: toTold(earlier, drawn.earlier) }
      const links: Readonly<Record<string, TemporaryLink>> = {
        none: { found: 'none' },
        own: linkOf(told[digest]?.granted ?? record()),
        earlier: linkOf(told[earlier]?.granted ?? old),
        'of nobody': { found: 'of nobody', etag: 'e' },
        'of another user': { found: 'of another user', user: eve },
        unreadable: { found: 'unreadable', etag: 'e' },
      }
      const facts: Plain = {
        ...{ told, reading: drawn.reading, userName: drawn.userName, present: drawn.present, now: at(drawn.now) },
        covers: () => drawn.covers,
        link: links[drawn.link] ?? { found: 'none' },
        groups: new Set(drawn.onCall ? ['on-call'] : []),
        eligibilities: [
          eligibility('admins', {
            approvals: drawn.needed,
            ...(drawn.itself ? { approvedByItself: { groups: ['on-call'] } } : {}),
          }),
        ],
        approvals: {
          ...approvals(...drawn.given.map(({ user, decision, minutes }) => says(user, decision as 'approve', minutes))),
          unreadable: drawn.isSealed ? [complaint] : [],
        },
      }
      return { drawn, facts }
    })

  const isFinal = ({ events: list }: typeof anyTold extends fc.Arbitrary<infer T> ? T : never) =>
    ['denied', 'lapsed', 'withdrawn', 'finished', 'ended'].some((event) => list.includes(event as 'denied'))

  test('a grant has the approvals that its eligibility asks for, of different people, and no denial', () => {
    fc.assert(
      fc.property(anyFacts, ({ drawn, facts }) => {
        const step = decide(facts)
        if (step.do !== 'grant') return
        const people = new Set(step.record.approvedBy.map(({ user }) => user))
        const isByItself = drawn.itself && drawn.onCall
        expect(people.size).toBeGreaterThanOrEqual(isByItself ? 0 : drawn.needed)
        expect(people.size).toBe(step.record.approvedBy.length)
        expect(people).not.toContain(maria)
        for (const user of people)
          expect(drawn.given).toContainEqual(expect.objectContaining({ user, decision: 'approve' }))
        const denials = drawn.given.filter(({ user, decision }) => decision === 'deny' && user !== maria)
        if (!isByItself) expect([denials, drawn.isSealed]).toEqual([[], false])
        expect([drawn.userName, drawn.covers, drawn.reading.state]).toEqual(['maria', true, 'valid'])
      }),
    )
  })

  test('a digest that was granted, or is over, is never granted again', () => {
    fc.assert(
      fc.property(anyFacts, ({ drawn, facts }) => {
        if (drawn.told.isGranted || isFinal(drawn.told)) expect(decide(facts).do).not.toBe('grant')
      }),
    )
  })

  test('a link is only ever written as history has its grant, and while that is in force', () => {
    fc.assert(
      fc.property(anyFacts, ({ facts }) => {
        const step = decide(facts)
        if (step.do !== 'write the link') return
        const told = facts.told?.[step.record.digest]
        expect(step.record).toEqual(told?.granted)
        expect(Date.parse(step.record.expiresAt)).toBeGreaterThan(facts.now?.getTime() ?? 0)
        expect([...(told?.events ?? [])].some((event) => ['ended', 'finished'].includes(event))).toBe(false)
      }),
    )
  })

  test('nothing is written or deleted where the link of another user is, or another user has the name', () => {
    fc.assert(
      fc.property(anyFacts, ({ drawn, facts }) => {
        const isOwn = drawn.link === 'own' || drawn.link === 'earlier'
        if (isOwn || (drawn.link !== 'of another user' && drawn.userName === 'maria')) return
        expect(['write the link', 'delete the link', 'grant']).not.toContain(decide(facts).do)
      }),
    )
  })

  test('while a request cannot be read, nothing but the end of a grant changes', () => {
    fc.assert(
      fc.property(anyFacts, ({ drawn, facts }) => {
        if (drawn.reading.state !== 'unreadable') return
        const step = decide(facts)
        if (step.do === 'record') expect(['ended', 'finished']).toContain(step.event.event)
        expect(step.do).not.toBe('grant')
      }),
    )
  })
})
