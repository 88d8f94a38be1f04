import {
  decideRetirement,
  isSame,
  type LiveCredential,
  type RetirementFacts,
  type RetirementStep,
} from '../../domain/credentials/decide-retirement.ts'
import { describeRetirement, type ToldRetirement } from '../../domain/credentials/describe-retirement.ts'
import {
  type Credential,
  canBeInactive,
  type RetireFile,
  renderCredential,
} from '../../domain/credentials/retire-file.ts'
import { type Retirement, retirement, retirementPrefix } from '../../domain/credentials/retirement.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import type { RetiringAccount } from '../../ports/retirer.ts'
import { isServiceError, unlessCode } from '../../ports/service-error.ts'
import { JsonRecord, RecordChangedError } from '../records/json-record.ts'
import { tellEvent } from '../records/tell-event.ts'

export type RetiringContext = {
  readonly ports: Pick<Ports, 'objects' | 'clock'>
  readonly retireAfterDays: number
  /** Opens the role in the account, at the first call that needs it. */
  readonly enter: () => Promise<RetiringAccount>
  /** Asks the brake about an act, as `<credential> <act>`: why it holds it. `undefined`: it may be done. */
  readonly findHold: (owner: string, item: string) => Promise<string | undefined>
}

/** More than any credential needs: each is one step of the table. */
const stepsMost = 8
/** So often what is watched is looked at again. */
const lookEveryMs = 60 * 60_000

/** The ledger's entry of a credential. */
export function retirementRecord(objects: ObjectStore, credential: Credential): JsonRecord<Retirement> {
  return new JsonRecord(objects, `${retirementPrefix}${renderCredential(credential)}.json`, retirement)
}

/**
 * Brings one credential as far as it may be now: gather, decide, perform; again, with a bound. A process that dies between any two
 * lines is followed by one that goes on by the ledger and by what IAM says. `files` are those that may ask for it; each is
 * looked at again. Answers what they are told; `undefined`: none asks, and nothing of it is left. Throws ServiceError.
 */
export async function settleRetirement(
  credential: Credential,
  files: readonly RetireFile[],
  context: RetiringContext,
): Promise<ToldRetirement | undefined> {
  for (let step = 0; step < stepsMost; step++) {
    const told = await new RetirementEvaluation(credential, files, context).advance()
    if (told !== 'again') return told.status
  }
  throw new Error(`${renderCredential(credential)} is being changed by others all the time; it will be tried again`)
}

type Outcome = 'again' | { readonly status: ToldRetirement | undefined }

/** One turn of the loop. */
class RetirementEvaluation {
  readonly #credential: Credential
  readonly #files: readonly RetireFile[]
  readonly #context: RetiringContext
  readonly #record: JsonRecord<Retirement>
  readonly #now: Date
  #etag: string | undefined
  #kept: Retirement | undefined

  constructor(credential: Credential, files: readonly RetireFile[], context: RetiringContext) {
    this.#credential = credential
    this.#files = files
    this.#context = context
    this.#record = retirementRecord(context.ports.objects, credential)
    this.#now = context.ports.clock.now()
  }

  async advance(): Promise<Outcome> {
    const stored = await this.#record.read()
    this.#etag = stored?.object.etag
    this.#kept = stored?.value
    const asked = await this.#listAsking()
    if (asked.files.length > 0 && this.#isAtRest()) return this.#told()
    if (asked.files.length === 0 && this.#kept === undefined) return { status: undefined }
    const { retireAfterDays } = this.#context
    const live = await this.#look()
    const canBe = canBeInactive(this.#credential)
    const facts = { now: this.#now, askedAt: asked.at, kept: this.#kept, live, canBeInactive: canBe, retireAfterDays }
    return this.#perform(decideRetirement(facts), facts, asked)
  }

  /** The files that are there at this moment, and when the first of them was uploaded. */
  async #listAsking(): Promise<{ readonly files: readonly RetireFile[]; readonly at: Date | undefined }> {
    const heads = await Promise.all(
      this.#files.map(async (file) => ({ file, head: await this.#context.ports.objects.head(file.key) })),
    )
    const there = heads.flatMap(({ file, head }) => (head === undefined ? [] : [{ file, at: head.lastModified }]))
    const at = there.length === 0 ? undefined : new Date(Math.min(...there.map((one) => one.at.getTime())))
    return { files: there.map(({ file }) => file), at }
  }

  /** Nothing of IAM would change what is said of it. */
  #isAtRest(): boolean {
    const { state, lookAt } = this.#kept ?? {}
    if (state === 'gone' || state === 'used since') return true
    return state === 'watched' && lookAt !== undefined && this.#now < new Date(lookAt) && !this.#isDue()
  }

  #isDue(): boolean {
    return this.#told().status?.retirement?.state === 'due'
  }

  async #look(): Promise<LiveCredential | undefined> {
    const { user, what } = this.#credential
    const iam = await this.#context.enter()
    return unlessGone(async () => {
      if (what === 'user') return { isActive: true, madeAt: (await iam.user(user)).madeAt }
      if (what === 'password') {
        const { madeAt } = await iam.password(user)
        return { isActive: true, madeAt, lastUsedAt: (await iam.user(user)).passwordLastUsedAt }
      }
      for await (const { id, isActive, madeAt } of listAll((token) => iam.listAccessKeys(user, token)))
        if (id === what) return { isActive, madeAt, lastUsedAt: (await iam.accessKeyLastUsed(id)).lastUsedAt }
      return undefined
    })
  }

  async #perform(step: RetirementStep, facts: RetirementFacts, asked: Asked): Promise<Outcome> {
    const kept = this.#kept
    if (step.step === 'nothing') return asked.at === undefined ? { status: undefined } : this.#told()
    if (step.step === 'note off') return this.#begin(facts, asked)
    if (step.step === 'stop') return this.#stop(step, asked)
    if (kept === undefined) throw new Error(`${this.#record.key} is not there, and '${step.step}' needs it`)
    switch (step.step) {
      case 'stay':
        return this.#told()
      case 'watch':
        return this.#watch(kept, facts, asked)
      case 'switch off':
        return this.#switchOff(kept, step.live)
      case 'note on':
        return this.#note({ ...kept, state: 'switching on' })
      case 'switch on':
        return this.#switchOn(kept, facts.live)
      case 'note deletion':
        return (await this.#heldBy('deleted', asked)) ?? this.#note({ ...kept, state: 'deleting' })
      case 'delete':
        return this.#delete(kept)
      case 'tell gone':
        return this.#tellGone(kept, step.byOthers)
      case 'forget':
        await this.#forget()
        return { status: undefined }
      default:
        return step satisfies never
    }
  }

  async #begin({ live }: RetirementFacts, asked: Asked): Promise<Outcome> {
    const canBe = canBeInactive(this.#credential)
    const held = canBe ? await this.#heldBy('inactive', asked) : undefined
    if (held) return held
    return this.#note({
      ...this.#firstEntry(asked, live),
      state: 'switching off',
      staysAsItIs: !canBe || !live?.isActive,
    })
  }

  /** `staysAsItIs`: as long as nothing was switched off. */
  #firstEntry({ files, at }: Asked, live: LiveCredential | undefined): Omit<Retirement, 'state'> {
    const now = renderInstant(this.#now)
    return {
      v: 1,
      at: now,
      askedAt: renderInstant(at ?? this.#now),
      files: files.map(({ key }) => key),
      madeAt: renderInstant(live?.madeAt ?? this.#now),
      lastUsedAt: live?.lastUsedAt && renderInstant(live.lastUsedAt),
      staysAsItIs: true,
    }
  }

  /** Of a key that was inactive before, and of what cannot be, only the days begin. */
  async #switchOff(kept: Retirement, live: LiveCredential): Promise<Outcome> {
    if (!kept.staysAsItIs && live.isActive && !(await this.#setActive(false))) return 'again'
    await this.#tell(kept.staysAsItIs ? 'credential-watched' : 'credential-inactive', kept)
    // After the call was answered: a use that came before is known by the time the days are over.
    const now = this.#context.ports.clock.now()
    await this.#write({ ...kept, state: 'watched', watchedAt: renderInstant(now), lookAt: this.#nextLook() })
    return this.#told()
  }

  async #watch(kept: Retirement, { live }: RetirementFacts, { files }: Asked): Promise<Outcome> {
    const lastUsedAt = live?.lastUsedAt && renderInstant(live.lastUsedAt)
    const next = { ...kept, state: 'watched', files: files.map(({ key }) => key), lastUsedAt } as const
    await this.#write({ ...next, lookAt: this.#nextLook() })
    return this.#told()
  }

  async #stop({ live, why }: Extract<RetirementStep, { step: 'stop' }>, asked: Asked): Promise<Outcome> {
    const lastUsedAt = live.lastUsedAt && renderInstant(live.lastUsedAt)
    const known = this.#kept ?? this.#firstEntry(asked, live)
    const stopped: Retirement = { ...known, state: 'used since', at: renderInstant(this.#now), lastUsedAt, why }
    await this.#tell('credential-used', stopped)
    await this.#write(stopped)
    return this.#told()
  }

  async #switchOn(kept: Retirement, live: LiveCredential | undefined): Promise<Outcome> {
    if (isSame(kept, live) && !live.isActive && !kept.staysAsItIs) await this.#setActive(true)
    await this.#tell('credential-kept', kept)
    await this.#forget()
    return 'again'
  }

  async #delete(kept: Retirement): Promise<Outcome> {
    const { user, what } = this.#credential
    const iam = await this.#context.enter()
    try {
      await unlessGone(async () => {
        if (what === 'user') await iam.deleteUser(user)
        else if (what === 'password') await iam.deletePassword(user)
        else await iam.deleteAccessKey(user, what)
      })
    } catch (error) {
      if (!isServiceError(error, 'DeleteConflict')) throw error
      const remedy = 'retire its password and keys by files of their own, and take it out of groups and policies'
      return { status: { ...this.#described(), state: 'blocked', reason: `AWS refuses: ${error.message}`, remedy } }
    }
    return this.#tellGone(kept, false)
  }

  async #tellGone(kept: Retirement, byOthers: boolean): Promise<Outcome> {
    const gone: Retirement = byOthers
      ? { ...kept, state: 'gone', at: renderInstant(this.#now), byOthers }
      : { ...kept, state: 'gone' }
    await this.#tell(byOthers ? 'credential-gone' : 'credential-deleted', gone)
    await this.#write(gone)
    return this.#told()
  }

  /** Answers whether the key is there. */
  async #setActive(isActive: boolean): Promise<boolean> {
    const iam = await this.#context.enter()
    const { user, what } = this.#credential
    const isDone = await unlessGone(async () => {
      await iam.updateAccessKey(user, what, isActive)
      return true
    })
    return isDone ?? false
  }

  /** An act counts for the owner whose file asks; of several, the first. */
  async #heldBy(act: 'inactive' | 'deleted', { files }: Asked): Promise<Outcome | undefined> {
    const owner = files.map((file) => file.owner).sort()[0] ?? ''
    const held = await this.#context.findHold(owner, `${renderCredential(this.#credential)} ${act}`)
    if (held === undefined) return undefined
    const remedy = 'a person releases it (ssofile brake), or delete this file'
    return { status: { ...this.#described(), state: 'held', reason: held, remedy } }
  }

  async #note(next: Retirement): Promise<Outcome> {
    await this.#write({ ...next, at: renderInstant(this.#now) })
    return 'again'
  }

  async #write(next: Retirement): Promise<void> {
    const written = await this.#record.write(next, this.#etag)
    if (written.outcome === 'lost') throw new RecordChangedError(this.#record.key)
    this.#etag = written.etag
    this.#kept = next
  }

  async #forget(): Promise<void> {
    if (this.#etag !== undefined && (await this.#record.remove(this.#etag)) === 'lost')
      throw new RecordChangedError(this.#record.key)
  }

  /** By the instant of the ledger's entry, so that a repeated run tells it once. */
  #tell(event: string, { at, files, madeAt, lastUsedAt, why }: Retirement): Promise<void> {
    const name = renderCredential(this.#credential)
    const { account, user, what } = this.#credential
    const body = { account, user, what, files, madeAt, lastUsedAt, why }
    return tellEvent(this.#context.ports.objects, { folder: `history/retire/${name}/`, name }, { event, at, body })
  }

  #nextLook(): string {
    return renderInstant(new Date(this.#now.getTime() + lookEveryMs))
  }

  #described(): ToldRetirement {
    const { retireAfterDays } = this.#context
    return describeRetirement(this.#credential, this.#kept, { now: this.#now, retireAfterDays })
  }

  #told(): { readonly status: ToldRetirement } {
    return { status: this.#described() }
  }
}

type Asked = { readonly files: readonly RetireFile[]; readonly at: Date | undefined }

/** IAM answers NoSuchEntity for what is gone. */
function unlessGone<T>(call: () => Promise<T>): Promise<T | undefined> {
  return unlessCode(call(), 'NoSuchEntity')
}
