import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { nearMatch } from '../../../../shared/domain/text/near-match.ts'
import { runsOf } from '../../../depth.ts'

const groups = ['team-security', 'team-CloudOperators', 'Équipe d’audit', 'a', 'QA', 'break glass', 'éèêëàâäöü']

test.each([
  ['another case', 'TEAM-SECURITY', 'team-security'],
  ['spaces around it', ' team-security ', 'team-security'],
  ['a space too few', 'breakglass', 'break glass'],
  ['a no-break space', 'break\u00a0glass', 'break glass'],
  ['a zero-width space', 'team\u200b-security', 'team-security'],
  ['the decomposed form', 'Équipe d’audit'.normalize('NFD'), 'Équipe d’audit'],
  ['the decomposed form of many letters', 'éèêëàâäöü'.normalize('NFD'), 'éèêëàâäöü'],
  ['a short name in another case', 'qa', 'QA'],
  ['a letter too few', 'team-securty', 'team-security'],
  ['a letter too many', 'team-securrity', 'team-security'],
  ['two letters exchanged', 'team-secruity', 'team-security'],
  ['two faults', 'taem-security', 'team-security'],
  ['a plural and a case', 'team-cloudoperator', 'team-CloudOperators'],
])('a name with %s has its near match', (_, received, meant) => {
  expect(nearMatch(received, groups)).toBe(meant)
})

test.each(['team-secXXXy', 'b', 'QB', '', 'something else'])('%j is near to no name', (received) => {
  expect(nearMatch(received, groups)).toBeUndefined()
})

test('another case is nearer than another letter', () => {
  expect(nearMatch('team-a', ['team-b', 'Team-A'])).toBe('Team-A')
})

test.each([
  ['the same name to one in another case', 'qa', ['QA', 'qa'], 'qa'],
  ['one letter too many to two', 'team-security', ['team-securityab', 'team-securityx'], 'team-securityx'],
  ['one letter replaced to two', 'team-security', ['taem-security', 'team-securitz'], 'team-securitz'],
  ['another case to a doubled letter too few', 'adminss', ['ADMINS', 'adminsS'], 'adminsS'],
  ['another case to a doubled letter too many', 'admins', ['ADMINSS', 'adminS'], 'adminS'],
  ['the smaller of two that are as near', 'team-a', ['team-c', 'team-b', 'team-d'], 'team-b'],
])('%s is preferred', (_, received, candidates, meant) => {
  expect(nearMatch(received, candidates)).toBe(meant)
  expect(nearMatch(received, candidates.toReversed())).toBe(meant)
})

test('the order of the candidates does not matter', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b', 'A', ' '), maxLength: 8 })
  fc.assert(
    fc.property(name, fc.array(name), (received, candidates) => {
      expect(nearMatch(received, candidates.toReversed())).toBe(nearMatch(received, candidates))
    }),
  )
})

test('the edits are counted as the textbook counts them', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 6, maxLength: 9 })
  fc.assert(
    fc.property(name, name, (received, candidate) => {
      expect(nearMatch(received, [candidate])).toBe(textbookDistance(received, candidate) <= 2 ? candidate : undefined)
    }),
    { numRuns: runsOf(2000) },
  )
})

function textbookDistance(from: string, to: string): number {
  if (from === '' || to === '') return from.length + to.length
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [above, letter] of [...from].entries()) {
    const next = [above + 1]
    for (const [column, other] of [...to].entries()) {
      next.push(
        Math.min((next[column] ?? 0) + 1, (row[column + 1] ?? 0) + 1, (row[column] ?? 0) + (letter === other ? 0 : 1)),
      )
    }
    row = next
  }
  return row.at(-1) ?? 0
}
