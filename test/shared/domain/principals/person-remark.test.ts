import { expect, test } from '@jest/globals'
import {
  disabledRemark,
  goneRemark,
  renderPersonWith,
  suspendedRemark,
} from '../../../../shared/domain/principals/person-remark.ts'

test('a person is told with what is remarked of them', () => {
  expect(renderPersonWith('ana', undefined)).toBe('ana')
  expect(renderPersonWith('ana', '')).toBe('ana')
  expect(renderPersonWith('ana', disabledRemark)).toBe('ana (disabled)')
  expect(renderPersonWith('ana', goneRemark)).toBe('ana (gone)')
  expect(renderPersonWith('ana', suspendedRemark)).toBe('ana (suspended)')
})
