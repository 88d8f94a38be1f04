import { once } from '../shared/ports/once.ts'
import { reconcileInput } from '../shared/reconcile/inputs/reconcile-input.ts'
import { OrganizationCache } from '../shared/reconcile/organization/organization-cache.ts'
import { Policies } from '../shared/reconcile/records/policies.ts'
import type { AskedOrganization } from '../shared/reconcile/statuses/gather-link.ts'
import { linkController } from '../shared/reconcile/statuses/link-controller.ts'
import type { QueueHandler } from './handler.ts'
import { runInputs } from './run-inputs.ts'

/** Stop reading tags after this time, well below the function's timeout. The remaining links then come again. */
const tagsMs = 15_000

/** Evaluates links that may have changed: writes their status, then hints at every account assignment they may concern. */
export const links: QueueHandler = (ports, configuration) => {
  const organization = new OrganizationCache(ports, configuration.folders)
  const shared = { ...ports, configuration, policies: new Policies(ports) }
  return (event) => {
    const tagsUntilMs = ports.clock.monotonicMs() + tagsMs
    const context = { ...shared, organization: viewedOnce(organization), tagsUntilMs }
    return runInputs(event, {
      ports,
      configuration,
      queues: 'links',
      reconcile: (message) => reconcileInput(message, linkController, context),
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
