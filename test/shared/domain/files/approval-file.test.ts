import { describe, expect, test } from '@jest/globals'
import {
  parseApprovalBody,
  parseApprovalKey,
  renderApprovalKey,
} from '../../../../shared/domain/files/approval-file.ts'
import { renderComplaint } from '../../../../shared/domain/statuses/complaint.ts'

const id = '11111111-2222-3333-4444-555555555555'
const digest = '0123456789abcdef0123456789abcdef'
const key = `approvals/${id}/${digest}`

test('a key says whose approval it is, and of which upload', () => {
  const read = parseApprovalKey(key)
  expect(read).toEqual({ ok: true, value: { userId: id, digest } })
  if (read.ok) expect(renderApprovalKey(read.value)).toBe(key)
})

test.each([
  'approvals/',
  `approvals/${digest}`,
  `approvals/maria/${digest}`,
  `approvals/${id}/${digest.toUpperCase()}`,
  `approvals/${id}/${digest}0`,
  `approvals/${id}/a/${digest}`,
  `requests/${id}/${digest}`,
])('the key %s is refused', (text) => {
  const read = parseApprovalKey(text)
  expect(read.ok ? '' : renderComplaint(read.complaint)).toContain('approvals/<user id>/<digest of the request>')
})

describe('a body', () => {
  const parse = (document: unknown) => parseApprovalBody(key, new TextEncoder().encode(JSON.stringify(document)))

  test.each([{ decision: 'approve' }, { decision: 'deny', comment: 'ask the owner first' }])('%j is valid', (said) => {
    expect(parse(said)).toEqual({ ok: true, value: said })
  })

  test.each([{}, { decision: 'yes' }, { decision: 'Approve' }, { decision: 'approve', comment: 'a\nb' }, []])(
    '%j is refused',
    (said) => {
      expect(parse(said).ok).toBe(false)
    },
  )
})
