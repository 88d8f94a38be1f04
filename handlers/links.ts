import { isFolderMarker } from '../shared/domain/links/link.ts'
import { once } from '../shared/ports/once.ts'
import { reconcileInput } from '../shared/reconcile/inputs/reconcile-input.ts'
import { tellFailedLook } from '../shared/reconcile/inputs/tell-failed-look.ts'
import { OrganizationCache } from '../shared/reconcile/organization/organization-cache.ts'
import { parseInput, sendAlone } from '../shared/reconcile/records/inputs.ts'
import { Policies } from '../shared/reconcile/records/policies.ts'
import type { AskedOrganization } from '../shared/reconcile/statuses/gather-link.ts'
import { linkController } from '../shared/reconcile/statuses/link-controller.ts'
import type { QueueHandler } from './handler.ts'
import { runBatch } from './run-batch.ts'

/** How long one batch reads the tags of accounts: well below the time that a function has. The links then come again. */
const tagsMs = 15_000

/** Looks at links that may have changed: writes their status, then hints at every account assignment they may concern. */
export const links: QueueHandler = (ports, configuration) => {
  const organization = new OrganizationCache(ports, configuration.folders)
  const shared = { ...ports, configuration, policies: new Policies(ports) }
  return (event) => {
    const tagsUntilMs = ports.clock.monotonicMs() + tagsMs
    const context = { ...shared, organization: viewedOnce(organization), tagsUntilMs }
    return runBatch(event, 'fifo', ports, async ({ body, attributes }) => {
      const message = parseInput('links', { body, receiveCount: attributes.ApproximateReceiveCount })
      if (isFolderMarker(message.key)) return
      try {
        await reconcileInput(message, linkController, context)
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
  const view = once(() => organization.view())
  return {
    view,
    viewWithTags: (untilMs) => organization.viewWithTags(untilMs),
    find: (accountId, known) => organization.find(accountId, known),
    parentExists: (id) => organization.parentExists(id),
    selectors: () => organization.selectors(),
  }
}
