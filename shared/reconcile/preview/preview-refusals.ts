import type { Uploader } from '../../domain/input-message.ts'
import { complainOfObjections } from '../../domain/judge-by-policies.ts'
import { rejection, type Status } from '../../domain/status.ts'
import { isSameUpload } from '../../domain/upload.ts'
import { type JudgeContext, judgeLink } from '../assignments/judge-link.ts'
import type { InputReadings } from '../records/input-readings.ts'
import { forEachAtOnce } from '../records/list-heads.ts'
import type { StatusStore } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import type { PlannedGrant } from './preview.ts'

export type RefusedLink = { readonly key: string } & Pick<Status, 'state' | 'reason' | 'remedy'>

type Context = JudgeContext & {
  readonly readings: Pick<InputReadings, 'read'>
  readonly statuses: Pick<StatusStore, 'read'>
}

/**
 * What the policies refuse of new access, as whoever applies it would. `later`: the rules about who uploads a file, where it is
 * not uploaded yet.
 */
export async function previewRefusals(planned: readonly PlannedGrant[], context: Context) {
  const refused = new Map<string, RefusedLink>()
  const later = new Set<string>()
  await forEachAtOnce(new Set(planned.flatMap(({ links }) => links)), async (key) => {
    const reading = await context.readings.read(key)
    if (reading.state !== 'in-force') return
    const { link, body, object } = reading
    const findUploader = async (): Promise<Uploader | 'later' | undefined> => {
      const status = await spoiledAsAbsent(context.statuses.read(key))
      return isSameUpload(status, object) ? status?.by : 'later'
    }
    const verdict = await judgeLink({ link, body, uploadedAt: object.lastModified, findUploader }, context)
    for (const rule of verdict.later) later.add(rule)
    const complaint = complainOfObjections(key, verdict.refusals)
    if (complaint) refused.set(key, { key, ...rejection(complaint) })
  })
  const accepted = planned.map(({ assignment, links }) => ({
    assignment,
    links: links.filter((key) => !refused.has(key)),
  }))
  return {
    grants: accepted.filter(({ links }) => links.length > 0),
    refused: [...refused.values()].sort((a, b) => (a.key < b.key ? -1 : 1)),
    later: [...later].sort(),
  }
}
