import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { renderTable } from '../../../../handlers/cli/terminal/render-table.ts'
import { textWidth } from '../../../../handlers/cli/terminal/text-width.ts'
import { anyCharacter } from '../../../shared/domain/arbitraries.ts'

test('columns are as wide as what is in them, and wide letters count twice', () => {
  expect(
    renderTable(
      ['who', 'what'],
      [
        ['データ分析', 'x'],
        ['a', 'y'],
      ],
      undefined,
    ),
  ).toBe('WHO         WHAT\nデータ分析  x\na           y\n')
})

test('the widest column is cut where the terminal is narrow', () => {
  const [, row = ''] = renderTable(['who', 'link'], [['ana', 'x'.repeat(40)]], 30).split('\n')
  expect(row).toBe(`ana  ${'x'.repeat(12)}…${'x'.repeat(12)}`)
})

test('no line is wider than the terminal, and no name breaks a line', () => {
  const rows = fc.array(fc.tuple(fc.string({ unit: anyCharacter }), fc.string(), fc.string({ unit: 'grapheme' })), {
    maxLength: 4,
  })
  fc.assert(
    fc.property(rows, fc.integer({ min: 28, max: 100 }), (cells, width) => {
      const lines = renderTable(['aaa', 'bbb', 'ccc'], cells, width).split('\n')
      expect(lines).toHaveLength(cells.length + 2)
      for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width)
    }),
    { numRuns: 60 },
  )
})
