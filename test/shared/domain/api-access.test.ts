import { describe, expect, test } from '@jest/globals'
import { isPrincipal, mayChange, mayRead } from '../../../shared/domain/api-access.ts'
import { access } from '../../../shared/domain/environment.ts'

const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`
const session = (name: string, who = 'maria', account = '111122223333') =>
  `arn:aws:sts::${account}:assumed-role/${name}/${who}`
const platform = role('aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Platform_*')

describe('the caller', () => {
  test.each([
    ['a session of the role', session('team-a'), role('team-a')],
    ['a session of a role with a path, which the session lacks', session('team-a'), role('teams/team-a')],
    ['a session of a role whose name AWS ends', session('AWSReservedSSO_Platform_0123456789abcdef'), platform],
    ['the user', 'arn:aws:iam::111122223333:user/ops/kim', 'arn:aws:iam::111122223333:user/ops/kim'],
    ['a user of a path', 'arn:aws:iam::111122223333:user/ops/kim', 'arn:aws:iam::111122223333:user/ops/*'],
  ])('is %s', (_, arn, pattern) => expect(isPrincipal(arn, pattern)).toBe(true))

  test.each([
    ['a role of another account', session('team-a', 'maria', '999999999999'), role('team-a')],
    ['a role of another partition', session('team-a').replace('aws', 'aws-cn'), role('team-a')],
    ['a role whose name goes on', session('team-ab'), role('team-a')],
    ['a role in other capitals', session('Team-a'), role('team-a')],
    ['a role that calls its session so', session('other', 'team-a'), role('team-a')],
    ['any role where the pattern names none', session('team-a'), role('teams/*')],
    ['a role where the pattern is a user', session('kim'), 'arn:aws:iam::111122223333:user/kim'],
    ['a user where the pattern is a role', 'arn:aws:iam::111122223333:user/team-a', role('team-a')],
    ['the root user', 'arn:aws:iam::111122223333:root', role('root')],
    ['a federated user', 'arn:aws:sts::111122223333:federated-user/team-a', role('team-a')],
    ['nobody', '', role('team-a')],
  ])('is not taken for %s', (_, arn, pattern) => expect(isPrincipal(arn, pattern)).toBe(false))
})

describe('by the access of the environment', () => {
  const folders = ['team-a', 'team-b']
  const rules = access.parse({
    uploaders: [
      { folder: '', principals: [platform] },
      { folder: 'team-a', principals: [role('team-a')] },
    ],
    permissionSetUploaders: [platform],
    auditors: [role('auditor')],
    operators: [role('operator')],
  })
  const callers = {
    platform: session('AWSReservedSSO_Platform_0123456789abcdef'),
    teamA: session('team-a'),
    auditor: session('auditor'),
    operator: session('operator'),
    administrator: session('Administrator'),
  }
  const link = 'root%all%ReadOnly%ops%GROUP%ssofile'
  const whoMay = (may: typeof mayChange, key: string) =>
    Object.entries(callers).flatMap(([name, arn]) => (may(rules, { arn, key, folders }) ? [name] : []))

  test.each([
    [`links_data/${link}`, ['platform']],
    [`links_data/undeclared/${link}`, ['platform']],
    [`links_data/team-a/${link}`, ['teamA']],
    [`links_data/team-ab/${link}`, ['platform']],
    [`links_data/team-b/${link}`, []],
    ['permission_sets/ReadOnly.json', ['platform']],
  ])('%s is changed by its uploaders only, and read by auditors and operators too', (key, uploaders) => {
    expect(whoMay(mayChange, key)).toEqual(uploaders)
    expect(whoMay(mayRead, key)).toEqual([...uploaders, 'auditor', 'operator'])
  })
})
