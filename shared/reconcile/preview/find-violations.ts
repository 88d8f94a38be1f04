import { renderAssignmentKey } from '../../domain/assignment.ts'
import type { Configuration } from '../../domain/configuration.ts'
import { toldUploader } from '../../domain/find-uploader.ts'
import { describeObjection, type Objection } from '../../domain/judge-by-policies.ts'
import type { Link } from '../../domain/link.ts'
import { toAssignment } from '../../domain/plan.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { judgeLink } from '../assignments/judge-link.ts'
import { OrganizationCache } from '../organization/organization-cache.ts'
import { InputReadings } from '../records/input-readings.ts'
import { Ledger, listAccountsOf } from '../records/ledger.ts'
import { forEachAtOnce } from '../records/list-heads.ts'
import { Policies } from '../records/policies.ts'
import { StatusStore } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'

const notesMost = 100

/** Links whose access stays although rules that are enforced would refuse it today, ascending, with what stands against each. */
export type Violations = ReadonlyMap<string, readonly Objection[]>

/** From the bucket alone, with the organization as last read. */
export async function findViolations(
  ports: Pick<Ports, 'objects' | 'clock' | 'organizations' | 'randomness' | 'log'>,
  configuration: Configuration,
): Promise<Violations> {
  const { objects, clock } = ports
  const policies = new Policies({ objects, clock })
  const found = new Map<string, readonly Objection[]>()
  const view = await new OrganizationCache(ports, configuration.folders).storedView()
  if (!view || (await policies.read()).policies.length === 0) return found
  const organization = { view: async () => view, viewWithTags: async () => view }
  const readings = await InputReadings.list(objects, configuration)
  const statuses = new StatusStore(objects, clock)
  await forEachAtOnce(readings.keys, async (key) => {
    const reading = await readings.read(key)
    if (reading.state !== 'in-force') return
    const { link, body, object } = reading
    const told = await spoiledAsAbsent(statuses.read(key))
    const { refusals } = await judgeLink(
      {
        ...{ link, body, uploadedAt: object.lastModified },
        findUploader: async () => toldUploader(told, object),
      },
      { policies, organization, configuration },
    )
    const objections = refusals.filter(({ rule }) => rule !== undefined)
    const mayBeNew = told?.state === 'rejected'
    if (objections.length > 0 && (!mayBeNew || (await grants(link, objects)))) found.set(key, objections)
  })
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Whether the ledger has access by this link: one that is refused now may have given some before. */
async function grants(link: Link, objects: ObjectStore): Promise<boolean> {
  const ledger = new Ledger(objects)
  for (const accountId of await listAccountsOf(objects, link)) {
    const stored = await spoiledAsAbsent(ledger.read(renderAssignmentKey(toAssignment(link, accountId))))
    if (stored?.entry.accesses.some(({ links }) => links.some(({ key }) => key === link.key))) return true
  }
  return false
}

/** For the end of a report. */
export function describeViolations(violations: Violations): readonly string[] {
  const told = [...violations].map(([key, objections]) => {
    const [first] = objections
    const more = objections.length > 1 ? ` (and ${objections.length - 1} more)` : ''
    return `${key} stands against a policy: ${first ? describeObjection(first) : ''}${more}`
  })
  if (told.length <= notesMost) return told
  return [...told.slice(0, notesMost), `${told.length - notesMost} more links stand against a policy`]
}
