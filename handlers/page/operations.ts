import pLimit from 'p-limit'
import { type AssignmentKey, assignmentOf } from '../../shared/domain/assignments/assignment.ts'
import { type BrakeList, emptyBrake } from '../../shared/domain/brake/brake-record.ts'
import { describeList } from '../../shared/domain/brake/describe-list.ts'
import { describeContents, type HeldContents } from '../../shared/domain/brake/held-contents.ts'
import type { ApiCaller } from '../../shared/domain/deployment/api-caller.ts'
import type { AttentionState } from '../../shared/domain/statuses/status.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { brakeFile, digestOf, releaseList, showList } from '../../shared/reconcile/brake/brake-file.ts'
import {
  describePause,
  type Pause,
  pauseChanges,
  readPause,
  resumeChanges,
} from '../../shared/reconcile/dispatcher/pause.ts'
import { queueOf } from '../../shared/reconcile/records/inputs.ts'
import { Ledger } from '../../shared/reconcile/records/ledger.ts'
import { StatusStore } from '../../shared/reconcile/records/status-store.ts'
import { isSpoiled, spoiledAsAbsent, unlessSpoiled } from '../../shared/reconcile/records/stored-json.ts'
import { type Answer, answer, refuse } from '../api/answer.ts'
import type { SentBody } from '../api/api-request.ts'
import { readBody } from '../api/read-body.ts'
import { parsePauseRequest, parseReleaseRequest, parseResumeRequest } from './operator-bodies.ts'

type Act = { readonly event: SentBody; readonly caller: ApiCaller }
type ShownList = Awaited<ReturnType<typeof readList>>
type Attention = Awaited<ReturnType<typeof readAttention>>
type TellAccounts = (ids: Iterable<string>) => Promise<Readonly<Record<string, string>>>

/** Nobody reads more of one list; its digest stands for all of it. */
const rowsMost = 100
const inputsMost = 100
const readsAtOnce = 16
const attentionMs = 15_000
/** What stops most comes first. */
const order: readonly AttentionState[] = ['held', 'failed', 'rejected', 'blocked', 'stuck', 'waiting']

/**
 * The brake, pauses and what wants attention, for operators: the records of `ssofile brake`, `pause`, `resume` and `status`, and
 * the same ways to write them.
 */
export class Operations {
  readonly #ports: Ports
  readonly #tellAccounts: TellAccounts
  readonly #shown = new Map<string, ShownList>()
  #attention: { readonly read: Promise<Attention>; readonly atMs: number } | undefined

  /** `tellAccounts`: the names of accounts by their ids. */
  constructor(ports: Ports, tellAccounts: TellAccounts) {
    this.#ports = ports
    this.#tellAccounts = tellAccounts
  }

  async look(): Promise<Answer> {
    const { objects } = this.#ports
    const [stored, pause, attention] = await Promise.all([
      brakeFile(objects).read(),
      readPause(objects),
      this.#attentionOfNow(),
    ])
    const { lists, contents } = stored?.value ?? emptyBrake
    const shown = await Promise.all(lists.map((list) => this.#showOnce(list)))
    for (const digest of this.#shown.keys())
      if (!shown.some((list) => list.digest === digest)) this.#shown.delete(digest)
    return answer(200, {
      pause: pause === undefined ? null : tellPause(pause),
      lists: shown,
      contents: contents.map(tellContents),
      attention,
      accounts: await this.#tellAccounts(shown.flatMap(({ rows }) => rows.map(({ account }) => account))),
    })
  }

  /** Exactly the list, or the file, that has this digest now. */
  async release({ event, caller }: Act): Promise<Answer> {
    const asked = readBody(event, parseReleaseRequest)
    if ('statusCode' in asked) return asked
    const result = await releaseList(this.#ports.objects, asked.digest, byOf(caller))
    if (result.outcome !== 'other-list') return answer(200, { outcome: result.outcome })
    const { lists, contents } = result.record
    const held = [...lists.map(digestOf), ...contents.map(({ digest }) => digest)]
    const now = held.length === 0 ? 'one that is held: nothing is held now' : `one that is held now: ${held.join(', ')}`
    return refuse(
      409,
      `the list ${asked.digest}`,
      now,
      'look again: what you saw has changed, and nothing was released',
    )
  }

  async pause({ event, caller }: Act): Promise<Answer> {
    const asked = readBody(event, parsePauseRequest)
    if ('statusCode' in asked) return asked
    const { isNew, pause } = await pauseChanges(this.#ports, { reason: asked.reason, by: byOf(caller) })
    if (isNew) return answer(200, { pause: tellPause(pause) })
    return refuse(409, 'a pause beside another one', 'no pause', `nothing: changes are ${describePause(pause)}`)
  }

  /** Exactly the pause that the person saw. */
  async resume({ event, caller }: Act): Promise<Answer> {
    const asked = readBody(event, parseResumeRequest)
    if ('statusCode' in asked) return asked
    const pause = await readPause(this.#ports.objects)
    if (pause?.since !== asked.since)
      return refuse(
        409,
        `the pause since ${asked.since}`,
        pause === undefined ? 'one that is in force: there is none' : `the one in force: ${describePause(pause)}`,
        'look again',
      )
    if (pause.lost !== undefined)
      return refuse(
        409,
        `a pause by ssofile: ${describePause(pause)}`,
        'one that a person began',
        'run ssofile restore (docs/operations.md#the-ledger-was-lost)',
      )
    await resumeChanges(this.#ports, byOf(caller))
    return answer(200, { ended: tellPause(pause) })
  }

  async #showOnce(list: BrakeList): Promise<ShownList> {
    const digest = digestOf(list)
    const known = this.#shown.get(digest) ?? (await readList(list, this.#ports))
    this.#shown.set(digest, known)
    return known
  }

  #attentionOfNow(): Promise<Attention> {
    const nowMs = this.#ports.clock.monotonicMs()
    if (this.#attention && nowMs - this.#attention.atMs < attentionMs) return this.#attention.read
    const read = readAttention(this.#ports)
    this.#attention = { read, atMs: nowMs }
    read.catch(() => {
      this.#attention = undefined
    })
    return read
  }
}

/** Who would lose what, and by whose links: as the ledger has it. */
async function readList(list: BrakeList, { objects }: Ports) {
  const { digest, figure, since, held } = showList(list)
  const ledger = new Ledger(objects)
  const readRow = async (key: AssignmentKey) => {
    const { accountId: account, permissionSet, principalId, type } = assignmentOf(key)
    const { entry } = (await spoiledAsAbsent(ledger.read(key))) ?? {}
    const links = entry?.links?.map(({ key: link, deletedBy }) => ({ link, deletedBy: deletedBy?.principalId })) ?? []
    return { account, permissionSet, type, principal: entry?.principal ?? principalId, links }
  }
  const rows = await pLimit(readsAtOnce).map(held.slice(0, rowsMost), readRow)
  return { digest, reason: describeList(list), figure, since, held: held.length, rows }
}

/** Requests that wait or were refused are no fault, and stand with those who approve them. */
async function readAttention({ objects, clock }: Ports) {
  const statuses = new StatusStore(objects, clock)
  const all: { readonly state: AttentionState; readonly input: string }[] = []
  for (const state of order)
    for await (const input of statuses.listAttention(state))
      if (queueOf(input) !== 'requests') all.push({ state, input })
  const told = await pLimit(readsAtOnce).map(all.slice(0, inputsMost), async ({ state, input }) => {
    const status = await unlessSpoiled(statuses.read(input))
    if (isSpoiled(status)) return { state, input, reason: status.message }
    const failed = status?.accounts?.failed[0]
    const reason = status?.reason ?? (failed && `${failed.account}: ${failed.reason}`)
    return { state, input, reason, remedy: status?.remedy }
  })
  return { all: all.length, inputs: told }
}

/** As history names who did it: by the page, who, and from where. */
function byOf({ arn, sourceIpAddress }: ApiCaller): string {
  return sourceIpAddress === undefined ? arn : `${arn} from ${sourceIpAddress}`
}

function tellPause(pause: Pause) {
  return { since: pause.since, told: describePause(pause), isLoss: pause.lost !== undefined }
}

function tellContents(held: HeldContents) {
  const { digest, name, since, takesAway } = held
  return { digest, name, since, reason: describeContents(held), takesAway }
}
