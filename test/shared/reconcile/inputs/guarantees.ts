import { describe, expect, test } from '@jest/globals'
import type { Kind } from '../../../../shared/domain/inputs/kind.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { brakeFile, heldDigests, readBrake, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { pauseRecord } from '../../../../shared/reconcile/records/pause.ts'
import { isShallow, stride } from '../../../depth.ts'
import { dyingPorts, noAnswer } from '../../../intercept.ts'
import { Grouping } from '../../modules/people/grouping.ts'
import { minutes, minutesUntil } from './minutes.ts'
import type { Sample, Taking } from './sample.ts'

/** Calls that change something in the directory or in Identity Center. */
const changing = /^(create|update|delete|put|attach|detach|tag|untag|provision)/
/** Calls that take something away from somebody. */
const taking =
  /^(deleteAccountAssignment|deleteGroupMembership|deleteUser|detach.*|deleteInlinePolicy|deletePermissionsBoundary|deleteAttributes|updateAttributes)$/
/** Of all but S3 and SQS, without which nothing can be told. */
const serviceOf = {
  ssoAdmin: 'sso-admin',
  identityStore: 'identitystore',
  organizations: 'organizations',
  accountTags: 'tagging',
  accountAccess: 'account-access',
} as const
const writing = /^(put|delete|send|create|update|attach|detach|tag|untag|provision)/

/** One passes, and the second is one too many. */
const narrow = {
  own: { count: 1, percent: 0, minutes: 60 },
  people: { count: 1, minutes: 60 },
  indirect: { count: 1, percent: 0, most: 1, hours: 24 },
}
const onePersonLeast = {
  contact: 'security',
  minimums: [
    {
      ...{ id: 'somebody', control: 'AC-6', mode: 'enforce' },
      ...{ for: { permissionSets: ['Support-ps'] }, must: { peopleLeast: 1 } },
    },
  ],
}

/** A world with what the sample needs, and the changing calls from now on. */
async function prepare(ready: (grouping: Grouping) => Promise<void>, brake?: typeof narrow) {
  const grouping = new Grouping({ directory: 'identity-center', ...(brake && { brake }) })
  await ready(grouping)
  await grouping.world.clock.advance(10_000)
  const calls: string[] = []
  grouping.answer = async ({ port, operation, proceed }) => {
    if ((port === 'ssoAdmin' || port === 'identityStore') && changing.test(operation)) calls.push(operation)
    return proceed()
  }
  return { grouping, calls }
}

const faults = [
  ['has no answer, before', { is: 'no answer', when: 'before' }],
  ['has no answer, after', { is: 'no answer', when: 'after' }],
  ['is the last of a process that dies, before', { is: 'death', when: 'before' }],
  ['is the last of a process that dies, after', { is: 'death', when: 'after' }],
] as const
/** `npm test` plays one of the faults for each kind, by turns. */
let turns = 0
type Fault = { readonly at: number; readonly when: 'before' | 'after'; readonly is: 'no answer' | 'death' }

/** A file comes and goes, while one of its writes has no answer, or is the last of its process. Answers how many writes there were. */
async function live(sample: Sample, fault?: Fault): Promise<number> {
  let writes = Number.NaN
  const isFault = (operation: string) => writing.test(operation) && writes++ === fault?.at
  const isDying = fault?.is === 'death'
  const process = (ports: Ports) =>
    dyingPorts(ports, { at: ({ operation }) => isFault(operation), when: fault?.when ?? 'after' })
  const grouping = new Grouping({ directory: 'identity-center' }, isDying ? process : undefined)
  await sample.prepare(grouping)
  await grouping.world.clock.advance(10_000)
  writes = 0
  if (!isDying)
    grouping.answer = async ({ port, operation, proceed }) => {
      const isFailing = isFault(operation)
      if (isFailing && fault?.when === 'before') throw noAnswer(`${port}.${operation}`)
      const answer = await proceed()
      if (isFailing) throw noAnswer(`${port}.${operation}`)
      return answer
    }
  await grouping.put(sample.key(grouping), sample.body)
  await minutesUntil(grouping, () => isDone(sample, grouping), 'the file')
  await grouping.delete(sample.key(grouping))
  await minutesUntil(grouping, () => isOver(sample, grouping), 'its end')
  return writes
}

async function isDone(sample: Sample, grouping: Grouping): Promise<boolean> {
  const told = await grouping.status(sample.key(grouping))
  return told?.state === sample.state && (await sample.isDone(grouping))
}

async function isOver(sample: Sample, grouping: Grouping): Promise<boolean> {
  const isEnded = await (sample.isOver ?? (async (one: Grouping) => !(await sample.isDone(one))))(grouping)
  return isEnded && (await grouping.status(sample.key(grouping))) === undefined
}

/** Its status is about the file as it is now. */
async function isTold(key: string, grouping: Grouping): Promise<boolean> {
  const [told, head] = [await grouping.status(key), await grouping.world.objects.head(key)]
  return told?.etag !== undefined && told.etag === head?.etag
}

async function releaseAll({ world: { objects } }: Grouping): Promise<void> {
  const record = await readBrake(objects)
  for (const digest of record ? heldDigests(record) : []) await releaseList(objects, digest, 'olga')
}

const listsOf = async ({ world }: Grouping) => (await brakeFile(world.objects).read())?.value.lists ?? []

/** What holds for each kind of input, whatever it is for. */
export function describeGuarantees(kind: Kind, sample: Sample): void {
  const { body, takes } = sample

  test('is done and told, and over when the file is gone, with its status', async () => {
    const { grouping } = await prepare(sample.prepare)
    await grouping.put(sample.key(grouping), body)
    await minutesUntil(grouping, () => isDone(sample, grouping), 'the file')
    await grouping.delete(sample.key(grouping))
    await minutesUntil(grouping, () => isOver(sample, grouping), 'its end')
    expect(grouping.world.errors).toEqual([])
  })

  test('has a status that follows each upload', async () => {
    const { grouping } = await prepare(sample.prepare)
    const key = sample.key(grouping)
    await grouping.put(key, body)
    await minutesUntil(grouping, () => isDone(sample, grouping), 'the file')
    await grouping.world.objects.put(key, '{"no')
    await minutesUntil(grouping, () => isTold(key, grouping), 'a status of what is not valid')
    const told = await grouping.status(key)
    expect(JSON.stringify(told)).toMatch(/received/)
    await grouping.put(key, body)
    await minutesUntil(grouping, async () => (await isTold(key, grouping)) && isDone(sample, grouping), 'the file')
  })

  test('says in its status what AWS refuses, and is done once AWS allows it', async () => {
    const { grouping } = await prepare(sample.prepare)
    const key = sample.key(grouping)
    grouping.answer = async ({ port, operation, proceed }) => {
      // Without these the dispatcher does not begin, and rings.
      const isOfDispatcher = /^list(Assignment|Provisioning)/.test(operation)
      if (port === 'objects' || port === 'queues' || isOfDispatcher) return proceed()
      throw new ServiceError(serviceOf[port], 'AccessDeniedException', `not authorized to perform ${operation}`)
    }
    await grouping.put(key, body)
    const isRefused = async () => /not authorized to perform/.test(JSON.stringify(await grouping.status(key)))
    await minutesUntil(grouping, isRefused, 'a status that says what AWS refuses')
    grouping.answer = ({ proceed }) => proceed()
    await minutesUntil(grouping, () => isDone(sample, grouping), 'the file')
  })

  test('has a status under a pause, changes nothing, and is done after it', async () => {
    const { grouping, calls } = await prepare(sample.prepare)
    const key = sample.key(grouping)
    await grouping.put(pauseRecord.at, { v: 1, reason: 'an incident', by: 'ada', since: '2026-03-03T10:00:00.000Z' })
    await grouping.put(key, body)
    await minutes(grouping, 6)
    expect(calls).toEqual([])
    expect(await grouping.status(key)).toBeDefined()
    await grouping.delete(pauseRecord.at)
    await minutesUntil(grouping, () => isDone(sample, grouping), 'the file')
  })

  test('whose file is deleted under a pause is over after it', async () => {
    const { grouping, calls } = await prepare(sample.prepare)
    const key = sample.key(grouping)
    await grouping.put(key, body)
    await minutesUntil(grouping, () => isDone(sample, grouping), 'the file')
    await grouping.put(pauseRecord.at, { v: 1, reason: 'an incident', by: 'ada', since: '2026-03-03T10:00:00.000Z' })
    await grouping.world.clock.advance(10_000)
    calls.length = 0
    await grouping.delete(key)
    await minutes(grouping, 6)
    expect(calls).toEqual([])
    await grouping.delete(pauseRecord.at)
    await minutesUntil(grouping, () => isOver(sample, grouping), 'its end')
  })

  let writes: Promise<number> | undefined
  const turn = turns++
  test.each(faults.filter((_, nth) => !isShallow || nth === turn % faults.length))(
    'is done, and over, whichever write %s it takes effect',
    async (_, fault) => {
      writes ??= live(sample)
      const count = await writes
      expect(count).toBeGreaterThan(0)
      for (let at = 0; at < count; at += stride) await live(sample, { at, ...fault })
    },
    120_000,
  )

  if ('nothing' in takes) describeTakingNothing(sample, takes.nothing)
  else describeTaking(takes, sample)
  describeAuthor(kind, sample)
}

function describeTakingNothing(sample: Sample, why: string): void {
  test(`takes nothing from anybody, since ${why}`, async () => {
    const { grouping, calls } = await prepare(sample.prepare)
    const key = sample.key(grouping)
    await grouping.put(key, sample.body)
    await minutesUntil(grouping, () => isDone(sample, grouping), 'the file')
    await grouping.world.objects.put(key, '{"no')
    await minutes(grouping, 6)
    await grouping.delete(key)
    await minutesUntil(grouping, () => isOver(sample, grouping), 'its end')
    expect(calls.filter((call) => taking.test(call))).toEqual([])
  })
}

function describeTaking(takes: Taking, sample: Sample): void {
  const { give, take, taken, told, passing = 1, noMinimum } = takes
  const most = typeof passing === 'number' ? passing : 3
  const given = (count: number) => async (grouping: Grouping) => {
    await sample.prepare(grouping)
    await give(grouping, count)
  }
  const title = typeof passing === 'number' ? 'is held beyond what the brake lets pass' : `is not held: ${passing.all}`

  test(`what it takes ${title}, and goes once a person releases it`, async () => {
    const { grouping } = await prepare(given(3), narrow)
    await take(grouping, 3)
    const settled = async () => {
      const states = await Promise.all([0, 1, 2].map(async (one) => grouping.status(told(grouping, one))))
      return (await taken(grouping, 3)) === most && (most === 3 || states.some((one) => one?.state === 'held'))
    }
    await minutesUntil(grouping, settled, 'what passes')
    await minutes(grouping, 5)
    expect(await taken(grouping, 3)).toBe(most)
    if (most < 3) expect(await readBrake(grouping.world.objects).then((one) => one && heldDigests(one))).not.toEqual([])
    await releaseAll(grouping)
    await minutesUntil(grouping, async () => (await taken(grouping, 3)) === 3, 'what was released')
  })

  test(
    noMinimum === undefined
      ? 'the last person whom a policy wants keeps what it takes, until a person releases that'
      : `no minimum of people holds what it takes, since ${noMinimum}`,
    async () => {
      const { grouping } = await prepare(given(1))
      await grouping.put('policies/p.json', onePersonLeast)
      await grouping.world.clock.advance(10_000)
      await take(grouping, 1)
      if (noMinimum !== undefined) {
        await minutes(grouping, 6)
        expect((await listsOf(grouping)).filter(({ rule }) => rule === 'minimum')).toEqual([])
        return
      }
      const isHeld = async () => (await grouping.status(told(grouping, 0)))?.state === 'held'
      await minutesUntil(grouping, isHeld, 'what is held')
      expect(await listsOf(grouping)).toMatchObject([{ rule: 'minimum' }])
      await minutes(grouping, 5)
      expect(await taken(grouping, 1)).toBe(0)
      await releaseAll(grouping)
      await minutesUntil(grouping, async () => (await taken(grouping, 1)) === 1, 'what was released')
    },
  )
}

function describeAuthor({ writers }: Kind, sample: Sample): void {
  const { author } = sample
  if (author === undefined) {
    test('has no author in its key: a suspended person cannot be told by it', () => {
      expect(writers).not.toBe('oneself')
    })
    return
  }
  test('counts for nothing while its author is suspended', async () => {
    const { grouping } = await prepare(sample.prepare)
    await grouping.put(`suspended/${author}`)
    await minutesUntil(
      grouping,
      async () => (await grouping.status(`suspended/${author}`))?.state === 'suspended',
      'it',
    )
    await grouping.put(sample.key(grouping), sample.body)
    await minutes(grouping, 6)
    const told = await grouping.status(sample.key(grouping))
    expect(told).toBeDefined()
    expect(told?.state).not.toBe(sample.state)
    expect(await sample.isDone(grouping)).toBe(false)
  })
}

/** One `describe` for each kind. */
export function describeKind(noun: string, kind: Kind, sample: Sample): void {
  describe(`a ${noun}`, () => describeGuarantees(kind, sample))
}
