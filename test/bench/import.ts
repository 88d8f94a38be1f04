import { leasePortions } from '../../handlers/cli/take-over/under-lease.ts'
import { organizationFile } from '../../shared/memory/organization-file.ts'
import { previewChanges } from '../../shared/reconcile/preview/preview.ts'
import { prepareImport } from '../../shared/reconcile/take-over/import-assignments.ts'
import { World } from '../world.ts'
import { atMost, type Benchmark, exactly, parseNumbers } from './benchmark.ts'

const unitSize = 25
const stages = ['dev', 'test', 'prod'] as const
const sets = ['Reader', 'Operator', 'Billing', 'Admin'] as const
const linksShareMost = 0.05

type Rule = { readonly principal: string; readonly permissionSet: string; readonly isIn: (account: number) => boolean }

/** An import of what rules for units and tags gave, over the memory adapters on virtual time, at AWS's rates. */
export const importBenchmark: Benchmark = {
  name: 'import',
  usage: 'import [--accounts 500] [--assignments 10000]',
  summary:
    'existing assignments that came from units and tags become links: how many, calls, and what a plan says then',
  clock: 'virtual',
  async run(options) {
    const { accounts, assignments: wanted } = parseNumbers(options, { accounts: 500, assignments: 10_000 })
    const world = new World({ organization: organizationOf(accounts, wanted) })
    const total = world.ssoAdmin.assignments().length
    const context = { ...world.ports, configuration: world.configuration }
    const inPortions = leasePortions(world.ports, 'import', () => {})
    const filter = { accounts: [], permissionSets: [], principals: [] }
    const steps = { filter, isCompact: true, tagKeys: ['stage'], inPortions, onStep: () => {} }
    const startedMs = world.clock.monotonicMs()
    const prepared = await world.finish(prepareImport(context, steps), 1_000)
    const adopted = await world.finish(prepared.carryOut(inPortions), 1_000)
    const seconds = (world.clock.monotonicMs() - startedMs) / 1000
    const calls = world.calls.length
    const writes = world.calls.filter((operation) => !/^(List|Describe|Get)/.test(operation)).length
    const links = (await world.keys('links_data/')).length
    const owned = (await world.keys('assignments/')).length
    const left = prepared.left.length + adopted.flatMap((one) => one.left).length
    const preview = await world.finish(previewChanges(world.ports, world.configuration, { looksMost: 0 }))
    const changes = preview.grants.length + preview.revocations.length + preview.waiting.length
    return {
      lines: [
        `${accounts} accounts, ${total} assignments: ${seconds.toFixed(0)} s at AWS's rates, ${calls} calls to SSO Admin`,
      ],
      figures: [
        exactly(total, { figure: 'assignments imported', value: owned, unit: '' }),
        exactly(0, { figure: 'assignments left', value: left, unit: '' }),
        exactly(0, { figure: 'writes to SSO Admin', value: writes, unit: 'calls' }),
        atMost(linksShareMost, { figure: 'links for each assignment', value: links / total, unit: '' }),
        exactly(0, { figure: 'changes that a plan says afterwards', value: changes, unit: '' }),
      ],
    }
  },
}

/** Rules for all accounts, for a stage and for a unit, in turns, until there are enough assignments. */
function organizationOf(accounts: number, wanted: number) {
  const members = Array.from({ length: accounts - 1 }, (_, index) => index + 1)
  const rules: Rule[] = []
  for (let count = 0; count < wanted; ) {
    const number = rules.length
    const isIn = [
      () => true,
      (account: number) => account % stages.length === number % stages.length,
      (account: number) => unitOf(account) === number % (unitOf(accounts - 1) + 1),
    ][number % 3]
    if (!isIn) break
    rules.push({ principal: `team ${number}`, permissionSet: sets[number % sets.length] ?? 'Reader', isIn })
    count += members.filter(isIn).length
  }
  return organizationFile.parse({
    managementAccountId: id(0),
    root: {
      id: 'r-bench',
      accounts: [accountOf(0)],
      organizationalUnits: Array.from({ length: unitOf(accounts - 1) + 1 }, (_, unit) => ({
        id: `ou-bench-${String(unit).padStart(8, '0')}`,
        name: `unit ${unit}`,
        accounts: members.filter((member) => unitOf(member) === unit).map(accountOf),
      })),
    },
    groups: rules.map(({ principal }) => principal),
    permissionSets: sets.map((permissionSetName) => ({ permissionSetName })),
    assignments: rules.flatMap(({ principal, permissionSet, isIn }) =>
      members.filter(isIn).map((member) => ({ account: id(member), permissionSet, principal, type: 'GROUP' })),
    ),
  })
}

function unitOf(account: number): number {
  return Math.floor(account / unitSize)
}

function id(number: number): string {
  return String(300_000_000_000 + number)
}

function accountOf(number: number) {
  const tags = { stage: stages[number % stages.length] ?? '' }
  return { id: id(number), name: `account-${number}`, email: `account-${number}@bench.example`, tags }
}
