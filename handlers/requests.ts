import type { SQSRecord } from 'aws-lambda'
import { attributesKey } from '../shared/domain/attributes/attributes-file.ts'
import type { Configuration } from '../shared/domain/deployment/configuration.ts'
import type { InputMessage } from '../shared/domain/links/input-message.ts'
import { isFolderMarker } from '../shared/domain/links/link.ts'
import { groupPrefix } from '../shared/domain/people/group-file.ts'
import { membershipPrefix } from '../shared/domain/people/membership-file.ts'
import { peoplePrefix } from '../shared/domain/people/person-file.ts'
import { rulePrefix } from '../shared/domain/people/rule-file.ts'
import { suspensionPrefix } from '../shared/domain/people/suspension.ts'
import { approvalPrefix } from '../shared/domain/requests/approval-file.ts'
import type { Ports } from '../shared/ports/ports.ts'
import { Brake } from '../shared/reconcile/brake/brake.ts'
import { patientIdentityStore } from '../shared/reconcile/calls/patient-identity-store.ts'
import { DirectoryListing } from '../shared/reconcile/directory/directory-listing.ts'
import { Memberships } from '../shared/reconcile/directory/memberships.ts'
import { refusePeople } from '../shared/reconcile/directory/refuse-people.ts'
import { Minimums } from '../shared/reconcile/guardrails/minimums.ts'
import { reconcileInput } from '../shared/reconcile/inputs/reconcile-input.ts'
import { tellFailedLook } from '../shared/reconcile/inputs/tell-failed-look.ts'
import { OrganizationCache } from '../shared/reconcile/organization/organization-cache.ts'
import { groupController } from '../shared/reconcile/people/group-controller.ts'
import { LeaverCensus } from '../shared/reconcile/people/leaver-census.ts'
import { lookAtAttributes } from '../shared/reconcile/people/look-at-attributes.ts'
import { lookAtMembership } from '../shared/reconcile/people/look-at-membership.ts'
import { lookAtEnded, personController } from '../shared/reconcile/people/person-controller.ts'
import { ruleController } from '../shared/reconcile/people/rule-controller.ts'
import { suspensionController } from '../shared/reconcile/people/suspension-controller.ts'
import {
  parseInput,
  queueOfInput,
  queuesOfPeople,
  sendAlone,
  subjectOfPeople,
} from '../shared/reconcile/records/inputs.ts'
import { Policies } from '../shared/reconcile/records/policies.ts'
import { RuleFiles } from '../shared/reconcile/records/rule-files.ts'
import { StatusStore } from '../shared/reconcile/records/status-store.ts'
import { Suspensions } from '../shared/reconcile/records/suspensions.ts'
import { EligibilityFiles } from '../shared/reconcile/requests/eligibility-files.ts'
import { peopleChanged } from '../shared/reconcile/requests/follow-people.ts'
import { lookAtApproval } from '../shared/reconcile/requests/look-at-approval.ts'
import { lookAtRequest } from '../shared/reconcile/requests/look-at-request.ts'
import { People } from '../shared/reconcile/requests/people.ts'
import type { QueueHandler } from './handler.ts'
import { runBatch } from './run-batch.ts'

/**
 * Looks at requests and approvals that may have changed: decides, grants by a link, and tells what became of them; and at files
 * that suspend people, make groups, put people into them, by name or by rule, and name attributes for access control. What takes
 * access away has a pace of its own at the directory: it does not wait behind calls for others, nor slow down for them.
 */
export const requests: QueueHandler = (ports, configuration) => {
  const urgent = openLooks(ports, configuration)
  const ordinary = openLooks(ports, configuration)
  const work = async ({ body, attributes }: SQSRecord, askAnew: () => void) => {
    const message = parseInput(queuesOfPeople, { body, receiveCount: attributes.ApproximateReceiveCount })
    if (isFolderMarker(message.key)) return
    try {
      if (message.event === peopleChanged) askAnew()
      const sent = Number(attributes.SentTimestamp)
      const { look } = queueOfInput(message) === 'urgent' ? urgent : ordinary
      await look(message, Number.isFinite(sent) ? sent : undefined)
    } catch (error) {
      if (await tellFailedLook(message, error, ports, configuration)) return
      if (message.isAlone) throw error
      ports.log.warn('a request could not be looked at; it is tried again', { input: message.key, error })
      await sendAlone(ports.queues, message, configuration)
    }
  }
  return (event) => {
    // Once for all that come together.
    let isAsked = false
    const askAnew = () => {
      if (!isAsked) ordinary.forgetPeople()
      isAsked = true
    }
    return runBatch(event, 'fifo', ports, (record) => work(record, askAnew), orderOf)
  }
}

function openLooks(ports: Ports, configuration: Configuration) {
  // Many ask at once, and the directory answers few calls a second.
  const identityStore = patientIdentityStore(ports)
  const newPeople = () => new People(identityStore, ports.clock, configuration.principalSuffix)
  const policies = new Policies(ports)
  const listing = new DirectoryListing({ ...ports, identityStore }, configuration.principalSuffix)
  const { objects, clock } = ports
  const suspensions = new Suspensions({ objects, policies })
  const memberships = new Memberships(identityStore, clock)
  const statuses = new StatusStore(objects, clock)
  const minimums = new Minimums({ objects, policies, memberships, suspensions, statuses })
  const brake = new Brake(ports, configuration, minimums)
  const context = {
    ...ports,
    identityStore,
    configuration,
    organization: new OrganizationCache(ports, configuration.folders),
    eligibilityFiles: new EligibilityFiles(ports),
    people: newPeople(),
    policies,
    suspensions,
    brake,
    refusePeople: (now: Date) => refusePeople({ objects, identityStore, configuration }, now),
    census: new LeaverCensus({ ...ports, identityStore, brake, listing }),
    rules: new RuleFiles(ports.objects),
  }
  const look = (message: InputMessage, sentMs: number | undefined) => {
    if (message.key.startsWith(rulePrefix))
      return reconcileInput(message, ruleController, { ...context, listing, sentMs })
    if (message.key.startsWith(suspensionPrefix))
      return lookAtEnded(message.key, context, () => reconcileInput(message, suspensionController, context))
    if (message.key.startsWith(peoplePrefix)) return reconcileInput(message, personController, context)
    if (message.key.startsWith(membershipPrefix)) return lookAtMembership(message, context)
    if (message.key.startsWith(groupPrefix)) return reconcileInput(message, groupController, context)
    if (message.key === attributesKey) return lookAtAttributes(message, context)
    return message.key.startsWith(approvalPrefix) ? lookAtApproval(message, context) : lookAtRequest(message, context)
  }
  return {
    look,
    forgetPeople: () => {
      context.people = newPeople()
    },
  }
}

function orderOf({ key, isAlone }: InputMessage): string {
  return isAlone ? key : subjectOfPeople(key)
}
