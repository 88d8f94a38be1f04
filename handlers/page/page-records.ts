import { parseUploadName, type RequestDigest, userInKey } from '../../shared/domain/files/access-request.ts'
import { parseNameInKey } from '../../shared/domain/links/name-in-key.ts'
import type { PrincipalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { renderInstant } from '../../shared/domain/text/instant.ts'
import { reportsPrefix, summaryRecord } from '../../shared/modules/reports/report-summary.ts'
import { readRequestStories } from '../../shared/modules/requests/read-request-stories.ts'
import { readApprovers } from '../../shared/modules/requests/request-history.ts'
import type { RequestStory } from '../../shared/modules/requests/rules/request-story.ts'
import { onceEach, onceIn } from '../../shared/ports/once.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { authorsOf, ownHistoryOnce, readChangedLinks } from '../../shared/reconcile/records/change-authors.ts'
import { forEachAtOnce } from '../../shared/reconcile/records/list-heads.ts'
import { spoiledAsAbsent } from '../../shared/reconcile/records/stored-json.ts'
import {
  byHandEvents,
  type Change,
  listChanges,
  readHand,
  renderChangeKey,
} from '../../shared/reconcile/records/tell-event.ts'
import { type Answer, answer, refuse } from '../api/answer.ts'
import { firstThatFit } from '../api/first-that-fit.ts'

const dayMs = 24 * 60 * 60_000
const historyDays = 90
const storiesMost = 200
const trendsMost = 90
const changesDays = 30
const changesMost = 50_000
/** With their authors, which are an object each, and a listing for each account and permission set. */
const toldMost = 200
/** At most so many authors are read to find the changes of one author. */
const readMost = 1_000

type Authored = {
  readonly by?: string | undefined
  readonly links?: readonly string[]
  readonly reason?: string | undefined
  /** Who approved the requests of this access. Absent: it has none, or its record cannot be read. */
  readonly approvedBy?: string | undefined
}

/** Compressed and in base64 about 3 MB. A function answers with at most 6 MB. (Lambda Developer Guide, "Lambda quotas".) */
const partMost = 12_000_000

/** What the page shows of the past: requests, nightly reports and changes. It decides nothing. */
export class PageRecords {
  readonly #ports: Pick<Ports, 'objects' | 'clock'>
  readonly #dates: () => Promise<readonly string[]>

  constructor(ports: Pick<Ports, 'objects' | 'clock'>) {
    this.#ports = ports
    this.#dates = onceIn(60_000, ports.clock, () => this.#listReports())
  }

  /** The person's requests of the last 90 days, the newest first. */
  async requestsOf(user: PrincipalId): Promise<readonly RequestStory[]> {
    const since = new Date(this.#ports.clock.now().getTime() - historyDays * dayMs)
    const stories = await readRequestStories(this.#ports.objects, { requester: user, since }, storiesMost)
    return stories.toReversed()
  }

  async reportDates(): Promise<readonly string[]> {
    return this.#dates()
  }

  /**
   * The rows of one nightly report, as its page has them: the function does not read what it passes on. `after`: the number of blocks that
   * the caller has.
   */
  async report(date: string, after: string): Promise<Answer> {
    const found =
      /^\d{4}-\d\d-\d\d$/.test(date) && (await this.#ports.objects.get(`${reportsPrefix}${date}/index.html`))
    if (!found) return refuse(404, `a report of ${date}`, 'the date of a nightly report', 'choose another date')
    const page = Buffer.from(found.body).toString('utf8')
    const blocks = [...page.matchAll(/<script type="application\/json" class="rows">(.*)<\/script>/g)].map(
      ([, text]) => text,
    )
    const [, facts = '{}'] = /<script type="application\/json" class="facts">(.*)<\/script>/.exec(page) ?? []
    const from = Number.parseInt(after, 10) || 0
    const to = from + firstThatFit(blocks.slice(from), partMost, (text = '') => text.length).length
    const next = to < blocks.length ? `"${to}"` : 'null'
    return {
      ...answer(200, {}),
      body: `{"facts":${facts},"blocks":[${blocks.slice(from, to).join(',')}],"next":${next}}\n`,
    }
  }

  /** The figures of the last nightly reports, ascending. */
  async trends(): Promise<Answer> {
    const dates = (await this.#dates()).slice(0, trendsMost).toReversed()
    const read = new Map<string, object>()
    await forEachAtOnce(dates, async (date) => {
      const summary = await spoiledAsAbsent(summaryRecord(this.#ports.objects, date).read())
      if (summary) read.set(date, { date, counts: summary.value.counts })
    })
    return answer(200, { trends: dates.flatMap((date) => read.get(date) ?? []) })
  }

  /**
   * What changed, the newest first, with numbers by day. `words`: the key of a change, or the name of its account, must contain all of
   * them. `by`: its author must contain this. `after`: the `next` of the page before.
   */
  async changes(
    { from, to, after = '', words = '', by = '' }: Readonly<Record<string, string | undefined>>,
    names: ReadonlyMap<string, string>,
  ): Promise<{
    readonly changes: readonly object[]
    readonly all: number
    readonly next: string | null
    readonly days: readonly object[]
    readonly accounts: readonly string[]
  }> {
    const { objects, clock } = this.#ports
    const first = from ?? renderInstant(new Date(clock.now().getTime() - changesDays * dayMs)).slice(0, 10)
    const wanted = words.toLowerCase().split(/\s+/).slice(0, 20)
    const fits = ({ event, name }: Change) => {
      const text = `${event} ${parseNameInKey(name)} ${names.get(name.split('%')[1] ?? '') ?? ''}`.toLowerCase()
      return wanted.every((word) => text.includes(word))
    }
    const found: Change[] = []
    for await (const change of listChanges(objects, first)) {
      if (to !== undefined && change.at >= to) break
      if (fits(change)) found.push(change)
      if (found.length > changesMost) found.shift()
    }
    const days = [...Map.groupBy(found, ({ at }) => at.slice(0, 10))].map(([date, all]) => ({
      date,
      granted: count(all, given),
      revoked: count(all, taken),
    }))
    const end = found.findIndex((change) => renderChangeKey(change) === after)
    const older = found.slice(0, end === -1 ? undefined : end).toReversed()
    const { told, read } = await this.#tellAuthors(older, by.toLowerCase())
    const last = older[read - 1]
    return {
      changes: told,
      all: found.length,
      next: last !== undefined && read < older.length ? renderChangeKey(last) : null,
      days,
      accounts: told.flatMap(({ name }) => name.split('%')[1] ?? []),
    }
  }

  /** The first changes with their authors. `read`: of how many it read the authors to find those `by` somebody. */
  async #tellAuthors(changes: readonly Change[], by: string) {
    const { objects } = this.#ports
    const historyOf = ownHistoryOnce(objects)
    const approversOf = approversOnce(objects)
    const told: (Change & Authored)[] = []
    for (let read = 0; ; read += toldMost) {
      const part = changes.slice(read, read + toldMost)
      if (part.length === 0 || told.length >= toldMost || read >= readMost)
        return { told, read: Math.min(read, changes.length) }
      const authors = new Map<Change, Authored>()
      await forEachAtOnce(
        part,
        async (one) => void authors.set(one, await this.#authorOf(one, { historyOf, approversOf })),
      )
      for (const change of part) {
        const author = authors.get(change)
        if (by === '' || author?.by?.toLowerCase().includes(by)) told.push({ ...change, ...author })
      }
    }
  }

  /** By hand: the author of the change itself. Otherwise the links, and who uploaded or deleted them. */
  async #authorOf(change: Change, { historyOf, approversOf }: Remembered): Promise<Authored> {
    const { objects } = this.#ports
    const hand = byHandEvents.has(change.event) ? await readHand(objects, renderChangeKey(change)) : {}
    if (change.event === 'request-granted') {
      const { key, digest } = parseUploadName(change.name)
      return digest === undefined ? {} : { approvedBy: sayApprovers(await approversOf(userInKey(key), digest)) }
    }
    const links = hand.by === undefined ? await readChangedLinks(objects, change, historyOf) : undefined
    if (links === undefined) return hand
    const requests = links.flatMap(({ ofRequest }) => ofRequest ?? [])
    const approvers = await Promise.all(requests.map(({ user, digest }) => approversOf(user, digest)))
    return {
      by: authorsOf(change, links),
      links: links.map(({ key }) => key),
      reason: links.find(({ reason }) => reason)?.reason,
      approvedBy: [...new Set(approvers.flatMap((some) => sayApprovers(some) ?? []))].join(', ') || undefined,
    }
  }

  /** The newest first. */
  async #listReports(): Promise<readonly string[]> {
    const dates: string[] = []
    for await (const { key } of this.#ports.objects.list(reportsPrefix)) {
      const [, date] = /^reports\/(\d{4}-\d\d-\d\d)\/summary\.json$/.exec(key) ?? []
      if (date !== undefined) dates.push(date)
    }
    return dates.sort().reverse()
  }
}

type Remembered = {
  readonly historyOf: ReturnType<typeof ownHistoryOnce>
  readonly approversOf: ReturnType<typeof approversOnce>
}

function approversOnce(objects: Ports['objects']) {
  return onceEach((user: string, digest: RequestDigest) => readApprovers(objects, { user, digest }))
}

function sayApprovers(people: readonly string[] | undefined): string | undefined {
  return people?.length === 0 ? 'nobody: it needed no approval' : people?.join(', ')
}

const given: ReadonlySet<string> = new Set(['granted', 'adopted'])
const taken: ReadonlySet<string> = new Set(['revoked', 'released'])
function count(changes: readonly Change[], events: ReadonlySet<string>): number {
  return changes.filter(({ event }) => events.has(event)).length
}
