import { expect, test } from '@jest/globals'
import { renderAssignmentName } from '../../../../shared/domain/assignments/assignment.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { isShallow } from '../../../depth.ts'
import { intercept } from '../../../intercept.ts'
import { openWorldInForce } from '../../../world-in-force.ts'

const size = { accounts: 500, groups: 20, permissionSets: 10 }

const axes = [
  // 20 groups of 500 assignments: six pages each, of at most 97 rows. Then one permission set of ten.
  { axis: 'by principal', isRefused: false, callsMost: 700 },
  // 10 permission sets: six pages of accounts each, and a call for each account.
  { axis: 'by permission set', isRefused: true, callsMost: 5_100 },
]

test.each(axes.slice(0, isShallow ? 1 : undefined))(
  '500 accounts with 20 assignments each are checked $axis with at most $callsMost calls',
  async (row) => {
    const { world, granted } = await openWorldInForce(size, {
      wrap: (ports) =>
        intercept(ports, async ({ operation, proceed }) => {
          if (row.isRefused && operation === 'listAccountAssignmentsForPrincipal')
            throw new ServiceError('sso-admin', 'AccessDeniedException', 'User is not authorized')
          return proceed()
        }),
    })
    const removed = granted[4_711]
    const beside = granted[8_000]
    const outsiders = world.identityStore.idOf('GROUP', 'outsiders')
    if (!removed || !beside || !outsiders) throw new Error('this world has too few assignments')
    await world.clock.advance(5 * 60_000)
    world.ssoAdmin.removeAssignment(removed.target)
    world.ssoAdmin.addAssignment({ ...beside.target, principalId: outsiders })
    await world.everyNight()
    for (let slices = 0; JSON.stringify((await world.json('state/drift.json'))?.open) !== '[]'; slices++) {
      expect(slices).toBeLessThan(5)
      await world.finish(world.slice(), 1_000)
    }
    expect(await world.json('state/drift.json')).toMatchObject({ checked: 10_000, missing: 1, foreign: 1, gone: 0 })
    expect(world.ssoAdmin.isAssigned(removed.target)).toBe(true)
    const entry = await world.json(`assignments/${renderAssignmentName(removed.assignment)}`)
    expect(entry).toMatchObject({ state: 'granted' })
    const { accountId, permissionSet } = beside.assignment
    expect(await world.namedKeys('foreign/')).toEqual([
      `foreign/account%${accountId}%${permissionSet}%outsiders%GROUP%ssofile`,
    ])
    expect(world.calls.length).toBeLessThanOrEqual(row.callsMost)
  },
  60_000,
)
