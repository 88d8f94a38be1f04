import { expect, test } from '@jest/globals'
import { nearPrincipal } from '../../../../shared/domain/principals/near-principal.ts'

const names = ['kenji.ito@acme.example', 'kenji.ito@sub.example', 'ana@acme.example', 'Équipe d’audit', 'team-Shop']

test.each([
  ['without its domain', 'kenji.ito', 'kenji.ito@acme.example'],
  ['without its domain and with a letter too few', 'kenj.ito', 'kenji.ito@acme.example'],
  ['in another case without its domain', 'ANA', 'ana@acme.example'],
  ['in the decomposed form', 'Équipe d’audit'.normalize('NFD'), 'Équipe d’audit'],
  ['in another case', 'TEAM-shop', 'team-Shop'],
])('a principal written %s is found', (_, received, meant) => {
  expect(nearPrincipal(received, names)).toBe(meant)
})

test.each(['kenji.ito@other.example', 'somebody else', ''])('%j is near to nobody', (received) => {
  expect(nearPrincipal(received, names)).toBeUndefined()
})
