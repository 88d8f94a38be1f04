import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { matchEventPattern, matchRule } from '../../infra/match-event-pattern.ts'
import {
  accessEvents,
  directoryEvents,
  organizationEvents,
  ruleStateOf,
  usageEvents,
} from '../../infra/wanted-events.ts'

const folder = new URL('../../fixtures/events/', import.meta.url)
const dispatcherRole = 'arn:aws:iam::111111111111:role/ssofile-dispatcher'
const watchingRole = 'arn:aws:iam::111111111111:role/ssofile-watching'
const patterns = Object.entries({
  ...organizationEvents,
  ...directoryEvents,
  ...accessEvents(dispatcherRole),
  ...usageEvents(watchingRole),
})

/** Events that tell nothing which grants or revokes: tags of organizational units, what was refused. */
const unwanted = ['create-account', 'move-account-refused', 'tag-change-on-organizational-unit']

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

test.each(['federate', 'get-role-credentials', 'assume-watching-role'])(
  'the rule of uses, by its state, gets %s',
  (fixture) => {
    const event = JSON.parse(readFileSync(new URL(`${fixture}.json`, folder), 'utf8'))
    const pattern = usageEvents(watchingRole)['usage-events']
    expect(matchRule({ pattern, state: ruleStateOf('usage-events') }, event)).toBe(true)
    expect(matchRule({ pattern, state: 'ENABLED' }, event)).toBe(!event.detail.readOnly)
    // Whoever may put events into the account's bus forges everything but a source of AWS.
    expect(matchRule({ pattern, state: ruleStateOf('usage-events') }, { ...event, source: 'sso' })).toBe(false)
  },
)

test.each([{}, { account_id: '444455556666' }, { role_name: 'Billing-ps' }])(
  'a sign-in to an application, without an account and a permission set, is no use that the rule sends: %j',
  (serviceEventDetails) => {
    const event = JSON.parse(readFileSync(new URL('federate.json', folder), 'utf8'))
    const pattern = usageEvents(watchingRole)['usage-events']
    expect(matchEventPattern(pattern, event)).toBe(true)
    expect(matchEventPattern(pattern, { ...event, detail: { ...event.detail, serviceEventDetails } })).toBe(false)
  },
)

test('every rule has a fixture that it sends', () => {
  expect([...new Set(fixtures.flatMap(rulesFor))].sort()).toEqual(patterns.map(([name]) => name).sort())
})

test.each([
  ['the dispatcher itself', dispatcherRole, []],
  ['another role', 'arn:aws:iam::111111111111:role/ssofile-dispatcher-2', ['access-calls']],
])('a call of Identity Center by %s is sent only where others made it', (_who, arn, rules) => {
  const event = JSON.parse(readFileSync(new URL('create-account-assignment.json', folder), 'utf8'))
  event.detail.userIdentity.sessionContext = { sessionIssuer: { arn } }
  expect(patterns.filter(([, pattern]) => matchEventPattern(pattern, event)).map(([name]) => name)).toEqual(rules)
})
