import { describe, expect, test } from '@jest/globals'
import {
  ada,
  approvals,
  asked,
  at,
  complaint,
  decide,
  digest,
  eligibility,
  eve,
  events,
  granted,
  inForce,
  key,
  maria,
  type Plain,
  path,
  record,
  says,
  textAt,
  tom,
} from './request-facts.ts'

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
