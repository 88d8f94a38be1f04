import { Asking, account } from '../handlers/asking.ts'
import type { Interceptor } from '../intercept.ts'

/** How long answers take within a Region. The directory answers at its own rate besides. */
const answerMs: Readonly<Record<string, number>> = {
  objects: 15,
  ssoAdmin: 40,
  identityStore: 40,
  organizations: 40,
  queues: 15,
}
export const slowAnswers =
  (asking: Asking, times = 1): Interceptor =>
  async ({ port, operation, proceed }) => {
    const ms = operation === 'receive' ? 0 : times * (answerMs[port] ?? 0)
    if (ms > 0) await asking.world.clock.sleep(ms)
    return proceed()
  }

/** As many as Lambda runs of a queue. */
const lambda = { processes: 10 }
const groups = 15
const persons = 60
/** In 100 ms: S3 takes 3,500 writes a second under a prefix (S3 User Guide, "Optimizing Amazon S3 performance"). */
const writesAtOnce = 350
const suspension = 'suspended/maria'
const membership = 'memberships/g0%maria%ssofile'
const link = `links_data/account%${account}%Admin-ps%maria%USER%ssofile`

/**
 * What somebody else uploads before access is to end: memberships of users in groups that are there, names of nothing, ones that
 * wait; or what goes the same way as a suspension: suspensions of nobody, and memberships that are deleted.
 */
export type Files = 'none' | 'valid' | 'junk' | 'waiting' | 'suspensions' | 'deletions'
/** `title`: a directory event tells of another user, while the files wait. */
export type Beside = { readonly files: Files; readonly count: number; readonly title?: boolean }

/** How long it takes until a suspended person has nothing, in milliseconds. */
export async function measureSuspension(beside: Beside): Promise<number> {
  const asking = await Asking.begin({}, '', lambda)
  const { world } = asking
  await makeGroups(asking)
  await world.objects.put(membership, '')
  await world.objects.put(link, '')
  await world.until(() => asking.has() && isIn(asking), 'access and membership')
  await upload(asking, beside)
  const beganMs = world.clock.monotonicMs()
  await world.objects.put(suspension, '')
  await untilOver(asking, () => !asking.has() && !isIn(asking))
  return world.clock.monotonicMs() - beganMs
}

/** The same of the deletion of a membership. */
export async function measureDeletion(beside: Beside): Promise<number> {
  const asking = await Asking.begin({}, '', lambda)
  const { world } = asking
  await makeGroups(asking)
  await world.objects.put(membership, '')
  await world.until(() => isIn(asking), 'the membership')
  await upload(asking, beside)
  const beganMs = world.clock.monotonicMs()
  await world.objects.delete(membership)
  await untilOver(asking, () => !isIn(asking))
  return world.clock.monotonicMs() - beganMs
}

export type End = 'expiry' | 'finish' | 'denial'

/** How long temporary access outlives its end, in milliseconds. */
export async function measureEnd(end: End, beside: Beside): Promise<number> {
  const asking = await Asking.begin({ approvals: 1 }, '', lambda)
  const { world } = asking
  await makeGroups(asking)
  await asking.ask({ duration: 'PT15M' })
  const digest = await asking.digest()
  await asking.decide('tom')
  await world.until(() => asking.has(), 'the access')
  const expiresMs = Date.parse((await asking.status())?.request?.expiresAt ?? '')
  if (end === 'expiry') await world.clock.advance(expiresMs - world.clock.now().getTime() - 1_000)
  await upload(asking, beside)
  if (end === 'expiry') await world.clock.advance(Math.max(0, expiresMs - world.clock.now().getTime()))
  const beganMs = end === 'expiry' ? expiresMs : world.clock.now().getTime()
  if (end === 'expiry') void world.everyMinuteOfLinks()
  if (end === 'finish') await world.objects.delete(asking.key())
  if (end === 'denial')
    await world.objects.put(`approvals/${asking.id('tom')}/${digest}`, JSON.stringify({ decision: 'deny' }))
  await untilOver(asking, () => !asking.has())
  return world.clock.now().getTime() - beganMs
}

async function untilOver(asking: Asking, isOver: () => boolean): Promise<void> {
  const { world } = asking
  let nextMs = world.clock.monotonicMs() + 60_000
  await world.until(
    () => {
      if (world.clock.monotonicMs() >= nextMs) {
        nextMs += 60_000
        void world.everyMinuteOfLinks()
      }
      return isOver()
    },
    'the end of the access',
    20,
  )
}

async function makeGroups(asking: Asking): Promise<void> {
  const { world } = asking
  for (let nth = 0; nth < groups; nth++)
    await world.objects.put(`groups/g${nth}.json`, JSON.stringify({ owner: 'tom' }))
  const isThere = (_: unknown, nth: number) => world.identityStore.idOf('GROUP', `g${nth}`) !== undefined
  await world.until(() => Array.from({ length: groups }).every(isThere), 'the groups')
  await world.clock.advance(30_000)
}

async function upload(asking: Asking, { files, count, title }: Beside): Promise<void> {
  const { world } = asking
  asking.answer = slowAnswers(asking)
  if (files === 'none') return
  const others = world.objects.as('somebody-else')
  for (let nth = 0; nth < count; nth++) {
    if (nth % writesAtOnce === writesAtOnce - 1) await world.clock.advance(100)
    await others.put(keyOf(files, nth), '')
    if (files === 'deletions') await others.delete(keyOf(files, nth))
  }
  if (files !== 'waiting') return
  await world.clock.advance(20 * 60_000)
  if (!title) return
  const event = { 'detail-type': 'User Updated', source: 'aws.identitystore', detail: { 'user-id': asking.id('eve') } }
  await world.queues.send('events', [{ body: JSON.stringify(event) }])
  await world.clock.advance(2_000)
}

function keyOf(files: Exclude<Files, 'none'>, nth: number): string {
  if (files === 'suspensions') return `suspended/nobody-${nth}`
  if (files === 'junk') return `memberships/nothing ${nth}`
  if (files === 'waiting') return `memberships/g1%nobody-${nth}%ssofile`
  return `memberships/g${nth % groups}%person-${Math.floor(nth / groups) % persons}%ssofile`
}

function isIn({ world: { identityStore } }: Asking): boolean {
  const id = identityStore.idOf('USER', 'maria')
  return id !== undefined && identityStore.groupIdsOf(id).some((one) => identityStore.nameOf('GROUP', one) === 'g0')
}
