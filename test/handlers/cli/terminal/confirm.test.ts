import { expect, test } from '@jest/globals'
import { renderQuestion } from '../../../../handlers/cli/terminal/confirm.ts'

test('a question about a deployment names its bucket', () => {
  expect(renderQuestion({ bucket: 'acme-scratch', question: 'Deny it?' })).toBe('Bucket acme-scratch: Deny it?')
})

test('a question about this machine names no bucket', () => {
  expect(renderQuestion({ question: 'Remove 2 files?' })).toBe('Remove 2 files?')
})
