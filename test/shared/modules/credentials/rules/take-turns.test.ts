import { expect, test } from '@jest/globals'
import { takeTurns } from '../../../../../shared/modules/credentials/rules/take-turns.ts'

test('owners take turns, and each keeps its own order', () => {
  const ownerOf = ([owner = '']: string) => owner
  expect(takeTurns(['a1', 'a2', 'a3', 'b1', 'c1', 'c2'], ownerOf)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3'])
  expect(takeTurns([], ownerOf)).toEqual([])
})
