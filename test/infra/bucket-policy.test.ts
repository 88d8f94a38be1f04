import { describe, expect, test } from '@jest/globals'
import { bucketPolicy } from '../../infra/bucket-policy.ts'
import { deploymentNames } from '../../infra/deployment-names.ts'
import { bytesOfPolicy, type PolicyJson, policyBytesMost } from '../../infra/policy-statements.ts'
import { type Environment, environment } from '../../shared/domain/deployment/environment.ts'
import { evaluatePolicy } from '../../shared/domain/iam-policies/evaluate-policy.ts'
import { readText } from '../house/source-files.ts'
import { environments, example, exampleDocument } from './environments.ts'

const teamA = 'arn:aws:iam::777788889999:role/team-a-pipeline'
const sso = 'arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_'
const platform = `${sso}Platform_0123456789abcdef`
const auditor = `${sso}Auditors_0123456789abcdef`
const operator = `${sso}Operators_0123456789abcdef`
const administrator = 'arn:aws:iam::111122223333:role/Administrator'
const root = 'arn:aws:iam::111122223333:root'
const stranger = 'arn:aws:iam::999999999999:role/team-a-pipeline'
const dispatcher = 'arn:aws:iam::111122223333:role/ssofile-dispatcher'
const link = 'account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'
const ledger = `assignments/${link}`

const twoFolders = environment.parse({ ...exampleDocument, folders: ['team-a', 'team-b'] })
const separateFolders = environment.parse({ ...exampleDocument, folders: ['team-a', 'team-b'], privacy: 'folder' })
/** Of people in the account of the bucket: a policy of their own decides, and this one denies nothing. */
const left = 'silent'

/** Judged hundreds of times. */
const policies = new Map<Environment, PolicyJson>()

function judge(
  principal: string,
  action: string,
  key?: string,
  context: Readonly<Record<string, string>> = {},
  of: Environment = twoFolders,
) {
  const { bucketArn } = deploymentNames(of)
  const policy = policies.get(of) ?? bucketPolicy(of, deploymentNames(of))
  policies.set(of, policy)
  const resource = key === undefined ? bucketArn : `${bucketArn}/${key}`
  return evaluatePolicy(policy, { principal, action: `s3:${action}`, resource, context })
}

describe('an uploader of a folder', () => {
  test.each(['PutObject', 'DeleteObject', 'GetObject'])('may call %s in it', (action) => {
    expect(judge(teamA, action, `links_data/team-a/${link}`)).toBe('allowed')
  })

  test('may read the status of what lies in it, and list both', () => {
    expect(judge(teamA, 'GetObject', `status/links_data/team-a/${link}.json`)).toBe('allowed')
    expect(judge(teamA, 'ListBucket', undefined, { 's3:prefix': 'links_data/team-a/' })).toBe('allowed')
    expect(judge(teamA, 'ListBucket', undefined, { 's3:prefix': 'assignments/' })).toBe('silent')
    expect(judge(teamA, 'ListBucket')).toBe('silent')
    expect(judge(teamA, 'GetObject', ledger)).toBe('silent')
    expect(judge(teamA, 'GetObject', 'permission_sets/Billing-ps.json')).toBe('silent')
  })

  test('reads the folder of another team only where teams may know of each other', () => {
    for (const [of, judged] of [
      [twoFolders, 'allowed'],
      [separateFolders, 'silent'],
    ] as const) {
      expect(judge(teamA, 'ListBucket', undefined, { 's3:prefix': 'links_data/team-b/' }, of)).toBe(judged)
      expect(judge(teamA, 'GetObject', `links_data/team-b/${link}`, {}, of)).toBe(judged)
      expect(judge(teamA, 'GetObject', `status/links_data/team-b/${link}.json`, {}, of)).toBe(judged)
      expect(judge(teamA, 'GetObject', `links_data/team-a/${link}`, {}, of)).toBe('allowed')
      expect(judge(teamA, 'PutObject', `links_data/team-b/${link}`, {}, of)).toBe('denied')
    }
  })

  test('is one role of its account: others there may read, if that account lets them, and never write', () => {
    const other = 'arn:aws:iam::777788889999:role/other'
    expect(judge(other, 'GetObject', `links_data/team-a/${link}`)).toBe('allowed')
    for (const action of ['PutObject', 'DeleteObject'])
      expect(judge(other, action, `links_data/team-a/${link}`)).toBe('denied')
  })

  test.each([
    `links_data/${link}`,
    `links_data/team-b/${link}`,
    `links_data/team-ab/${link}`,
    'permission_sets/Billing-ps.json',
    ledger,
    'status/x.json',
    'control/pause.json',
    'control/owner.json',
    'anything',
  ])('may not write %s', (key) => {
    expect(judge(teamA, 'PutObject', key)).toBe('denied')
    expect(judge(teamA, 'DeleteObject', key)).toBe('denied')
  })

  test('is nobody of the same name in another account', () => {
    expect(judge(stranger, 'PutObject', `links_data/team-a/${link}`)).toBe('denied')
  })
})

describe('an uploader outside folders', () => {
  test('may write there, and in a folder that nobody has declared, which is told in the status', () => {
    expect(judge(platform, 'PutObject', `links_data/${link}`)).toBe(left)
    expect(judge(platform, 'PutObject', `links_data/undeclared/${link}`)).toBe(left)
    expect(judge(platform, 'PutObject', 'permission_sets/Billing-ps.json')).toBe(left)
  })

  test('may not write in the folder of a team', () => {
    expect(judge(platform, 'PutObject', `links_data/team-a/${link}`)).toBe('denied')
  })
})

describe('responders', () => {
  const responder = `${sso}SecurityOnCall_0123456789abcdef`
  const of = environment.parse({
    ...exampleDocument,
    folders: ['team-a', 'team-b'],
    access: { ...example.access, responders: [responder] },
  })
  const record = 'drills/2026-03-03/kenji.json'

  test('write the records of drills, and nothing else', () => {
    expect(judge(responder, 'PutObject', record, {}, of)).toBe(left)
    const elsewhere = 'arn:aws:iam::777788889999:role/responder'
    const ofOthers = environment.parse({ ...of, access: { ...of.access, responders: [elsewhere] } })
    expect(judge(elsewhere, 'PutObject', record, {}, ofOthers)).toBe('allowed')
    for (const key of [ledger, `links_data/${link}`, 'control/pause.json', 'policies/a.json'])
      expect(judge(responder, 'PutObject', key, {}, of)).toBe('denied')
  })

  test('are the only ones who do, and nobody deletes a record', () => {
    for (const principal of [teamA, platform, auditor, operator, administrator, dispatcher]) {
      expect(judge(principal, 'PutObject', record, {}, of)).toBe('denied')
      expect(judge(principal, 'DeleteObject', record, {}, of)).toBe('denied')
    }
    expect(judge(responder, 'DeleteObject', record, {}, of)).toBe('denied')
    expect(judge(responder, 'PutObject', record)).toBe('denied')
  })
})

describe('governance', () => {
  const policy = 'policies/admins.json'
  const of = environment.parse({
    ...exampleDocument,
    access: { ...example.access, governance: ['arn:aws:iam::777788889999:role/governance'] },
  })
  const governance = 'arn:aws:iam::777788889999:role/governance'

  test.each(['PutObject', 'DeleteObject', 'GetObject'])('may call %s for a policy, and nothing else', (action) => {
    const alone = environment.parse({ ...of, access: { ...of.access, uploaders: [] } })
    expect(judge(governance, action, policy, {}, alone)).toBe('allowed')
    expect(judge(governance, action, 'control/pause.json', {}, alone)).not.toBe('allowed')
    expect(judge(governance, action, `links_data/${link}`, {}, alone)).not.toBe('allowed')
  })

  test('writes selectors as policies, and reads their statuses', () => {
    expect(judge(governance, 'PutObject', 'selectors/prod.json', {}, of)).toBe('allowed')
    expect(judge(governance, 'GetObject', 'status/selectors/prod.json.json', {}, of)).toBe('allowed')
    for (const principal of [dispatcher, operator, platform, administrator])
      expect(judge(principal, 'PutObject', 'selectors/prod.json', {}, of)).toBe('denied')
  })

  test('alone writes policies: neither ssofile, operators, uploaders nor administrators may', () => {
    const others = [dispatcher, `${dispatcher.slice(0, -10)}operator`, operator, platform, teamA, administrator, root]
    for (const principal of others) expect(judge(principal, 'PutObject', policy, {}, of)).toBe('denied')
    for (const principal of [...others, governance]) expect(judge(principal, 'PutObject', policy)).toBe('denied')
  })
})

describe('files of groups and memberships', () => {
  const teamB = `${sso}TeamB_0123456789abcdef`
  const governance = 'arn:aws:iam::777788889999:role/governance'
  const of = environment.parse({
    ...exampleDocument,
    folders: ['team-a', 'team-b'],
    access: {
      ...example.access,
      governance: [governance],
      memberships: [
        { folder: 'team-a', principals: [teamA] },
        { folder: 'team-b', principals: [teamB] },
      ],
    },
  })
  const file = 'oncall%kenji.ito@acme.example%ssofile'
  const judgeIn = (principal: string, action: string, key: string) => judge(principal, action, key, {}, of)

  test('a folder is open to whom access.memberships names, who reads what became of it', () => {
    for (const action of ['PutObject', 'DeleteObject', 'GetObject'])
      expect(judgeIn(teamA, action, `memberships/team-a/${file}`)).toBe('allowed')
    expect(judgeIn(teamA, 'GetObject', `status/memberships/team-a/${file}.json`)).toBe('allowed')
    expect(judgeIn(teamB, 'PutObject', `memberships/team-b/${file}`)).toBe(left)
  })

  test.each([`memberships/team-b/${file}`, `memberships/${file}`, `memberships/other/${file}`, 'groups/oncall.json'])(
    'nobody else writes %s',
    (key) => {
      for (const principal of [teamA, administrator, operator, platform, root])
        for (const action of ['PutObject', 'DeleteObject']) expect(judgeIn(principal, action, key)).toBe('denied')
    },
  )

  test('no function of ssofile writes what asks it for something', () => {
    for (const key of [`memberships/team-a/${file}`, 'groups/oncall.json'])
      for (const action of ['PutObject', 'DeleteObject']) expect(judgeIn(dispatcher, action, key)).toBe('denied')
  })

  test('the role that operators assume brings back the files of memberships, not those of groups', () => {
    const [restoring = ''] = deploymentNames(of).operatorRoleArns
    expect(judgeIn(restoring, 'PutObject', `memberships/team-a/${file}`)).not.toBe('denied')
    expect(judgeIn(restoring, 'PutObject', 'groups/oncall.json')).toBe('denied')
  })

  test('only governance writes the files of groups', () => {
    expect(judgeIn(governance, 'PutObject', 'groups/oncall.json')).toBe('allowed')
    expect(judgeIn(governance, 'PutObject', `memberships/team-a/${file}`)).toBe('denied')
  })

  test('nobody writes memberships where the environment names nobody', () => {
    for (const principal of [teamA, administrator, operator, platform])
      expect(judge(principal, 'PutObject', `memberships/team-a/${file}`)).toBe('denied')
  })

  test('only functions of ssofile write its records of both', () => {
    for (const principal of [teamA, governance, administrator, operator])
      for (const key of ['owned_groups/oncall', 'owned_memberships/a%b'])
        expect(judgeIn(principal, 'PutObject', key)).toBe('denied')
  })
})

describe("people by files, where Identity Center's own directory keeps them", () => {
  const hr = 'arn:aws:iam::777788889999:role/hr'
  const people = 'people/ana@acme.example.json'
  const suspended = 'suspended/ana@acme.example'
  const requests = 'arn:aws:iam::111122223333:role/ssofile-requests'
  const of = (directory: 'external' | 'identity-center') =>
    environment.parse({ ...exampleDocument, directory, access: { ...example.access, people: [hr] } })
  const judgeIn = (principal: string, key: string, directory: 'external' | 'identity-center') =>
    ['PutObject', 'DeleteObject'].map((action) => judge(principal, action, key, {}, of(directory)))

  test('are written by HR alone, and ssofile suspends beside HR', () => {
    for (const key of [people, suspended]) expect(judgeIn(hr, key, 'identity-center')).toEqual(['allowed', 'allowed'])
    expect(judgeIn(requests, suspended, 'identity-center')).toEqual([left, left])
    for (const principal of [teamA, administrator, operator, dispatcher])
      for (const key of [people, suspended, 'owned_people/ana'])
        if (!(principal === dispatcher && key.startsWith('owned_')))
          expect([key, ...judgeIn(principal, key, 'identity-center')]).toEqual([key, 'denied', 'denied'])
  })

  test('are written by nobody elsewhere, and there ssofile suspends nobody', () => {
    for (const principal of [hr, teamA, administrator, operator])
      expect(judgeIn(principal, people, 'external')).toEqual(['denied', 'denied'])
    expect(judgeIn(requests, suspended, 'external')).toEqual(['denied', 'denied'])
    expect(judgeIn(hr, suspended, 'external')).toEqual(['allowed', 'allowed'])
  })
})

test('only governance writes the file of attributes for access control', () => {
  const governance = 'arn:aws:iam::777788889999:role/governance'
  const of = environment.parse({ ...exampleDocument, access: { ...example.access, governance: [governance] } })
  const file = 'access_control_attributes.json'
  expect(judge(governance, 'PutObject', file, {}, of)).toBe('allowed')
  for (const principal of [teamA, administrator, operator, dispatcher])
    expect(judge(principal, 'PutObject', file, {}, of)).toBe('denied')
})

describe('an account owner', () => {
  const teamB = `${sso}TeamB_0123456789abcdef`
  const owned = environment.parse({
    ...exampleDocument,
    hygieneRole: 'ssofile-hygiene',
    access: {
      ...example.access,
      accountOwners: [
        { folder: 'team-a', principals: [teamA] },
        { folder: 'team-b', principals: [teamB] },
      ],
    },
  })
  const file = 'account%233000000002%ci%password%ssofile'
  const judgeOwner = (principal: string, action: string, key: string) => judge(principal, action, key, {}, owned)

  test('writes in the folder of their own, and reads what became of it', () => {
    for (const action of ['PutObject', 'DeleteObject', 'GetObject'])
      expect(judgeOwner(teamA, action, `retire/team-a/${file}`)).toBe('allowed')
    expect(judgeOwner(teamA, 'GetObject', `status/retire/team-a/${file}.json`)).toBe('allowed')
    expect(judgeOwner(teamB, 'PutObject', `retire/team-b/${file}`)).toBe(left)
  })

  test.each([`retire/team-b/${file}`, `retire/team-c/${file}`, `retire/${file}`, `retired/${file}.json`, ledger])(
    'may not write %s',
    (key) => {
      for (const action of ['PutObject', 'DeleteObject']) expect(judgeOwner(teamA, action, key)).toBe('denied')
    },
  )

  test('is nobody else: neither administrators nor operators, governance or the functions of ssofile', () => {
    const governance = `${sso}Governance_0123456789abcdef`
    for (const principal of [administrator, root, operator, governance, platform, dispatcher])
      expect(judgeOwner(principal, 'PutObject', `retire/team-a/${file}`)).toBe('denied')
  })

  test('has no folder without the role that retires: then nobody writes under retire/', () => {
    for (const principal of [teamA, administrator, operator])
      expect(judge(principal, 'PutObject', `retire/team-a/${file}`)).toBe('denied')
    const { hygieneRole, ...without } = owned
    expect(hygieneRole).toBe('ssofile-hygiene')
    expect(environment.safeParse({ ...exampleDocument, access: without.access }).success).toBe(false)
  })
})

describe('temporary access', () => {
  const ana = '90679d1e5f-4f2a1a52-1111-4a3e-8d6f-0123456789ab'
  const ben = '90679d1e5f-4f2a1a52-2222-4a3e-8d6f-0123456789ab'
  const granted = `account%233000000002%Admin%ana%USER%ssofile`
  const request = `requests/${ana}/${granted}`
  const approval = `approvals/${ana}/0123456789abcdef0123456789abcdef`
  const session = `${sso}Requester_0123456789abcdef`
  const lookAlike = 'arn:aws:iam::111122223333:role/AWSReservedSSO_Requester_0123456789abcdef'
  const ofOtherAccount = session.replace('111122223333', '999999999999')
  const requester = 'arn:aws:iam::111122223333:role/ssofile-requests'
  const api = 'arn:aws:iam::111122223333:role/ssofile-api'
  const asking = (requests: string, accounts = ['111122223333']) =>
    environment.parse({
      ...exampleDocument,
      access: { ...example.access, requestAccounts: accounts },
      provisioning: { requests },
    })
  const byS3 = asking('s3')
  const existing = { name: 'shared-inputs', existing: { account: '777788889999' } }
  const elsewhere = environment.parse({ ...byS3, bucket: existing })
  const as = (id: string) => ({ 'identitystore:UserId': id })
  const puts = ['PutObject', 'ReplicateObject', 'ReplicateDelete']
  const judgeAll = (
    of: Environment,
    principals: readonly string[],
    actions: readonly string[],
    keys: readonly string[],
  ) =>
    keys.flatMap((key) =>
      principals.flatMap((principal) =>
        actions.map((action) => ({ principal, action, key, judged: judge(principal, action, key, as(ben), of) })),
      ),
    )

  test.each(['PutObject', 'DeleteObject', 'GetObject'])(
    'a person may call %s under their own id, whoever owns the bucket',
    (action) => {
      for (const key of [request, approval])
        for (const kind of [byS3, elsewhere, asking('both')])
          expect(judge(session, action, key, as(ana), kind)).toBe(kind === elsewhere ? 'allowed' : left)
    },
  )

  test('a person of another account may do the same there, and only if that account is named', () => {
    const elsewhere = session.replace('111122223333', '300000000001')
    for (const action of ['PutObject', 'DeleteObject', 'GetObject'])
      for (const key of [request, approval]) {
        expect(judge(elsewhere, action, key, as(ana), asking('both', ['300000000001']))).toBe('allowed')
        expect(judge(elsewhere, action, key, as(ben), asking('both', ['300000000001']))).not.toBe(
          key === request && action === 'GetObject' ? 'denied' : 'allowed',
        )
        expect(judge(elsewhere, action, key, as(ana), byS3)).not.toBe('allowed')
      }
  })

  test('nor does the account of a bucket that existed before, nor an operator of another account', () => {
    const owned = environment.parse({ ...asking('s3'), bucket: existing })
    const ofOwner = session.replace('111122223333', '777788889999')
    expect(judge(ofOwner, 'PutObject', request, as(ana), owned)).toBe('denied')
    const elsewhere = operator.replace('111122223333', '999999999999')
    const operated = environment.parse({ ...byS3, access: { ...byS3.access, operators: [elsewhere] } })
    for (const key of [request, approval])
      expect(judge(elsewhere, 'PutObject', key, as(ana), operated)).not.toBe('allowed')
    expect(judge(elsewhere, 'DeleteObject', request, as(ben), operated)).toBe('allowed')
  })

  test('an account that is not named does not ask, though ssofile runs in it', () => {
    const of = asking('both', ['300000000001'])
    for (const action of puts)
      for (const key of [request, approval]) expect(judge(session, action, key, as(ana), of)).toBe('denied')
  })

  test("nobody may write under another's id: not people, operators, administrators, nor functions of ssofile", () => {
    const principals = [session, operator, auditor, platform, administrator, root, dispatcher, requester, api]
    for (const kind of [byS3, elsewhere])
      for (const judged of judgeAll(kind, principals, puts, [request, approval, 'requests/x', 'approvals/x']))
        expect(judged).toEqual({ ...judged, judged: 'denied' })
  })

  test('whom Identity Center did not sign in asks under no id', () => {
    for (const key of [request, approval, `requests//${granted}`, `requests/${granted}`])
      for (const principal of [session, administrator])
        expect(judge(principal, 'PutObject', key, {}, byS3)).toBe('denied')
  })

  test('a role with the name of one of Identity Center is none, nor is one of another account', () => {
    for (const action of [...puts, 'DeleteObject']) {
      expect(judge(lookAlike, action, request, as(ana), byS3)).toBe('denied')
      // Nothing allows it, as a person of another account needs.
      expect(judge(ofOtherAccount, action, request, as(ana), byS3)).not.toBe('allowed')
    }
    expect(judge(ofOtherAccount, 'GetObject', request, as(ana), byS3)).toBe('silent')
  })

  test('an operator ends access of everybody, and withdraws no approval', () => {
    expect(judge(operator, 'DeleteObject', request, as(ben), byS3)).toBe(left)
    expect(judge(operator, 'DeleteObject', request, {}, byS3)).toBe(left)
    expect(judge(operator, 'DeleteObject', approval, as(ben), byS3)).toBe('denied')
    for (const principal of [session, administrator, dispatcher, requester])
      expect(judge(principal, 'DeleteObject', request, as(ben), byS3)).toBe('denied')
  })

  test('people read what others ask for and what became of it, since they may have to approve it', () => {
    const of = asking('s3', ['300000000001'])
    const elsewhere = session.replace('111122223333', '300000000001')
    for (const key of [request, `status/${request}.json`, 'eligibility/admins.json'])
      expect(judge(elsewhere, 'GetObject', key, as(ben), of)).toBe('allowed')
    expect(judge(elsewhere, 'ListBucket', undefined, { ...as(ben), 's3:prefix': 'requests/' }, of)).toBe('allowed')
  })

  test('people read neither approvals of others nor anything else', () => {
    const of = asking('s3', ['300000000001'])
    const elsewhere = session.replace('111122223333', '300000000001')
    for (const key of [approval, `status/${approval}.json`, ledger, `links_data/temporary/${granted}`, 'history/x'])
      expect(judge(elsewhere, 'GetObject', key, as(ben), of)).toBe('silent')
    for (const prefix of ['', 'approvals/', `approvals/${ana}/`, 'assignments/'])
      expect(judge(elsewhere, 'ListBucket', undefined, { ...as(ben), 's3:prefix': prefix }, of)).toBe('silent')
    expect(judge(elsewhere, 'GetObject', `status/${approval}.json`, as(ana), of)).toBe('allowed')
  })

  test('links of requests are written by the function of requests alone', () => {
    const link = `links_data/temporary/${granted}`
    const others = [session, operator, `${dispatcher.slice(0, -10)}operator`, platform, teamA, administrator, root, api]
    for (const kind of [byS3, twoFolders, environment.parse({ ...exampleDocument, provisioning: { links: 'api' } })]) {
      for (const judged of judgeAll(kind, [...others, dispatcher], [...puts, 'DeleteObject'], [link]))
        expect(judged).toEqual({ ...judged, judged: 'denied' })
      expect(judge(requester, 'PutObject', link, {}, kind)).toBe('silent')
      expect(judge(requester, 'DeleteObject', link, {}, kind)).toBe('silent')
    }
  })

  test('without an account that is named nobody asks, and operators still end what was granted', () => {
    for (const key of [request, approval])
      for (const principal of [session, api, operator, administrator])
        expect(judge(principal, 'PutObject', key, as(ana), asking('s3', []))).toBe('denied')
    expect(judge(operator, 'DeleteObject', request, {}, asking('s3', []))).toBe(left)
  })

  test('where requests come in by the API, it alone writes them, and people read by it alone', () => {
    for (const action of [...puts, 'DeleteObject'])
      for (const key of [request, approval]) {
        expect(judge(session, action, key, as(ana), asking('api'))).toBe('denied')
        for (const way of ['api', 'both'])
          expect(judge(api, action, key, {}, asking(way))).toBe(action.startsWith('Replicate') ? 'denied' : 'silent')
        expect(judge(api, action, key, {}, byS3)).toBe('denied')
      }
    expect(judge(session, 'GetObject', request, as(ana), asking('api'))).toBe('silent')
  })

  test('eligibility is what governance writes', () => {
    const governance = 'arn:aws:iam::777788889999:role/governance'
    const of = environment.parse({ ...byS3, access: { ...byS3.access, governance: [governance] } })
    expect(judge(governance, 'PutObject', 'eligibility/admins.json', {}, of)).toBe('allowed')
    expect(judge(governance, 'GetObject', 'status/eligibility/admins.json.json', {}, of)).toBe('allowed')
    for (const principal of [session, requester, operator, administrator])
      expect(judge(principal, 'PutObject', 'eligibility/admins.json', as(ana), of)).toBe('denied')
  })

  test('twenty accounts have room in the policy of the example', () => {
    const accounts = Array.from({ length: 20 }, (_, index) => String(300_000_000_000 + index))
    const of = asking('both', accounts)
    expect(() => bucketPolicy(of, deploymentNames(of))).not.toThrow()
  })
})

test('nobody may write in a folder without uploaders', () => {
  for (const principal of [teamA, platform, administrator, operator, dispatcher])
    expect(judge(principal, 'PutObject', `links_data/team-b/${link}`)).toBe('denied')
})

describe('an administrator of the account, and its root user,', () => {
  test.each([
    ledger,
    `history/account%1/x%granted.json`,
    'control/dispatcher.json',
    'status/x',
    'other',
    `links_data/${link}`,
  ])('may neither put nor delete %s', (key) => {
    for (const principal of [administrator, root]) {
      expect(judge(principal, 'PutObject', key)).toBe('denied')
      expect(judge(principal, 'DeleteObject', key)).toBe('denied')
    }
  })

  test('may delete no version, by which the ledger could be lost for good', () => {
    for (const principal of [administrator, root, operator, dispatcher])
      expect(judge(principal, 'DeleteObjectVersion', ledger)).toBe('denied')
  })

  test('may have objects replicated into the bucket as little as write them', () => {
    expect(judge(administrator, 'ReplicateObject', ledger)).toBe('denied')
    expect(judge(administrator, 'ReplicateDelete', ledger)).toBe('denied')
  })
})

describe('an auditor', () => {
  test('may list and read everything, by a policy of their own or from another account', () => {
    const elsewhere = 'arn:aws:iam::777788889999:role/audit'
    const of = environment.parse({ ...exampleDocument, access: { ...example.access, auditors: [auditor, elsewhere] } })
    for (const [action, key] of [['ListBucket'], ['GetObject', ledger], ['GetObjectVersion', ledger]] as const) {
      expect(judge(auditor, action, key)).toBe(left)
      expect(judge(elsewhere, action, key, {}, of)).toBe('allowed')
      expect(judge(elsewhere.replace('audit', 'other'), action, key, {}, of)).toBe('silent')
    }
  })

  test.each([`links_data/${link}`, 'permission_sets/a.json', ledger, 'control/pause.json'])(
    'may not write %s',
    (key) => {
      expect(judge(auditor, 'PutObject', key)).toBe('denied')
      expect(judge(auditor, 'DeleteObject', key)).toBe('denied')
    },
  )
})

describe('an operator', () => {
  test('may read everything, and write control/, for the brake and pauses', () => {
    const elsewhere = 'arn:aws:iam::777788889999:role/on-call'
    const of = environment.parse({
      ...exampleDocument,
      access: { ...example.access, operators: [operator, elsewhere] },
    })
    for (const [action, key] of [
      ['GetObject', ledger],
      ['PutObject', 'control/pause.json'],
      ['DeleteObject', 'control/pause.json'],
    ] as const) {
      expect(judge(operator, action, key)).toBe(left)
      expect(judge(elsewhere, action, key, {}, of)).toBe('allowed')
    }
    expect(judge(elsewhere, 'PutObject', ledger, {}, of)).toBe('denied')
  })

  test('may not write the ledger', () => {
    expect(judge(operator, 'PutObject', ledger)).toBe('denied')
  })
})

describe('the role that operators assume', () => {
  const assumed = 'arn:aws:iam::111122223333:role/ssofile-operator'
  const written = [
    ledger,
    'foreign/x',
    'history/x',
    'state/open/x',
    'control/dispatcher.json',
    'permission_sets/a.json',
  ]
  const links = [`links_data/${link}`, `links_data/team-a/${link}`, `links_data/team-b/${link}`]

  test.each([...written, ...links])('may write %s, by the policy of the role alone', (key) => {
    expect(judge(assumed, 'PutObject', key)).toBe('silent')
    expect(judge(assumed, 'DeleteObject', key)).toBe('silent')
  })

  test('may write inputs that come in by the API, since an import writes its links', () => {
    const byApi = environment.parse({ ...exampleDocument, provisioning: { links: 'api', permissionSets: 'api' } })
    for (const key of [...links, 'permission_sets/a.json'])
      expect(judge(assumed, 'PutObject', key, {}, byApi)).toBe('silent')
  })

  test('may delete no version', () => {
    expect(judge(assumed, 'DeleteObjectVersion', ledger)).toBe('denied')
  })

  test('reads versions in a bucket of another account', () => {
    const existing = { name: 'shared-inputs', existing: { account: '777788889999' } }
    const elsewhere = environment.parse({ ...exampleDocument, bucket: existing })
    expect(judge(assumed, 'PutObject', ledger, {}, elsewhere)).toBe('allowed')
    expect(judge(assumed, 'GetObjectVersion', ledger, {}, elsewhere)).toBe('allowed')
    expect(judge(assumed, 'ListBucketVersions', undefined, {}, elsewhere)).toBe('allowed')
  })

  test('is nobody where there are no operators: its name could be taken', () => {
    const without = environment.parse({ ...exampleDocument, access: { ...example.access, operators: [] } })
    for (const key of [...written, ...links]) expect(judge(assumed, 'PutObject', key, {}, without)).toBe('denied')
  })
})

test('the functions of ssofile are denied none of their own objects, whose rights their roles have', () => {
  for (const key of [ledger, 'history/x', 'control/dispatcher.json', 'status/x', 'state/organization.json'])
    expect(judge(dispatcher, 'PutObject', key)).toBe('silent')
})

test('a request without TLS is denied to everybody', () => {
  for (const principal of [dispatcher, auditor])
    expect(judge(principal, 'GetObject', ledger, { 'aws:SecureTransport': 'false' })).toBe('denied')
})

test('a bucket of another account also lets the functions in', () => {
  const existing = { name: 'shared-inputs', existing: { account: '777788889999' } }
  const elsewhere = environment.parse({ ...exampleDocument, bucket: existing })
  for (const action of ['GetObject', 'PutObject', 'DeleteObject'])
    expect(judge(dispatcher, action, ledger, {}, elsewhere)).toBe('allowed')
  expect(judge(dispatcher, 'ListBucket', undefined, {}, elsewhere)).toBe('allowed')
  expect(judge(administrator, 'PutObject', ledger, {}, elsewhere)).toBe('denied')
})

test('every pattern of keys ends in its only star, since a star also stands for slashes', () => {
  const { Statement } = bucketPolicy(twoFolders, deploymentNames(twoFolders))
  const patterns = Statement.flatMap(({ Resource = [], NotResource = [] }) => [Resource, NotResource].flat())
  expect(patterns.length).toBeGreaterThan(10)
  for (const pattern of patterns) expect(pattern).toMatch(/^[^*]*\*?$/)
})

test('more principals than a policy has room for are refused before S3 does', () => {
  const roomy = environment.parse(environments['twenty-folders'])
  const { access } = roomy
  const uploaders = access.uploaders.map(({ folder, principals }) => ({
    folder,
    principals: ['', '-two', '-three'].flatMap((suffix) => principals.map((arn) => arn.replace('_*', `${suffix}_*`))),
  }))
  const crowded = { ...roomy, access: { ...access, uploaders } }
  expect(() => bucketPolicy(crowded, deploymentNames(crowded))).toThrow(
    /the policy of the bucket example-ssofile has \d+ bytes, expected at most 20480.* give each folder one role/,
  )
})

describe('twenty folders, each with a role of an account of its own, requests of twenty accounts, governance, drills and API', () => {
  const of = environment.parse(environments['twenty-folders'])
  const names = deploymentNames(of)
  const policy = bucketPolicy(of, names)
  const teamOf = (index: number) =>
    `arn:aws:iam::3000000000${String(index).padStart(2, '0')}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Platform_0123456789abcdef`

  test('have room in one policy, with 1,000 bytes left', () => {
    expect(of.folders).toHaveLength(20)
    expect(of.access.requestAccounts.length).toBeGreaterThanOrEqual(20)
    expect([of.access.governance, of.access.responders].map((principals) => principals.length)).toEqual([1, 1])
    expect(of.provisioning).toEqual({ links: 'both', permissionSets: 'both', requests: 'both' })
    // For the next function, folder or place.
    expect(policyBytesMost - bytesOfPolicy(policy)).toBeGreaterThanOrEqual(1_000)
    expect(readText('docs/deployment.md')).toContain(`take ${bytesOfPolicy(policy).toLocaleString('en')} bytes`)
  })

  test('are each open to their own role only', () => {
    for (const [index, folder] of of.folders.entries())
      for (const team of [1, 2, 20]) {
        const key = `links_data/${folder}/${link}`
        const judged = judge(teamOf(team), 'PutObject', key, {}, of)
        expect({ folder, team, judged }).toEqual({ folder, team, judged: index + 1 === team ? 'allowed' : 'denied' })
      }
  })

  test('name the roles of ssofile once, but those that write links and control/', () => {
    const text = JSON.stringify(policy)
    const counts = names.functions.map((name) => [name, text.split(`"${names.roleArn(name)}"`).length - 1] as const)
    expect(
      counts
        .filter(([, count]) => count !== 1)
        .map(([name]) => name)
        .sort(),
    ).toEqual(['api', 'dispatcher', 'minute-links', 'owner', 'requests', 'sweep'])
  })

  test('name the accounts of their writers, and the role of all these accounts once', () => {
    const text = JSON.stringify(policy)
    expect(text.split('arn:aws:iam::300000000001:*').length - 1).toBe(1)
    expect(
      text.split('arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Platform_*').length - 1,
    ).toBe(1)
  })

  test('a role that only begins with the name of the deployment writes in none of them', () => {
    for (const name of ['evil', 'dispatcher', 'router'])
      for (const key of [`links_data/team-01/${link}`, `links_data/${link}`])
        expect(judge(`arn:aws:iam::111122223333:role/ssofile-${name}`, 'PutObject', key, {}, of)).toBe('denied')
  })
})

describe('whoever writes links', () => {
  const pipelineIn = (account: string) => `arn:aws:iam::${account}:role/pipeline`
  const [own, first, second] = ['111122223333', '300000000001', '300000000002']
  const folders = ['team-a', 'team-b']
  type Writers = Readonly<Record<'' | 'team-a' | 'team-b' | 'members', readonly string[]>>
  const alike = { '': [], 'team-a': [pipelineIn(first)], 'team-b': [pipelineIn(second)], members: [] }
  const other = `arn:aws:iam::${first}:role/other`
  const cases: readonly (readonly [string, Writers])[] = [
    ['by one role in each account', alike],
    ['by one role of the same account for the rest of links_data/', { ...alike, '': [pipelineIn(first)] }],
    ['by another role of one of these accounts for the rest', { ...alike, '': [other] }],
    ['by another role of one of these accounts for the other folder', { ...alike, 'team-b': [other] }],
    ['by another role of one of these accounts for memberships', { ...alike, members: [other] }],
    ['by the same role in the account of ssofile', { ...alike, 'team-b': [pipelineIn(own)], '': [pipelineIn(first)] }],
    [
      'by a role that begins like those of ssofile',
      { ...alike, 'team-a': [`arn:aws:iam::${first}:role/ssofile-team`] },
    ],
    ['by a pattern that those of ssofile fit', { ...alike, 'team-a': [`arn:aws:iam::${first}:role/s*`] }],
  ]
  const principals = [own, first, second, '999999999999'].flatMap((account) =>
    ['pipeline', 'other', 'ssofile-evil', 'ssofile-team', 'ssofile-dispatcher', 'ssofile-operator'].map(
      (name) => `arn:aws:iam::${account}:role/${name}`,
    ),
  )
  const fits = (pattern: string, arn: string) =>
    pattern.endsWith('*') ? arn.startsWith(pattern.slice(0, -1)) : arn === pattern

  test.each(cases)('%s does so in the own folder only', (_, { members, ...writers }) => {
    const of = environment.parse({
      ...exampleDocument,
      folders: [...folders, 'empty'],
      access: {
        ...example.access,
        uploaders: Object.entries(writers).map(([folder, all]) => ({ folder, principals: all })),
        memberships: [{ folder: 'team-a', principals: members }],
      },
    })
    for (const principal of principals)
      for (const [folder, all] of Object.entries({ ...writers, empty: [], undeclared: writers[''] })) {
        const key = `links_data/${folder === '' ? '' : `${folder}/`}${link}`
        const isOwn = principal.startsWith(`arn:aws:iam::${own}:role/ssofile-`)
        const may = isOwn ? principal.endsWith('-operator') : all.some((pattern) => fits(pattern, principal))
        for (const action of ['PutObject', 'DeleteObject'])
          expect({ principal, key, isDenied: judge(principal, action, key, {}, of) === 'denied' }).toEqual({
            principal,
            key,
            isDenied: !may,
          })
      }
  })
})

describe('a denial with a variable, which may be invalid for a request without its value,', () => {
  const of = environment.parse(environments['twenty-folders'])
  const names = deploymentNames(of)
  const { Statement, ...policy } = bucketPolicy(of, names)
  const hasVariable = (statement: unknown) => JSON.stringify(statement).includes('${')

  test('binds only people whom Identity Center signed in, who have that value', () => {
    const conditional = Statement.filter((statement) => statement.Effect === 'Deny' && hasVariable(statement))
    expect(conditional.map(({ Sid }) => Sid)).toEqual(['PeopleApproveOwn', 'PeopleAskOwn', 'PeopleEndTheirOwn'])
    for (const { Condition } of conditional)
      expect(Condition).toMatchObject({ ArnLike: { 'aws:PrincipalArn': names.sessionArnsOf('*') } })
  })

  test('is not needed for anybody else: ledger, requests, approvals and decisions stay closed', () => {
    const rest = { ...policy, Statement: Statement.filter((statement) => !hasVariable(statement)) }
    const keys = [ledger, 'history/x', 'requests/me/x', 'approvals/me/x', 'decisions/me/x', 'owned_people/x']
    for (const principal of [administrator, root, teamA, 'arn:aws:iam::111122223333:user/on-call', stranger])
      for (const key of keys)
        for (const action of ['s3:PutObject', 's3:DeleteObject']) {
          const request = { principal, action, resource: `${names.bucketArn}/${key}` }
          const mayEnd =
            principal.endsWith('user/on-call') && action === 's3:DeleteObject' && key.startsWith('requests/')
          expect({ ...request, judged: evaluatePolicy(rest, request) }).toEqual({
            ...request,
            judged: mayEnd ? 'silent' : 'denied',
          })
        }
  })
})

describe('what S3 itself would do', () => {
  const bucketSettings = [
    ...['PutLifecycleConfiguration', 'PutBucketVersioning', 'PutReplicationConfiguration', 'DeleteBucket'],
    ...['PutBucketObjectLockConfiguration', 'PutEncryptionConfiguration', 'PutBucketNotification'],
  ]
  const deployer = 'arn:aws:iam::111122223333:role/cdk-hnb659fds-cfn-exec-role-111122223333-eu-west-1'

  test.each(bucketSettings)('nobody but CloudFormation calls %s, which acts past denials of deletion', (action) => {
    for (const principal of [administrator, root, operator, dispatcher]) expect(judge(principal, action)).toBe('denied')
    expect(judge(deployer, action)).toBe(left)
  })

  test.each([
    'UpdateObjectEncryption',
    'PutObjectRetention',
    'PutObjectLegalHold',
    'ReplicateObject',
    'DeleteObjectVersion',
  ])('nobody at all calls %s', (action) => {
    for (const principal of [administrator, root, operator, dispatcher, deployer, platform])
      for (const key of [ledger, `links_data/${link}`]) expect(judge(principal, action, key)).toBe('denied')
  })

  test('settings of a bucket that existed before are its owner’s', () => {
    const existing = environment.parse(environments.existing)
    expect(judge('arn:aws:iam::777788889999:role/admin', 'PutBucketVersioning', undefined, {}, existing)).toBe('silent')
  })

  test('CloudFormation can replace this policy', () => {
    for (const action of ['PutBucketPolicy', 'DeleteBucketPolicy']) expect(judge(deployer, action)).toBe(left)
  })
})

describe('where inputs come in by the API', () => {
  const api = 'arn:aws:iam::111122223333:role/ssofile-api'
  const byApi = environment.parse({ ...exampleDocument, provisioning: { links: 'api', permissionSets: 'api' } })
  const byBoth = environment.parse({ ...exampleDocument, provisioning: { links: 'both', permissionSets: 'both' } })
  const inputs = [`links_data/${link}`, `links_data/team-a/${link}`, 'permission_sets/Billing-ps.json']
  const writes = ['PutObject', 'DeleteObject', 'ReplicateObject', 'ReplicateDelete']

  test.each(inputs)('nobody but the API may write %s', (key) => {
    for (const action of writes) {
      for (const principal of [platform, teamA, administrator, root, operator, auditor, dispatcher, stranger])
        expect({ principal, judged: judge(principal, action, key, {}, byApi) }).toEqual({ principal, judged: 'denied' })
      // Its own role says what it may.
      expect(judge(api, action, key, {}, byApi)).toBe(action.startsWith('Replicate') ? 'denied' : 'silent')
    }
  })

  test('uploaders read what lies where they may upload, and its status', () => {
    expect(judge(teamA, 'GetObject', `links_data/team-a/${link}`, {}, byApi)).toBe('allowed')
    expect(judge(teamA, 'GetObject', `status/links_data/team-a/${link}.json`, {}, byApi)).toBe('allowed')
    expect(judge(teamA, 'PutObject', `links_data/team-a/${link}`, {}, byApi)).toBe('denied')
  })

  test.each(inputs)('and by S3 too, uploaders and the API may write %s', (key) => {
    const [uploader, judged] = key.includes('team-a/') ? [teamA, 'allowed'] : [platform, left]
    expect(judge(uploader, 'PutObject', key, {}, byBoth)).toBe(judged)
    expect(judge(api, 'PutObject', key, {}, byBoth)).toBe('silent')
    for (const principal of [administrator, operator, auditor])
      expect(judge(principal, 'PutObject', key, {}, byBoth)).toBe('denied')
  })

  test('and nowhere else, nobody may take the name of its role to write', () => {
    for (const key of [...inputs, ledger]) expect(judge(api, 'PutObject', key)).toBe('denied')
  })
})
