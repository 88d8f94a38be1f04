import type { ObjectChange } from '../../../shared/memory/s3/object-change.ts'
import { byHand, requester } from '../request-actions.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { type Fail, promises } from './violation.ts'

/**
 * A look may have read so long ago what it acts on: several calls follow each other, and some travel for seconds. With misfortune
 * they are refused, stand still, and come again.
 */
const soonMs = 60_000
const lateMs = 5 * 60_000
/** At rest the schedules begin after ten minutes; then a sweep comes within five, and what it asks for is done in as many. */
const sweptMs = 20 * 60_000
/** All requests ask for so much. */
const askedMs = 30 * 60_000

type Upload = { readonly key: string; readonly upload: number; readonly fromMs: number; readonly reason: string }
type Seen = { readonly key: string; readonly upload: number; readonly digest: string }
type Decision = Seen & {
  readonly by: string
  readonly decision: 'approve' | 'deny'
  readonly isSealed: boolean
  readonly atMs: number
}
type Request = { readonly user: string; readonly digest: string }
type Grant = Request & {
  readonly key: string
  readonly link: string
  readonly reason: string
  readonly expiresAt: string
}
type Span = { readonly fromMs: number; untilMs: number }

function grantKey({ user, digest }: Request): string {
  return `history/requests/${user}/${digest}%granted.json`
}

/** Who was in a group, and when. */
class Members {
  readonly #spans = new Map<string, Span[]>()
  readonly #nowMs: () => number

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  note(name: string, isMember: boolean): void {
    const spans = this.#spans.get(name) ?? []
    this.#spans.set(name, spans)
    if (isMember) spans.push({ fromMs: this.#nowMs(), untilMs: Number.POSITIVE_INFINITY })
    else for (const span of spans) span.untilMs = Math.min(span.untilMs, this.#nowMs())
  }

  /** At some time since then. */
  since(ms: number): readonly string[] {
    return this.#namesWhere(({ untilMs }) => untilMs > ms)
  }

  /** All the time since then. */
  throughout(ms: number): readonly string[] {
    return this.#namesWhere(({ fromMs, untilMs }) => fromMs <= ms && untilMs === Number.POSITIVE_INFINITY)
  }

  #namesWhere(isMeant: (span: Span) => boolean): readonly string[] {
    return [...this.#spans].filter(([, spans]) => spans.some(isMeant)).map(([name]) => name)
  }
}

/**
 * 10: temporary access is there only for who might ask for it, by the approvals that its eligibility asked for then, of different
 * people who might approve and were not the requester, each for the very upload that was granted, and not against a denial; once
 * for each upload; and never beyond its end. Judged
 * by what people did, not by what ssofile wrote of it.
 */
export class TemporaryPromise {
  readonly #world: SimulatedWorld
  readonly #fail: Fail
  readonly #uploads: Upload[] = []
  readonly #seen: Seen[] = []
  readonly #decisions: Decision[] = []
  readonly approvers = new Members(() => this.#nowMs)
  readonly askers = new Members(() => this.#nowMs)
  readonly #needed: { readonly approvals: number; readonly fromMs: number }[] = []
  readonly #granted = new Set<string>()
  readonly #bodies = new Map<string, string>()

  constructor(world: SimulatedWorld, fail: Fail) {
    this.#world = world
    this.#fail = fail
  }

  get #nowMs(): number {
    return this.#world.clock.now().getTime()
  }

  /** What was so before, every look has seen by now. */
  get #seenMs(): number {
    return this.#nowMs - (this.#world.chaos.struck.size > 0 ? lateMs : soonMs)
  }

  noteNeeded(approvals: number): void {
    this.#needed.push({ approvals, fromMs: this.#nowMs })
  }

  /** Answers which upload of all it is. */
  noteUpload(key: string): number {
    const upload = this.#uploads.length + 1
    this.#uploads.push({ key, upload, fromMs: this.#nowMs, reason: `upload ${upload}` })
    return upload
  }

  noteDecision(decision: Omit<Decision, 'atMs'>): void {
    this.#decisions.push({ ...decision, atMs: this.#nowMs })
  }

  /** What the statuses of a request have told people, and of which upload that is, as they see it themselves. */
  seen(key: string): readonly Seen[] {
    return this.#seen.filter((one) => one.key === key)
  }

  /** What was there last, or before. */
  formerBody(key: string): string | undefined {
    return this.#bodies.get(key)
  }

  noteChange({ key, eventName, caller }: ObjectChange): void {
    const isByHand = caller.accessKeyId === byHand
    if (eventName.startsWith('ObjectRemoved')) {
      if (key.startsWith('links_data/temporary/') && !isByHand) this.#judgeEnd(key)
      return
    }
    if (key.startsWith('status/requests/')) this.#noteStatus(key.slice('status/'.length, -'.json'.length))
    if (key.startsWith('history/requests/') && key.endsWith('%granted.json')) this.#judgeGrant(key)
    if (!key.startsWith('links_data/temporary/')) return
    this.#bodies.set(key, Buffer.from(this.#world.objects.model.find(key)?.body ?? '').toString())
    if (!isByHand) this.#judgeLink(key)
  }

  #noteStatus(key: string): void {
    const { request, etag } = (this.#world.readJson(`status/${key}.json`) ?? {}) as {
      request?: { digest: string }
      etag?: string
    }
    const found = this.#world.objects.model.find(key)
    // Who looks at both sees one upload only where the status is of the file that is there.
    if (!request || !found || found.etag !== etag) return
    const said = JSON.parse(Buffer.from(found.body).toString())
    const upload = this.#uploads.find(({ reason }) => reason === said.reason)?.upload
    if (upload === undefined || this.#seen.some((one) => one.upload === upload && one.digest === request.digest)) return
    this.#seen.push({ key, upload, digest: request.digest })
  }

  #judgeGrant(historyKey: string): void {
    const { key = '', reason } = (this.#world.readJson(historyKey) ?? {}) as { key?: string; reason?: string }
    const upload = this.#uploads.find((one) => one.key === key && one.reason === reason)
    const complain = (what: string): void => this.#fail(promises.temporary, `${historyKey} ${what}`)
    if (this.#granted.has(historyKey)) complain('is written twice')
    this.#granted.add(historyKey)
    if (upload === undefined) complain('is of an upload that nobody made')
    else for (const what of this.#complainAboutGrant(upload, this.#seenMs)) complain(what)
  }

  #complainAboutGrant({ upload }: Upload, sinceMs: number): readonly string[] {
    const others = (names: readonly string[]) => names.filter((name) => name !== requester)
    const seenOf = (name: string) => this.#seenOf(name, upload, sinceMs)
    const approving = others(this.approvers.since(sinceMs)).filter((name) => seenOf(name).includes('approve'))
    const denying = others(this.approvers.throughout(sinceMs)).filter((name) => seenOf(name).join() === 'deny')
    const needed = this.#neededSince(sinceMs)
    const isLacking = approving.length < needed
    return [
      ...(this.askers.since(sinceMs).includes(requester) ? [] : [`grants what ${requester} may not ask for`]),
      ...(isLacking ? [`grants upload ${upload} by ${approving.length} (${approving.join(', ')}) of ${needed}`] : []),
      ...denying.map((name) => `grants upload ${upload}, which ${name} denied`),
    ]
  }

  #neededSince(sinceMs: number): number {
    const later = this.#needed.filter(({ fromMs }) => fromMs > sinceMs)
    const before = this.#needed.filter(({ fromMs }) => fromMs <= sinceMs).at(-1)
    return Math.min(...[...later, ...(before ? [before] : [])].map(({ approvals }) => approvals))
  }

  /** What the look may have seen of what they said of this upload. */
  #seenOf(by: string, upload: number, sinceMs: number): readonly Decision['decision'][] {
    const own = this.#decisions.filter((one) => one.by === by && one.upload === upload)
    const last = own.filter(({ atMs }) => atMs <= sinceMs).at(-1)
    return [...(last ? [last] : []), ...own.filter(({ atMs }) => atMs > sinceMs)].map(({ decision }) => decision)
  }

  #judgeLink(key: string): void {
    const body = (this.#world.readJson(key) ?? {}) as { expiresAt?: string; request?: { digest: string; user: string } }
    const endMs = Date.parse(body.expiresAt ?? '')
    if (!body.request || !this.#granted.has(grantKey(body.request)))
      this.#fail(promises.temporary, `${key} is written, and history has no grant of it`)
    // `false` also where there is no end.
    if (!(endMs <= this.#nowMs + askedMs)) this.#fail(promises.temporary, `${key} does not end when it was asked to`)
    if (endMs < this.#seenMs) this.#fail(promises.temporary, `${key} is written after its end`)
  }

  /** ssofile takes away what history says is over, and nothing else. */
  #judgeEnd(key: string): void {
    const { expiresAt, request } = JSON.parse(this.#bodies.get(key) ?? '{}') as {
      expiresAt?: string
      request?: Request
    }
    if (request === undefined || !this.#granted.has(grantKey(request)) || this.#isOver(request, expiresAt)) return
    this.#fail(promises.temporary, `${key} is deleted while its grant is in force`)
  }

  #isOver(request: Request, expiresAt = ''): boolean {
    return this.#endsOf(request).length > 0 || Date.parse(expiresAt) <= this.#nowMs
  }

  /** What history says of its end. */
  #endsOf(request: Request): readonly string[] {
    return ['withdrawn', 'finished', 'ended', 'denied', 'lapsed'].flatMap((event) =>
      this.#world.keys(grantKey(request).replace('granted', event)),
    )
  }

  /** While nothing strikes any more: a sweep has looked at each link. At rest is too late: then they have all ended. */
  checkOverdue(sinceMs: number): void {
    const sweptBeforeMs = this.#nowMs - sweptMs
    if (!this.#world.sweeps || sinceMs > sweptBeforeMs) return
    const isOld = (key: string) => (this.#world.objects.model.find(key)?.lastModified.getTime() ?? 0) < sweptBeforeMs
    for (const key of this.#world.keys('links_data/temporary/')) {
      const { request } = (this.#world.readJson(key) ?? {}) as { request?: Request }
      if (request && isOld(key) && this.#endsOf(request).some(isOld))
        this.#fail(promises.temporary, `${key} is there long after its grant is over`)
    }
  }

  /** At the end: what is granted is there, and no link has outlived its end or its request. */
  checkAtRest(): void {
    for (const key of this.#world.keys('links_data/temporary/')) {
      const { expiresAt = '', request } = (this.#world.readJson(key) ?? {}) as { expiresAt?: string; request?: Request }
      const isOver = Date.parse(expiresAt) < this.#seenMs
      const asked = `requests/${request?.user}/${key.slice('links_data/temporary/'.length)}`
      if (isOver) this.#fail(promises.temporary, `${key} is still there after its end`)
      else if (request && this.#isOver(request, expiresAt))
        this.#fail(promises.temporary, `${key} is there, and its grant is over`)
      else if (this.#world.keys(asked).length === 0) this.#fail(promises.temporary, `${key} has outlived ${asked}`)
    }
    for (const { key, reason, link } of this.#grantsInForce()) {
      // An earlier upload whose link was deleted while a later one waits is not written again.
      const isLast = this.#uploads.findLast((one) => one.key === key)?.reason === reason
      if (isLast && this.#world.keys(link).length === 0)
        this.#fail(promises.temporary, `${link} is gone while its grant is in force`)
    }
  }

  /** Whether access by this link has been granted and has not ended, whatever somebody did to the link. */
  isInForce(link: string): boolean {
    return this.#grantsInForce().some((one) => one.link === link)
  }

  #grantsInForce(): readonly Grant[] {
    return [...this.#granted].flatMap((granted) => {
      const grant = this.#world.readJson(granted) as Grant | undefined
      return grant === undefined || this.#isOver(grant, grant.expiresAt) ? [] : [grant]
    })
  }
}
