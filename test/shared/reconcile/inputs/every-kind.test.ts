import { describe, expect, test } from '@jest/globals'
import { kinds } from '../../../../shared/domain/inputs/kinds.ts'
import { describeGuarantees } from './guarantees.ts'
import { samples } from './samples.ts'

/** Every kind of which S3 tells. */
const told = Object.entries(kinds).filter(([, kind]) => 'queue' in kind)

test('each kind of which S3 tells has a sample, and each sample is of such a kind', () => {
  expect(Object.keys(samples).sort()).toEqual(told.map(([name]) => name).sort())
})

describe.each(told)('a %s', (name, kind) => {
  const sample = samples[name]
  if (sample !== undefined) describeGuarantees(kind, sample)
})
