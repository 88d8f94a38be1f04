import { expect, test } from '@jest/globals'
import { isGrave, listChange } from '../../../../handlers/cli/plan/list-meaning.ts'
import { renderText } from '../../../../handlers/cli/plan/render-plan.ts'
import type { AccessCheck } from '../../../../shared/domain/iam-policies/access-check.ts'

const lines = (check: AccessCheck) => listChange({ check }).map(({ text }) => renderText(text))

test.each<{ name: string; check: AccessCheck; expected: readonly string[]; grave?: boolean }>([
  {
    name: 'nothing wrong and nothing new',
    check: { findings: [], newAccess: { isNew: false, reasons: [] } },
    expected: ['IAM Access Analyzer: no faults', 'IAM Access Analyzer: it allows nothing that was not allowed before'],
  },
  {
    name: 'a finding, and new access with its statement',
    check: {
      findings: [
        { type: 'ERROR', code: 'INVALID_ACTION', told: 'There is no such action.' },
        { type: 'SUGGESTION', code: 'REDUNDANT_ACTION', told: 'It is there twice.' },
      ],
      newAccess: { isNew: true, reasons: ['New access in the statement with index: 1.'] },
    },
    expected: [
      'IAM Access Analyzer error: INVALID_ACTION: There is no such action.',
      'IAM Access Analyzer suggestion: REDUNDANT_ACTION: It is there twice.',
      'IAM Access Analyzer: it allows more than before: New access in the statement with index: 1.',
    ],
    grave: true,
  },
  {
    name: 'a suggestion about a first inline policy',
    check: { findings: [{ type: 'SUGGESTION', code: 'A', told: 'b' }] },
    expected: ['IAM Access Analyzer suggestion: A: b'],
  },
  {
    name: 'nobody who answers',
    check: { findings: { why: 'throttled' }, newAccess: { why: 'no right' } },
    expected: [
      'IAM Access Analyzer did not check it: throttled',
      'IAM Access Analyzer did not say whether it allows more: no right',
    ],
  },
])('a plan tells $name', ({ check, expected, grave = false }) => {
  expect(lines(check)).toEqual(expected)
  expect(isGrave(check)).toBe(grave)
})
