import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { editFile } from './edit.ts'
import { pastFaults } from './past-faults.ts'

describe.each(pastFaults)('the past fault "$name"', ({ edits }) => {
  test('names text that stands once in the product, and puts another text there', () => {
    for (const { file } of edits) {
      const text = readFileSync(file, 'utf8')
      expect(editFile(text, file, edits)).not.toBe(text)
    }
  })
})
