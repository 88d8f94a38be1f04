import { describe, expect, test } from '@jest/globals'
import {
  parseRequestBody,
  parseRequestKey,
  renderRequestKey,
  requestMostBytes,
} from '../../../../shared/domain/files/access-request.ts'
import { renderComplaint } from '../../../../shared/domain/statuses/complaint.ts'

const id = '90676e3f1c-11111111-2222-3333-4444-555555555555'
const key = `requests/${id}/account%111122223333%Admin-ps%maria@example.com%USER%ssofile`

function complaintOf(read: ReturnType<typeof parseRequestKey> | ReturnType<typeof parseRequestBody>): string {
  return read.ok ? 'valid' : renderComplaint(read.complaint)
}

const parseBody = (document: unknown, sizeBytes?: number) =>
  parseRequestBody(
    key,
    new TextEncoder().encode(typeof document === 'string' ? document : JSON.stringify(document)),
    sizeBytes,
  )

test('a key says who asks, and names the link that is made when it is granted', () => {
  const read = parseRequestKey(key)
  expect(read).toMatchObject({ ok: true, value: { key, userId: id, link: { folder: 'temporary', type: 'USER' } } })
  if (read.ok) expect(renderRequestKey(id, read.value.link.key)).toBe(key)
})

describe('a key is refused that', () => {
  test.each([
    ['has no user id', 'requests/maria/root%all%A%maria%USER%ssofile', "received the user id 'maria'"],
    ['has nothing but a user id', `requests/${id}`, 'requests/'],
    [
      'asks for a group',
      `requests/${id}/root%all%A%admins%GROUP%ssofile`,
      'temporary access belongs to the one person who asked for it',
    ],
    ['has a folder', `requests/${id}/team-a/root%all%A%maria%USER%ssofile`, 'received a folder before the link'],
    ['names an invalid account', `requests/${id}/account%1%A%maria%USER%ssofile`, 'an account id of twelve digits'],
    [
      'is almost right, whose remedy is the right one',
      `requests/${id}/root%all%A%maria%user%ssofile`,
      `upload it again as 'requests/${id}/root%all%A%maria%USER%ssofile'`,
    ],
    ['would be too long as a link', `requests/${id}/root%all%A%${'m'.repeat(900)}%USER%ssofile`, '900 bytes'],
  ])('%s', (_, text, told) => {
    expect(complaintOf(parseRequestKey(text))).toContain(told)
    expect(complaintOf(parseRequestKey(text))).not.toContain('links_data/')
  })
})

test('a body says how long, why, and from when', () => {
  const said = {
    duration: 'PT4H',
    reason: 'disk full',
    ticket: 'CHG1',
    incident: 'INC1',
    startsAt: '2026-11-22T18:00:00+01:00',
  }
  expect(parseBody(said)).toEqual({
    ok: true,
    value: {
      ...{ durationMs: 4 * 3_600_000, reason: 'disk full', ticket: 'CHG1', incident: 'INC1' },
      startsAt: new Date('2026-11-22T17:00:00Z'),
    },
  })
})

describe('a body is refused that', () => {
  test.each<[string, unknown, string]>([
    ['is empty', '', 'an empty file'],
    ['does not say how long', {}, 'add it, such as "duration": "PT4H"'],
    ['lasts longer than anything may', { duration: 'P31D' }, 'at most 30 days'],
    ['has a reason of two lines', { duration: 'PT1H', reason: 'a\nb' }, 'one line of text'],
    ['begins at no instant', { duration: 'PT1H', startsAt: '2026-11-22 18:00' }, 'a date, time and offset'],
    ['has an unknown field', { duration: 'PT1H', approvedBy: 'me' }, "unknown field 'approvedBy'"],
  ])('%s', (_, document, told) => {
    expect(complaintOf(parseBody(document))).toContain(told)
  })

  test('is too large', () => {
    expect(complaintOf(parseBody('', requestMostBytes + 1))).toContain(`at most ${requestMostBytes} bytes`)
  })
})
