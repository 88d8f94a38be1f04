import { principalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import type { IdentityStoreChange } from '../../../shared/memory/identity-store/identity-store-records.ts'
import { neededNow } from '../kinds/governance/eligibility-files.ts'
import { byHand, requester } from '../request-actions.ts'
import { accounts } from '../small-world.ts'
import { SuspensionsPromise } from './suspensions.ts'
import { Judge, type Seen } from './watched.ts'

/**
 * A look may act on readings that are this old: several calls follow each other, and some travel for seconds. With faults they are refused,
 * freeze, and come again.
 */
const soonMs = 60_000
const lateMs = 5 * 60_000
/** At rest the schedules begin after ten minutes. Then a sweep comes within five minutes, and its work is done in another five. */
const sweptMs = 20 * 60_000
/** The duration of every request. */
const askedMs = 30 * 60_000
/** The latest beginning of a request. */
const beginsMs = 90_000

type Shown = { readonly key: string; readonly upload: number; readonly digest: string }
type Request = { readonly user: string; readonly digest: string }
type Link = { readonly expiresAt?: string; readonly request?: Request }
type RequestStatus = {
  readonly request?: { readonly digest: string }
  readonly etag?: string
  readonly lastModified?: string
}
type Grant = Request & {
  readonly key: string
  readonly link: string
  readonly reason: string
  readonly expiresAt: string
}

/** `upload 3` gives 3. */
function uploadOf(reason: unknown): number {
  return Number(String(reason).slice('upload '.length))
}

function grantKey({ user, digest }: Request): string {
  return `history/requests/${user}/${digest}%granted.json`
}

/** The values of each thing over time. */
class Past<Value> {
  readonly #all = new Map<string, { readonly value: Value; readonly fromMs: number }[]>()
  readonly #nowMs: () => number

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  note(thing: string, value: Value): void {
    this.#all.set(thing, [...(this.#all.get(thing) ?? []), { value, fromMs: this.#nowMs() }])
  }

  get things(): readonly string[] {
    return [...this.#all.keys()]
  }

  /** The value at that instant, and every later value. `undefined`: no value yet. */
  since(thing: string, ms: number): readonly (Value | undefined)[] {
    const all = this.#all.get(thing) ?? []
    const later = all.filter(({ fromMs }) => fromMs > ms)
    return [all.findLast(({ fromMs }) => fromMs <= ms), ...later].map((one) => one?.value)
  }
}

/**
 * Promise 10: temporary access exists only for people who may ask for it. It has the approvals that its eligibility required then: by
 * different people who may approve and are not the requester, each for exactly the granted upload, and without a denial. Each upload is
 * granted once, and never beyond its end. Judged by people's actions, not by ssofile's records.
 */
export class TemporaryPromise extends Judge {
  protected readonly promise = 'temporary'
  readonly #suspensions = this.judge(SuspensionsPromise)
  /** When somebody first approved an upload. */
  readonly #approvedMs = new Map<string, number>()
  /** The last upload of each request. */
  readonly #uploads = new Map<string, number>()
  /** The uploads, with their keys. */
  readonly #made = new Set<string>()
  /** Each upload of a new text has the next number. */
  nextUpload = 1
  readonly #seen: Shown[] = []
  /** Each person's decision on an upload, by its digest. A decision that is gone may have been recorded before, or not. */
  readonly #decisions = this.#past<'approve' | 'deny' | 'gone'>()
  readonly approvers = this.#past<boolean>()
  readonly askers = this.#past<boolean>()
  /** The number of required approvals in each account. `undefined`: nobody may ask. */
  readonly #needed = this.#past<number | undefined>()
  readonly #granted = new Set<string>()
  /** When somebody last deleted each request, and when each user last changed. */
  readonly #deletedMs = new Map<string, number>()
  readonly #renamedMs = new Map<string, number>()
  /** The present or last body of each temporary link. */
  readonly bodies = new Map<string, string>()

  #past<Value>(): Past<Value> {
    return new Past(() => this.#nowMs)
  }

  get #nowMs(): number {
    return this.world.clock.now().getTime()
  }

  /** By now, every look has seen the values from before this instant. */
  get #seenMs(): number {
    return this.#nowMs - (this.world.chaos.struck.size > 0 ? lateMs : soonMs)
  }

  /** The digests that the statuses of a request showed, each with its upload, as people see them. */
  seen(key: string): readonly Shown[] {
    return this.#seen.filter((one) => one.key === key)
  }

  /** Whether an administrator, and not ssofile, last changed each link. */
  readonly #byHand = new Map<string, boolean>()
  /** The time of the upload that each digest means, by statuses. */
  readonly #digests = new Map<string, string>()

  override noteChange({ key, isRemoved, caller }: Seen): void {
    const isByHand = caller.accessKeyId === byHand
    if (key.startsWith('eligibility/'))
      for (const account of accounts) this.#needed.note(account, neededNow(this.world, account))
    if (key.startsWith('approvals/')) this.#noteDecision(key)
    if (key.startsWith('requests/') && !isRemoved) this.#noteUpload(key)
    if (isRemoved && key.startsWith('requests/')) this.#deletedMs.set(key, this.#nowMs)
    if (key.startsWith('links_data/temporary/')) this.#byHand.set(key, isByHand)
    if (isRemoved) {
      if (key.startsWith('links_data/temporary/') && !isByHand) this.#judgeEnd(key)
      return
    }
    if (key.startsWith('status/requests/')) this.#noteStatus(key.slice('status/'.length, -'.json'.length))
    if (key.startsWith('history/requests/') && key.endsWith('%granted.json')) this.#judgeGrant(key)
    if (!key.startsWith('links_data/temporary/')) return
    this.bodies.set(key, this.world.textOf(key) ?? '')
    if (!isByHand) this.#judgeLink(key)
  }

  #noteUpload(key: string): void {
    const upload = Number(/"upload (\d+)"/.exec(this.world.textOf(key) ?? '')?.[1])
    if (Number.isNaN(upload)) return
    if (upload === this.nextUpload) this.nextUpload++
    this.#uploads.set(key, upload)
    this.#made.add(`${upload} ${key}`)
  }

  #noteDecision(key: string): void {
    const [, id = '', digest] = key.split('/')
    const [, decision] = /"decision":"(approve|deny)"/.exec(this.world.textOf(key) ?? '') ?? []
    const said = decision === 'approve' || decision === 'deny' ? decision : 'gone'
    const name = this.world.identityStore.nameOf('USER', principalId.parse(id))
    const thing = `${name} ${digest}`
    if (said === 'approve' && !this.#approvedMs.has(thing)) this.#approvedMs.set(thing, this.nowMs)
    this.#decisions.note(thing, said)
  }

  #noteStatus(key: string): void {
    const { request, etag, lastModified = '' }: RequestStatus = this.world.readJson(`status/${key}.json`) ?? {}
    const found = this.world.objects.model.find(key)
    const digest = request?.digest ?? ''
    const before = this.#digests.get(digest)
    // Without versions, nothing tells two uploads with the same content apart.
    if (request && this.world.settings.seed % 4 < 2 && before !== undefined && before !== lastModified)
      this.fail(`${key} was uploaded again, and an approval of the former upload counts for it`)
    if (request) this.#digests.set(digest, lastModified)
    // A person who reads file and status knows the upload only if the status is about the present file.
    if (!request || !found || found.etag !== etag) return
    const said = JSON.parse(Buffer.from(found.body).toString())
    const upload = uploadOf(said.reason)
    if (this.#seen.some((one) => one.upload === upload && one.digest === request.digest)) return
    this.#seen.push({ key, upload, digest: request.digest })
  }

  #judgeGrant(historyKey: string): void {
    const { key, reason, digest }: Partial<Grant> = this.world.readJson(historyKey) ?? {}
    const upload = uploadOf(reason)
    const complain = (what: string): void => this.fail(`${historyKey} ${what}`)
    if (this.#granted.has(historyKey)) complain('is written twice')
    this.#granted.add(historyKey)
    if (key === undefined || digest === undefined || !this.#made.has(`${upload} ${key}`))
      complain('is of an upload that nobody made')
    else for (const what of this.#complainAboutGrant(key, upload, digest)) complain(what)
  }

  #complainAboutGrant(key: string, upload: number, digest: string): readonly string[] {
    const sinceMs = this.#seenMs
    const [, account = ''] = /account%(\d{12})%/.exec(key) ?? []
    const others = this.approvers.things.filter((name) => name !== requester)
    const said = (name: string) => this.#decisions.since(`${name} ${digest}`, sinceMs)
    const mayHave = (name: string) => this.approvers.since(name, sinceMs)
    const isFor = (name: string) => said(name).some((one) => one === 'approve' || one === 'gone')
    // An approval counts if history has it before its author is suspended.
    const isBarred = (name: string) =>
      this.#suspensions.isBarred(name, this.#approvedMs.get(`${name} ${digest}`) ?? this.nowMs)
    const approving = others.filter((name) => mayHave(name).includes(true) && isFor(name) && !isBarred(name))
    const denying = others.filter((name) => mayHave(name).every(Boolean) && said(name).every((one) => one === 'deny'))
    const needed = Math.min(...this.#needed.since(account, sinceMs).map((one) => one ?? Number.POSITIVE_INFINITY))
    const isLacking = approving.length < needed
    return [
      ...(this.#suspensions.isBarred(requester, this.nowMs)
        ? [`grants what ${requester} asks for, who is suspended`]
        : []),
      ...(this.askers.since(requester, sinceMs).includes(true) ? [] : [`grants what ${requester} may not ask for`]),
      ...(isLacking ? [`grants upload ${upload} by ${approving.length} (${approving.join(', ')}) of ${needed}`] : []),
      ...denying.map((name) => `grants upload ${upload}, which ${name} denied`),
    ]
  }

  #judgeLink(key: string): void {
    const body: Link = this.world.readJson(key) ?? {}
    const endMs = Date.parse(body.expiresAt ?? '')
    if (!body.request || !this.#granted.has(grantKey(body.request)))
      this.fail(`${key} is written, and history has no grant of it`)
    // Also `false` if there is no end.
    if (!(endMs <= this.#nowMs + askedMs + beginsMs)) this.fail(`${key} does not end when it was asked to`)
    if (endMs < this.#seenMs) this.fail(`${key} is written after its end`)
  }

  /** ssofile deletes only links whose grant is over according to history. */
  #judgeEnd(key: string): void {
    const { expiresAt, request }: Link = JSON.parse(this.bodies.get(key) ?? '{}')
    if (request === undefined || !this.#granted.has(grantKey(request))) return
    const { replacedBy } = this.world.readJson(grantKey(request).replace('granted', 'finished')) ?? {}
    const next = this.#grantsInForce().find(({ digest }) => digest === replacedBy)
    // Without its request, that one ends too.
    if (next && this.world.keys(next.key).length > 0)
      this.fail(`${key} is deleted, and access goes on by ${next.reason}`)
    if (this.#isOver(request, expiresAt)) return
    this.fail(`${key} is deleted while its grant is in force`)
  }

  #isOver(request: Request, expiresAt = ''): boolean {
    return this.#endsOf(request).length > 0 || Date.parse(expiresAt) <= this.#nowMs
  }

  /** The events in history that end the grant. */
  #endsOf(request: Request): readonly string[] {
    return ['withdrawn', 'finished', 'ended', 'denied', 'lapsed'].flatMap((event) =>
      this.world.keys(grantKey(request).replace('granted', event)),
    )
  }

  /** After the faults: a sweep has looked at each link. At rest it would be too late, because then all links have ended. */
  checkOverdue(sinceMs: number): void {
    const sweptBeforeMs = this.#nowMs - sweptMs
    if (sinceMs > sweptBeforeMs) return
    const isOld = (key: string) => (this.world.objects.model.find(key)?.lastModified.getTime() ?? 0) < sweptBeforeMs
    for (const key of this.world.keys('links_data/temporary/')) {
      const { request }: Link = this.world.readJson(key) ?? {}
      if (!request || !isOld(key)) continue
      if (this.#endsOf(request).some(isOld)) this.fail(`${key} is there long after its grant is over`)
      const why = this.#whyOver(key, request, sweptBeforeMs)
      if (why !== undefined) this.fail(`${key} is there long after ${why}`)
    }
  }

  /** What somebody did to end this access, before that instant. */
  #whyOver(key: string, request: Request, beforeMs: number): string | undefined {
    const { user } = request
    const isBefore = (ms: number | undefined) => ms !== undefined && ms < beforeMs
    const writtenMs = this.world.objects.model.find(key)?.lastModified.getTime() ?? 0
    const asked = `requests/${user}/${key.slice('links_data/temporary/'.length)}`
    const deletedMs = this.#deletedMs.get(asked)
    if (isBefore(deletedMs) && writtenMs < (deletedMs ?? 0)) return `somebody deleted ${asked}`
    const name = this.world.names.principal(user)
    if (!key.includes(`%${name}%USER%`) && isBefore(this.#renamedMs.get(user))) return `its user became ${name}`
    const said = (who: string) => this.#decisions.since(`${who} ${request.digest}`, beforeMs)
    const mayDeny = (who: string) => this.approvers.since(who, beforeMs).every(Boolean)
    const [, account = ''] = /account%(\d{12})%/.exec(key) ?? []
    const isKnown = this.#needed.since(account, beforeMs).every((one) => one !== undefined)
    const denying = this.approvers.things.find((who) => mayDeny(who) && said(who).every((one) => one === 'deny'))
    return isKnown && denying !== undefined && denying !== requester ? `${denying} denied it` : undefined
  }

  override noteDirectoryChange(change: IdentityStoreChange): void {
    if (change.event === 'UpdateUser') this.#renamedMs.set(change.userId, this.#nowMs)
  }

  /** At the end: every grant in force has its link, and no link has outlived its end or its request. */
  override checkAtRest(): void {
    for (const key of this.world.keys('links_data/temporary/')) {
      const { expiresAt = '', request }: Link = this.world.readJson(key) ?? {}
      const asked = `requests/${request?.user}/${key.slice('links_data/temporary/'.length)}`
      if (request && this.#isOver(request, expiresAt)) this.fail(`${key} is there, and its grant is over`)
      else if (this.world.keys(asked).length === 0) this.fail(`${key} has outlived ${asked}`)
    }
    for (const { key, reason, link } of this.#grantsInForce()) {
      // If somebody deleted a link while a later upload waits, ssofile does not write the earlier upload's link again.
      const isLast = this.#uploads.get(key) === uploadOf(reason)
      if ((isLast || this.#byHand.get(link) === false) && this.world.keys(link).length === 0)
        this.fail(`${link} is gone while its grant is in force`)
    }
  }

  /** Whether access by this link was granted and has not ended, whatever happened to the link. */
  isInForce(link: string): boolean {
    return this.#grantsInForce().some((one) => one.link === link)
  }

  #grantsInForce(): readonly Grant[] {
    return [...this.#granted].flatMap((granted) => {
      const grant = this.world.readJson(granted) as Grant | undefined
      return grant === undefined || this.#isOver(grant, grant.expiresAt) ? [] : [grant]
    })
  }
}
