import type { Figure, PageAttention } from '../../domain/access-page/page-data.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import {
  describeLifecycle,
  type LifecycleSummary,
  lifecycleSummary,
  renderPassages,
  summarizeTimes,
} from '../../domain/people/lifecycle.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { People } from '../preview/people.ts'
import type { SuspensionOf } from '../preview/read-suspensions.ts'
import { unlessRefused } from '../preview/unless-refused.ts'
import { JsonRecord } from '../records/json-record.ts'
import { listOwnedMemberships } from '../records/owned-groups.ts'
import { findOrphans, renderOrphans, tellOrphan } from './find-orphans.ts'
import { measureLifecycle } from './measure-lifecycle.ts'
import { readLinkTerms } from './read-link-terms.ts'
import { reportsPrefix } from './report-summary.ts'

/** So many days after its end a month is written again: who left on its last day has left by then. */
const againDays = 7

/**
 * Writes whose owner is gone (`orphans.csv`), and how long people waited for access and kept it (`reports/lifecycle/<month>.csv` and
 * `.json`). Answers what the page says of it. `withAccess`: users who have an assignment of ours.
 */
export async function reportPeople(
  objects: ObjectStore,
  {
    madeAt,
    withAccess,
    notes,
    ...context
  }: {
    readonly madeAt: string
    readonly withAccess: Iterable<PrincipalId>
    readonly people: People
    readonly suspensionOf: SuspensionOf
    readonly configuration: Configuration
    readonly notes: string[]
  },
): Promise<{ readonly attention: readonly PageAttention[]; readonly lifecycle: readonly Figure[] }> {
  const { owners, expired } = await readLinkTerms(objects, context.configuration)
  const asked = findOrphans(owners, { objects, ...context })
  const orphans = await unlessRefused(asked, 'owners could not be compared with the directory', notes)
  await objects.put(`${reportsPrefix}${madeAt.slice(0, 10)}/orphans.csv`, Buffer.from(renderOrphans(orphans ?? [])))
  const hasAccess = new Set(withAccess)
  for await (const { user } of listOwnedMemberships(objects)) hasAccess.add(user)
  const month = madeAt.slice(0, 7)
  const before = new Date(Date.parse(madeAt) - againDays * 24 * 60 * 60_000).toISOString().slice(0, 7)
  const months = new Set([before, month])
  const measuring = measureLifecycle(objects, { people: context.people, months, hasAccess })
  const passages = await unlessRefused(measuring, 'joiners and leavers could not be named', notes)
  const attention = (orphans ?? []).map(tellOrphan)
  if (passages === undefined) return { attention, lifecycle: [] }
  const summaries = new Map<string, LifecycleSummary>()
  for (const one of months) {
    const of = passages.filter((passage) => passage.month === one)
    const [joined, left] = (['joined', 'left'] as const).map((what) =>
      summarizeTimes(of.filter((p) => p.what === what)),
    )
    const summary = lifecycleSummary.parse({
      v: 1,
      month: one,
      madeAt,
      joined,
      left,
      orphans: orphans?.length,
      expired,
    })
    await objects.put(`${reportsPrefix}lifecycle/${one}.csv`, Buffer.from(renderPassages(of)))
    await new JsonRecord(objects, `${reportsPrefix}lifecycle/${one}.json`, lifecycleSummary).overwrite(summary)
    summaries.set(one, summary)
  }
  const now = summaries.get(month)
  return { attention, lifecycle: now ? describeLifecycle(now) : [] }
}
