import { decisionKey } from '../../shared/domain/files/decision-file.ts'
import { principalName } from '../../shared/domain/principals/principal.ts'
import { verifyReview } from '../../shared/modules/reviews/review-evidence.ts'
import { folderOf, readItems, readRun } from '../../shared/modules/reviews/review-records.ts'
import type { ReviewItem } from '../../shared/modules/reviews/rules/review-item.ts'
import { atMost, type Benchmark, exactly, parseNumbers, quantile, withoutGoal } from './benchmark.ts'
import { watchMemory } from './held-bytes.ts'
import { idOf, manyAccounts } from './many-accounts.ts'
import { putInForce } from './put-in-force.ts'
import { openSlowWorld, type SlowWorld } from './slow-world.ts'

const beginSecondsMost = 3_600
const decisionSecondsMost = 5
const closeSecondsMost = 300
const megabytesMost = 512
/** A collection of garbage takes a second, so few are made. */
const sampleMs = 5_000
const roots = 9
const groups = 100
const callsPerSecond = 20
const [first, second] = ['reviewer-0', 'reviewer-1']
const file = JSON.stringify({
  groups: ['*'],
  reviewers: { named: { users: [first, second] }, fallback: { users: [second] } },
  lastsDays: 14,
  silence: { escalateDays: 7, means: 'not-done' },
})

/** A review of everything in a large organization. */
export const review: Benchmark = {
  name: 'review',
  usage: 'review [--accounts 7000] [--people 5000] [--decisions 20]',
  summary: 'a review of everything begins, carries out decisions, and is closed',
  clock: 'virtual',
  async run(options) {
    const size = parseNumbers(options, { accounts: 7_000, people: 5_000, decisions: 20 })
    const slow = await fill(size)
    const { world, calls } = slow
    const { ports, objects } = world
    const name = `${size.accounts} accounts, ${world.ssoAdmin.assignments().length} assignments, ${size.people} people`
    const memory = watchMemory(world.clock, sampleMs)
    const timed = async (what: string, holds: () => boolean | Promise<boolean>, minutes = 60) => {
      const beganMs = world.clock.monotonicMs()
      const note = async () => {
        memory.measure()
        return holds()
      }
      await world.until(note, what, minutes)
      return (world.clock.monotonicMs() - beganMs) / 1_000
    }
    const run = () => readRun(objects, 'quarter')
    await objects.put('reviews/quarter.json', file)
    const begun = await timed('the beginning', async () => (await run()) !== undefined)
    const callsOfBegin = calls.get('objects get') ?? 0
    const items = await readItems(objects, folderOf('quarter', (await run())?.run ?? ''))
    const links = items.filter(({ subject }) => subject.kind === 'link' && subject.scope.startsWith('account%'))
    const seconds: number[] = []
    const carriedOut: number[] = []
    for (const item of links.slice(0, size.decisions)) {
      await objects.put(keyOf(slow, item, 'revoke'), '')
      const isDeleted = async () => 'file' in item.subject && !(await objects.head(item.subject.file?.key ?? ''))
      carriedOut.push(await timed('the deletion', isDeleted, 5))
      seconds.push((carriedOut.at(-1) ?? 0) + (await timed('the revocation', () => !hasAccess(slow, item), 5)))
    }
    for (const item of links.slice(size.decisions, size.decisions + 200))
      await objects.put(keyOf(slow, item, 'keep'), '')
    await world.clock.advance(60_000)
    calls.clear()
    await objects.delete('reviews/quarter.json')
    const closed = await timed(
      'the end',
      async () => (await run())?.phase === 'settling' || (await run())?.phase === 'done',
    )
    const manifest = async () => {
      await world.finish(world.everyMinuteOfLinks())
      return (await run())?.phase === 'done'
    }
    const proven = closed + (await timed('the evidence', manifest, 30))
    const last = await run()
    const faults = last && (await world.finish(verifyReview(ports.objects, 'quarter', last), 1_000))
    return {
      lines: [
        `${name}: ${items.length} items; ${callsOfBegin} reads of S3 to begin`,
        `decisions: ${seconds.map((one) => one.toFixed(1)).join(', ')} s`,
        ...[...calls].map(([call, times]) => `  ${call}: ${times}`),
      ],
      figures: [
        atMost(beginSecondsMost, { figure: `${name}: begun`, value: begun, unit: 's' }),
        withoutGoal({ figure: `${name}: items`, value: items.length, unit: '' }),
        atMost(decisionSecondsMost, {
          figure: 'decision to its deletion, longest',
          value: Math.max(...carriedOut),
          unit: 's',
        }),
        atMost(decisionSecondsMost, {
          figure: 'decision to access gone, median',
          value: quantile(seconds, 0.5),
          unit: 's',
        }),
        withoutGoal({
          figure: 'decision to access gone, the first of a new dispatcher',
          value: seconds[0] ?? 0,
          unit: 's',
        }),
        atMost(closeSecondsMost, { figure: `${name}: closed, with its evidence`, value: proven, unit: 's' }),
        exactly(0, { figure: `${name}: faults that verify finds`, value: faults?.length ?? -1, unit: '' }),
        atMost(megabytesMost, {
          figure: `${name}: memory, with the records in the model of S3`,
          value: memory.mebibytes(),
          unit: 'MiB',
        }),
      ],
    }
  },
}

function keyOf({ world }: SlowWorld, { digest }: ReviewItem, verdict: 'keep' | 'revoke'): string {
  const userId = world.identityStore.idOf('USER', first)
  if (userId === undefined) throw new Error(`there is no ${first}`)
  return decisionKey({ userId, review: 'quarter', digest, verdict })
}

function hasAccess({ world }: SlowWorld, { subject }: ReviewItem): boolean {
  if (subject.kind !== 'link') return false
  const principalId = world.identityStore.idOf(subject.type, subject.principal)
  const account = subject.scope.slice('account%'.length)
  const arn = world.ssoAdmin.permissionSetArnOf(subject.permissionSet)
  return world.ssoAdmin
    .assignments()
    .some((one) => one.accountId === account && one.principalId === principalId && one.permissionSetArn === arn)
}

/** Nine links on all accounts, one on each, and groups of fifty people. */
async function fill({ accounts, people }: { readonly accounts: number; readonly people: number }): Promise<SlowWorld> {
  const names = Array.from({ length: groups }, (_, index) => `group ${index}`)
  const permissionSets = Array.from({ length: 10 }, (_, index) => `Set-${index}`)
  const slow = openSlowWorld({
    organization: manyAccounts({ accounts, groups: names, users: [first, second], permissionSets }),
  })
  const { world } = slow
  const { identityStore, clock } = world
  const members = Array.from({ length: accounts }, (_, index) => index + 1)
  const linkOf = (scope: string, index: number, group: number) =>
    `links_data/${scope}%Set-${index % 10}%group ${group}%GROUP%ssofile`
  for (let index = 0; index < roots; index++) await putInForce(world, linkOf('root%all', index, index), members)
  for (const account of members)
    await putInForce(world, linkOf(`account%${idOf(account)}`, account, 10 + (account % (groups - 10))), [account])
  for (let index = 0; index < people; index++) {
    if (index % callsPerSecond === 0) await clock.advance(2_001)
    const user = await identityStore.createUser({ userName: principalName.parse(`user-${index}@bench.example`) })
    const group = identityStore.idOf('GROUP', `group ${index % groups}`)
    if (group) await identityStore.createGroupMembership(group, user)
  }
  await clock.advance(2 * 60 * 60_000)
  world.start()
  return slow
}
