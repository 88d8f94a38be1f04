import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { type ApiChange, routesOf } from '../../handlers/api/routes.ts'
import { pushedPlaces } from '../../handlers/cli/folder/input-parts.ts'
import { auditorActions, breakGlassActions } from '../../infra/auditor-role.ts'
import { bucketPolicy } from '../../infra/bucket-policy.ts'
import { deploymentNames } from '../../infra/deployment-names.ts'
import {
  accountAccessActions,
  applicationReads,
  directoryActions,
  directoryActionsOf,
  groupActions,
  groupChangeActions,
  identityCenterActions,
  identityCenterReads,
  memberActions,
  organizationsActions,
  peopleChangeActions,
  permissionsIn,
  permissionsOf,
  policyCheckActions,
  producersOf,
} from '../../infra/function-permissions.ts'
import { hygieneActions } from '../../infra/hygiene-role.ts'
import { pageSettings } from '../../shared/domain/deployment/page-settings.ts'
import { type FunctionName, functionNames, functionSettings } from '../../shared/ports/deployment-settings.ts'
import { workedQueues } from '../../shared/ports/queues.ts'
import { mayUse } from '../../shared/ports/rights.ts'
import { readText } from '../house/source-files.ts'
import { example } from './environments.ts'
import { grantedRights } from './permissions/granted-rights.ts'
import { renderPermissions } from './permissions/render-permissions.ts'

const adapters = new URL('../../shared/aws/', import.meta.url)

/** The operations that an adapter calls, by the commands that it sends and by the paginators that it uses. */
function calledIn(file: string): readonly string[] {
  const text = readFileSync(new URL(file, adapters), 'utf8')
  const calls = [...text.matchAll(/\bnew ([A-Z]\w+)Command\(/g), ...text.matchAll(/\bpaginate([A-Z]\w+)\(/g)]
  return [...new Set(calls.map(([, name = '']) => name))].sort()
}

describe('granted is what the adapter calls, and nothing else:', () => {
  test('for IAM Identity Center', () => {
    expect([...identityCenterActions, ...applicationReads, 'ListInstances'].sort()).toEqual(
      calledIn('sso-admin-client.ts'),
    )
  })

  test('for the Identity Store', () => {
    const changes = [...groupChangeActions, ...peopleChangeActions]
    expect([...directoryActions, ...memberActions, ...groupActions, ...changes].sort()).toEqual(
      calledIn('identity-store-client.ts'),
    )
  })

  test('for account access manager', () => {
    const paths = readFileSync(new URL('account-access-client.ts', adapters), 'utf8').matchAll(/'\/([a-z]+)-list'/g)
    const called = [...paths].map(([, name = '']) => `List${name.charAt(0).toUpperCase()}${name.slice(1)}`)
    expect(Object.values(accountAccessActions).flat().sort()).toEqual(called.sort())
  })

  test('for Organizations', () => {
    expect(Object.values(organizationsActions).flat().sort()).toEqual(calledIn('organizations-client.ts'))
  })

  test("for STS and IAM: the auditor's role may be assumed, and that role asks the rest", () => {
    expect(calledIn('assume-role-in-account.ts')).toEqual(['AssumeRole'])
    const ofIam = ['aws-auditor.ts', 'aws-audited-credentials.ts', 'list-permission-set-roles.ts'].flatMap(calledIn)
    // Both versions of the call have one right.
    const ofAnalyzer = calledIn('aws-unused-access.ts').map((action) =>
      action.replace('ListFindingsV2', 'ListFindings'),
    )
    const asked = [...ofIam.map((one) => `iam:${one}`), ...ofAnalyzer.map((one) => `access-analyzer:${one}`)]
    expect([...auditorActions]).toEqual(asked.sort())
  })

  test('for the checks of break-glass, by the same role', () => {
    const { everywhere, inSecurityAccount } = breakGlassActions
    const granted = [...auditorActions, ...everywhere, ...inSecurityAccount].map((one) => one.split(':')[1])
    const called = calledIn('aws-break-glass-auditor.ts').filter((one) => !/^(GetCallerIdentity|AssumeRole)$/.test(one))
    expect(called.length).toBeGreaterThan(8)
    expect(called.filter((one) => !granted.includes(one))).toEqual([])
    const signed = readFileSync(new URL('aws-break-glass-auditor.ts', adapters), 'utf8').matchAll(/_20131101\.(\w+)'/g)
    expect(inSecurityAccount).toEqual(expect.arrayContaining([...signed].map(([, one]) => `cloudtrail:${one}`)))
  })

  test('for the role that retires credentials, with what it has in common with the auditor', () => {
    const { reads, writes } = hygieneActions
    const called = [...calledIn('aws-retirer.ts'), 'ListAccessKeys'].sort()
    expect([...reads, ...writes].sort()).toEqual(called)
  })

  test('for the checks of policies', () => {
    expect(calledIn('aws-policy-checker.ts')).toEqual([...policyCheckActions])
  })

  test('for policies that are made of what CloudTrail recorded: whoever asks needs these, and the page says so', () => {
    const called = calledIn('aws-policy-generator.ts')
    expect(called).toEqual(['GetGeneratedPolicy', 'StartPolicyGeneration'])
    const documented = readText('docs/less-privilege.md')
    for (const action of called) expect(documented).toContain(`access-analyzer:${action}`)
  })

  test('for telling outcomes: events, mail and the URLs of webhooks', () => {
    expect([...calledIn('event-bridge-bus.ts'), ...calledIn('aws-channels.ts')]).toEqual([
      'PutEvents',
      'GetSecretValue',
      'Publish',
    ])
  })

  test('for all services: no other adapter has an SDK client, but those of the commands doctor, break-glass and suggest', () => {
    const clients = readdirSync(adapters).filter((file) => calledIn(file).length > 0)
    expect(clients.sort()).toEqual([
      'assume-role-in-account.ts',
      'aws-audited-credentials.ts',
      'aws-auditor.ts',
      'aws-break-glass-auditor.ts',
      'aws-channels.ts',
      'aws-installation.ts',
      'aws-own-roles.ts',
      'aws-policy-checker.ts',
      'aws-policy-generator.ts',
      'aws-responder.ts',
      'aws-retirer.ts',
      'aws-secret.ts',
      'aws-unused-access.ts',
      'event-bridge-bus.ts',
      'identity-store-client.ts',
      'list-permission-set-roles.ts',
      'organizations-client.ts',
      's3-object-store.ts',
      's3-object-versions.ts',
      'sqs-queues.ts',
      'sso-admin-client.ts',
    ])
  })
})

const writableBy = (name: FunctionName): readonly string[] => {
  const { write = [], put = [] } = permissionsOf(name)
  return [...write, ...put]
}

test('nobody may delete history or the claim of the bucket', () => {
  const deletable = functionNames.flatMap((name) => [
    ...(permissionsOf(name).write ?? []),
    ...(permissionsOf(name).remove ?? []),
  ])
  for (const key of ['history/x', 'control/owner.json'])
    expect(deletable.filter((prefix) => key.startsWith(prefix))).toEqual([])
})

test('only the dispatcher may change Identity Center, and only it and operators may write control/', () => {
  const changing = functionNames.filter((name) => permissionsOf(name).identityCenter === 'change')
  expect(changing).toEqual(['dispatcher'])
  const controlling = functionNames.filter((name) => writableBy(name).some((prefix) => prefix.startsWith('control/')))
  // The sweep counts the ledger.
  expect(controlling).toEqual(['requests', 'dispatcher', 'minute-links', 'sweep', 'retire', 'owner', 'page'])
  // Denials of sessions that nobody could record at the end of their access.
  expect(writableBy('minute-links').filter((prefix) => prefix.startsWith('control/'))).toEqual([
    'control/ended-sessions.json',
  ])
  // It counts in the brake what it does to credentials.
  expect(writableBy('retire').filter((prefix) => prefix.startsWith('control/'))).toEqual([
    'control/brake.json',
    'control/brake/',
  ])
  // At the end of temporary access its sessions are ended, where the eligibility asks for that. People who are suspended count in the brake.
  expect(writableBy('requests').filter((prefix) => prefix.startsWith('control/'))).toEqual([
    'control/brake.json',
    'control/brake/',
    'control/ended-sessions.json',
  ])
  // For operators who are signed in, where the environment names some.
  expect(writableBy('page').filter((prefix) => prefix.startsWith('control/'))).toEqual([
    'control/pause.json',
    'control/brake.json',
    'control/brake/',
    'control/resumed.json',
  ])
  expect(writableBy('sweep').filter((prefix) => prefix.startsWith('control/'))).toEqual(['control/ledger.json'])
})

test('operators may neither change Identity Center nor delete history or the claim of the bucket', () => {
  const { write = [], put = [], identityCenter } = permissionsOf('operator')
  expect(identityCenter).toBe('read')
  expect(identityCenterReads.filter((action) => !/^(Describe|Get|List)/.test(action))).toEqual([])
  expect(identityCenterReads).toHaveLength(19)
  for (const key of ['history/x', 'control/owner.json'])
    expect(write.filter((prefix) => key.startsWith(prefix))).toEqual([])
  // A restoration stops everything, as a pause does.
  expect(write.filter((prefix) => prefix.startsWith('control/'))).toEqual([
    'control/dispatcher.json',
    'control/ended-sessions.json',
    'control/pause.json',
  ])
  // A restoration brings back what the brake held, and the statuses that say which users the files mean.
  const keys = ['control/resumed.json', 'status/groups/x', 'status/rules/x', 'status/requests/x', 'reports/x']
  expect(keys.filter((key) => [...write, ...put].some((prefix) => key.startsWith(prefix)))).toEqual([])
})

test('a role that plans writes nothing, and reads all files that a folder may have, but neither history nor reports', () => {
  const { read = [], write, put, remove, send, receive, ...others } = permissionsOf('planner')
  const reading = { organizations: 'read', directory: 'memberships', identityCenter: 'read' }
  expect(others).toEqual({ ...reading, auditorRole: 'assume', policyChecks: 'ask' })
  expect([write, put, remove, send, receive].flat()).toEqual([])
  // With a key of KMS an ETag is no hash, so a plan compares contents.
  expect(pushedPlaces().filter((place) => !mayUse(permissionsOf('planner'), 'read', place))).toEqual([])
  expect(read.filter((prefix) => /^(history|reports|changes)/.test(prefix))).toEqual([])
})

test('no function but the API may write inputs, and temporary links only the function of requests', () => {
  const writable = functionNames.filter((name) => name !== 'api').flatMap(writableBy)
  expect(writable.filter((prefix) => /^(links_data|permission_sets)/.test(prefix) || prefix.length === 0)).toEqual([
    'links_data/temporary/',
  ])
  expect(functionNames.filter((name) => writableBy(name).includes('links_data/temporary/'))).toEqual(['requests'])
})

describe('an API by which nobody asks for temporary access', () => {
  const rightsOfApi = (requests: 's3' | 'both') => {
    const provisioning = { ...example.provisioning, links: 'api' as const, requests }
    const rights = grantedRights({ ...example, provisioning }).filter(({ name }) => name === 'api')
    return rights.map(({ action, resource }) => `${action} ${resource}`).filter((right) => ofRequests.test(right))
  }
  const ofRequests =
    /identitystore:ListGroupMemberships|organizations:|\/(requests|approvals|eligibility|state\/(?!deletions))/

  test('may not read who is in which group, nor what others ask for', () => {
    expect(rightsOfApi('both').length).toBeGreaterThan(10)
    expect(rightsOfApi('s3')).toEqual([])
  })

  test('has no routes for it', () => {
    const paths = (changes: readonly ApiChange[]) => routesOf(changes).map((route) => route.split(/[ /]+/)[1])
    expect(new Set(paths(['requests']))).toEqual(
      new Set(['links', 'permission-sets', 'eligibility', 'requests', 'approvals', 'reviews', 'decisions']),
    )
    expect(new Set(paths(['links', 'permission-sets']))).toEqual(new Set(['links', 'permission-sets']))
  })
})

describe('a page by which nobody is an operator', () => {
  const rightsOfPage = (operators: readonly string[]) => {
    const { data: page } = pageSettings.safeParse({
      signIn: {
        issuer: 'https://example.okta.com',
        clientId: 'ssofile',
        clientSecretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:ssofile-page-a1B2c3',
      },
      operators,
    })
    const environment = { ...example, page }
    const { Statement } = bucketPolicy(environment, deploymentNames(environment))
    const mayControl = Statement.find(({ Sid }) => Sid === 'OnlyOperatorsControl')
    // Everybody's page reads whether records are lost.
    const readsPause = (action: string, resource: string) =>
      action === 's3:GetObject' && resource.endsWith('/control/pause.json')
    const rights = grantedRights(environment).filter(
      ({ name, action, resource }) => name === 'page' && !readsPause(action, resource),
    )
    return {
      ofOperators: rights.filter(({ resource }) => /\/(control\/(?!owner)|assignments\/)/.test(resource)),
      isExceptedByBucket: JSON.stringify(mayControl).includes(':role/ssofile-page"'),
    }
  }

  test('writes no control/ and reads no ledger, by its own policy and by that of the bucket', () => {
    expect(rightsOfPage([])).toEqual({ ofOperators: [], isExceptedByBucket: false })
    const { ofOperators, isExceptedByBucket } = rightsOfPage(['team-Platform'])
    expect(ofOperators.length).toBeGreaterThan(5)
    expect(isExceptedByBucket).toBe(true)
  })
})

test('every queue but those that only S3 and EventBridge send to has a producer, and every queue is worked', () => {
  // `redrive` writes no messages of its own.
  const without = workedQueues.filter((queue) => producersOf(queue).every((name) => name === 'redrive'))
  expect(without).toEqual(['uploads', 'usage'])
  const worked = functionNames.flatMap((name) => [
    ...(functionSettings[name].queues ?? []).map((queue) => queue.name),
    ...(permissionsOf(name).receive ?? []),
  ])
  expect(worked.flat().sort()).toEqual([...workedQueues].sort())
})

test("only the function requests writes users, and only where Identity Center's own directory keeps them", () => {
  const writing = (directory: 'external' | 'identity-center') =>
    functionNames.filter((name) => {
      const actions = directoryActionsOf(permissionsIn({ ...example, directory }, name))
      return peopleChangeActions.some((action) => actions.includes(action))
    })
  expect(writing('external')).toEqual([])
  expect(writing('identity-center')).toEqual(['requests'])
  const { read = [], write = [], put = [] } = permissionsIn({ ...example, directory: 'external' }, 'requests')
  const ofPeople = ['people/', 'owned_people/', 'suspended/', 'history/people/']
  expect([...write, ...put].filter((prefix) => ofPeople.includes(prefix))).toEqual([])
  expect(read).not.toContain('people/')
  // Who uploads such a file reads in its status why nothing comes of it.
  expect(write).toContain('status/people/')
})

test('docs/permissions.md is up to date; else: npm run permissions', () => {
  expect(readText('docs/permissions.md')).toBe(renderPermissions())
})
