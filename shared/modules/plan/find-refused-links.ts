import { complainOfObjections } from '../../domain/guardrails/judge-by-policies.ts'
import { separatedFrom } from '../../domain/guardrails/separation.ts'
import type { Uploader } from '../../domain/links/input-message.ts'
import { type Link, parseLinkKey } from '../../domain/links/link.ts'
import { isSameUpload } from '../../domain/links/upload.ts'
import { rejection } from '../../domain/statuses/status.ts'
import { judgeLink } from '../../reconcile/guardrails/judge-link.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { SeparationsIn } from '../access/separations-in.ts'
import type { PlanSources } from './plan-sources.ts'
import type { IdleFile, PlannedGrant } from './planned-access.ts'

/**
 * Refusals of new access by policies, judged as when it is applied. `later`: rules about the uploader of a file that is not
 * uploaded yet. `unjudged`: files that only an invalid policy refuses, so that their own mistakes can be reported instead.
 */
export async function findRefusedLinks(planned: readonly PlannedGrant[], context: PlanSources) {
  const refused = new Map<string, IdleFile>()
  const later = new Set<string>()
  const unjudged = new Set<string>()
  const accounts = Map.groupBy(
    planned.flatMap(({ assignment: { accountId }, links }) => links.map((link) => ({ link, accountId }))),
    ({ link }) => link,
  )
  const accountsOf = async ({ key }: Link) => accounts.get(key)?.map(({ accountId }) => accountId) ?? []
  const separations = new SeparationsIn(accountsOf, context)
  const guardrails = await context.policies.read()
  const hasSeparations = guardrails.policies.some((policy) => policy.separations.length > 0)
  const linkOf = (key: string): readonly Link[] => {
    const link = parseLinkKey(key, context.configuration.folders)
    return link.ok ? [link.value] : []
  }
  const isApart = (key: string): boolean =>
    hasSeparations && linkOf(key).some((link) => separatedFrom(guardrails, link.permissionSet) !== undefined)
  const keys = [...new Set(planned.flatMap(({ links }) => links))].sort()
  const { apart = [], others = [] } = Object.groupBy(keys, (key) => (isApart(key) ? 'apart' : 'others'))
  await context.principals.foresee(apart.flatMap(linkOf))
  const judge = async (key: string): Promise<void> => {
    const reading = await context.readings.read(key)
    if (reading.state !== 'in-force') return
    const { link, body, object } = reading
    const findUploader = async (): Promise<Uploader | 'later' | undefined> => {
      const status = await spoiledAsAbsent(context.statuses.read(key))
      return isSameUpload(status, object) ? status?.by : 'later'
    }
    const verdict = await judgeLink(
      { link, body, uploadedAt: object.lastModified, findUploader },
      { ...context, separations },
    )
    for (const rule of verdict.later) later.add(rule)
    const complaint = complainOfObjections(key, verdict.refusals)
    if (complaint && verdict.refusals.every(({ rule }) => rule === undefined)) unjudged.add(key)
    if (complaint) refused.set(key, { key, ...rejection(complaint) })
    else if (isApart(key)) await separations.accept(link)
  }
  await forEachAtOnce(others, judge)
  // One after the other: of two grants that exclude each other, the first is accepted.
  for (const key of apart) await judge(key)
  const by = (counts: (key: string) => boolean) =>
    planned
      .map(({ assignment, links }) => ({ assignment, links: links.filter(counts) }))
      .filter(({ links }) => links.length > 0)
  return {
    grants: by((key) => !refused.has(key)),
    unjudged: by((key) => unjudged.has(key)),
    refused: [...refused.values()].sort((a, b) => (a.key < b.key ? -1 : 1)),
    later: [...later].sort(),
  }
}
