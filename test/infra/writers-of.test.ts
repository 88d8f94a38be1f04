import { describe, expect, test } from '@jest/globals'
import { bucketPolicy } from '../../infra/bucket-policy.ts'
import { deploymentNames } from '../../infra/deployment-names.ts'
import type { PolicyJson } from '../../infra/policy-statements.ts'
import { writersOf } from '../../infra/writers-of.ts'
import { type Environment, environment } from '../../shared/domain/deployment/environment.ts'
import { evaluatePolicy } from '../../shared/domain/iam-policies/evaluate-policy.ts'
import { environments, example, exampleDocument } from './environments.ts'

const stranger = 'arn:aws:iam::111122223333:role/Administrator'
const user = 'a1b2c3d4-0000-4000-8000-000000000001'
const isPersonal = (prefix: string) => /^(requests|approvals|decisions)\/$/.test(prefix)

/** Whether the bucket's policy denies this principal to write an object there. */
function denies(of: Environment, policy: PolicyJson, principal: string, prefix: string): boolean {
  // A pattern names roles, such as those of sessions.
  const arn = principal.replaceAll('*', 'Some_0123456789abcdef')
  const isSession = arn.includes('/aws-reserved/')
  const key = isPersonal(prefix) ? `${prefix}${user}/x` : `${prefix === '' ? 'assignments/' : prefix}x`
  const resource = `${deploymentNames(of).bucketArn}/${key}`
  const context = isSession ? { 'identitystore:UserId': user } : {}
  return evaluatePolicy(policy, { principal: arn, action: 's3:PutObject', resource, context }) === 'denied'
}

const folders = { ...exampleDocument, folders: ['team-a', 'team-b'] }
const all = Object.entries<object>({ ...environments, folders }).map(
  ([name, document]) => [name, environment.parse(document)] as const,
)

describe.each(all)('in the environment %s', (_name, of) => {
  test('the bucket’s policy lets everybody write whom reports/writers.json names, and nobody else', () => {
    const policy = bucketPolicy(of, deploymentNames(of))
    const isDenied = (arn: string, prefix: string) => denies(of, policy, arn, prefix)
    const listed = writersOf(of)
    const everybody = new Set([stranger, ...listed.flatMap(({ people, ssofile }) => [...people, ...ssofile])])
    const wrong = listed.flatMap(({ prefix, people, ssofile, how }) => {
      // The function of the API writes for these people.
      const direct = how?.includes('only by the API') ? [] : people
      const mayWrite = new Set([...direct, ...ssofile])
      // Of sessions that a pattern of accounts covers, the own policy of the account decides.
      const isOpen = (arn: string) => isPersonal(prefix) && arn.includes('/aws-reserved/') && !mayWrite.has(arn)
      const judged = [...everybody]
        .filter((arn) => !isOpen(arn))
        .filter((arn) => isDenied(arn, prefix) === mayWrite.has(arn))
      return judged.map((arn) => `${arn} ${mayWrite.has(arn) ? 'may not' : 'may'} write ${prefix}`)
    })
    expect(wrong).toEqual([])
  })
})

test('the list names each prefix once, folders with their own writers, and everything else last', () => {
  const listed = writersOf(example)
  expect(new Set(listed.map(({ prefix }) => prefix)).size).toBe(listed.length)
  const teamA = 'arn:aws:iam::777788889999:role/team-a-pipeline'
  expect(listed.find(({ prefix }) => prefix === 'links_data/team-a/')?.people).toContain(teamA)
  expect(listed.find(({ prefix }) => prefix === 'policies/')?.people).toEqual(example.access.governance)
  expect(listed.at(-1)).toMatchObject({ prefix: '', people: [] })
})
