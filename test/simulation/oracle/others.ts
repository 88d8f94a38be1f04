import type { SQSEvent } from 'aws-lambda'
import type { ObjectChange } from '../../../shared/memory/s3/object-change.ts'
import type { WorkedQueue } from '../../../shared/ports/queues.ts'
import type { Call } from '../chaos.ts'
import { hostileSets, isOfHostile } from '../hostile-actions.ts'
import { accounts } from '../small-world.ts'
import { spoiler } from '../unreadable-objects.ts'
import { assignmentOfKey, isTarget, ledgerKeyOf, nameIn, nameOf } from './names.ts'
import { Judge, type Watched } from './watched.ts'

/** Uploads and deletions have eight message groups each, of a declared folder and of all undeclared ones together. */
const groupsOfHostile = 32
/** Of each permission set in each account: what is being evaluated when a revocation could start, and what is by then. */
const callsMost = 2 * accounts.length * hostileSets.length

type Waiting = { readonly most: number; overtaken: number }

/**
 * Promise 9: nobody harms another with what he uploads. Records name who did what they say, and nobody else; no name reaches into
 * the listing of another; and a revocation waits for few turns of other uploaders, where nothing else holds it up.
 */
export class OthersPromise extends Judge {
  protected readonly promise = 'others'
  /** Who uploaded each content of a link, and who deleted each link. */
  readonly #uploaders = new Map<string, Set<string>>()
  readonly #deleters = new Map<string, Set<string>>()
  /** Deletions to be looked at, and access to be revoked. */
  readonly #looks = new Map<string, Waiting>()
  readonly #revocations = new Map<string, Waiting>()

  constructor(watched: Watched) {
    super(watched)
    this.world.objects.onChange((change) => {
      if (change.caller.accessKeyId === spoiler) return
      if (change.key.startsWith('links_data/')) this.#noteLink(change)
      if (change.eventName.startsWith('ObjectRemoved')) this.#revocations.delete(change.key)
      else this.#noteWritten(change.key)
    })
  }

  #noteLink(change: ObjectChange): void {
    const { key, caller } = change
    const name = `AWS:${caller.accessKeyId}`
    if ('etag' in change) addTo(this.#uploaders, `${key} ${change.etag}`, name)
    else addTo(this.#deleters, key, name)
  }

  #noteWritten(key: string): void {
    if (!/^(history|assignments|status\/links_data)\//.test(key)) return
    const record = this.world.readJson(key) ?? {}
    // `history/<assignment>/<instant>%<event>.json`: one name is one folder.
    if (key.startsWith('history/account%') && key.split('/').length !== 3)
      this.fail(`history is written as ${key}, in the listing of another name`)
    if (!key.startsWith('status/') && Array.isArray(record.links))
      for (const link of record.links) this.#checkNamed(key, String(link.key), link)
    if (key.startsWith('status/links_data/')) {
      const isThere = record.lastModified !== undefined
      this.#checkNamed(key, String(record.input), isThere ? record : { deletedBy: record.by })
    }
    if (key.startsWith('assignments/') && record.state !== 'granted') this.#revocations.delete(key)
  }

  #checkNamed(record: string, link: string, said: Readonly<Record<string, unknown>>): void {
    const [uploader, deleter] = [nameIn(said.by), nameIn(said.deletedBy)]
    if (deleter !== undefined && !this.#deleters.get(link)?.has(deleter))
      this.fail(`${record} says that ${deleter} deleted ${link}, which he never did`)
    if (uploader === undefined) return
    if (!this.#uploaders.get(`${link} ${said.etag}`)?.has(uploader))
      this.fail(`${record} says that ${uploader} uploaded this content of ${link}, which somebody else did`)
  }

  /** A call of the product is about to take effect. */
  noteCall({ service, operation, process, key = '' }: Call, [first, second]: readonly unknown[]): void {
    // Its turn has come.
    if (service === 's3' && operation === 'get' && process === 'dispatcher') this.#revocations.delete(key)
    if (service === 'sqs' && operation === 'send' && Array.isArray(second) && this.#isEven())
      for (const { body, groupId } of second) {
        if (key === 'links') this.#noteLookSent(JSON.parse(body), String(groupId))
        if (key === 'work-urgent') this.#noteHintSent(JSON.parse(body))
      }
    if (/^(create|delete)AccountAssignment$/.test(operation) && isTarget(first))
      this.#noteChange(ledgerKeyOf(nameOf(first), this.world))
  }

  #noteLookSent({ key, event, id }: Readonly<Record<string, unknown>>, groupId: string): void {
    const { queues } = this.world
    if (isOfHostile(String(key)) || !String(event).startsWith('ObjectRemoved')) return
    const ahead = queues
      .queue('links')
      .messages()
      .filter((one) => one.groupId === groupId).length
    const most = groupsOfHostile * this.world.batchSizeOf('links') * (ahead + 1)
    this.#looks.set(`${key} ${id}`, { most, overtaken: 0 })
  }

  /** A function is given messages of a queue. */
  noteBatch(queue: WorkedQueue, { Records }: SQSEvent): void {
    if (queue !== 'links' || this.#looks.size === 0) return
    const messages = Records.map(({ body }) => JSON.parse(body))
    for (const { key, id } of messages) this.#looks.delete(`${key} ${id}`)
    this.#overtake(this.#looks, messages.filter(({ key }) => isOfHostile(key)).length, 'deletion')
  }

  /** Only what nothing holds up but turns: it is granted, and nobody wants it any more. */
  #noteHintSent({ kind, account, permissionSet, principal, type, ...hint }: Readonly<Record<string, unknown>>): void {
    const id = hint.principalId ?? this.world.identityStore.idOf(type === 'USER' ? 'USER' : 'GROUP', String(principal))
    const key = `assignments/account%${account}%${permissionSet}%${id}%${type}`
    if (!['assignment', 'access'].includes(String(kind)) || this.world.hostile.touches(key)) return
    if (this.world.readJson(key)?.state === 'granted' && !this.#revocations.has(key))
      this.#revocations.set(key, { most: callsMost, overtaken: 0 })
  }

  #noteChange(key: string): void {
    this.#revocations.delete(key)
    if (this.#revocations.size === 0 || !this.world.hostile.touches(key)) return
    this.wishes.note()
    for (const waiting of this.#revocations.keys())
      if (this.wishes.askedSinceMs(assignmentOfKey(waiting, this.world)) !== undefined)
        this.#revocations.delete(waiting)
    const busy = new Set(this.world.ssoAdmin.outstandingRequests().map(({ target }) => `account%${target.accountId}%`))
    const isFree = ([waiting]: [string, Waiting]) => ![...busy].some((account) => waiting.includes(account))
    this.#overtake(new Map([...this.#revocations].filter(isFree)), 1, 'revocation')
  }

  #overtake(waiting: ReadonlyMap<string, Waiting>, turns: number, what: string): void {
    if (!this.#isEven()) {
      this.#looks.clear()
      this.#revocations.clear()
      return
    }
    for (const [about, one] of waiting) {
      one.overtaken += turns
      if (one.overtaken > one.most) this.fail(`the ${what} of ${about} waits for ${one.overtaken} of another uploader`)
    }
  }

  /** Nothing but the turns of others delays anything. */
  #isEven(): boolean {
    const isEven = this.world.settings.evenPace === true && this.world.chaos.struck.size === 0 && this.world.isUntouched
    return isEven && this.world.keys('control/pause.json').length === 0
  }

  /** An operator releases the list that he was shown, and is told that it is another one. */
  noteRefusedRelease(digest: string): void {
    this.fail(`the list ${digest} is shown, and cannot be released`)
  }
}

function addTo(names: Map<string, Set<string>>, key: string, name: string): void {
  names.set(key, (names.get(key) ?? new Set()).add(name))
}
