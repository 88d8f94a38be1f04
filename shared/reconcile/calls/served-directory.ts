import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { Clock } from '../../ports/clock.ts'
import { directoryShareOf } from '../../ports/deployment-settings.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { isPassing, ServiceError } from '../../ports/service-error.ts'
import { patientIdentityStore } from './patient-identity-store.ts'
import { asWrapped, wrapPort } from './wrap-port.ts'

/** Questions within this time share one call. So one person, whatever they send, does not need more than the share of one instance. */
const sharedMs = 5_000
/** `freshMs`: how old an answer may be. `staleMs`: how old if AWS gives no other within `briefMs`. */
type Age = { readonly freshMs: number; readonly staleMs: number }
const forChanges: Age = { freshMs: sharedMs, staleMs: 0 }
const forReading: Age = { freshMs: 30_000, staleMs: 5 * 60_000 }
const briefMs = 300
const answersMost = 10_000

/** Many people come at once in the morning: after a quiet time, an instance may make the calls of this many seconds at once. */
export const savedSeconds = 30
/** A person waits this long for a call. */
const patienceMs = 5_000

/**
 * The directory for people who wait for an answer: the page and the API. Anybody in the company may send requests, and suspensions need the
 * same calls. So all instances together stay within `directoryCalls`:
 *
 * | call                                          | how                                                                 |
 * | --------------------------------------------- | ------------------------------------------------------------------- |
 * | DescribeUser, GetUserId, the groups of a user | at the pace of this instance; nobody waits longer than `patienceMs` |
 * | others, whose answers serve many people       | patiently, as in all other functions                                |
 */
export class ServedDirectory {
  /** At most five seconds old: for changes. */
  readonly now: IdentityStore
  /** At most 30 seconds old, or five minutes if the directory is busy: for reading. */
  readonly recent: IdentityStore

  constructor(ports: Pick<Ports, 'identityStore' | 'clock' | 'randomness'>, server: 'api' | 'page') {
    const { identityStore, clock } = ports
    const patient = patientIdentityStore(ports)
    const openPace = () => new Pace(clock, directoryShareOf(server))
    const [describeUser, getUserId, listGroups] = [openPace(), openPace(), openPace()]
    const users = new SharedAnswers<Awaited<ReturnType<IdentityStore['findUser']>>>(clock)
    const groups = new SharedAnswers<Awaited<ReturnType<IdentityStore['findGroup']>>>(clock)
    const ids = new SharedAnswers<PrincipalId | undefined>(clock)
    const groupsOf = new SharedAnswers<Awaited<ReturnType<IdentityStore['listGroupsOf']>>>(clock)
    const open = (age: Age): IdentityStore => {
      const findUser = (id: PrincipalId) => users.get(id, age, () => describeUser.run(() => identityStore.findUser(id)))
      const findGroup = (id: PrincipalId) => groups.get(id, age, () => patient.findGroup(id))
      const overrides: Partial<IdentityStore> = {
        findUser,
        findGroup,
        findPrincipalName: async (type, id) => (await (type === 'USER' ? findUser(id) : findGroup(id)))?.name,
        findPrincipalId: (type, name) =>
          ids.get(`${type}%${name}`, age, () =>
            type === 'USER'
              ? getUserId.run(() => identityStore.findPrincipalId(type, name))
              : patient.findPrincipalId(type, name),
          ),
        listGroupsOf: (user, token) =>
          groupsOf.get(`${user}%${token ?? ''}`, age, () =>
            listGroups.run(() => identityStore.listGroupsOf(user, token)),
          ),
      }
      return asWrapped(wrapPort(patient, (_, call) => call(), overrides))
    }
    this.now = open(forChanges)
    this.recent = open(forReading)
  }
}

/** Lets calls start at this rate; after a quiet time, those of `savedSeconds` at once. */
class Pace {
  readonly #clock: Clock
  readonly #everyMs: number
  /** When all saved calls are there again. */
  #wholeAtMs = 0

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock
    this.#everyMs = 1000 / perSecond
  }

  /** Throws a ServiceError that passes if the call would have to wait for longer than `patienceMs`. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    const nowMs = this.#clock.monotonicMs()
    const wholeAtMs = Math.max(this.#wholeAtMs, nowMs) + this.#everyMs
    const waitMs = wholeAtMs - savedSeconds * 1000 - nowMs
    if (waitMs > patienceMs)
      throw new ServiceError('identitystore', 'ThrottlingException', 'page and API have used up their share of calls')
    this.#wholeAtMs = wholeAtMs
    if (waitMs > 0) await this.#clock.sleep(waitMs)
    return call()
  }
}

type AskedAnswer<T> = {
  readonly answer: Promise<T>
  readonly askedMs: number
  /** AWS has not answered yet. */
  isOpen: boolean
  /** The answer before this one. */
  readonly before: AskedAnswer<T> | undefined
}

/** The last answer to each question. A failed call serves nobody who asks later. */
class SharedAnswers<T> {
  readonly #clock: Clock
  readonly #asked = new Map<string, AskedAnswer<T>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async get(question: string, { freshMs, staleMs }: Age, ask: () => Promise<T>): Promise<T> {
    const nowMs = this.#clock.monotonicMs()
    const known = this.#asked.get(question)
    // A call may hang while Lambda suspends the instance, so nobody joins an old one.
    const isShared = known && nowMs - known.askedMs < (known.isOpen ? sharedMs : freshMs)
    const asked = isShared ? known : this.#ask(question, nowMs, ask, known?.isOpen ? known.before : known)
    const { answer, before, isOpen } = asked
    if (!isOpen || before === undefined || nowMs - before.askedMs >= staleMs) return answer
    const answered = new AbortController()
    const unlessPassing = (error: unknown) => {
      if (!isPassing(error)) throw error
      return before.answer
    }
    try {
      const brief = this.#clock.sleep(briefMs, answered.signal).then(() => before.answer)
      return await Promise.race([answer.catch(unlessPassing), brief])
    } finally {
      answered.abort()
    }
  }

  #ask(question: string, askedMs: number, ask: () => Promise<T>, before: AskedAnswer<T> | undefined): AskedAnswer<T> {
    // Only the last answer: no chain grows.
    const last = before && { ...before, before: undefined }
    const asked: AskedAnswer<T> = { answer: ask(), askedMs, isOpen: true, before: last }
    if (this.#asked.size >= answersMost) this.#asked.clear()
    this.#asked.set(question, asked)
    const fail = () => {
      asked.isOpen = false
      if (this.#asked.get(question) !== asked) return
      if (last === undefined) this.#asked.delete(question)
      else this.#asked.set(question, last)
    }
    asked.answer.then(() => {
      asked.isOpen = false
    }, fail)
    return asked
  }
}
