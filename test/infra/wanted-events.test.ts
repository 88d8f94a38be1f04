import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { matchEventPattern } from '../../infra/match-event-pattern.ts'
import { directoryEvents, organizationEvents } from '../../infra/wanted-events.ts'

const folder = new URL('../../fixtures/events/', import.meta.url)
const patterns = Object.entries({ ...organizationEvents, ...directoryEvents })

/** Events that tell nothing which grants or revokes: memberships, tags of organizational units, what was refused. */
const unwanted = [
  'console-add-member-to-group',
  'create-account',
  'create-group-membership',
  'group-membership-created',
  'move-account-refused',
  'tag-change-on-organizational-unit',
]

const rulesFor = (fixture: string) => {
  const event: object = JSON.parse(readFileSync(new URL(`${fixture}.json`, folder), 'utf8'))
  return patterns.filter(([, pattern]) => matchEventPattern(pattern, event)).map(([name]) => name)
}

const fixtures = readdirSync(folder).map((file) => file.replace('.json', ''))

test.each(fixtures.filter((fixture) => !unwanted.includes(fixture)))(
  '%s is sent to the queue, by one rule',
  (fixture) => {
    expect(rulesFor(fixture)).toHaveLength(1)
  },
)

test.each(unwanted)('%s is sent by no rule', (fixture) => {
  expect(rulesFor(fixture)).toEqual([])
})

test('every rule has a fixture that it sends', () => {
  expect([...new Set(fixtures.flatMap(rulesFor))].sort()).toEqual(patterns.map(([name]) => name).sort())
})
