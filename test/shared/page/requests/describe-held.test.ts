import { expect, test } from '@jest/globals'
import { describeAttention, describeContents, describeList } from '../../../../shared/page/requests/describe-held.ts'

const since = '2026-03-03T10:00:00.000Z'
const row = (principal: string, account: string, permissionSet = 'Billing-ps') => ({
  account,
  permissionSet,
  principal,
  type: 'GROUP' as const,
  links: [{ link: `links_data/${principal}`, deletedBy: 'maria' }],
})

test('a list says why it is held, who would lose what by account names, by whose links, and how much is not shown', () => {
  const rows = [row('team-a', '1'), row('team-a', '2'), row('team-b', '1', 'Admin-ps')]
  const { title, stateText, facts } = describeList(
    { digest: '3f0c9d2e7a1b5c48', reason: 'held by the brake: …', since, held: 103, rows },
    { 1: 'prod' },
  )
  expect([title, stateText]).toEqual(['103 revocations are held', 'held by the brake: …'])
  expect(facts.slice(1)).toEqual([
    ['Group team-a', 'Billing-ps in prod (1), 2'],
    ['Group team-b', 'Admin-ps in prod (1)'],
    ['Not shown', '100 more revocations of this list'],
    ['By links', 'links_data/team-a (deleted by maria), links_data/team-b (deleted by maria)'],
    ['Digest', '3f0c9d2e7a1b5c48'],
  ])
})

test('of a long list the first twenty people are shown, and of each the first ten accounts', () => {
  const rows = Array.from({ length: 33 }, (_, n) => row(`team-${Math.max(0, n - 11)}`, `${n}`))
  const { facts } = describeList({ digest: 'd', reason: '', since, held: 33, rows }, {})
  expect(facts[1]?.[1]).toMatch(/^Billing-ps in 0, .*, 9 and 2 more$/)
  expect(facts).toContainEqual(['And', '2 more people or groups'])
})

test('a held file and an input that wants attention say why, and what to do', () => {
  const held = { digest: 'd', name: 'Admin-ps', since, reason: 'held: empty', takesAway: ['s3:GetObject'] }
  expect(describeContents(held)).toMatchObject({
    title: 'The file of the permission set Admin-ps is held',
    stateText: 'held: empty',
  })
  const wanting = { state: 'rejected', input: 'links_data/x', reason: 'no JSON', remedy: 'write it' } as const
  expect(describeAttention(wanting)).toMatchObject({
    title: 'links_data/x',
    stateText: 'Not valid',
    facts: [
      ['Why', 'no JSON'],
      ['What to do', 'write it'],
    ],
  })
})
