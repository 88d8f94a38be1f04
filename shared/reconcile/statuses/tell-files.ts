import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { Kind } from '../../domain/inputs/kind.ts'
import { allKinds, kindOf } from '../../domain/inputs/kinds.ts'
import type { Complaint } from '../../domain/statuses/complaint.ts'
import { type NewStatus, rejection, type Status } from '../../domain/statuses/status.ts'
import type { Ports } from '../../ports/ports.ts'
import { crowdOf, tellCrowd } from '../records/crowds.ts'
import { forEachAtOnce, listHeads } from '../records/list-heads.ts'
import { describeInput, readParsedInput } from '../records/read-input.ts'
import { inputOfStatus, listInState, StatusStore, statusPrefix } from '../records/status-store.ts'
import { sweepCrowds } from '../records/sweep-crowds.ts'

type TellingPorts = Pick<Ports, 'objects' | 'clock'>

/**
 * The kinds whose files have no message: nothing is performed for one, and the products that read them read all. A schedule tells them, with
 * this function for all.
 */
export function kindsWithoutMessage(): readonly Kind[] {
  return allKinds().filter(({ queue, starts }) => queue === undefined && starts === undefined)
}

type Limits = Pick<Configuration, 'folders' | 'limits'>

/** Longer than a run of a schedule. A run that read the former upload may write its status after the next upload. */
const doubtedMs = 10 * 60_000

/**
 * Writes the status of each file of such a kind: `rejected`, or `applied`. Files beyond `limits.notValidFiles` share one. `broken`: complaints that one file alone does not show, such as
 * too many files. Removes the status of a deleted file. Reads only files that are new or rejected, or whose status is missing or older. Safe to
 * repeat after an interruption. Returns the objects of `broken`.
 */
export async function tellFiles(
  { objects, clock }: TellingPorts,
  kind: Kind,
  configuration: Limits,
  broken: readonly Complaint[] = [],
): Promise<readonly string[]> {
  const statuses = new StatusStore(objects, clock)
  const complaints = new Map(broken.map((complaint) => [complaint.object, complaint]))
  const listed = await listHeads(objects, kind.at)
  const files = new Map([...listed].filter(([key]) => kindOf(key) === kind))
  const told = new Map(
    [...(await listHeads(objects, statusPrefix + kind.at))].map(([key, head]) => [inputOfStatus(key), head]),
  )
  const rejected = new Set(told.size === 0 ? [] : await listInState(objects, 'rejected', kind.at))
  const untold = [...files.keys()].filter((key) => !told.has(key))
  const now = clock.now()
  const crowds = { objects, statuses, configuration, now, places: [kind.at] }
  // Without such a file, a crowd can only end. That may wait: a listing each minute of each kind costs a quarter of a dollar a month.
  const isDue = untold.length > 0 || now.getUTCMinutes() % 5 === 0
  const meant = new Set([...(isDue ? await sweepCrowds(untold, crowds) : []), ...told.keys()])
  const isTold = (key: string) => {
    const [file, status] = [files.get(key), told.get(key)]
    if (file === undefined || status === undefined || rejected.has(key)) return false
    const isNew = now.getTime() - file.lastModified.getTime() < doubtedMs
    return status.lastModified > file.lastModified && !isNew
  }
  const isOurs = (key: string) => files.has(key) || kindOf(key) === kind || key === kind.at
  const due = [...new Set([...files.keys(), ...told.keys(), ...complaints.keys()])].filter(
    (key) => isOurs(key) && (meant.has(key) || !files.has(key)) && (complaints.has(key) || !isTold(key)),
  )
  let room = configuration.limits.notValidFiles - rejected.size
  await forEachAtOnce(due.toSorted(), async (key) => {
    let isOneTooMany = false
    await statuses.revise(key, async (current) => {
      const said = await describeFile(key, { current, complaint: complaints.get(key), kind, objects })
      isOneTooMany = current === undefined && said?.state === 'rejected' && room-- <= 0
      return isOneTooMany ? undefined : said
    })
    if (isOneTooMany) await tellCrowd(statuses, crowdOf(key, configuration.folders), configuration)
  })
  return [...complaints.keys()]
}

type Telling = Pick<Ports, 'objects'> & {
  readonly current: Status | undefined
  readonly complaint: Complaint | undefined
  readonly kind: Kind
}

/** `undefined`: the file is gone. A status that says more of the same upload stays. */
async function describeFile(
  key: string,
  { current, complaint, kind, objects }: Telling,
): Promise<NewStatus | undefined> {
  const found = await readParsedInput(objects, key, kind)
  if (complaint) return { ...(found && describeInput(found.head)), ...rejection(complaint) }
  if (found === undefined) return undefined
  const { head, file } = found
  if (!file.ok) return { ...describeInput(head), ...rejection(file.complaint) }
  const isSame = current?.etag === head.etag && current.versionId === head.versionId
  if (isSame && current.state !== 'rejected') return current
  return { ...describeInput(head), state: 'applied' }
}
