import { describe, expect, test } from '@jest/globals'
import { bucketPolicy } from '../../infra/bucket-policy.ts'
import { DeploymentNames } from '../../infra/deployment-names.ts'
import { type Environment, environment } from '../../shared/domain/environment.ts'
import { evaluatePolicy } from '../../shared/domain/evaluate-policy.ts'
import { example, exampleDocument } from './environments.ts'

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

function judge(
  principal: string,
  action: string,
  key?: string,
  context: Readonly<Record<string, string>> = {},
  of: Environment = twoFolders,
) {
  const names = new DeploymentNames(of)
  const resource = key === undefined ? names.bucketArn : `${names.bucketArn}/${key}`
  return evaluatePolicy(bucketPolicy(of, names), { principal, action: `s3:${action}`, resource, context })
}

describe('an uploader of a folder', () => {
  test.each(['PutObject', 'DeleteObject', 'GetObject'])('may call %s in it', (action) => {
    expect(judge(teamA, action, `links_data/team-a/${link}`)).toBe('allowed')
  })

  test('may read the status of what lies in it, and list both', () => {
    expect(judge(teamA, 'GetObject', `status/links_data/team-a/${link}.json`)).toBe('allowed')
    expect(judge(teamA, 'ListBucket', undefined, { 's3:prefix': 'links_data/team-a/' })).toBe('allowed')
    expect(judge(teamA, 'ListBucket', undefined, { 's3:prefix': 'links_data/team-b/' })).toBe('silent')
    expect(judge(teamA, 'ListBucket')).toBe('silent')
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
    expect(judge(platform, 'PutObject', `links_data/${link}`)).toBe('allowed')
    expect(judge(platform, 'PutObject', `links_data/undeclared/${link}`)).toBe('allowed')
    expect(judge(platform, 'PutObject', 'permission_sets/Billing-ps.json')).toBe('allowed')
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
    expect(judge(responder, 'PutObject', record, {}, of)).toBe('allowed')
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
    expect(judge(governance, action, policy, {}, of)).toBe('allowed')
    expect(judge(governance, action, 'control/pause.json', {}, of)).not.toBe('allowed')
    expect(judge(governance, action, `links_data/${link}`, {}, of)).not.toBe('allowed')
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
          expect(judge(session, action, key, as(ana), kind)).toBe('allowed')
    },
  )

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
    for (const principal of [lookAlike, ofOtherAccount])
      for (const action of [...puts, 'DeleteObject'])
        expect(judge(principal, action, request, as(ana), byS3)).toBe('denied')
    expect(judge(ofOtherAccount, 'GetObject', request, as(ana), byS3)).toBe('silent')
  })

  test('an operator ends access of everybody, and withdraws no approval', () => {
    expect(judge(operator, 'DeleteObject', request, as(ben), byS3)).toBe('allowed')
    expect(judge(operator, 'DeleteObject', request, {}, byS3)).toBe('allowed')
    expect(judge(operator, 'DeleteObject', approval, as(ben), byS3)).toBe('denied')
    for (const principal of [session, administrator, dispatcher, requester])
      expect(judge(principal, 'DeleteObject', request, as(ben), byS3)).toBe('denied')
  })

  test('people read what others ask for and what became of it, since they may have to approve it', () => {
    for (const key of [request, `status/${request}.json`, 'eligibility/admins.json'])
      expect(judge(session, 'GetObject', key, as(ben), byS3)).toBe('allowed')
    expect(judge(session, 'ListBucket', undefined, { ...as(ben), 's3:prefix': 'requests/' }, byS3)).toBe('allowed')
  })

  test('people read neither approvals of others nor anything else', () => {
    for (const key of [approval, `status/${approval}.json`, ledger, `links_data/temporary/${granted}`, 'history/x'])
      expect(judge(session, 'GetObject', key, as(ben), byS3)).toBe('silent')
    for (const prefix of ['', 'approvals/', `approvals/${ana}/`, 'assignments/'])
      expect(judge(session, 'ListBucket', undefined, { ...as(ben), 's3:prefix': prefix }, byS3)).toBe('silent')
    expect(judge(session, 'GetObject', `status/${approval}.json`, as(ana), byS3)).toBe('allowed')
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
    expect(judge(operator, 'DeleteObject', request, {}, asking('s3', []))).toBe('allowed')
  })

  test('where requests come in by the API, it alone writes them, and people read by it alone', () => {
    for (const action of [...puts, 'DeleteObject'])
      for (const key of [request, approval]) {
        expect(judge(session, action, key, as(ana), asking('api'))).toBe('denied')
        for (const way of ['api', 'both']) expect(judge(api, action, key, {}, asking(way))).toBe('silent')
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
    expect(() => bucketPolicy(of, new DeploymentNames(of))).not.toThrow()
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
  test('may list and read everything', () => {
    expect(judge(auditor, 'ListBucket')).toBe('allowed')
    expect(judge(auditor, 'GetObject', ledger)).toBe('allowed')
    expect(judge(auditor, 'GetObjectVersion', ledger)).toBe('allowed')
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
    expect(judge(operator, 'GetObject', ledger)).toBe('allowed')
    expect(judge(operator, 'PutObject', 'control/pause.json')).toBe('allowed')
    expect(judge(operator, 'DeleteObject', 'control/pause.json')).toBe('allowed')
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
    expect(judge(dispatcher, 'GetObjectVersion', ledger, {}, elsewhere)).toBe('silent')
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
  const { Statement } = bucketPolicy(twoFolders, new DeploymentNames(twoFolders))
  const patterns = Statement.flatMap(({ Resource = [], NotResource = [] }) => [...Resource, ...NotResource])
  expect(patterns.length).toBeGreaterThan(10)
  for (const pattern of patterns) expect(pattern).toMatch(/^[^*]*\*?$/)
})

test('more principals than a policy has room for are refused before S3 does', () => {
  const principals = Array.from(
    { length: 50 },
    (_, index) => `arn:aws:iam::111122223333:role/a-rather-long-name-${index}`,
  )
  const { access } = example
  const crowded = {
    ...example,
    access: { ...access, auditors: principals, operators: principals, permissionSetUploaders: principals },
  }
  expect(() => bucketPolicy(crowded, new DeploymentNames(crowded))).toThrow(
    /the policy of the bucket example-ssofile has \d+ bytes/,
  )
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
      expect(judge(api, action, key, {}, byApi)).toBe('silent')
    }
  })

  test('uploaders read what lies where they may upload, and its status', () => {
    expect(judge(teamA, 'GetObject', `links_data/team-a/${link}`, {}, byApi)).toBe('allowed')
    expect(judge(teamA, 'GetObject', `status/links_data/team-a/${link}.json`, {}, byApi)).toBe('allowed')
    expect(judge(teamA, 'GetObject', `links_data/${link}`, {}, byApi)).toBe('silent')
  })

  test.each(inputs)('and by S3 too, uploaders and the API may write %s', (key) => {
    const uploader = key.includes('team-a/') ? teamA : platform
    expect(judge(uploader, 'PutObject', key, {}, byBoth)).toBe('allowed')
    expect(judge(api, 'PutObject', key, {}, byBoth)).toBe('silent')
    for (const principal of [administrator, operator, auditor])
      expect(judge(principal, 'PutObject', key, {}, byBoth)).toBe('denied')
  })

  test('and nowhere else, nobody may take the name of its role to write', () => {
    for (const key of [...inputs, ledger]) expect(judge(api, 'PutObject', key)).toBe('denied')
  })
})
