import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseRequestKey, type RequestDigest } from '../../../../../shared/domain/files/access-request.ts'
import {
  type RequestReading,
  requestEvents,
  type TemporaryLink,
  type UploadHistory,
} from '../../../../../shared/modules/requests/rules/decide-request.ts'
import {
  absent,
  ada,
  approvals,
  approvedTwice,
  asked,
  at,
  complaint,
  decide,
  deletes,
  digest,
  earlier,
  eligibility,
  eve,
  events,
  granted,
  inForce,
  key,
  linkOf,
  maria,
  noted,
  notedFor,
  old,
  oldTold,
  type Plain,
  path,
  record,
  says,
  tells,
  textAt,
  tom,
  valid,
  waited,
} from './request-facts.ts'

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
