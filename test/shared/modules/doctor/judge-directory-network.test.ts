import { describe, expect, test } from '@jest/globals'
import { judgeDirectoryNetwork } from '../../../../shared/modules/doctor/examine.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'

describe('the network of the identity store', () => {
  test.each([
    { rules: undefined, level: 'ok', told: 'anywhere' },
    { rules: { isEndpointRequired: false, vpcs: [], addresses: ['203.0.113.0/24'] }, level: 'ok', told: 'anywhere' },
    {
      rules: { isEndpointRequired: true, vpcs: [], addresses: [] },
      level: 'warn',
      told: 'answers only through VPC endpoints; the functions',
    },
    {
      rules: { isEndpointRequired: false, vpcs: ['vpc-0a1b2c3d'], addresses: ['203.0.113.0/24'] },
      level: 'warn',
      told: 'answers only from vpc-0a1b2c3d and to 203.0.113.0/24',
    },
  ])('$rules is told as $level: $told', ({ rules, level, told }) => {
    expect(judgeDirectoryNetwork({ is: rules })).toMatchObject({ level, told: expect.stringContaining(told) })
  })

  test('a store that has no such operation is not checked', () => {
    const error = new ServiceError('identitystore', 'UnknownOperationException', 'no')
    expect(judgeDirectoryNetwork({ error })).toMatchObject({ level: 'skip' })
  })
})
