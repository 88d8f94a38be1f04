import { idOf } from '../../../shared/modules/notifications/find-outcomes.ts'
import { type Digest, waysOf } from '../../../shared/modules/notifications/rules/digest.ts'
import { type Notification, toldStates } from '../../../shared/modules/notifications/rules/notification.ts'
import { isHeardBy } from '../../../shared/modules/notifications/rules/receivers.ts'
import { isCalm } from '../at-rest.ts'
import { readHeldContents, readShown } from '../brake-actions.ts'
import type { Call } from '../chaos.ts'
import { neededNow } from '../kinds/governance/eligibility-files.ts'
import { requester as requesterName } from '../request-actions.ts'
import { accountOfKey } from './names.ts'
import { Judge, type Seen } from './watched.ts'

type RequestStatus = {
  readonly state?: string
  readonly request?: { readonly digest: string; readonly approvals?: unknown }
}

type Link = { readonly request?: { readonly digest: string } }

/**
 * Promise 13: everybody who must know is told, once. At rest each change and each last outcome of a file is on the bus, and each receiver who
 * hears of it has it in exactly one digest. People's acts and waiting requests are also judged by what people did and see, not by ssofile's
 * records of them.
 */
export class ToldPromise extends Judge {
  protected readonly promise = 'told'
  /** The requests that wait for approvals, by key: the digest of the upload. */
  readonly #waiting = new Map<string, string>()
  /** The digests that waited for approvals during a whole look. */
  readonly #awaited = new Set<string>()
  /** The changes that are on no bus, by their instant, event and name. */
  readonly #untold = new Set<string>()
  /** The number of events on the bus that were compared with them. */
  #compared = 0
  /** The acts of operators. */
  #acts: readonly { readonly event: string; readonly by: string }[] = []
  /** The digests of granted requests, and the people whom a file suspended. */
  readonly #granted = new Set<string>()
  readonly #suspended = new Set<string>()
  /** The runs of reviews, by their beginning, as they were last. */
  readonly #runs = new Map<string, Run>()

  override noteCall({ service, operation, key }: Call, args: readonly unknown[]): void {
    if (service !== 'sqs' || operation !== 'send' || key !== 'digests' || !Array.isArray(args[1])) return
    for (const { body } of args[1]) this.world.receivers.noteSent(String(body))
  }

  override noteChange({ key, isRemoved, caller }: Seen): void {
    if (key.startsWith('changes/') && !isRemoved) {
      const [instant = '', event, ...name] = key.slice('changes/'.length).split('%')
      this.#untold.add(`${instant.replace('/', 'T')} ${event} ${name.join('%')}`)
    }
    const isRecord = /^(status\/suspended|links_data\/temporary)\/|^review-results\/[^/]*\/run\.json$/.test(key)
    const written = isRecord && !isRemoved ? this.world.readJson(key) : undefined
    if (key.startsWith('links_data/temporary/') && caller.accessKeyId === 'ssofile') {
      const { request }: Partial<Record<'request', { readonly digest: string }>> = written ?? {}
      if (request) this.#granted.add(request.digest)
    }
    if (key.startsWith('status/suspended/') && written?.state === 'applied')
      this.#suspended.add(key.slice('status/suspended/'.length, -'.json'.length))
    if (key.startsWith('review-results/') && written) this.#runs.set(String(written.run), written as Run)
    // Then ssofile tells the last hour again (docs/notifications.md).
    if (isRemoved && key === 'state/notifications.json') this.#isOutboxLost = true
    if (!key.startsWith('status/requests/')) return
    const { state, request }: RequestStatus = this.world.readJson(key) ?? {}
    const digest = request?.digest ?? ''
    const isWaiting = !isRemoved && state === 'waiting' && request?.approvals !== undefined
    if (isWaiting) this.#waiting.set(key, digest)
    else this.#waiting.delete(key)
  }

  /** Somebody pauses, resumes or releases. */
  noteAct(event: string, by: string): void {
    this.#acts = [...this.#acts, { event, by }]
  }

  /** Somebody deleted the record of releases, maybe before ssofile read it. */
  forgetReleases(): void {
    this.#acts = this.#acts.filter(({ event }) => event !== 'brake-released')
    this.#areReleasesKnown = false
  }
  #areReleasesKnown = true
  #isOutboxLost = false

  /** Before a look of the notifier. Returns what to do if it succeeds. */
  noteLook(): () => void {
    const waited = new Map(this.#waiting)
    const { receivers } = this.world
    const { refusals } = receivers
    return () => {
      if (receivers.refusals > refusals) return
      // Without an eligibility there are no approvers, and the status says so soon.
      const isAwaited = (key: string) => neededNow(this.world, accountOfKey(key)) !== undefined
      for (const [key, digest] of waited)
        if (this.#waiting.get(key) === digest && isAwaited(key)) this.#awaited.add(digest)
    }
  }

  /** What is told to whom, or waits for a digest, without ids and instants. */
  get summary(): readonly string[] {
    const { events, sent } = this.world.receivers
    const { receivers = {} } = this.world.readJson('state/notifications.json') ?? {}
    const collected = Object.entries(receivers as Readonly<Record<string, { readonly digest: Digest }>>)
    const digests = [...sent.values(), ...collected.map(([receiver, { digest }]) => ({ receiver, ...digest }))]
    const counts = digests.flatMap(({ receiver, counts }) =>
      Object.entries(counts).map(([event, count]) => ({ [`${receiver} ${event}`]: count })),
    )
    return [
      ...[...new Map(events.map((one) => [one.id, `${one.event} ${subjectOf(one)}`])).values()],
      ...[...countsOf(counts)].map(String),
      `${this.#untold.size} untold`,
    ]
  }

  /** Whether a look would find a change, or a digest whose time comes. */
  get isTelling(): boolean {
    this.#compareChanges()
    const { receivers = {} } = this.world.readJson('state/notifications.json') ?? {}
    return this.#untold.size > 0 || /"counts":\{"/.test(JSON.stringify(receivers))
  }

  /** Whether everything is told, so that nobody needs to wait for more. */
  get isAllTold(): boolean {
    return this.#complaints().next().done === true
  }

  #compareChanges(): void {
    const { events } = this.world.receivers
    for (const one of events.slice(this.#compared)) {
      const start = `${one.at} ${one.event} ${subjectOf(one)}`
      // If history could not be read, the event of a request does not name the upload.
      const isOfUpload = one.kind === 'request' && one.digest === undefined
      const about = isOfUpload ? [...this.#untold].find((change) => change.startsWith(`${start}%`)) : undefined
      this.#untold.delete(about ?? start + uploadOf(one))
    }
    this.#compared = events.length
  }

  checkAllTold(): void {
    for (const complaint of this.#complaints()) this.fail(complaint)
  }

  *#complaints(): Generator<string> {
    yield* this.#complainOfBus()
    yield* this.#complainOfDigests()
    yield* this.#complainOfPeople()
    yield* this.#complainOfRequests()
    yield* this.#complainOfOthers()
  }

  /** Everything that is recorded is on the bus. */
  *#complainOfBus(): Generator<string> {
    const { events } = this.world.receivers
    this.#compareChanges()
    for (const change of this.#untold) yield `'${change}' is on no bus`
    for (const key of this.world.keys('status/').filter((one) => !one.startsWith('status/requests/'))) {
      const { input, state, since } = this.world.readJson(key) ?? {}
      if (!toldStates.some((one) => one === state)) continue
      const last = lastAbout(events, input)
      // If a look dies after its events, the state that it told may pass before ssofile notes it.
      const wasTold =
        !isCalm(this.world) && events.some((one) => one.kind === 'input' && one.input === input && one.event === state)
      const isUnchanged = state === 'applied' && (wasTold || (since !== undefined && last === undefined))
      if (!isUnchanged && last?.event !== state)
        yield `${key} is '${String(state)}', and the last event about it is '${last?.event ?? 'none'}'`
    }
    if (isCalm(this.world) && new Set(events.map((one) => JSON.stringify(one))).size < events.length)
      yield 'an event is on the bus twice'
  }

  /** What a receiver hears is in one digest, and the digest arrives. */
  *#complainOfDigests(): Generator<string> {
    const { sent, arrived, events } = this.world.receivers
    // Of two looks at once only one writes its outbox, and the other may have read an event before or after a change of its details.
    const readings = [...Map.groupBy(events, ({ id }) => id).values()]
    // If a look dies after its events, the next one tells only the last state of an input, and the last check for drift.
    const lastCheck = idOf('drift', String(this.world.readJson('state/drift.json')?.run))
    const isSuperseded = (one: Notification) => {
      if (isCalm(this.world)) return false
      if (one.kind === 'drift') return one.id !== lastCheck
      if (one.kind !== 'input') return false
      const { state, lastModified } = this.world.readJson(`status/${one.input}.json`) ?? {}
      return lastAbout(events, one.input)?.id !== one.id || state !== one.event || lastModified !== one.lastModified
    }
    for (const receiver of this.world.configuration.notifications.receivers)
      for (const way of waysOf(receiver)) {
        const digests = [...sent.values()].filter((one) => one.receiver === receiver.name && one.way === way)
        const isHeard = (one: Notification) => isHeardBy(receiver, one)
        const count = (all: readonly Notification[][]) =>
          countsOf(all.flatMap(([one]) => (one ? [{ [one.event]: 1 }] : [])))
        const most = count(readings.filter((ofEvent) => ofEvent.some(isHeard)))
        const least = count(readings.filter((ofEvent) => ofEvent.every((one) => isHeard(one) && !isSuperseded(one))))
        const got = countsOf(digests.map(({ counts }) => counts))
        for (const event of new Set([...most.keys(), ...got.keys()])) {
          const [told = 0, fewest = 0, all = 0] = [got, least, most].map((counts) => counts.get(event))
          if (told < fewest || (told > all && !this.#isOutboxLost))
            yield `${receiver.name} is told ${told} times of ${all} '${event}', by ${way}`
        }
        const lines = digests.flatMap((digest) => digest.lines.map(({ id }) => id))
        if (new Set(lines).size < lines.length && !this.#isOutboxLost)
          yield `${receiver.name} is told of one event in two digests`
        for (const { id } of digests) {
          const times = arrived.filter((one) => one === id).length
          if (times === 0 || (times > 1 && isCalm(this.world)))
            yield `the digest ${id} for ${receiver.name} arrives ${times} times`
        }
      }
  }

  /** Each event of a request comes once, and granted access has one end when its link is gone. */
  *#complainOfRequests(): Generator<string> {
    const all = this.world.receivers.events.flatMap((one) => (one.kind === 'request' ? [one] : []))
    const distinct = [...new Map(all.map((one) => [one.id, one])).values()]
    const names = distinct.flatMap(({ digest, event, by }) => (digest ? [`${event} ${digest} ${by?.id ?? ''}`] : []))
    const twice = names.find((name, nth) => names.indexOf(name) !== nth)
    if (twice !== undefined) yield `'${twice}' is told twice`
    const links = new Set(
      this.world
        .keys('links_data/temporary/')
        .map((key) => (this.world.readJson(key) as Link | undefined)?.request?.digest),
    )
    for (const digest of this.#granted) {
      const told = distinct.filter((one) => one.digest === digest)
      const isNamed = told.some(
        ({ event, requester }) => event === 'request-granted' && requester.name === requesterName,
      )
      if (!isNamed) yield `request ${digest} is granted, and its requester is not told`
      const ends = told.filter(({ event }) => /-(finished|ended|withdrawn|lapsed|denied)$/.test(event)).length
      if (!links.has(digest) && ends !== 1)
        yield `the access of request ${digest} is over, and its end is told ${ends} times`
    }
  }

  /** What the brake holds, who is suspended and comes back, and whose decisions a review wants. */
  *#complainOfOthers(): Generator<string> {
    const { events } = this.world.receivers
    for (const { held } of readShown(this.world) ?? [])
      for (const key of held.filter((one) => one.startsWith('account%'))) {
        const access = key.split('%').slice(0, 3).join('%')
        const isTold = events.some(
          (one) => one.kind === 'change' && one.event === 'held' && one.subject.startsWith(`${access}%`),
        )
        if (!isTold) yield `the brake holds ${key}, and no operator is told`
      }
    for (const { name } of readHeldContents(this.world))
      if (changesOf(events, name, 'permission-set-held').length === 0)
        yield `the brake holds ${name}, and no operator is told`
    for (const name of this.#suspended) {
      const told = changesOf(events, name, 'person-suspended', 'person-restored').map(({ event }) => event)
      const isOver = this.world.keys(`suspended/${name}`).length === 0
      const isRight = told.every((event, nth) => event === (nth % 2 === 0 ? 'person-suspended' : 'person-restored'))
      if (told.length === 0 || !isRight || isOver === (told.at(-1) === 'person-suspended'))
        yield `${name} was suspended${isOver ? ', and came back' : ''}; told is: ${told.join(', ')}`
    }
    for (const [run, { phase, reminded = [], endedAt }] of this.#runs) {
      const told = events.filter((one) => one.kind === 'change' && one.event.startsWith('review-') && one.at >= run)
      const count = (event: string) => new Set(told.filter((one) => one.event === event).map(({ id }) => id)).size
      const begun = told.find((one) => one.event === 'review-begun' && one.at === run)
      if (begun?.kind !== 'change' || !begun.reviewers?.includes('ann'))
        yield `the review of ${run} begins, and its reviewers are not told`
      if (reminded.includes(1) && count('review-last-day') === 0)
        yield `the last day of the review of ${run} is not told`
      if (phase === 'escalated' && count('review-escalated') === 0)
        yield `the escalation of the review of ${run} is not told`
      if (endedAt !== undefined && count('review-ended') === 0) yield `the end of the review of ${run} is not told`
      if (phase === 'done' && count('review-done') === 0) yield `nobody is told that the review of ${run} is done`
    }
  }

  *#complainOfPeople(): Generator<string> {
    const { events } = this.world.receivers
    for (const digest of this.#awaited) {
      const asked = events.filter(
        (one) => one.event === 'request-asked' && one.kind === 'request' && one.digest === digest,
      )
      if (!asked.some((one) => one.kind === 'request' && one.approvers?.includes('approvers')))
        yield `request ${digest} waits for approvals, and no approver is told`
    }
    for (const { event, by } of this.#acts.filter((one) => this.#areReleasesKnown || one.event !== 'brake-released')) {
      const acts = this.#acts.filter((one) => one.event === event && one.by === by).length
      const told = new Set(
        events.filter((one) => one.event === event && 'by' in one && one.by === by).map(({ id }) => id),
      )
      if (told.size !== acts) yield `${by} did ${acts} times what is told ${told.size} times as '${event}'`
    }
  }
}

/** The parts of `run.json` that say who must have heard. */
type Run = {
  readonly run: string
  readonly phase: string
  readonly reminded?: readonly number[]
  readonly endedAt?: string
}

function subjectOf(one: Notification): string {
  if (one.kind === 'request') return one.request
  if (one.kind === 'input') return one.input
  return one.kind === 'change' ? one.subject : ''
}

/** What follows the request in `changes/`. */
function uploadOf(one: Notification): string {
  if (one.kind !== 'request') return ''
  return `%${one.digest}${one.event === 'request-approved' ? `%${one.by?.id}` : ''}`
}

/** By its instant: a look that sleeps between reading and telling tells an older state late. Order is not promised. */
function lastAbout(events: readonly Notification[], input: unknown): Notification | undefined {
  const all = events.filter((one) => one.kind === 'input' && one.input === input)
  return all.reduce<Notification | undefined>((last, one) => (last && one.at < last.at ? last : one), undefined)
}

/** The changes of one subject with one of these events, each once. */
function changesOf(events: readonly Notification[], subject: string, ...names: readonly string[]): readonly Change[] {
  const found = events.flatMap((one) =>
    one.kind === 'change' && one.subject === subject && names.includes(one.event) ? [one] : [],
  )
  return [...new Map(found.map((one) => [one.id, one])).values()].sort((a, b) => (a.at < b.at ? -1 : 1))
}
type Change = Extract<Notification, { kind: 'change' }>

function countsOf(all: readonly Readonly<Record<string, number>>[]): ReadonlyMap<string, number> {
  const sum = new Map<string, number>()
  for (const [event, count] of all.flatMap((one) => Object.entries(one))) sum.set(event, (sum.get(event) ?? 0) + count)
  return sum
}
