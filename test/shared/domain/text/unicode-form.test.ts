import { expect, test } from '@jest/globals'
import { describeOtherForm } from '../../../../shared/domain/text/unicode-form.ts'

test('of a decomposed name it is told which bytes differ, from which letter on, and what to ask for', () => {
  const told = describeOtherForm('Équipe'.normalize('NFD'))
  expect(told).toContain('received 45 cc 81 from its 1. letter on, expected c3 89 (Unicode NFC)')
  expect(told?.endsWith("ask for 'Équipe'")).toBe(true)
  expect(describeOtherForm('team-é'.normalize('NFD'))).toContain('65 cc 81 from its 6. letter on')
})

test('of a composed name nothing is told', () => {
  expect(describeOtherForm('Équipe')).toBeUndefined()
})
