import { type PrincipalId, principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import type { IdentityStoreChange } from '../../../../shared/memory/identity-store/identity-store-records.ts'
import { isHindered } from '../../at-rest.ts'
import type { Call } from '../../chaos.ts'
import { describeTarget, nameOf } from '../../oracle/names.ts'
import { type AtRest, Judge, type Seen, seenAfterMs } from '../../oracle/watched.ts'
import { type PersonFile, type Phase, phaseAt, readPersonFile } from './person-terms.ts'
import { readProfile } from './read-profile.ts'

/** By then an end has had its look. */
const endedMs = 5 * 60_000

const peoplePrefix = 'people/'
const suspendedPrefix = 'suspended/'
type Version = { readonly file: PersonFile; readonly fromMs: number }

/**
 * Promise 14: ssofile makes, changes, ends and deletes the users of files under `people/`, as their files say, and nobody else. A user whom
 * somebody else made stays theirs under any name. Somebody who has ended is suspended, and comes back only by a file in force.
 */
export class PeoplePromise extends Judge {
  protected readonly promise = 'people'
  /** The users that ssofile made, by id: the name in the file. */
  readonly #made = new Map<PrincipalId, string>()
  /** The versions of each file, by user name. */
  readonly #versions = new Map<string, readonly Version[]>()
  /** The name of a user whom a call of the product makes at this moment. */
  #making: { readonly name: string; readonly atMs: number } | undefined
  /** When each user last changed, and so perhaps got the present name. */
  readonly #namedMs = new Map<string, number>()
  /** When somebody, maybe ssofile, last deleted a file under `suspended/`. */
  #freedMs = 0
  /** The author of each file under `suspended/`, by name. */
  readonly #suspendedBy = new Map<string, string>()

  override noteChange({ key, isRemoved, caller, isByOperator }: Seen): void {
    if (key.startsWith(peoplePrefix)) this.#noteVersion(key)
    if (!key.startsWith(suspendedPrefix)) return
    const name = key.slice(suspendedPrefix.length)
    if (isRemoved && caller.accessKeyId === 'ssofile') this.#checkReturned(name)
    if (isRemoved) this.#freedMs = this.#wallMs
    if (isRemoved) this.#suspendedBy.delete(name)
    else this.#suspendedBy.set(name, caller.accessKeyId)
    const isOurs = caller.accessKeyId === 'ssofile' && !isByOperator
    if (isOurs && !isRemoved) this.#checkSuspended(name)
  }

  #noteVersion(key: string): void {
    const name = key.slice(peoplePrefix.length, -'.json'.length)
    const version = { file: readPersonFile(this.world.textOf(key)), fromMs: this.#wallMs }
    this.#versions.set(name, [...(this.#versions.get(name) ?? []), version])
  }

  /** The product may have read any version of the last minutes, by a clock that is wrong. */
  #phasesOf(name: string): ReadonlySet<Phase> {
    const { skewMs } = this.world.settings
    const [fromMs, untilMs] = [this.#wallMs - seenAfterMs(this.world) - skewMs, this.#wallMs + skewMs]
    const versions: readonly Version[] = [{ file: 'none', fromMs: 0 }, ...(this.#versions.get(name) ?? [])]
    const phases = new Set<Phase>()
    for (const [nth, { file, fromMs: beganMs }] of versions.entries()) {
      const overMs = versions[nth + 1]?.fromMs ?? Number.POSITIVE_INFINITY
      if (overMs < fromMs) continue
      const instants = [Math.max(beganMs - skewMs, fromMs), Math.min(overMs + skewMs, untilMs)]
      const within = typeof file === 'string' ? [] : [file.startsMs, file.endsMs]
      for (const atMs of [...instants, ...within.filter((ms) => ms > fromMs && ms <= untilMs)])
        phases.add(phaseAt(file, atMs))
      // A file that is not valid prolongs nothing: an earlier one said when the time is over.
      const earlier = versions.slice(0, nth).map((one) => phaseAt(one.file, untilMs))
      if (file === 'invalid' && earlier.includes('ended')) phases.add('ended')
    }
    return phases
  }

  override noteCall({ service, operation }: Call, args: readonly unknown[]): void {
    if (service !== 'identitystore') return
    const [subject] = args
    if (operation === 'createPerson') {
      this.#making = { name: String(subject), atMs: this.nowMs }
      if (!this.#phasesOf(String(subject)).has('in force'))
        this.fail(`makes ${String(subject)}, and no file that is in force asks for this user`)
    }
    if (operation === 'updatePerson' || operation === 'deleteUser') this.#checkChange(operation, String(subject))
  }

  #checkChange(operation: 'updatePerson' | 'deleteUser', id: string): void {
    // Two looks may delete the same user at once. AWS gives no id twice, so the second call changes nothing.
    if (this.world.identityStore.nameOf('USER', principalId.parse(id)) === undefined) return
    const made = [...this.#made].find(([user]) => user === id)
    if (!made) this.fail(`${operation} of ${this.world.names.principal(id)}, whom somebody else made`)
    if (!made) return
    const [user, name] = made
    const phases = this.#phasesOf(name)
    if (operation === 'updatePerson') {
      if (!phases.has('in force') && !phases.has('not begun')) this.fail(`changes ${name}, who has no file in force`)
      return
    }
    if (!phases.has('ended') && !phases.has('none')) this.fail(`deletes ${name}, whose file has not ended`)
    const isAssigned = this.world.ssoAdmin.assignments().some(({ principalId }) => principalId === user)
    if (isAssigned || this.world.identityStore.groupIdsOf(user).length > 0)
      this.fail(`deletes ${name}, who has access or a membership left`)
  }

  override noteDirectoryChange(change: IdentityStoreChange): void {
    if ('userId' in change) this.#namedMs.set(change.userId, this.nowMs)
    if (change.event === 'DeleteUser') this.#made.delete(change.userId)
    if (change.event !== 'CreateUser') return
    const name = this.world.identityStore.nameOf('USER', change.userId)
    const { name: making, atMs } = this.#making ?? {}
    if (name !== undefined && name === making && atMs === this.nowMs) this.#made.set(change.userId, name)
    this.#making = undefined
  }

  /** ssofile wrote this file under `suspended/`. */
  #checkSuspended(name: string): void {
    const id = this.world.identityStore.idOf('USER', name)
    const file = this.#fileNameOf(name)
    const phases = this.#phasesOf(file)
    if (!phases.has('ended') && !phases.has('none') && !phases.has('not begun'))
      this.fail(`suspends ${name}, and the file of ${file} is in force`)
    this.#checkInTime(file)
    // A former name may have gone to somebody else a moment ago.
    const isNew = ((id && this.#namedMs.get(id)) ?? 0) > this.nowMs - seenAfterMs(this.world)
    const wasOurs = isNew && [...this.#made.values()].includes(file)
    if (id !== undefined && !this.#made.has(id) && !wasOurs) this.fail(`suspends ${name}, whom somebody else made`)
  }

  /** Whose time ends is suspended within minutes, unless faults or an operator delay that. */
  #checkInTime(name: string): void {
    const { file, fromMs = 0 } = this.#versions.get(name)?.at(-1) ?? {}
    if (typeof file !== 'object' || isHindered(this.world) || this.world.wasOperated) return
    const lateMs = this.#wallMs - Math.max(file.endsMs, fromMs, this.#freedMs) - this.world.settings.skewMs
    if (lateMs > seenAfterMs(this.world) + endedMs)
      this.fail(`suspends ${name} ${Math.round(lateMs / 60_000)} minutes after the end`)
  }

  /** ssofile deleted this file under `suspended/`: the person is back, unless the user is gone. */
  #checkReturned(name: string): void {
    const user = [...this.#made.keys()].find((id) => this.#namesOf(id).includes(name))
    if (user === undefined || this.#suspendedBy.get(name) !== 'ssofile') return
    const file = this.#fileNameOf(name)
    if (!this.#phasesOf(file).has('in force')) this.fail(`ends the suspension of ${file}, who has no file in force`)
  }

  /** The name in the file of the user who has or had this name. */
  #fileNameOf(name: string): string {
    const { identityStore, names } = this.world
    const bearer = identityStore.idOf('USER', name)
    const known = (bearer && this.#made.get(bearer)) ?? undefined
    const former = [...this.#made].find(([id]) => names.everNamesOf(id).includes(name) || id === name)
    return known ?? former?.[1] ?? name
  }

  override checkAtRest({ isReconciled, isReadable }: AtRest): void {
    if (!isReconciled || !isReadable) return
    for (const [name, versions] of this.#versions) {
      const file = versions.at(-1)?.file ?? 'none'
      const ours = [...this.#made].find(([, of]) => of === name)?.[0]
      const wrong = this.#complainAbout(name, file, ours)
      if (wrong !== undefined) this.fail(wrong)
      this.#checkStatus(name, this.#statesOf(name, file, ours))
    }
  }

  #complainAbout(name: string, file: PersonFile, ours: PrincipalId | undefined): string | undefined {
    const { identityStore } = this.world
    const phase = phaseAt(file, this.#wallMs)
    const bearer = identityStore.idOf('USER', name)
    const isEnded = ours !== undefined && this.#isEnded(ours)
    if (phase === 'in force' && bearer === undefined && ours === undefined) return `${name} is not there`
    if (phase === 'in force' && isEnded) return `${name} is suspended by ssofile, and the file is in force`
    if (phase === 'in force' && typeof file !== 'string' && ours !== undefined && ours === bearer) {
      const [asked, actual] = [sorted(file.profile), sorted(readProfile(identityStore.attributesOf(ours)))]
      if (asked !== actual) return `${name} is ${actual}, and the file says ${asked}`
    }
    if ((phase === 'ended' || phase === 'none') && ours !== undefined && !this.#isSuspended(ours))
      return `${name} is not suspended, and the file ${phase === 'none' ? 'is gone' : 'has ended'}`
    const left = this.world.ssoAdmin.assignments().find((one) => {
      return one.principalId === ours && this.truth.isOurs(nameOf(one)) && !this.truth.isLeft(one)
    })
    if ((phase === 'ended' || phase === 'none') && left)
      return `${describeTarget(left, this.world)} is there: ${name} has ended`
    return undefined
  }

  /** Whether ssofile suspends this user, under any name that the user had. */
  #isEnded(id: PrincipalId): boolean {
    return this.#namesOf(id).some((name) => this.#suspendedBy.get(name) === 'ssofile')
  }

  #isSuspended(id: PrincipalId): boolean {
    return this.#namesOf(id).some((name) => this.#suspendedBy.has(name))
  }

  /** The id too: ssofile suspends by it if no file can spell the name. */
  #namesOf(id: PrincipalId): readonly string[] {
    return [...this.world.names.everNamesOf(id), id]
  }

  #statesOf(name: string, file: PersonFile, ours: PrincipalId | undefined): readonly string[] {
    const bearer = this.world.identityStore.idOf('USER', name)
    const phase = phaseAt(file, this.#wallMs)
    if (phase === 'invalid') return ['rejected']
    if (phase === 'none') return ours === undefined ? ['no status'] : ['no status', 'revoking', 'blocked']
    const isForeign = bearer !== undefined && bearer !== ours
    if (ours === undefined && isForeign) return phase === 'not begun' ? ['waiting', 'rejected'] : ['rejected']
    if (phase === 'ended') return ['expired', 'blocked']
    if (phase === 'not begun') return ours === undefined ? ['waiting'] : ['waiting', 'applied', 'failed']
    return ours === bearer ? ['applied'] : ['failed']
  }

  #checkStatus(name: string, states: readonly string[]): void {
    const key = `${peoplePrefix}${name}.json`
    const state = String(this.world.readJson(`status/${key}.json`)?.state ?? 'no status')
    if (!states.includes(state))
      this.fail(`${key} has the status '${state}', expected '${states.join("' or '")}'`, 'status')
  }

  /** The names of the files whose people are suspended by ssofile. */
  get ended(): readonly string[] {
    return [...this.#made].filter(([id]) => this.#isEnded(id)).map(([, name]) => name)
  }

  get #wallMs(): number {
    return this.world.clock.now().getTime()
  }
}

const sorted = (profile: Readonly<Record<string, string>>) =>
  JSON.stringify(Object.fromEntries(Object.entries(profile).sort(([a], [b]) => (a < b ? -1 : 1))))
