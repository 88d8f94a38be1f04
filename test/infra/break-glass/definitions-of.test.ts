import { expect, test } from '@jest/globals'
import { definitionsOf } from '../../../infra/break-glass/definitions-of.ts'
import { bundledDefinitions } from '../../../shared/domain/files/break-glass-file.ts'
import { example } from '../../shared/modules/break-glass/rules/definitions.ts'

test('the function is given the definitions of its organization, as the command reads them', () => {
  const given = definitionsOf(example.managementAccount)
  expect(bundledDefinitions.parse(JSON.parse(JSON.stringify(given)))).toEqual([example])
  expect(definitionsOf('999999999999')).toEqual([])
})

test('how to reach a responder at night is not given to the function', () => {
  const text = JSON.stringify(definitionsOf(example.managementAccount))
  expect(text).toContain('kenji')
  expect(text).not.toContain('emergencyContact')
})
