import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import * as z from 'zod'
import { type DriftHint, type Hint, hint as hintSchema, isDriftHint } from '../../../../shared/domain/messages/hint.ts'
import { type AccountId, accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import {
  type PrincipalId,
  principalId as principalIdSchema,
} from '../../../../shared/domain/principals/identity-center-ids.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { limitSsoAdmin } from '../../../../shared/reconcile/calls/limited-sso-admin.ts'
import { RateLimiter } from '../../../../shared/reconcile/calls/rate-limiter.ts'
import { DriftCheck } from '../../../../shared/reconcile/drift/check-drift.ts'
import { beginDriftRun, closeUnit } from '../../../../shared/reconcile/drift/drift-run.ts'
import type { Interceptor } from '../../../intercept.ts'
import { Settling, type SettlingOptions } from '../../../settling.ts'

const nine = '2026-03-03T09:00:00.000Z'
const billing = permissionSetName.parse('Billing-ps')
const whole: DriftHint = { v: 1, kind: 'drift', run: 'tonight', unit: 'whole', cause: 'drift' }
const part = { v: 1, run: 'tonight', cause: 'drift' } as const
const none = { checked: 0, missing: 0, foreign: 0, gone: 0, calls: 0 }
const idOf = (index: number) => principalIdSchema.parse(`00000000-0000-4000-8000-${String(index).padStart(12, '0')}`)
const place = (index: number) => String(300_000_000_000 + index)
const denied = new ServiceError('sso-admin', 'AccessDeniedException', 'User is not authorized')
const throttled = new ServiceError('sso-admin', 'ThrottlingException', 'Rate exceeded')

/** The acme organization, where tonight's drift check has begun, and its parts without queue or dispatcher. */
async function open(options: SettlingOptions = {}) {
  const bench = new Settling(options)
  const { world } = bench
  await beginDriftRun(world.ports, 'tonight')
  /** Works on these parts in one slice, with what happens in between, and answers the links to be told. */
  const work = (...parts: readonly (DriftHint | (() => Promise<unknown>))[]) =>
    bench.within(async (context) => {
      const { log, clock } = context
      const limiter = new RateLimiter(clock, 20)
      const drift = new DriftCheck({
        ...context,
        openBackground: (background) =>
          limitSsoAdmin(context, limiter, { mayStart: () => true, holdsLease: () => true, background }),
      })
      const links: string[] = []
      for (const one of parts) {
        if (typeof one === 'function') await one()
        else links.push(...(await drift.work(one, { log, pulledMs: clock.monotonicMs() })))
      }
      return links
    })
  /** This part is open, and worked on. */
  const workOn = async (unit: DriftHint) => {
    await closeUnit(world.objects, whole, none, [unit.unit])
    return work(unit)
  }
  const hints = (): readonly Hint[] =>
    (['work-urgent', 'work', 'work-bulk'] as const).flatMap((lane) =>
      world.queues
        .queue(lane)
        .messages()
        .map(({ body }) => hintSchema.parse(JSON.parse(body))),
    )
  const parts = () => hints().filter(isDriftHint)
  const run = () => world.json('state/drift.json')
  const calls = async (act: () => Promise<unknown>) => {
    const before = world.calls.length
    await act()
    return world.calls.slice(before)
  }
  return { bench, world, work, workOn, hints, parts, run, calls }
}

function failing(operation: string, error: Error, times = Number.POSITIVE_INFINITY): Interceptor {
  let left = times
  return async (call) => {
    if (call.operation === operation && left-- > 0) throw error
    return call.proceed()
  }
}

test('a drift check that begins in the same slice as one before knows the permission sets that were made since', async () => {
  const { world, work, parts } = await open()
  const made = permissionSetName.parse('Made-ps')
  const make = async () => {
    await world.ssoAdmin.createPermissionSet({ name: made, sessionDuration: 'PT1H', tags: [] })
    await beginDriftRun(world.ports, 'again')
  }
  await work(whole, make, { ...whole, run: 'again' })
  const sets = parts().flatMap((one) => (one.kind === 'drift-of-permission-set' ? [`${one.run} ${one.unit}`] : []))
  expect(sets).toContain('again Made-ps')
  expect(sets).not.toContain('tonight Made-ps')
})

describe('a whole drift check', () => {
  test('is divided into ten principals at a time, and permission sets', async () => {
    const { bench, world, work, parts, run } = await open()
    const [gone, ...users] = [idOf(9), idOf(1), idOf(2)]
    await world.objects.put(`assignments/account%${place(1)}%Billing-ps%${users[0]}%USER`, '')
    await world.objects.put(`foreign/account%${place(1)}%Billing-ps%${users[1]}%USER`, '')
    await world.objects.put(`foreign/account%${place(1)}%Billing-ps%${gone}%GROUP`, '')
    expect(await work(whole)).toEqual([])
    const groups = (await world.identityStore.listPrincipals('GROUP')).items.map(({ id }) => id)
    const sorted = [...groups, gone].sort()
    expect(sorted.length).toBe(15)
    expect(parts()).toEqual([
      { ...part, kind: 'drift-of-principals', unit: 'GROUP 1', type: 'GROUP', principals: sorted.slice(0, 10) },
      { ...part, kind: 'drift-of-principals', unit: 'GROUP 2', type: 'GROUP', principals: sorted.slice(10) },
      {
        ...part,
        kind: 'drift-of-principals',
        unit: 'USER 1',
        type: 'USER',
        principals: users,
      },
      { ...part, kind: 'drift-of-permission-set', unit: 'Billing-ps', permissionSet: billing, isOnlyAxis: false },
    ])
    const units = ['GROUP 1', 'GROUP 2', 'USER 1', 'Billing-ps']
    expect(await run()).toMatchObject({ ...none, open: units, calls: 1 })
    expect(bench.calls('ListAccountAssignmentsForPrincipal')).toBe(1)
    expect(world.log.lines.map(({ message, fields }) => [message, fields])).toEqual([
      ['drift check begun', { run: 'tonight', byPrincipal: 17, byPermissionSet: 1, permissionSets: 1 }],
      ['a part of the drift check is done', { ...none, calls: 1, divided: 4, open: 4, roles: { state: 'not used' } }],
    ])
  })

  test('begins with what the night before left, also with a permission set that has its turn in another night', async () => {
    const { world, work, parts, run } = await open()
    for (let index = 0; index < 2_001; index++)
      await world.objects.put(`foreign/account%${place(index)}%Billing-ps%${idOf(1)}%USER`, '')
    const night = async () => {
      await world.clock.advance(24 * 3_600_000)
      await beginDriftRun(world.ports, 'tonight')
      const before = parts().length
      await work(whole)
      for (const unit of ['GROUP 1', 'GROUP 2', 'USER 1']) await closeUnit(world.objects, { ...whole, unit }, none)
      return parts()
        .slice(before)
        .map(({ unit }) => unit)
    }
    let units = await night()
    while (!units.includes('Billing-ps')) units = await night()
    expect(units).toEqual(['GROUP 1', 'GROUP 2', 'USER 1', 'Billing-ps'])
    expect(await night()).toEqual(['Billing-ps', 'GROUP 1', 'GROUP 2', 'USER 1'])
    expect(await run()).toMatchObject({ open: ['Billing-ps'] })
  })

  test('ends the same in any order of its parts, and when each is done twice', async () => {
    const end = async (order: (parts: readonly DriftHint[]) => readonly DriftHint[]) => {
      const { world, work, parts, run } = await open()
      await world.objects.put(`foreign/account%${place(1)}%Billing-ps%${idOf(1)}%USER`, '')
      await work(whole)
      const done = new Set<string>()
      for (;;) {
        const left = parts().filter(({ unit }) => !done.has(unit))
        if (left.length === 0) break
        await work(...order(left))
        await world.clock.advance(60_000)
        for (const { unit } of left) done.add(unit)
      }
      const { open: still, checked, missing, foreign, gone } = (await run()) ?? {}
      return { still, checked, missing, foreign, gone, keys: await world.keys('foreign/') }
    }
    const inOrder = await end((parts) => parts)
    expect(inOrder).toMatchObject({ still: [], foreign: expect.any(Number) })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { minLength: 10, maxLength: 10 }), async (weights) => {
        const shuffled = (parts: readonly DriftHint[]) =>
          [...parts, ...parts]
            .map((one, index) => ({ one, weight: weights[index % weights.length] ?? 0 }))
            .sort((a, b) => a.weight - b.weight)
            .map(({ one }) => one)
        expect(await end(shuffled)).toEqual(inOrder)
      }),
      { numRuns: 10 },
    )
  })

  test('is of all groups, whatever suffix the names in links leave out', async () => {
    const { world, work, parts } = await open({ configuration: { principalSuffix: '-x' } })
    for (const displayName of ['alpha-x', 'beta']) await world.identityStore.createGroup({ displayName })
    await work(whole)
    const groups = (await world.identityStore.listPrincipals('GROUP')).items.map(({ id }) => id)
    const listed = parts().flatMap((one) => (one.kind === 'drift-of-principals' ? one.principals : []))
    expect(listed).toEqual(groups.sort())
  })

  test('goes by permission sets only where listing by principal is refused, and says so', async () => {
    const { world, work, parts } = await open({ interceptor: failing('listAccountAssignmentsForPrincipal', denied) })
    await work(whole)
    expect(parts()).toEqual([
      { ...part, kind: 'drift-of-permission-set', unit: 'Billing-ps', permissionSet: billing, isOnlyAxis: true },
    ])
    expect(world.log.lines[0]?.fields).toMatchObject({ byPrincipal: 'refused', byPermissionSet: 1 })
  })

  test('goes by permission sets only where the directory has no group to try it with', async () => {
    const { bench, work, parts } = await open({
      interceptor: async ({ operation, proceed }) =>
        operation === 'listPrincipals' ? { items: [], nextToken: undefined } : proceed(),
    })
    await work(whole)
    expect(parts()).toMatchObject([{ unit: 'Billing-ps', isOnlyAxis: true }])
    expect(bench.calls('ListAccountAssignmentsForPrincipal')).toBe(0)
  })

  test('fails where nobody can say whether listing by principal is permitted', async () => {
    const { work, run } = await open({ interceptor: failing('listAccountAssignmentsForPrincipal', throttled) })
    await expect(work(whole)).rejects.toBe(throttled)
    expect(await run()).toMatchObject({ open: ['whole'] })
  })

  test.each([
    { places: 1_999, isRefused: false, nights: 7 },
    { places: 2_000, isRefused: false, nights: 1 },
    { places: 2_000, isRefused: true, nights: 7 },
  ])(
    'has the permission set in $nights of seven nights where it is in $places accounts (refused by principal: $isRefused)',
    async ({ places, isRefused, nights }) => {
      const { world, work, run } = await open(
        isRefused ? { interceptor: failing('listAccountAssignmentsForPrincipal', denied) } : {},
      )
      for (let index = 0; index < places; index++) {
        // Of one place more than one assignment is known: they are listed together.
        for (const prefix of ['assignments', 'foreign'])
          await world.objects.put(`${prefix}/account%${place(index)}%Billing-ps%${idOf(1)}%GROUP`, '')
      }
      let turns = 0
      for (let night = 0; night < 7; night++) {
        await beginDriftRun(world.ports, 'tonight')
        await work(whole)
        const units = z.array(z.string()).parse((await run())?.open)
        if (units.includes('Billing-ps')) turns++
        for (const unit of units) await closeUnit(world.objects, { ...whole, unit }, none)
        await world.clock.advance(24 * 3_600_000)
      }
      expect(turns).toBe(nights)
    },
    20_000,
  )

  test('is not done where another has begun', async () => {
    const { world, work, hints, calls } = await open()
    await beginDriftRun(world.ports, 'tomorrow')
    expect(await calls(() => work(whole))).toEqual([])
    expect(hints()).toEqual([])
  })

  test('asks once in a slice which permission sets there are, and again where that failed', async () => {
    const broken = new Error('a defect')
    const { bench, work } = await open({ interceptor: failing('listPermissionSets', broken, 1) })
    await bench.within(async (context) => {
      const { log, pulledMs, ssoAdmin } = context
      const drift = new DriftCheck({ ...context, openBackground: () => ssoAdmin })
      await expect(drift.work(whole, { log, pulledMs })).rejects.toBe(broken)
      await drift.work(whole, { log, pulledMs })
      await beginDriftRun(context, 'tonight')
      await drift.work(whole, { log, pulledMs })
    })
    expect(bench.calls('ListPermissionSets')).toBe(1)
    expect(await work(whole)).toEqual([])
  })
})

describe('the part of some principals', () => {
  const ofGroups = (...principals: PrincipalId[]): DriftHint => {
    return { ...part, kind: 'drift-of-principals', unit: 'GROUP 1', type: 'GROUP', principals }
  }
  const granted = { grantedAt: nine, state: 'granted' } as const

  test('finds what is missing and what is foreign of them, and nothing of others', async () => {
    const { bench, world, workOn, hints, run } = await open()
    await bench.own(granted)
    const [ours, theirs] = [bench.target().principalId, bench.target('team-Web').principalId]
    await world.objects.put(`assignments/account%${place(1)}%Billing-ps%${idOf(1)}%GROUP`, '')
    await world.objects.put(`assignments/account%${place(1)}%Billing-ps%${ours}%USER`, '')
    world.ssoAdmin.addAssignment(bench.target('team-Web'))
    expect(await workOn(ofGroups(ours, theirs))).toEqual([])
    expect(hints()).toEqual([
      {
        v: 1,
        kind: 'access',
        account: bench.account,
        permissionSet: billing,
        principalId: ours,
        type: 'GROUP',
        cause: 'drift',
      },
    ])
    expect(await world.namedKeys('foreign/')).toEqual([
      `foreign/account%${bench.account}%Billing-ps%team-Web%GROUP%ssofile`,
    ])
    const figures = { checked: 1, missing: 1, foreign: 1, gone: 0 }
    expect(await run()).toMatchObject({ ...figures, open: [], calls: expect.any(Number) })
    expect(world.log.lines.slice(-2).map(({ message, fields }) => [message, fields])).toEqual([
      ['a part of the drift check is done', { ...figures, calls: expect.any(Number), divided: 0, open: 0 }],
      [
        'the drift check has ended',
        { run: 'tonight', startedAt: '2026-03-03T10:00:00.000Z', ...figures, calls: expect.any(Number) },
      ],
    ])
  })

  test('is evaluated again by the next check, however soon that comes', async () => {
    const { bench, world, workOn, hints } = await open()
    await bench.own(granted)
    await workOn(ofGroups(bench.target().principalId))
    await beginDriftRun(world.ports, 'later')
    await closeUnit(world.objects, { ...whole, run: 'later' }, none, ['GROUP 1'])
    await bench.own(granted)
    await workOn({ ...ofGroups(bench.target().principalId), run: 'later' })
    expect(hints()).toHaveLength(2)
  })

  test('has the links told of what is only reported, and counts its calls', async () => {
    const { bench, workOn, hints, run, calls } = await open({ configuration: { onDrift: 'report' } })
    const link = await bench.upload()
    await bench.own({ ...granted, links: [link] })
    const told: string[] = []
    const made = await calls(async () => told.push(...(await workOn(ofGroups(bench.target().principalId)))))
    expect(told).toEqual([bench.link])
    expect(hints()).toEqual([])
    expect(await run()).toMatchObject({ missing: 1, calls: made.filter((call) => call.includes('Assignments')).length })
  })

  test('finds nothing missing where all is there, and takes off foreign/ what is gone', async () => {
    const { bench, world, workOn, run } = await open()
    await bench.own(granted)
    const target = bench.target()
    world.ssoAdmin.addAssignment(target)
    const { permissionSetArn } = target
    const { principalId } = bench.target('team-Web')
    const gone = { v: 1, principal: 'team-Web', principalId, permissionSetArn, links: [], seenAt: nine }
    await world.objects.put(`foreign/account%${place(1)}%Billing-ps%${principalId}%GROUP`, JSON.stringify(gone))
    await workOn(ofGroups(target.principalId, principalId))
    expect(await run()).toMatchObject({ checked: 1, missing: 0, foreign: 0, gone: 1 })
    expect(await world.namedKeys('foreign/')).toEqual([])
  })

  test('finds what a group has that is deleted', async () => {
    const { bench, world, workOn, run } = await open()
    const target = bench.target('team-Web')
    world.ssoAdmin.addAssignment(target)
    await world.identityStore.deleteGroup(target.principalId)
    await workOn(ofGroups(target.principalId, idOf(1)))
    expect(await world.namedKeys('foreign/')).toEqual([
      `foreign/account%${bench.account}%Billing-ps%${target.principalId}%GROUP`,
    ])
    expect(await run()).toMatchObject({ foreign: 1 })
  })

  test('does not take for a user’s own what the user has by a group', async () => {
    const { bench, world, workOn, run } = await open()
    const user = world.identityStore.idOf('USER', 'kenji.ito@acme.example')
    if (!user) throw new Error('the fixture has no such user')
    world.ssoAdmin.addAssignment(bench.target())
    await world.identityStore.createGroupMembership(bench.target().principalId, user)
    await workOn({ ...part, kind: 'drift-of-principals', unit: 'USER 1', type: 'USER', principals: [user] })
    expect(await run()).toMatchObject({ foreign: 0, open: [] })
    expect(bench.calls('ListAccountAssignmentsForPrincipal')).toBe(1)
  })
})

describe('the part of principals with more assignments than a part may list', () => {
  const large = idOf(7)
  const ofLarge: DriftHint = {
    ...part,
    kind: 'drift-of-principals',
    unit: 'GROUP 3',
    type: 'GROUP',
    principals: [large],
  }
  /** The listing of this principal never ends, unless it is about one account. */
  const endless: Interceptor = async ({ operation, args, proceed }) => {
    if (operation !== 'listAccountAssignmentsForPrincipal') return proceed()
    const [{ principalId }, , only] = listed.parse(args)
    return principalId === large && only?.accountId === undefined ? { items: [], nextToken: 'more' } : proceed()
  }
  const listed = z.tuple([
    z.object({ principalId: z.string() }),
    z.unknown(),
    z.object({ accountId: z.string().optional() }).optional(),
  ])

  test('is divided into single principals after 500 calls, and compares nothing', async () => {
    const { bench, world, workOn, parts, run } = await open({ interceptor: endless })
    const small = bench.target().principalId
    await bench.own({ grantedAt: nine, state: 'granted' })
    await workOn({ ...ofLarge, principals: [small, large] })
    expect(parts()).toEqual([
      { ...ofLarge, unit: 'GROUP 3 1', principals: [small] },
      { ...ofLarge, unit: 'GROUP 3 2', principals: [large] },
    ])
    expect(await run()).toMatchObject({ ...none, calls: 500, open: ['GROUP 3 1', 'GROUP 3 2'] })
    expect(world.log.lines.at(-1)?.fields).toMatchObject({ divided: 2 })
  })

  test('of one group is divided into the accounts of the organization, and those that should have it', async () => {
    const { world, workOn, parts } = await open({ interceptor: endless })
    const known = Array.from({ length: 100 }, (_, index) => accountId.parse(place(index)))
    for (const id of known) await world.objects.put(`assignments/account%${id}%Billing-ps%${large}%GROUP`, '')
    await world.objects.put(`assignments/account%${place(900)}%Billing-ps%${idOf(1)}%GROUP`, '')
    await workOn(ofLarge)
    const all = [...world.organizations.accountsNow().map(({ id }) => id), ...known].sort()
    expect(parts()).toEqual([
      { ...ofLarge, unit: 'GROUP 3 1', accounts: all.slice(0, 100) },
      { ...ofLarge, unit: 'GROUP 3 2', accounts: all.slice(100) },
    ])
  })

  test('of users takes a call for each known account after as many calls for the whole, because groups may make it long', async () => {
    const { bench, world, workOn, run, parts } = await open({ interceptor: endless })
    const { permissionSetArn } = bench.target()
    const own = { permissionSetArn, principalId: large, principalType: 'USER' } as const
    for (const id of [place(1), place(2)]) {
      await world.objects.put(`assignments/account%${id}%Billing-ps%${large}%USER`, '')
      world.ssoAdmin.addAssignment({ ...own, accountId: accountId.parse(id) })
    }
    const gone = { v: 1, principal: 'large', principalId: large, permissionSetArn, links: [], seenAt: nine }
    await world.objects.put(`foreign/account%${place(3)}%Billing-ps%${large}%USER`, JSON.stringify(gone))
    await world.objects.put(`assignments/account%${place(9)}%Billing-ps%${idOf(1)}%USER`, '')
    await workOn({ ...ofLarge, type: 'USER', principals: [large, idOf(1)] })
    expect(parts()).toEqual([])
    expect(await run()).toMatchObject({ checked: 3, gone: 1 })
    // The endless listing does not reach the model.
    expect(bench.calls('ListAccountAssignmentsForPrincipal')).toBe(1 + 3)
  })

  test('of users with very much access of their own is divided without a call, and one user into the known accounts', async () => {
    const { bench, world, workOn, parts } = await open({ interceptor: endless })
    const known = Array.from({ length: 251 }, (_, index) => accountId.parse(place(index)))
    for (const id of known) await world.objects.put(`foreign/account%${id}%Billing-ps%${large}%USER`, '')
    const ofUsers: DriftHint = { ...ofLarge, type: 'USER', principals: [idOf(1), large] }
    await workOn(ofUsers)
    expect(bench.calls('ListAccountAssignmentsForPrincipal')).toBe(0)
    const single = { ...ofUsers, unit: 'GROUP 3 2', principals: [large] }
    expect(parts()).toEqual([{ ...ofUsers, unit: 'GROUP 3 1', principals: [idOf(1)] }, single])
    await workOn(single)
    expect(parts().slice(2)).toEqual([
      { ...single, unit: 'GROUP 3 2 1', accounts: known.slice(0, 100) },
      { ...single, unit: 'GROUP 3 2 2', accounts: known.slice(100, 200) },
      { ...single, unit: 'GROUP 3 2 3', accounts: known.slice(200) },
    ])
  })

  test('finds what is missing and what is foreign in its accounts, and nothing of other accounts', async () => {
    const { bench, world, workOn, hints, run } = await open()
    await bench.own({ grantedAt: nine, state: 'granted' })
    const target = bench.target()
    await world.objects.put(`assignments/account%${place(1)}%Billing-ps%${target.principalId}%GROUP`, '')
    const other = accountId.parse('233000000001')
    for (const id of [other, accountId.parse('250000000003')])
      world.ssoAdmin.addAssignment({ ...target, accountId: id })
    await workOn({ ...ofLarge, principals: [target.principalId], accounts: [other, bench.account] })
    expect(await world.namedKeys('foreign/')).toEqual([
      `foreign/account%${other}%Billing-ps%${bench.principal}%GROUP%ssofile`,
    ])
    expect(hints()).toMatchObject([{ kind: 'access', account: bench.account }])
    expect(await run()).toMatchObject({ checked: 1, missing: 1, foreign: 1, open: [] })
    expect(bench.calls('ListAccountAssignmentsForPrincipal')).toBe(2)
  })
})

describe('the part of a permission set', () => {
  const ofSet = (accounts?: readonly AccountId[], isOnlyAxis = false, permissionSet = billing): DriftHint => {
    const common = { ...part, kind: 'drift-of-permission-set', unit: permissionSet, permissionSet, isOnlyAxis } as const
    return accounts ? { ...common, accounts: [...accounts] } : common
  }
  const other = accountId.parse('233000000001')

  test('is divided into a hundred accounts at a time: those that have it, and those that should', async () => {
    const { bench, world, workOn, parts, run } = await open()
    world.ssoAdmin.addAssignment(bench.target())
    const known = Array.from({ length: 150 }, (_, index) => accountId.parse(place(index)))
    for (const [index, id] of known.entries()) {
      const prefix = index % 2 === 0 ? 'assignments' : 'foreign'
      await world.objects.put(`${prefix}/account%${id}%Billing-ps%${idOf(1)}%GROUP`, '')
      await world.objects.put(`assignments/account%${place(900 + index)}%Other-ps%${idOf(1)}%GROUP`, '')
    }
    expect(await workOn(ofSet(undefined, true))).toEqual([])
    const accounts = [bench.account, ...known]
    expect(parts()).toEqual([
      { ...ofSet(accounts.slice(0, 100), true), unit: 'Billing-ps 1' },
      { ...ofSet(accounts.slice(100), true), unit: 'Billing-ps 2' },
    ])
    expect(await run()).toMatchObject({ open: ['Billing-ps 1', 'Billing-ps 2'], checked: 0 })
  })

  test('that nobody has any more is divided into the accounts that should have it', async () => {
    const gone = new ServiceError('sso-admin', 'ResourceNotFoundException', 'PermissionSet not found')
    for (const name of ['Billing-ps', 'Unknown-ps']) {
      const { world, workOn, parts } = await open({
        interceptor: failing('listAccountsForProvisionedPermissionSet', gone),
      })
      await world.objects.put(`assignments/account%${place(1)}%${name}%${idOf(1)}%GROUP`, '')
      await workOn(ofSet(undefined, false, permissionSetName.parse(name)))
      expect(parts()).toMatchObject([{ unit: `${name} 1`, accounts: [place(1)], isOnlyAxis: false }])
    }
  })

  test('fails where its accounts cannot be listed', async () => {
    const { workOn, run } = await open({ interceptor: failing('listAccountsForProvisionedPermissionSet', denied) })
    await expect(workOn(ofSet())).rejects.toBe(denied)
    expect(await run()).toMatchObject({ open: ['Billing-ps'] })
  })

  test.each([
    { isOnlyAxis: false, missing: 0 },
    { isOnlyAxis: true, missing: 1 },
  ])('finds what is foreign in its accounts, and $missing missing (only axis: $isOnlyAxis)', async (row) => {
    const { bench, world, workOn, hints, run } = await open()
    await bench.own({ grantedAt: nine, state: 'granted' })
    await world.objects.put(`assignments/account%${place(1)}%Billing-ps%${idOf(1)}%GROUP`, '')
    await world.objects.put(`assignments/account%${bench.account}%Other-ps%${idOf(1)}%GROUP`, '')
    const foreign = { ...bench.target('team-Web'), accountId: other }
    world.ssoAdmin.addAssignment(foreign)
    world.ssoAdmin.addAssignment({ ...foreign, accountId: accountId.parse('250000000003') })
    await workOn(ofSet([other, bench.account], row.isOnlyAxis))
    expect(await world.namedKeys('foreign/')).toEqual([`foreign/account%${other}%Billing-ps%team-Web%GROUP%ssofile`])
    expect(await run()).toMatchObject({ checked: row.missing, missing: row.missing, foreign: 1, open: [] })
    expect(hints()).toHaveLength(row.missing)
    expect(bench.calls('ListAccountAssignmentsForPrincipal')).toBe(0)
  })

  test('that is gone has nothing, and what should be there is missing', async () => {
    const { bench, world, workOn, run } = await open()
    const unknown = permissionSetName.parse('Unknown-ps')
    const { principalId, permissionSetArn: arn } = bench.target()
    const ids = { principal: bench.principal, principalId, permissionSetArn: arn }
    const entry = { v: 1, state: 'granted', ...ids, links: [], attempts: 0 }
    const key = `assignments/account%${bench.account}%Unknown-ps%${principalId}%GROUP`
    await world.objects.put(key, JSON.stringify({ ...entry, grantedAt: nine, updatedAt: nine }))
    await workOn(ofSet([bench.account], true, unknown))
    expect(await run()).toMatchObject({ checked: 1, missing: 1 })
  })
})
