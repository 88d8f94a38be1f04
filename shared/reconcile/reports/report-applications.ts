import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { quote } from '../../domain/statuses/complaint.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { unlessRefused } from '../access/unless-refused.ts'
import { RateLimiter } from '../calls/rate-limiter.ts'
import { repeatPatiently } from '../calls/repeat-patiently.ts'
import { JsonRecord } from '../records/json-record.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { tellFinding } from '../records/tell-event.ts'
import { reportsPrefix } from './report-summary.ts'

/**
 * With this scope an application fetches credentials for the accounts and permission sets of its users, as the user. (IAM Identity
 * Center User Guide, "Enable AWS account access for customer managed applications".)
 */
const scope = 'sso:account:access'
/** The dispatcher leaves five calls of AWS's rate to others. */
const callsPerSecond = 3
const repetition = { attemptsMost: 6, firstMs: 400, mostMs: 10_000 }
const notesMost = 20

const application = record({ arn: z.string(), name: z.string(), account: z.string(), isEnabled: z.boolean() })
/** `since`: when ssofile first saw it. */
const actingApplication = application.extend({ since: z.iso.datetime() })
export type ActingApplication = z.infer<typeof actingApplication>
const actingApplications = record({
  v: z.literal(1),
  askedAt: z.iso.datetime(),
  applications: z.array(actingApplication),
})

const recordOf = (objects: ObjectStore) =>
  new JsonRecord(objects, `${reportsPrefix}applications.json`, actingApplications)

/** The applications that may act for people, at the last report. `undefined`: there was none. */
export async function readApplications(objects: ObjectStore) {
  return (await spoiledAsAbsent(recordOf(objects).read()))?.value
}

/** Asks Identity Center which applications may act for people now, ascending by ARN. `known`: from the last report. */
export async function findApplications(
  ports: Pick<Ports, 'ssoAdmin' | 'clock' | 'randomness'>,
  known: readonly ActingApplication[],
): Promise<readonly ActingApplication[]> {
  const limiter = new RateLimiter(ports.clock, callsPerSecond)
  const ask = <T>(call: () => Promise<T>) => repeatPatiently(ports, repetition, () => limiter.run('background', call))
  const all = await Array.fromAsync(listAll((token) => ask(() => ports.ssoAdmin.listApplications(token))))
  const now = renderInstant(ports.clock.now())
  const asked = await Promise.all(
    all.map(async (one) => {
      const since = known.find(({ arn }) => arn === one.arn)?.since ?? now
      return (await ask(() => ports.ssoAdmin.getApplicationScope(one.arn, scope))) ? [{ ...one, since }] : []
    }),
  )
  return asked.flat().sort((a, b) => (a.arn < b.arn ? -1 : 1))
}

/**
 * Records the applications that may act for people, and tells about those that appeared or lost the scope since the last report.
 * Answers notes. If they cannot be asked for, the last record stays.
 */
export async function reportApplications(
  ports: Pick<Ports, 'objects' | 'ssoAdmin' | 'clock' | 'randomness'>,
): Promise<readonly string[]> {
  const { objects, clock } = ports
  const known = (await readApplications(objects))?.applications ?? []
  const notes: string[] = []
  const found = await unlessRefused(findApplications(ports, known), 'applications could not be listed', notes)
  if (found === undefined) return notes
  const at = renderInstant(clock.now())
  const tell = (event: string, { arn, name, account }: ActingApplication) => {
    const reason = `${quote(name)} of account ${account} ${event === 'application-found' ? 'may act' : 'no longer acts'} for its users`
    return tellFinding(objects, { event, at, name: arn.split('/').at(-1) ?? arn }, reason)
  }
  const isIn = (some: readonly ActingApplication[]) => (one: ActingApplication) =>
    some.some(({ arn }) => arn === one.arn)
  for (const one of found.filter((found) => !isIn(known)(found))) await tell('application-found', one)
  for (const one of known.filter((one) => !isIn(found)(one))) await tell('application-gone', one)
  await recordOf(objects).overwrite({ v: 1, askedAt: at, applications: [...found] })
  const more =
    found.length > notesMost ? [`${found.length - notesMost} more applications: ssofile who --applications`] : []
  return [...found.slice(0, notesMost).map(describeApplication), ...more]
}

function describeApplication({ name, account, isEnabled, since }: ActingApplication): string {
  const state = isEnabled ? '' : ', which is disabled,'
  return `the application '${quote(name)}' of account ${account}${state} may fetch credentials for the access of its users; known since ${since.slice(0, 10)}`
}
