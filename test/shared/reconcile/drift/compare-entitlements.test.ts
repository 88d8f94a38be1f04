import { describe, expect, test } from '@jest/globals'
import { type ApplicationArn, roleArn } from '../../../../shared/domain/assignments/entitlement.ts'
import type { PrincipalType } from '../../../../shared/domain/principals/principal.ts'
import { organizationFile } from '../../../../shared/memory/organization-file.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { smallOrganization } from '../../../end-to-end/small-organization.ts'
import { type Interceptor, intercept } from '../../../intercept.ts'
import { World, type WorldOptions } from '../../../world.ts'

const account = '200000000001'
const other = '200000000002'
const organization = organizationFile.parse(smallOrganization({ groups: ['auditors'], users: ['ana@x.example'] }))
const roleIn = (id: string, name = 'Auditor') => roleArn.parse(`arn:aws:iam::${id}:role/audit/${name}`)

type Options = WorldOptions & { readonly interceptor?: Interceptor }

function open({ interceptor, ...options }: Options = {}): World {
  return new World({
    organization,
    ...(interceptor === undefined ? {} : { wrap: (ports) => intercept(ports, interceptor) }),
    ...options,
  }).start({ dispatcher: false })
}

function give(world: World, application: ApplicationArn, id: string, type: PrincipalType, name: string): string {
  const principalId = world.identityStore.idOf(type, name)
  if (principalId === undefined) throw new Error(`there is no ${name}`)
  return world.accountAccess.createEntitlement(application, { principalId, principalType: type, roleArn: roleIn(id) })
}

async function night(world: World): Promise<void> {
  await world.finish(world.everyNight())
  await world.look()
  await world.finish(world.slice())
  await world.clock.advance(2_000)
}

const run = async (world: World) => world.json('state/drift.json')
const idOf = (world: World, name: string, type: PrincipalType = 'GROUP') => world.identityStore.idOf(type, name)

/** An organization in which a group and a user were given an existing role, and a night has seen it. */
async function seen(options: Options = {}) {
  const world = open(options)
  const application = world.accountAccess.createApplication()
  const ofGroup = give(world, application, account, 'GROUP', 'auditors')
  give(world, application, other, 'USER', 'ana@x.example')
  await night(world)
  const keys = [
    `foreign/account%${account}%role:Auditor%${idOf(world, 'auditors')}%GROUP`,
    `foreign/account%${other}%role:Auditor%${idOf(world, 'ana@x.example', 'USER')}%USER`,
  ]
  return { world, application, ofGroup, keys }
}

describe('what account access manager gives', () => {
  test('stands in foreign/ and access/ after a night, and in history; nothing is called that changes it', async () => {
    const { world, application, keys } = await seen()
    expect(await world.keys('foreign/')).toEqual(keys)
    expect(await world.json(keys[0] ?? '')).toEqual({
      v: 1,
      principal: 'auditors',
      principalId: idOf(world, 'auditors'),
      roleArn: roleIn(account),
      application,
      seenAt: expect.any(String),
    })
    expect(await world.keys('access/')).toEqual([
      `access/account%${account}%role:Auditor%auditors%GROUP%foreign`,
      `access/account%${other}%role:Auditor%ana@x.example%USER%foreign`,
    ])
    expect((await world.keys('changes/')).filter((key) => key.includes('foreign-found'))).toEqual([
      expect.stringContaining(`%foreign-found%account%${account}%role:Auditor%auditors%GROUP%ssofile`),
      expect.stringContaining(`%foreign-found%account%${other}%role:Auditor%ana@x.example%USER%ssofile`),
    ])
    expect(await run(world)).toMatchObject({ open: [], foreign: 2, gone: 0, roles: { state: 'read' } })
    expect(new Set(world.accountAccessCalls)).toEqual(
      new Set(['CreateApplication', 'CreateEntitlement', 'ListApplications', 'ListEntitlements']),
    )
  })

  test('is told once, stays as it is in a sweep and a reconcile, and gets the present name of its principal', async () => {
    const { world, keys } = await seen()
    const told = await world.keys('changes/')
    const id = idOf(world, 'auditors')
    if (id === undefined) throw new Error('no group')
    await world.identityStore.updateGroup(id, [{ path: 'displayName', value: 'inspectors' }])
    await world.finish(world.everyFiveMinutes())
    await world.finish(world.everyHour())
    expect(await world.keys('foreign/')).toEqual(keys)
    await night(world)
    await world.finish(world.everyFiveMinutes())
    expect(await world.keys('changes/')).toEqual(told)
    expect(await world.keys(`access/account%${account}%`)).toEqual([
      `access/account%${account}%role:Auditor%inspectors%GROUP%foreign`,
    ])
  })

  test('that was taken away goes from foreign/ and access/, and history says so', async () => {
    const { world, application, ofGroup, keys } = await seen()
    world.accountAccess.deleteEntitlement(application, ofGroup)
    await night(world)
    expect(await world.keys('foreign/')).toEqual(keys.slice(1))
    expect(await world.keys(`access/account%${account}%`)).toEqual([])
    expect((await world.keys('changes/')).filter((key) => key.includes('foreign-gone'))).toEqual([
      expect.stringContaining(`%foreign-gone%account%${account}%role:Auditor%auditors%GROUP%ssofile`),
    ])
    expect(await run(world)).toMatchObject({ foreign: 0, gone: 1 })
  })

  test('goes with the whole instance', async () => {
    const { world, application } = await seen()
    world.accountAccess.deleteApplication(application)
    await night(world)
    expect(await world.keys('foreign/')).toEqual([])
    expect(await run(world)).toMatchObject({ open: [], gone: 2, roles: { state: 'not used' } })
  })

  test('is put back under access/ by a sweep', async () => {
    const { world } = await seen()
    const before = await world.keys('access/')
    for (const key of before) await world.objects.delete(key)
    await world.objects.put(`access/account%${account}%role:Gone%auditors%GROUP%foreign`, '')
    await world.finish(world.everyFiveMinutes())
    expect(await world.keys('access/')).toEqual(before)
  })
})

describe('where account access manager does not answer', () => {
  test('an organization that does not use it is asked once a night, and nothing is recorded', async () => {
    const world = open()
    await night(world)
    expect(world.accountAccessCalls).toEqual(['ListApplications'])
    expect(await run(world)).toMatchObject({ open: [], roles: { state: 'not used' } })
  })

  test('a Region that does not offer it is told so, and the check ends all the same', async () => {
    const world = open({ isAccountAccessOffered: false })
    await night(world)
    expect(world.accountAccessCalls).toEqual([])
    expect(await run(world)).toMatchObject({ open: [], roles: { state: 'not offered' } })
  })

  const denied = new ServiceError('account-access', 'AccessDeniedException', 'not authorized')
  const silent = new ServiceError('account-access', 'NoAnswer', 'account-access did not answer')
  test.each([
    { what: 'its instances may not be listed', operation: 'listApplications', error: denied },
    { what: 'it does not answer', operation: 'listApplications', error: silent },
  ])('nothing is forgotten where $what, and the check ends and says why', async ({ operation, error }) => {
    const trouble = { isOn: false }
    const { world, keys } = await seen({
      interceptor: async (call) => {
        if (trouble.isOn && call.port === 'accountAccess' && call.operation === operation) throw error
        return call.proceed()
      },
    })
    trouble.isOn = true
    await night(world)
    expect(await world.keys('foreign/')).toEqual(keys)
    expect(await run(world)).toMatchObject({ open: [], gone: 0, roles: { state: 'not known', why: error.message } })
  })

  test('a listing that breaks off in the middle removes nothing', async () => {
    const trouble = { isOn: false }
    const { world, keys } = await seen({
      interceptor: async (call) => {
        if (!trouble.isOn || call.operation !== 'listEntitlements') return call.proceed()
        const [, , nextToken] = call.args
        if (nextToken !== undefined) throw silent
        return { items: [], nextToken: 'more' }
      },
    })
    trouble.isOn = true
    await night(world)
    expect(await world.keys('foreign/')).toEqual(keys)
    trouble.isOn = false
    await night(world)
    expect(await world.keys('foreign/')).toEqual(keys)
  })

  test('what a listing lacks is looked for by itself before it is forgotten', async () => {
    const trouble = { isOn: false }
    const { world, keys } = await seen({
      interceptor: async (call) => {
        const answer = await call.proceed()
        if (!trouble.isOn || call.operation !== 'listEntitlements') return answer
        return JSON.stringify(call.args).includes('roleArn') ? answer : { items: [] }
      },
    })
    trouble.isOn = true
    await night(world)
    expect(await world.keys('foreign/')).toEqual(keys)
  })
})

describe('what somebody gives or takes by account access manager, of which CloudTrail tells,', () => {
  async function hear(world: World, eventName: string, requestParameters: object): Promise<void> {
    const id = world.ports.randomness.id()
    const eventTime = world.clock.now().toISOString()
    const userIdentity = { type: 'IAMUser', userName: 'eve' }
    const detail = { eventSource: 'account-access.amazonaws.com', eventName, eventID: id, eventTime, userIdentity }
    const event = {
      'detail-type': 'AWS API Call via CloudTrail',
      detail: { ...detail, requestParameters, responseElements: null },
    }
    await world.queues.send('events', [{ body: JSON.stringify(event) }])
    await world.clock.advance(1_000)
    await world.finish(world.slice())
  }
  const given = (world: World) => ({
    entitlement: {
      principalRole: {
        principal: { identityCenter: { groupId: idOf(world, 'auditors') } },
        roleArn: roleIn(account),
      },
    },
  })

  test('stands in foreign/ and access/ at once, with who gave it in history, and leaves them at once', async () => {
    const world = open()
    const application = world.accountAccess.createApplication()
    const entitlement = give(world, application, account, 'GROUP', 'auditors')
    await hear(world, 'CreateEntitlement', given(world))
    const name = `account%${account}%role:Auditor%${idOf(world, 'auditors')}%GROUP`
    expect(await world.keys('foreign/')).toEqual([`foreign/${name}`])
    expect(await world.keys('access/')).toEqual([`access/account%${account}%role:Auditor%auditors%GROUP%foreign`])
    const [found] = await world.keys(`history/${name}/`)
    expect(await world.json(found ?? '')).toMatchObject({ event: 'foreign-found', by: { name: 'eve' } })
    world.accountAccess.deleteEntitlement(application, entitlement)
    await world.clock.advance(31_000)
    await hear(world, 'DeleteEntitlement', { entitlementId: entitlement })
    expect([await world.keys('foreign/'), await world.keys('access/')]).toEqual([[], []])
    expect(world.errors).toEqual([])
  })

  test('is looked at once for many events, and once more half a minute later', async () => {
    const world = open()
    const application = world.accountAccess.createApplication()
    give(world, application, account, 'GROUP', 'auditors')
    for (let count = 0; count < 100; count++) {
      const id = `forged-${count}`
      const detail = { eventSource: 'account-access.amazonaws.com', eventName: 'CreateEntitlement', eventID: id }
      const more = {
        eventTime: world.clock.now().toISOString(),
        requestParameters: given(world),
        responseElements: null,
      }
      await world.queues.send('events', [{ body: JSON.stringify({ detail: { ...detail, ...more } }) }])
    }
    await world.clock.advance(2_000)
    await world.finish(world.slice())
    const calls = () => world.accountAccessCalls.filter((name) => name === 'ListEntitlements').length
    expect(calls()).toBe(1)
    await world.clock.advance(31_000)
    await world.finish(world.slice())
    expect(calls()).toBe(2)
    await world.clock.advance(31_000)
    await world.finish(world.slice())
    expect(calls()).toBe(2)
  })

  test('is not concluded from an event where the service is not offered, and nothing is tried again', async () => {
    const world = open({ isAccountAccessOffered: false })
    await hear(world, 'CreateEntitlement', given(world))
    await world.clock.advance(31_000)
    await world.finish(world.slice())
    expect([await world.keys('foreign/'), await world.keys('state/open/'), world.errors]).toEqual([[], [], []])
  })
})
