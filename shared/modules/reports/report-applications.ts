import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { quote } from '../../domain/statuses/complaint.ts'
import { count } from '../../domain/text/count.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { readGently } from '../../reconcile/calls/limited-sso-admin.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { tellFinding } from '../../reconcile/records/tell-event.ts'
import { unlessRefused } from '../access/unless-refused.ts'
import { reportsPrefix } from './report-summary.ts'

/**
 * With this scope an application fetches credentials for the accounts and permission sets of its users, as the user. (IAM Identity
 * Center User Guide, "Enable AWS account access for customer managed applications".)
 */
const scope = 'sso:account:access'

/** `since`: when ssofile first saw it. */
const application = record({
  arn: z.string(),
  name: z.string(),
  account: z.string(),
  isEnabled: z.boolean(),
  since: z.iso.datetime(),
})
type ActingApplication = z.infer<typeof application>
const recordOf = (objects: ObjectStore) =>
  new JsonRecord(
    objects,
    `${reportsPrefix}applications.json`,
    record({ v: z.literal(1), askedAt: z.iso.datetime(), applications: z.array(application) }),
  )

/** The applications that may act for people, at the last report. `undefined`: there was none. */
export async function readApplications(objects: ObjectStore) {
  return (await spoiledAsAbsent(recordOf(objects).read()))?.value
}

type AskingPorts = Pick<Ports, 'ssoAdmin' | 'clock' | 'randomness' | 'metrics'>

/**
 * The question to AWS, for people. AWS demands a filter of member accounts, and does not say whether a delegated administrator is one: "member
 * accounts must use the applicationAccount parameter". (IAM Identity Center API Reference, "ListApplications".) So an empty answer does not
 * prove that there is none.
 */
export const askedApplications =
  'AWS was asked for all applications of the instance; a member account may be shown only some, or none'

/**
 * Asks Identity Center which applications may act for people now, ascending by ARN. `known`: from the last report; each that the listing
 * lacks is asked for by its ARN, because the listing may lack applications that exist.
 */
export async function findApplications(
  ports: AskingPorts,
  known: readonly ActingApplication[] = [],
): Promise<readonly ActingApplication[]> {
  const ssoAdmin = readGently(ports)
  const now = renderInstant(ports.clock.now())
  const found: ActingApplication[] = []
  const listed = await Array.fromAsync(listAll((token) => ssoAdmin.listApplications(token)))
  const unlisted = known.filter(({ arn }) => !listed.some((one) => one.arn === arn))
  for (const one of [...listed, ...unlisted])
    if (await ssoAdmin.getApplicationScope(one.arn, scope))
      found.push({ ...one, since: known.find(({ arn }) => arn === one.arn)?.since ?? now })
  return found.sort((a, b) => (a.arn < b.arn ? -1 : 1))
}

/**
 * Records the applications that may act for people, and tells about those that appeared or lost the scope since the last report.
 * Answers notes. If they cannot be asked for, the last record stays.
 */
export async function reportApplications(ports: AskingPorts & Pick<Ports, 'objects'>): Promise<readonly string[]> {
  const { objects, clock } = ports
  const known = (await readApplications(objects))?.applications ?? []
  const notes: string[] = []
  const found = await unlessRefused(findApplications(ports, known), 'applications could not be listed', notes)
  if (found === undefined) return notes
  const at = renderInstant(clock.now())
  const changes = [
    ['application-found', 'may act', known, found],
    ['application-gone', 'no longer acts', found, known],
  ] as const
  for (const [event, says, there, all] of changes)
    for (const { arn, name, account } of all.filter((one) => !there.some(({ arn }) => arn === one.arn))) {
      const reason = `${quote(name)} of account ${account} ${says} for its users`
      await tellFinding(objects, { event, at, name: arn.split('/').at(-1) ?? arn }, reason)
    }
  await recordOf(objects).overwrite({ v: 1, askedAt: at, applications: [...found] })
  const names = found.map(({ name, account }) => `'${quote(name)}' of account ${account}`).join(', ')
  const said = `${count(found.length, 'application')} may fetch credentials for the access of their users: ${quote(names, 1000)}`
  return found.length === 0 ? [] : [`${said}; ssofile who --applications has all of them`]
}
