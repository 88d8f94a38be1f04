import { ServiceError } from '../../shared/ports/service-error.ts'
import { intercept } from '../intercept.ts'
import { openWorldInForce } from '../world-in-force.ts'
import { type Benchmark, exactly, parseNumbers } from './benchmark.ts'

/**
 * The calls of one drift check on each axis, on the memory models and virtual time: minutes are those that AWS's rate of
 * 20 calls a second would take. Somebody has removed one assignment and given another.
 */
export const drift: Benchmark = {
  name: 'drift',
  usage: 'drift [--accounts 500] [--groups 20] [--permission-sets 10]',
  summary: 'the calls of a drift check, by principal and by permission set (each group has one set in all accounts)',
  clock: 'virtual',
  async run(options) {
    const {
      accounts,
      groups,
      'permission-sets': permissionSets,
    } = parseNumbers(options, { accounts: 500, groups: 20, 'permission-sets': 10 })
    const size = { accounts, groups, permissionSets }
    const byPrincipal = await check(size, 'permitted')
    const byPermissionSet = await check(size, 'refused')
    return {
      lines: [
        `${accounts} accounts with ${groups} assignments each, of ${permissionSets} permission sets`,
        ...render('by principal, and a share of the permission sets', byPrincipal),
        ...render('by permission set and account alone (listing by principal refused)', byPermissionSet),
      ],
      figures: [byPrincipal, byPermissionSet].flatMap(({ missing, foreign }, index) => {
        const how = index === 0 ? 'by principal' : 'by permission set'
        return [
          exactly(1, { figure: `removed assignments found ${how}`, value: missing, unit: '' }),
          exactly(1, { figure: `foreign assignments found ${how}`, value: foreign, unit: '' }),
        ]
      }),
    }
  },
}

type Checked = {
  readonly missing: number
  readonly foreign: number
  readonly minutes: number
  readonly calls: ReadonlyMap<string, number>
  readonly identityStoreCalls: number
}

async function check(size: Parameters<typeof openWorldInForce>[0], listing: 'permitted' | 'refused'): Promise<Checked> {
  let identityStoreCalls = 0
  const { world, granted } = await openWorldInForce(size, {
    wrap: (ports) =>
      intercept(ports, async ({ port, operation, proceed }) => {
        if (port === 'identityStore') identityStoreCalls++
        if (listing === 'refused' && operation === 'listAccountAssignmentsForPrincipal')
          throw new ServiceError('sso-admin', 'AccessDeniedException', 'refused in this benchmark')
        return proceed()
      }),
  })
  const [removed, beside] = granted
  const outsiders = world.identityStore.idOf('GROUP', 'outsiders')
  if (!removed || !beside || !outsiders) throw new Error('this world has too few assignments')
  world.ssoAdmin.removeAssignment(removed.target)
  world.ssoAdmin.addAssignment({ ...beside.target, principalId: outsiders })
  await world.everyNight()
  const startedMs = world.clock.now().getTime()
  for (;;) {
    await world.finish(world.slice(), 1_000)
    const run = await world.json('state/drift.json')
    if (JSON.stringify(run?.open) !== '[]') continue
    const minutes = (world.clock.now().getTime() - startedMs) / 60_000
    const calls = new Map([...Map.groupBy(world.calls, (call) => call)].map(([call, all]) => [call, all.length]))
    return { missing: Number(run?.missing), foreign: Number(run?.foreign), minutes, calls, identityStoreCalls }
  }
}

function render(what: string, { minutes, calls, identityStoreCalls }: Checked): readonly string[] {
  const total = [...calls.values()].reduce((sum, count) => sum + count, 0)
  return [
    `  ${what}: ${total} calls, ${minutes.toFixed(1)} minutes; ${identityStoreCalls} calls to Identity Store`,
    ...[...calls].sort(([, a], [, b]) => b - a).map(([call, count]) => `    ${String(count).padStart(7)} ${call}`),
  ]
}
