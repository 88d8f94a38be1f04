import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { Settling } from '../../../settling.ts'

describe('what assignments are settled with', () => {
  test('explains a refusal by what the organization’s management account has', async () => {
    const bench = new Settling()
    const { world, assignment } = bench
    const [target, management] = [bench.target(), accountId.parse('111111111111')]
    world.ssoAdmin.addAssignment({ ...target, accountId: management })
    const refusal = new ServiceError('sso-admin', 'AccessDeniedException', 'not from here')
    const lack = await bench.within(({ managementAccount }) =>
      managementAccount.explain(refusal, assignment.permissionSet, target.permissionSetArn),
    )
    expect(lack?.reason).toContain(`is also assigned in the management account ${management}`)
  })

  test('looks for principals with the suffix that the directory gives them, and is patient with it', async () => {
    const throttled = new ServiceError('identitystore', 'ThrottlingException', 'Rate exceeded')
    const asked: unknown[] = []
    const bench = new Settling({
      configuration: { principalSuffix: '-Accountants' },
      interceptor: async ({ operation, args, proceed }) => {
        if (operation !== 'findPrincipalId') return proceed()
        asked.push(args[1])
        if (asked.length < 3) throw throttled
        return proceed()
      },
    })
    const team = principalName.parse('team')
    const found = await bench.within(({ principals, pulledMs }) => principals.resolve('GROUP', team, pulledMs))
    expect(found).toBe(bench.target().principalId)
    expect(asked).toEqual(Array.from({ length: 3 }, () => 'team-Accountants'))
  })
})
