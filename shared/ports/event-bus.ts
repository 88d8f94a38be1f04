/** One event for PutEvents. */
export type OutgoingEvent = {
  readonly detailType: string
  readonly time: Date
  /** JSON. */
  readonly detail: string
}

/** The source of every event on the bus. */
export const notificationSource = 'ssofile'

/** The maximum in one call. (EventBridge API Reference, "PutEvents".) */
export const eventsMost = 10

/** The event bus of a deployment. Throws ServiceError (`events`). */
export interface EventBus {
  /** Returns the error code of each event, in the order of the events. `undefined`: the bus has the event. */
  put(events: readonly OutgoingEvent[]): Promise<readonly (string | undefined)[]>
}
