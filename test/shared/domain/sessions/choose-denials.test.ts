import { describe, expect, test } from '@jest/globals'
import { findExcess } from '../../../../shared/domain/iam-policies/inline-policy.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { chooseDenials, type Denial } from '../../../../shared/domain/sessions/choose-denials.ts'
import {
  denialsOf,
  type EndedSession,
  endOfRequest,
  endSession,
  mergeEndedSessions,
  withDenials,
} from '../../../../shared/domain/sessions/ended-sessions.ts'

const ten = new Date('2026-03-03T10:00:00Z')
const permissionSet = permissionSetName.parse('Admin-ps')
const idOf = (number: number) => principalId.parse(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`)
const account = (number: number) => accountId.parse(`2100000000${number + 10}`)

type Wish = { readonly minute?: number; readonly by?: string; readonly account?: EndedSession['account'] }

/** One user's end, at a minute of its own, so that it shares a statement with nobody. */
function wish(number: number, { minute = number, by = 'arn:operator/ana', account: where }: Wish = {}): EndedSession {
  const at = new Date(ten.getTime() + minute * 60_000)
  return endSession({ user: idOf(number), name: `user ${number}`, permissionSet, account: where, by }, at)
}
const ofRequest = (number: number, more: Wish = {}) => wish(number, { by: endOfRequest(`${number}`), ...more })
const numbers = (denials: readonly Denial[]) =>
  [...new Set(denials.map(({ user }) => Number(user.slice(-12))))].sort((a, b) => a - b)

/** An inline policy beside which exactly these fit. */
function roomFor(...ended: readonly EndedSession[]): string {
  const pad = (letters: number) =>
    `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:${'a'.repeat(letters)}","Resource":"*"}]}`
  return pad(10_240 - (withDenials(pad(0), denialsOf(ended)) ?? '').length)
}

function choose(inlinePolicy: string | undefined, wanted: readonly EndedSession[], applied: readonly Denial[] = []) {
  return chooseDenials({ inlinePolicy, wanted: mergeEndedSessions(wanted), applied, now: ten })
}

describe('of sessions that were ended are denied', () => {
  test('all that fit exactly, and one more leaves them as they are', () => {
    const three = [1, 2, 3].map((number) => wish(number))
    const room = roomFor(...three)
    expect(findExcess(withDenials(room, denialsOf(three)) ?? '')).toBeUndefined()
    expect(choose(room, three)).toMatchObject({ denied: { length: 3 }, left: [] })
    const { denied, left } = choose(room, [...three, wish(4)])
    expect([numbers(denied), numbers(left)]).toEqual([[1, 2, 3], [4]])
    expect(numbers(choose(room.replace('s3:a', 's3:aa'), three).denied)).toEqual([1, 2])
  })

  test('as many as AWS takes by bytes, where the policy has characters of two bytes', () => {
    const latin = `{"Statement":[{"Sid":"${'é'.repeat(4_500)}"}]}`
    const many = Array.from({ length: 20 }, (_, number) => wish(number))
    const { denied, left } = choose(latin, many)
    expect(denied.length).toBeGreaterThan(0)
    expect(left.length).toBeGreaterThan(0)
    expect(findExcess(withDenials(latin, denialsOf(denied)) ?? '')).toBeUndefined()
    const [next] = left
    expect(findExcess(withDenials(latin, denialsOf([...denied, ...(next ? [next] : [])])) ?? '')).toMatch(/bytes/)
  })

  test("one person's 64 ends of temporary access as one, and 40 people's beside it", () => {
    const own = Array.from({ length: 64 }, (_, number) => ofRequest(99, { minute: number, account: account(number) }))
    const honest = Array.from({ length: 40 }, (_, number) => ofRequest(number, { minute: number % 30 }))
    expect(choose(undefined, [...own, ...honest])).toMatchObject({ denied: { length: 41 }, left: [] })
  })

  test('never none because one alone is too large', () => {
    const large = Array.from({ length: 20 }, (_, number) => wish(1, { account: account(number) }))
    const { denied, left } = choose(roomFor(wish(2)), [...large, wish(2)])
    expect([numbers(denied), numbers(left)]).toEqual([[2], [1]])
  })
})

describe('where not all fit', () => {
  const [a, b, c] = [wish(1), wish(2), wish(3)]

  test("an operator's come before those of temporary access, also later and over applied ones", () => {
    const requests = [4, 5].map((number) => ofRequest(number, { minute: 0 }))
    expect(numbers(choose(roomFor(a, b), [...requests, a, b], requests).denied)).toEqual([1, 2])
  })

  test('what is denied is not thrown out by a newcomer of the same turn, though its instant is earlier', () => {
    const requests = [2, 3].map((number) => ofRequest(number))
    const { denied, left } = choose(roomFor(...requests), [ofRequest(1, { minute: 0 }), ...requests], requests)
    expect([numbers(denied), numbers(left)]).toEqual([[2, 3], [1]])
    expect(numbers(choose(roomFor(b, c), [a, b, c], [b, c]).denied)).toEqual([2, 3])
  })

  test('each operator has a turn: the third of one does not keep out the first of another', () => {
    const other = wish(9, { by: 'arn:operator/ben' })
    const { denied, left } = choose(roomFor(a, b, c), [a, b, c, other], [a, b, c])
    expect([numbers(denied), numbers(left)]).toEqual([[1, 2, 9], [3]])
    const second = wish(8, { by: 'arn:operator/ben' })
    expect(numbers(choose(roomFor(a, b, c), [a, b, c, other, second], [a, b, other]).denied)).toEqual([1, 2, 9])
  })

  test('the earlier instant comes first, then the id, in whatever order they are wished', () => {
    const same = [5, 6, 7].map((number) => ofRequest(number, { minute: 1, account: account(number) }))
    const late = ofRequest(4, { minute: 2, account: account(4) })
    const wanted = [late, ...same]
    const room = roomFor(...same.slice(0, 2))
    for (const all of [wanted, wanted.toReversed()]) expect(numbers(choose(room, all).denied)).toEqual([5, 6])
  })

  test("who ends more keeps what is denied, and takes nobody else's place", () => {
    const [one, other] = [ofRequest(1, { account: account(1) }), ofRequest(2, { minute: 9 })]
    const more = ofRequest(1, { minute: 5, account: account(2) })
    const room = roomFor(one, other)
    const { denied, left } = choose(room, [one, more, other], [one, other])
    expect(denialsOf(denied)).toEqual(denialsOf([one, other]))
    expect(left).toEqual(mergeEndedSessions([one, more]))
    expect(choose(roomFor(...mergeEndedSessions([one, more]), other), [one, more, other], denied).left).toEqual([])
  })

  test('nothing is denied that nobody wishes any more', () => {
    expect(numbers(choose(roomFor(b), [wish(1, { account: account(1) }), b], [b, c]).denied)).toEqual([2])
  })

  const halfDay = 12 * 60
  test.each<[string, boolean, Wish]>([
    ['as it is wished, in one account', true, { minute: 5, account: account(1) }],
    ['earlier', true, { minute: 4, account: account(1) }],
    ['later than anybody wishes', false, { minute: 6, account: account(1) }],
    ['in an account that nobody wishes', false, { minute: 5, account: account(3) }],
    ['in all accounts, which nobody wishes', false, { minute: 5 }],
    ['for sessions of which one may be left', true, { minute: 1 - halfDay, account: account(1) }],
    ['for sessions of which none can be left', false, { minute: -halfDay, account: account(1) }],
  ])('what is denied %s stays until all that is wished fits: %s', (_, stays, is) => {
    const wanted = [1, 2].map((number) => wish(1, { minute: 5, account: account(number) }))
    const { denied, left } = choose(roomFor(wish(1, is)), wanted, [wish(1, is)])
    expect(denialsOf(denied)).toEqual(stays ? denialsOf([wish(1, is)]) : [])
    expect(left).toEqual(mergeEndedSessions(wanted))
  })

  test('what is denied in one account stays where it is wished in all, until that fits', () => {
    const applied = [1, 2].map((number) => wish(number, { minute: 2, account: account(1) }))
    const more = wish(1, { minute: 5 })
    const { denied, left } = choose(roomFor(...applied), [...applied, more], applied)
    expect([denialsOf(denied), left]).toEqual([denialsOf(applied), [more]])
  })

  test('the choice is stable: made again with what it chose it is the same', () => {
    const many = Array.from({ length: 90 }, (_, number) =>
      number % 3 === 0 ? ofRequest(number) : wish(number, { by: `operator ${number % 4}` }),
    )
    const first = choose(undefined, many)
    expect(first.left.length).toBeGreaterThan(30)
    expect(choose(undefined, many, first.denied)).toEqual(first)
    expect(choose(undefined, many.toReversed(), first.denied)).toEqual(first)
  })
})
