import type { SQSEvent } from 'aws-lambda'
import type { ObjectChange } from '../../../shared/memory/s3/object-change.ts'
import type { WorkedQueue } from '../../../shared/ports/queues.ts'
import { accounts } from '../action.ts'
import { type Call, lateKinds } from '../chaos.ts'
import { hostileSets, isOfHostile } from '../hostile-actions.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { spoiler } from '../unreadable-objects.ts'
import { isTarget, ledgerKeyOf, nameOf } from './assignment-names.ts'
import { type Fail, promises } from './violation.ts'

/** Uploads and deletions have eight message groups each, of a declared folder and of all undeclared ones together. */
const groupsOfHostile = 32
/** Only one evaluation at a time is about a permission set in an account. */
const evaluatedMost = accounts.length * hostileSets.length
/**
 * Of another uploader, while a revocation could start: with a single slot, what is being evaluated until the one before it in
 * its account and permission set is over, and what is being evaluated then.
 */
const callsMost = 2 * evaluatedMost
/** The longest visibility timeout of the queue of links, twice. */
const redeliveredMs = 12 * 60_000

/** A message on the queue of links: whose turn it is. */
type WaitingLook = { readonly ahead: number; overtaken: number }
type WaitingRevocation = { readonly accountId: string; overtaken: number }

/**
 * Promise 9: nobody harms another with what he uploads. Records name who did what they say, and nobody else; no name
 * reaches into the listing of another; and a revocation waits for few turns of other uploaders, however much they upload.
 */
export class OthersPromise {
  readonly #world: SimulatedWorld
  readonly #fail: (message: string) => void
  /** Who uploaded each version of a link. */
  readonly #uploaders = new Map<string, Set<string>>()
  /** Who was named for a content of a link: whoever uploads the same again has changed nothing, and the first stays named. */
  readonly #named = new Map<string, Set<string>>()
  /** Who deleted each link. */
  readonly #deleters = new Map<string, Set<string>>()
  readonly #looks = new Map<string, WaitingLook>()
  readonly #revocations = new Map<string, WaitingRevocation>()
  #struck = { times: 0, atMs: Number.NEGATIVE_INFINITY }

  constructor(world: SimulatedWorld, fail: Fail) {
    this.#world = world
    this.#fail = (message) => fail(promises.others, message)
    world.objects.onChange((change) => {
      if (change.caller.accessKeyId === spoiler) return
      if (change.key.startsWith('links_data/')) this.#noteLink(change)
      if (change.eventName.startsWith('ObjectRemoved')) this.#revocations.delete(change.key)
      else this.#noteWritten(change.key)
    })
  }

  #noteLink(change: ObjectChange): void {
    const { key, caller } = change
    const name = `AWS:${caller.accessKeyId}`
    if ('etag' in change) addTo(this.#uploaders, versionOf(key, change), name)
    else addTo(this.#deleters, key, name)
  }

  #noteWritten(key: string): void {
    if (key.startsWith('history/account%')) this.#checkHistory(key)
    if (/^(history|assignments)\//.test(key)) for (const link of this.#linksIn(key)) this.#checkNamed(key, link)
    if (key.startsWith('status/links_data/')) this.#checkStatus(key)
    if (key.startsWith('assignments/') && this.#world.readJson(key)?.state !== 'granted') this.#revocations.delete(key)
  }

  /** `history/<assignment>/<instant>%<event>.json`: one name is one folder. */
  #checkHistory(key: string): void {
    const assignment = String(this.#world.readJson(key)?.assignment)
    if (key.split('/').length !== 3)
      this.#fail(`history of ${assignment} is written as ${key}, in the listing of another name`)
  }

  #linksIn(key: string): readonly Record<string, unknown>[] {
    const { links } = this.#world.readJson(key) ?? {}
    return Array.isArray(links) ? links : []
  }

  #checkNamed(record: string, { key, by, deletedBy, ...version }: Record<string, unknown>): void {
    const link = String(key)
    const uploader = nameIn(by)
    if (uploader !== undefined) {
      const content = `${link} ${version.etag}`
      if (!this.#named.get(content)?.has(uploader) && !this.#uploaders.get(versionOf(link, version))?.has(uploader))
        this.#fail(`${record} says that ${uploader} uploaded this version of ${link}, which somebody else did`)
      addTo(this.#named, content, uploader)
    }
    this.#checkDeleter(record, link, nameIn(deletedBy))
  }

  #checkDeleter(record: string, link: string, name: string | undefined): void {
    if (name !== undefined && !this.#deleters.get(link)?.has(name))
      this.#fail(`${record} says that ${name} deleted ${link}, which he never did`)
  }

  #checkStatus(key: string): void {
    const { input, by, versionId, etag, lastModified } = this.#world.readJson(key) ?? {}
    if (lastModified !== undefined) this.#checkNamed(key, { key: input, by, versionId, etag })
    else this.#checkDeleter(key, String(input), nameIn(by))
  }

  /** A call of the product is about to take effect. */
  noteCall({ service, operation, process, key = '' }: Call, [first, second]: readonly unknown[]): void {
    // Its turn has come.
    if (service === 's3' && operation === 'get' && process === 'dispatcher') this.#revocations.delete(key)
    if (service === 'sqs' && operation === 'send' && Array.isArray(second)) {
      if (key === 'links') for (const message of second) this.#noteLookSent(message.body, message.groupId)
      if (key === 'work-urgent') for (const message of second) this.#noteHintSent(message.body)
    }
    const isChange = operation === 'createAccountAssignment' || operation === 'deleteAccountAssignment'
    if (isChange && isTarget(first)) this.#noteChange(ledgerKeyOf(nameOf(first), this.#world))
  }

  #noteLookSent(body: string, groupId: string): void {
    const { key, event, id } = JSON.parse(body)
    if (isOfHostile(key) || !String(event).startsWith('ObjectRemoved') || !this.#isUnstruck()) return
    this.#looks.set(`${key} ${id}`, { ahead: this.#countMessages(groupId), overtaken: 0 })
  }

  #countMessages(groupId: string): number {
    const messages = this.#world.queues.queue('links').messages()
    return messages.filter((message) => message.groupId === groupId).length
  }

  /** A function is given these messages. */
  noteBatch(queue: WorkedQueue, { Records }: SQSEvent): void {
    if (queue !== 'links' || this.#looks.size === 0) return
    const messages = Records.map(({ body }) => JSON.parse(body))
    for (const { key, id } of messages) this.#looks.delete(`${key} ${id}`)
    if (!this.#isUnstruck()) this.#looks.clear()
    const turns = messages.filter(({ key }) => isOfHostile(key)).length
    for (const [about, look] of this.#looks) {
      look.overtaken += turns
      const most = groupsOfHostile * this.#world.batchSizeOf('links') * (look.ahead + 1)
      if (look.overtaken > most)
        this.#fail(`the deletion ${about} waits while ${look.overtaken} files of another uploader are looked at`)
    }
  }

  /** Only what nothing holds up but turns: it is granted, and nobody wants it any more. */
  #noteHintSent(body: string): void {
    const {
      kind,
      account,
      permissionSet,
      principal,
      type,
      principalId = this.#idOf(type, principal),
    } = JSON.parse(body)
    const key = `assignments/account%${account}%${permissionSet}%${principalId}%${type}`
    if (!['assignment', 'access'].includes(kind) || this.#world.hostile.touches(key) || this.#revocations.has(key))
      return
    if (this.#world.readJson(key)?.state !== 'granted' || !this.#isCalm()) return
    this.#revocations.set(key, { accountId: account, overtaken: 0 })
  }

  #idOf(type: string, principal: string): string | undefined {
    return this.#world.identityStore.idOf(type === 'USER' ? 'USER' : 'GROUP', principal)
  }

  #noteChange(key: string): void {
    this.#revocations.delete(key)
    if (this.#revocations.size === 0 || !this.#world.hostile.touches(key)) return
    if (!this.#isCalm()) this.#revocations.clear()
    const busy = new Set<string>(this.#world.ssoAdmin.outstandingRequests().map(({ target }) => target.accountId))
    for (const [waiting, revocation] of this.#revocations) {
      if (busy.has(revocation.accountId)) continue
      if (this.#world.checker.isAsked(waiting)) this.#revocations.delete(waiting)
      else if (++revocation.overtaken > callsMost)
        this.#fail(`the revocation of ${waiting} waits while ${revocation.overtaken} of another uploader are sent`)
    }
  }

  /** No function died or was refused, so that none of its messages comes again later, and its groups with it. */
  #isUnstruck(): boolean {
    const { chaos, clock } = this.#world
    const times = [...chaos.struck].reduce((sum, [kind, count]) => sum + (lateKinds.has(kind) ? 0 : count), 0)
    if (times !== this.#struck.times) this.#struck = { times, atMs: clock.monotonicMs() }
    return clock.monotonicMs() - this.#struck.atMs > redeliveredMs
  }

  /** Nothing but the turns of others delays anything. */
  #isCalm(): boolean {
    const { isUntouched, settings, chaos } = this.#world
    const isEven = settings.evenPace === true && chaos.struck.size === 0
    return isEven && isUntouched && this.#world.keys('control/pause.json').length === 0
  }

  /** An operator releases the list that he was shown, and is told that it is another one. */
  noteRefusedRelease(digest: string): void {
    this.#fail(`the list ${digest} is shown, and cannot be released`)
  }
}

function addTo(names: Map<string, Set<string>>, key: string, name: string): void {
  names.set(key, (names.get(key) ?? new Set()).add(name))
}

/** Without versions the same content is one version, whenever it was uploaded. */
function versionOf(
  key: string,
  { versionId, etag }: { readonly versionId?: unknown; readonly etag?: unknown },
): string {
  return `${key} ${versionId ?? etag}`
}

function nameIn(by: unknown): string | undefined {
  return typeof by === 'object' && by !== null && 'principalId' in by ? String(by.principalId) : undefined
}
