/**
 * Replaces `@smithy/core/event-streams` in the bundles: the SDK's S3 client imports it for SelectObjectContent alone, which nobody here
 * calls. The module would cost a fourteenth of the loading time. If the SDK imports more of it, bundling fails.
 */
export const eventStreamSerdeProvider = (): Readonly<Record<string, never>> => ({})

export function resolveEventStreamSerdeConfig<T>(config: T): T {
  return config
}

export class EventStreamSerde {
  constructor() {
    throw new Error('received a call that streams events, expected none: the bundles have no module for them')
  }
}
