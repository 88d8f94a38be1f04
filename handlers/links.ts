import type { Configuration } from '../shared/domain/deployment/configuration.ts'
import { describeLink } from '../shared/domain/links/describe-link.ts'
import { findUploader } from '../shared/domain/links/find-uploader.ts'
import type { InputMessage } from '../shared/domain/links/input-message.ts'
import { type Grant, isFolderMarker } from '../shared/domain/links/link.ts'
import { changesNothing } from '../shared/domain/links/upload.ts'
import type { Hint } from '../shared/domain/messages/hint.ts'
import type { Status } from '../shared/domain/statuses/status.ts'
import type { Ports } from '../shared/ports/ports.ts'
import { tellFailedLook } from '../shared/reconcile/inputs/tell-failed-look.ts'
import { OrganizationCache } from '../shared/reconcile/organization/organization-cache.ts'
import { findBlockedDeletion } from '../shared/reconcile/permission-sets/permission-set-references.ts'
import { crowdOf, isCrowded, tellCrowd } from '../shared/reconcile/records/crowds.ts'
import { nameDeleter } from '../shared/reconcile/records/deletion-notes.ts'
import { indexInstants, instantsToCome } from '../shared/reconcile/records/expiry-index.ts'
import { parseInput, sendAlone, sendInputs } from '../shared/reconcile/records/inputs.ts'
import { sendHints } from '../shared/reconcile/records/lanes.ts'
import { listAccountsOf } from '../shared/reconcile/records/ledger.ts'
import { Policies } from '../shared/reconcile/records/policies.ts'
import { StatusStore } from '../shared/reconcile/records/status-store.ts'
import {
  type AskedOrganization,
  type GatherContext,
  type GatheredLink,
  gatherLink,
} from '../shared/reconcile/statuses/gather-link.ts'
import type { QueueHandler } from './handler.ts'
import { runBatch } from './run-batch.ts'

/** How long one batch reads the tags of accounts: well below the time that a function has. The links then come again. */
const tagsMs = 15_000

/** Looks at links that may have changed: writes their status, then hints at every account assignment they may concern. */
export const links: QueueHandler = (ports, configuration) => {
  const organization = new OrganizationCache(ports, configuration.folders)
  const policies = new Policies(ports)
  return (event) => {
    const tagsUntilMs = ports.clock.monotonicMs() + tagsMs
    const asOfBatch = viewedOnce(organization)
    return runBatch(event, 'fifo', ports, async ({ body, attributes }) => {
      const message = parseInput('links', { body, receiveCount: attributes.ApproximateReceiveCount })
      if (isFolderMarker(message.key)) return
      try {
        await lookAtLink(message, ports, configuration, asOfBatch, { policies, tagsUntilMs })
      } catch (error) {
        if (await tellFailedLook(message, error, ports, configuration)) return
        if (message.isAlone) throw error
        ports.log.warn('a link could not be looked at; it is tried again', { input: message.key, error })
        await sendAlone(ports.queues, message, configuration)
      }
    })
  }
}

/** One view for all messages of a batch: it is read after the last of them was received, so it is new enough for each. */
function viewedOnce(organization: OrganizationCache): AskedOrganization {
  let view: ReturnType<OrganizationCache['view']> | undefined
  return {
    view: () => {
      view ??= organization.view()
      return view
    },
    viewWithTags: (untilMs) => organization.viewWithTags(untilMs),
    find: (accountId, known) => organization.find(accountId, known),
    parentExists: (id) => organization.parentExists(id),
    selectors: () => organization.selectors(),
  }
}

type LookOptions = {
  readonly policies?: Policies
  readonly tagsUntilMs?: number
}

/** One input, as it is now; throws when something cannot be read or written: the message then comes again. */
export async function lookAtLink(
  message: InputMessage,
  ports: Ports,
  configuration: Configuration,
  organization: AskedOrganization,
  { policies = new Policies(ports), tagsUntilMs = Number.POSITIVE_INFINITY }: LookOptions = {},
): Promise<void> {
  const { key, id, event } = message
  const log = ports.log.with({ input: key, event, id })
  const statuses = new StatusStore(ports.objects, ports.clock)
  const accountsOf = (grant: Grant) => listAccountsOf(ports.objects, grant)
  const findUploaderOf: GatherContext['findUploader'] = (found, current) => findUploader(found, message, current)
  const context = {
    ...{ objects: ports.objects, organization, configuration, policies, tagsUntilMs, accountsOf },
    findUploader: findUploaderOf,
  }
  const crowd = crowdOf(key, configuration.folders)
  let gathered: GatheredLink | undefined
  let isOneTooMany = false
  let isUnchanged = false
  const told = await statuses.revise(key, async (current) => {
    gathered = await gatherLink(key, current, context)
    const status = describeLink(gathered.facts)
    const isNew = current === undefined && status?.state === 'rejected'
    isOneTooMany = isNew && (await isCrowded(ports.objects, crowd, configuration))
    if (isOneTooMany) return undefined
    const found = 'object' in gathered.reading ? gathered.reading.object : undefined
    isUnchanged = found !== undefined && changesNothing(message, found, current)
    const named = found ? message : await nameDeleter(ports.objects, message, current)
    return status && { ...status, by: findUploader(found, named, current) }
  })
  if (!gathered) throw new Error(`${key} was not read`)
  if (isOneTooMany) await tellCrowd(statuses, crowd, configuration)
  const { reading, accounts, facts } = gathered
  if ('body' in reading)
    await indexInstants(ports.objects, key, instantsToCome(reading.body, reading.object.servedAt), id)
  log.info('link looked at', { found: reading.state, status: toldAs(told, isOneTooMany), accounts: accounts.length })
  // A new message, not a failure: a message that fails comes again only a few times.
  if (facts.state === 'in-force' && facts.expansion.found === 'unread-tags')
    await sendInputs(ports, [key], 'tags of accounts are being read', configuration)
  if (!reading.link || isUnchanged) return
  const { permissionSet, principal, type } = reading.link
  const hints = accounts.map(
    (account): Hint => ({ v: 1, kind: 'assignment', account, permissionSet, principal, type, cause: key }),
  )
  await sendHints(ports, { id, hints, revocation: reading.state !== 'in-force' }, configuration)
  // This may have been the last link of a permission set whose deletion is blocked.
  const blocked = reading.state === 'in-force' ? undefined : await findBlockedDeletion(permissionSet, ports.objects)
  if (blocked) await sendHints(ports, { id, hints: [blocked], revocation: false }, configuration)
}

/** For the log. */
function toldAs(told: Status | undefined, isOneTooMany: boolean): string {
  return isOneTooMany ? 'rejected, with many others' : (told?.state ?? 'removed')
}
