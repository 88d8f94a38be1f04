import { accountId } from '../../shared/domain/organization/account-id.ts'
import type { ModelCredentials } from '../../shared/memory/iam/memory-credentials.ts'
import { functionSettings } from '../../shared/ports/deployment-settings.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { wrapPort } from '../../shared/reconcile/calls/wrap-port.ts'
import { World } from '../world.ts'
import { atMost, type Benchmark, exactly, parseNumbers, withoutGoal } from './benchmark.ts'
import { idOf, manyAccounts } from './many-accounts.ts'

/** An assumption, as for other services here: so long a call of IAM takes. */
const callMs = 150
/** As an assumption of how long IAM makes a credential report. */
const reportMs = 5_000
const usersOfAccount = 3
const rolesOfAccount = 12
/** Lambda runs a function that ran out of time or failed twice again. */
const runsMost = 3

/** How long a night takes that reads the credentials of very many accounts. */
export const credentials: Benchmark = {
  name: 'credentials',
  usage: 'credentials [--accounts 7000]',
  summary: 'reads the credentials of very many accounts: within a night, at a rate that leaves room for others',
  clock: 'virtual',
  async run(options) {
    const { accounts } = parseNumbers(options, { accounts: 7_000 })
    const calls = new Map<string, number>()
    const world = new World({
      organization: manyAccounts({ accounts, groups: [] }),
      configuration: { auditorRole: 'ssofile-auditor' },
      iam: { reportMs },
      wrap: (ports) => slowIam(ports, calls),
    })
    for (let number = 1; number <= accounts; number++)
      world.iam.credentials.tell(accountId.parse(idOf(number)), contentOf(number, world.clock.now()))
    await world.finish(world.everyHour(), 1_000)
    const startedMs = world.clock.monotonicMs()
    await runAsLambda(world)
    const seconds = (world.clock.monotonicMs() - startedMs) / 1_000
    const rows = await world.keys('reports/credentials/')
    const asked = [...calls.values()].reduce((sum, one) => sum + one, 0)
    const { timeoutSeconds } = functionSettings.credentials
    return {
      lines: [
        `${accounts} accounts, each with ${usersOfAccount} users, two keys each, and ${rolesOfAccount} roles; a call of IAM takes ${callMs} ms, a credential report ${reportMs / 1_000} s`,
        `  ${asked} calls: ${[...calls].map(([name, count]) => `${name} ${count}`).join(', ')}`,
      ],
      figures: [
        atMost(runsMost * timeoutSeconds, {
          figure: 'credentials of all accounts are read',
          value: seconds,
          unit: 's',
        }),
        exactly(3, { figure: 'objects of the report', value: rows.length, unit: '' }),
        withoutGoal({ figure: 'calls for one account', value: asked / accounts, unit: '' }),
      ],
    }
  },
}

async function runAsLambda(world: World): Promise<void> {
  for (let run = 1; ; run++)
    try {
      return await world.finish(world.runSchedule('credentials'), 250)
    } catch (error) {
      if (run === runsMost) throw error
    }
}

function slowIam({ auditor, ...ports }: Ports, calls: Map<string, number>): Ports {
  const around = async (operation: string, call: () => Promise<unknown>) => {
    calls.set(operation, (calls.get(operation) ?? 0) + 1)
    await ports.clock.sleep(callMs)
    return call()
  }
  if (auditor === undefined) return ports
  return {
    ...ports,
    auditor: {
      enter: async (account, role) => wrapPort(await auditor.enter(account, role), around),
    },
  }
}

function contentOf(number: number, now: Date): ModelCredentials {
  const ago = (days: number) => new Date(now.getTime() - days * 86_400_000)
  const trust = JSON.stringify({ Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' } }] })
  return {
    root: { hasPassword: false, hasMfa: false, activeKeys: 0 },
    users: Array.from({ length: usersOfAccount }, (_, user) => ({
      name: `user-${user}`,
      path: '/',
      madeAt: ago(600),
      hasMfa: user === 0,
      keys: [0, 1].map((key) => ({
        id: `AKIA${number}${user}${key}`,
        isActive: key === 0,
        madeAt: ago(400),
        uses: [{ at: ago(3 + 100 * user) }],
      })),
    })),
    roles: Array.from({ length: rolesOfAccount }, (_, role) => ({
      name: `role-${String(role).padStart(2, '0')}`,
      path: '/',
      madeAt: ago(500),
      uses: [{ at: ago(20 * role) }],
      trust,
    })),
  }
}
