import type { SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { type AccessCall, parseAccessCall } from '../shared/domain/by-hand/access-call.ts'
import type { Configuration } from '../shared/domain/deployment/configuration.ts'
import { parseLooseJson } from '../shared/domain/json/loose-json.ts'
import { parseRoundTrip } from '../shared/domain/messages/round-trip-event.ts'
import { type OrganizationEvent, parseOrganizationEvent } from '../shared/domain/organization/organization-event.ts'
import { type DirectoryEvent, parseDirectoryEvent } from '../shared/domain/principals/directory-event.ts'
import { noteArrivals } from '../shared/modules/doctor/arrivals.ts'
import {
  followLeavers,
  followMembershipCalls,
  followMemberships,
  lookAtSuspended,
  noteGroupsOf,
  usersIn,
} from '../shared/modules/people/follow-directory.ts'
import { RuleFiles } from '../shared/modules/people/rule-files.ts'
import { followPeople } from '../shared/modules/requests/follow-people.ts'
import type { Ports } from '../shared/ports/ports.ts'
import { patientIdentityStore } from '../shared/reconcile/calls/patient-identity-store.ts'
import { reconcile } from '../shared/reconcile/differences/reconcile.ts'
import { followDirectoryEvents } from '../shared/reconcile/directory/follow-directory-events.ts'
import { followAccessCalls } from '../shared/reconcile/drift/follow-access-calls.ts'
import { followOrganizationEvents } from '../shared/reconcile/organization/follow-organization-events.ts'
import { OrganizationCache } from '../shared/reconcile/organization/organization-cache.ts'
import { forgetFailure, recordFailure } from '../shared/reconcile/records/failures.ts'
import type { QueueHandler } from './handler.ts'

/** An event has less time than the hourly reconcile, which continues where this one ends. */
const renewMs = 60_000

/** A parsed event. Without any of the three fields it is unreadable. */
type Received = {
  readonly record: SQSRecord
  readonly name: string
  readonly organization?: OrganizationEvent | undefined
  readonly directory?: DirectoryEvent | undefined
  readonly access?: AccessCall | undefined
  /** The message of `ssofile doctor`. */
  readonly roundTrip?: string | undefined
}

/**
 * Handles events about the organization, the directory and Identity Center. Events come late, twice, out of order and with masked names.
 * ssofile trusts that something changed, and uses the event only as a hint where to look. If it gives no hint, one reconcile reads
 * everything. A failed event comes again, and holds up no other: the queue is not FIFO.
 * `dispatcherRole`: its calls are ssofile's own.
 */
export function events(
  given: Ports,
  configuration: Configuration,
  { dispatcherRole }: { readonly dispatcherRole?: string | undefined } = {},
): ReturnType<QueueHandler> {
  // All work of this batch shares the rate of the directory, and the next batch knows how AWS throttled this one.
  const ports = { ...given, identityStore: patientIdentityStore(given) }
  const rules = new RuleFiles(ports.objects)
  const context = { ports, configuration, organization: new OrganizationCache(ports, configuration.folders) }

  const followOrganization = async (received: readonly Received[]): Promise<object> => {
    const known = received.flatMap(({ organization }) => organization ?? [])
    return {
      ...(await followOrganizationEvents(known, context)),
      ignored: known.filter(({ look }) => look === 'nothing'),
    }
  }
  const followDirectory = async (received: readonly Received[]): Promise<object> => {
    const all = received.flatMap(({ directory }) => directory ?? [])
    const changes = all.flatMap((one) => (one.type === 'MEMBERSHIP' ? [] : [one]))
    const members = all.flatMap((one) => (one.type === 'MEMBERSHIP' ? [one] : []))
    await noteGroupsOf(ports, all)
    const hints = await followDirectoryEvents(ports, configuration, changes)
    await lookAtSuspended(ports, configuration, all)
    // Memberships depend on users and groups too, such as a renamed group or a disabled user.
    const memberships = await followMemberships(ports, configuration, changes, rules)
    const byHand = await followMembershipCalls(ports, configuration, members)
    const left = await followLeavers(ports, configuration, usersIn(changes))
    return { hints, memberships, byHand, left, inputs: await followPeople(ports, configuration) }
  }
  const followAccess = async (received: readonly Received[]): Promise<object> => {
    const calls = received.flatMap(({ access }) => access ?? [])
    return { hints: await followAccessCalls(ports, configuration, calls, dispatcherRole) }
  }
  const reconcileAll = (): Promise<object> => reconcile(ports, configuration, { renewMs })
  /** All at once, which is cheaper; if that fails, one by one. */
  const follow = async (
    received: readonly Received[],
    work: (received: readonly Received[]) => Promise<object>,
  ): Promise<readonly Received[]> => {
    if (received.length === 0) return []
    const names = received.map(({ name }) => name)
    try {
      ports.log.info('events followed', { events: names, ...(await work(received)) })
      for (const { record } of received) if (receivesOf(record) > 1) await forgetFailure(ports, record.messageId)
      return []
    } catch (error) {
      ports.log.error('ssofile could not follow events; SQS delivers them again', { events: names, error })
      if (received.length === 1 || work === reconcileAll) {
        for (const { record } of received)
          await recordFailure(ports, { messageId: record.messageId, receiveCount: receivesOf(record), error })
        return received
      }
      const failed = await Promise.all(received.map((one) => follow([one], work)))
      return failed.flat()
    }
  }

  return async ({ Records }) => {
    const all = Records.map(parseEvent)
    await noteArrivals(ports, arrivalsOf(all))
    const received = Map.groupBy(all, ({ organization, directory, access, roundTrip }) => {
      if (roundTrip !== undefined) return 'nothing'
      if (access) return 'access'
      if (directory) return 'directory'
      return organization && organization.look !== 'everything' ? 'organization' : 'everything'
    })
    const failed = [
      ...(await follow(received.get('organization') ?? [], followOrganization)),
      ...(await follow(received.get('directory') ?? [], followDirectory)),
      ...(await follow(received.get('access') ?? [], followAccess)),
      ...(await follow(received.get('everything') ?? [], reconcileAll)),
    ]
    return { batchItemFailures: failed.map(({ record }) => ({ itemIdentifier: record.messageId })) }
  }
}

function receivesOf({ attributes }: SQSRecord): number {
  return Number(attributes?.ApproximateReceiveCount ?? 1)
}

function parseEvent(record: SQSRecord): Received {
  const body = parseLooseJson(record.body)
  const organization = parseOrganizationEvent(body)
  const directory = parseDirectoryEvent(body)
  const access = parseAccessCall(body)
  return {
    record,
    name: organization?.name ?? nameOf(body),
    organization,
    directory,
    access,
    roundTrip: parseRoundTrip(body),
  }
}

/** The last of each kind. */
function arrivalsOf(all: readonly Received[]): Parameters<typeof noteArrivals>[1] {
  const last = (is: (one: Received) => unknown) => all.findLast((one) => is(one) !== undefined)
  const organization = last((one) => one.organization)
  const directory = last((one) => one.directory)
  const roundTrip = last((one) => one.roundTrip)?.roundTrip
  return {
    ...(organization && { organization: organization.name }),
    ...(directory && { directory: directory.name }),
    ...(roundTrip && { roundTrip }),
  }
}

const namedEvent = z.object({
  'detail-type': z.string(),
  detail: z.object({ eventName: z.string() }).partial().optional(),
})

function nameOf(body: unknown): string {
  const { 'detail-type': type, detail } = namedEvent.safeParse(body).data ?? {}
  return detail?.eventName ?? type ?? 'an unreadable event'
}
