import type { AccountId } from '../shared/domain/account-id.ts'
import type { Configuration } from '../shared/domain/configuration.ts'
import type { Hint } from '../shared/domain/hint.ts'
import type { InputMessage, Uploader } from '../shared/domain/input-message.ts'
import { isFolderMarker, type Link } from '../shared/domain/link.ts'
import type { Status } from '../shared/domain/status.ts'
import type { Ports } from '../shared/ports/ports.ts'
import { assessLink, isOfSameUpload } from '../shared/reconcile/assess-link.ts'
import { indexInstants, instantsToCome } from '../shared/reconcile/expiry-index.ts'
import { parseInput, sendInputs } from '../shared/reconcile/inputs.ts'
import { sendHints } from '../shared/reconcile/lanes.ts'
import { listAccountsOf } from '../shared/reconcile/ledger.ts'
import { OrganizationCache } from '../shared/reconcile/organization-cache.ts'
import { findBlockedDeletion } from '../shared/reconcile/permission-set-references.ts'
import type { LinkReading } from '../shared/reconcile/read-link.ts'
import { type NewStatus, StatusStore } from '../shared/reconcile/status-store.ts'
import type { QueueHandler } from './handler.ts'
import { runBatch } from './run-batch.ts'

/**
 * So long one batch reads the tags of accounts: well below the time that a function has, which a batch must never use up.
 * (Where thousands are to be read, the links that need them are looked at again and again, as new messages.)
 */
const tagsMs = 15_000

/** Looks at links that may have changed: tells their status, then hints at every account assignment they may concern. */
export const links: QueueHandler = (ports, configuration) => {
  const organization = new OrganizationCache(ports, configuration.folders)
  return (event) => {
    const tagsUntilMs = ports.clock.monotonicMs() + tagsMs
    return runBatch(event, 'fifo', ports, async ({ body, attributes }) => {
      const message = parseInput('links', { body, receiveCount: attributes.ApproximateReceiveCount })
      if (!isFolderMarker(message.key)) await lookAtLink(message, ports, configuration, organization, tagsUntilMs)
    })
  }
}

/** One input, as it is now; throws when something cannot be read or written: the message then comes again. */
export async function lookAtLink(
  { key, id, event, by }: InputMessage,
  ports: Ports,
  configuration: Configuration,
  organization: OrganizationCache,
  tagsUntilMs = Number.POSITIVE_INFINITY,
): Promise<void> {
  const log = ports.log.with({ input: key, event, id })
  const statuses = new StatusStore(ports.objects, ports.clock)
  const context = { objects: ports.objects, organization, configuration, tagsUntilMs }
  const looked: { reading?: LinkReading; concerned: readonly AccountId[]; isUnread: boolean } = {
    concerned: [],
    isUnread: false,
  }
  const told = await statuses.revise(key, async (current) => {
    const known = current && (by === undefined ? current : { ...current, by })
    let { reading, accounts, status, isUnread = false } = await assessLink(key, known, context)
    looked.reading = reading
    looked.isUnread = isUnread
    looked.concerned = reading.state === 'in-force' ? accounts : await listConcerned(reading.link, ports)
    if (reading.state !== 'in-force' && looked.concerned.length === 0) {
      status = (await assessLink(key, known, { ...context, progress: nothingLeft })).status
    }
    // The same version again: nothing is known to be open, so nothing is told that the dispatcher would take back.
    const tellsNothing = isUnread || status?.state === 'applying'
    return isSettled(current) && tellsNothing && status && isOfSameUpload(current, status)
      ? current
      : withUploader(status, by)
  })
  const { reading, concerned } = looked
  if (reading && 'body' in reading)
    await indexInstants(ports.objects, key, instantsToCome(reading.body, reading.object.servedAt), id)
  log.info('link looked at', { found: reading?.state, status: told?.state ?? 'removed', accounts: concerned.length })
  // Progress, and no failure: a message that came again would be given up after a few times.
  if (looked.isUnread) await sendInputs(ports, [key], 'tags of accounts are being read')
  if (!reading?.link) return
  const { permissionSet, principal, type } = reading.link
  const hints = concerned.map(
    (account): Hint => ({ v: 1, kind: 'assignment', account, permissionSet, principal, type, cause: key }),
  )
  await sendHints(ports, { id, hints, revocation: reading.state !== 'in-force' }, configuration)
  // This may have been the last link that kept its permission set from being deleted.
  const blocked = reading.state === 'in-force' ? undefined : await findBlockedDeletion(permissionSet, ports.objects)
  if (blocked) await sendHints(ports, { id, hints: [blocked], revocation: false }, configuration)
}

/** What the dispatcher would find where the ledger has no entry that a link could have caused. */
const nothingLeft = {
  lackOf: () => undefined,
  of: async () => new Map(),
  accountsOf: async () => [],
  heldAccountsOf: () => [],
}

function isSettled(status: Status | undefined): status is Status {
  return status?.state === 'applied'
}

function withUploader(status: NewStatus | undefined, by: Uploader | undefined): NewStatus | undefined {
  return status && (by === undefined ? status : { ...status, by })
}

/** Where a link that grants nothing (any more) may have granted something: from the ledger, not from today's scope. */
async function listConcerned(link: Link | undefined, { objects }: Ports): Promise<readonly AccountId[]> {
  if (!link) return []
  return link.scope.kind === 'account' ? [link.scope.id] : listAccountsOf(objects, link)
}
