import { expect, test } from '@jest/globals'
import { nearPrincipal } from '../../../../shared/domain/principals/near-principal.ts'

const listed = [
  'kenji.ito@acme.example',
  'kenji.ito@sub.example',
  'ana@acme.example',
  'Équipe d’audit',
  'team-Shop',
].map((name) => ({ name }))
const principals = [
  ...listed,
  { name: 'zoe@acme.example', displayName: 'Zoë Müller' },
  { name: 'tom@acme.example', displayName: 'Tom Baker' },
  { name: 'tom2@acme.example', displayName: 'Tom Baker' },
]

test.each([
  ['without its domain', 'kenji.ito', 'kenji.ito@acme.example'],
  ['without its domain and with a letter too few', 'kenj.ito', 'kenji.ito@acme.example'],
  ['in another case without its domain', 'ANA', 'ana@acme.example'],
  ['in the decomposed form', 'Équipe d’audit'.normalize('NFD'), 'Équipe d’audit'],
  ['in another case', 'TEAM-shop', 'team-Shop'],
  ['by display name', 'zoë müller', 'zoe@acme.example'],
  ['as in a URL', 'kenji.ito%40acme.example', 'kenji.ito@acme.example'],
  ['by display name as in a URL', 'Zo%C3%AB%20M%C3%BCller', 'zoe@acme.example'],
])('a principal written %s is found', (_, received, meant) => {
  expect(nearPrincipal(received, principals)).toBe(meant)
})

test.each(['kenji.ito@other.example', 'somebody else', '', 'Tom Baker', '50%c3 of all'])(
  '%j is near to nobody',
  (received) => {
    expect(nearPrincipal(received, principals)).toBeUndefined()
  },
)
