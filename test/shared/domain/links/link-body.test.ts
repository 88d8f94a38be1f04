import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isInForce, linkBodyMostBytes, parseLinkBody } from '../../../../shared/domain/links/link-body.ts'
import { badLinkBodies } from '../bad-files.ts'

const key = 'links_data/root%all%SecurityAudit-ps%team-security%GROUP%ssofile'
const encode = (text: string) => new TextEncoder().encode(text)
const parse = (text: string) => parseLinkBody(key, encode(text))

test.each(['', ' ', '\r\n\t ', '{}', ' { } ', ' '.repeat(linkBodyMostBytes)])('the body %j says nothing', (body) => {
  expect(parse(body)).toEqual({ ok: true, value: {} })
})

test('a body may give both instants, a reason and a ticket', () => {
  const body = {
    expiresAt: '2026-12-24T18:00:00+01:00',
    notBefore: '2026-12-01T00:00:00Z',
    reason: 'Audit of the year – équipe d’audit',
    ticket: 'OPS-4711',
  }
  expect(parse(JSON.stringify(body))).toEqual({
    ok: true,
    value: {
      expiresAt: new Date('2026-12-24T17:00:00Z'),
      notBefore: new Date('2026-12-01T00:00:00Z'),
      reason: body.reason,
      ticket: body.ticket,
    },
  })
})

test.each([
  ['2026-12-24T18:00:00.123Z', '2026-12-24T18:00:00.123Z'],
  ['2026-12-24T18:00Z', '2026-12-24T18:00:00.000Z'],
  ['2028-02-29T23:59:59-11:30', '2028-03-01T11:29:59.000Z'],
  ['2026-12-24T00:00:00+05:45', '2026-12-23T18:15:00.000Z'],
])('the instant %s is %s', (text, instant) => {
  expect(parse(JSON.stringify({ expiresAt: text }))).toEqual({ ok: true, value: { expiresAt: new Date(instant) } })
})

test('an owner is one line of text, of 1 to 256 characters', () => {
  expect(parse(JSON.stringify({ owner: 'team-platform' }))).toEqual({ ok: true, value: { owner: 'team-platform' } })
  expect(parse(JSON.stringify({ owner: 'x'.repeat(256) })).ok).toBe(true)
  for (const owner of ['', 'x'.repeat(257), 'two\nlines', 1]) expect(parse(JSON.stringify({ owner })).ok).toBe(false)
})

test('what a body leaves out is not there', () => {
  expect(parse('{"reason":"r"}')).toEqual({ ok: true, value: { reason: 'r' } })
  expect(parse('{"ticket":"t"}')).toEqual({ ok: true, value: { ticket: 't' } })
})

const remedyOf = (body: unknown) => {
  const link = parse(typeof body === 'string' ? body : JSON.stringify(body))
  return link.ok ? 'accepted' : link.complaint.remedy.replace(/; then upload the file again$/, '')
}

test.each([
  [' 2026-12-24T18:00:00+01 ', 'write "2026-12-24T18:00:00+01:00"'],
  ['2026-12-24t18:00:00z', 'write "2026-12-24T18:00:00Z"'],
  ['2026-12-24 18:00:00 z', 'write "2026-12-24T18:00:00Z"'],
  ['2026-12-24', 'add time and offset: "2026-12-24T00:00:00Z" is midnight UTC'],
  [`2026-12-24${' '.repeat(39)}`, 'add time and offset: "2026-12-24T00:00:00Z" is midnight UTC'],
  [`2026-12-24${' '.repeat(40)}`, 'write expiresAt in that form, or leave the field out if the link has no such limit'],
  ['2026-12-24T18:00', 'add the offset: "2026-12-24T18:00Z" if it is UTC, else +hh:mm or -hh:mm for Z'],
  ['2026-02-30', 'write a day and a time that exist, in the form of the example'],
  ['on 2026-02-30', 'write expiresAt in that form, or leave the field out if the link has no such limit'],
  [5, 'write expiresAt in that form, or leave the field out if the link has no such limit'],
])('the expiry %j gets the nearest right form', (expiresAt, remedy) => {
  expect(remedyOf({ expiresAt })).toBe(remedy)
})

test('a remedy names the field that it is about', () => {
  expect(remedyOf({ notBefore: 5 })).toContain('write notBefore in that form')
})

test('a line that is too long is to be shortened, any other to be one line', () => {
  const oneLine = 'write it in one line in double quotes, or leave the field out'
  expect(remedyOf({ reason: 'r'.repeat(1001) })).toBe('shorten it to 1000 characters')
  expect(remedyOf({ reason: `${'r'.repeat(999)}\n` })).toBe(oneLine)
  expect(remedyOf({ ticket: Array.from({ length: 1001 }, () => 1) })).toBe(oneLine)
})

test('plain text is quoted by its beginning, also where it has quotes and brackets in it', () => {
  const text = `until "Friday" [${'x'.repeat(80)}]`
  const link = parse(text)
  expect(link.ok ? '' : link.complaint.received).toBe(`text that is not JSON, beginning with '${text.slice(0, 60)}'`)
})

test('a reason of 1,000 and a ticket of 200 characters pass', () => {
  expect(parse(JSON.stringify({ reason: 'r'.repeat(1000), ticket: 't'.repeat(200) })).ok).toBe(true)
})

describe('a bad body is rejected, and the complaint helps', () => {
  test.each(badLinkBodies)('$title', ({ body, received, expected, remedy }) => {
    const link = parseLinkBody(key, typeof body === 'string' ? encode(body) : body)
    if (link.ok) throw new Error('accepted')
    expect(link.complaint).toMatchObject({
      object: key,
      received: expect.stringContaining(received),
      expected: expect.stringContaining(expected),
      remedy: expect.stringContaining(remedy),
    })
  })
})

test('a body that speaks of an expiry never becomes permanent access', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.date().map(String)), (expiresAt) => {
      const link = parse(JSON.stringify({ expiresAt }))
      expect(link.ok && link.value.expiresAt === undefined).toBe(false)
    }),
  )
})

test('an instant that a remedy proposes is accepted', () => {
  const proposals = badLinkBodies.flatMap(({ body }) => {
    const link = parseLinkBody(key, typeof body === 'string' ? encode(body) : body)
    return link.ok ? [] : [...link.complaint.remedy.matchAll(/"(\d{4}-[^"]+)"/g)].map(([, instant]) => instant)
  })
  expect(proposals.length).toBeGreaterThan(5)
  for (const expiresAt of proposals) expect(parse(JSON.stringify({ expiresAt }))).toMatchObject({ ok: true })
})

test('a link is in force from notBefore on, and from expiresAt on no longer', () => {
  const notBefore = new Date('2026-12-01T00:00:00Z')
  const expiresAt = new Date('2026-12-24T18:00:00Z')
  const around = (instant: Date) => [-1, 0, 1].map((ms) => isInForce({ notBefore, expiresAt }, new Date(+instant + ms)))
  expect(around(notBefore)).toEqual(['not-yet', 'in-force', 'in-force'])
  expect(around(expiresAt)).toEqual(['in-force', 'expired', 'expired'])
})

test('a link without instants is in force at any time', () => {
  expect(isInForce({}, new Date(0))).toBe('in-force')
  expect(isInForce({ notBefore: new Date(1) }, new Date(0))).toBe('not-yet')
  expect(isInForce({ expiresAt: new Date(1) }, new Date(0))).toBe('in-force')
})

describe('a link under links_data/temporary/', () => {
  const temporary = 'links_data/temporary/root%all%Admin-ps%maria%USER%ssofile'
  const request = {
    digest: '0123456789abcdef0123456789abcdef',
    user: '11111111-2222-3333-4444-555555555555',
    eligibility: 'admins',
    approvedBy: [{ user: '21111111-2222-3333-4444-555555555555', name: 'tom', at: '2026-11-22T10:00:00.000Z' }],
  }
  const body = { expiresAt: '2026-11-22T12:00:00Z', incident: 'INC1', request }

  test('says which request was granted', () => {
    expect(parseLinkBody(temporary, encode(JSON.stringify(body)))).toMatchObject({ ok: true, value: { request } })
  })

  test.each([
    ['empty', ''],
    ['without a request', JSON.stringify({ ...body, request: undefined })],
    ['without an end', JSON.stringify({ ...body, expiresAt: undefined })],
  ])('is not valid when it is %s', (_, text) => {
    expect(parseLinkBody(temporary, encode(text)).ok).toBe(false)
  })

  test('is the only one that may: anywhere else request is an unknown field', () => {
    const read = parse(JSON.stringify(body))
    expect(read.ok ? '' : read.complaint.received).toContain("unknown field 'request'")
    expect(parse(JSON.stringify({ incident: 'INC1' })).ok).toBe(true)
  })
})

test('the path of the schema is no content of a link', () => {
  const body = new TextEncoder().encode('{ "$schema": "../schemas/link-body.schema.json", "reason": "on call" }')
  expect(parseLinkBody('links_data/x', body)).toEqual({ ok: true, value: { reason: 'on call' } })
})
