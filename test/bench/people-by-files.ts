import { ownedPersonPrefix, personKey } from '../../shared/domain/files/person-file.ts'
import type { PrincipalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../shared/domain/principals/principal.ts'
import { reconcilePeople } from '../../shared/modules/people/reconcile-people.ts'
import { describeInput } from '../../shared/reconcile/records/read-input.ts'
import { statusKey } from '../../shared/reconcile/records/status-store.ts'
import { atMost, type Benchmark, exactly, parseNumbers, withoutGoal } from './benchmark.ts'
import { watchMemory } from './held-bytes.ts'
import { manyAccounts } from './many-accounts.ts'
import { openSlowWorld } from './slow-world.ts'

const callsPerSecond = 20
const page = 100
/** The hourly function begins no further part of it after seven minutes. */
const minutesMost = 6
const memoryMostMb = 512
const sampleMs = 5_000

/** The hourly comparison of everybody who has a file under `people/`. */
export const peopleByFiles: Benchmark = {
  name: 'people-by-files',
  usage: 'people-by-files [--people 50000] [--changed 100]',
  summary: `very many people by files: the hourly comparison ends within ${minutesMost} minutes at AWS's rates`,
  clock: 'virtual',
  async run(options) {
    const { people, changed } = parseNumbers(options, { people: 50_000, changed: 100 })
    const slow = openSlowWorld({
      organization: manyAccounts({ accounts: 1, groups: [] }),
      configuration: { directory: 'identity-center' },
    })
    const { world, calls } = slow
    const users = await fill(slow, people)
    for (const id of users.slice(0, changed)) {
      await world.clock.advance(60)
      await world.identityStore.updateUser(id, [{ path: 'title', value: 'changed by hand' }])
    }
    calls.clear()
    const memory = watchMemory(world.clock, sampleMs)
    const beganMs = world.clock.monotonicMs()
    const hour = { isOver: false }
    const reconciling = reconcilePeople(world.ports, world.configuration, Number.POSITIVE_INFINITY).finally(() => {
      hour.isOver = true
    })
    await world.until(
      () => {
        memory.measure()
        return hour.isOver
      },
      'the end of the comparison',
      60,
    )
    const sent = await reconciling
    const minutes = (world.clock.monotonicMs() - beganMs) / 60_000
    const count = (call: string) => calls.get(call) ?? 0
    const name = `${people} people by files`
    return {
      lines: [`${name}:`, ...[...calls].map(([call, times]) => `  ${call}: ${times}`)],
      figures: [
        atMost(minutesMost, { figure: `${name}: compared`, value: minutes, unit: 'min' }),
        exactly(changed, { figure: `${name}: sent to be looked at, of ${changed} changed`, value: sent, unit: '' }),
        exactly(Math.ceil(people / page), {
          figure: `${name}: listings of users, by pages`,
          value: count('identityStore listPeople'),
          unit: 'calls',
        }),
        withoutGoal({
          figure: `${name}: reads of S3`,
          value: count('objects get') + count('objects head'),
          unit: 'calls',
        }),
        atMost(memoryMostMb, { figure: `${name}: memory in use`, value: memory.mebibytes(), unit: 'MiB' }),
      ],
    }
  },
}

/** Everybody as the last look left them. */
async function fill({ world }: ReturnType<typeof openSlowWorld>, people: number) {
  const { identityStore, objects, clock } = world
  const users: PrincipalId[] = []
  for (let nth = 0; nth < people; nth++) {
    if (nth % callsPerSecond === 0) await clock.advance(1_001)
    const name = principalName.parse(`user-${nth}@bench.example`)
    const names = { displayName: `User ${nth}`, givenName: 'User', familyName: `${nth}` }
    const profile = { ...names, email: name, title: `Title ${nth % 500}`, department: `department-${nth % 40}` }
    const id = await identityStore.createPerson(name, profile)
    const key = personKey(name)
    await objects.put(key, JSON.stringify(profile))
    const head = await objects.head(key)
    if (head === undefined) throw new Error(`${key} is gone`)
    const at = clock.now().toISOString()
    const entry = { v: 1, id, isAdopted: false, claimedAt: at, applied: head.etag }
    await objects.put(ownedPersonPrefix + name, JSON.stringify(entry))
    const told = { input: key, state: 'applied', principalId: id, updatedAt: at, ...describeInput(head) }
    await objects.put(statusKey(key), JSON.stringify(told))
    users.push(id)
  }
  return users
}
