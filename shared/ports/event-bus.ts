/** One event as PutEvents takes it. */
export type OutgoingEvent = {
  readonly detailType: string
  readonly time: Date
  /** JSON. */
  readonly detail: string
}

/** The maximum in one call. (EventBridge API Reference, "PutEvents".) */
export const eventsMost = 10

/** The event bus of a deployment. Throws ServiceError (`events`). */
export interface EventBus {
  /** For each event, in their order, the code of its error; `undefined`: the bus has it. */
  put(events: readonly OutgoingEvent[]): Promise<readonly (string | undefined)[]>
}
