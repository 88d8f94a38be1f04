import { describe, expect, test } from '@jest/globals'
import type * as z from 'zod'
import { faultFile } from '../../../../infra/local/faults/fault-file.ts'
import { FaultPlan, type ServiceCall } from '../../../../infra/local/faults/fault-plan.ts'

type Rules = z.input<typeof faultFile>['rules']
const planOf = (rules: Rules, seed?: number) => new FaultPlan(faultFile.parse({ ...(seed && { seed }), rules }))
const put: ServiceCall = { service: 's3', operation: 'PutObject', caller: 'ssofile' }
const get: ServiceCall = { ...put, operation: 'GetObject' }
const create: ServiceCall = { service: 'sso-admin', operation: 'CreateAccountAssignment', caller: 'ssofile' }

test('a rule strikes the calls of its service, operation and caller, and no others', () => {
  const plan = planOf([{ service: 's3', operation: 'PutObject', caller: 'ssofile', fault: 'drop' }])
  expect(plan.next(create)).toBeUndefined()
  expect(plan.next(get)).toBeUndefined()
  expect(plan.next({ ...put, caller: 'maria' })).toBeUndefined()
  expect(plan.next({ ...put, caller: undefined })).toBeUndefined()
  expect(plan.next(put)?.fault).toBe('drop')
})

test('the first calls pass, so many suffer, and all after them pass', () => {
  const plan = planOf([{ service: 's3', fault: 'throttle', skip: 2, times: 3 }])
  const struck = Array.from({ length: 7 }, () => plan.next(put)?.fault === 'throttle')
  expect(struck).toEqual([false, false, true, true, true, false, false])
  expect(plan.counts()).toMatchObject([{ matched: 7, struck: 3 }])
})

test('of two rules for one call the first that strikes is applied, and the other still counts the call', () => {
  const plan = planOf([
    { service: 's3', fault: 'drop', times: 1 },
    { service: 's3', fault: 'throttle', skip: 1, times: 1 },
  ])
  expect([plan.next(put)?.fault, plan.next(put)?.fault, plan.next(put)?.fault]).toEqual(['drop', 'throttle', undefined])
})

test('the same seed strikes the same calls, another seed others', () => {
  const struckBy = (seed: number) => {
    const plan = planOf([{ service: 's3', fault: 'throttle', probability: 0.5 }], seed)
    return Array.from({ length: 64 }, () => (plan.next(put) ? 'x' : '.')).join('')
  }
  expect(struckBy(7)).toBe(struckBy(7))
  expect(struckBy(7)).not.toBe(struckBy(8))
  expect(struckBy(7)).toMatch(/x/)
  expect(struckBy(7)).toMatch(/\./)
})

describe('a file is refused', () => {
  test.each([
    ['without rules', {}],
    ['with an unknown field', { rules: [], sead: 1 }],
    ['with an unknown service', { rules: [{ service: 'ec2', fault: 'drop' }] }],
    ['with an unknown fault', { rules: [{ service: 's3', fault: 'explode' }] }],
    ['with an operation in the wrong case', { rules: [{ service: 's3', operation: 'put-object', fault: 'drop' }] }],
    ['with a delay that does not say how long', { rules: [{ service: 's3', fault: 'delay' }] }],
    ['with a field of another fault', { rules: [{ service: 's3', fault: 'drop', ms: 5 }] }],
    ['with a probability above one', { rules: [{ service: 's3', fault: 'drop', probability: 1.1 }] }],
    ['with less than no calls to skip', { rules: [{ service: 's3', fault: 'drop', skip: -1 }] }],
  ])('%s', (_, file) => {
    expect(faultFile.safeParse(file).success).toBe(false)
  })
})
