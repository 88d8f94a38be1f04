import type { IdentityStoreChange } from '../../../shared/memory/identity-store/identity-store-records.ts'
import type { OrganizationsChange } from '../../../shared/memory/organizations/organization-records.ts'
import type { OpenTable } from '../../../shared/memory/table.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import type { Queues } from '../../../shared/ports/queues.ts'
import type { Randomness } from '../../../shared/ports/randomness.ts'
import { matchRule } from '../../match-event-pattern.ts'
import { ruleStateOf, usageEvents, usageRule, wantedEvents } from '../../wanted-events.ts'
import { localRegion, localRoleArn, watchingRoleArn } from '../local-account.ts'
import { localRequests } from '../local-request.ts'
import { Outbox } from '../outbox.ts'
import type { ApiCall } from './api-call.ts'
import { type EventBridgeEvent, type EventStamp, renderEvent } from './event-bridge-event.ts'
import { renderIdentityStoreCall, renderIdentityStoreNotification } from './identity-store-events.ts'
import { renderOrganizationsCall, renderOrganizationsServiceEvent } from './organizations-events.ts'
import { renderApiCall, toCloudTrailNames } from './render-api-call.ts'
import { type PortalUse, renderUse, renderWatchingCall } from './usage-events.ts'

export type EventBusOptions = {
  readonly queues: Queues
  readonly openTable: OpenTable
  readonly clock: Clock
  readonly randomness: Randomness
  /** The management account, known once the organization exists. */
  readonly account: () => string
  readonly identityStoreId: () => string
  readonly onError: (error: unknown) => void
  /** Called with every event, even without a matching rule, for tests. */
  readonly onEvent?: (event: EventBridgeEvent) => void
}

const rules = wantedEvents(localRoleArn('dispatcher')).map((pattern) => ({ pattern, state: ruleStateOf('') }))
const ruleOfUses = { pattern: usageEvents(watchingRoleArn)[usageRule], state: ruleStateOf(usageRule) }
/** CloudTrail takes minutes. Here uses take seconds, each its own, and some come twice. */
const usageLagMostMs = 5_000
const renderers: Readonly<Record<ApiCall['service'], (call: ApiCall, stamp: EventStamp) => EventBridgeEvent>> = {
  organizations: renderOrganizationsCall,
  identitystore: renderIdentityStoreCall,
  'identitystore-scim': renderIdentityStoreCall,
  'sso-directory': renderIdentityStoreCall,
  sso: renderSsoCall,
  'account-access': renderSsoCall,
}
/** Changes with this access key id send no event: events are best effort, and some need a trail. */
const silent = 'silent'

/**
 * The management account's event bus with a deployment's rules and their target. Changes in Organizations, the identity store and Identity
 * Center become AWS's events, and matching ones go to `events`. Uses go to `usage`, late, out of order and some twice.
 */
export class EventBus {
  readonly #options: EventBusOptions
  readonly #outbox: Outbox<EventBridgeEvent>
  readonly #uses: Outbox<EventBridgeEvent>
  readonly #stopping = new AbortController()
  readonly #tagVersions: Map<string, number>

  constructor(options: EventBusOptions) {
    const { queues, openTable, clock, onError } = options
    this.#options = options
    this.#tagVersions = openTable('tag-versions')
    this.#outbox = new Outbox({
      table: openTable('pending-events'),
      deliver: (event) => queues.send('events', [{ body: JSON.stringify(event) }]),
      clock,
      onError,
    })
    this.#uses = new Outbox({
      table: openTable('pending-uses'),
      deliver: async (event) => {
        const drawn = Number.parseInt(event.id.slice(-4), 16) / 0x10000
        await clock.sleep(drawn * usageLagMostMs, this.#stopping.signal)
        const message = { body: JSON.stringify(event) }
        await queues.send('usage', drawn < 0.2 ? [message, message] : [message])
      },
      clock,
      onError,
    })
  }

  used(use: Omit<PortalUse, 'at' | 'identityStoreId'>): void {
    const { clock, identityStoreId } = this.#options
    const stamp = { ...this.#stamp(), region: use.region }
    this.#put(renderUse({ ...use, at: clock.now(), identityStoreId: identityStoreId() }, stamp))
  }

  /** The hourly call of a deployment's schedule. */
  watched(): void {
    this.#put(renderWatchingCall(watchingRoleArn, this.#options.clock.now(), this.#stamp()))
  }

  apiCalled(call: ApiCall): void {
    if (call.caller.accessKeyId === silent) return
    this.#put(renderers[call.service](call, this.#stamp()))
  }

  organizationChanged(change: OrganizationsChange): void {
    if (change.event === 'TagResource' || change.event === 'UntagResource') {
      const version = (this.#tagVersions.get(change.resourceArn) ?? 0) + 1
      this.#tagVersions.set(change.resourceArn, version)
      this.#put(renderTagChange(change, version, this.#stamp()))
    }
    const event = renderOrganizationsServiceEvent(change, this.#stamp())
    if (event !== undefined) this.#put(event)
  }

  directoryChanged(change: IdentityStoreChange): void {
    this.#put(renderIdentityStoreNotification(change, this.#options.identityStoreId(), this.#stamp()))
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all([this.#outbox.stop(), this.#uses.stop()])
  }

  #put(event: EventBridgeEvent): void {
    if (localRequests.getStore()?.accessKeyId === silent) return
    this.#options.onEvent?.(event)
    if (rules.some((rule) => matchRule(rule, event))) this.#outbox.put(event)
    if (matchRule(ruleOfUses, event)) this.#uses.put(event)
  }

  #stamp(): EventStamp {
    const { randomness, account } = this.#options
    return {
      id: randomness.id(),
      recordId: randomness.id(),
      requestId: randomness.id(),
      account: account(),
      region: localRegion,
    }
  }
}

/**
 * Parameters and answers are ids and policies, and stay visible. Source: IAM Identity Center User Guide, "Logging IAM Identity Center API
 * calls with AWS CloudTrail".
 */
export function renderSsoCall(call: ApiCall, stamp: EventStamp): EventBridgeEvent {
  const output = 'output' in call.answer ? toCloudTrailNames(call.answer.output) : {}
  const responseElements = Object.keys(output).length === 0 ? null : output
  return renderApiCall(call, { requestParameters: toCloudTrailNames(call.input), responseElements }, stamp)
}

type TagChange = Extract<OrganizationsChange, { readonly event: 'TagResource' | 'UntagResource' }>

/**
 * `Tag Change on Resource`, which needs no trail. `version` rises with each change of one resource's tags.
 * Source: Tagging AWS Resources User Guide, "Monitor tag changes with serverless workflows and Amazon EventBridge".
 */
export function renderTagChange(change: TagChange, version: number, stamp: EventStamp): EventBridgeEvent {
  const { resourceArn, changedTagKeys, tags, at } = change
  const [kind = ''] = resourceArn.split(':').slice(5).join(':').split('/')
  return renderEvent(stamp, {
    source: 'aws.tag',
    detailType: 'Tag Change on Resource',
    at,
    resources: [resourceArn],
    detail: { 'changed-tag-keys': changedTagKeys, service: 'organizations', 'resource-type': kind, version, tags },
  })
}
