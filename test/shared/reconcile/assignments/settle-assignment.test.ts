import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetArn } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import type { AssignmentTarget } from '../../../../shared/ports/sso-admin.ts'
import { PrincipalNames } from '../../../../shared/reconcile/records/principal-names.ts'
import { type Interceptor, intercept, noAnswer } from '../../../intercept.ts'
import { Settling } from '../../../settling.ts'
import { acme, World } from '../../../world.ts'

const billing = readFileSync(new URL('../../../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))
const account = '233000000002'
const kenji = 'kenji.ito@acme.example'
const name = `account%${account}%Billing-ps%team-Accountants%GROUP%ssofile`
const link = `links_data/${name}`
const ledger = `assignments/${name}`
/** Its key, by the id of whoever has the name now. */
const ledgerOf = (world: World) => `assignments/${world.keyOf(link)}`

/** A world with the permission set in place and the handlers at work; slices are run by hand. */
async function open(interceptor: Interceptor = ({ proceed }) => proceed()): Promise<World> {
  const world = new World({
    organization: { ...acme(), assignments: [] },
    wrap: (ports) => intercept(ports, (call) => interceptor(call)),
  })
  world.start({ dispatcher: false })
  await world.objects.put('permission_sets/Billing-ps.json', billing)
  await world.look()
  await world.finish(world.slice())
  return world
}

function target(world: World, group = 'team-Accountants'): AssignmentTarget {
  const principalId = world.identityStore.idOf('GROUP', group)
  const arn = world.ssoAdmin.permissionSetArnOf('Billing-ps')
  if (!principalId || !arn) throw new Error('the fixture lacks what the test needs')
  return {
    accountId: accountId.parse(account),
    permissionSetArn: permissionSetArn.parse(arn),
    principalId,
    principalType: 'GROUP',
  }
}

async function settled(world: World): Promise<void> {
  await world.look()
  await world.finish(world.slice())
  await world.clock.advance(1_000)
}

async function history(world: World): Promise<(string | undefined)[]> {
  return (await world.keys(`history/${world.keyOf(link)}/`)).map((key) => key.split('%').at(-1)?.replace('.json', ''))
}

describe('access that is granted and revoked', () => {
  test('a link deleted between its evaluation and the ledger entry grants nothing, although its deletion found no entry', async () => {
    const world: World = await open(async ({ port, operation, args, proceed }) => {
      if (port === 'objects' && operation === 'put' && String(args[0]).startsWith(`assignments/account%${account}%`)) {
        await world.objects.delete(rootLink)
        // Long enough for the deletion to be looked at: the ledger has nothing of it yet.
        await world.clock.sleep(5_000)
      }
      return proceed()
    })
    const rootLink = 'links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile'
    await world.objects.put(rootLink, '')
    await settled(world)
    expect(await world.namedKeys('assignments/')).toEqual([])
    expect(world.ssoAdmin.assignments()).toEqual([])
    expect(await world.keys('status/links_data/')).toEqual([])
  })

  test.each([
    ['suspended by a file', (world: World) => world.objects.put(`suspended/${kenji}`, '')],
    [
      'disabled in the directory',
      async (world: World) => {
        const user = world.identityStore.idOf('USER', kenji)
        if (user) world.identityStore.setUserStatus(user, 'DISABLED')
      },
    ],
  ] as const)('a user who is %s between the evaluation and the ledger entry gets nothing', async (_, end) => {
    let ended = 0
    const world: World = await open(async ({ port, operation, args, proceed }) => {
      const isClaim = port === 'objects' && operation === 'put' && String(args[0]).startsWith('assignments/account%')
      if (isClaim && ended++ === 0) {
        await end(world)
        // Long enough for the end to be looked at: the ledger has nothing of the user yet.
        await world.clock.sleep(60_000)
      }
      return proceed()
    })
    await world.objects.put(`links_data/account%${account}%Billing-ps%${kenji}%USER%ssofile`, '')
    await settled(world)
    await world.clock.advance(120_000)
    expect(ended).toBeGreaterThan(0)
    expect(await world.namedKeys('assignments/')).toEqual([])
    expect(world.ssoAdmin.assignments()).toEqual([])
  })

  test('a link uploaded while S3 takes a minute to say that another one is gone keeps the access', async () => {
    let revocations = 0
    let reads = Number.NEGATIVE_INFINITY
    const world: World = await open(async ({ operation, args, proceed }) => {
      if (operation === 'deleteAccountAssignment') revocations++
      // The second look, before the revocation.
      if (operation === 'get' && args[0] === link && ++reads === 2) {
        await world.clock.sleep(10_000)
        await world.objects.put(rootLink, '')
        await world.clock.sleep(50_000)
      }
      return proceed()
    })
    const rootLink = 'links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile'
    await world.objects.put(link, '')
    await settled(world)
    await world.objects.delete(link)
    reads = 0
    await settled(world)
    expect(reads).toBeGreaterThanOrEqual(2)
    expect(revocations).toBe(0)
    expect(world.ssoAdmin.assignments()).toContainEqual(target(world))
    expect(await history(world)).not.toContain('revoked')
  })

  test('a deletion that is still in progress when the link comes back is not taken for access', async () => {
    const world = await open()
    await world.objects.put(link, '')
    await settled(world)
    // The answer to the deletion is lost with the dispatcher that made it; the request takes ten minutes.
    await world.ssoAdmin.deleteAccountAssignment(target(world))
    const stored = await world.json(ledger)
    await world.objects.put(
      ledgerOf(world),
      JSON.stringify({
        ...stored,
        state: 'revoking',
        call: { kind: 'deletion', calledAt: world.clock.now().toISOString() },
      }),
    )
    await world.objects.put(link, '', undefined, { 'ssofile-rebind': world.clock.now().toISOString() })
    await settled(world)
    await world.clock.advance(60_000)
    expect(world.ssoAdmin.isAssigned(target(world))).toBe(true)
    expect(await world.json(ledger)).toMatchObject({ state: 'granted' })
  })

  test('access that someone made after our creation had failed for good is left alone when the link goes', async () => {
    let isRefused = true
    const world = await open(async ({ operation, proceed }) => {
      if (operation === 'createAccountAssignment' && isRefused) {
        throw new ServiceError('sso-admin', 'AccessDeniedException', 'no')
      }
      return proceed()
    })
    await world.objects.put(link, '')
    await settled(world)
    expect(await world.json(ledger)).toMatchObject({ state: 'failed' })
    await world.clock.advance(5 * 60_000)
    world.ssoAdmin.addAssignment(target(world))
    isRefused = false
    await world.objects.delete(link)
    await settled(world)
    expect(world.ssoAdmin.isAssigned(target(world))).toBe(true)
    expect(await world.namedKeys('assignments/')).toEqual([])
    expect(await world.namedKeys('foreign/')).toEqual([`foreign/${name}`])
  })

  test('access that someone made after our creation had failed for good counts as foreign while the link is there', async () => {
    let isRefused = true
    const world = await open(async ({ operation, proceed }) => {
      if (operation === 'createAccountAssignment' && isRefused) {
        throw new ServiceError('sso-admin', 'AccessDeniedException', 'no')
      }
      return proceed()
    })
    await world.objects.put(link, '')
    await settled(world)
    await world.clock.advance(5 * 60_000)
    world.ssoAdmin.addAssignment(target(world))
    isRefused = false
    await world.objects.put(link, '')
    await settled(world)
    expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'applied', owned: false })
    expect(await world.namedKeys('assignments/')).toEqual([])
  })

  test('an uploaded link looks again for access that was foreign and is gone, although empty files share one etag', async () => {
    const world = await open()
    world.ssoAdmin.addAssignment(target(world))
    await world.objects.put(link, '')
    await settled(world)
    expect(await world.json(`status/${link}.json`)).toMatchObject({ owned: false })
    await world.objects.delete(link)
    await settled(world)
    world.ssoAdmin.removeAssignment(target(world))
    await world.clock.advance(5_000)
    await world.objects.put(link, '')
    await settled(world)
    expect(world.ssoAdmin.isAssigned(target(world))).toBe(true)
    expect(await world.json(ledger)).toMatchObject({ state: 'granted' })
    expect(await world.namedKeys('foreign/')).toEqual([])
  })

  test('history tells of access that went while it was being revoked and came back with its link', async () => {
    const world = await open()
    await world.objects.put(link, '')
    await settled(world)
    const stored = await world.json(ledger)
    world.ssoAdmin.removeAssignment(target(world))
    const call = {
      kind: 'deletion',
      calledAt: world.clock.now().toISOString(),
      answeredAt: world.clock.now().toISOString(),
      outcome: 'SUCCEEDED',
    }
    await world.objects.put(ledgerOf(world), JSON.stringify({ ...stored, state: 'revoking', call }))
    await world.clock.advance(1_000)
    await world.objects.put(link, '', undefined, { 'ssofile-rebind': world.clock.now().toISOString() })
    await settled(world)
    expect(await history(world)).toEqual(['granted', 'revoked', 'granted'])
  })

  test('an entry whose creation was never answered keeps its retry while the group is missing', async () => {
    const world = await open()
    const { principalId, permissionSetArn: arn } = target(world)
    const call = { kind: 'creation', calledAt: world.clock.now().toISOString() }
    const key = ledgerOf(world)
    await new PrincipalNames(world.objects).note({
      type: 'GROUP',
      id: principalId,
      name: principalName.parse('team-Accountants'),
    })
    await world.identityStore.deleteGroup(principalId)
    await world.objects.put(
      key,
      JSON.stringify({
        v: 1,
        state: 'granting',
        principal: 'team-Accountants',
        principalId,
        permissionSetArn: arn,
        links: [],
        call,
        lastCreation: call,
        attempts: 0,
        updatedAt: call.calledAt,
      }),
    )
    await world.objects.put(link, '')
    await settled(world)
    expect(await world.keys('state/open/')).toHaveLength(1)
    expect(await world.json(key)).toMatchObject({ state: 'granting' })
    expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'waiting' })
  })

  test('the ledger forgets an unanswered creation only when 15 minutes are over', async () => {
    const world = await open(async ({ operation, proceed }) => {
      if (operation === 'createAccountAssignment') throw noAnswer('CreateAccountAssignment')
      return proceed()
    })
    await world.objects.put(link, '')
    const startedAt = world.clock.now().getTime()
    await world.look()
    const slice = world.slice()
    await world.clock.advance(60_000)
    await world.objects.delete(link)
    await world.finish(slice)
    while ((await world.namedKeys('assignments/')).length > 0) {
      expect(world.clock.now().getTime() - startedAt).toBeLessThan(40 * 60_000)
      await world.clock.advance(30_000)
      await world.finish(world.slice())
    }
    expect(world.clock.now().getTime() - startedAt).toBeGreaterThanOrEqual(15 * 60_000)
  })

  test('a stuck revocation on a suspended account is not called again every hour', async () => {
    const world = await open()
    await world.objects.put(link, '')
    await settled(world)
    world.organizations.suspendAccount(accountId.parse(account))
    await world.objects.delete(link)
    await settled(world)
    expect(await world.json(ledger)).toMatchObject({ state: 'stuck' })
    const before = world.calls.filter((call) => call === 'DeleteAccountAssignment').length
    await world.finish(world.everyHour())
    await settled(world)
    expect(world.calls.filter((call) => call === 'DeleteAccountAssignment')).toHaveLength(before)
  })

  test('a link that waits for its group still says so after a look at a revocation that is stuck elsewhere', async () => {
    const world = await open()
    const root = 'links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile'
    await world.objects.put(root, '')
    await settled(world)
    const { principalId } = target(world)
    const key = ledgerOf(world)
    world.organizations.suspendAccount(accountId.parse(account))
    await world.finish(world.everyHour())
    await settled(world)
    await world.identityStore.deleteGroup(principalId)
    await world.objects.put(root, '', undefined, { 'ssofile-rebind': world.clock.now().toISOString() })
    await settled(world)
    expect(await world.json(`status/${root}.json`)).toMatchObject({ state: 'waiting' })
    const [, , permissionSet, principal, type] = name.split('%')
    const hint = { v: 1, kind: 'assignment', account, permissionSet, principal, type, cause: 'reconcile' }
    await world.queues.send('work', [{ body: JSON.stringify(hint), groupId: account, deduplicationId: 'look' }])
    await world.finish(world.slice())
    expect(await world.json(key)).toMatchObject({ state: 'stuck' })
    expect(await world.json(`status/${root}.json`)).toMatchObject({ state: 'waiting' })
  })

  test('a revocation that was stuck goes on after the account is reinstated', async () => {
    const world = await open()
    await world.objects.put(link, '')
    await settled(world)
    world.organizations.suspendAccount(accountId.parse(account))
    await world.objects.delete(link)
    await settled(world)
    world.organizations.reinstateAccount(accountId.parse(account))
    await world.finish(world.everyHour())
    await settled(world)
    expect(await world.namedKeys('assignments/')).toEqual([])
    expect(world.ssoAdmin.assignments()).toEqual([])
  })

  test('what was stuck is granted again when the account is reinstated and the link is back', async () => {
    const world = await open()
    await world.objects.put(link, '')
    await settled(world)
    world.organizations.suspendAccount(accountId.parse(account))
    await world.objects.delete(link)
    await settled(world)
    await world.objects.put(link, '')
    await settled(world)
    await world.clock.advance(3 * 3_600_000)
    await world.finish(world.everyHour())
    await settled(world)
    world.organizations.reinstateAccount(accountId.parse(account))
    await world.clock.advance(3_600_000)
    await world.finish(world.everyHour())
    await settled(world)
    expect(await world.json(ledger)).toMatchObject({ state: 'granted' })
    expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'applied' })
  })
})

describe('an assignment that is looked at', () => {
  /** As an event has it looked at that says nothing of what the links say. */
  async function lookAt(world: World): Promise<void> {
    const hint = { v: 1, kind: 'assignment', account, permissionSet: 'Billing-ps', type: 'GROUP', cause: link }
    const body = JSON.stringify({ ...hint, principal: 'team-Accountants' })
    await world.queues.send('work', [{ body, groupId: account, deduplicationId: world.ports.randomness.id() }])
    await settled(world)
  }

  test('and that no link and no entry knows is done with, and leaves nothing', async () => {
    const world = await open()
    await lookAt(world)
    expect(world.queues.queue('work').counts()).toEqual({ visible: 0, inFlight: 0 })
    for (const prefix of ['assignments/', 'status/links_data/', 'state/open/', 'attention/'])
      expect(await world.keys(prefix)).toEqual([])
    expect(world.errors).toEqual([])
  })

  test('stays where the account has moved to what another link grants, though the view does not know it yet', async () => {
    const world = await open()
    await world.objects.put(link, '')
    await settled(world)
    await world.organizations.moveAccount(accountId.parse(account), 'ou-acme-wrk3fina', 'ou-acme-sec10000')
    await world.objects.put('links_data/ou_id%ou-acme-sec10000%Billing-ps%team-Accountants%GROUP%ssofile', '')
    await world.objects.delete(link)
    await settled(world)
    expect(world.ssoAdmin.isAssigned(target(world))).toBe(true)
    expect(await world.json(ledger)).toMatchObject({
      state: 'granted',
      links: [{ key: expect.stringMatching(/ou-acme-sec10000/) }],
    })
    expect(world.calls).not.toContain('DeleteAccountAssignment')
  })
})

describe('principals that change', () => {
  const otherName = `account%${account}%Billing-ps%team-Bookkeepers%GROUP%ssofile`

  test('a group that was renamed keeps its access when a link names it by its present name', async () => {
    const world = await open()
    await world.objects.put(link, '')
    await settled(world)
    const before = target(world)
    await world.identityStore.updateGroup(before.principalId, [{ path: 'displayName', value: 'team-Bookkeepers' }])
    await world.objects.put(`links_data/${otherName}`, '')
    await world.objects.delete(link)
    await world.clock.advance(90_000)
    await settled(world)
    expect(world.calls.filter((call) => call === 'DeleteAccountAssignment')).toEqual([])
    expect(world.ssoAdmin.isAssigned(before)).toBe(true)
    expect(await world.namedKeys('assignments/')).toEqual([`assignments/${otherName}`])
    expect(await world.namedKeys('foreign/')).toEqual([])
    await world.objects.delete(`links_data/${otherName}`)
    await settled(world)
    expect(world.ssoAdmin.assignments()).toEqual([])
    expect(await world.namedKeys('assignments/')).toEqual([])
  })

  test('a group that was deleted and made again gets access under its new id when its link is asked to count as new; the former goes after its grace', async () => {
    const world = await open()
    await world.objects.put(link, '')
    await settled(world)
    const former = target(world)
    const formerKey = ledgerOf(world)
    await world.identityStore.deleteGroup(former.principalId)
    await world.identityStore.createGroup({ displayName: 'team-Accountants' })
    await world.clock.advance(90_000)
    await world.objects.put(link, '', undefined, { 'ssofile-rebind': world.clock.now().toISOString() })
    await settled(world)
    expect(world.ssoAdmin.isAssigned(target(world))).toBe(true)
    expect(await world.json(ledger)).toMatchObject({ state: 'granted', principalId: target(world).principalId })
    expect(await world.json(formerKey)).toMatchObject({ state: 'granted', orphanedAt: expect.any(String) })
    expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'applied' })
    await world.clock.advance(60 * 60_000)
    await settled(world)
    expect(world.ssoAdmin.assignments()).toEqual([target(world)])
  })
})

describe('a link to a user', () => {
  const userName = 'kenji.ito@acme.example'
  const userLink = `links_data/account%${account}%Billing-ps%${userName}%USER%ssofile`

  async function replaceUser(world: World): Promise<void> {
    const id = world.identityStore.idOf('USER', userName)
    if (id) await world.identityStore.deleteUser(id)
    await world.identityStore.createUser({ userName })
    await world.clock.advance(90_000)
  }

  test('is bound to the user that it was first applied to: a new user of that name waits until somebody asks for him', async () => {
    const world = await open()
    await world.objects.put(userLink, '')
    await settled(world)
    const first = world.identityStore.idOf('USER', userName)
    expect(await world.json(`status/${userLink}.json`)).toMatchObject({ state: 'applied', principalId: first })
    await replaceUser(world)
    // The same upload again, as a reconcile or a repeated event has it looked at.
    await world.queues.send('work', [
      {
        body: JSON.stringify({
          v: 1,
          kind: 'assignment',
          account,
          permissionSet: 'Billing-ps',
          principal: userName,
          type: 'USER',
          cause: userLink,
        }),
        groupId: account,
        deduplicationId: 'again',
      },
    ])
    await settled(world)
    const second = world.identityStore.idOf('USER', userName)
    expect(world.ssoAdmin.assignments().map(({ principalId }) => principalId)).not.toContain(second)
    expect(await world.json(`status/${userLink}.json`)).toMatchObject({
      state: 'waiting',
      principalId: first,
      remedy: expect.stringMatching(/ssofile touch.* --rebind/),
    })
    await world.clock.advance(5_000)
    await world.objects.put(userLink, '')
    await settled(world)
    expect(await world.json(`status/${userLink}.json`)).toMatchObject({ state: 'waiting', principalId: first })
    await world.objects.put(userLink, '', undefined, { 'ssofile-rebind': world.clock.now().toISOString() })
    await settled(world)
    const holders = () => world.ssoAdmin.assignments().map(({ principalId }) => principalId)
    expect(holders()).toContain(second)
    expect(await world.json(`status/${userLink}.json`)).toMatchObject({ state: 'applied', principalId: second })
    // The one that is gone has its grace, as everyone who is gone.
    await world.clock.advance(61 * 60_000)
    await world.finish(world.everyHour())
    await settled(world)
    expect(holders()).toEqual([second])
  })

  test('does not reach a new user of that name in an account that joins later', async () => {
    const world = await open()
    const everywhere = `links_data/ou_id%ou-acme-wrk3fina%Billing-ps%${userName}%USER%ssofile`
    await world.objects.put(everywhere, '')
    await settled(world)
    const first = world.identityStore.idOf('USER', userName)
    const count = world.ssoAdmin.assignments().length
    expect(count).toBeGreaterThan(0)
    await replaceUser(world)
    await world.organizations.moveAccount(accountId.parse('210000000001'), 'ou-acme-sec10000', 'ou-acme-wrk3fina')
    await world.finish(world.everyHour())
    await settled(world)
    expect(new Set(world.ssoAdmin.assignments().map(({ principalId }) => principalId))).toEqual(new Set())
    expect(await world.json(`status/${everywhere}.json`)).toMatchObject({ state: 'waiting', principalId: first })
  })
})

describe('a ledger entry that nobody can read', () => {
  test('keeps its access as it is, whatever the links say, and is told to them and in the log', async () => {
    for (const isWanted of [true, false]) {
      const bench = new Settling()
      bench.world.ssoAdmin.addAssignment(bench.target())
      await bench.world.objects.put(bench.ledgerKey, '{oops')
      if (isWanted) await bench.upload()
      const reason = expect.stringMatching(
        /^assignments\/.*; otherwise restore the previous version of the object; if the bucket keeps no versions/,
      )
      expect(await bench.settle()).toEqual({ result: 'open', reason, links: isWanted ? [bench.link] : [] })
      expect(bench.world.ssoAdmin.isAssigned(bench.target())).toBe(true)
      expect(bench.world.calls.filter((call) => /^(Create|Delete)/.test(call))).toEqual([])
      expect(bench.world.log.lines).toContainEqual({
        level: 'error',
        message: 'a ledger entry cannot be read; ssofile grants and revokes nothing there',
        fields: { error: expect.objectContaining({ name: 'SpoiledObjectError' }) },
      })
    }
  })

  test('and what cannot be read at all stop the evaluation', async () => {
    const bench: Settling = new Settling({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'get' && args[0] === bench.ledgerKey) throw noAnswer('GetObject')
        return proceed()
      },
    })
    await expect(bench.settle()).rejects.toThrow('was not answered')
  })
})

describe('the status of a link that nobody can read', () => {
  test('keeps no access of a group from being granted or revoked: it says no more than who did what', async () => {
    const bench = new Settling()
    await bench.upload()
    await bench.world.objects.put(`status/${bench.link}.json`, '{oops')
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    await bench.world.objects.delete(bench.link)
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
    expect(bench.world.ssoAdmin.assignments()).toEqual([])
    expect(await bench.history()).toEqual(['granted', 'revoked'])
  })

  test('grants nothing to a user, whom it may not name, and keeps no access from being revoked', async () => {
    const bench = new Settling({}, 'kenji.ito@acme.example', 'USER')
    const uploaded = await bench.upload()
    await bench.world.objects.put(`status/${bench.link}.json`, '{oops')
    await expect(bench.settle()).rejects.toThrow('restore the object')
    expect(bench.calls('CreateAccountAssignment')).toBe(0)
    bench.world.ssoAdmin.addAssignment(bench.target())
    await bench.own({ links: [uploaded], grantedAt: uploaded.lastModified })
    await bench.world.objects.delete(bench.link)
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
    expect(bench.world.ssoAdmin.assignments()).toEqual([])
  })
})

test('an assignment that no link and no entry knows is absent, and concerns nobody', async () => {
  expect(await new Settling().settle()).toEqual({ result: 'absent', links: [], lacks: new Map() })
})

test('an account that the view has elsewhere keeps its access where it really is', async () => {
  const bench = new Settling()
  const ofUnit = 'links_data/ou_id%ou-acme-wrk3fina%Billing-ps%team-Accountants%GROUP%ssofile'
  await bench.upload(ofUnit)
  await bench.settle()
  const view = await bench.world.json('state/organization.json')
  const moved = JSON.stringify(view).replaceAll('ou-acme-wrk3fina', 'ou-acme-wrk3shop')
  await bench.world.objects.put('state/organization.json', moved)
  expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
  expect(bench.calls('DeleteAccountAssignment')).toBe(0)
})

describe('an account that has moved to another OU, while the view still has it in the old one', () => {
  const oldUnit = 'links_data/ou_id%ou-acme-wrk3fina%Billing-ps%team-Accountants%GROUP%ssofile'
  const newUnit = 'links_data/ou_id%ou-acme-sec10000%Billing-ps%team-Accountants%GROUP%ssofile'
  const refused = {
    kind: 'creation' as const,
    calledAt: '2026-03-03T09:00:00.000Z',
    answeredAt: '2026-03-03T09:00:00.000Z',
    outcome: 'FAILED' as const,
  }

  test.each([
    ['an entry whose creation was refused', { state: 'failed', call: refused }],
    ['an entry that never had a call', { state: 'failed' }],
    ['an entry whose creation got no answer', { state: 'granting', call: { ...refused, outcome: undefined } }],
  ] as const)('is granted what a link of the new OU grants, once, where it has %s', async (_, entry) => {
    const bench = new Settling()
    const link = await bench.upload(oldUnit)
    // The view is made.
    expect(await bench.settle()).toMatchObject({ result: 'applied' })
    bench.world.ssoAdmin.removeAssignment(bench.target())
    const lastCreation = 'call' in entry && entry.state === 'granting' ? entry.call : undefined
    await bench.own({ ...entry, lastCreation, links: [link] })
    await bench.world.organizations.moveAccount(bench.account, 'ou-acme-wrk3fina', 'ou-acme-sec10000')
    await bench.world.objects.delete(oldUnit)
    await bench.upload(newUnit)
    const before = { creations: bench.calls('CreateAccountAssignment'), looks: bench.calls('ListAccountAssignments') }
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect(await bench.entry()).toMatchObject({ state: 'granted', links: [{ key: newUnit }] })
    expect(bench.world.ssoAdmin.isAssigned(bench.target())).toBe(true)
    expect(bench.calls('CreateAccountAssignment') - before.creations).toBe(1)
    expect(bench.calls('ListAccountAssignments') - before.looks).toBeLessThanOrEqual(2)
    expect(await bench.world.keys('state/open/')).toEqual([])
  })
})
