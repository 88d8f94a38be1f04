/** EventBridge's message to a target. Source: EventBridge User Guide, "AWS event metadata". */
export type EventBridgeEvent = {
  readonly version: '0'
  readonly id: string
  readonly 'detail-type': string
  readonly source: string
  readonly account: string
  /** Whole seconds. */
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: Readonly<Record<string, unknown>>
}

/** The fields of every event besides the change. Ids are new for each event. */
export type EventStamp = {
  readonly id: string
  /** The id of the CloudTrail record and of the request in it. */
  readonly recordId: string
  readonly requestId: string
  /** The management account, which also owns the identity store. */
  readonly account: string
  readonly region: string
}

/** `2026-03-03T10:15:30Z`. */
export function renderEventTime(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`
}

export function renderEvent(
  { id, account, region }: EventStamp,
  event: { readonly source: string; readonly detailType: string; readonly at: Date; readonly detail: object } & {
    readonly resources?: readonly string[]
  },
): EventBridgeEvent {
  const { source, detailType, at, detail, resources = [] } = event
  return {
    version: '0',
    id,
    'detail-type': detailType,
    source,
    account,
    time: renderEventTime(at),
    region,
    resources,
    detail: { ...detail },
  }
}
