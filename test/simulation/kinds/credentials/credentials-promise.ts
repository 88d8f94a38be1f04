import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { needsReconcile } from '../../at-rest.ts'
import type { Call } from '../../chaos.ts'
import { type AtRest, Judge, type Seen, seenAfterMs } from '../../oracle/watched.ts'
import { owned } from './credentials.ts'
import { rulesIn } from './retire-files.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
/** IAM knows of a use this late. */
const knownAfterMs = 4 * 60 * minuteMs
/** The schedule looks at all files. */
const everyMs = 5 * minuteMs
const prefix = 'retire/'

type File = {
  readonly key: string
  readonly owner: string
  readonly account: string
  readonly user: string
  what: string
}
/** From this time on, these files ask: they stand in the folder of the present owner, of a user who may be retired. */
type Moment = { readonly fromMs: number; readonly asking: ReadonlySet<string>; readonly days: number }
/** One upload. `otherSinceMs`: since when somebody else owns its account. */
type Upload = { readonly sinceMs: number; otherSinceMs?: number | undefined; wasOther: boolean; isRefused: boolean }

/**
 * ssofile retires what a file of the account's owner names, and nothing else: keys become inactive, and credentials go only after the days
 * in which nobody used them. A key comes back when its file goes, unless somebody else had made it inactive. A change of the owner decides
 * nothing: a file that ssofile saw under another owner asks for nothing.
 */
export class CredentialsPromise extends Judge {
  protected readonly promise = 'credentials'
  readonly #uploads = new Map<string, Upload>()
  #moments: readonly Moment[] = [{ fromMs: Number.NEGATIVE_INFINITY, asking: new Set(), days: 0 }]
  #known = ''
  /** Keys that ssofile has made inactive, and not active since, with their account. */
  readonly #off = new Map<string, string>()
  /** Since when people have changed a key themselves. */
  readonly #byHandMs = new Map<string, number>()

  noteByHand(id: string): void {
    this.#byHandMs.set(id, this.nowMs)
  }

  override noteChange({ key, isRemoved }: Seen): void {
    if (!key.startsWith(prefix) && key !== 'hygiene.json') return
    this.#note()
    if (!key.startsWith(prefix)) return
    if (isRemoved) this.#uploads.delete(key)
    else this.#uploads.set(key, { sinceMs: this.nowMs, wasOther: false, isRefused: false })
    this.#note()
  }

  override noteCall({ service, operation, wasHeld }: Call, args: readonly unknown[]): void {
    if (this.#uploads.size > 0 || this.#off.size > 0) this.#note()
    if (service !== 'iam') return
    const [account = '', user = '', id] = args.map(String)
    const [, , , isActive] = args
    const what = operation === 'deletePassword' ? 'password' : operation === 'deleteUser' ? 'user' : (id ?? '')
    const credential = `account%${account}%${user}%${what}%ssofile`
    if (operation === 'updateAccessKey') this.#checkSwitch(credential, isActive === true, wasHeld)
    if (operation.startsWith('delete') && !wasHeld) this.#checkDeletion(credential)
  }

  /** Owners, states of accounts and rules, as they are now. */
  #note(): void {
    const rules = rulesIn(this.world.textOf('hygiene.json'))
    const facts = [...this.#uploads].map(([key, upload]) => {
      const file = parse(key)
      const isThere = this.world.accountNow(file.account)?.state === 'ACTIVE'
      const isOwner = this.#ownerOf(file.account) === file.owner
      this.#noteOwner(upload, rules === undefined || !isThere ? 'nobody knows' : isOwner)
      return { key, isAsking: rules !== undefined && isThere && isOwner && file.user !== rules.protects }
    })
    const asking = facts.filter(({ isAsking }) => isAsking).map(({ key }) => key)
    const known = JSON.stringify([asking, rules])
    if (known === this.#known) return
    this.#known = known
    this.#moments = [...this.#moments, { fromMs: this.nowMs, asking: new Set(asking), days: rules?.days ?? 0 }]
  }

  #noteOwner(upload: Upload, isOwner: boolean | 'nobody knows'): void {
    const sinceMs = upload.otherSinceMs
    if (sinceMs !== undefined && this.nowMs - sinceMs > everyMs + this.#windowMs) upload.isRefused = true
    if (isOwner === false) {
      upload.wasOther = true
      upload.otherSinceMs ??= this.nowMs
    } else upload.otherSinceMs = undefined
  }

  /** Undefined too once the account has left the organization. */
  #ownerOf(account: string): string | undefined {
    return this.world.accountNow(account) && this.world.organizations.tagsNow(account).team
  }

  /** Within this time, a look has seen everything. */
  get #windowMs(): number {
    return seenAfterMs(this.world) + minuteMs + (needsReconcile(this.world) ? 70 * minuteMs : 0)
  }

  #momentsSince(ms: number): readonly Moment[] {
    const first = this.#moments.findLast(({ fromMs }) => fromMs <= ms)
    return [...(first ? [first] : []), ...this.#moments.filter(({ fromMs }) => fromMs > ms)]
  }

  /** Whether a file asks for this credential, as some look may have found it. */
  #mayAsk(credential: string): boolean {
    return this.#momentsSince(this.nowMs - this.#windowMs).some(({ asking }) =>
      [...asking].some((key) => key.endsWith(`/${credential}`) && this.#uploads.get(key)?.isRefused !== true),
    )
  }

  /** Whether a file asks for it, whatever look finds it. */
  #mustAsk(credential: string): boolean {
    const isSteady = (key: string) =>
      this.#momentsSince(this.nowMs - this.#windowMs).every(({ asking }) => asking.has(key)) &&
      this.#uploads.get(key)?.wasOther === false
    return [...this.#uploads.keys()].some((key) => key.endsWith(`/${credential}`) && isSteady(key))
  }

  #checkSwitch(credential: string, isActive: boolean, wasHeld = false): void {
    const { account, user, what } = parse(`${prefix}a/${credential}`)
    const key = this.#keyOf(account, what)
    if (isActive) {
      // If the file went before the key was made inactive, the call changes nothing.
      if (!this.#off.has(what) && key?.isActive === false)
        this.fail(`makes ${what} of ${user} active, which it did not make inactive`)
      if (!wasHeld && this.#mustAsk(credential)) this.fail(`makes ${what} of ${user} active, and a file retires it`)
      // A renamed user has the key under the new name.
      if (this.#usersOf(account).some(({ name, keys }) => name === user && keys.some(({ id }) => id === what)))
        this.#off.delete(what)
      return
    }
    if (!wasHeld && !this.#mayAsk(credential)) this.fail(`makes ${what} of ${user} inactive, and no file asks for it`)
    if (!wasHeld && this.#isUsed(credential)) this.fail(`makes ${what} of ${user} inactive, which was used since`)
    if (key?.isActive === true) this.#off.set(what, account)
  }

  #checkDeletion(credential: string): void {
    const { account, user, what } = parse(`${prefix}a/${credential}`)
    const told = `deletes ${what} of ${user}`
    if (!this.#mayAsk(credential)) this.fail(`${told}, and no file asks for it`)
    if (this.#isUsed(credential)) this.fail(`${told}, which was used since`)
    const days = Math.min(...this.#momentsSince(this.nowMs - this.#windowMs).flatMap((one) => one.days || []))
    const askedForMs = this.nowMs - this.#askedSinceMs(credential) + this.world.settings.skewMs
    if (askedForMs < days * dayMs) this.fail(`${told} after ${Math.round(askedForMs / minuteMs)} minutes`)
    const isByHand = (this.#byHandMs.get(what) ?? this.nowMs) < this.nowMs - this.#windowMs
    if (isByHand && this.#keyOf(account, what)?.isActive) this.fail(`${told}, which somebody made active again`)
    this.#off.delete(what)
  }

  /** Nobody may have seen that a file was away for a short time. */
  #askedSinceMs(credential: string): number {
    let sinceMs = Number.POSITIVE_INFINITY
    let awayMs = Number.NEGATIVE_INFINITY
    for (const { fromMs, asking } of this.#moments) {
      const isAsked = [...asking].some((key) => key.endsWith(`/${credential}`))
      if (!isAsked) awayMs = Math.max(awayMs, fromMs)
      else if (sinceMs === Number.POSITIVE_INFINITY || fromMs - awayMs > everyMs + this.#windowMs) sinceMs = fromMs
      if (isAsked) awayMs = Number.POSITIVE_INFINITY
      else if (awayMs === Number.POSITIVE_INFINITY) awayMs = fromMs
    }
    return sinceMs
  }

  /** After the last upload that names it, as far as IAM knows. */
  #isUsed(credential: string): boolean {
    const uploads = [...this.#uploads].filter(([key]) => key.endsWith(`/${credential}`))
    if (uploads.length === 0) return false
    const sinceMs = this.#wallOf(Math.max(...uploads.map(([, { sinceMs }]) => sinceMs)))
    const untilMs = this.#wallOf(this.nowMs) - knownAfterMs - this.#windowMs
    return this.#usesOf(credential).some((ms) => ms > sinceMs && ms < untilMs)
  }

  #usesOf(credential: string): readonly number[] {
    const { account, user, what } = parse(`${prefix}a/${credential}`)
    const uses =
      what === 'password'
        ? this.#usersOf(account).find(({ name }) => name === user)?.password?.uses
        : this.#keyOf(account, what)?.uses
    return (uses ?? []).map(({ at }) => at.getTime())
  }

  #usersOf(account: string) {
    return this.world.iam.of(accountId.parse(account)).users
  }

  #keyOf(account: string, id: string) {
    return this.#usersOf(account)
      .flatMap(({ keys }) => keys)
      .find((key) => key.id === id)
  }

  #wallOf(ms: number): number {
    return this.world.clock.now().getTime() - this.nowMs + ms
  }

  override checkAtRest({ isReconciled, isReadable }: AtRest): void {
    if (!isReconciled || !isReadable || this.world.keys('control/pause.json').length > 0) return
    this.#note()
    if (rulesIn(this.world.textOf('hygiene.json')) === undefined) return
    for (const [id, account] of this.#off) this.#checkBack(id, account)
    for (const key of this.#uploads.keys()) this.#checkFile(parse(key))
  }

  #checkBack(id: string, account: string): void {
    const isNamed = [...this.#uploads].some(
      ([key, { isRefused }]) => key.includes(`%${id}%`) && !isRefused && this.#isOwners(key),
    )
    const isThere = this.world.accountNow(account)?.state === 'ACTIVE'
    if (isThere && !isNamed && !this.#byHandMs.has(id) && this.#keyOf(account, id)?.isActive === false)
      this.fail(`${id} is inactive, and no file asks for it`)
  }

  #isOwners(key: string): boolean {
    return this.#moments.at(-1)?.asking.has(key) === true
  }

  #checkFile({ key, account, user, what }: File): void {
    const { state } = this.world.readJson(`status/${key}.json`) ?? {}
    const isSteady = this.#uploads.get(key)?.wasOther === false
    if (state === undefined) this.fail(`${key} has no status`, 'status')
    const isThere = this.world.accountNow(account)?.state === 'ACTIVE'
    const isAsking = this.#isOwners(key)
    if (isThere && !isAsking && state !== 'rejected')
      this.fail(`${key} is '${String(state)}', and may not ask`, 'status')
    if (!isAsking || !isSteady) return
    if (state === 'rejected' || state === 'failed') this.fail(`${key} is '${state}', and its owner asks`, 'status')
    const found = this.#usersOf(account)
      .find(({ name }) => name === user)
      ?.keys.find(({ id }) => id === what)
    const isFree = state === 'held' || this.#byHandMs.has(what) || (found?.uses.length ?? 0) > 0
    if (found?.isActive && !isFree) this.fail(`${what} of ${user} works, and a file of its owner retires it`)
  }
}

function parse(key: string): File {
  const [, owner = '', account = owned.a, user = '', what = ''] =
    /^retire\/(\w+)\/account%(\d+)%([^%]+)%([^%]+)%ssofile$/.exec(key) ?? []
  return { key, owner, account, user, what }
}
