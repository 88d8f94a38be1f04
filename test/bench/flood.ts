import type { Interceptor } from '../intercept.ts'
import { intercept } from '../intercept.ts'
import { acme, World } from '../world.ts'
import { atMost, type Benchmark, parseNumbers } from './benchmark.ts'

/** What a call takes in AWS, about: virtual time, in which the memory adapters themselves take none. */
const callMs: Readonly<Record<string, number>> = { objects: 20, queues: 10 }
const revocations = 5
const betweenMs = 2_000
/** In 100 ms: S3 takes 3,500 writes a second under a prefix (S3 User Guide, "Optimizing Amazon S3 performance"). */
const writesAtOnce = 350
const group = 'team-Accountants'
const mine = Array.from(
  { length: revocations },
  (_, index) => `links_data/me/account%23300000000${index % 2 === 0 ? 1 : 2}%Set${index}%${group}%GROUP%ssofile`,
)

/** One folder is flooded; in another one five links are deleted meanwhile, one every two seconds. */
export const flood: Benchmark = {
  name: 'flood',
  usage: 'flood [--files 2000] [--deletions 200]',
  summary: 'revocations beside a flood of bad files and flapping deletions in another folder, in virtual time',
  clock: 'virtual',
  async run(options) {
    const { files, deletions } = parseNumbers(options, { files: 2_000, deletions: 200 })
    const alone = await measure(0, 0)
    const beside = await measure(files, deletions)
    const longest = Math.max(...beside.ms)
    const perInput = beside.calls / Math.max(1, files + 2 * deletions)
    return {
      lines: [
        `from a deletion to DeleteAccountAssignment, in virtual ms: alone ${alone.ms.join(', ')}`,
        `beside ${files} bad files and ${deletions} flapping deletions of another folder: ${beside.ms.join(', ')}`,
        `${beside.calls} calls to S3 and SQS until the last of them, ${perInput.toFixed(1)} for each change; ${beside.megabytes} MB`,
      ],
      figures: [
        atMost(1_000, { figure: 'longest revocation beside a flood', value: longest, unit: 'ms' }),
        atMost(30, { figure: 'calls to S3 and SQS for each change', value: perInput, unit: 'calls' }),
      ],
    }
  },
}

type Measured = { readonly ms: readonly number[]; readonly calls: number; readonly megabytes: number }

async function measure(files: number, deletions: number): Promise<Measured> {
  const late: { world?: World } = {}
  let calls = 0
  const slow: Interceptor = async ({ port, operation, proceed }) => {
    const ms = operation === 'receive' ? 0 : (callMs[port] ?? 0)
    if (ms > 0) calls++
    await late.world?.clock.sleep(ms)
    return proceed()
  }
  const configuration = { folders: ['me', 'other'] }
  const organization = { ...acme(), assignments: [] }
  const world = new World({ organization, configuration, wrap: (ports) => intercept(ports, slow) })
  late.world = world
  world.start()
  await grantMine(world)
  const own = 'links_data/other/account%250000000003%Set0%team-Web%GROUP%ssofile'
  calls = 0
  for (let index = 0; index < files; index++) {
    if (index % writesAtOnce === 0) await world.clock.advance(100)
    await world.objects.put(`links_data/other/bad ${index}`, '')
  }
  for (let index = 0; index < deletions; index++) {
    if (index % writesAtOnce === 0) await world.clock.advance(200)
    await world.objects.put(own, '')
    await world.objects.delete(own)
  }
  const ms: number[] = []
  for (const link of mine) {
    ms.push(await revoke(world, link))
    await world.clock.advance(betweenMs)
  }
  return { ms, calls, megabytes: Math.round(process.memoryUsage().heapUsed / 1_000_000) }
}

async function grantMine(world: World): Promise<void> {
  for (let index = 0; index < revocations; index++) {
    const permissionSetName = `Set${index}`
    await world.objects.put(`permission_sets/${permissionSetName}.json`, JSON.stringify({ permissionSetName }))
  }
  for (const link of mine) await world.objects.put(link, '')
  await world.until(
    async () => (await Promise.all(mine.map((link) => world.json(`status/${link}.json`)))).every(isApplied),
    'the links of the measured folder',
  )
}

function isApplied(status: Record<string, unknown> | undefined): boolean {
  return status?.state === 'applied'
}

async function revoke(world: World, link: string): Promise<number> {
  const before = countDeletions(world)
  const startMs = world.clock.monotonicMs()
  await world.objects.delete(link)
  await world.until(() => countDeletions(world) > before, `the revocation of ${link}`, 60)
  return world.clock.monotonicMs() - startMs
}

function countDeletions({ calls }: World): number {
  return calls.filter((call) => call === 'DeleteAccountAssignment').length
}
