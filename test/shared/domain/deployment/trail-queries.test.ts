import { execFileSync } from 'node:child_process'
import { expect, test } from '@jest/globals'
import {
  isTableName,
  type PossibleSessions,
  renderAthenaQuery,
  renderLookupEvents,
} from '../../../../shared/domain/deployment/trail-queries.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'

const user = '92307020-41b6-05ce-951e-70dfe8931aff'
const sessions = (userName: string): PossibleSessions => ({
  account: accountId.parse('233000000002'),
  permissionSet: permissionSetName.parse('Billing-ps'),
  user: principalId.parse(user),
  userName,
  from: new Date('2026-03-03T10:00:00.500Z'),
  until: new Date('2026-03-04T02:00:00Z'),
})
const hostile = `o'neil"; rm -rf / #$(id)\`id\`\\\u202e%`

test('the event history is asked for one session name in the time of the access, in every Region', () => {
  const command = renderLookupEvents(sessions('kenji.ito@acme.example'))
  expect(command).toContain(
    `--lookup-attributes '[{"AttributeKey":"Username","AttributeValue":"kenji.ito@acme.example"}]'`,
  )
  expect(command).toContain('--start-time 2026-03-03T10:00:00.500Z --end-time 2026-03-04T02:00:00.000Z')
  expect(command).toContain('contains(CloudTrailEvent, `"AWSReservedSSO_Billing-ps_"`)')
})

test('the command asks for events of this user, and for events that name no user', () => {
  const command = renderLookupEvents(sessions('kenji.ito@acme.example'))
  expect(command).toContain(
    `&& (contains(CloudTrailEvent, \`"${user}"\`) || !contains(CloudTrailEvent, \`"onBehalfOf"\`))].CloudTrailEvent' --output`,
  )
})

test.each(['sh', 'bash'])('the command is valid for %s with any name, and hands the query over as it is', (shell) => {
  for (const name of ['kenji.ito@acme.example', hostile]) {
    const command = renderLookupEvents(sessions(name))
    execFileSync(shell, ['-n', '-c', command])
    const script = `aws() { if [ "$1" = account ]; then echo eu-west-1; else printf '%s' "$#" "\${12}"; fi; }\n${command}`
    const said = execFileSync(shell, ['-c', script], { encoding: 'utf8' })
    expect(said).toMatch(
      /^14Events\[\?contains\(CloudTrailEvent, `"AWSReservedSSO_Billing-ps_"`\) && .*\]\.CloudTrailEvent$/,
    )
  }
})

test('a shell reads nothing in a hostile name, and the command gets exactly that name', () => {
  const command = renderLookupEvents(sessions(hostile))
  const script = `aws() { if [ "$1" = account ]; then echo eu-west-1; else printf '%s' "$6"; fi; }\n${command}`
  expect(JSON.parse(execFileSync('sh', ['-c', script], { encoding: 'utf8' }))).toEqual([
    { AttributeKey: 'Username', AttributeValue: hostile },
  ])
  expect(command).not.toContain('\u202e')
})

test('the query of the trail has a condition for each access, once', () => {
  const two = [sessions('a'), sessions('b'), sessions('a')]
  const query = renderAthenaQuery('logs.cloudtrail', two)
  expect(query.match(/recipientaccountid = '233000000002'/g)).toHaveLength(2)
  expect(query).toContain(`(useridentity.onbehalfof.userid = '${user}' OR (useridentity.onbehalfof.userid IS NULL`)
  expect(query).toContain("split_part(useridentity.principalid, ':', 2) = 'b'")
  expect(query).toContain("BETWEEN '2026-03-03T10:00:00Z' AND '2026-03-04T02:00:00Z'")
})

test('a hostile name ends no string of the query', () => {
  const query = renderAthenaQuery('logs', [sessions(hostile)])
  expect(query).toContain(`= U&'o''neil"; rm -rf / #$(id)\`id\`\\\\\\+00202e%'`)
  expect(renderAthenaQuery('logs', [sessions("a' OR 1=1 --")])).toContain("= 'a'' OR 1=1 --'")
})

const withoutPairs = (text: string): string => (text.includes('()') ? withoutPairs(text.replaceAll('()', '')) : text)

test('the query is one statement of words, strings and closed parentheses, whatever the name', () => {
  for (const name of ['kenji.ito@acme.example', hostile, "';DROP TABLE x;--", '\\', "'", '/*']) {
    const query = renderAthenaQuery('logs.cloudtrail', [sessions(name), { ...sessions('b'), account: undefined }])
    const words = query.match(/U?&?'(?:[^']|'')*'|[\w.]+|[(),=;]|\S/g) ?? []
    expect(withoutPairs(words.filter((word) => '()'.includes(word)).join(''))).toBe('')
    expect(words.filter((word) => !/^(U&)?'|^[\w.]+$|^[(),=]$/.test(word))).toEqual([';'])
    expect(words.at(-1)).toBe(';')
    // Each condition follows a connective, and no connective is left over.
    expect(query).not.toMatch(/\b(AND|OR|WHERE)\s*(AND|OR|\)|;)/)
  }
})

test.each([
  ['cloudtrail_logs', true],
  ['logs.cloudtrail_logs', true],
  ['logs; DROP TABLE x', false],
  ['a.b.c', false],
  ['', false],
])('%j is a table: %s', (text, is) => {
  expect(isTableName(text)).toBe(is)
})
