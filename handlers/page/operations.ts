import { type BrakeList, emptyBrake } from '../../shared/domain/brake/brake-record.ts'
import { describeContents, type HeldContents } from '../../shared/domain/brake/held-contents.ts'
import type { ApiCaller } from '../../shared/domain/deployment/api-caller.ts'
import { renderInstant } from '../../shared/domain/text/instant.ts'
import type { ToldOperations } from '../../shared/modules/page/rules/told.ts'
import { onceIn } from '../../shared/ports/once.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { listHeldAccess } from '../../shared/reconcile/brake/list-held-access.ts'
import { readDriftRun } from '../../shared/reconcile/drift/drift-run.ts'
import { BrakeFile, digestOf, heldDigests, releaseList } from '../../shared/reconcile/records/brake-file.ts'
import { listAttention } from '../../shared/reconcile/records/list-attention.ts'
import { openWork } from '../../shared/reconcile/records/open-work.ts'
import {
  describePause,
  type Pause,
  pauseChanges,
  readPause,
  remedyOf,
  resumeChanges,
} from '../../shared/reconcile/records/pause.ts'
import { listRuns } from '../../shared/reconcile/records/schedule-runs.ts'
import { type Answer, answer, refuse } from '../api/answer.ts'
import type { SentBody } from '../api/api-request.ts'
import { readBody } from '../api/read-body.ts'
import { operatorRules, pauseRequest, releaseRequest, resumeRequest } from './operator-bodies.ts'
import type { PageLooks } from './page-looks.ts'

type Act = { readonly event: SentBody; readonly caller: ApiCaller }
type ShownList = Awaited<ReturnType<typeof listHeldAccess>>
type Looks = Pick<PageLooks, 'namesOf' | 'organization' | 'membersOf'>

const attentionMs = 15_000
const workMost = 5_000

/**
 * The brake, pauses and inputs that need attention, for operators. It reads and writes the same records as `ssofile brake`, `pause`,
 * `resume` and `status`, in the same way.
 */
export class Operations {
  readonly #ports: Ports
  readonly #looks: Looks
  /** Keeps the parts of long lists between two looks. */
  readonly #brake: BrakeFile
  readonly #health: () => Promise<ToldOperations['health']>
  readonly #shown = new Map<string, ShownList>()
  readonly #attention: () => Promise<Awaited<ReturnType<typeof listAttention>>>

  constructor(ports: Ports, looks: Looks) {
    this.#ports = ports
    this.#looks = looks
    this.#brake = new BrakeFile(ports.objects)
    this.#health = onceIn(attentionMs, ports.clock, () => this.#readHealth())
    this.#attention = onceIn(attentionMs, ports.clock, () => listAttention(ports))
  }

  async look(): Promise<Answer> {
    const { objects } = this.#ports
    const [stored, pause, attention, health] = await Promise.all([
      this.#brake.read(),
      readPause(objects),
      this.#attention(),
      this.#health(),
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
      health,
      accounts: await this.#looks.namesOf(shown.flatMap(({ rows }) => rows.map(({ account }) => account))),
    })
  }

  /** When each schedule last came to its end, and the work that waits. */
  async #readHealth(): Promise<ToldOperations['health']> {
    const { objects, leaseClock } = this.#ports
    const [runs, drift, { readAt }] = await Promise.all([
      listRuns(objects, leaseClock.now()),
      readDriftRun(objects),
      this.#looks.organization(),
    ])
    const open: number[] = []
    for await (const { lastModified } of objects.list(openWork.at))
      if (open.push(lastModified.getTime()) >= workMost) break
    return {
      schedules: runs.map(({ name, ranAt, isLate }) => ({ name, ranAt: renderInstant(ranAt), isLate })),
      driftCheckedAt: drift?.startedAt,
      isDriftCheckOpen: drift !== undefined && drift.open.length > 0,
      organizationReadAt: readAt,
      openWork: open.length,
      oldestWork: open.length === 0 ? undefined : renderInstant(new Date(Math.min(...open))),
    }
  }

  /** Releases exactly the list, or the file, that has this digest now. */
  async release({ event, caller }: Act): Promise<Answer> {
    const asked = readBody(event, releaseRequest, operatorRules)
    if ('statusCode' in asked) return asked
    const result = await releaseList(this.#ports.objects, asked.digest, byOf(caller))
    if (result.outcome !== 'other-list') return answer(200, { outcome: result.outcome })
    const held = heldDigests(result.record)
    const now = held.length === 0 ? 'one that is held: nothing is held now' : `one that is held now: ${held.join(', ')}`
    return refuse(
      409,
      `the list ${asked.digest}`,
      now,
      'look again: what you saw has changed, and nothing was released',
    )
  }

  async pause({ event, caller }: Act): Promise<Answer> {
    const asked = readBody(event, pauseRequest, operatorRules)
    if ('statusCode' in asked) return asked
    const { isNew, pause } = await pauseChanges(this.#ports, { reason: asked.reason, by: byOf(caller) })
    if (isNew) return answer(200, { pause: tellPause(pause) })
    return refuse(409, 'a second pause', 'no pause in force', `nothing to do: changes are ${describePause(pause)}`)
  }

  /** Ends exactly the pause that the person saw. */
  async resume({ event, caller }: Act): Promise<Answer> {
    const asked = readBody(event, resumeRequest, operatorRules)
    if ('statusCode' in asked) return asked
    const resumed = await resumeChanges(this.#ports, byOf(caller), { since: asked.since })
    switch (resumed.is) {
      case 'ended':
        return answer(200, { ended: tellPause(resumed.pause) })
      case 'lost':
        return refuse(
          409,
          `a pause by ssofile: ${describePause(resumed.pause)}`,
          'one that a person began',
          `run ${remedyOf(resumed.pause)}`,
        )
      case 'other':
      case 'paused':
      case 'none': {
        const inForce =
          resumed.is === 'none'
            ? 'one that is in force: there is none'
            : `the one in force: ${describePause(resumed.pause)}`
        return refuse(409, `the pause since ${asked.since}`, inForce, 'look again')
      }
      default:
        return resumed satisfies never
    }
  }

  async #showOnce(list: BrakeList): Promise<ShownList> {
    const digest = digestOf(list)
    const known =
      this.#shown.get(digest) ??
      (await listHeldAccess(list, this.#ports.objects, (group) => this.#looks.membersOf(group)))
    // The directory may answer at the next look.
    if (known.takes.people !== undefined) this.#shown.set(digest, known)
    return known
  }
}

/** The author's name for history: the page, the person and the address. */
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
