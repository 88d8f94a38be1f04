import { describe, expect, test } from '@jest/globals'
import { isPrincipal, mayChange, mayRead } from '../../../../shared/domain/deployment/api-access.ts'
import { access } from '../../../../shared/domain/deployment/environment.ts'

const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`
const session = (name: string, who = 'maria', account = '111122223333') =>
  `arn:aws:sts::${account}:assumed-role/${name}/${who}`
const platform = role('aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Platform_*')

describe('the caller', () => {
  test.each([
    ['a session of the role', session('team-a'), role('team-a')],
    ['a session of a role with a path, which the session lacks', session('team-a'), role('teams/team-a')],
    ['the user', 'arn:aws:iam::111122223333:user/ops/kim', 'arn:aws:iam::111122223333:user/ops/kim'],
    ['a user of a path', 'arn:aws:iam::111122223333:user/ops/kim', 'arn:aws:iam::111122223333:user/ops/*'],
  ])('is %s', (_, arn, pattern) => expect(isPrincipal({ arn }, pattern)).toBe(true))

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
  ])('is not taken for %s', (_, arn, pattern) => expect(isPrincipal({ arn }, pattern)).toBe(false))

  const name = 'AWSReservedSSO_Platform_0123456789abcdef'
  const reserved = `aws-reserved/sso.amazonaws.com/eu-west-1/${name}`
  test.each([
    ['made by Identity Center', reserved, platform, true],
    ['made by Identity Center, named to its end', reserved, role(reserved), true],
    ['made by somebody else, at no path', name, platform, false],
    ['made by somebody else, at a path like it', `x/${reserved}`, platform, false],
    ['made by somebody else, after AWS deleted its own', name, role(reserved), false],
    ['that IAM does not show', undefined, platform, false],
    ['of another name', reserved.replace('_01', '_02'), platform, false],
    ['of a team, whose name has an end of its own', 'teams/team-a', role('teams/team-*'), true],
    ["like a team's, at another path", 'others/team-a', role('teams/team-*'), false],
  ])('of a role %s is known by the path that IAM tells', (_, at, pattern, isIt) => {
    const arn = session(pattern.includes('team') ? 'team-a' : name)
    expect(isPrincipal({ arn, roleArn: at && role(at) }, pattern)).toBe(isIt)
  })
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
    platform: {
      arn: session('AWSReservedSSO_Platform_0123456789abcdef'),
      roleArn: platform.replace('*', '0123456789abcdef'),
    },
    teamA: { arn: session('team-a') },
    auditor: { arn: session('auditor') },
    operator: { arn: session('operator') },
    administrator: { arn: session('Administrator') },
  }
  const link = 'root%all%ReadOnly%ops%GROUP%ssofile'
  const whoMay = (may: typeof mayChange, key: string) =>
    Object.entries(callers).flatMap(([name, caller]) => (may(rules, { caller, key, folders }) ? [name] : []))

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
