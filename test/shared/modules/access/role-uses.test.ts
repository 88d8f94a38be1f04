import { describe, expect, test } from '@jest/globals'
import { type AccountId, accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import {
  permissionSetArn as permissionSetArnSchema,
  principalId,
} from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import type { KnownAccess } from '../../../../shared/modules/access/recorded-access.ts'
import { RoleUses } from '../../../../shared/modules/access/role-uses.ts'
import type { RoleUse } from '../../../../shared/modules/usage/rules/role-use.ts'
import type { AuditedAccount, Auditor } from '../../../../shared/ports/auditor.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { wrapPort } from '../../../../shared/reconcile/calls/wrap-port.ts'
import { World } from '../../../world.ts'

const role = 'ssofile-auditor'
/** Accounts of the fixture in which somebody has access. */
const [first, second] = [accountId.parse('210000000003'), accountId.parse('233000000001')]
const management = accountId.parse('111111111111')
const throttled = new ServiceError('iam', 'Throttling', 'Rate exceeded')

/** Access by one permission set of the fixture in an account. Only the role matters here. */
function accessIn(account: AccountId, set = 'ViewOnlyAccess'): KnownAccess {
  const permissionSet = permissionSetName.parse(set)
  const permissionSetArn = permissionSetArnSchema.parse(
    'arn:aws:sso:::permissionSet/ssoins-7223a1b2c3d4e5f6/ps-0000000000000001',
  )
  const holder = {
    type: 'GROUP',
    principal: principalName.parse('a'),
    principalId: principalId.parse('00000000-0000-0000-0000-000000000001'),
  } as const
  return { accountId: account, permissionSet, permissionSetArn, ...holder, state: 'granted', links: [] }
}

async function read(
  world: World,
  access: readonly KnownAccess[],
  { auditor = world.iam as Auditor, auditorRole = role, budgetMs = 24 * 60 * 60_000 } = {},
) {
  const uses = new RoleUses({ ...world.ports, auditor }, { auditorRole }, budgetMs)
  const told = await world.finish(uses.addTo(access))
  return { uses: told.map(({ use }) => use), age: uses.age, notes: uses.notes }
}

/** An auditor whose accounts answer otherwise. */
function withAccounts(world: World, around: (account: AuditedAccount, id: AccountId) => AuditedAccount): Auditor {
  return { enter: async (id, name) => around(await world.iam.enter(id, name), id) }
}

const knownOf = (use: RoleUse | undefined) => (use?.isKnown ? use : undefined)

describe('the use of roles', () => {
  test('is read in each account, with when IAM was asked; a job in progress is waited for', async () => {
    const world = new World()
    const usedAt = new Date('2026-01-01T00:00:00.000Z')
    world.iam.tell(first, 'ViewOnlyAccess', { usedAt, madeAt: new Date('2025-06-01T00:00:00Z') })
    const asOf = world.clock.now().toISOString()
    const { uses, age, notes } = await read(world, [accessIn(second), accessIn(first), accessIn(first)])
    expect(uses).toEqual([
      { isKnown: true, asOf, madeAt: '2026-03-03T10:00:00.000Z' },
      { isKnown: true, asOf, madeAt: '2025-06-01T00:00:00.000Z', lastUsedAt: usedAt.toISOString() },
      { isKnown: true, asOf, madeAt: '2025-06-01T00:00:00.000Z', lastUsedAt: usedAt.toISOString() },
    ])
    expect({ age, notes }).toEqual({ age: { asOf }, notes: [] })
  })

  test('is not known where no role is configured, and nobody is asked', async () => {
    const world = new World()
    const auditor: Auditor = { enter: () => Promise.reject(new Error('asked')) }
    const { uses, age, notes } = await read(world, [accessIn(first)], { auditor, auditorRole: '' })
    const why = 'no auditorRole is configured'
    expect({ uses, age, notes }).toEqual({ uses: [{ isKnown: false, why }], age: { why }, notes: [] })
  })

  test('is not known in an account that refuses, with its reason, and that stops no other', async () => {
    const world = new World()
    world.iam.removeAuditorRole(first)
    const access = [accessIn(first), accessIn(second), accessIn(management, 'AdministratorAccess')]
    const { uses, notes } = await read(world, access)
    expect(uses.map((use) => use?.isKnown)).toEqual([false, true, false])
    expect(notes).toEqual([
      expect.stringMatching(
        /^when roles were last used is not known in 2 accounts, such as 111111111111: User is not authorized to perform: sts:AssumeRole/,
      ),
    ])
  })

  test('is asked for again where calls are throttled, and not known where they stay so', async () => {
    const world = new World()
    let refusals = 0
    const auditor = withAccounts(world, (account, id) =>
      wrapPort(account, async (operation, call) => {
        if (id === second || (operation.startsWith('get') && refusals++ < 3)) throw throttled
        return call()
      }),
    )
    const { uses, notes } = await read(world, [accessIn(first), accessIn(second)], { auditor })
    expect(uses.map((use) => use?.isKnown)).toEqual([true, false])
    expect(refusals).toBeGreaterThan(3)
    expect(notes).toEqual([
      `when roles were last used is not known in account ${second}: Rate exceeded; docs/audit.md says what the auditor's role needs`,
    ])
  })

  test('is not known of a permission set that has no role, whose role goes meanwhile, or whose job fails or has no end', async () => {
    const answers: readonly { readonly answer: Partial<AuditedAccount>; readonly why: string }[] = [
      {
        answer: { listPermissionSetRoles: async () => ({ items: [] }) },
        why: 'the account has no role of this permission set',
      },
      {
        answer: {
          generateServiceLastAccessedDetails: () => Promise.reject(new ServiceError('iam', 'NoSuchEntity', 'gone')),
        },
        why: 'its role was gone',
      },
      {
        answer: { roleLastUsedAt: () => Promise.reject(new ServiceError('iam', 'NoSuchEntity', 'gone')) },
        why: 'its role was gone',
      },
      {
        answer: { getServiceLastAccessedDetails: async () => ({ status: 'FAILED', reason: 'too much' }) },
        why: "IAM's job failed: too much",
      },
      {
        answer: { getServiceLastAccessedDetails: async () => ({ status: 'IN_PROGRESS' }) },
        why: "IAM's job did not come to its end",
      },
    ]
    for (const { answer, why } of answers) {
      const world = new World()
      const auditor = withAccounts(world, (account) => ({ ...account, ...answer }))
      const { uses, notes } = await read(world, [accessIn(first)], { auditor })
      expect({ uses, notes }).toEqual({ uses: [{ isKnown: false, why }], notes: [] })
    }
  })

  test('is known also of services that the permission set does not allow any more', async () => {
    const world = new World()
    world.iam.tell(first, 'ViewOnlyAccess', { usedAt: new Date('2026-01-01T00:00:00Z') })
    world.iam.tell(first, 'ViewOnlyAccess', { usedAt: new Date('2026-02-02T00:00:00Z'), service: 'forbidden-since' })
    const { uses } = await read(world, [accessIn(first)])
    expect(knownOf(uses[0])?.lastUsedAt).toBe('2026-02-02T00:00:00.000Z')
  })

  test('is the latest of several roles of one permission set', async () => {
    const world = new World()
    const used = new Map([
      ['1', new Date('2026-02-01T00:00:00Z')],
      ['2', undefined],
    ])
    const items = [...used.keys()].map((arn) => ({
      arn,
      name: `AWSReservedSSO_ViewOnlyAccess_000000000000000${arn}`,
      createdAt: new Date(`2025-0${arn}-01T00:00:00Z`),
    }))
    const auditor = withAccounts(world, (account) => ({
      ...account,
      listPermissionSetRoles: async () => ({ items }),
      roleLastUsedAt: async () => undefined,
      generateServiceLastAccessedDetails: async (arn) => arn,
      getServiceLastAccessedDetails: async (job) => ({
        status: 'COMPLETED',
        services: [{ name: 'Amazon S3', namespace: 's3', lastUsedAt: used.get(job), actions: [] }],
      }),
    }))
    const { uses } = await read(world, [accessIn(first)], { auditor })
    expect(knownOf(uses[0])).toMatchObject({
      madeAt: '2025-02-01T00:00:00.000Z',
      lastUsedAt: '2026-02-01T00:00:00.000Z',
    })
  })

  test('is asked of 32 accounts at once, and of none after eight minutes', async () => {
    const world = new World()
    const accounts = Array.from({ length: 72 }, (_, index) => accountId.parse(String(300_000_000_001 + index)))
    let [underWay, most] = [0, 0]
    const auditor: Auditor = {
      async enter(account, name) {
        most = Math.max(most, ++underWay)
        await world.clock.sleep(5 * 60_000)
        underWay--
        return world.iam.enter(account, name)
      },
    }
    const access = accounts.map((account) => accessIn(account))
    const { uses, notes } = await read(world, access, { auditor, budgetMs: 8 * 60_000 })
    expect(most).toBe(32)
    const late = uses.filter((use) => use?.isKnown === false && use.why === 'there was no time left to ask')
    expect(late).toHaveLength(8)
    expect(notes).toContainEqual(
      expect.stringMatching(/8 accounts, such as 300000000065: there was no time left to ask$/),
    )
  })
})
