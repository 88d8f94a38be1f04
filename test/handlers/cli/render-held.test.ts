import { expect, test } from '@jest/globals'
import { renderReleased } from '../../../handlers/cli/render-held.ts'

test('a release says when it is carried out', () => {
  expect(renderReleased(1, undefined)).toBe(
    'released 1 revocation for one hour; it is carried out within about a minute\n',
  )
  expect(renderReleased(12, undefined)).toContain('released 12 revocations for one hour; they are carried out')
})

test('a release under a pause does not promise what the pause stops', () => {
  const told = renderReleased(2, { v: 1, since: '2026-03-03T10:00:00Z', by: 'ana', reason: 'INC-7' })
  expect(told).toContain('INC-7')
  expect(told).toContain('ssofile resume')
  expect(told).not.toContain('within a minute')
})
