import { describe, expect, test } from '@jest/globals'
import { type ApiOptions, api } from '../../../handlers/api/api.ts'
import type { ApiEvent } from '../../../handlers/api/api-request.ts'
import { access, closedApi } from '../../../shared/domain/deployment/environment.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import { intercept } from '../../intercept.ts'
import { World } from '../../world.ts'

const teamA = 'arn:aws:sts::111122223333:assumed-role/team-a/maria'
const auditor = 'arn:aws:sts::111122223333:assumed-role/auditor/kim'
const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`
const rules = access.parse({
  uploaders: [{ folder: 'team-a', principals: [role('team-a')] }],
  auditors: [role('auditor')],
})
const name = 'root%all%ReadOnly%ops%GROUP%ssofile'
const configuration = { folders: ['team-a'] }

type Request = Partial<ApiEvent> & { readonly arn?: string | null; readonly sent?: unknown }

function eventOf({ arn = teamA, sent, ...event }: Request): ApiEvent {
  return {
    routeKey: 'POST /links',
    rawPath: '/links',
    headers: { 'content-type': 'application/json; charset=utf-8' },
    isBase64Encoded: false,
    ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
    requestContext: { requestId: 'r', http: { sourceIp: '192.0.2.1' }, authorizer: { iam: { userArn: arn } } },
    ...event,
  }
}

async function ask(world: World, request: Request, options: ApiOptions = {}) {
  const { statusCode, body, headers } = await world.finish(
    api(world.ports, world.configuration, options)(eventOf(request)),
  )
  return { statusCode, headers, body: JSON.parse(body) }
}

const create = (linkData: string) => ({ sent: { action: 'create', linkData } })
const read = (link: string) => ({ routeKey: 'GET /links/{link+}', pathParameters: { link } })

describe('the access of the environment holds for the API:', () => {
  test('an uploader creates in his folder, and nowhere else', async () => {
    const world = new World({ configuration })
    expect(await ask(world, create(`team-a/${name}`), { access: rules })).toMatchObject({ statusCode: 202 })
    expect(await ask(world, create(name), { access: rules })).toMatchObject({ statusCode: 403 })
    const set = {
      routeKey: 'POST /permission-sets',
      sent: { action: 'delete', permissionSetData: { permissionSetName: 'a' } },
    }
    expect(await ask(world, set, { access: rules })).toMatchObject({ statusCode: 403 })
    expect(await world.keys('links_data/')).toEqual([`links_data/team-a/${name}`])
  })

  test('he lists and reads what is in his folder; an auditor reads everything, and changes nothing', async () => {
    const world = new World({ configuration })
    for (const one of [name, `team-a/${name}`]) await world.objects.put(`links_data/${one}`, '')
    const list = { routeKey: 'GET /links' }
    const links = async (arn: string) =>
      (await ask(world, { ...list, arn }, { access: rules })).body.links.map(({ link }: { link: string }) => link)
    expect(await links(teamA)).toEqual([`team-a/${name}`])
    expect(await links(auditor)).toEqual([name, `team-a/${name}`])
    expect(await links('arn:aws:iam::111122223333:user/other')).toEqual([])
    expect(await ask(world, read(name), { access: rules })).toMatchObject({ statusCode: 403 })
    expect(await ask(world, read(`team-a%2F${encodeURIComponent(name)}`), { access: rules })).toMatchObject({
      statusCode: 200,
    })
    expect(await ask(world, { ...read(name), arn: auditor }, { access: rules })).toMatchObject({ statusCode: 200 })
    const remove = { arn: auditor, sent: { action: 'delete', linkData: name } }
    expect(await ask(world, remove, { access: rules })).toMatchObject({ statusCode: 403 })
  })

  test.each([
    ['made by Identity Center, is let in', '/aws-reserved/sso.amazonaws.com/eu-west-1/', [202, 200]],
    ['made by anybody, is refused', '/', [403, 403]],
  ])('a role that bears the name of an uploader and auditor, %s', async (_, path, answers) => {
    const world = new World({ configuration })
    const sso = role('aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Platform_*')
    const uploaders = [{ folder: 'team-a', principals: [sso] }]
    const roles = { arnOf: async (named: string) => `arn:aws:iam::111122223333:role${path}${named}` }
    const options = { access: access.parse({ uploaders, auditors: [sso] }), roles }
    const arn = 'arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Platform_evil/maria'
    const created = await ask(world, { arn, ...create(`team-a/${name}`) }, options)
    await world.objects.put(`links_data/${name}`, '')
    const looked = await ask(world, { arn, ...read(name) }, options)
    expect([created.statusCode, looked.statusCode]).toEqual(answers)
    expect(await world.keys('links_data/team-a/')).toHaveLength(created.statusCode === 202 ? 1 : 0)
  })

  test('a bundle without settings serves nobody', async () => {
    expect(await ask(new World(), create(name), closedApi)).toMatchObject({ statusCode: 405 })
    expect(await ask(new World(), read(name), closedApi)).toMatchObject({ statusCode: 403 })
  })

  test.each([null, ''])('a caller of whom API Gateway says %j is nobody', async (arn) => {
    expect(await ask(new World(), { ...create(name), arn })).toMatchObject({ statusCode: 403 })
  })
})

describe('a person whose user name AWS cuts in the name of the session', () => {
  const sessionOf = (userName: string) =>
    `arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Uploader-ps_0123456789abcdef/${userName.slice(0, 64)}`
  const permissionSetData = { permissionSetName: 'Own-ps' }
  const changes = [
    { routeKey: 'POST /links', ...create(name) },
    { routeKey: 'POST /permission-sets', sent: { action: 'create', permissionSetData } },
  ]

  test.each(changes)('changes nothing by $routeKey, suspended or not, and is told the way to do it', async (change) => {
    const world = new World()
    const userName = `${'a'.repeat(51)}@acme.example`
    await world.identityStore.createUser({ userName })
    await world.objects.put(`suspended/${userName}`, '')
    const refused = await ask(world, { ...change, arn: sessionOf(userName) })
    expect(refused.statusCode).toBe(403)
    expect(refused.body.message).toContain('upload to the bucket instead')
    expect(await world.keys('links_data/')).toEqual([])
    expect(await world.keys('permission_sets/Own-ps')).toEqual([])
  })

  test('changes like everybody by one character less, unless suspended', async () => {
    const world = new World()
    const userName = `${'a'.repeat(50)}@acme.example`
    await world.identityStore.createUser({ userName })
    const change = { ...create(name), arn: sessionOf(userName) }
    expect(await ask(world, change)).toMatchObject({ statusCode: 202 })
    await world.objects.put(`suspended/${userName}`, '')
    expect(await ask(world, change)).toMatchObject({ statusCode: 403 })
  })
})

test('a link of temporary access is neither created nor deleted, and the answer says how it ends', async () => {
  const world = new World({ configuration })
  const linkData = 'temporary/account%111122223333%Admin%ana%USER%ssofile'
  const key = `links_data/${linkData}`
  await world.objects.put(key, '{}')
  const everybody = access.parse({ uploaders: [{ folder: '', principals: [role('team-a')] }] })
  for (const sent of [
    { action: 'delete', linkData },
    { action: 'delete', linkData: key },
    { action: 'create', linkData },
    { action: 'create', linkData: 'temporary/no link' },
  ])
    for (const options of [{}, { access: everybody }]) {
      const { statusCode, body } = await ask(world, { sent }, options)
      expect({ statusCode, remedy: body.errors[0].remedy }).toEqual({
        statusCode: 403,
        remedy: expect.stringContaining('POST /requests'),
      })
    }
  expect(await world.keys('links_data/')).toEqual([key])
})

test('what comes in by uploads cannot be changed, and is told so', async () => {
  const changes = ['permission-sets'] as const
  const refused = await ask(new World(), { ...create(name), routeKey: 'ANY /links' }, { changes })
  expect(refused).toMatchObject({ statusCode: 405, headers: { allow: 'GET' } })
  expect(refused.body.message).toContain('uploading to the bucket')
})

describe('a name in the path is found', () => {
  test.each([
    ['as API Gateway decoded it', name],
    ['as a proxy left it encoded', encodeURIComponent(name)],
  ])('%s, although it looks encoded itself', async (_, parameter) => {
    const link = 'account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'
    const world = new World()
    for (const one of [name, link]) await world.objects.put(`links_data/${one}`, '')
    const other = parameter === name ? link : encodeURIComponent(link)
    expect(await ask(world, read(parameter))).toMatchObject({ statusCode: 200, body: { link: name } })
    expect(await ask(world, read(other))).toMatchObject({ statusCode: 200, body: { link } })
  })

  test('also after its file is gone, while a status is left', async () => {
    const world = new World()
    const input = `links_data/${name}`
    const status = { input, state: 'revoking', updatedAt: '2026-03-03T10:00:00.000Z' }
    await world.objects.put(`status/${input}.json`, JSON.stringify(status))
    expect(await ask(world, read(name))).toMatchObject({ statusCode: 200, body: { file: null, status } })
  })
})

describe('a change that meets another', () => {
  const key = 'permission_sets/a.json'
  const update = {
    routeKey: 'POST /permission-sets',
    sent: { action: 'update', permissionSetData: { permissionSetName: 'a', description: 'mine' } },
  }

  /** Somebody else writes each time just before this change is written, so many times. */
  function openRacing(times: number) {
    let races = 0
    const world: World = new World({
      wrap: (ports) =>
        intercept(ports, async ({ operation, args, proceed }) => {
          if (operation === 'put' && args[0] === key && races++ < times)
            await world.objects.put(
              key,
              JSON.stringify({ permissionSetName: 'a', sessionDurationInMinutes: 60 + races }),
            )
          return proceed()
        }),
    })
    return world
  }

  test('is made again on what the other wrote', async () => {
    const world = openRacing(3)
    await world.objects.put(key, JSON.stringify({ permissionSetName: 'a' }))
    expect(await ask(world, update)).toMatchObject({ statusCode: 202 })
    expect(await world.json(key)).toEqual({ permissionSetName: 'a', sessionDurationInMinutes: 63, description: 'mine' })
  })

  test('is given up with 503 when it never ends, and changes nothing', async () => {
    const world = openRacing(1_000)
    await world.objects.put(key, JSON.stringify({ permissionSetName: 'a' }))
    expect(await ask(world, update)).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1' } })
    expect(await world.json(key)).not.toHaveProperty('description')
  })

  test('does not delete what was uploaded meanwhile, but looks at it again', async () => {
    let races = 0
    const link = `links_data/${name}`
    const world: World = new World({
      wrap: (ports) =>
        intercept(ports, async ({ operation, args, proceed }) => {
          if (operation === 'delete' && args[0] === link && races++ === 0)
            await world.objects.put(link, '{"reason":"x"}')
          return proceed()
        }),
    })
    await world.objects.put(link, '')
    expect(await ask(world, { sent: { action: 'delete', linkData: name } })).toMatchObject({ statusCode: 202 })
    expect(races).toBe(2)
    expect(await world.keys('links_data/')).toEqual([])
  })
})

test('an update of a permission set whose deletion waits says what it waits for; a second deletion says so too', async () => {
  const world = new World().start()
  const [key, link] = ['permission_sets/Support-ps.json', 'links_data/root%all%Support-ps%ops%GROUP%ssofile']
  const send = (action: string) => ({
    routeKey: 'POST /permission-sets',
    sent: { action, permissionSetData: { permissionSetName: 'Support-ps' } },
  })
  await world.objects.put(key, JSON.stringify({ permissionSetName: 'Support-ps' }))
  await world.objects.put(link, '')
  const isIn = (state: string) => async () => (await world.json(`status/${key}.json`))?.state === state
  await world.until(isIn('applied'), 'the permission set')
  expect(await ask(world, send('delete'))).toMatchObject({ statusCode: 202 })
  await world.until(isIn('blocked'), 'the deletion that waits')
  const received = `of a file that is already deleted, while its status is 'blocked': the file is gone, but 1 link (${link}) still use it`
  expect(await ask(world, send('update'))).toMatchObject({
    statusCode: 409,
    body: { errors: [{ received: `an update ${received}`, remedy: expect.stringContaining('create it again') }] },
  })
  expect(await ask(world, send('delete'))).toMatchObject({
    statusCode: 404,
    body: { errors: [{ received: `the deletion ${received}` }] },
  })
  expect(await ask(world, send('create'))).toMatchObject({ statusCode: 202 })
})

test('a file that is no permission set is not merged with an update', async () => {
  const world = new World()
  const sent = { action: 'update', permissionSetData: { permissionSetName: 'a', description: 'x' } }
  for (const body of ['[]', '{', '']) {
    await world.objects.put('permission_sets/a.json', body)
    expect(await ask(world, { routeKey: 'POST /permission-sets', sent })).toMatchObject({ statusCode: 409 })
  }
})

test('a file in the bucket that is no link can be deleted', async () => {
  const world = new World()
  await world.objects.put('links_data/readme.txt', 'x')
  const sent = { action: 'delete', linkData: 'readme.txt' }
  expect(await ask(world, { sent })).toMatchObject({ statusCode: 202 })
  expect(await ask(world, { sent })).toMatchObject({ statusCode: 400 })
})

test('where S3 is busy the caller is told to come again; where it refuses, the function fails and its alarm tells', async () => {
  const failing = (error: Error) =>
    new World({
      wrap: (ports) =>
        intercept(ports, ({ operation, proceed }) => {
          if (operation === 'head') throw error
          return proceed()
        }),
    })
  const busy = new ServiceError('s3', 'SlowDown', 'Please reduce your request rate.', { httpStatus: 503 })
  expect(await ask(failing(busy), create(name))).toMatchObject({ statusCode: 503 })
  const denied = new ServiceError('s3', 'AccessDenied', 'Access Denied', { httpStatus: 403 })
  await expect(ask(failing(denied), create(name))).rejects.toBe(denied)
})
