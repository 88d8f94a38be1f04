import { type AccountId, accountId } from '../../shared/domain/organization/account-id.ts'
import { type ReconcileReport, reconcile, sweep } from '../../shared/reconcile/differences/reconcile.ts'
import { readOrganization } from '../../shared/reconcile/organization/organization-file.ts'
import { atMost, type Benchmark, exactly, type Figure, nearBound, parseNumbers, withoutGoal } from './benchmark.ts'
import { nextMessage, startChild } from './child-process.ts'
import { idOf, manyAccounts } from './many-accounts.ts'
import { putInForce } from './put-in-force.ts'
import { openSlowWorld, type SlowWorld } from './slow-world.ts'

const megabytesMost = 512
const sweepSecondsMost = 20
const reconcileSecondsMost = (accounts: number) => (accounts <= 7_000 ? 120 : 600)
/** How much smaller the organization is with which this one is compared. */
const times = 10
const tagLinksMost = 100
/** So much faster than AWS's are the rates of the services where only memory is measured. */
const speed = 200
/** V8 takes what memory there is before it collects; a function's limit makes it collect earlier, and so does this. */
const heapMegabytes = 256

type Size = { readonly accounts: number; readonly links: number; readonly roots: number }
const works = ['a sweep', 'a reconcile', 'a drift check'] as const
type Work = (typeof works)[number]
type Measured = { readonly seconds: number; readonly found: number; readonly calls: ReadonlyMap<string, number> }

/** An organization in which everything is in force, and one assignment was removed and one given by hand. */
export const organization: Benchmark = {
  name: 'organization',
  usage: 'organization [--accounts 7000] [--links 2000] [--roots 10]',
  summary:
    'sweep, reconcile and drift check: calls and time at the rates and answer times of AWS, memory, and how they grow',
  clock: 'virtual',
  async run(options) {
    const size = parseNumbers(options, { accounts: 7_000, links: 2_000, roots: 10 })
    const { accounts, links, roots } = size
    const less = { accounts: Math.ceil(accounts / times), links: Math.ceil(links / times), roots }
    const [large, small] = [await measure(size), await measure(less)]
    const memory = await measureMemory(size)
    return {
      lines: works.flatMap((work) => render(work, large[work])),
      figures: [
        atMost(sweepSecondsMost, { figure: 'a sweep', value: large['a sweep'].seconds, unit: 's' }),
        atMost(reconcileSecondsMost(accounts), {
          figure: 'a reconcile',
          value: large['a reconcile'].seconds,
          unit: 's',
        }),
        withoutGoal({ figure: 'a drift check', value: large['a drift check'].seconds, unit: 's' }),
        ...works.map((work) => grown(work, large[work], small[work])),
        ...works.flatMap((work) => judgeCalls(work, large[work])),
        exactly(0, { figure: 'a sweep: differences found', value: large['a sweep'].found, unit: '' }),
        exactly(0, { figure: 'a reconcile: differences found', value: large['a reconcile'].found, unit: '' }),
        exactly(0, {
          figure: 'a reconcile: tags changed without an event and not found',
          value: large.tagsNotFound,
          unit: '',
        }),
        exactly(2, { figure: 'a drift check: changes by hand found', value: large['a drift check'].found, unit: '' }),
        atMost(megabytesMost, { figure: 'a reconcile: memory of its process', value: memory.reconcile, unit: 'MB' }),
        atMost(megabytesMost, { figure: 'a sweep: memory of its process', value: memory.sweep, unit: 'MB' }),
      ],
    }
  },
}

/** At most linear. */
function grown(work: Work, large: Measured, small: Measured): Figure {
  const figure = `${work}; bound: ${times} times what a tenth of the organization takes`
  return nearBound(1, { figure, value: large.seconds, unit: 's', bound: times * small.seconds })
}

function judgeCalls(work: Work, { calls }: Measured): readonly Figure[] {
  const byPort = Map.groupBy([...calls], ([call]) => call.split(' ')[0] ?? '')
  return ['ssoAdmin', 'identityStore', 'organizations', 'objects'].map((port) =>
    withoutGoal({
      figure: `${work}: calls to ${port}`,
      value: (byPort.get(port) ?? []).reduce((sum, [, count]) => sum + count, 0),
      unit: 'calls',
    }),
  )
}

async function measure(size: Size): Promise<Record<Work, Measured> & { readonly tagsNotFound: number }> {
  const slow = await openInForce(size)
  const { world } = slow
  const found = (report: ReconcileReport | undefined) => {
    if (report === undefined) throw new Error('received no report')
    return report.grants + report.revocations + report.inputs + report.unfinished
  }
  // The first one reads every entry, and counts where to cut.
  await compareAll(slow, 'reconcile')
  const swept = await timed(slow, async () => found(await compareAll(slow, 'sweep')))
  const changed = await changeTags(slow, size)
  const reconciled = await timed(slow, async () => found(await compareAll(slow, 'reconcile')))
  const { accounts = [] } = (await readOrganization(world.objects)) ?? {}
  const tagsNotFound = accounts.filter(({ id, tags }) => changed.has(id) && tags?.note === undefined).length
  changeByHand(slow)
  const checked = await timed(slow, () => checkDrift(slow))
  return { 'a sweep': swept, 'a reconcile': reconciled, 'a drift check': checked, tagsNotFound }
}

async function timed({ world, calls }: SlowWorld, work: () => Promise<number>): Promise<Measured> {
  calls.clear()
  const startedMs = world.clock.monotonicMs()
  const found = await work()
  return { found, seconds: (world.clock.monotonicMs() - startedMs) / 1000, calls: new Map(calls) }
}

/** Links in all the forms there are, two hours in force. */
export async function openInForce({ accounts, links, roots }: Size): Promise<SlowWorld> {
  const tagLinks = Math.max(1, Math.min(tagLinksMost, Math.floor(links / 10)))
  const teamOf = (account: number) => account % tagLinks
  const groups = Array.from({ length: Math.max(100, roots) }, (_, index) => `group ${index}`)
  const permissionSets = Array.from({ length: 10 }, (_, index) => `Set-${index}`)
  const slow = openSlowWorld({
    organization: manyAccounts({
      accounts,
      groups: [...groups, 'outsiders'],
      permissionSets,
      tagsOf: (account) => ({ team: String(teamOf(account)) }),
    }),
  })
  const members = Array.from({ length: accounts }, (_, index) => index + 1)
  const grantOf = (index: number, of: string) => `${permissionSets[index % 10]}%${of}%GROUP%ssofile`
  for (let index = 0; index < roots; index++)
    await putInForce(slow.world, `links_data/root%all%${grantOf(index, `group ${index}`)}`, members)
  for (let team = 0; team < tagLinks; team++) {
    const within = members.filter((account) => teamOf(account) === team)
    const link = `links_data/account_tag%team^${team}%${grantOf(team + 1, `group ${team}`)}`
    await putInForce(slow.world, link, within)
  }
  for (let index = 0; index < links - roots - tagLinks; index++) {
    const account = 1 + (index % accounts)
    await putInForce(slow.world, `links_data/account%${idOf(account)}%${grantOf(index + 3, `group ${index % 100}`)}`, [
      account,
    ])
  }
  // A sweep and a reconcile read again what was written since the last one.
  await slow.world.clock.advance(2 * 60 * 60_000)
  return slow
}

async function compareAll({ world }: SlowWorld, name: 'sweep' | 'reconcile'): Promise<ReconcileReport | undefined> {
  return world.finish<ReconcileReport | undefined>(
    (name === 'sweep' ? sweep : reconcile)(world.ports, world.configuration),
  )
}

/** One account in a hundred gets a tag that no link asks for, and no event says so. */
async function changeTags({ world }: SlowWorld, { accounts }: Size): Promise<ReadonlySet<AccountId>> {
  const changed = Array.from({ length: Math.floor(accounts / 100) }, (_, index) =>
    accountId.parse(idOf(1 + index * 100)),
  )
  for (const id of changed) {
    await world.organizations.tagResource(id, { note: 'changed' })
    await world.clock.advance(250)
  }
  return new Set(changed)
}

function changeByHand({ world }: SlowWorld): void {
  const [removed, beside] = world.ssoAdmin.assignments()
  const outsiders = world.identityStore.idOf('GROUP', 'outsiders')
  if (!removed || !beside || !outsiders) throw new Error('this world has too few assignments')
  world.ssoAdmin.removeAssignment(removed)
  world.ssoAdmin.addAssignment({ ...beside, principalId: outsiders })
}

/** How many differences it found. */
export async function checkDrift({ world }: SlowWorld): Promise<number> {
  await world.finish(world.everyNight())
  for (;;) {
    await world.finish(world.slice(), 1_000)
    const run = await world.json('state/drift.json')
    if (JSON.stringify(run?.open) === '[]') return Number(run?.missing) + Number(run?.foreign)
  }
}

/** Of processes that are what the functions are: the product alone, through AWS's own clients. */
async function measureMemory({ accounts, links, roots }: Size) {
  const services = startChild('organization-process.ts', [accounts, links, speed, roots].map(String))
  try {
    const { url } = await nextMessage<{ url: string }>(services)
    const run = async (work: 'reconcile' | 'sweep') => {
      const limit = `--max-old-space-size=${heapMegabytes}`
      const child = startChild('reconcile-process.ts', [url, String(speed), work], [limit])
      return (await nextMessage<{ megabytes: number }>(child)).megabytes
    }
    return { reconcile: await run('reconcile'), sweep: await run('sweep') }
  } finally {
    services.kill()
  }
}

function render(work: Work, { seconds, found, calls }: Measured): readonly string[] {
  return [
    `${work}: ${seconds.toFixed(0)} s, ${found} differences found`,
    ...[...calls].toSorted(([, a], [, b]) => b - a).map(([call, count]) => `  ${String(count).padStart(7)} ${call}`),
  ]
}
