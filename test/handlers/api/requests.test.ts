import { describe, expect, test } from '@jest/globals'
import { type ApiOptions, api } from '../../../handlers/api/api.ts'
import { access } from '../../../shared/domain/deployment/environment.ts'
import { hostileNames } from '../../hostile-names.ts'
import { intercept } from '../../intercept.ts'
import { World } from '../../world.ts'

const account = '111122223333'
const sessionOf = (user: string, of = account) =>
  `arn:aws:sts::${of}:assumed-role/AWSReservedSSO_Requester_0123456789abcdef/${user}`
const role = (name: string) => `arn:aws:iam::${account}:role/${name}`
const rules = access.parse({
  operators: [role('operator')],
  auditors: [role('auditor')],
  requestAccounts: [account],
})
const assumed = (name: string) => `arn:aws:sts::${account}:assumed-role/${name}/kim`
const linkOf = (user: string) => `account%233000000002%Admin%${user}%USER%ssofile`
const digest = '0123456789abcdef0123456789abcdef'
const requestDetails = { duration: 'PT4H', reason: 'release 4.2', ticket: 'OPS-1' }

async function people(options: ConstructorParameters<typeof World>[0] = {}) {
  const world = new World(options)
  const suffix = world.configuration.principalSuffix
  const [ana, ben] = [
    await world.identityStore.createUser({ userName: `ana${suffix}` }),
    await world.identityStore.createUser({ userName: `ben${suffix}` }),
  ]
  return { world, ana, ben }
}

const ownRoles = {
  arnOf: async (name: string) => `arn:aws:iam::${account}:role/aws-reserved/sso.amazonaws.com/eu-west-1/${name}`,
}

type Sent = {
  readonly arn: string
  readonly route: string
  readonly sent?: object
  readonly parameters?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly options?: ApiOptions
}

async function send(world: World, { arn, route, sent, parameters, query, options = { access: rules } }: Sent) {
  const serve = api(world.ports, world.configuration, { roles: ownRoles, ...options })
  const answered = await world.finish(
    serve({
      routeKey: route,
      rawPath: route.split(' ')[1]?.replace(/\/\{.*/, '') ?? '',
      headers: { 'content-type': 'application/json' },
      isBase64Encoded: false,
      ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
      ...(parameters === undefined ? {} : { pathParameters: parameters }),
      ...(query === undefined ? {} : { queryStringParameters: query }),
      requestContext: { requestId: 'r', http: { sourceIp: '192.0.2.1' }, authorizer: { iam: { userArn: arn } } },
    }),
  )
  return { statusCode: answered.statusCode, headers: answered.headers, body: JSON.parse(answered.body) }
}

const askAs = (world: World, arn: string, linkData: string, details: object = requestDetails, options?: ApiOptions) =>
  send(world, {
    arn,
    route: 'POST /requests',
    sent: { action: 'ask', linkData, requestDetails: details },
    ...(options === undefined ? {} : { options }),
  })
const decideAs = (world: World, arn: string, sent: object) => send(world, { arn, route: 'POST /approvals', sent })

async function putStatus(world: World, input: string, told: object) {
  const head = await world.objects.head(input)
  const status = { input, ...told, etag: head?.etag, updatedAt: '2026-03-03T10:00:00.000Z' }
  await world.objects.put(`status/${input}.json`, JSON.stringify(status))
}

describe('a person who is signed in', () => {
  test('asks under their own id; the answer says where the status will be', async () => {
    const { world, ana } = await people()
    const asked = await askAs(world, sessionOf('ana'), linkOf('ana'))
    const key = `requests/${ana}/${linkOf('ana')}`
    const path = `/requests/${encodeURIComponent(`${ana}/${linkOf('ana')}`)}`
    expect(asked).toMatchObject({
      statusCode: 202,
      headers: { location: path },
      body: { action: 'ask', key, status: { key: `status/${key}.json`, path } },
    })
    const stored = await world.objects.get(key)
    expect(JSON.parse(new TextDecoder().decode(stored?.body))).toEqual(requestDetails)
    expect(stored?.metadata).toMatchObject({ 'ssofile-caller': sessionOf('ana') })
  })

  test('is refused before the upload if nobody can approve the request', async () => {
    const { world, ana } = await people()
    const eligibility = {
      ...{ for: { users: ['ana'] }, permissionSets: ['Admin'], scopes: ['root%all'], longest: 'PT8H', approvals: 1 },
      approvers: { groups: ['approvers-gone'] },
    }
    await world.objects.put('eligibility/admins.json', JSON.stringify(eligibility))
    const { statusCode, body } = await askAs(world, sessionOf('ana'), linkOf('ana'))
    expect(statusCode).toBe(400)
    expect(JSON.stringify(body)).toContain("nobody can approve it: group 'approvers-gone' does not exist")
    expect(await world.objects.head(`requests/${ana}/${linkOf('ana')}`)).toBeUndefined()
    await world.objects.put(
      'eligibility/admins.json',
      JSON.stringify({ ...eligibility, approvers: { users: ['ben'] } }),
    )
    await world.clock.advance(61_000)
    expect(await askAs(world, sessionOf('ana'), linkOf('ana'))).toMatchObject({ statusCode: 202 })
  })

  test('names the user in the link without the suffix of the directory', async () => {
    const { world, ana } = await people({ configuration: { principalSuffix: '@example.com' } })
    expect(await askAs(world, sessionOf('ana@example.com'), linkOf('ana'))).toMatchObject({ statusCode: 202 })
    expect(await world.keys('requests/')).toEqual([`requests/${ana}/${linkOf('ana')}`])
  })

  test('approves and denies under their own id, and reads what became of that', async () => {
    const { world, ben } = await people()
    const approval = { digest, decision: 'approve', comment: 'as agreed' }
    expect(await decideAs(world, sessionOf('ben'), approval)).toMatchObject({
      statusCode: 202,
      body: { action: 'approve', key: `approvals/${ben}/${digest}`, status: { path: `/approvals/${digest}` } },
    })
    expect(await decideAs(world, sessionOf('ben'), { digest, decision: 'deny' })).toMatchObject({ statusCode: 202 })
    await putStatus(world, `approvals/${ben}/${digest}`, { state: 'rejected', reason: 'too late' })
    const read = { route: 'GET /approvals/{digest}', parameters: { digest } }
    expect(await send(world, { ...read, arn: sessionOf('ben') })).toMatchObject({
      statusCode: 200,
      body: { digest, status: { state: 'rejected', reason: 'too late' } },
    })
    expect(await send(world, { ...read, arn: sessionOf('ana') })).toMatchObject({ statusCode: 404 })
  })

  test('does not ask twice while a request waits or is granted, and may when it is over', async () => {
    const { world, ana } = await people()
    const key = `requests/${ana}/${linkOf('ana')}`
    await askAs(world, sessionOf('ana'), linkOf('ana'))
    expect(await askAs(world, sessionOf('ana'), linkOf('ana'))).toMatchObject({ statusCode: 409 })
    for (const [state, statusCode] of [
      ['waiting', 409],
      ['applied', 409],
      ['expired', 202],
      ['rejected', 202],
    ] as const) {
      await putStatus(world, key, { state })
      expect(await askAs(world, sessionOf('ana'), linkOf('ana'))).toMatchObject({ statusCode })
    }
  })

  test('extends what is granted, and nothing else', async () => {
    const { world, ana } = await people()
    const key = `requests/${ana}/${linkOf('ana')}`
    await askAs(world, sessionOf('ana'), linkOf('ana'))
    const requestDetails = { duration: 'PT8H', reason: 'not done' }
    const extending = { sent: { action: 'extend', linkData: linkOf('ana'), requestDetails } }
    for (const [state, statusCode] of [
      ['waiting', 409],
      ['rejected', 202],
      ['applied', 202],
    ] as const) {
      await putStatus(world, key, { state })
      expect(await send(world, { route: 'POST /requests', arn: sessionOf('ana'), ...extending })).toMatchObject({
        statusCode,
      })
    }
    expect(await world.json(key)).toEqual(requestDetails)
  })

  test('does not shorten what runs, and takes back an extension that waits', async () => {
    const { world, ana } = await people()
    const key = `requests/${ana}/${linkOf('ana')}`
    await askAs(world, sessionOf('ana'), linkOf('ana'))
    const write = (sent: object) => send(world, { route: 'POST /requests', arn: sessionOf('ana'), sent })
    const of = { linkData: linkOf('ana') }
    const expiresAt = new Date(world.clock.now().getTime() + 4 * 3_600_000).toISOString()
    await putStatus(world, key, { state: 'applied', request: { digest, expiresAt } })
    const shorter = { action: 'extend', ...of, requestDetails: { duration: 'PT1H' } }
    expect(await write(shorter)).toMatchObject({
      statusCode: 400,
      body: { errors: [{ expected: expect.stringContaining(expiresAt) }] },
    })
    expect(await write({ action: 'withdraw', ...of })).toMatchObject({ statusCode: 409 })
    expect(await write({ ...shorter, requestDetails: { duration: 'PT8H' } })).toMatchObject({ statusCode: 202 })
    await putStatus(world, key, { state: 'waiting', request: { digest, runsUntil: expiresAt } })
    expect(await write({ action: 'withdraw', ...of })).toMatchObject({ statusCode: 202 })
    expect((await world.objects.get(key))?.size).toBe(0)
  })

  test('who is suspended or disabled is refused, whatever the call', async () => {
    const { world } = await people()
    await world.objects.put('suspended/ana', '')
    expect(await askAs(world, sessionOf('ana'), linkOf('ana'))).toMatchObject({ statusCode: 403 })
    for (const route of ['GET /requests', 'GET /eligibility'])
      expect(await send(world, { arn: sessionOf('ana'), route })).toMatchObject({ statusCode: 403 })
    expect(await decideAs(world, sessionOf('ana'), { digest, decision: 'approve' })).toMatchObject({ statusCode: 403 })
    expect(await world.keys('requests/')).toEqual([])
    expect(await askAs(world, sessionOf('ben'), linkOf('ben'))).toMatchObject({ statusCode: 202 })
  })

  test('who is suspended, disabled or deleted changes and reads nothing else either, also as an uploader, auditor or operator', async () => {
    const { world, ana } = await people()
    const permitted = role('aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Requester_0123456789abcdef')
    const options = {
      access: access.parse({
        uploaders: [{ folder: '', principals: [permitted] }],
        operators: [permitted],
        auditors: [permitted],
        requestAccounts: [account],
      }),
    }
    const link = { action: 'create', linkData: linkOf('ana') }
    const acts = async (user: string) => {
      const as = { arn: sessionOf(user), options }
      const answers = [
        await send(world, { ...as, route: 'POST /links', sent: link }),
        await send(world, { ...as, route: 'GET /links' }),
        await send(world, { ...as, route: 'GET /requests', query: { user: ana } }),
      ]
      return answers.map(({ statusCode }) => statusCode)
    }
    await world.objects.put('suspended/ana', '')
    expect(await acts('ana')).toEqual([403, 403, 403])
    await world.objects.delete('suspended/ana')
    await world.identityStore.setUserStatus(ana, 'DISABLED')
    expect(await acts('ana')).toEqual([403, 403, 403])
    expect(await acts('somebody-deleted')).toEqual([403, 403, 403])
    expect(await world.keys('links_data/')).toEqual([])
    expect(await acts('ben')).toEqual([202, 200, 200])
  })

  test('with a suffix, a user whose name lacks it is nobody whom links name, and is refused', async () => {
    const { world } = await people({ configuration: { principalSuffix: '@example.com' } })
    await world.identityStore.createUser({ userName: 'ana' })
    expect(await askAs(world, sessionOf('ana'), linkOf('ana'))).toMatchObject({ statusCode: 403 })
    expect(await askAs(world, sessionOf('ana@example.com'), linkOf('ana'))).toMatchObject({ statusCode: 202 })
  })

  test('is told who they are and what they may ask for, by name or as a member of a group, and nothing of others', async () => {
    const { world, ana } = await people()
    const team = await world.identityStore.createGroup({ displayName: 'team' })
    await world.identityStore.createGroupMembership(team, ana)
    const file = {
      permissionSets: ['Admin*'],
      scopes: ['account%233000000002'],
      longest: 'PT90M',
      approvers: { users: ['ben'] },
      needs: ['ticket'],
    }
    const put = (name: string, said: object) => world.objects.put(`eligibility/${name}.json`, JSON.stringify(said))
    await put('by-name', { ...file, for: { users: ['ana'] } })
    await put('by-group', { ...file, for: { groups: ['team'] }, mayStartLater: 'P7D' })
    await put('of-ben', { ...file, for: { users: ['ben'] } })
    await put('broken', {})
    const { statusCode, body } = await send(world, { route: 'GET /eligibility', arn: sessionOf('ana') })
    expect({ statusCode, user: body.user, name: body.name, unusable: body.unusable }).toEqual({
      statusCode: 200,
      user: ana,
      name: 'ana',
      unusable: ['broken'],
    })
    expect(body.eligible).toMatchObject([
      { name: 'by-group', mayStartLater: 'P7D' },
      { name: 'by-name', scopes: ['account%233000000002'], longest: 'PT1H30M', approvals: 1, needs: ['ticket'] },
    ])
    expect(body.eligible[0]).not.toHaveProperty('for')
    expect(await send(world, { route: 'GET /eligibility', arn: assumed('auditor') })).toMatchObject({ statusCode: 403 })
  })

  test('finishes their own request; what is not there is told', async () => {
    const { world } = await people()
    await askAs(world, sessionOf('ana'), linkOf('ana'))
    const finish = { route: 'POST /requests', sent: { action: 'finish', linkData: linkOf('ana') } }
    expect(await send(world, { ...finish, arn: sessionOf('ana') })).toMatchObject({ statusCode: 202 })
    expect(await world.keys('requests/')).toEqual([])
    expect(await send(world, { ...finish, arn: sessionOf('ana') })).toMatchObject({ statusCode: 404 })
  })

  test('lists their own requests, page by page, and reads one with its whole status', async () => {
    const { world, ana, ben } = await people()
    const names = ['1', '2', '3'].map((end) => `account%23300000000${end}%Admin%ana%USER%ssofile`)
    for (const name of names) await askAs(world, sessionOf('ana'), name)
    await askAs(world, sessionOf('ben'), linkOf('ben'))
    const list = (query: Record<string, string>) =>
      send(world, { route: 'GET /requests', arn: sessionOf('ana'), query })
    const first = await list({ limit: '2' })
    const second = await list({ limit: '2', nextToken: first.body.nextToken })
    const told = [...first.body.requests, ...second.body.requests]
    expect(told.map(({ linkData }: { linkData: string }) => linkData)).toEqual(names)
    expect(told[0]).toMatchObject({ user: ana, requestDetails, status: null, file: { sizeBytes: expect.any(Number) } })
    expect(second.body.nextToken).toBeUndefined()
    await putStatus(world, `requests/${ana}/${names[0]}`, { state: 'waiting', request: { digest } })
    const read = (name: string, arn: string) =>
      send(world, { route: 'GET /requests/{request+}', arn, parameters: { request: name } })
    for (const name of [`${ana}/${names[0]}`, encodeURIComponent(`${ana}/${names[0]}`)])
      expect(await read(name, sessionOf('ana'))).toMatchObject({
        statusCode: 200,
        body: { status: { state: 'waiting', request: { digest } } },
      })
    expect(await read(`${ben}/${linkOf('ben')}`, sessionOf('ana'))).toMatchObject({ statusCode: 403 })
  })
})

describe('an approver', () => {
  const eligibility = (approvers: object) => ({
    for: { users: ['ana'] },
    permissionSets: ['Admin'],
    scopes: ['root%all'],
    longest: 'PT8H',
    approvers,
  })

  test('is shown what waits for them, as a member of a group, by name or as the owner of the account, and nothing else', async () => {
    const { world, ana, ben } = await people()
    const cleo = await world.identityStore.createUser({ userName: 'cleo' })
    const groupId = await world.identityStore.createGroup({ displayName: 'on-call' })
    await world.identityStore.createGroupMembership(groupId, ben)
    await world.organizations.tagResource('233000000003', { owner: 'on-call' })
    const kinds = {
      group: { groups: ['on-call'] },
      user: { users: ['ben'] },
      owner: { ownerTag: 'owner' },
      other: { users: ['cleo'] },
    }
    const keys: Record<string, string> = {}
    for (const [index, [name, approvers]] of Object.entries(kinds).entries()) {
      await world.objects.put(`eligibility/${name}.json`, JSON.stringify(eligibility(approvers)))
      const link = `account%23300000000${index + 1}%Admin%ana%USER%ssofile`
      keys[name] = `requests/${ana}/${link}`
      await askAs(world, sessionOf('ana'), link)
      await putStatus(world, keys[name], { state: 'waiting', request: { digest, eligibility: name } })
      await world.objects.put(`attention/waiting/${keys[name]}`, '')
    }
    const waiting = async (user: string, query: Record<string, string> = {}) => {
      const { body } = await send(world, {
        route: 'GET /requests',
        arn: sessionOf(user),
        query: { of: 'waiting', ...query },
      })
      return body.requests.map(({ key }: { key: string }) => key)
    }
    expect(await waiting('ben')).toEqual([keys.group, keys.user, keys.owner])
    expect(await waiting('cleo')).toEqual([keys.other])
    expect(await waiting('ana')).toEqual([])
    expect(await waiting('ben', { limit: '1' })).toEqual([keys.group])
    const read = (user: string, key = '') =>
      send(world, {
        route: 'GET /requests/{request+}',
        arn: sessionOf(user),
        parameters: { request: key.slice('requests/'.length) },
      })
    expect(await read('ben', keys.group)).toMatchObject({ statusCode: 200, body: { requestDetails } })
    expect(await read('ben', keys.other)).toMatchObject({ statusCode: 403 })
    expect(cleo).not.toBe(ben)
  })

  test('gets the list however many people may approve: ssofile asks the directory about nobody but the caller', async () => {
    const asked: string[] = []
    const { world, ana, ben } = await people({
      wrap: (ports) =>
        intercept(ports, ({ port, operation, args, proceed }) => {
          if (port === 'identityStore') asked.push(`${operation} ${args.filter((one) => one !== undefined).join(' ')}`)
          return proceed()
        }),
    })
    const groupId = await world.identityStore.createGroup({ displayName: 'on-call' })
    await world.identityStore.createGroupMembership(groupId, ben)
    const users = Array.from({ length: 60 }, (_, nth) => `person-${nth}`)
    const ofMany = eligibility({ groups: ['on-call', 'security'], users, ownerTag: 'owner' })
    await world.objects.put('eligibility/many.json', JSON.stringify(ofMany))
    for (const account of ['233000000001', '233000000002', '233000000003']) {
      await world.organizations.tagResource(account, { owner: `owner-of-${account}` })
      const key = `requests/${ana}/account%${account}%Admin%ana%USER%ssofile`
      await world.objects.put(key, JSON.stringify(requestDetails))
      await putStatus(world, key, { state: 'waiting', request: { digest, eligibility: 'many' } })
      await world.objects.put(`attention/waiting/${key}`, '')
    }
    asked.length = 0
    const list = { route: 'GET /requests', arn: sessionOf('ben'), query: { of: 'waiting' } }
    expect((await send(world, list)).body.requests).toHaveLength(3)
    expect(new Set(asked)).toEqual(
      new Set(['findPrincipalId USER ben', `findUser ${ben}`, `listGroupsOf ${ben}`, `findGroup ${groupId}`]),
    )
  })
})

describe('nobody', () => {
  test('asks for somebody else, and nothing is written', async () => {
    const { world } = await people()
    const refused = await askAs(world, sessionOf('ana'), linkOf('ben'))
    expect(refused).toMatchObject({ statusCode: 403, body: { errors: [{ received: "a request of 'ben'" }] } })
    expect(await world.keys('requests/')).toEqual([])
  })

  test("finishes another's request but an operator, who says whose", async () => {
    const { world, ana, ben } = await people()
    await askAs(world, sessionOf('ana'), linkOf('ana'))
    const sent = { action: 'finish', linkData: linkOf('ana'), user: ana }
    const finish = (arn: string) => send(world, { route: 'POST /requests', arn, sent })
    for (const arn of [sessionOf('ben'), assumed('auditor'), assumed('other')])
      expect(await finish(arn)).toMatchObject({ statusCode: 403 })
    expect(await world.keys('requests/')).toHaveLength(1)
    expect(await finish(assumed('operator'))).toMatchObject({ statusCode: 202 })
    expect(await world.keys('requests/')).toEqual([])
    expect(ben).not.toBe(ana)
  })

  test.each([
    ['in an account that is not named', sessionOf('ana', '999999999999')],
    ['of a role of another name', `arn:aws:sts::${account}:assumed-role/Requester/ana`],
    ['of a role whose name only begins so', `arn:aws:sts::${account}:assumed-role/AWSReservedSSO_Requester/ana`],
    ['that is an IAM user', `arn:aws:iam::${account}:user/ana`],
    ['of a user who is not in the identity store', sessionOf('eve')],
    ['with a name that AWS may have cut', sessionOf('a'.repeat(64))],
  ])('asks or approves by a session %s', async (_, arn) => {
    const { world } = await people()
    await world.identityStore.createUser({ userName: 'a'.repeat(64) })
    expect(await askAs(world, arn, linkOf('ana'))).toMatchObject({ statusCode: 403 })
    expect(await decideAs(world, arn, { digest, decision: 'approve' })).toMatchObject({ statusCode: 403 })
    expect(await world.keys('requests/')).toEqual([])
    expect(await world.keys('approvals/')).toEqual([])
  })

  test.each([
    ['at no path', async (name: string) => `arn:aws:iam::${account}:role/${name}`],
    [
      'at a path like it',
      async (name: string) => `arn:aws:iam::${account}:role/x/aws-reserved/sso.amazonaws.com/${name}`,
    ],
    [
      'of another account',
      async (name: string) => `arn:aws:iam::777788889999:role/aws-reserved/sso.amazonaws.com/${name}`,
    ],
    ['that IAM does not show', async () => undefined],
  ])('asks with a role that only bears the name of one of Identity Center: %s', async (_, arnOf) => {
    const { world } = await people()
    const options = { access: rules, roles: { arnOf } }
    const refused = await askAs(world, sessionOf('ana'), linkOf('ana'), requestDetails, options)
    expect(refused).toMatchObject({
      statusCode: 403,
      body: { message: expect.stringContaining('which IAM Identity Center did not create') },
    })
    expect(await world.keys('requests/')).toEqual([])
  })

  test('asks where no account is named', async () => {
    const { world } = await people()
    const refused = await askAs(world, sessionOf('ana'), linkOf('ana'), requestDetails, { access: access.parse({}) })
    expect(refused).toMatchObject({ statusCode: 403, body: { message: expect.stringContaining('requestAccounts') } })
  })

  test('asks by the API where requests come in by S3', async () => {
    const { world } = await people()
    const refused = await askAs(world, sessionOf('ana'), linkOf('ana'), requestDetails, {
      access: rules,
      changes: ['links'],
    })
    expect(refused).toMatchObject({ statusCode: 404, body: { message: expect.stringContaining('ssofile request') } })
  })

  test('but auditors and operators lists everything', async () => {
    const { world } = await people()
    for (const name of ['ana', 'ben']) await askAs(world, sessionOf(name), linkOf(name))
    const list = (arn: string) => send(world, { route: 'GET /requests', arn, query: { of: 'all' } })
    for (const arn of [assumed('auditor'), assumed('operator')]) expect((await list(arn)).body.requests).toHaveLength(2)
    for (const arn of [sessionOf('ana'), assumed('other')]) expect(await list(arn)).toMatchObject({ statusCode: 403 })
  })
})

describe('what is not valid is refused with what, why and what to do:', () => {
  test.each<[string, string, object, string]>([
    ['a scope that there is not', 'acount%233000000002%Admin%ana%USER%ssofile', requestDetails, 'acount'],
    ['a folder', `team-a/${linkOf('ana')}`, requestDetails, 'without the folder'],
    ['a link out of its place', `../${linkOf('ana')}`, requestDetails, 'folder'],
    ['a group', 'account%233000000002%Admin%ana%GROUP%ssofile', requestDetails, 'GROUP'],
    ['no duration', linkOf('ana'), { reason: 'x' }, 'duration'],
    ['a duration of no length', linkOf('ana'), { duration: 'PT0H' }, 'duration'],
    ['a field that there is not', linkOf('ana'), { ...requestDetails, approvedBy: ['ben'] }, 'approvedBy'],
    ['two lines', linkOf('ana'), { ...requestDetails, reason: 'a\nb' }, 'reason'],
  ])('%s', async (_, linkData, details, told) => {
    const { world } = await people()
    const refused = await askAs(world, sessionOf('ana'), linkData, details)
    expect(refused.statusCode).toBe(400)
    expect(JSON.stringify(refused.body)).toContain(told)
    expect(refused.body.errors[0]).toMatchObject({ remedy: expect.any(String) })
    expect(await world.keys('requests/')).toEqual([])
  })

  test.each<[string, object]>([
    ['a digest that is a path', { digest: `../${digest}`, decision: 'approve' }],
    ['another decision', { digest, decision: 'approved' }],
    ['an author', { digest, decision: 'approve', user: 'x' }],
  ])('an approval with %s', async (_, sent) => {
    const { world } = await people()
    expect(await decideAs(world, sessionOf('ana'), sent)).toMatchObject({ statusCode: 400 })
    expect(await world.keys('approvals/')).toEqual([])
  })

  test.each(hostileNames)('and a hostile name is told as data: %j', async (name) => {
    const { world } = await people()
    const refused = await askAs(world, sessionOf('ana'), `account%233000000002%Admin%${name}%USER%ssofile`)
    expect([400, 403]).toContain(refused.statusCode)
    expect(refused.headers['content-type']).toBe('application/json')
    expect(await world.keys('requests/')).toEqual([])
  })

  test.each([
    ['limit', '0'],
    ['nextToken', 'eA'],
    ['of', 'yours'],
  ])('a page that there is not: %s %s', async (name, value) => {
    const { world } = await people()
    const list = { route: 'GET /requests', arn: sessionOf('ana'), query: { [name]: value } }
    expect(await send(world, list)).toMatchObject({ statusCode: 400, body: { errors: [{ path: name }] } })
  })

  test('another method', async () => {
    const { world } = await people()
    const arn = sessionOf('ana')
    expect(await send(world, { route: 'ANY /requests', arn })).toMatchObject({ headers: { allow: 'GET, POST' } })
    expect(await send(world, { route: 'ANY /approvals', arn })).toMatchObject({
      statusCode: 405,
      headers: { allow: 'POST' },
    })
  })
})
