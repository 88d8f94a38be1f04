import { describe, expect, test } from '@jest/globals'
import { lackOfBoundUser, lackOfDisabledUser } from '../../../../shared/domain/links/lack.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { stablePrincipalId } from '../../../../shared/memory/fill-from-organization-file.ts'
import { foreseePermissionSets } from '../../../../shared/modules/plan/foresee-permission-sets.ts'
import type { PlannedGrant } from '../../../../shared/modules/plan/planned-access.ts'
import { sortGrants } from '../../../../shared/modules/plan/sort-grants.ts'
import type { TellProgress } from '../../../../shared/ports/progress.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { patientIdentityStore } from '../../../../shared/reconcile/calls/patient-identity-store.ts'
import { PrincipalIndex } from '../../../../shared/reconcile/directory/principal-index.ts'
import { InputReadings } from '../../../../shared/reconcile/records/input-readings.ts'
import { StatusStore } from '../../../../shared/reconcile/records/status-store.ts'
import { Settling, type SettlingOptions } from '../../../settling.ts'
import { inForceIn } from './in-force-in.ts'

const first = accountId.parse('233000000002')
const second = accountId.parse('233000000001')
const third = accountId.parse('250000000003')
const throttled = new ServiceError('identitystore', 'ThrottlingException', 'Rate exceeded')

/** Grants that a plan has, in the acme organization, with the permission set there and nothing assigned. */
function open(options: SettlingOptions = {}, principal = 'team-Accountants', type: 'GROUP' | 'USER' = 'GROUP') {
  const bench = new Settling(options, principal, type)
  const { world } = bench
  const grantOf = (changed: Partial<PlannedGrant['assignment']> = {}, links: readonly string[] = []): PlannedGrant => ({
    assignment: { ...bench.assignment, ...changed },
    links,
  })
  const steps: string[] = []
  const sortWithIds = (grants: readonly PlannedGrant[], looksMost = Number.POSITIVE_INFINITY) => {
    const sorting = async () => {
      const readings = await InputReadings.list(world.objects, world.configuration)
      const permissionSets = await foreseePermissionSets(world.ports, inForceIn(world))
      const onStep: TellProgress = (step, counted) => void steps.push(`${step}: ${counted?.done} of ${counted?.of}`)
      return sortGrants(grants, {
        ports: world.ports,
        readings,
        statuses: new StatusStore(world.objects, world.clock),
        permissionSets,
        principals: new PrincipalIndex(
          patientIdentityStore(world.ports),
          world.clock,
          world.configuration.principalSuffix,
        ),
        suspensions: { find: async () => undefined },
        looksMost,
        onStep,
      })
    }
    return world.finish(sorting())
  }
  const sort = async (...asked: Parameters<typeof sortWithIds>) => {
    const { grants, ...rest } = await sortWithIds(...asked)
    return { ...rest, grants: grants.map(({ principalId: _, ...grant }) => grant) }
  }
  return { bench, world, grantOf, sort, sortWithIds, steps }
}

const nothing = { grants: [], existing: [], waiting: [], unchecked: 0 }

describe('grants of a plan', () => {
  test('that lack nothing are made, in their order', async () => {
    const { bench, grantOf, sort, steps } = open()
    const web = principalName.parse('team-Web')
    const grants = [
      grantOf({ accountId: second }),
      grantOf({ accountId: first, principal: web }),
      grantOf({ accountId: first }),
    ]
    expect(await sort(grants)).toEqual({ ...nothing, grants })
    expect(steps).toEqual([0, 1].map((done) => `looking for existing access: ${done} of 2`))
    expect(bench.calls('ListAccountAssignments')).toBe(2)
    expect(await sort([])).toEqual(nothing)
    expect(steps).toHaveLength(2)
  })

  test('to many groups look names up together, whether the groups are there or not', async () => {
    const asked: string[] = []
    const { world, grantOf, sort } = open({
      interceptor: ({ port, operation, proceed }) => {
        if (port === 'identityStore') asked.push(operation)
        return proceed()
      },
    })
    const name = (what: string, index: number) => principalName.parse(`${what} ${index}`)
    const numbers = Array.from({ length: 300 }, (_, index) => index)
    for (const index of numbers)
      world.identityStore.addPrincipal('GROUP', stablePrincipalId('GROUP', name('there', index)), name('there', index))
    const there = numbers.map((index) => grantOf({ principal: name('there', index) }))
    const missing = numbers.map((index) => grantOf({ principal: name('missing', index) }))
    const sorted = await sort([...there, ...missing])
    expect(sorted.grants).toEqual(there)
    expect(sorted.waiting.map(({ grants }) => grants[0])).toEqual(missing)
    expect(asked.length).toBeLessThan(200)
  })

  test('have the id of the group that bears the name now', async () => {
    const { world, grantOf, sortWithIds } = open()
    const groupId = world.identityStore.idOf('GROUP', 'team-Accountants')
    expect(await sortWithIds([grantOf()])).toMatchObject({ grants: [{ principalId: groupId }] })
    expect(groupId).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('of a permission set that a file makes are made, without a look at what is there', async () => {
    const { bench, world, grantOf, sort, steps } = open()
    const made = permissionSetName.parse('Made-ps')
    await world.objects.put('permission_sets/Made-ps.json', '{"permissionSetName":"Made-ps"}')
    const grants = [grantOf({ permissionSet: made })]
    expect(await sort(grants)).toEqual({ ...nothing, grants })
    expect(steps).toEqual([])
    expect(bench.calls('ListAccountAssignments')).toBe(0)
  })

  test('of a permission set that nobody makes wait, all those of the same links together', async () => {
    const { bench, grantOf, sort } = open()
    const permissionSet = permissionSetName.parse('Biling-ps')
    const waiting = [grantOf({ permissionSet }, ['a', 'b']), grantOf({ permissionSet, accountId: second }, ['a', 'b'])]
    const other = grantOf({ permissionSet, accountId: third }, ['a'])
    const lack = {
      reason: "permission set 'Biling-ps' does not exist; did you mean 'Billing-ps'?",
      remedy:
        'upload permission_sets/Biling-ps.json, or look at its status if you already have; ssofile applies the link when the permission set exists',
      waitsFor: 'permission_sets/Biling-ps.json',
    }
    expect(await sort([...waiting, other])).toEqual({
      ...nothing,
      waiting: [
        { grants: waiting, ...lack },
        { grants: [other], ...lack },
      ],
    })
    expect(bench.calls('ListAccountAssignments')).toBe(0)
  })

  test('of a principal that nobody has made wait for it', async () => {
    const { grantOf, sort } = open()
    const grants = [grantOf({ principal: principalName.parse('team-accountants') })]
    expect(await sort(grants)).toMatchObject({
      grants: [],
      waiting: [
        { grants, reason: expect.stringMatching(/^group 'team-accountants' does not exist.*team-Accountants/) },
      ],
    })
  })

  test('of principals that have a suffix in the directory are made', async () => {
    const { grantOf, sort } = open({ configuration: { principalSuffix: '-Accountants' } })
    const grants = [grantOf({ principal: principalName.parse('team') })]
    expect(await sort(grants)).toEqual({ ...nothing, grants })
  })
})

describe('access that is there already', () => {
  test('is told apart: that of the same principal, of the same type', async () => {
    const { bench, world, grantOf, sort } = open()
    world.ssoAdmin.addAssignment(bench.target())
    const web = grantOf({ principal: principalName.parse('team-Web') })
    const elsewhere = grantOf({ accountId: second })
    expect(await sort([web, grantOf(), elsewhere])).toEqual({
      ...nothing,
      grants: [web, elsewhere],
      existing: [grantOf()],
    })
    const ofUser = open({
      interceptor: async ({ operation, proceed }) => {
        if (operation !== 'listAccountAssignments') return proceed()
        const items = [{ principalId: ofUser.bench.target().principalId, principalType: 'USER' }]
        return { items, nextToken: undefined }
      },
    })
    expect(await ofUser.sort([ofUser.grantOf()])).toEqual({ ...nothing, grants: [ofUser.grantOf()] })
  })

  test('is looked for on every page', async () => {
    const { bench, grantOf, sort } = open({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation !== 'listAccountAssignments') return proceed()
        const { principalId: id, principalType } = bench.target()
        return args[2] === 'more'
          ? { items: [{ principalId: id, principalType }], nextToken: undefined }
          : { items: [], nextToken: 'more' }
      },
    })
    expect(await sort([grantOf()])).toEqual({ ...nothing, existing: [grantOf()] })
  })

  test('is looked for in as many places as allowed, and nowhere where they are more', async () => {
    const { bench, world, grantOf, sort, steps } = open()
    world.ssoAdmin.addAssignment(bench.target())
    const web = principalName.parse('team-Web')
    const grants = [grantOf(), grantOf({ accountId: second }), grantOf({ accountId: second, principal: web })]
    expect(await sort(grants, 1)).toEqual({ ...nothing, grants, unchecked: 3 })
    expect(steps).toEqual([])
    expect(bench.calls('ListAccountAssignments')).toBe(0)
    expect(await sort(grants, 2)).toEqual({ ...nothing, grants: grants.slice(1), existing: [grantOf()] })
  })

  test('is none where the permission set is gone meanwhile; what cannot be read is no answer', async () => {
    const failing = (code: string) => {
      const error = new ServiceError('sso-admin', code, 'no')
      const opened = open({
        interceptor: async ({ operation, proceed }) => {
          if (operation === 'listAccountAssignments') throw error
          return proceed()
        },
      })
      return { ...opened, error }
    }
    const gone = failing('ResourceNotFoundException')
    expect(await gone.sort([gone.grantOf()])).toEqual({ ...nothing, grants: [gone.grantOf()] })
    const denied = failing('AccessDeniedException')
    await expect(denied.sort([denied.grantOf()])).rejects.toBe(denied.error)
  })
})

describe('a link of a user', () => {
  const kenji = 'kenji.ito@acme.example'
  const somebodyElse = principalId.parse('90670000-1111-2222-3333-444444444444')
  async function bound(to: (own: string) => string | undefined) {
    const opened = open({}, kenji, 'USER')
    const { bench, world, grantOf } = opened
    const { key, etag, lastModified } = await bench.upload()
    const own = bench.target().principalId
    const status = (of: string) =>
      new StatusStore(world.objects, world.clock).revise(of, async () => {
        const id = to(own)
        return {
          state: 'applied',
          etag,
          lastModified,
          ...(id === undefined ? {} : { principalId: principalId.parse(id) }),
        }
      })
    await status(key)
    return { ...opened, key, grant: grantOf({}, [key]), status }
  }

  test('a link of a user who was renamed waits, and says the present name', async () => {
    const { bench, grant, sort } = await bound((own) => own)
    const { principalId: id } = bench.target()
    await bench.world.identityStore.updateUser(id, [{ path: 'userName', value: 'kenji.ito@new.example' }])
    const reason = "user 'kenji.ito@acme.example' is called 'kenji.ito@new.example' now"
    const remedy = 'upload the link with that name, then delete this one'
    const meant = { type: 'USER', principal: 'kenji.ito@new.example' }
    expect(await sort([grant])).toEqual({ ...nothing, waiting: [{ grants: [grant], reason, remedy, meant }] })
  })

  test('a link of a user waits where it was applied to another user of that name', async () => {
    const { grant, sort } = await bound(() => somebodyElse)
    const lack = lackOfBoundUser(kenji, somebodyElse)
    expect(await sort([grant])).toEqual({ ...nothing, waiting: [{ grants: [grant], ...lack }] })
  })

  test('a link of a user whom the directory disabled waits', async () => {
    const { bench, grant, sort } = await bound((own) => own)
    await bench.world.identityStore.setUserStatus(bench.target().principalId, 'DISABLED')
    const lack = lackOfDisabledUser(kenji)
    expect(await sort([grant])).toEqual({ ...nothing, waiting: [{ grants: [grant], ...lack }] })
  })

  test.each([
    { to: 'that very user', id: (own: string) => own },
    { to: 'nobody yet', id: () => undefined },
  ])('a link of a user is applied where it was applied to $to', async ({ id }) => {
    const { grant, sort } = await bound(id)
    expect(await sort([grant])).toEqual({ ...nothing, grants: [grant] })
  })

  test('a link of a user is applied to the present user where its content is another since', async () => {
    const { bench, grant, sort } = await bound(() => somebodyElse)
    await bench.upload(undefined, '{"reason":"the new one"}')
    expect(await sort([grant])).toEqual({ ...nothing, grants: [grant] })
  })

  test('a link of a user is applied where one of the links that ask for it may be', async () => {
    const { bench, world, grantOf, key, sort, status } = await bound(() => somebodyElse)
    const other = `links_data/root%all%Billing-ps%${kenji}%USER%ssofile`
    const both = grantOf({}, [key, other])
    await bench.upload(other)
    expect(await sort([both])).toEqual({ ...nothing, grants: [both] })
    await status(other)
    expect((await sort([both])).waiting).toHaveLength(1)
    await world.objects.delete(other)
    expect(await sort([both])).toEqual({ ...nothing, grants: [both] })
    expect(await sort([grantOf()])).toEqual({ ...nothing, grants: [grantOf()] })
  })

  test('a link of a user is bound by no status where it is one of a group', async () => {
    const { bench, world, grantOf, sort } = open()
    const { key, etag, lastModified } = await bench.upload()
    const status = { state: 'applied', etag, lastModified, principalId: somebodyElse } as const
    await new StatusStore(world.objects, world.clock).revise(key, async () => status)
    const grant = grantOf({}, [key])
    expect(await sort([grant])).toEqual({ ...nothing, grants: [grant] })
  })
})

describe('a directory that others ask as well', () => {
  const refusing = (times: number, error: Error = throttled) => {
    const atMs: number[] = []
    const opened = open({
      interceptor: async ({ operation, proceed }) => {
        if (operation !== 'findPrincipalId') return proceed()
        atMs.push(opened.world.clock.monotonicMs())
        if (atMs.length <= times) throw error
        return proceed()
      },
    })
    return { ...opened, atMs }
  }

  test('a directory that others ask as well is asked up to seven times, after pauses whose bound doubles', async () => {
    const { grantOf, sort, atMs } = refusing(6)
    expect(await sort([grantOf()])).toEqual({ ...nothing, grants: [grantOf()] })
    const gaps = atMs.slice(1).map((ms, index) => ms - (atMs[index] ?? 0))
    expect(gaps).toHaveLength(6)
    for (const [index, gap] of gaps.entries()) expect(gap).toBeLessThanOrEqual(300 * 2 ** index + 100)
    const more = refusing(7)
    await expect(more.sort([more.grantOf()])).rejects.toBe(throttled)
    expect(more.atMs).toHaveLength(7)
  })

  test('a directory that others ask as well is not asked again where it refuses for good', async () => {
    const denied = new ServiceError('identitystore', 'AccessDeniedException', 'no')
    const { grantOf, sort, atMs } = refusing(1, denied)
    await expect(sort([grantOf()])).rejects.toBe(denied)
    expect(atMs).toHaveLength(1)
  })
})
