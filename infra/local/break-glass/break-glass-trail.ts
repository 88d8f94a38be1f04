import { randomUUID } from 'node:crypto'
import type { OpenTable } from '../../../shared/memory/table.ts'
import { alarmMail } from '../../../shared/modules/break-glass/rules/alarm-rules.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import { matchRule } from '../../match-event-pattern.ts'
import { renderEventTime } from '../events/event-bridge-event.ts'

export type TrailCall = {
  readonly account: string
  readonly region: string
  readonly service: string
  readonly operation: string
  readonly userIdentity: object
  readonly from: string
  readonly requestParameters: object | null
  readonly errorCode?: string | undefined
}
export type TrailEvent = {
  readonly id: string
  readonly at: Date
  readonly account: string
  readonly region: string
  readonly userName: string | undefined
  readonly name: string
  readonly source: string
  readonly detail: object
}
export type AlarmMail = {
  readonly at: Date
  readonly region: string
  readonly rules: readonly string[]
  readonly text: string
}

/** CloudTrail's record of break-glass calls, and the resulting mails from the rules of the security account. */
export class BreakGlassTrail {
  readonly #clock: Clock
  readonly #events: Map<string, TrailEvent>
  readonly #mails: Map<string, AlarmMail>

  constructor({ clock, openTable }: { readonly clock: Clock; readonly openTable: OpenTable }) {
    this.#clock = clock
    this.#events = openTable('break-glass/events')
    this.#mails = openTable('break-glass/mails')
  }

  /** `rules`: those that send mails, in the account and Region of the call. */
  record(call: TrailCall, rules: readonly (Parameters<typeof matchRule>[0] & { readonly name: string })[]): void {
    const { account, region, service, operation, userIdentity, from, requestParameters, errorCode } = call
    const id = randomUUID()
    const at = this.#clock.now()
    const isSignIn = service === 'signin'
    const detail = {
      eventVersion: '1.09',
      userIdentity,
      eventTime: renderEventTime(at),
      eventSource: `${service}.amazonaws.com`,
      eventName: operation,
      awsRegion: region,
      sourceIPAddress: from,
      errorCode,
      requestParameters,
      eventID: id,
      readOnly: isReadOnly(operation),
      eventType: isSignIn ? 'AwsConsoleSignIn' : 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: account,
    }
    const userName: unknown = Reflect.get(userIdentity, 'userName')
    const told = typeof userName === 'string' ? userName : undefined
    this.#events.set(id, {
      id,
      at,
      account,
      region,
      userName: told,
      name: operation,
      source: detail.eventSource,
      detail,
    })
    const event = {
      'detail-type': isSignIn ? 'AWS Console Sign In via CloudTrail' : 'AWS API Call via CloudTrail',
      source: `aws.${service}`,
      account,
      time: detail.eventTime,
      region,
      detail,
    }
    const matching = rules.filter((rule) => matchRule(rule, event)).map(({ name }) => name)
    if (matching.length > 0) this.#mails.set(id, { at, region, rules: matching, text: renderMail(event) })
  }

  /** The newest first, as in CloudTrail. */
  events(account: string, region: string): readonly TrailEvent[] {
    return [...this.#events.values()].filter((one) => one.account === account && one.region === region).reverse()
  }

  mails(): readonly AlarmMail[] {
    return [...this.#mails.values()]
  }
}

/**
 * Whether CloudTrail records the operation as one that only reads. AssumeRole counts as such; two calls of STS named Get do not. (The same
 * page of EventBridge.)
 */
function isReadOnly(operation: string): boolean {
  if (operation === 'GetSessionToken' || operation === 'GetFederationToken') return false
  return /^(Get|List|Describe|Lookup|AssumeRole)/.test(operation)
}

/** EventBridge User Guide, "Transform events": a path without a value gives an empty text. */
function renderMail(event: object): string {
  const paths: Readonly<Record<string, string>> = alarmMail.InputPathsMap
  const textAt = (path: string) =>
    path
      .split('.')
      .slice(1)
      .reduce<unknown>((at, step) => (typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined), event)
  const lines = alarmMail.InputTemplate.split('\n').map((line) => line.slice(1, -1))
  return lines.join('\n').replace(/<(\w+)>/g, (_, name: string) => String(textAt(paths[name] ?? '$.none') ?? ''))
}
